"""The base of the feed-forward layers: one tensor in and out, masks that pass
or end, shapes found by trying.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import prelu
from rnn_tui.engine.core.activations import Activation, activation
from rnn_tui.engine.core.arrays import Array, Shape, Tensor, Weight
from rnn_tui.engine.core.fits import check_count, check_slopes, within
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.memory.work_budget import VALUES_A_STEP, spend
from rnn_tui.errors import MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH, LENGTH = (2, 3), (48, 67)
"""The lengths of an open batch axis, and of any other open axis, in the two
tries of `probe`.
"""
AN_OBJECT = 64
"""Values that take as much room as one window or one place does, as an object
of its own.
"""
TRIED = 4
"""Steps that a try takes, and for each tensor as many, besides the computation:
see `work`.
"""
MOST_TRIED = 4_000_000
"""Values a sequence may have that `probe` tries."""
MOST_SIZES = 256
"""Values of an array of whole numbers that may be sizes and indices."""


@dataclass(eq=False)
class Plain(Layer):
    """A layer that turns one tensor into one tensor, whatever its mask says."""

    views: ClassVar[bool] = False
    """Whether it returns a view of its input instead of new values."""

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that it is given one tensor, of a rank that Keras lets it
        read.
        """
        check_count(inputs, 1, 1)
        self.schema.rank.check(self.class_name, inputs[0])

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the layer's output for `x`."""
        raise NotImplementedError

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the output, with the mask where it passes."""
        x, mask = inputs[0]
        if not self.views:
            x = as_numbers(x, run)

        if not self.hands_on_mask():
            mask = None

        y = self.compute(x, run)

        return [Tensor(y, mask)]

    def hands_on_mask(self) -> bool:
        """Whether the mask passes in the Keras that wrote the file."""
        mask = self.schema.mask
        return mask.keeps and self.generation not in mask.ends_in

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out, found by trying two sizes for every
        open axis.
        """

        def attempt(tensors: list[Tensor]) -> list[Tensor]:
            self.check([tensor.value.shape for tensor in tensors])
            return self.call(tensors, quiet_run())

        return probe(attempt, inputs)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values of the outputs; where only trying tells their
        shape, no layer makes more than it reads.
        """
        if self.views:
            return 0
        if type(self).output_shapes is Plain.output_shapes:
            return sum(
                math.prod(side or 0 for side in shape) for shape in inputs
            )

        return super().values_made(inputs)

    def value(self, name: str, run: Run) -> Array:
        """Return the weight called `name` in the run's dtype."""
        weight = next(weight for weight in self.weights if weight.name == name)
        return weight.value.astype(run.dtype, copy=False)

    def has(self, name: str) -> bool:
        """Whether the layer has a weight called `name`."""
        return any(weight.name == name for weight in self.weights)

    def activation(self) -> Activation:
        """Return the layer's activation; linear where the
        configuration names none."""
        return activation(self.config.get("activation"), self.generation)

    def activated(self, y: Array, run: Run) -> Array:
        """Return φ(y); where φ is a PReLU, its slopes are the layer's own array
        `alpha`. Raises MisfitError.
        """
        if not self.has("alpha"):
            return self.activation()(y)

        slopes = self.value("alpha", run)
        check_slopes(slopes.shape, y.shape)

        return prelu(y, slopes)

    def channels_first(self) -> bool:
        """Whether the channels are axis 1 instead of the last."""
        return self.config.get("data_format") == "channels_first"


