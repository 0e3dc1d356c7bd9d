"""A page of a block's heat map as lines of segments: rows with their norms, and
the columns' norms and the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.bars import bar
from rnn_tui.tui.renderables.heatmap import legend, painter_of
from rnn_tui.tui.renderables.histogram import bars
from rnn_tui.tui.renderables.mosaic import Kind, Survey, joined, tiles
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import RGB, Look
from rnn_tui.tui.renderables.scales import Scale, signed_scale

LABEL = 7
NORM = 14
"""Cells at the left for the row's number and at the right for its norm."""

MOST_WIDE = 12
"""Cells that a value is wide at most."""

TALL = 12
"""Lines that a value may be high even where it is narrower."""

LEGEND = 17
"""Cells of the scale."""

LINES = 3
"""Lines below the map: the columns' norms, their numbers, the scale."""

WORDS: dict[Kind, str] = {"largest": "largest |w|", "mean": "mean"}


def _ink(colour: RGB, bold: bool = False) -> Style:
    return Style(color=Color.from_rgb(*colour), bold=bold)


@dataclass(frozen=True, eq=False)
class BlockPage:
    """The content of a page: tiles, their place in the block, how large a cell
    is, and the norms beside them.
    """

    shown: NDArray[Any]
    factor: tuple[int, int]
    first_row: int
    first_column: int
    tall: int
    wide: int
    width: int
    shape: tuple[int, int]
    scale: Scale
    row_norms: NDArray[Any]
    column_norms: NDArray[Any]
    look: Look
    kind: Kind

    @classmethod
    def at(
        cls,
        values: NDArray[Any],
        whole: Survey,
        factor: tuple[int, int],
        cursor: tuple[int, int],
        size: tuple[int, int],
        look: Look,
    ) -> BlockPage:
        """Return the page of a map in `size` cells that holds `cursor`."""
        down, across = factor
        cells_down = -(-values.shape[0] // down)
        cells_across = -(-values.shape[1] // across)
        height = max(1, size[1] - LINES - 1)
        width = max(1, size[0] - LABEL - NORM)
        wide = max(1, min(MOST_WIDE, width // cells_across))
        # columns may be narrow: high rows fill the page even then
        tall = max(1, min(max(TALL, wide), height // cells_down))
        rows = max(1, height // tall)
        columns = max(1, width // wide)
        first_row = cursor[0] // down // rows * rows
        first_column = cursor[1] // across // columns * columns
        last_row = first_row + rows
        last_column = first_column + columns
        if whole.factor == factor:
            shown = whole.tiles[first_row:last_row, first_column:last_column]
        else:
            part = values[
                first_row * down : last_row * down,
                first_column * across : last_column * across,
            ]
            shown = tiles(part, factor, whole.kind)

        # means of smaller tiles are farther from zero
        common = whole.kind == "largest" or whole.factor == factor
        scale = signed_scale(whole.tiles if common else shown)

        return cls(
            shown,
            factor,
            first_row,
            first_column,
            tall,
            wide,
            size[0],
            values.shape[:2],
            scale,
            joined(whole.row_norms, down),
            joined(whole.column_norms, across),
            look,
            whole.kind,
        )

    @property
    def rows(self) -> int:
        """How many rows of cells the page has."""
        return int(self.shown.shape[0])

    def line(self, y: int, cursor: tuple[int, int] | None) -> list[Segment]:
        """Return line `y` of the page; `cursor` is the row and column to
        mark.
        """
        below = y - self.rows * self.tall
        if below < 0:
            row, line_of_row = divmod(y, self.tall)
            return self._row(row, line_of_row == 0, cursor)

        muted = _ink(self.look.muted)
        if below == 0:
            label = Segment("norm".rjust(LABEL - 1) + " ", muted)
            return [label, Segment(self._column_bars(), _ink(self.look.faint))]

        if below == 1:
            return [Segment(" " * LABEL + self._columns_said(), muted)]

        if below == 2:
            return self._legend()

        return []

    def _legend(self) -> list[Segment]:
        """Return the scale, and the meaning of a cell where there is room to
        say it.
        """
        muted = _ink(self.look.muted)
        painter = painter_of(self.look, signed=True)
        low, high = self._ends()
        if self._says_in_legend():
            high += f"   {self._words()}"

        return [
            Segment(low, muted),
            *legend(painter, self.scale, LEGEND),
            Segment(high, muted),
        ]

    def _ends(self) -> tuple[str, str]:
        """Return the text before and after the scale."""
        blanks = " " * (LABEL - 1)
        low = short(self.scale.low, 2)
        high = short(self.scale.high, 2)

        return f"{blanks} {low} ", f" {high}"

    def _says_in_legend(self) -> bool:
        """Whether the scale's line has room for the meaning of a cell."""
        taken = LEGEND + sum(map(len, self._ends()))

        return taken + 3 + len(self._words()) <= self.width

    def _column_bars(self) -> str:
        """Return the norms of the columns, each as the height of a block."""
        last = self.first_column + self.shown.shape[1]
        here = self.column_norms[self.first_column : last]
        largest = float(self.column_norms.max()) or 1.0
        norms: list[float] = here.astype(float).tolist()
        amounts = [round(1000 * norm / largest) for norm in norms]
        glyphs = bars(amounts, ascii_only=self.look.ascii, largest=1000)

        return "".join(glyph * self.wide for glyph in glyphs)

    def _columns_said(self) -> str:
        """Return which columns the page has, and the meaning of a cell where
        the scale's line has no room to say it.
        """
        if self._says_in_legend() or self.factor == (1, 1):
            return self._columns()

        return f"{self._columns()}   {self._words()}"

    def _columns(self) -> str:
        """Return in words which columns the page has."""
        across = self.factor[1]
        first = self.first_column * across
        stop = (self.first_column + self.shown.shape[1]) * across
        last = min(stop, self.shape[1]) - 1
        if last > first:
            return f"column {first} … {last}"

        return f"column {first}"

    def _words(self) -> str:
        if self.factor == (1, 1):
            return "zero is the ground"

        down, across = self.factor
        return f"{WORDS[self.kind]} of {down} × {across}"

    def _row(
        self,
        row: int,
        named: bool,
        cursor: tuple[int, int] | None,
    ) -> list[Segment]:
        muted = _ink(self.look.muted)
        down, across = self.factor
        at = self.first_row + row
        column = None
        if cursor is not None and cursor[0] // down == at:
            column = cursor[1] // across - self.first_column

        painter = painter_of(self.look, signed=True)
        levels = self.scale.levels(self.shown[row], painter.ramp.count)
        cells = painter.row(np.repeat(levels, self.wide))
        style = muted
        if column is not None:
            style = Style(bold=True)
            cells = self._marked(cells, column * self.wide)

        number = ""
        if named:
            number = f"{at * down}"

        label = Segment(f"{number:>{LABEL - 1}} ", style)
        if not named:
            return [label, *cells]

        norm = float(self.row_norms[at])
        largest = float(self.row_norms.max()) or 1.0
        drawn = bar(norm / largest, 6, ascii_only=self.look.ascii)
        beside = Segment(f" {drawn} {short(norm)}", muted)

        return [label, *cells, beside]

    def _marked(self, cells: list[Segment], at: int) -> list[Segment]:
        """Return a line's cells with the cursor's brackets over the cell that
        starts at `at`.
        """
        before, rest = _cut(cells, at)
        under, after = _cut(rest, self.wide)
        if self.wide > 1:
            mark = "[" + " " * (self.wide - 2) + "]"
        else:
            mark = "+"

        if under:
            style = under[0].style or Style()
        else:
            style = Style()

        return [
            *before,
            Segment(mark, style + _ink(self.look.foreground, bold=True)),
            *after,
        ]


def _cut(
    segments: list[Segment],
    at: int,
) -> tuple[list[Segment], list[Segment]]:
    """Return the segments before and after cell `at`; every glyph is one cell
    wide.
    """
    before: list[Segment] = []
    for index, (text, style, _) in enumerate(segments):
        if at < len(text):
            if at:
                cut = [Segment(text[:at], style)]
            else:
                cut = []

            return [*before, *cut], [
                Segment(text[at:], style),
                *segments[index + 1 :],
            ]

        before.append(segments[index])
        at -= len(text)

    return before, []
