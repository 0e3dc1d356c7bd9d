"""A page of a block's heat map as lines of segments: rows with their norms, and the
columns' norms and the scale.
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
from rnn_tui.tui.renderables.heatmap import CellPainter, legend
from rnn_tui.tui.renderables.histogram import bars
from rnn_tui.tui.renderables.mosaic import Kind, Survey, joined, tiles
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import RGB, Look
from rnn_tui.tui.renderables.scales import Scale, ramp, signed_scale

LABEL = 7
NORM = 14
"""Cells at the left for the row's number and at the right for its norm."""

LINES = 3
"""Lines below the map: the columns' norms, their numbers, the scale."""

WORDS: dict[Kind, str] = {"largest": "largest |w|", "mean": "mean"}


def _ink(colour: RGB, bold: bool = False) -> Style:
    return Style(color=Color.from_rgb(*colour), bold=bold)


@dataclass(frozen=True, eq=False)
class BlockPage:
    """What is on the page: tiles, where they stand in the block, how large a cell is,
    and the norms beside them.
    """

    shown: NDArray[Any]
    factor: tuple[int, int]
    first_row: int
    first_column: int
    tall: int
    wide: int
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
        cells = -(-values.shape[0] // down), -(-values.shape[1] // across)
        room = max(1, size[1] - LINES - 1), max(1, size[0] - LABEL - NORM)
        wide = max(1, min(6, room[1] // cells[1]))
        tall = max(1, min(wide // 2, room[0] // cells[0]))
        rows = max(1, room[0] // tall)
        columns = max(1, room[1] // wide)
        first = (
            cursor[0] // down // rows * rows,
            cursor[1] // across // columns * columns,
        )
        if whole.factor == factor:
            shown = whole.tiles[
                first[0] : first[0] + rows, first[1] : first[1] + columns
            ]
        else:
            part = values[
                first[0] * down : (first[0] + rows) * down,
                first[1] * across : (first[1] + columns) * across,
            ]
            shown = tiles(part, factor, whole.kind)

        # means of smaller tiles lie farther out
        common = whole.kind == "largest" or whole.factor == factor
        scale = signed_scale(whole.tiles if common else shown)
        norms = joined(whole.row_norms, down), joined(whole.column_norms, across)

        return cls(
            shown,
            factor,
            *first,
            tall,
            wide,
            values.shape[:2],
            scale,
            *norms,
            look,
            whole.kind,
        )

    @property
    def rows(self) -> int:
        """How many rows of cells the page has."""
        return int(self.shown.shape[0])

    def line(self, y: int, cursor: tuple[int, int] | None) -> list[Segment]:
        """Return line `y` of the page; `cursor` is the row and column to mark."""
        below = y - self.rows * self.tall
        if below < 0:
            return self._row(y // self.tall, y % self.tall == 0, cursor)

        muted = _ink(self.look.muted)
        faint = _ink(self.look.faint)
        if below == 0:
            here = self.column_norms[
                self.first_column : self.first_column + self.shown.shape[1]
            ]
            top = float(self.column_norms.max()) or 1.0
            amounts = [round(1000 * float(norm) / top) for norm in here]
            text = "".join(
                glyph * self.wide
                for glyph in bars(amounts, ascii_only=self.look.ascii, largest=1000)
            )
            return [Segment("norm".rjust(LABEL - 1) + " ", muted), Segment(text, faint)]

        if below == 1:
            return [Segment(" " * LABEL + self._columns(), muted)]

        if below == 2:
            painter = CellPainter(ramp(self.look, signed=True))
            low = f" {short(self.scale.low, 2)} "
            high = f" {short(self.scale.high, 2)}   {self._words()}"
            return [
                Segment(" " * (LABEL - 1) + low, muted),
                *legend(painter, 17),
                Segment(high, muted),
            ]

        return []

    def _columns(self) -> str:
        first = self.first_column * self.factor[1]
        last = (
            min(
                (self.first_column + self.shown.shape[1]) * self.factor[1],
                self.shape[1],
            )
            - 1
        )
        if last > first:
            return f"column {first} … {last}"

        return f"column {first}"

    def _words(self) -> str:
        if self.factor == (1, 1):
            return "zero is the ground"

        down, across = self.factor
        return f"{WORDS[self.kind]} of {down} × {across}"

    def _row(
        self, row: int, named: bool, cursor: tuple[int, int] | None
    ) -> list[Segment]:
        muted = _ink(self.look.muted)
        here = (
            cursor is not None and cursor[0] // self.factor[0] == self.first_row + row
        )
        number = (self.first_row + row) * self.factor[0]
        label = Segment(
            f"{number if named else '':>{LABEL - 1}} ",
            Style(bold=True) if here else muted,
        )
        painter = CellPainter(ramp(self.look, signed=True))
        cells = painter.row(
            np.repeat(self.scale.levels(self.shown[row], painter.ramp.count), self.wide)
        )
        if here and cursor is not None:
            cells = self._marked(
                cells, (cursor[1] // self.factor[1] - self.first_column) * self.wide
            )

        if not named:
            return [label, *cells]

        norm = float(self.row_norms[self.first_row + row])
        top = float(self.row_norms.max()) or 1.0

        return [
            label,
            *cells,
            Segment(
                f" {bar(norm / top, 6, ascii_only=self.look.ascii)} {short(norm)}",
                muted,
            ),
        ]

    def _marked(self, cells: list[Segment], at: int) -> list[Segment]:
        """Return a line's cells with the cursor's brackets over the cell that starts at
        `at`.
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


def _cut(segments: list[Segment], at: int) -> tuple[list[Segment], list[Segment]]:
    """Return the segments before and after cell `at`; every glyph is one cell wide."""
    before: list[Segment] = []
    for index, (text, style, _) in enumerate(segments):
        if at < len(text):
            if at:
                cut = [Segment(text[:at], style)]
            else:
                cut = []

            return [*before, *cut], [Segment(text[at:], style), *segments[index + 1 :]]

        before.append(segments[index])
        at -= len(text)

    return before, []
