"""Operations over whole axes: means, extremes, counts, quantiles, running sums,
norms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import axes_in, axis_of, calls, refused
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def extreme(
    x: Values,
    axis: Any,
    keepdims: bool,
    initial: Any,
    *,
    largest: bool,
) -> Values:
    """Return the largest or smallest value, no smaller or larger than
    `initial`.
    """
    axes = axes_in(axis, x.ndim)
    pick = np.max if largest else np.min
    found: Values = calls(pick, x, axis=axes, keepdims=keepdims)
    if initial is None:
        return found

    bound = np.asarray(initial).astype(x.dtype)
    made: Values
    if largest:
        made = np.maximum(found, bound)
    else:
        made = np.minimum(found, bound)

    return made


def largest(
    x: Values,
    axis: Any = None,
    keepdims: bool = False,
    initial: Any = None,
) -> Values:
    """Return the largest value."""
    return extreme(x, axis, keepdims, initial, largest=True)


def smallest(
    x: Values,
    axis: Any = None,
    keepdims: bool = False,
    initial: Any = None,
) -> Values:
    """Return the smallest value."""
    return extreme(x, axis, keepdims, initial, largest=False)


def mean_kept(x: Values, axis: Any = None, keepdims: bool = False) -> Values:
    """Return the mean; of whole numbers a whole one, as TensorFlow's
    reduce_mean has it.
    """
    axes = axes_in(axis, x.ndim)
    if x.dtype.kind == "f":
        return np.asarray(np.mean(x, axis=axes, keepdims=keepdims))

    summed = np.sum(x, axis=axes, keepdims=keepdims, dtype=x.dtype)
    total = np.asarray(summed)
    means = max(1, total.size)
    count = max(1, x.size // means)
    quotient = np.abs(total) // count
    mean = np.sign(total) * quotient

    return np.asarray(mean, dtype=x.dtype)


def count_nonzero(
    x: Values,
    axis: Any = None,
    keepdims: bool = False,
) -> Values:
    """Return how many values are not zero."""
    return np.asarray(
        np.count_nonzero(x, axis=axes_in(axis, x.ndim), keepdims=keepdims)
    )


def position(x: Values, axis: Any, keepdims: bool, *, largest: bool) -> Values:
    """Return where the largest or smallest value is, the first of equal ones;
    without an axis in the flat array.
    """
    pick = np.argmax if largest else np.argmin
    if x.dtype.kind == "f":
        x = _zeros_told_apart(x)

    picked = calls(pick, x, axis=axis, keepdims=keepdims)
    found: Values = np.asarray(picked)

    return found


def _zeros_told_apart(x: Values) -> Values:
    """Return fractions with -0 just below 0, as Keras 3 has it in
    TensorFlow.
    """
    negative_zero = (x == 0) & np.signbit(x)
    if not negative_zero.any():
        return x

    return np.where(negative_zero, -np.finfo(x.dtype).tiny, x)


def argmax(x: Values, axis: Any = None, keepdims: bool = False) -> Values:
    """Return where the largest value is."""
    return position(x, axis, keepdims, largest=True)


def argmin(x: Values, axis: Any = None, keepdims: bool = False) -> Values:
    """Return where the smallest value is."""
    return position(x, axis, keepdims, largest=False)


def argmax_first(x: Values, axis: Any = None) -> Values:
    """Return where the largest value is along one axis, the first where none is
    named (TensorFlow's).
    """
    place = axis_of(0 if axis is None else axis, x.ndim)
    made: Values = np.argmax(x, axis=place)

    return made


def argmin_first(x: Values, axis: Any = None) -> Values:
    """Return where the smallest value is along one axis, the first where none
    is named (TensorFlow's).
    """
    place = axis_of(0 if axis is None else axis, x.ndim)
    made: Values = np.argmin(x, axis=place)

    return made


def average(
    x: Values,
    weights: Values | None = None,
    axis: Any = None,
) -> Values:
    """Return the mean, each value counted by its weight; weights of fewer axes
    are those of the one axis.
    """
    if weights is None:
        over = axes_in(axis, x.ndim)
        return np.asarray(np.mean(x, axis=over))

    if weights.ndim == x.ndim or axis is None:
        weighed = calls(np.multiply, x, weights)
        summed = np.sum(weighed, axis=axes_in(axis, x.ndim))
        of_weights = np.sum(weights, axis=axes_in(axis, weights.ndim))
        mean: Values = calls(np.divide, summed, of_weights)
        return mean

    place = axis_of(axis, x.ndim)
    total: Values = calls(np.tensordot, x, weights, ([place], [0]))
    made: Values = total / np.sum(weights)

    return made


def ptp(x: Values, axis: Any = None, keepdims: bool = False) -> Values:
    """Return how far the largest and the smallest value are apart."""
    return largest(x, axis, keepdims) - smallest(x, axis, keepdims)


def logsumexp(x: Values, axis: Any = None, keepdims: bool = False) -> Values:
    """Return ln Σ eˣ over axes, the largest taken out first."""
    over = axes_in(axis, x.ndim)
    if not x.size:
        raise MisfitError("it reads no values")

    top = np.max(x, axis=over, keepdims=True)
    zero = x.dtype.type(0)
    top = np.where(np.isfinite(top), top, zero)
    powers = np.exp(x - top)
    summed = np.sum(powers, axis=over, keepdims=True)
    total = np.log(summed) + top
    made: Values
    if keepdims:
        made = total
    else:
        made = np.squeeze(total, axis=over)

    return made


def norm(
    x: Values,
    ord: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Values:
    """Return the length of the vectors along an axis; of all values where none
    is named.
    """
    order = ord
    if order in (None, "euclidean"):
        over = axes_in(axis, x.ndim)
        square = np.sum(np.square(x), axis=over, keepdims=keepdims)
        return np.asarray(np.sqrt(square))

    if isinstance(order, str) and order not in ("fro", "nuc", "inf", "-inf"):
        raise refused("ord", order, "an order of a norm")

    if isinstance(order, str) and order.endswith("inf"):
        order = float(order)

    if not isinstance(order, (str, int, float)) or isinstance(order, bool):
        raise refused("ord", order, "an order of a norm")

    if isinstance(axis, (list, tuple)):
        axes = tuple(axis)
    else:
        axes = axis

    if isinstance(axes, tuple) and len(axes) == 1:
        axes = axes[0]

    if isinstance(axes, tuple) and order not in (
        "fro",
        1,
        -1,
        float("inf"),
        float("-inf"),
    ):
        raise MisfitError(
            "the norm of a matrix that needs its singular values is not "
            "reproduced"
        )

    length: Values = calls(np.linalg.norm, x, order, axes, keepdims)

    return np.asarray(length)


def tensorflow_norm(
    x: Values,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool = False,
) -> Values:
    """Return TensorFlow's norm, whose orders of vectors and matrices are told
    apart by the axes.
    """
    if isinstance(ord, (int, float)) and axis is None:
        x = x.reshape(-1)
        axis = 0

    return norm(x, ord, axis, keepdims)


def cumulative(
    x: Values,
    axis: Any,
    exclusive: bool,
    reverse: bool,
    *,
    product: bool,
) -> Values:
    """Return running sums or products; from the end, or without the value at
    hand where the call says so.
    """
    if axis is None:
        x = x.reshape(-1)
        axis = 0

    place = axis_of(axis, x.ndim)
    if reverse:
        turned = np.flip(x, place)
    else:
        turned = x

    run = np.cumprod if product else np.cumsum
    totals = run(turned, axis=place, dtype=x.dtype)
    if exclusive:
        before = [slice(None)] * x.ndim
        before[place] = slice(0, -1)
        neutral = 0
        if product:
            neutral = 1

        first = np.take(totals, [0], axis=place)
        begin = np.full_like(first, neutral)
        others = totals[tuple(before)]
        totals = np.concatenate([begin, others], axis=place)

    if reverse:
        return np.flip(totals, place)

    return totals


def cumsum(
    x: Values,
    axis: Any = None,
    exclusive: bool = False,
    reverse: bool = False,
) -> Values:
    """Return running sums."""
    return cumulative(x, axis, exclusive, reverse, product=False)


def cumprod(
    x: Values,
    axis: Any = None,
    exclusive: bool = False,
    reverse: bool = False,
) -> Values:
    """Return running products."""
    return cumulative(x, axis, exclusive, reverse, product=True)


def diff(a: Values, n: int = 1, axis: Any = -1) -> Values:
    """Return the differences of neighbours, n times over."""
    place = axis_of(axis, a.ndim)
    if not 0 <= n <= a.shape[place]:
        raise MisfitError(
            f"differences {n} times over of an axis of {a.shape[place]}"
        )

    return np.diff(a, n, axis=place)


def trapezoid(
    y: Values,
    x: Values | None = None,
    dx: float = 1.0,
    axis: Any = -1,
) -> Values:
    """Return the area below a line by the trapezoidal rule."""
    place = axis_of(axis, y.ndim)
    width: Any = dx
    if x is not None:
        if x.ndim not in (1, y.ndim):
            raise MisfitError(f"places of {x.shape} for values of {y.shape}")

        places = x
        if x.ndim > 1:
            places = np.moveaxis(x, place, -1)

        width = np.diff(places, axis=-1)

    last = np.moveaxis(y, place, -1)
    two = last.dtype.type(2)
    sums = last[..., 1:] + last[..., :-1]
    heights = sums / two
    widths = np.asarray(width, dtype=y.dtype)
    areas = calls(np.multiply, heights, widths)

    return np.asarray(np.sum(areas, axis=-1))


def quantile(
    x: Values,
    q: Values,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Values:
    """Return the values below which a share of all is: `(shares, …)`, or
    `(…)` for one share.

    Between two values as keras.src.backend.tensorflow.numpy has it, which
    rounds a place half-way to the even one.
    """
    is_share = (q >= 0) & (q <= 1)
    if q.ndim > 1 or not np.all(is_share):
        raise MisfitError("a quantile's share is not within 0 and 1")

    axes = axes_in(axis, x.ndim)
    others = [place for place in range(x.ndim) if place not in axes]
    around = [x.shape[place] for place in others]
    moved = np.transpose(x, (*others, *axes))
    last = moved.reshape((*around, -1))  # (…, values)

    ordered = np.sort(last, axis=-1)
    shares = q.astype(np.float64)
    found = _at_share(ordered, shares, method)  # (…, shares)

    # one NaN among the values makes every quantile of them NaN
    unknown = np.asarray(np.isnan(last).any(axis=-1))
    if q.ndim:
        unknown = unknown[..., None]

    nan = found.dtype.type(np.nan)
    found = np.where(unknown, nan, found)
    if q.ndim:
        found = np.moveaxis(found, -1, 0)

    if keepdims:
        kept = list(x.shape)
        for place in axes:
            kept[place] = 1

        found = found.reshape((*q.shape, *kept))

    return np.asarray(found)


def _at_share(ordered: Values, q: Values, method: str) -> Values:
    """Return the value at a share of the way through ordered values, along
    their last axis.
    """
    lower, higher, of_lower = places_at(q, ordered.shape[-1], method)
    below = np.take(ordered, lower, axis=-1)
    above = np.take(ordered, higher, axis=-1)
    if method == "linear":
        share = of_lower.astype(ordered.dtype)
        of_below = below * share
        of_above = above * (1 - share)
        return np.asarray(of_above + of_below)

    if method == "midpoint":
        middle = (below + above) / 2
        return np.asarray(middle)

    return np.asarray(below)


def places_at(
    q: Values,
    count: int,
    method: str,
) -> tuple[Values, Values, Values]:
    """Return between which two of `count` ordered values a share of the way
    is, and how much of the lower one its value holds; the rest is of the
    higher one.
    """
    most = count - 1
    place = most * q
    lower = np.floor(place).astype(np.int64)
    higher = np.ceil(place).astype(np.int64)
    if method == "nearest":
        lower = np.round(place).astype(np.int64)
        higher = lower
    elif method == "lower":
        higher = lower
    elif method == "higher":
        lower = higher
    elif method == "linear":
        lower = np.maximum(higher - 1, 0)
        higher = np.minimum(lower + 1, most)
        return lower, higher, higher - place

    # both are the same value but for the one midway
    return lower, higher, np.full_like(place, 0.5)


def keras_quantile(
    x: Values,
    q: Values,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Values:
    """Return the values below which a share of all is, as the operation
    Quantile has them.
    """
    if method != "linear":
        raise MisfitError(
            f"whether a quantile is the {method} one differs between versions "
            "of Keras"
        )

    return quantile(x, q, axis, method, keepdims)


def percentile(
    x: Values,
    q: Values,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Values:
    """Return the values below which so many of a hundred are."""
    hundred = q.dtype.type(100)

    return quantile(x, q / hundred, axis, method, keepdims)


def median(x: Values, axis: Any = None, keepdims: bool = False) -> Values:
    """Return the value in the middle."""
    return quantile(x, np.asarray(0.5), axis, "linear", keepdims)


def moments(x: Values, axes: Any, keepdims: bool = False) -> list[Values]:
    """Return the mean and the variance."""
    over = axes_in(axes, x.ndim)
    mean = np.mean(x, axis=over, keepdims=keepdims)

    return [
        np.asarray(mean),
        np.asarray(np.var(x, axis=over, keepdims=keepdims)),
    ]


def zero_fraction(x: Values) -> Values:
    """Return the share of values that are zero."""
    return np.asarray(np.mean(x == 0, dtype=np.float32))


def tensorflow_cumsum(
    x: Values,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
) -> Values:
    """Return running sums along one axis, the first where none is named."""
    return cumsum(x, axis, exclusive, reverse)


def tensorflow_cumprod(
    x: Values,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
) -> Values:
    """Return running products along one axis, the first where none is named."""
    return cumprod(x, axis, exclusive, reverse)
