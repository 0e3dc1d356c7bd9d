"""Batch, layer, group and unit normalisation, and the preprocessing layers
Rescaling and Normalization.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.core.fits import check_stretches, within
from rnn_tui.engine.layers.base import Elementwise
from rnn_tui.engine.layers.keys import NUMBERS, SWITCH, Key, is_whole
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    ALIKE,
    ALONE,
    ALONG_LAST,
    KEEPS,
    Config,
    Mask,
    Schema,
    Stored,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a configuration's number, or of its nested lists of
    numbers.
    """
    sides: list[int] = []
    while isinstance(value, (list, tuple)):
        sides.append(len(value))
        if value:
            value = value[0]
        else:
            value = 0

    return tuple(sides)


def _scales(config: Config) -> bool:
    return bool(config.get("scale", True))


def _shifts(config: Config) -> bool:
    return bool(config.get("center", True)) and not config.get("rms_scaling")


def _renormalises(config: Config) -> bool:
    return bool(config.get("renorm"))


def _learns(config: Config) -> bool:
    """Return whether the statistics were learnt, not written into the
    configuration.
    """
    return config.get("mean") is None


def _keras_1_mode(config: Config) -> str | None:
    """Return why a BatchNormalization isn't reproduced; None when it is."""
    if config.get("mode") in (1, 2):
        return (
            "Keras 1's BatchNormalization with mode 1 or 2 works on the batch "
            "at hand"
        )

    return None


def _is_groups(value: Any) -> bool:
    return value == -1 or is_whole(value, 1)


GROUPS = Key(_is_groups, "a whole number above 0, or -1")
GAMMA = Stored("gamma", ALIKE, kept=_scales)
BETA = Stored("beta", ALIKE, kept=_shifts)
NORMALISING: Config = {"epsilon": 1e-3, "axis": -1}
"""Keras's defaults of the settings that a file of weights doesn't tell."""


@dataclass(eq=False)
class Scaled(Elementwise):
    """A layer that may end in γ·x + β."""

    def axes(self, rank: int) -> tuple[int, ...]:
        """Return the axes that `axis` names, counted from 0."""
        axis = self.config.get("axis")
        if axis is None:
            axis = -1

        if isinstance(axis, (list, tuple)):
            listed = axis
        else:
            listed = [axis]

        axes = sorted(within(int(one), rank) for one in listed)
        if len(set(axes)) < len(axes):
            raise MisfitError(f"it names an axis twice: {axes}")

        return tuple(axes)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that its weights are as long as the axes they belong to."""
        super().check(inputs)
        for weight in self.weights:
            self.check_along(weight.shape, inputs[0])

    def check_along(self, shape: Shape, x: Shape) -> None:
        """Check that a weight of `shape` has a value for each along the axes,
        whatever sides of 1 it has besides.
        """
        wanted = [x[axis] for axis in self.axes(len(x))]
        if None in wanted:
            return
        if [side for side in shape if side != 1] != [
            side for side in wanted if side != 1
        ]:
            raise MisfitError(
                f"its weights of the shape {shape} are not one for each of "
                f"{tuple(wanted)}"
            )

    def along(self, values: Array, x: Array) -> Array:
        """Return a weight in a shape that broadcasts over the other axes of
        `x`.
        """
        axes = self.axes(x.ndim)
        return values.reshape(
            [side if axis in axes else 1 for axis, side in enumerate(x.shape)]
        )

    def formula(self) -> str:
        """Return the number of arrays × their size."""
        if self.weights:
            return f"{len(self.weights)} × {self.weights[0].size}"

        return ""


def _scaled(layer: Scaled, y: Array, x: Array, run: Run) -> Array:
    """Return γ·y + β, as far as the layer has them, along the axes of `x`."""
    if layer.has("gamma"):
        gamma = layer.value("gamma", run)
        y = y * layer.along(gamma, x)

    if layer.has("beta"):
        beta = layer.value("beta", run)
        y = y + layer.along(beta, x)

    return y


@computes(
    BatchNormalization=Schema(
        "Shifts and scales each feature by what was seen in training.",
        arrays=(
            GAMMA,
            BETA,
            Stored("moving_mean", ALIKE, trainable=False),
            Stored("moving_variance", ALIKE, trainable=False),
            *(
                Stored(name, kept=_renormalises, trainable=False)
                for name in ("moving_stddev", "renorm_mean", "renorm_stddev")
            ),
        ),
        keys={"scale": SWITCH},
        why_not=_keras_1_mode,
        reach=ALONG_LAST,
        mask=KEEPS,
        in_training=True,
        reads_width=True,
        defaults=NORMALISING,
        back="normalisation_back:batch",
    )
)
@dataclass(eq=False)
class BatchNormalization(Scaled):
    """γ·(x − moving mean) / √(moving variance + ε) + β.

    Ioffe & Szegedy 2015.
    """

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` normalised with the stored statistics."""
        mean = self.along(self.value("moving_mean", run), x)
        scale = self.scale(x, run)
        shift = -mean * scale
        if self.has("beta"):
            shift = shift + self.along(self.value("beta", run), x)

        return x * scale + shift

    def scale(self, x: NDArray[Any], run: Run) -> Array:
        """Return γ / √(moving variance + ε)."""
        moving = self.value("moving_variance", run)
        variance = self.along(moving, x)
        epsilon = run.dtype.type(self.config.get("epsilon", 1e-3))

        scale: Array = 1 / np.sqrt(variance + epsilon)
        if self.has("gamma"):
            gamma = self.value("gamma", run)
            scale = scale * self.along(gamma, x)

        return scale


