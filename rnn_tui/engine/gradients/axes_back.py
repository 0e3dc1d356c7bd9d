"""Operations that go over whole axes, backwards: sums, means, extremes, norms,
running sums, softmax.

Each takes x, its outputs, their cotangents and the call's parameters, and
returns the cotangent of x; None for parameters with which it isn't
differentiated.
"""

from __future__ import annotations

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


def _first(bars: Bars) -> Values:
    """Return the cotangent of the only output."""
    (bar,) = bars
    assert bar is not None

    return bar


def _kept(
    reduced: Values, x: Values, params: Params, key: str = "axis"
) -> Values:
    """Return a reduced array with its axes of length 1 in their places."""
    over = axes_in(params.get(key), x.ndim)
    sides = [1 if k in over else side for k, side in enumerate(x.shape)]

    kept: Values = reduced.reshape(sides)

    return kept


def summed(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value has the cotangent of its sum."""
    return np.broadcast_to(_kept(_first(bars), x, params), x.shape)


def averaged(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value has its share of the cotangent of the mean."""
    bar = _kept(_first(bars), x, params)
    share = bar.size / x.size

    return np.broadcast_to(bar * share, x.shape)


def variance(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """2 · (x − mean) / n times the cotangent."""
    bar = _kept(_first(bars), x, params)

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
    bar = _kept(_first(bars), x, params)
    root = _kept(y[0], x, params)

    return _variance_back(x, bar / (2 * root), params)


def moments(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the mean and that of the variance together."""
    of_mean, of_variance = bars
    x_bar = np.zeros_like(x)
    if of_mean is not None:
        bar = _kept(of_mean, x, params, "axes")
        x_bar = x_bar + bar * (bar.size / x.size)

    if of_variance is not None:
        bar = _kept(of_variance, x, params, "axes")
        x_bar = x_bar + _variance_back(x, bar, params, "axes")

    return x_bar


def extreme(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The largest or smallest values have it in equal shares; none where a
    bound of the call was beyond.
    """
    bar = _kept(_first(bars), x, params)
    chosen = x == _kept(y[0], x, params)
    over = axes_in(params.get("axis"), x.ndim)
    met = chosen.sum(axis=over, keepdims=True)
    count = np.maximum(met, 1)
    share = bar / count
    x_bar: Values = chosen * share

    return x_bar


def product(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each factor has the product of all others."""
    over = axes_in(params.get("axis"), x.ndim)
    kept = x.ndim - len(over)
    last = tuple(range(kept, x.ndim))
    moved = np.moveaxis(x, over, last)
    sides = moved.shape[:kept]
    flat = moved.reshape(*sides, -1)

    before = cumulative(flat, -1, True, False, product=True)
    behind = cumulative(flat, -1, True, True, product=True)
    others = before * behind
    others = others.reshape(moved.shape)
    in_place = np.moveaxis(others, last, over)
    bar = _kept(_first(bars), x, params)

    return in_place * bar


def logsumexp(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """exp(x − y) times the cotangent."""
    bar = _kept(_first(bars), x, params)
    total = _kept(y[0], x, params)
    share = np.exp(x - total)
    x_bar: Values = bar * share

    return x_bar


def norm(x: Values, y: Outputs, bars: Bars, params: Params) -> Values | None:
    """x / ‖x‖ times the cotangent, for the Euclidean norm of vectors."""
    order = params.get("ord")
    axis = params.get("axis")
    of_vectors = order == 2 and isinstance(axis, int)
    if order not in (None, "euclidean") and not of_vectors:
        return None

    length = _kept(y[0], x, params)
    bar = _kept(_first(bars), x, params)

    return x * (bar / length)


def normalised(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values | None:
    """That of Euclidean vectors at length 1, whose epsilon is a length."""
    if params.get("order", 2) != 2 or x.ndim == 0:
        return None

    least = params.get("epsilon", EPSILON) ** 2

    return _unit_back(x, y[0], _first(bars), params.get("axis", -1), least)


def normalised_as_in_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, its epsilon that of the square."""
    least = params.get("epsilon", 1e-12)

    return _unit_back(x, y[0], _first(bars), params.get("axis"), least)


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
    return _softmax_back(y[0], _first(bars), params.get("axis", -1))


def softmax_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the last axis where the call names none."""
    return _softmax_back(y[0], _first(bars), _last_or(params.get("axis")))


def _softmax_back(y: Values, bar: Values, axis: Any) -> Values:
    over = axes_in(axis, y.ndim)
    weighted = bar * y
    along = weighted.sum(axis=over, keepdims=True)
    x_bar: Values = y * (bar - along)

    return x_bar


def log_softmax(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """ȳ − exp(y) · Σ ȳ."""
    return _log_softmax_back(y[0], _first(bars), params.get("axis", -1))


def log_softmax_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the last axis where the call names none."""
    return _log_softmax_back(y[0], _first(bars), _last_or(params.get("axis")))


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
    return _along_back("sparsemax", sparsemax, x, y, bars, params)


def gated(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the activation glu."""
    return _along_back("glu", glu, x, y, bars, params)


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
    bar = np.moveaxis(_first(bars), axis, -1)
    x_bar = pulled_back(activation, x_last, y_last, bar)

    return np.moveaxis(x_bar, -1, axis)


def running_sum(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The running sum from the other end."""
    return _running_back(x, bars, params, params.get("axis"))


def running_sum_of_tensorflow(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """The same, along the first axis where the call names none."""
    return _running_back(x, bars, params, params.get("axis", 0))


def _running_back(x: Values, bars: Bars, params: Params, axis: Any) -> Values:
    turned = cumulative(
        _first(bars),
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
    bar = _first(bars)
    axis = axis_of(params.get("axis", -1), x.ndim)
    margins = [(0, 0)] * x.ndim
    margins[axis] = (1, 1)
    for _ in range(int(params.get("n", 1))):
        surrounded = np.pad(bar, margins)
        bar = -np.diff(surrounded, axis=axis)

    return bar


def in_order(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value has the cotangent of the place that it took."""
    axis = params.get("axis", -1)
    bar = _first(bars)
    flat = x
    if axis is None:
        flat = x.reshape(-1)
        axis = 0

    axis = axis_of(axis, flat.ndim)
    places = np.argsort(flat, axis=axis, kind="stable")
    if params.get("direction") == "descending":
        places = np.flip(places, axis)

    x_bar = np.zeros_like(flat)
    np.put_along_axis(x_bar, places, bar, axis)

    return x_bar.reshape(x.shape)


def largest_few(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The largest values have theirs, all others 0."""
    _, places = y
    bar, _ = bars  # places have no cotangent
    x_bar = np.zeros_like(x)
    if bar is not None:
        np.put_along_axis(x_bar, places.astype(np.int64), bar, -1)

    return x_bar


OVER_AXES: Mapping[str, OverAxes] = {
    "sum": summed,
    "mean": averaged,
    "mean_kept": averaged,
    "average": averaged,
    "var": variance,
    "std": deviation,
    "moments": moments,
    "largest": extreme,
    "smallest": extreme,
    "prod": product,
    "logsumexp": logsumexp,
    "norm": norm,
    "tensorflow_norm": norm,
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
    "diff": differences,
    "sort": in_order,
    "top_k": largest_few,
}
"""By the names of the operations' functions."""
