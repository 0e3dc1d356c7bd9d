"""The shapes that come out of a layer, found by trying it on small inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.memory.work_budget import VALUES_A_STEP, spend
from rnn_tui.errors import MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH, LENGTH = (2, 3), (48, 67)
"""The lengths of an open batch axis, and of any other open axis, in the two
tries of `probe`.
"""
TRIED = 4
"""Steps that a try takes, and for each tensor as many, besides the computation:
see `work`.
"""
MOST_TRIED = 4_000_000
"""Values a sequence may have that `probe` tries."""
MOST_SIZES = 256
"""Values of an array of whole numbers that may be sizes and indices."""


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