@computes(
    LayerNormalization=Schema(
        "Gives the features of each timestep mean 0 and variance 1, then "
        "scales and shifts them.",
        arrays=(GAMMA, BETA),
        keys={"scale": SWITCH},
        reach=ALONG_LAST,
        mask=KEEPS,
        reads_width=True,
        defaults=NORMALISING,
        back="normalisation_back:layer_norm",
    ),
    RMSNormalization=Schema(
        "Divides the features of each timestep by their root mean square, then "
        "scales them.",
        arrays=(Stored("gamma", ALIKE),),
        mask=Mask(keeps=True, ends_in=(3,)),
        defaults={"epsilon": 1e-6, "axis": -1},
        back="normalisation_back:layer_norm",
    ),
)
@dataclass(eq=False)
class LayerNormalization(Scaled):
    """Normalises each place over its own features.

    Ba et al. 2016; RMS: Zhang & Sennrich 2019.
    """

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` normalised over `axis`."""
        axes = self.axes(x.ndim)
        epsilon = run.dtype.type(self.config.get("epsilon", 1e-3))
        by_root_mean_square = self.class_name == "RMSNormalization"

        if by_root_mean_square:
            spread = np.mean(np.square(x), axis=axes, keepdims=True)
        else:
            spread = np.var(x, axis=axes, keepdims=True)

        moved = x
        if not by_root_mean_square and not self.config.get("rms_scaling"):
            mean = np.mean(x, axis=axes, keepdims=True)
            moved = x - mean

        y = moved / np.sqrt(spread + epsilon)

        return _scaled(self, y, x, run)


@computes(
    GroupNormalization=Schema(
        "Gives each group of channels mean 0 and variance 1, then scales and "
        "shifts them.",
        arrays=(
            GAMMA._replace(sides="channels"),
            BETA._replace(sides="channels"),
        ),
        keys={"scale": SWITCH, "groups": GROUPS},
        mask=KEEPS,
        defaults=NORMALISING,
        untold=("groups",),
        back="normalisation_back:group_norm",
    )
)
@dataclass(eq=False)
class GroupNormalization(Scaled):
    """Normalises groups of channels over everything but the batch.

    Wu & He 2018.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the channels are one axis and fall into the groups."""
        super().check(inputs)
        axes = self.axes(len(inputs[0]))
        if len(axes) != 1 or axes == (0,):
            raise MisfitError(
                f"its channels are the axes {list(axes)}, not one behind the "
                "batch"
            )

        channels = inputs[0][axes[0]]
        if channels is not None and channels % self._groups(channels):
            raise MisfitError(
                f"its {channels} channels don't fall into "
                f"{self._groups(channels)} groups"
            )

    def _groups(self, channels: int) -> int:
        """Return how many groups there are: -1 is one for each channel."""
        groups = int(self.config.get("groups") or 32)
        if groups == -1:
            return channels

        return groups

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` normalised group by group."""
        epsilon = run.dtype.type(self.config.get("epsilon", 1e-3))
        split, over = self.grouped(x)
        mean = split.mean(axis=over, keepdims=True)
        variance = split.var(axis=over, keepdims=True)
        normalised = (split - mean) / np.sqrt(variance + epsilon)
        y = normalised.reshape(x.shape)

        return _scaled(self, y, x, run)

    def grouped(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        """Return `x` as `(batch, …, groups, width, …)`, and the axes over which
        a group has its mean.
        """
        (axis,) = self.axes(x.ndim)
        groups = self._groups(x.shape[axis])
        width = x.shape[axis] // groups
        split = x.reshape(*x.shape[:axis], groups, width, *x.shape[axis + 1 :])
        over = tuple(other for other in range(1, split.ndim) if other != axis)

        return split, over


@computes(
    UnitNormalization=Schema(
        "Gives each vector the length 1.",
        mask=KEEPS,
        defaults={"axis": -1},
        back="normalisation_back:unit",
    )
)
@dataclass(eq=False)
class UnitNormalization(Scaled):
    """Each vector along `axis` at length 1."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return x / ‖x‖."""
        axes = self.axes(x.ndim)
        square = np.sum(np.square(x), axis=axes, keepdims=True)
        least = run.dtype.type(1e-12)
        length = np.sqrt(np.maximum(square, least))

        return x / length


