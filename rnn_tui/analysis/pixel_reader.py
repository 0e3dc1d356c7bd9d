"""The arithmetic of one filter at one pixel of the pictures of a ConvLSTM: its
windows of the input and of the state before, its values.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.kernel_window import (
    KernelWindow,
    channel_sums,
    kernel_window,
)
from rnn_tui.analysis.pixels import middle, position
from rnn_tui.analysis.step_parts import PixelWindow, Term
from rnn_tui.analysis.step_reader import StepReader

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace


class PixelReader(StepReader):
    """One filter at one pixel, counted row by row; the middle one for None."""

    def __init__(
        self,
        trace: CellTrace,
        unit: int,
        t: int,
        sequence: int,
        pixel: int | None,
    ) -> None:
        super().__init__(trace, unit, t, sequence)
        self.sides = trace.sides
        if pixel is None:
            pixel = middle(self.sides)

        self.pixel = position(pixel, self.sides)

    @property
    def window(self) -> PixelWindow:
        """The pixel, and how the kernels meet the pictures there."""
        return PixelWindow(
            self.pixel,
            self.sides,
            self._window_of_x.size,
            self._window_of_x.outside,
            self._window_of_h.size,
            self._window_of_h.outside,
        )

    def all_units(self, name: str) -> NDArray[np.float64]:
        """Return a quantity of all filters at the pixel now."""
        picture = super().all_units(name)  # (…, filters)
        values: NDArray[np.float64] = picture[self.pixel]

        return values

    def before(self, name: str) -> float:
        """Return this filter's state at the pixel before the timestep."""
        of_pixel = self.past[name][self.pixel]
        return float(of_pixel[self.unit])

    def x_terms(self, index: int) -> list[Term]:
        """Return x ∗ W of gate number `index`, a sum for each channel."""
        return channel_sums(
            self._window_of_x,
            ("x", "W"),
            self.x,
            self._column_of(self.cell.kernel, index),
        )

    def h_terms(self, index: int) -> list[Term]:
        """Return h ∗ U of gate number `index`, a sum for each filter, h as it
        were before.
        """
        return channel_sums(
            self._window_of_h,
            ("h", "U"),
            self.past["h"],
            self._column_of(self.cell.recurrent_kernel, index),
        )

    def _column_of(self, kernel: NDArray[Any], index: int) -> NDArray[Any]:
        """Return this filter's part of a kernel, `(…size, channels)`."""
        column: NDArray[Any] = kernel[..., self.column(index)]

        return column

    @cached_property
    def _window_of_x(self) -> KernelWindow:
        cell = self.cell
        return kernel_window(
            self.pixel,
            self.x.shape[:-1],
            cell.kernel.shape[:-2],
            cell.strides,
            cell.dilation,
            cell.padding,
        )

    @cached_property
    def _window_of_h(self) -> KernelWindow:
        """The window of h, which is always padded to its own size."""
        ones = (1,) * len(self.sides)
        return kernel_window(
            self.pixel,
            self.sides,
            self.cell.recurrent_kernel.shape[:-2],
            ones,
            ones,
            "same",
        )
