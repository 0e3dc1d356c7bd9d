"""Operations that put values in order, backwards: sorted values, quantiles, the
largest few. Each is a rule like those of `axes_back.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.gradients.axes_back import (
    Bars,
    Outputs,
    OverAxes,
    Params,
    first,
)
from rnn_tui.engine.operations.checked import axes_in, axis_of
from rnn_tui.engine.operations.reducing import places_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]


def in_order(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value has the cotangent of the place that it took."""
    axis = params.get("axis", -1)
    bar = first(bars)
    flat = x
    if axis is None:
        flat, axis = x.reshape(-1), 0

    axis = axis_of(axis, flat.ndim)
    places = np.argsort(
        flat,
        axis=axis,
        kind="stable",
    )
    if params.get("direction") == "descending":
        places = np.flip(places, axis)

    x_bar = np.zeros_like(flat)
    np.put_along_axis(
        x_bar,
        places,
        bar,
        axis,
    )

    return x_bar.reshape(x.shape)


def largest_few(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The largest values have theirs, all others 0."""
    _, places = y
    bar, _ = bars  # places have no cotangent
    x_bar = np.zeros_like(x)
    if bar is not None:
        np.put_along_axis(
            x_bar,
            places.astype(np.int64),
            bar,
            -1,
        )

    return x_bar


def median(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """That of the quantile of one half."""
    return quantile_back(
        x,
        np.asarray(0.5),
        first(bars),
        params,
    )


def quantile_back(x: Values, q: Values, bar: Values, params: Params) -> Values:
    """Return the cotangent of x for that of its quantiles at the shares q: the
    two ordered values around each have their shares of it; none where one of
    them is NaN.
    """
    ordered = _Ordered(x, params)
    count = ordered.values.shape[-1]
    lower, higher, of_lower = places_at(
        q.astype(np.float64).reshape(-1),
        count,
        params.get("method", "linear"),
    )
    places = np.arange(count)
    is_lower = places == lower[:, None]  # (shares, values)
    is_higher = places == higher[:, None]
    part = of_lower[:, None]
    weights = is_lower * part + is_higher * (1 - part)

    of_shares = bar.reshape(q.size, *ordered.around)
    in_order = np.tensordot(
        of_shares,
        weights,
        (0, 0),
    )
    unknown = np.isnan(ordered.values).any(axis=-1, keepdims=True)

    return ordered.back(np.where(unknown, 0, in_order))


class _Ordered:
    """The values that a call goes over, `values` `(*around, values)`, and the
    way back from their order.
    """

    def __init__(self, x: Values, params: Params) -> None:
        axes = axes_in(params.get("axis"), x.ndim)
        others = [axis for axis in range(x.ndim) if axis not in axes]
        self.turned = (*others, *axes)
        self.moved = np.transpose(x, self.turned)
        self.around = self.moved.shape[: len(others)]
        self.values = self.moved.reshape(*self.around, -1)

    def back(self, in_order: Values) -> Values:
        """Return what belongs to the values from the smallest to the largest,
        NaN last, in the shape of x.
        """
        places = np.argsort(
            self.values,
            axis=-1,
            kind="stable",
        )
        found = np.zeros_like(in_order)
        np.put_along_axis(
            found,
            places,
            in_order,
            -1,
        )
        apart = found.reshape(self.moved.shape)

        return np.transpose(apart, np.argsort(self.turned))


def known_median(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """The two values in the middle of those that aren't NaN have half each; of
    an odd number both are the same.
    """
    ordered = _Ordered(x, params)
    unknown = np.isnan(ordered.values)
    count = np.sum(
        ~unknown,
        axis=-1,
        keepdims=True,
    )
    places = np.arange(unknown.shape[-1])
    is_lower = places == (count - 1) // 2
    is_higher = places == count // 2
    half = first(bars).reshape(*ordered.around, 1) / 2
    x_bar = ordered.back(half * is_lower + half * is_higher)

    return np.where(
        np.isnan(x),
        0,
        x_bar,
    )


ORDERED: Mapping[str, OverAxes] = {
    "sort": in_order,
    "top_k": largest_few,
    "median": median,
    "nanmedian": known_median,
}
"""By the names of the operations' functions."""
