"""Conv1D/2D/3DTranspose: each input value spreads over the places its kernel
reaches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
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
from rnn_tui.engine.layers.spread import cut, reached, spread, spread_lengths

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
            back="transposed_back:transposed",
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
        self.lengths(sides)

    def channels_in(self) -> int:
        """Return how many channels the kernel reads."""
        return self.weights[0].shape[-1]

    def compute(self, x: Any, run: Run) -> Any:
        """Return φ(spread + b), cut to the length that the padding asks for."""
        if self.channels_first():
            x = np.moveaxis(x, 1, -1)

        return self.finished(self.filtered(x, run), run)

    def filtered(self, x: Array, run: Run) -> Array:
        """Return `x` (channels last) spread by the kernel, without the places
        that the padding cuts.
        """
        sides = x.shape[1:-1]
        kernel = self.value("kernel", run)  # (…size, filters, channels)
        everywhere = spread(x, kernel, *self.sizes(len(sides)))

        return cut(everywhere, self.lengths(sides))

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        batch, sides, _ = self.divided(inputs[0])
        out: list[int | None] = []
        for side, (length, _) in zip(sides, self.lengths(sides), strict=True):
            if side is None:
                out.append(None)
            else:
                out.append(length)

        filters = int(self.config["filters"])
        if self.channels_first():
            return [(batch, filters, *out)]

        return [(batch, *out, filters)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values of every place any tap of the kernel reaches,
        before they are cut, and the output's.
        """
        batch, open_sides, _ = self.divided(inputs[0])
        sides = [side or 0 for side in open_sides]
        filters = int(self.config["filters"])
        places = math.prod(self.reached(sides))
        values = (batch or 0) * places * filters
        outputs = super().values_made(inputs)

        return outputs + values

    def reached(self, sides: Sequence[int]) -> list[int]:
        """Return how far all taps reach along each axis."""
        return reached(sides, *self.sizes(len(sides)))

    def lengths(self, sides: Sequence[int | None]) -> list[tuple[int, int]]:
        """Return (length, how many places are cut in front) of each axis."""
        same = self.config.get("padding") == "same"
        extra = self.config.get("output_padding")

        return spread_lengths(sides, *self.sizes(len(sides)), extra, same)