@computes(
    Rescaling=Schema(
        "Multiplies by one number and adds another.",
        keys={"scale": NUMBERS, "offset": NUMBERS},
        needs=("scale",),
        reach=ALONE,
        mask=Mask(keeps=True, ends_in=(2,)),
        defaults={"offset": 0.0},
        back="normalisation_back:rescaling",
    )
)
@dataclass(eq=False)
class Rescaling(Elementwise):
    """scale·x + offset."""

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that scale and offset fit the input."""
        super().check(inputs)
        for key in ("scale", "offset"):
            check_stretches(
                shape_of(self.config.get(key) or 0),
                inputs[0],
                f"its {key}",
            )

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return scale·x + offset."""
        scale, offset = (
            np.asarray(self.config.get(key) or 0, dtype=run.dtype)
            for key in ("scale", "offset")
        )
        return x * scale + offset


@computes(
    Normalization=Schema(
        "Gives each feature mean 0 and variance 1, by statistics of its data.",
        arrays=(
            Stored("mean", ALIKE, kept=_learns, trainable=False, optional=True),
            Stored(
                "variance",
                ALIKE,
                kept=_learns,
                trainable=False,
                optional=True,
            ),
            Stored("count", kept=_learns, trainable=False, optional=True),
        ),
        keys={"mean": NUMBERS, "variance": NUMBERS},
        together=("mean", "variance"),
        mask=Mask(keeps=True, ends_in=(2,)),
        defaults={"axis": -1},
        back="normalisation_back:normalization",
    )
)
@dataclass(eq=False)
class Normalization(Scaled):
    """(x − mean) / √variance with statistics that were learnt from data or
    written into the configuration.
    """

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` normalised, or the reverse when `invert` is set."""
        mean, deviation = self.statistics(x, run)
        if self.config.get("invert"):
            return mean + x * deviation

        return (x - mean) / deviation

    def statistics(self, x: NDArray[Any], run: Run) -> tuple[Array, Array]:
        """Return mean and √variance in shapes that broadcast over `x`."""
        if self.has("mean"):
            mean = self.value("mean", run)
            variance = self.value("variance", run)
        else:
            mean, variance = (
                np.asarray(self.config.get(key) or 0, dtype=run.dtype)
                for key in ("mean", "variance")
            )

        mean, variance = (self._along(v, x) for v in (mean, variance))
        deviation = np.maximum(np.sqrt(variance), run.dtype.type(1e-7))

        return mean, deviation

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that there is a mean for each value along the axes, or one for
        all.
        """
        Elementwise.check(self, inputs)
        shapes = [
            weight.shape
            for weight in self.weights
            if weight.name in ("mean", "variance")
        ]
        if not shapes:
            shapes = [
                shape_of(self.config.get(key) or 0)
                for key in ("mean", "variance")
            ]

        rank = len(inputs[0])
        for shape in shapes:
            if self._is_one(shape):
                if math.prod(shape) != 1:
                    raise MisfitError(
                        f"its mean or variance is of the shape {shape}, not "
                        "one for all axes"
                    )
            elif len(shape) == len(self.axes(rank)):
                self.check_along(shape, inputs[0])
            else:
                check_stretches(shape, inputs[0], "its mean or variance")

    def _is_one(self, shape: tuple[int, ...]) -> bool:
        """Whether statistics of this shape are one for all axes."""
        return self.config.get("axis", -1) is None or not shape

    def _along(self, values: Array, x: Array) -> Array:
        if self._is_one(values.shape):
            return values.reshape(())
        if values.ndim == len(self.axes(x.ndim)):
            return self.along(values, x)

        return values

    def formula(self) -> str:
        """Return the sizes added up."""
        return " + ".join(str(weight.size) for weight in self.weights)
