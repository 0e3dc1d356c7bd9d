"""Operations that go over whole axes, backwards: sums, means, extremes, norms,
running sums, softmax.

Each takes x, its outputs, their cotangents and the call's parameters, and
returns the cotangent of x; None for parameters with which it isn't
differentiated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.core.activation_functions import glu, sparsemax
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.operations.checked import axes_in, axis_of
from rnn_tui.engine.operations.normalising import EPSILON
from rnn_tui.engine.operations.reducing import cumulative

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]

Params = Mapping[str, Any]
Outputs = Sequence["Values"]
Bars = Sequence["Values | None"]
OverAxes = Callable[["Values", Outputs, Bars, Params], "Values | None"]


ORDERS: Mapping[str, Any] = {
    "fro": "euclidean",
    "inf": math.inf,
    "-inf": -math.inf,
}
"""Orders of norms that are written as words."""


def first(bars: Bars) -> Values:
    """Return the cotangent of the only output."""
    (bar,) = bars
    assert bar is not None

    return bar


def kept(
    reduced: Values, x: Values, params: Params, key: str = "axis"
) -> Values:
    """Return a reduced array with its axes of length 1 in their places."""
    over = axes_in(params.get(key), x.ndim)
    sides = [1 if k in over else side for k, side in enumerate(x.shape)]

    with_all: Values = reduced.reshape(sides)

    return with_all


def summed(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value has the cotangent of its sum."""
    return np.broadcast_to(kept(first(bars), x, params), x.shape)


