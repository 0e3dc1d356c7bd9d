"""A picture of values as half-blocks: each pixel as many cells wide as half
lines high, so that it is square; of one that is too large tiles of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.tui.renderables.heatmap import painter_of
from rnn_tui.tui.renderables.mosaic import fitting, tiles
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import BLANK, Scale

Line = list[Segment]

LARGEST = 8
"""Cells of a pixel at most."""


@dataclass(frozen=True)
class ImageGrid:
    """A picture of `size` (rows, columns) in a room of cells and lines; `half`
    says that a cell may show two pixels.
    """

    size: tuple[int, int]
    room: tuple[int, int]
    half: bool = True

    @cached_property
    def factor(self) -> tuple[int, int]:
        """The rows and columns of pixels that are drawn as one."""
        width, lines = self.room
        return fitting(self.size, (self._rows_a_line * lines, width))

    @property
    def _rows_a_line(self) -> int:
        return 2 if self.half else 1

    @cached_property
    def shape(self) -> tuple[int, int]:
        """The rows and columns that are drawn."""
        down, across = self.factor
        return -(-self.size[0] // down), -(-self.size[1] // across)

    @cached_property
    def pixel(self) -> int:
        """The cells a drawn pixel is wide."""
        width, lines = self.room
        rows, columns = self.shape

        return max(1, min(LARGEST, width // columns, 2 * lines // rows))

    @property
    def halves(self) -> int:
        """The half lines a drawn pixel is high: as many as make it square, an
        even number where a cell shows one pixel.
        """
        if self.half:
            return self.pixel

        return max(2, self.pixel // 2 * 2)

    @property
    def lines(self) -> int:
        """The lines of the picture."""
        return (self.shape[0] * self.halves + 1) // 2

    @property
    def width(self) -> int:
        """The cells of a line of the picture."""
        return self.shape[1] * self.pixel

    def at(self, x: int, y: int) -> tuple[int, int] | None:
        """Return the row and column of the (first) pixel drawn at a cell, None
        beside the picture.
        """
        row = 2 * y // self.halves
        column = x // self.pixel
        inside = 0 <= row < self.shape[0] and 0 <= column < self.shape[1]
        if not inside:
            return None

        return row * self.factor[0], column * self.factor[1]


def image_lines(
    values: NDArray[Any],
    grid: ImageGrid,
    scale: Scale,
    look: Look,
    marked: tuple[int, int] | None = None,
) -> list[Line]:
    """Return the lines of a picture `(rows, columns)`; the pixel `marked` is
    marked where it begins.
    """
    painter = painter_of(look, scale.signed)
    shown = tiles(values, grid.factor, "largest")
    levels = scale.levels(shown, painter.ramp.count)
    tall = levels.repeat(grid.halves, axis=0)
    wide = tall.repeat(grid.pixel, axis=1)
    if len(wide) % 2:
        blank = np.full_like(wide[:1], BLANK)
        wide = np.concatenate([wide, blank])

    mark_line = -1
    mark_cell = 0
    if marked is not None:
        row, column = marked
        down, across = grid.factor
        tile_row = row // down
        tile_column = column // across
        mark_line = tile_row * grid.halves // 2
        mark_cell = tile_column * grid.pixel

    lines = []
    pairs = zip(wide[::2], wide[1::2], strict=True)
    for y, (upper, lower) in enumerate(pairs):
        now = None
        if y == mark_line:
            now = mark_cell

        if look.half:
            line = painter.half_row(upper, lower, now=now)
        else:
            line = painter.row(upper, now=now)

        lines.append(line)

    return lines
