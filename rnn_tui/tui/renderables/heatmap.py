"""Rows of a heat map: levels in, runs of equal cells out; one value a cell, or
two with half-blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.colormaps import blend
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import MISSING, Levels, Ramp, Scale, ramp

HALF_BLOCK = "▀"
DIM = 1 << 12
"""Set in a cell's code when time hasn't reached it."""

LOWER, UPPER = 1 << 13, 1 << 14
"""Set in the codes of a line that marks its row at its lower or upper edge."""

EDGES = {LOWER: "▁", UPPER: "▔"}

NOW = 1 << 15
"""Set in the codes of the cells in which the column of time begins."""

COLUMN = "▏"
"""The mark of such a cell."""

MARKED = 0.5
"""How much of the mark's colour is in a cell that has no room for it."""

SHIFT = 6


Cell: TypeAlias = tuple[str, Style]
"""A cell's glyph and style."""


T = TypeVar("T")


class CodeTable(dict[int, T]):
    """Something for each cell's code, made when it is first asked for: a lookup
    runs no Python.
    """

    def __init__(self, make: Callable[[int], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, code: int) -> T:
        made = self[code] = self._make(code)
        return made


class CellTable(CodeTable[Cell]):
    """Each cell by its code, and lines of equal cells."""

    def __init__(self, make: Callable[[int], Cell]) -> None:
        super().__init__(make)
        self._lines: dict[int, CodeTable[list[Segment]]] = {}

    def lines(self, cells: int) -> CodeTable[list[Segment]]:
        """Return the lines that are so many equal cells, by the cell's code;
        they are shared, and never changed.
        """
        found = self._lines.get(cells)
        if found is None:
            found = self._lines[cells] = CodeTable(partial(self._line, cells))

        return found

    def _line(self, cells: int, code: int) -> list[Segment]:
        glyph, style = self[code]

        return [Segment(glyph * cells, style)]


class CellPainter:
    """Draws cells of one ramp, of one value each or of two."""

    def __init__(self, ramp: Ramp) -> None:
        self.ramp = ramp
        self._cells = CellTable(self._cell)
        self._half_cells = CellTable(self._half_cell)

    def row(
        self,
        levels: Levels,
        dim: NDArray[np.bool_] | None = None,
        edge: int = 0,
        now: int | None = None,
    ) -> list[Segment]:
        """Return one line of single cells; `dim` marks those drawn dim, `edge`
        is LOWER or UPPER where the line marks its row, and time is at the cell
        `now`.
        """
        codes = levels.astype(np.int32) | edge
        if now is not None:
            codes[now] |= NOW

        if dim is not None:
            codes |= np.where(dim, DIM, 0)

        return _segments(codes, self._cells)

    def half_row(
        self,
        upper: Levels,
        lower: Levels,
        dim: NDArray[np.bool_] | None = None,
        now: int | None = None,
    ) -> list[Segment]:
        """Return one line of cells that hold two values each; time is at the
        cell `now`.
        """
        codes = (upper.astype(np.int32) << SHIFT) | lower
        if now is not None:
            codes[now] |= NOW

        if dim is not None:
            codes |= np.where(dim, DIM, 0)

        return _segments(codes, self._half_cells)

    def column(
        self,
        levels: Levels,
        dim: bool,
        cells: int,
    ) -> list[list[Segment]]:
        """Return single values below each other, each as one line of `cells`
        cells.
        """
        codes = levels.astype(np.int32)

        return _column(codes, dim, cells, self._cells)

    def half_column(
        self,
        upper: Levels,
        lower: Levels,
        dim: bool,
        cells: int,
    ) -> list[list[Segment]]:
        """Return pairs of values below each other, each pair as one line of
        `cells` cells.
        """
        codes = (upper.astype(np.int32) << SHIFT) | lower

        return _column(codes, dim, cells, self._half_cells)

    def _cell(self, code: int) -> Cell:
        edge = code & (LOWER | UPPER)
        level = code & (DIM - 1)
        if code & DIM:
            styles = self.ramp.dim_styles
        else:
            styles = self.ramp.styles

        is_now = bool(code & NOW)
        if not edge and not is_now:
            return self.ramp.glyphs[level], styles[level]
        if not self.ramp.rgb:
            marked = Style(underline=edge > 0, reverse=is_now)
            return self.ramp.glyphs[level], styles[level] + marked

        mark = Style(color=Color.from_rgb(*self.ramp.mark))
        glyph = EDGES[edge] if edge else COLUMN

        return glyph, styles[level] + mark

    def _half_cell(self, code: int) -> Cell:
        if code & DIM:
            colours = self.ramp.dim_rgb
        else:
            colours = self.ramp.rgb

        upper = (code & (DIM - 1)) >> SHIFT
        lower = code & ((1 << SHIFT) - 1)
        front = colours[upper]
        ground = colours[lower]
        if upper == lower and code & NOW:
            mark = Color.from_rgb(*self.ramp.mark)
            return COLUMN, Style(color=mark, bgcolor=Color.from_rgb(*ground))
        if upper == lower:
            return " ", Style(bgcolor=Color.from_rgb(*ground))

        if code & NOW:
            front = blend(self.ramp.mark, front, MARKED)
            ground = blend(self.ramp.mark, ground, MARKED)

        return HALF_BLOCK, Style(
            color=Color.from_rgb(*front),
            bgcolor=Color.from_rgb(*ground),
        )


@lru_cache(maxsize=32)
def painter_of(look: Look, signed: bool) -> CellPainter:
    """Return the painter for a terminal and a kind of scale; it keeps its
    styles.
    """
    return CellPainter(ramp(look, signed))


def _column(
    codes: NDArray[Any],
    dim: bool,
    cells: int,
    table: CellTable,
) -> list[list[Segment]]:
    """Return cells below each other, each as a line of `cells` cells."""
    if dim:
        codes |= DIM

    return list(map(table.lines(cells).__getitem__, codes.tolist()))


def _segments(codes: NDArray[Any], table: CellTable) -> list[Segment]:
    """Return runs of equal codes, neighbours of one style joined."""
    if not codes.size:
        return []

    changes = (codes[1:] != codes[:-1]).nonzero()[0] + 1
    edges = [0, *changes.tolist(), len(codes)]
    values: list[int] = codes[edges[:-1]].tolist()
    segments: list[Segment] = []
    text, last = "", None
    for code, (start, stop) in zip(values, pairwise(edges), strict=True):
        glyph, now = table[code]
        if last is not None and now is not last:
            segments.append(Segment(text, last))
            text = ""

        text += glyph * (stop - start)
        last = now

    segments.append(Segment(text, last))

    return segments


def legend(painter: CellPainter, scale: Scale, cells: int) -> list[Segment]:
    """Return the scale itself as one line of `cells` cells, values at even
    distances (an odd number has zero in its middle).
    """
    values = np.linspace(scale.low, scale.high, cells)

    return painter.row(scale.levels(values, painter.ramp.count))


def pad_levels(levels: Levels, count: int) -> Levels:
    """Return `levels` lengthened to `count` by missing ones."""
    if len(levels) >= count:
        return levels

    return np.concatenate(
        [levels, np.full(count - len(levels), MISSING, np.uint8)]
    )
