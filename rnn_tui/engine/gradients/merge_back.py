"""Layers of several inputs backwards: merges, Concatenate and Dot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce, wraps
from operator import mul, or_
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Tensor
from rnn_tui.engine.core.unit_length import unit_length
from rnn_tui.engine.gradients.layer_back import LayerBack
from rnn_tui.engine.layers.base import as_numbers
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.merge import (
    Concatenate,
    Dot,
    Elementwise,
    aligned,
    batch_dot,
    unmasked,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


Shares = Callable[..., "Sequence[NDArray[Any]]"]
"""Returns the cotangent of each input in the shape of the output: of the
layer's values, its output, ȳ and the inputs.
"""


def _merging(shares: Shares) -> LayerBack:
    """Return the way back through a layer that combines its inputs value by
    value: the cotangent of an input is summed where it was stretched.
    """

    @wraps(shares)
    def back(
        layer: Elementwise,
        inputs: Sequence[Tensor],
        outputs: Sequence[NDArray[Any]],
        bars: Sequence[NDArray[Any] | None],
        run: Run,
    ) -> list[NDArray[Any] | None]:
        (y_bar,) = bars
        if y_bar is None:
            return [None] * len(inputs)
        if layer.config.get("mask_ends") or layer.generation < 3:
            inputs = unmasked(inputs)  # the masks change no value there

        given = [as_numbers(tensor.value, run) for tensor in inputs]
        masked = [
            Tensor(value, tensor.mask)
            for value, tensor in zip(aligned(given), inputs, strict=True)
        ]
        found = shares(layer, masked, outputs[0], y_bar, run)

        return [
            unstretched(bar, tensor.value.shape).reshape(own.shape)
            for bar, tensor, own in zip(found, masked, given, strict=True)
        ]

    return back


@_merging
def add(
    layer: Elementwise,
    inputs: Sequence[Tensor],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Sequence[NDArray[Any]]:
    """Each input has the cotangent of the sum."""
    return [y_bar] * len(inputs)


@_merging
def subtract(
    layer: Elementwise,
    inputs: Sequence[Tensor],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Sequence[NDArray[Any]]:
    """The second input has the cotangent with its sign turned."""
    return [y_bar, -y_bar]


@_merging
def average(
    layer: Elementwise,
    inputs: Sequence[Tensor],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Sequence[NDArray[Any]]:
    """The inputs have the cotangent in equal shares."""
    return [y_bar / run.dtype.type(len(inputs))] * len(inputs)


@_merging
def multiply(
    layer: Elementwise,
    inputs: Sequence[Tensor],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Sequence[NDArray[Any]]:
    """An input has the cotangent times all others: a masked factor counts as 1,
    and a place that every input masks is 0.
    """
    one = run.dtype.type(1)
    factors = []
    for value, mask in inputs:
        if mask is None:
            factors.append(value)
        else:
            factors.append(np.where(mask[..., None], value, one))

    masks = [tensor.mask for tensor in inputs if tensor.mask is not None]
    if len(masks) == len(inputs):
        y_bar = y_bar * reduce(or_, masks)[..., None]

    shares = []
    for k, (_, mask) in enumerate(inputs):
        others = factors[:k] + factors[k + 1 :]
        share = reduce(mul, [y_bar, *others])
        if mask is not None:
            share = share * mask[..., None]

        shares.append(share)

    return shares


@_merging
def extreme(
    layer: Elementwise,
    inputs: Sequence[Tensor],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Sequence[NDArray[Any]]:
    """The largest or smallest input has the cotangent, the first of several."""
    if any(tensor.mask is not None for tensor in inputs):
        return _masked_extreme_back(layer, inputs, y_bar)

    free = np.ones(y_bar.shape, np.bool_)
    shares = []
    for value, _ in inputs:
        chosen = free & (value == y)
        free &= ~chosen
        shares.append(np.where(chosen, y_bar, run.dtype.type(0)))

    return shares


class _Met(NamedTuple):
    """One step of `masked_extreme`: where the values so far were chosen, and
    the masks of both sides, `(…, 1)`.
    """

    chosen: NDArray[Any]
    shown: NDArray[Any] | None
    mask: NDArray[Any] | None


def _masked_extreme_back(
    layer: Elementwise,
    inputs: Sequence[Tensor],
    y_bar: NDArray[Any],
) -> list[NDArray[Any]]:
    """Return the cotangents of the inputs of `masked_extreme`, its steps from
    the last to the first.
    """
    bar = y_bar
    shares = []
    for met in reversed(_steps_of_extreme(layer, inputs)):
        left_bar = np.where(met.chosen, bar, 0)  # that of the values so far
        right_bar = np.where(met.chosen, 0, bar)  # that of the next input
        if met.shown is not None:
            right_bar = right_bar + np.where(met.shown, 0, left_bar)
            left_bar = np.where(met.shown, left_bar, 0)

        if met.mask is not None:
            left_bar = left_bar + np.where(met.mask, 0, right_bar)
            right_bar = np.where(met.mask, right_bar, 0)

        shares.append(right_bar)
        bar = left_bar

    return [bar, *reversed(shares)]


def _steps_of_extreme(
    layer: Elementwise,
    inputs: Sequence[Tensor],
) -> list[_Met]:
    """Return the steps of `masked_extreme`, in its order."""
    beyond: Any = np.greater_equal
    pick: Any = np.maximum
    if layer.class_name == "Minimum":
        beyond = np.less_equal
        pick = np.minimum

    steps = []
    so_far, shown = inputs[0]
    for value, mask in inputs[1:]:
        met = _Met(so_far, _for_values(shown), _for_values(mask))
        right = value
        if met.mask is not None:
            right = np.where(met.mask, value, so_far)

        left = so_far
        if met.shown is not None:
            left = np.where(met.shown, so_far, right)

        chosen = beyond(left, right)
        steps.append(met._replace(chosen=chosen))
        so_far = pick(left, right)
        if mask is None or shown is None:
            shown = None
        else:
            shown = mask | shown

    return steps


def _for_values(mask: NDArray[Any] | None) -> NDArray[Any] | None:
    """Return a mask with an axis for the values it is of."""
    return None if mask is None else mask[..., None]


def unstretched(bar: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the cotangent of an array of `shape`, which was stretched to that
    of `bar`.
    """
    added = bar.ndim - len(shape)
    over = tuple(
        axis
        for axis, side in enumerate(bar.shape)
        if axis < added or (shape[axis - added] == 1 and side != 1)
    )
    if over:
        bar = bar.sum(axis=over, keepdims=True)

    return bar.reshape(shape)


