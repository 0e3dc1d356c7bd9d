"""Operations of functional models backwards: which rule each has, and those
that move values without changing them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.gradients.axes_back import OVER_AXES
from rnn_tui.engine.gradients.known_back import OF_KNOWN
from rnn_tui.engine.gradients.layer_back import not_through
from rnn_tui.engine.gradients.merge_back import unstretched
from rnn_tui.engine.gradients.ordered_back import ORDERED
from rnn_tui.engine.gradients.products_back import PRODUCTS
from rnn_tui.engine.gradients.several_back import SEVERAL
from rnn_tui.engine.gradients.values_back import (
    ACTIVATIONS,
    ONE,
    TWO,
    activation_back,
)
from rnn_tui.engine.layers.call_arguments import tensors_in
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.operators import OnArrays, arrays_in
from rnn_tui.engine.operations.calling import Bound, applied, bound, flat
from rnn_tui.engine.operations.rows import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOVES = frozenset(
    [
        "append",
        "array_split",
        "band_part",
        "batch_flatten",
        "broadcast_to",
        "concatenate",
        "diagflat",
        "diagonal",
        "diagonal_part",
        "dsplit",
        "dstack",
        "ensure_shape",
        "expand_dims",
        "extract_sequences",
        "flip",
        "fliplr",
        "flipud",
        "full",
        "full_like",
        "gather",
        "gather_nd",
        "get_item",
        "hsplit",
        "hstack",
        "matrix_diag",
        "matrix_diagonal",
        "matrix_transpose",
        "meshgrid",
        "moveaxis",
        "pad",
        "ravel",
        "rearrange",
        "repeat",
        "reshape",
        "reverse",
        "reverse_sequence",
        "roll",
        "rot90",
        "select",
        "slice_at",
        "slice_update",
        "split",
        "split_sizes",
        "squeeze",
        "stack",
        "swapaxes",
        "take",
        "take_along_axis",
        "tile",
        "transpose",
        "tril",
        "triu",
        "unstack",
        "vsplit",
        "vstack",
        "where",
    ]
)
"""Functions that put values elsewhere and change none; some put constants
beside them.
"""
CONSTANTS = ("constant_values", "default")
"""Parameters that are such a constant."""

ALONG = {**OVER_AXES, **OF_KNOWN, **ORDERED}
"""The rules of functions of one array that go along its axes."""
OF_SHAPES = ("zeros_like", "ones_like", "shape_of", "size_of", "rank_of")
"""Functions of how large an array is, whatever its values are."""
SAME = ("identity", "cast", "cast_to_fractions")
"""Functions that return the values that they read."""


def operation(
    layer: OnArrays,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> list[tuple[Tensor, NDArray[Any]]]:
    """Return the cotangents of the tensors that an operation reads.

    Raises NotThroughError for one that isn't differentiated.
    """
    stops = (layer.class_name, layer.config.get("function"))
    if "StopGradient" in stops or "stop_gradient" in stops:
        raise not_through(layer, run)  # as its author asked for

    reads = [
        read
        for read in (*tensors_in(args), *tensors_in(kwargs))
        if read.value.dtype.kind == "f"
    ]
    if not reads:
        return []  # whole numbers and truth values have no derivatives

    row, given = layer.asked(kwargs)
    if row.function in OF_SHAPES:
        return []

    plain = {key: arrays_in(value) for key, value in given.items()}
    call = bound(row, [arrays_in(value) for value in args], plain, run.dtype)
    operands = flat(call.operands)
    found = _bars(row, call, operands, outputs, bars)
    if found is None:
        raise not_through(layer, run)

    pairs = []
    free = list(range(len(operands)))
    for read in reads:
        place = next((k for k in free if operands[k] is read.value), None)
        if place is None:
            raise not_through(layer, run)  # it was converted

        free.remove(place)
        bar = found[place]
        if bar is None:
            raise not_through(layer, run)  # to this one of its operands

        pairs.append((read, bar.astype(read.value.dtype)))

    return pairs


def _bars(
    row: Row,
    call: Bound,
    operands: Sequence[NDArray[Any]],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> Sequence[NDArray[Any] | None] | None:
    """Return the cotangent of each operand; None where none is known."""
    name = row.function
    if name in MOVES:
        return _moved_back(row, call, operands, bars)
    if call.dtype is not None and name not in SAME:
        return None
    if name in SEVERAL:
        return _of_several(name, call, outputs, bars)
    if len(operands) == 1:
        found = _of_one(name, call.params, operands[0], outputs, bars)
        return None if found is None else [found]

    (bar,) = bars
    if bar is None:
        return None
    if name in TWO and len(operands) == 2:
        made = TWO[name](operands[0], operands[1], bar)
        return [
            unstretched(np.asarray(one), operand.shape)
            for one, operand in zip(made, operands, strict=True)
        ]
    if name in PRODUCTS:
        return PRODUCTS[name](operands, bar, call.params)
    if name == "add_n":
        return [bar] * len(operands)
    if name == "clip":
        return _clipped_back(operands, bar)

    return None


def _of_several(
    name: str,
    call: Bound,
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> Sequence[NDArray[Any] | None] | None:
    """Return the cotangents of the operands that the call doesn't leave out."""
    (bar,) = bars
    (y,) = outputs
    if bar is None:
        return None

    found = SEVERAL[name](call.operands, y, bar, call.params)
    if found is None:
        return None

    return [
        one
        for one, operand in zip(found, call.operands, strict=True)
        if operand is not None
    ]


