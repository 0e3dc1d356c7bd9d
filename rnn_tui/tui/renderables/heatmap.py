"""Rows of a heat map: levels in, runs of equal cells out; one value a cell, or two with
half-blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import MISSING, Levels, Ramp, ramp

HALF_BLOCK = "▀"
DIM = 1 << 12
"""Set in a cell's code when time hasn't reached it."""

SHIFT = 6


@dataclass(eq=False)
class CellPainter:
    """Draws cells of one ramp; styles are made when first needed and kept."""

    ramp: Ramp
    _pairs: dict[int, Style] = field(default_factory=dict)

    def row(
        self, levels: Levels, dim: NDArray[np.bool_] | None = None
    ) -> list[Segment]:
        """Return one line of single cells; `dim` marks those drawn dim."""
        codes = levels.astype(np.int32)
        if dim is not None:
            codes |= np.where(dim, DIM, 0)

        return _segments(codes, self._glyph, self._style)

    def half_row(
        self, upper: Levels, lower: Levels, dim: NDArray[np.bool_] | None = None
    ) -> list[Segment]:
        """Return one line of cells that hold two values each."""
        codes = (upper.astype(np.int32) << SHIFT) | lower
        if dim is not None:
            codes |= np.where(dim, DIM, 0)

        return _segments(codes, self._half_glyph, self._pair)

    def column(self, levels: Levels, dim: bool, cells: int) -> list[list[Segment]]:
        """Return single values below each other, each as one line of `cells` cells."""
        flag = DIM if dim else 0
        codes = [level | flag for level in levels.tolist()]

        return [
            [Segment(self._glyph(code) * cells, self._style(code))] for code in codes
        ]

    def half_column(
        self, upper: Levels, lower: Levels, dim: bool, cells: int
    ) -> list[list[Segment]]:
        """Return pairs of values below each other, each pair as one line of `cells`
        cells.
        """
        flag = DIM if dim else 0
        codes = [
            (a << SHIFT) | b | flag
            for a, b in zip(upper.tolist(), lower.tolist(), strict=True)
        ]

        return [
            [Segment(self._half_glyph(code) * cells, self._pair(code))]
            for code in codes
        ]

    def _glyph(self, code: int) -> str:
        return self.ramp.glyphs[code & ~DIM]

    def _style(self, code: int) -> Style:
        return (self.ramp.dim_styles if code & DIM else self.ramp.styles)[code & ~DIM]

    @staticmethod
    def _half_glyph(code: int) -> str:
        upper, lower = _halves(code)
        if upper == lower:
            return " "

        return HALF_BLOCK

    def _pair(self, code: int) -> Style:
        style = self._pairs.get(code)
        if style is None:
            upper, lower = _halves(code)
            if code & DIM:
                colours = self.ramp.dim_rgb
            else:
                colours = self.ramp.rgb

            if upper == lower:
                above = None
            else:
                above = Color.from_rgb(*colours[upper])

            style = self._pairs[code] = Style(
                color=above, bgcolor=Color.from_rgb(*colours[lower])
            )

        return style


@lru_cache(maxsize=32)
def painter_of(look: Look, signed: bool) -> CellPainter:
    """Return the painter for a terminal and a kind of scale; it keeps its styles."""
    return CellPainter(ramp(look, signed))


def _halves(code: int) -> tuple[int, int]:
    return (code & ~DIM) >> SHIFT, code & ((1 << SHIFT) - 1)


def _segments(
    codes: NDArray[Any], glyph: Callable[[int], str], style: Callable[[int], Style]
) -> list[Segment]:
    """Return runs of equal codes, neighbours of one style joined."""
    if not codes.size:
        return []

    edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    values: list[int] = codes[edges[:-1]].tolist()
    segments: list[Segment] = []
    text, last = "", None
    for code, (start, stop) in zip(values, pairwise(edges), strict=True):
        now = style(code)
        if last is not None and now is not last:
            segments.append(Segment(text, last))
            text = ""

        text += glyph(code) * (stop - start)
        last = now

    segments.append(Segment(text, last))

    return segments


def legend(painter: CellPainter, cells: int) -> list[Segment]:
    """Return the scale itself as one line of `cells` cells (an odd number has zero in
    its middle).
    """
    return painter.row(
        np.rint(np.linspace(0, painter.ramp.count - 1, cells)).astype(np.uint8)
    )


def pad_levels(levels: Levels, count: int) -> Levels:
    """Return `levels` lengthened to `count` by missing ones."""
    if len(levels) >= count:
        return levels

    return np.concatenate([levels, np.full(count - len(levels), MISSING, np.uint8)])
