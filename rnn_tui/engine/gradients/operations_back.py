"""Operations of functional models backwards: arithmetic, sums and means, and
everything that moves values without changing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.gradients.layer_back import not_through
from rnn_tui.engine.gradients.merge_back import unstretched
from rnn_tui.engine.layers.attention import tensors_in
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.operators import OnArrays, arrays_in
from rnn_tui.engine.operations.calling import Bound, applied, bound, flat
from rnn_tui.engine.operations.rows import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]

MOVES = frozenset(
    [
        "get_item",
        "reshape",
        "squeeze",
        "expand_dims",
        "transpose",
        "swapaxes",
        "moveaxis",
        "flip",
        "fliplr",
        "flipud",
        "repeat",
        "tile",
        "concatenate",
        "stack",
        "split",
        "split_sizes",
        "take",
        "take_along_axis",
    ]
)
"""Functions that put values elsewhere and change none."""

SAME = ("identity", "cast", "cast_to_fractions")
"""Functions that return the values that they read."""

OneValue = Callable[["Values", "Values", "Values"], "Values"]
ONE: Mapping[str, OneValue] = {
    "negative": lambda x, y, bar: -bar,
    "square": lambda x, y, bar: 2 * x * bar,
    "absolute": lambda x, y, bar: np.sign(x) * bar,
    "reciprocal": lambda x, y, bar: -bar * y * y,
    "exp": lambda x, y, bar: bar * y,
    "log": lambda x, y, bar: bar / x,
    "sqrt": lambda x, y, bar: bar / (2 * y),
    "rsqrt": lambda x, y, bar: -bar * y * y * y / 2,
    "sin": lambda x, y, bar: bar * np.cos(x),
    "cos": lambda x, y, bar: -bar * np.sin(x),
    "tanh": lambda x, y, bar: bar * (1 - y * y),
    "sigmoid": lambda x, y, bar: bar * y * (1 - y),
    "relu": lambda x, y, bar: bar * (x > 0),
}
"""Functions of one value, by the cotangent of x for x, y and that of y."""

TwoValues = Callable[["Values", "Values", "Values"], "tuple[Values, Values]"]
TWO: Mapping[str, TwoValues] = {
    "add": lambda a, b, bar: (bar, bar),
    "subtract": lambda a, b, bar: (bar, -bar),
    "multiply": lambda a, b, bar: (bar * b, bar * a),
    "true_divide": lambda a, b, bar: (bar / b, -bar * a / (b * b)),
    "maximum": lambda a, b, bar: (bar * (a >= b), bar * (a < b)),
    "minimum": lambda a, b, bar: (bar * (a <= b), bar * (a > b)),
}
"""Functions of two values, by the cotangents of both."""


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

    row, given = layer.asked(kwargs)
    plain = {key: arrays_in(value) for key, value in given.items()}
    call = bound(row, [arrays_in(value) for value in args], plain, run.dtype)
    operands = flat(call.operands)
    found = _bars(row, call, operands, outputs, bars)
    if found is None:
        raise not_through(layer, run)

    pairs = []
    free = list(range(len(operands)))
    for read in (*tensors_in(args), *tensors_in(kwargs)):
        if read.value.dtype.kind != "f":
            continue

        place = next((k for k in free if operands[k] is read.value), None)
        if place is None:
            raise not_through(layer, run)  # it was converted

        free.remove(place)
        pairs.append((read, found[place].astype(read.value.dtype)))

    return pairs


def _bars(
    row: Row,
    call: Bound,
    operands: Sequence[NDArray[Any]],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> Sequence[NDArray[Any]] | None:
    """Return the cotangent of each operand; None where none is known."""
    name = row.function
    if name in MOVES:
        return _moved_back(row, call, operands, bars)

    (bar,) = bars
    if bar is None:
        return None
    if name in SAME and operands[0].dtype.kind == outputs[0].dtype.kind == "f":
        return [bar]
    if call.dtype is not None:
        return None
    if name in ONE and len(operands) == 1:
        return [ONE[name](operands[0], outputs[0], bar)]
    if name in TWO and len(operands) == 2:
        made = TWO[name](operands[0], operands[1], bar)
        return [
            unstretched(np.asarray(one), operand.shape)
            for one, operand in zip(made, operands, strict=True)
        ]
    if name in ("sum", "mean") and len(operands) == 1:
        return [_reduced_back(name, operands[0], call.params, bar)]

    return None


def _moved_back(
    row: Row,
    call: Bound,
    operands: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> list[NDArray[Any]]:
    """Return the cotangents of values that were moved: the same move of their
    numbers tells where each came from.
    """
    sizes = [0, *np.cumsum([operand.size for operand in operands]).tolist()]
    numbers = [
        np.arange(start, start + operand.size).reshape(operand.shape)
        if operand.dtype.kind == "f"
        else operand
        for start, operand in zip(sizes, operands, strict=False)
    ]
    left = iter(numbers)
    placed: list[Any] = []
    for operand in call.operands:
        if isinstance(operand, list):
            placed.append([next(left) for _ in operand])
        elif operand is None:
            placed.append(None)
        else:
            placed.append(next(left))

    made = applied(row, call._replace(operands=placed))
    parts = list(made) if isinstance(made, (list, tuple)) else [made]
    summed = np.zeros(sizes[-1])
    for part, bar in zip(parts, bars, strict=True):
        if bar is not None:
            np.add.at(summed, np.asarray(part).ravel(), bar.ravel())

    return [
        summed[start : start + operand.size].reshape(operand.shape)
        for start, operand in zip(sizes, operands, strict=False)
    ]


def _reduced_back(
    name: str,
    x: NDArray[Any],
    params: Mapping[str, Any],
    bar: NDArray[Any],
) -> NDArray[Any]:
    """Return the cotangent of an array that was summed, or averaged."""
    axis = params.get("axis")
    whole = np.asarray(x.sum(axis=axis, keepdims=True))
    if name == "mean":
        bar = bar * (whole.size / x.size)

    return np.broadcast_to(bar.reshape(whole.shape), x.shape)
