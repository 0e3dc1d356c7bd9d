"""Conv1D/2D/3D and their depthwise and separable forms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.core.fits import check_left, check_side, pair
from rnn_tui.engine.layers.base import Plain, sides_multiplied
from rnn_tui.engine.layers.convolve import (
    convolve,
    depthwise,
    lengths,
    margins_of,
    padded,
)
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    AROUND,
    EVERY,
    OTHER,
    SIZE,
    WAYS,
    Schema,
    Stored,
    exactly,
    has_bias,
    has_slope_array,
    in_batches,
    in_time,
)
from rnn_tui.engine.memory.budget import AT_WORK
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


DEPTHWISE = f"{SIZE} channels depth_multiplier"

WEIGHTS_ONLY: Mapping[str, Any] = {
    "activation": "linear",
    "padding": "valid",
    "strides": 1,
    "dilation_rate": 1,
}
"""Keras's defaults of the settings that a file of weights doesn't tell."""
CONVOLVED: Mapping[str, Any] = {
    "reach": AROUND,
    "defaults": WEIGHTS_ONLY,
    "reads_time": True,
    "time": OTHER,
}


def padded_values(
    batch: int | None,
    open_sides: Sequence[int | None],
    channels: int | None,
    size: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: str,
) -> int:
    """Return how many values an input has with the padding around it."""
    sides = [side or 0 for side in open_sides]
    margins = margins_of(sides, size, strides, dilation, padding)
    places = 1
    for side, margin in zip(sides, margins, strict=True):
        places *= side + sum(margin)

    return (batch or 0) * (channels or 0) * places


def divided(
    shape: Shape,
    channels_first: bool,
) -> tuple[int | None, Sequence[int | None], int | None]:
    """Return the batch, the spatial sides and the channels of a shape."""
    batch, *rest = shape
    if channels_first:
        channels, *sides = rest
    else:
        *sides, channels = rest

    return batch, sides, channels


def channels_of(
    shape: Shape,
    rank: int,
    channels_first: bool,
) -> int | None:
    """Return the channels of a shape whose last axes are these and `rank`
    spatial ones.
    """
    if channels_first:
        return shape[-1 - rank]

    return shape[-1]


def outer_and_own(
    shape: Shape,
    rank: int,
) -> tuple[Shape, Shape]:
    """Return the axes of a shape that are the batch, and the others: `rank`
    spatial ones and the channels.
    """
    outer = len(shape) - rank - 1

    return shape[:outer], shape[outer:]


@dataclass(eq=False)
class Convolution(Plain):
    """The base of the convolutions: sizes, padding, channel order, bias and
    activation.
    """

    kernel_weight: ClassVar[str] = "kernel"

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that its sizes are those of as many axes, and that the input
        has the kernel's channels.
        """
        super().check(inputs)
        rank = self.spatial_axes(inputs[0])
        *_, padding = self.geometry(rank)

        if padding == "causal" and rank != 1:
            raise MisfitError(
                "its padding is causal, which only one axis in time can be"
            )

        channels = channels_of(inputs[0], rank, self.channels_first())
        check_side(channels, self.channels_in(), "channels")
        check_left(self.output_shapes(inputs))

    def spatial_axes(self, shape: Shape) -> int:
        """Return how many spatial axes an input has."""
        return len(shape) - 2

    def channels_in(self) -> int:
        """Return how many channels the kernel reads."""
        return self.weights[0].shape[-2]

    def filtered(self, x: Array, run: Run) -> Array:
        """Return the padded `x` (channels last) after the filters."""
        raise NotImplementedError

    def channels_out(self, channels: int) -> int:
        """Return how many channels come out."""
        return int(self.config["filters"])

    def sizes(
        self,
        rank: int,
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return kernel size, strides and dilation of each spatial axis."""
        config = self.config
        return (
            pair(config["kernel_size"], rank),
            pair(config.get("strides") or 1, rank),
            pair(config.get("dilation_rate") or 1, rank),
        )

    def geometry(
        self,
        rank: int,
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], str]:
        """Return kernel size, strides and dilation of each spatial axis, and
        the padding.
        """
        size, strides, dilation = self.sizes(rank)
        padding = str(self.config.get("padding") or "valid")

        return size, strides, dilation, padding

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x * W + b)."""
        if self.channels_first():
            x = np.moveaxis(x, 1, -1)

        whole = padded(x, *self.geometry(x.ndim - 2))

        return self.finished(self.filtered(whole, run), run)

    def finished(self, y: Array, run: Run) -> Any:
        """Return φ(y + b), its channels where the layer's data format has
        them.
        """
        return self.activated(self.biased(y, run), run)

    def biased(self, y: Array, run: Run) -> Array:
        """Return y + b, its channels where the layer's data format has
        them.
        """
        if self.has("bias"):
            y = y + self.value("bias", run)

        if self.channels_first():
            # (batch, filters, …): a softmax is along the last axis of this one
            return np.moveaxis(y, -1, 1)

        return y

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out, worked out from kernel, strides,
        dilation and padding.
        """
        batch, sides, channels = self.divided(inputs[0])
        out = lengths(sides, *self.geometry(len(sides)))
        filters = self.channels_out(channels or 0)
        if self.channels_first():
            return [(batch, filters, *out)]

        return [(batch, *out, filters)]

    def divided(
        self,
        shape: Shape,
    ) -> tuple[int | None, Sequence[int | None], int | None]:
        """Return the batch, the spatial sides and the channels of a shape."""
        return divided(shape, self.channels_first())

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the output's values, of which work takes several, and the
        padded input's, of which it takes one.
        """
        batch, sides, channels = self.divided(inputs[0])
        values = padded_values(
            batch,
            sides,
            channels,
            *self.geometry(len(sides)),
        )

        return super().values_made(inputs) + values // AT_WORK

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return sides_multiplied(self.weights)


@computes(
    **{
        f"Conv{axes}D": Schema(
            f"Slides kernels {WAYS[axes]}.",
            arrays=(
                Stored("kernel", f"{SIZE} channels filters"),
                Stored("bias", "filters", kept=has_bias),
                Stored("alpha", kept=has_slope_array),
            ),
            follows=("filters",),
            turned_by_theano=True,
            needs=("kernel_size", "filters"),
            rank=in_batches(axes + 2),
            spatial=axes,
            **in_time(axes, CONVOLVED),
            back="convolution_back:convolution",
        )
        for axes in WAYS
    }
)
@dataclass(eq=False)
class Conv(Convolution):
    """Every filter sees every channel of its group.

    All axes before the spatial ones are the batch, in Keras 2 more than one
    where the input has them: a Conv2D of pictures in time needs no
    TimeDistributed there. keras 2 layers/convolutional/base_conv.py.
    """

    @property
    def rank(self) -> int:
        """How many spatial axes there are."""
        return int(self.class_name[4])

    @property
    def groups(self) -> int:
        """How many groups the channels fall into."""
        return int(self.config.get("groups") or 1)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the filters fall into its groups."""
        super().check(inputs)
        filters = self.weights[0].shape[-1]
        if filters % self.groups:
            raise MisfitError(
                f"its {filters} filters don't fall into {self.groups} groups"
            )

    def spatial_axes(self, shape: Shape) -> int:
        """Return how many spatial axes an input has, whatever the batch has."""
        return self.rank

    def channels_in(self) -> int:
        """Return how many channels the groups of the kernel read together."""
        return super().channels_in() * self.groups

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x * W + b)."""
        outer = x.ndim - self.rank - 1
        batch, sides = x.shape[:outer], x.shape[outer:]
        flat = x.reshape(-1, *sides)  # the batch as one axis
        y = super().compute(flat, run)
        out = y.shape[1:]

        return y.reshape(*batch, *out)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out, behind the axes of the batch."""
        batch, sides = outer_and_own(inputs[0], self.rank)
        (made,) = super().output_shapes([(None, *sides)])
        out = made[1:]

        return [(*batch, *out)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the padded input's values and the output's."""
        outer, sides = outer_and_own(inputs[0], self.rank)
        batch = math.prod(side or 0 for side in outer)

        return super().values_made([(batch, *sides)])

    def filtered(self, x: Array, run: Run) -> Array:
        """Return the convolution."""
        _, strides, dilation = self.sizes(x.ndim - 2)
        return convolve(
            x,
            self.value("kernel", run),
            strides,
            dilation,
            self.groups,
        )


def _each_channel(layer: Convolution, x: Array, run: Run) -> Array:
    """Return each channel of `x` after its own filters."""
    _, strides, dilation = layer.sizes(x.ndim - 2)
    kernel = layer.value("depthwise_kernel", run)

    return depthwise(x, kernel, strides, dilation)


@computes(
    **{
        f"DepthwiseConv{axes}D": Schema(
            f"Slides kernels {WAYS[axes]}, one channel each.",
            arrays=(
                Stored("depthwise_kernel", DEPTHWISE),
                Stored("bias", EVERY, kept=has_bias),
            ),
            needs=("kernel_size",),
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, CONVOLVED),
            back="convolution_back:convolution",
        )
        for axes in (1, 2)
    }
)
@dataclass(eq=False)
class DepthwiseConv(Convolution):
    """Each channel has `depth_multiplier` filters of its own."""

    def filtered(self, x: Array, run: Run) -> Array:
        """Return the depthwise convolution."""
        return _each_channel(self, x, run)

    def channels_out(self, channels: int) -> int:
        """Return channels × depth_multiplier."""
        return channels * int(self.config.get("depth_multiplier") or 1)


