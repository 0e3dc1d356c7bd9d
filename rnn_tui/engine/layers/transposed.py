"""Conv1D/2D/3DTranspose: each input value spreads over the places its kernel
reaches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.layers.convolution import WEIGHTS_ONLY, Convolution
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    OTHER,
    SIZE,
    SPACES,
    Schema,
    Stored,
    exactly,
    has_bias,
    in_time,
)

SPREAD_OVER_TIME: Mapping[str, Any] = {
    "defaults": WEIGHTS_ONLY,
    "reads_time": True,
    "time": OTHER,
}


@computes(
    **{
        f"Conv{axes}DTranspose": Schema(
            f"Spreads each value over {space}, by kernels.",
            arrays=(
                Stored("kernel", f"{SIZE} filters channels"),
                Stored("bias", "filters", kept=has_bias),
            ),
            turned_by_theano=axes == 2,
            needs=("kernel_size", "filters"),
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, SPREAD_OVER_TIME),
        )
        for axes, space in SPACES.items()
    }
)
class ConvTranspose(Convolution):
    """The kernel is `(…, filters, channels)`; lengths as
    keras.src.backend.common.backend_utils works them out.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that its output_padding is that of as many axes."""
        super().check(inputs)
        sides = [None] * self.spatial_axes(inputs[0])
        self._lengths(sides)

    def channels_in(self) -> int:
        """Return how many channels the kernel reads."""
        return self.weights[0].shape[-1]

    def compute(self, x: Any, run: Run) -> Any:
        """Return φ(spread + b), cut to the length that the padding asks for."""
        if self.channels_first():
            x = np.moveaxis(x, 1, -1)

        y = self._cut(self.filtered(x, run), x.shape[1:-1])
        if self.has("bias"):
            y = y + self.value("bias", run)

        if self.channels_first():
            # (batch, filters, …): a softmax is along the last axis of this one
            y = np.moveaxis(y, -1, 1)

        return self.activation()(y)

    def filtered(self, x: Array, run: Run) -> Array:
        """Return every place any tap of the kernel reaches."""
        size, strides, dilation = self.sizes(x.ndim - 2)
        kernel = self.value("kernel", run)
        steps = list(zip(x.shape[1:-1], size, strides, dilation, strict=True))
        y = np.zeros(
            (len(x), *self._reached(x.shape[1:-1]), kernel.shape[-2]), dtype=x.dtype
        )
        for tap in np.ndindex(*size):
            places = [
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, (n, _, s, d) in zip(tap, steps, strict=True)
            ]
            y[(slice(None), *places)] += x @ kernel[tap].T

        return y

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        batch, *rest = inputs[0]
        if self.channels_first():
            sides = rest[1:]
        else:
            sides = rest[:-1]

        out = [
            None if n is None else length
            for n, (length, _) in zip(sides, self._lengths(sides), strict=True)
        ]
        filters = int(self.config["filters"])

        return [
            (batch, filters, *out) if self.channels_first() else (batch, *out, filters)
        ]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values of every place any tap of the kernel reaches, before they
        are cut, and the output's.
        """
        batch, *rest = inputs[0]
        sides = [
            side or 0 for side in (rest[1:] if self.channels_first() else rest[:-1])
        ]
        places = (batch or 0) * math.prod(self._reached(sides))

        return places * int(self.config["filters"]) + super().values_made(inputs)

    def _reached(self, sides: Sequence[int]) -> list[int]:
        """Return how far all taps reach along each axis."""
        steps = zip(sides, *self.sizes(len(sides)), strict=True)
        return [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in steps]

    def _lengths(self, sides: Sequence[int | None]) -> list[tuple[int, int]]:
        """Return (length, how many places are cut in front) of each axis."""
        rank = len(sides)
        same = self.config.get("padding") == "same"
        extra = self.config.get("output_padding")
        given = [None] * rank if extra is None else list(pair(extra, rank))
        found = []
        for n, k, s, d, more in zip(sides, *self.sizes(rank), given, strict=True):
            reach = (k - 1) * d + 1
            n = n or 0
            if more is None:
                if same:
                    length = n * s
                else:
                    length = n * s + max(reach - s, 0)

                if same:
                    front = max(reach - s, 0) // 2
                else:
                    front = 0
            else:
                length = (n - 1) * s + reach + more - (2 * (reach // 2) if same else 0)
                if same:
                    front = max((n - 1) * s + reach - length, 0) // 2
                else:
                    front = 0

            found.append((length, front))

        return found

    def _cut(self, y: Array, sides: Sequence[int]) -> Array:
        for axis, (length, front) in enumerate(self._lengths(sides), 1):
            behind = max(front + length - y.shape[axis], 0)
            y = np.pad(y, [(0, behind) if a == axis else (0, 0) for a in range(y.ndim)])
            y = np.take(y, np.arange(front, front + length), axis)

        return y
