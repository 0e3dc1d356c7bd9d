"""Operations over whole axes that leave NaN out, backwards: what is NaN has no
cotangent. Each is a rule like those of `axes_back.py`.
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
    extreme,
    first,
    kept,
    product,
    running_product,
    running_sum,
    summed,
)
from rnn_tui.engine.operations.checked import axes_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]


def known(neutral: float, rule: OverAxes) -> OverAxes:
    """Return the rule of a function that reads NaN as its neutral value."""

    def of_known(
        x: Values, y: Outputs, bars: Bars, params: Params
    ) -> Values | None:
        unknown = np.isnan(x)
        x_bar = rule(
            np.where(unknown, neutral, x),
            y,
            bars,
            params,
        )
        if x_bar is None:
            return None

        return np.where(unknown, 0, x_bar)

    return of_known


def known_mean(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """Each value that isn't NaN has its share of the cotangent of the mean."""
    bar = kept(
        first(bars),
        x,
        params,
    )

    return np.where(
        np.isnan(x),
        0,
        bar / _count_known(x, params),
    )


def known_variance(x: Values, y: Outputs, bars: Bars, params: Params) -> Values:
    """2 · (x − mean) / n times the cotangent, of values that aren't NaN."""
    bar = kept(
        first(bars),
        x,
        params,
    )

    return _known_variance_back(x, bar, params)


def known_deviation(
    x: Values, y: Outputs, bars: Bars, params: Params
) -> Values:
    """That of their variance, whose root it is."""
    bar = kept(
        first(bars),
        x,
        params,
    )
    root = kept(y[0], x, params)
    # one value alone deviates from nothing, wherever it is
    halved = np.where(
        root == 0,
        0,
        bar,
    ) / (
        2
        * np.where(
            root == 0,
            1,
            root,
        )
    )

    return _known_variance_back(x, halved, params)


def _known_variance_back(x: Values, bar: Values, params: Params) -> Values:
    over = axes_in(params.get("axis"), x.ndim)
    count = _count_known(x, params)
    total = np.nansum(
        x,
        axis=over,
        keepdims=True,
    )
    centred = x - total / count

    x_bar: Values = np.where(
        np.isnan(x),
        0,
        2 * centred * bar / count,
    )

    return x_bar


def _count_known(x: Values, params: Params) -> Values:
    """Return how many values aren't NaN, 1 where all are."""
    over = axes_in(params.get("axis"), x.ndim)
    count = np.sum(
        ~np.isnan(x),
        axis=over,
        keepdims=True,
    )

    return np.asarray(np.maximum(count, 1))


OF_KNOWN: Mapping[str, OverAxes] = {
    "nansum": known(0, summed),
    "nanprod": known(1, product),
    "nanmean": known_mean,
    "nanvar": known_variance,
    "nanstd": known_deviation,
    "nanmax": known(-np.inf, extreme),
    "nanmin": known(np.inf, extreme),
    "nancumsum": known(0, running_sum),
    "nancumprod": known(1, running_product),
}
"""By the names of the operations' functions."""
