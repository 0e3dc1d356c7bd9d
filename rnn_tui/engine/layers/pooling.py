"""Max and average pooling over windows, and the global forms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.core.fits import check_left, pair
from rnn_tui.engine.layers.base import Plain, as_numbers
from rnn_tui.engine.layers.convolve import lengths, margins_of, windows
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    AROUND,
    ENDED,
    OTHER,
    SPACES,
    Schema,
    exactly,
    in_time,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


POOLING: Mapping[str, str] = {
    "Max": "Keeps the largest value of",
    "Average": "Averages",
}
"""The kinds of pooling, in words."""
IN_WINDOWS_OF_TIME: Mapping[str, Any] = {
    "reach": AROUND,
    "defaults": {"strides": None, "padding": "valid"},
    "untold": ("pool_size",),
    "reads_time": True,
    "time": OTHER,
}
OVER_ALL_OF_TIME: Mapping[str, Any] = {
    "defaults": {},
    "reads_time": True,
    "time": ENDED,
}


@computes(
    **{
        f"{kind}Pooling{axes}D": Schema(
            f"{verb} each stretch of {space}.",
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, IN_WINDOWS_OF_TIME),
            back="convolution_back:pooling",
        )
        for kind, verb in POOLING.items()
        for axes, space in SPACES.items()
    }
)
class Pooling(Plain):
    """The largest or the mean value of each window; padding never counts."""

    def geometry(
        self,
        rank: int,
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], str]:
        """Return size, strides and dilation of each spatial axis, and the
        padding.
        """
        size = pair(self.config.get("pool_size") or 2, rank)
        strides = self.config.get("strides")
        padding = str(self.config.get("padding") or "valid")

        ones = (1,) * rank
        if strides is None:
            return size, size, ones, padding

        return size, pair(strides, rank), ones, padding

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that its sizes are those of as many axes."""
        super().check(inputs)
        rank = len(inputs[0]) - 2
        *_, padding = self.geometry(rank)
        if padding not in ("valid", "same"):
            raise MisfitError(f"its padding is {padding}, which no pooling has")

        check_left(self.output_shapes(inputs))

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the pooled `x`."""
        if self.channels_first():
            x = np.moveaxis(x, 1, -1)

        size, strides, ones, padding = self.geometry(x.ndim - 2)
        sides = x.shape[1:-1]
        spatial = margins_of(sides, size, strides, ones, padding)
        margins = [(0, 0), *spatial, (0, 0)]

        def in_windows(
            values: NDArray[Any], around: float
        ) -> list[NDArray[Any]]:
            filled = np.pad(values, margins, constant_values=around)
            taps = windows(filled, size, strides, ones)
            return [part for _, part in taps]  # each (batch, …out, channels)

        if self.class_name.startswith("Max"):
            y = np.maximum.reduce(in_windows(x, -np.inf))
        else:
            # the padding doesn't count
            present = np.ones((1, *sides, 1), dtype=x.dtype)
            total = sum(in_windows(x, 0))
            counts = sum(in_windows(present, 0))
            y = total / counts

        if self.channels_first():
            return np.moveaxis(y, -1, 1)

        return y

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out, worked out from window, strides and
        padding.
        """
        batch, *rest = inputs[0]
        geometry = self.geometry(len(rest) - 1)
        if self.channels_first():
            channels, *sides = rest
            out = lengths(sides, *geometry)
            return [(batch, channels, *out)]

        *sides, channels = rest
        out = lengths(sides, *geometry)

        return [(batch, *out, channels)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return every window's values: all windows are held before the largest
        is taken.
        """
        rank = len(inputs[0]) - 2
        size, *_ = self.geometry(rank)
        windows = super().values_made(inputs)

        return windows * math.prod(size)


@computes(
    **{
        f"Global{kind}Pooling{axes}D": Schema(
            f"{sentence} over the whole {whole}.",
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, OVER_ALL_OF_TIME),
            back="convolution_back:global_pooling",
        )
        for kind, sentence in (
            ("Max", "Keeps each feature's largest value"),
            ("Average", "Averages each feature"),
        )
        for axes, whole in ((1, "sequence"), (2, "image"), (3, "volume"))
    }
)
class GlobalPooling(Plain):
    """One value a channel; the 1D mean leaves masked timesteps out."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the pooled values, `(batch, channels)` or with the axes kept
        at 1.
        """
        x, mask = inputs[0]
        x = as_numbers(x, run)
        if self.channels_first():
            axes = tuple(range(2, x.ndim))
        else:
            axes = tuple(range(1, x.ndim - 1))

        keep = bool(self.config.get("keepdims"))
        if "Max" in self.class_name:
            return [Tensor(x.max(axis=axes, keepdims=keep))]
        if mask is None or x.ndim != 3:
            return [Tensor(x.mean(axis=axes, keepdims=keep, dtype=x.dtype))]
        if mask.ndim != 2:
            raise MisfitError(
                f"a mask of {mask.shape} says nothing of the timesteps of "
                f"{x.shape}"
            )

        if self.channels_first():
            channels = 1
        else:
            channels = 2

        shown = np.expand_dims(mask, channels).astype(x.dtype)
        counts = shown.sum(axis=axes, keepdims=keep)
        total = (x * shown).sum(axis=axes, keepdims=keep)
        # a sequence that is masked whole has the mean NaN, as in Keras
        with np.errstate(invalid="ignore", divide="ignore"):
            return [Tensor(total / counts)]