def averaged(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value has its share of the cotangent of the mean."""
    bar = kept(first(bars), x, params)
    share = bar.size / x.size

    return np.broadcast_to(bar * share, x.shape)


def variance(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """2 · (x − mean) / n times the cotangent."""
    bar = kept(first(bars), x, params)

    return _variance_back(x, bar, params)


def _variance_back(
    x: Values,
    bar: Values,
    params: Params,
    key: str = "axis",
) -> Values:
    over = axes_in(params.get(key), x.ndim)
    centred = x - x.mean(axis=over, keepdims=True)
    share = bar.size / x.size

    x_bar: Values = 2 * centred * bar * share

    return x_bar


def deviation(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the variance, whose root it is."""
    bar = kept(first(bars), x, params)
    root = kept(y[0], x, params)

    return _variance_back(x, bar / (2 * root), params)


def moments(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the mean and that of the variance together."""
    of_mean, of_variance = bars
    x_bar = np.zeros_like(x)
    if of_mean is not None:
        bar = kept(
            of_mean,
            x,
            params,
            "axes",
        )
        x_bar = x_bar + bar * (bar.size / x.size)

    if of_variance is not None:
        bar = kept(
            of_variance,
            x,
            params,
            "axes",
        )
        x_bar = x_bar + _variance_back(
            x,
            bar,
            params,
            "axes",
        )

    return x_bar


def extreme(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The largest or smallest values have it in equal shares; none where a
    bound of the call was beyond.
    """
    bar = kept(first(bars), x, params)
    chosen = x == kept(y[0], x, params)
    over = axes_in(params.get("axis"), x.ndim)
    met = chosen.sum(axis=over, keepdims=True)
    count = np.maximum(met, 1)
    share = bar / count
    x_bar: Values = chosen * share

    return x_bar


def product(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each factor has the product of all others."""
    over = axes_in(params.get("axis"), x.ndim)
    rest = x.ndim - len(over)
    last = tuple(range(rest, x.ndim))
    moved = np.moveaxis(x, over, last)
    sides = moved.shape[:rest]
    flat = moved.reshape(*sides, -1)

    before = cumulative(flat, -1, True, False, product=True)
    behind = cumulative(flat, -1, True, True, product=True)
    others = before * behind
    others = others.reshape(moved.shape)
    in_place = np.moveaxis(others, last, over)
    bar = kept(first(bars), x, params)

    return in_place * bar


def logsumexp(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """exp(x − y) times the cotangent."""
    bar = kept(first(bars), x, params)
    total = kept(y[0], x, params)
    share = np.exp(x - total)
    x_bar: Values = bar * share

    return x_bar


def norm(x: Values, y: Outputs, bars: Bars, params: Params) -> Values | None:
    """x / ‖x‖ times the cotangent, for the Euclidean norm; for another order p
    of vectors sign(x) · (|x| / ‖x‖)ᵖ⁻¹.
    """
    order: Any = params.get("ord")
    if isinstance(order, str):
        order = ORDERS.get(order, order)

    bar = kept(first(bars), x, params)
    length = kept(y[0], x, params)
    if order in (None, "euclidean"):
        return x * (bar / length)

    axis = params.get("axis")
    of_vectors = isinstance(axis, int) or (axis is None and x.ndim == 1)
    if not of_vectors or isinstance(order, str) or order == 0:
        return None

    signed = np.sign(x) * bar
    size = np.abs(x)
    if math.isinf(order):
        shares = extreme(
            size,
            y,
            [np.ones_like(y[0])],
            params,
        )
        return np.asarray(signed * shares)

    return np.asarray(signed * (size / length) ** (order - 1))


def norm_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values | None:
    """The same; a number as the order is that of all values as one vector
    where the call names no axis.
    """
    order = params.get("ord", "euclidean")
    if isinstance(order, str) or params.get("axis") is not None:
        return norm(
            x,
            y,
            bars,
            {**params, "ord": order},
        )

    flat = {"ord": order, "axis": 0}
    of_flat = norm(
        x.reshape(-1),
        y,
        bars,
        flat,
    )
    assert of_flat is not None

    return of_flat.reshape(x.shape)


def normalised(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values | None:
    """That of Euclidean vectors at length 1, whose epsilon is a length."""
    if params.get("order", 2) != 2 or x.ndim == 0:
        return None

    least = params.get("epsilon", EPSILON) ** 2

    return _unit_back(
        x,
        y[0],
        first(bars),
        params.get("axis", -1),
        least,
    )


def normalised_as_in_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, its epsilon that of the square."""
    least = params.get("epsilon", 1e-12)

    return _unit_back(
        x,
        y[0],
        first(bars),
        params.get("axis"),
        least,
    )


def _unit_back(
    x: Values,
    y: Values,
    bar: Values,
    axis: Any,
    least: float,
) -> Values:
    """(ȳ − y·Σ ȳ·y) / ‖x‖, of vectors whose square is above the least."""
    over = axes_in(axis, x.ndim)
    square = np.sum(np.square(x), axis=over, keepdims=True)
    along = np.sum(bar * y, axis=over, keepdims=True)
    lost = np.where(square > least, y * along, 0)
    length = np.sqrt(np.maximum(square, least))

    x_bar: Values = (bar - lost) / length

    return x_bar


def softmax(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """y ⊙ (ȳ − Σ ȳ·y)."""
    return _softmax_back(y[0], first(bars), params.get("axis", -1))


def softmax_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the last axis where the call names none."""
    return _softmax_back(y[0], first(bars), _last_or(params.get("axis")))


def _softmax_back(y: Values, bar: Values, axis: Any) -> Values:
    over = axes_in(axis, y.ndim)
    weighted = bar * y
    along = weighted.sum(axis=over, keepdims=True)
    x_bar: Values = y * (bar - along)

    return x_bar


def log_softmax(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """ȳ − exp(y) · Σ ȳ."""
    return _log_softmax_back(y[0], first(bars), params.get("axis", -1))


def log_softmax_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the last axis where the call names none."""
    return _log_softmax_back(y[0], first(bars), _last_or(params.get("axis")))


def _log_softmax_back(y: Values, bar: Values, axis: Any) -> Values:
    over = axes_in(axis, y.ndim)
    total = bar.sum(axis=over, keepdims=True)
    x_bar: Values = bar - np.exp(y) * total

    return x_bar


def _last_or(axis: Any) -> Any:
    """Return an axis, the last where none is named."""
    if axis is None:
        return -1

    return axis


def sparse_softmax(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the activation sparsemax."""
    return _along_back(
        "sparsemax",
        sparsemax,
        x,
        y,
        bars,
        params,
    )


def gated(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the activation glu."""
    return _along_back(
        "glu",
        glu,
        x,
        y,
        bars,
        params,
    )


def _along_back(
    name: str,
    function: Any,
    x: Values,
    y: Outputs,
    bars: Bars,
    params: Params,
) -> Values:
    axis = axis_of(params.get("axis", -1), x.ndim)
    activation = Activation(name, function, elementwise=False)
    x_last = np.moveaxis(x, axis, -1)
    y_last = np.moveaxis(y[0], axis, -1)
    bar = np.moveaxis(first(bars), axis, -1)
    x_bar = pulled_back(activation, x_last, y_last, bar)

    return np.moveaxis(x_bar, -1, axis)


def running_sum(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The running sum from the other end."""
    return _running_back(
        x,
        bars,
        params,
        params.get("axis"),
    )


def running_sum_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the first axis where the call names none."""
    return _running_back(
        x,
        bars,
        params,
        params.get("axis", 0),
    )


def _running_back(x: Values, bars: Bars, params: Params, axis: Any) -> Values:
    turned = cumulative(
        first(bars),
        axis,
        bool(params.get("exclusive")),
        not params.get("reverse"),
        product=False,
    )

    return turned.reshape(x.shape)


def differences(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The differences of the cotangents with 0 around them, their sign
    turned.
    """
    bar = first(bars)
    axis = axis_of(params.get("axis", -1), x.ndim)
    margins = [(0, 0)] * x.ndim
    margins[axis] = (1, 1)
    for _ in range(int(params.get("n", 1))):
        surrounded = np.pad(bar, margins)
        bar = -np.diff(surrounded, axis=axis)

    return bar


def running_product(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """Each factor has the products that it is in, without it."""
    return _running_product_back(
        x,
        bars,
        params,
        params.get("axis"),
    )


def running_product_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the first axis where the call names none."""
    return _running_product_back(
        x,
        bars,
        params,
        params.get("axis", 0),
    )


def _running_product_back(
    x: Values, bars: Bars, params: Params, axis: Any
) -> Values:
    """x̄ₖ = Π(x before k) · sₖ, with sₖ = ȳₖ + xₖ₊₁ · sₖ₊₁: nothing is divided
    by a factor, which may be 0.
    """
    bar = first(bars)
    flat = x
    if axis is None:
        flat = x.reshape(-1)
        axis = 0

    place = axis_of(axis, flat.ndim)
    factors = np.moveaxis(flat, place, 0)
    later = np.moveaxis(bar, place, 0)
    if params.get("reverse"):
        factors, later = factors[::-1], later[::-1]

    if params.get("exclusive"):  # the product at k is that of those before
        later = np.concatenate([later[1:], np.zeros_like(later[:1])])

    sums = later.copy()
    for k in reversed(range(len(sums) - 1)):
        sums[k] += factors[k + 1] * sums[k + 1]

    before = cumulative(
        factors,
        0,
        True,
        False,
        product=True,
    )
    found = before * sums
    if params.get("reverse"):
        found = found[::-1]

    return np.moveaxis(found, 0, place).reshape(x.shape)


def range_of_values(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """That of the largest value, and of the smallest with its sign turned."""
    over = axes_in(params.get("axis"), x.ndim)
    largest = np.max(x, axis=over, keepdims=True)
    smallest = np.min(x, axis=over, keepdims=True)
    of_largest = extreme(
        x,
        [largest],
        bars,
        params,
    )
    of_smallest = extreme(
        x,
        [smallest],
        bars,
        params,
    )

    return of_largest - of_smallest


def trace(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value of a diagonal has the cotangent of its sum."""
    offset = params.get("offset", 0)
    axes = (params.get("axis1", 0), params.get("axis2", 1))

    return _trace_back(
        x,
        first(bars),
        offset,
        axes,
    )


def trace_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, of the matrices of the last two axes."""
    return _trace_back(
        x,
        first(bars),
        0,
        (-2, -1),
    )


def _trace_back(
    x: Values, bar: Values, offset: int, axes: tuple[int, int]
) -> Values:
    numbers = np.arange(x.size).reshape(x.shape)
    places = np.diagonal(numbers, offset, *axes)  # (…, length)
    x_bar = np.zeros(x.size, bar.dtype)
    x_bar[places] = bar[..., None]

    return x_bar.reshape(x.shape)


def powers(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Σ p · xᵖ⁻¹ · ȳ over the powers of a row."""
    bar = first(bars)
    exponents = np.arange(bar.shape[-1])
    slopes = exponents * x[:, None] ** np.maximum(exponents - 1, 0)
    if not params.get("increasing"):
        slopes = slopes[:, ::-1]

    x_bar: Values = (bar * slopes).sum(axis=-1)

    return x_bar


OVER_AXES: Mapping[str, OverAxes] = {
    "sum": summed,
    "mean": averaged,
    "mean_kept": averaged,
    "var": variance,
    "std": deviation,
    "moments": moments,
    "largest": extreme,
    "smallest": extreme,
    "prod": product,
    "logsumexp": logsumexp,
    "norm": norm,
    "tensorflow_norm": norm_of_tensorflow,
    "normalize": normalised,
    "l2_normalize": normalised_as_in_tensorflow,
    "softmax": softmax,
    "tensorflow_softmax": softmax_of_tensorflow,
    "log_softmax": log_softmax,
    "tensorflow_log_softmax": log_softmax_of_tensorflow,
    "sparsemax": sparse_softmax,
    "glu": gated,
    "cumsum": running_sum,
    "tensorflow_cumsum": running_sum_of_tensorflow,
    "cumprod": running_product,
    "tensorflow_cumprod": running_product_of_tensorflow,
    "diff": differences,
    "ptp": range_of_values,
    "trace": trace,
    "matrix_trace": trace_of_tensorflow,
    "vander": powers,
}
"""By the names of the operations' functions."""