def concatenate(
    layer: Concatenate,
    inputs: Sequence[Tensor],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> list[NDArray[Any] | None]:
    """Return the part of the cotangent that each input is."""
    (y_bar,) = bars
    if y_bar is None:
        return [None] * len(inputs)

    sides = [tensor.value.shape[layer.axis] for tensor in inputs]
    ends = np.cumsum(sides)[:-1]

    return list(np.split(y_bar, ends, axis=layer.axis))


def dot(
    layer: Dot,
    inputs: Sequence[Tensor],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> list[NDArray[Any] | None]:
    """Return the cotangents of both factors."""
    (bar,) = bars
    if bar is None:
        return [None, None]

    x, y = (tensor.value for tensor in inputs)
    first, second = layer.axes(x.ndim, y.ndim)
    if layer.config.get("merged_by_cosine"):
        return list(_cosine_back(x, y, first, second, bar[:, 0]))
    if not layer.config.get("normalize"):
        return list(_product_back(x, y, first, second, bar))

    a = unit_length(x, first)
    b = unit_length(y, second)
    a_bar, b_bar = _product_back(a, b, first, second, bar)
    x_bar = _unit_back(x, a, a_bar, first)
    y_bar = _unit_back(y, b, b_bar, second)

    return [x_bar, y_bar]


def _cosine_back(
    x: Array,
    y: Array,
    first: int,
    second: int,
    bar: Array,
) -> tuple[Array, Array]:
    """Return the cotangents of both factors of `cosine`: x·y / √(x·x × y·y)."""
    least = x.dtype.type(1e-7)
    products = batch_dot(x, y, first, second)
    of_x = batch_dot(x, x, first, second)
    of_y = batch_dot(y, y, first, second)
    square = of_x * of_y
    length = np.sqrt(np.maximum(square, 0))
    below = np.maximum(length, least)

    length_bar = -bar * products / below**2
    slope = 0.5 / below
    slope = np.where(length > least, slope, 0)
    square_bar = length_bar * slope
    of_x_bar = square_bar * of_y
    of_y_bar = square_bar * of_x
    products_bar = bar / below

    x_bar, y_bar = _product_back(x, y, first, second, products_bar)
    left, right = _product_back(x, x, first, second, of_x_bar)
    x_bar = x_bar + left + right
    left, right = _product_back(y, y, first, second, of_y_bar)
    y_bar = y_bar + left + right

    return x_bar, y_bar


def _unit_back(x: Array, unit: Array, bar: Array, axis: int) -> Array:
    """Return the cotangent of x for that of `unit_length(x, axis)`."""
    square = np.sum(np.square(x), axis=axis, keepdims=True)
    along = np.sum(bar * unit, axis=axis, keepdims=True)
    lost = np.where(square > 1e-12, unit * along, 0)
    kept = bar - lost
    length = np.sqrt(np.maximum(square, x.dtype.type(1e-12)))
    x_bar: Array = kept / length

    return x_bar


def _product_back(
    x: Array,
    y: Array,
    first: int,
    second: int,
    bar: Array,
) -> tuple[Array, Array]:
    """Return the cotangents of both factors of `batch_dot`."""
    left = np.moveaxis(x, first, -1)  # (batch, …, summed)
    right = np.moveaxis(y, second, 1)  # (batch, summed, …)
    summed = right.shape[1]
    rows = left.reshape(len(x), -1, summed)
    columns = right.reshape(len(y), summed, -1)
    flat = bar.reshape(len(x), rows.shape[1], columns.shape[2])

    rows_bar = flat @ np.swapaxes(columns, 1, 2)
    columns_bar = np.swapaxes(rows, 1, 2) @ flat
    left_bar = rows_bar.reshape(left.shape)
    right_bar = columns_bar.reshape(right.shape)
    x_bar = np.moveaxis(left_bar, -1, first)
    y_bar = np.moveaxis(right_bar, 1, second)

    return x_bar, y_bar
