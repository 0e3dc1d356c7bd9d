"""Layers that move values about without changing them: flatten, reshape,
permute, repeat, pad, crop, upsample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.core.fits import pair, reshaped
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.keys import MARGIN, SIZE
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.resize import METHODS, resize
from rnn_tui.engine.layers.schema import (
    FLAT,
    MADE,
    OTHER,
    SPACES,
    UNKNOWN,
    Config,
    Schema,
    exactly,
    in_time,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


LENGTHENED: Mapping[str, Any] = {
    "defaults": {},
    "reads_time": True,
    "time": OTHER,
}


def _interpolation_not_reproduced(config: Config) -> str | None:
    """Return why an UpSampling2D isn't reproduced; None when it is."""
    method = config.get("interpolation")
    if method in (None, *METHODS):
        return None

    return f"the interpolation {method} is not reproduced"


@computes(
    Flatten=Schema(
        "Lays all values of a sequence in one row.",
        defaults={},
        time=FLAT,
        back="shape_back:flatten",
    )
)
class Flatten(Plain):
    """Every axis but the batch in one."""

    views: ClassVar[bool] = True

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `(batch, everything)`."""
        if self.channels_first() and x.ndim > 2:
            x = np.moveaxis(x, 1, -1)

        return x.reshape(len(x), -1)


@computes(
    Reshape=Schema(
        "Gives the same values another shape.",
        needs=("target_shape",),
        defaults={},
        time=UNKNOWN,
        back="shape_back:reshape",
    )
)
class Reshape(Plain):
    """The same values in another shape; one axis may be -1."""

    views: ClassVar[bool] = True

    @property
    def target(self) -> list[int]:
        """The sides it makes, without the batch's; -1 is the rest."""
        return [
            -1 if side is None else int(side)
            for side in self.config["target_shape"]
        ]

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that a sequence's values fill the target shape."""
        super().check(inputs)
        reshaped(inputs[0][1:], self.target)

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` in the target shape."""
        return x.reshape(len(x), *self.target)


@computes(
    Permute=Schema(
        "Swaps axes.",
        needs=("dims",),
        defaults={},
        reads_time=True,
        time=UNKNOWN,
        back="shape_back:permute",
    )
)
class Permute(Plain):
    """Axes in another order; `dims` counts from 1, the batch stays."""

    views: ClassVar[bool] = True

    @property
    def dims(self) -> list[int]:
        """The axes in their new order."""
        return [int(axis) for axis in self.config["dims"]]

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that every axis but the batch has a place in the order."""
        super().check(inputs)
        every = list(range(1, len(inputs[0])))
        if sorted(self.dims) != every:
            raise MisfitError(
                f"its order {self.dims} is not one of {len(inputs[0]) - 1} axes"
            )

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` with its axes permuted."""
        return np.transpose(x, (0, *self.dims))


@computes(
    RepeatVector=Schema(
        "Repeats a vector to make a sequence of it.",
        needs=("n",),
        rank=exactly(2),
        defaults={},
        time=MADE,
        back="shape_back:repeat_vector",
    )
)
class RepeatVector(Plain):
    """One vector as `n` timesteps."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `(batch, n, features)`."""
        times = int(self.config["n"])

        return np.repeat(x[:, None], times, axis=1)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return `(batch, n, features)`."""
        batch, features = inputs[0]
        return [(batch, int(self.config["n"]), features)]


def margins(value: Any, rank: int) -> list[tuple[int, int]]:
    """Return (before, after) of each spatial axis from Keras's three
    notations.
    """
    if isinstance(value, (list, tuple)):
        sides = list(value)
    else:
        sides = [value] * rank

    if (
        rank == 1
        and len(sides) == 2
        and not any(isinstance(side, (list, tuple)) for side in sides)
    ):
        return [(int(sides[0]), int(sides[1]))]

    if len(sides) != rank:
        raise MisfitError(
            f"its configuration has {len(sides)} margins for {rank} axes"
        )

    return [_both_ends(side) for side in sides]


def _both_ends(side: Any) -> tuple[int, int]:
    """Return the margins at both ends of an axis: two numbers, or one for
    both.
    """
    if not isinstance(side, (list, tuple)):
        return int(side), int(side)
    if len(side) != 2:
        raise MisfitError(
            f"its configuration has {len(side)} margins for the two ends of "
            "an axis"
        )

    before, after = side

    return int(before), int(after)


def spatial(
    layer: Plain,
    shape: Shape,
    change: Callable[[int, int], int],
) -> Shape:
    """Return `shape` with spatial axis number k, n long, made `change(k, n)`
    long; open ones stay open.
    """
    if layer.channels_first():
        first = 2
    else:
        first = 1

    last = first + len(shape) - 2

    return tuple(
        change(axis - first, side)
        if side is not None and first <= axis < last
        else side
        for axis, side in enumerate(shape)
    )


@computes(
    **{
        f"ZeroPadding{axes}D": Schema(
            f"Puts zeros around {space}.",
            keys={"padding": MARGIN},
            needs=("padding",),
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, LENGTHENED),
            back="shape_back:zero_padding",
        )
        for axes, space in SPACES.items()
    }
)
class ZeroPadding(Plain):
    """Zeros before and after each spatial axis."""

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that its margins are those of as many axes."""
        super().check(inputs)
        margins(self.config["padding"], len(inputs[0]) - 2)

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` with its margins."""
        sides = margins(self.config["padding"], x.ndim - 2)
        if self.channels_first():
            ends = [(0, 0), (0, 0), *sides]
        else:
            ends = [(0, 0), *sides, (0, 0)]

        return np.pad(x, ends)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape with the margins added."""
        shape = inputs[0]
        sides = margins(self.config["padding"], len(shape) - 2)
        padded = spatial(self, shape, lambda k, n: n + sum(sides[k]))

        return [padded]


@computes(
    **{
        f"Cropping{axes}D": Schema(
            f"Cuts off the ends of {space}.",
            needs=("cropping",),
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, LENGTHENED),
            back="shape_back:cropping",
        )
        for axes, space in SPACES.items()
    }
)
class Cropping(Plain):
    """Cuts from both ends of each spatial axis."""

    views: ClassVar[bool] = True

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that something is left of each axis."""
        super().check(inputs)
        shape = inputs[0]
        if self.channels_first():
            sides = shape[2:]
        else:
            sides = shape[1:-1]

        for side, cut in zip(
            sides,
            margins(self.config["cropping"], len(sides)),
            strict=True,
        ):
            if side is not None and sum(cut) >= side:
                raise MisfitError("nothing would be left of it")

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` without its margins."""
        first = 1
        if self.channels_first():
            first = 2

        cropped = margins(self.config["cropping"], x.ndim - 2)
        for axis, (before, after) in enumerate(cropped, first):
            stop = x.shape[axis] - after
            cut = [slice(None)] * x.ndim
            cut[axis] = slice(before, stop)
            x = x[tuple(cut)]

        return x


@computes(
    **{
        f"UpSampling{axes}D": Schema(
            f"Repeats the values of {space}.",
            keys={"size": SIZE},
            needs=("size",),
            why_not=_interpolation_not_reproduced if axes == 2 else None,
            rank=exactly(axes + 2),
            spatial=axes,
            **in_time(axes, LENGTHENED),
            back="shape_back:up_sampling",
        )
        for axes, space in SPACES.items()
    }
)
class UpSampling(Plain):
    """Each spatial axis made longer: values repeated, or interpolated in two
    dimensions.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that its sizes are those of as many axes, and its method one
        that is reproduced.
        """
        super().check(inputs)
        pair(self.config["size"], len(inputs[0]) - 2)

        method = self.config.get("interpolation") or "nearest"
        if method not in METHODS:
            raise MisfitError(
                f"its interpolation is {method}, reproduced are "
                f"{' and '.join(METHODS)}"
            )

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the larger `x`."""
        method = self.config.get("interpolation") or "nearest"
        if self.channels_first():
            first = 2
        else:
            first = 1

        for axis, size in enumerate(
            pair(self.config["size"], x.ndim - 2),
            first,
        ):
            if method == "nearest":
                x = np.repeat(x, size, axis=axis)
            else:
                x = resize(x, axis, size, method)

        return x

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape with its spatial axes longer."""
        shape = inputs[0]
        sizes = pair(self.config["size"], len(shape) - 2)
        longer = spatial(self, shape, lambda k, n: n * sizes[k])

        return [longer]