@computes(
    **{
        f"SeparableConv{axes}D": Schema(
            f"Slides kernels {WAYS[axes]}, one channel each, then mixes the "
            "channels.",
            arrays=(
                Stored("depthwise_kernel", DEPTHWISE),
                Stored("pointwise_kernel", f"{'1 ' * axes}{EVERY} filters"),
                Stored("bias", "filters", kept=has_bias),
            ),
            needs=("kernel_size", "filters"),
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, CONVOLVED),
            back="convolution_back:convolution",
        )
        for axes in (1, 2)
    }
)
@dataclass(eq=False)
class SeparableConv(Convolution):
    """A depthwise convolution, then a product over the channels at each
    place.
    """

    def filtered(self, x: Array, run: Run) -> Array:
        """Return the depthwise convolution times the pointwise kernel."""
        channels = _each_channel(self, x, run)
        pointwise = self.value("pointwise_kernel", run)
        matrix = pointwise.reshape(pointwise.shape[-2:])

        return channels @ matrix

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the padded input's values, the output's, and those of the
        depthwise convolution between them.
        """
        (out,) = self.output_shapes(inputs)
        if self.channels_first():
            first = 1
        else:
            first = -1

        values = math.prod(side or 0 for side in out)
        places = values // max(1, out[first] or 0)
        channels = inputs[0][first] or 0
        multiplier = int(self.config.get("depth_multiplier") or 1)
        between = places * channels * multiplier

        return super().values_made(inputs) + between
