"""AdaptiveAveragePooling and AdaptiveMaxPooling: as many windows along each
axis as values are wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.layers.base import AN_OBJECT, Plain
from rnn_tui.engine.layers.keys import COUNTS
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import SPACES, Schema, exactly

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes(
    **{
        f"Adaptive{kind}Pooling{axes}D": Schema(
            f"{verb} over {space}, in as many windows as values are wanted.",
            keys={"output_size": COUNTS},
            needs=("output_size",),
            rank=exactly(axes + 2),
            spatial=axes,
            back="adaptive_back:adaptive",
        )
        for kind, verb in (
            ("Average", "Averages"),
            ("Max", "Keeps the largest value"),
        )
        for axes, space in SPACES.items()
    }
)
class AdaptivePooling(Plain):
    """Window k of n reads the k-th n-th of an axis and whatever it shares with
    its neighbours.
    """

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the mean or the largest value of each window."""
        for axis, count in self.counts(x.ndim):
            x = self.pooled(x, axis, count)

        return x

    def pooled(self, x: NDArray[Any], axis: int, count: int) -> NDArray[Any]:
        """Return `x` with so many windows along one axis."""
        whole = np.moveaxis(x, axis, 0)
        parts = []
        for window in self.windows(x.shape[axis], count):
            if self.largest:
                parts.append(whole[window].max(axis=0))
            else:
                parts.append(whole[window].mean(axis=0))

        return np.moveaxis(np.stack(parts), 0, axis)

    def windows(self, side: int, count: int) -> list[slice]:
        """Return the windows along an axis."""
        return [
            slice(k * side // count, -(-(k + 1) * side // count))
            for k in range(count)
        ]

    @property
    def largest(self) -> bool:
        """Whether a window keeps its largest value, not the mean."""
        return "Max" in self.class_name

    def counts(self, rank: int) -> list[tuple[int, int]]:
        """Return each spatial axis and how many windows it has."""
        if self.channels_first():
            first = 2
        else:
            first = 1

        return list(
            enumerate(pair(self.config["output_size"], rank - 2), first)
        )

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape with as many values along each spatial axis as are
        wanted.
        """
        shape = list(inputs[0])
        for axis, count in self.counts(len(shape)):
            shape[axis] = count

        return [tuple(shape)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values after each axis is pooled, and those of the
        windows.
        """
        shape = [side or 0 for side in inputs[0]]
        values = 0
        for axis, count in self.counts(len(shape)):
            shape[axis] = count
            values += math.prod(shape) + AN_OBJECT * count

        return values