def _of_one(
    name: str,
    params: Mapping[str, Any],
    x: NDArray[Any],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> NDArray[Any] | None:
    """Return the cotangent of the only operand."""
    if name in ALONG:
        return ALONG[name](x, outputs, bars, params)

    (bar,) = bars
    (y,) = outputs
    if bar is None:
        return None
    if name in SAME and x.dtype.kind == y.dtype.kind == "f":
        return bar
    if name in ONE:
        return ONE[name](x, y, bar)
    if name in ACTIVATIONS:
        return activation_back(name, params, x, y, bar)
    if name == "clip":
        return np.where(x == y, bar, 0)
    if name in PRODUCTS:  # an equation of one array
        return PRODUCTS[name]([x], bar, params)[0]

    return None


def _clipped_back(
    operands: Sequence[NDArray[Any]],
    bar: NDArray[Any],
) -> list[NDArray[Any]]:
    """Return the cotangents of an array and of its two bounds: each place
    belongs to one of them.
    """
    x, low, high = np.broadcast_arrays(*operands)
    raised = np.maximum(x, low)
    shares = [
        (raised <= high) & (x >= low),
        (raised <= high) & (x < low),
        raised > high,
    ]

    return [
        unstretched(np.where(share, bar, 0), operand.shape)
        for share, operand in zip(shares, operands, strict=True)
    ]


def _moved_back(
    row: Row,
    call: Bound,
    operands: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> list[NDArray[Any]]:
    """Return the cotangents of values that were moved: the same move of their
    numbers tells where each came from. Number 0 is a constant.
    """
    sizes = [operand.size for operand in operands]
    stops = 1 + np.cumsum(sizes)
    ends = [1, *stops.tolist()]
    numbers = []
    for start, operand in zip(ends, operands, strict=False):
        if operand.dtype.kind != "f":
            numbers.append(operand)
            continue

        own = np.arange(start, start + operand.size)
        numbers.append(own.reshape(operand.shape))

    left = iter(numbers)
    placed: list[Any] = []
    for operand in call.operands:
        if isinstance(operand, list):
            placed.append([next(left) for _ in operand])
        elif operand is None:
            placed.append(None)
        else:
            placed.append(next(left))

    params = {
        key: 0 if key in CONSTANTS else value
        for key, value in call.params.items()
    }
    numbered = call._replace(operands=placed, params=params)
    made = applied(row, numbered)
    parts = [made]
    if isinstance(made, (list, tuple)):
        parts = list(made)

    summed = np.zeros(ends[-1])
    for part, bar in zip(parts, bars, strict=True):
        if bar is not None:
            came_from = np.asarray(part).ravel()
            np.add.at(summed, came_from, bar.ravel())

    found = []
    for start, operand in zip(ends, operands, strict=False):
        stop = start + operand.size
        own_bar = summed[start:stop]
        found.append(own_bar.reshape(operand.shape))

    return found