@dataclass(eq=False)
class Elementwise(Plain):
    """A layer that leaves the shape as it is."""

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that came in."""
        return [inputs[0]]


def axes_named(axis: Any, rank: int) -> list[int]:
    """Return the axes that a configuration names, one or several, counted from
    0; the last where it names none.
    """
    if axis is None:
        axis = -1

    if not isinstance(axis, (list, tuple)):
        axis = [axis]

    return [within(int(one), rank) for one in axis]


def sides_multiplied(weights: Sequence[Weight]) -> str:
    """Return the product of each array's sides, added up: a formula of their
    size.
    """
    products = (" × ".join(map(str, weight.shape)) for weight in weights)

    return " + ".join(products)


def quiet_run(dtype: str = "float32") -> Run:
    """Return a run that records nothing."""
    return Run(np.dtype(dtype), lambda path, value: None)


class Tried(tuple[int | None, ...]):
    """A shape that `probe` found, with the small arrays of whole numbers that
    came out of its two tries.

    They say how long an axis is for the operations after it: zeros(shape(x)),
    reshape(x, [-1, shape(x)[1]]).
    """

    values: tuple[NDArray[Any], ...]


def probe(
    call: Callable[[list[Tensor]], Sequence[Tensor]],
    shapes: Sequence[Shape],
) -> list[Shape]:
    """Return the shapes `call` gives for inputs of `shapes`: an axis that
    differs between two tries is open.

    An open axis is as long as that of another input of the rank: the two meet
    in one operation.
    """
    known = _met(shapes)
    if any(
        math.prod(side or LENGTH[1] for side in shape) > MOST_TRIED
        for shape in known
    ):
        raise UnsupportedLayerError("shape", "its input is too large to try")

    try:
        return _twice(call, shapes, known)
    except MisfitError:
        if not any(isinstance(shape, Tried) for shape in shapes):
            raise

    # A length counted in zeros is none, and nothing can be taken from there:
    # zeros in its place can be any index.
    return _twice(call, [tuple(shape) for shape in shapes], known)


def _twice(
    call: Callable[[list[Tensor]], Sequence[Tensor]],
    shapes: Sequence[Shape],
    known: Sequence[Shape],
) -> list[Shape]:
    """Return the shapes of two tries."""
    tries = []
    for number in range(len(BATCH)):
        given = []
        for met, shape in zip(known, shapes, strict=True):
            given.append(_tried(met, shape, number))

        values = sum(tensor.value.size for tensor in given)
        steps = TRIED * (1 + len(given))
        spend(steps + values // VALUES_A_STEP)
        with np.errstate(all="ignore"):
            made = call(given)

        tries.append([tensor.value for tensor in made])

    first, second = tries
    ranks = [value.ndim for value in first]
    other_ranks = [value.ndim for value in second]
    if ranks != other_ranks:
        raise MisfitError(
            "how many tensors come out depends on an axis that is open"
        )

    return [
        _found(one, other) for one, other in zip(first, second, strict=True)
    ]


def _tried(known: Shape, shape: Shape, number: int) -> Tensor:
    """Return an input for a try: the values that the same try of the layer
    before it gave, or zeros.
    """
    if isinstance(shape, Tried):
        return Tensor(shape.values[number])

    batch = BATCH[number]
    others = [LENGTH[number]] * (len(known) - 1)
    lengths = [batch, *others]
    sides = [
        side or length for side, length in zip(known, lengths, strict=False)
    ]
    zero = np.float32(0)

    return Tensor(np.broadcast_to(zero, sides))


def _found(one: NDArray[Any], other: NDArray[Any]) -> Shape:
    """Return the shape of an output in both tries, with its values where they
    may be sizes of something.
    """
    shape = tuple(
        a if a == b else None
        for a, b in zip(one.shape, other.shape, strict=True)
    )
    largest = max(one.size, other.size)
    if one.dtype.kind != "i" or largest > MOST_SIZES:
        return shape

    tried = Tried(shape)
    tried.values = (one, other)

    return tried


def _met(shapes: Sequence[Shape]) -> list[Shape]:
    """Return the shapes with open sides but the batch taken from another of the
    same rank, where that knows them.
    """
    largest: dict[int, list[int]] = {}
    for shape in shapes:
        rank = len(shape)
        sides = [side or 0 for side in shape]
        known = largest.setdefault(rank, sides)
        largest[rank] = list(map(max, known, sides))

    return [_filled(shape, largest[len(shape)]) for shape in shapes]


def _filled(shape: Shape, known: Sequence[int]) -> Shape:
    """Return a shape whose open sides but the batch are those `known`, where
    they are longer than 1.
    """
    sides = list(shape)
    for axis in range(1, len(shape)):
        if sides[axis] is None and known[axis] > 1:
            sides[axis] = known[axis]

    return tuple(sides)


def as_numbers(x: NDArray[Any], run: Run) -> NDArray[Any]:
    """Return `x` in the run's dtype where it holds whole numbers or truth
    values.
    """
    if x.dtype.kind == "f":
        return x

    return x.astype(run.dtype)
