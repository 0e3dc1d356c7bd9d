"""Operations of several arrays that play different parts, backwards: what is
normalised and its scale, what is weighed and its weights, rows and the places
they go to.

Each takes the operands (None for one that the call leaves out), the output, its
cotangent and the call's parameters, and returns the cotangent of each operand:
None for one to which it isn't differentiated, or in the place of them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.gradients.axes_back import averaged
from rnn_tui.engine.gradients.merge_back import unstretched
from rnn_tui.engine.gradients.normalisation_back import (
    by_mean_square_back,
    by_variance_back,
)
from rnn_tui.engine.gradients.ordered_back import quantile_back
from rnn_tui.engine.operations import normalising
from rnn_tui.engine.operations.checked import (
    axes_in,
    axes_of,
    axis_of,
)
from rnn_tui.engine.operations.choosing import segments
from rnn_tui.engine.operations.dtypes import whole_numbers
from rnn_tui.engine.operations.normalising import along_axes, by_channel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]

Params = Mapping[str, Any]
OfSeveral = Callable[
    [Any, "Values", "Values", Params], "Sequence[Values | None] | None"
]


def batch_norm(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """That of scale · (x − mean) / √(variance + ε) + offset."""
    x = operands[0]
    axes = axes_of(params.get("axis", -1), x.ndim)
    mean, variance, _, scale = (
        None if one is None else by_channel(one, x, axes)
        for one in operands[1:]
    )
    inverse = 1 / np.sqrt(variance + params.get("epsilon", 1e-3))
    centred = x - mean
    scaled_bar = bar
    if scale is not None:
        scaled_bar = bar * scale

    x_bar = scaled_bar * inverse
    variance_bar = -scaled_bar * centred * inverse**3 / 2
    scale_bar = bar * centred * inverse
    bars = (x_bar, -x_bar, variance_bar, bar, scale_bar)

    return [
        None
        if operand is None
        else _by_channel_back(
            one,
            x,
            operand,
            axes,
        )
        for one, operand in zip(
            bars,
            operands,
            strict=True,
        )
    ]


def _by_channel_back(
    bar: Values, x: Values, operand: Values, axes: tuple[int, ...]
) -> Values:
    """Return the cotangent of one number for each channel."""
    if operand is x:
        return unstretched(bar, x.shape)

    met = by_channel(operand, x, axes)

    return unstretched(bar, met.shape).reshape(operand.shape)


def layer_norm(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """That of gamma · (x − mean) / √(variance + ε) + beta; with `rms_scaling`
    nothing is moved, by the mean or by beta.
    """
    x, gamma, beta = operands
    axes = tuple(sorted(axes_in(params.get("axis", -1), x.ndim)))
    epsilon = params.get("epsilon", normalising.EPSILON)
    moves = not params.get("rms_scaling")

    x_bar, gamma_bar, beta_bar = bar, None, None
    if gamma is not None:
        met = along_axes(gamma, x, axes)
        x_bar = bar * met
        normalised = normalising.layer_norm(x, **params)
        gamma_bar = unstretched(bar * normalised, met.shape)
        gamma_bar = gamma_bar.reshape(gamma.shape)

    if beta is not None:
        met = along_axes(beta, x, axes)
        beta_bar = unstretched(bar * moves, met.shape).reshape(beta.shape)

    x_bar = by_variance_back(
        x,
        x_bar,
        axes,
        epsilon,
        moves=moves,
    )

    return [x_bar, gamma_bar, beta_bar]


def rms_norm(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """That of scale · x / √(mean of x² + ε)."""
    x, scale = operands
    axes = axes_in(params.get("axis", -1), x.ndim)
    epsilon = params.get("epsilon", normalising.EPSILON)

    x_bar, scale_bar = bar, None
    if scale is not None:
        x_bar = bar * scale
        divided = normalising.rms_norm(x, **params)
        scale_bar = unstretched(bar * divided, scale.shape)

    return [
        by_mean_square_back(x, x_bar, axes, epsilon),
        scale_bar,
    ]


def average(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None] | None:
    """That of Σ x·w / Σ w: w / Σ w, and (x − y) / Σ w."""
    x, weights = operands
    axis = params.get("axis")
    if weights is None:
        return [
            averaged(x, [y], [bar], params),
            None,
        ]

    met = weights
    if weights.ndim != x.ndim and axis is not None:
        if weights.ndim != 1:
            return None

        met = _on_axis(
            weights,
            axis_of(axis, x.ndim),
            x.ndim,
        )

    sides = np.broadcast_shapes(x.shape, met.shape)
    over = axes_in(axis, len(sides))
    reduced = [1 if k in over else side for k, side in enumerate(sides)]
    total = np.sum(
        met,
        axis=axes_in(axis, met.ndim),
        keepdims=True,
    )
    share = bar.reshape(reduced) / total
    x_bar = unstretched(np.broadcast_to(share * met, sides), x.shape)
    of_sum = unstretched(share * y.reshape(reduced), total.shape)
    weighed_bar = np.broadcast_to(share * x, sides)
    met_bar = unstretched(weighed_bar, met.shape) - of_sum

    return [
        x_bar,
        met_bar.reshape(weights.shape),
    ]


def _on_axis(values: Values, axis: int, rank: int) -> Values:
    """Return a vector that lies along one axis of arrays of a rank."""
    sides = [1] * rank
    sides[axis] = values.size

    return values.reshape(sides)


def trapezoid(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """Both ends of a stretch have half its width times the cotangent; the
    places have the differences of the heights between them.
    """
    heights, places = operands
    axis = axis_of(params.get("axis", -1), heights.ndim)
    last = np.moveaxis(
        heights,
        axis,
        -1,
    )
    middles = (last[..., 1:] + last[..., :-1]) / 2
    widths = np.asarray(params.get("dx", 1.0))
    along = places
    if places is not None:
        if places.ndim > 1:
            along = np.moveaxis(
                places,
                axis,
                -1,
            )

        widths = np.diff(along, axis=-1)

    sides = np.broadcast_shapes(middles.shape, widths.shape)
    areas_bar = np.broadcast_to(bar[..., None], sides)
    middles_bar = unstretched(areas_bar * widths, middles.shape)
    last_bar = np.zeros_like(last)
    last_bar[..., 1:] += middles_bar / 2
    last_bar[..., :-1] += middles_bar / 2
    heights_bar = np.moveaxis(
        last_bar,
        -1,
        axis,
    )
    if places is None:
        return [heights_bar, None]

    widths_bar = unstretched(areas_bar * middles, widths.shape)
    along_bar = np.zeros_like(along)
    along_bar[..., 1:] += widths_bar
    along_bar[..., :-1] -= widths_bar
    if places.ndim > 1:
        along_bar = np.moveaxis(
            along_bar,
            -1,
            axis,
        )

    return [heights_bar, along_bar]


def linspace(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """Each number has its share of the way from both ends."""
    return _between_back(operands, bar, params)


def logspace(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """That of the exponents, times ln(base) · y."""
    exponents_bar = bar * y * math.log(params.get("base", 10))

    return _between_back(operands, exponents_bar, params)


def geomspace(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """That of the logarithms of both ends."""
    logarithms_bar = _between_back(
        operands,
        bar * y,
        params,
    )

    return [
        one / end
        for one, end in zip(
            logarithms_bar,
            operands,
            strict=True,
        )
    ]


def _between_back(operands: Any, bar: Values, params: Params) -> list[Values]:
    start, stop = operands
    axis = axis_of(params.get("axis", 0) or 0, bar.ndim)
    last = np.moveaxis(
        bar,
        axis,
        -1,
    )
    count = last.shape[-1]
    steps = count
    if params.get("endpoint", True):
        steps = count - 1

    way = np.arange(count) / max(steps, 1)
    start_bar = (last * (1 - way)).sum(axis=-1)
    stop_bar = (last * way).sum(axis=-1)

    return [
        unstretched(start_bar, start.shape),
        unstretched(stop_bar, stop.shape),
    ]


def quantile(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """That of the values around each share; the shares have none here."""
    x, q = operands

    return [
        quantile_back(x, q, bar, params),
        None,
    ]


def percentile(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """The same of hundredths."""
    x, q = operands

    return [
        quantile_back(x, q / 100, bar, params),
        None,
    ]


def segment_sum(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """Each row has the cotangent of its segment."""
    _, ids = operands

    return [
        _of_segment(bar, ids),
        None,
    ]


def segment_prod(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """Each value has the product of all others of its segment: none where two
    or more are 0.
    """
    data, ids = operands
    count = len(y)
    is_zero = data == 0
    others = np.where(is_zero, 1, data)
    zeros = segments(
        is_zero.astype(np.int64),
        ids,
        count,
        "sum",
    )
    of_others = segments(
        others,
        ids,
        count,
        "prod",
    )
    zeros_beside = _of_segment(zeros, ids) - is_zero
    product = _of_segment(of_others, ids) / others
    bars = np.where(
        zeros_beside == 0,
        product,
        0,
    ) * _of_segment(bar, ids)

    return [bars, None]


def segment_extreme(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """The largest or smallest values of a segment have it in equal shares."""
    data, ids = operands
    chosen = data == _of_segment(y, ids)
    counts = segments(
        chosen.astype(np.int64),
        ids,
        len(y),
        "sum",
    )
    shares = bar / np.maximum(counts, 1)

    return [
        np.where(chosen, _of_segment(shares, ids), 0),
        None,
    ]


def _of_segment(values: Values, ids: Values) -> Values:
    """Return for each row what its segment has, 0 for one left out."""
    numbers = whole_numbers(ids)
    kept = numbers >= 0
    found = np.zeros((len(numbers), *values.shape[1:]), values.dtype)
    found[kept] = values[numbers[kept]]

    return found


def scatter(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """Each value has the cotangent of its place."""
    indices, _ = operands

    return [
        None,
        bar[_places(indices)],
    ]


def scatter_add(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None]:
    """The same, and what they are added to has it all."""
    _, indices, _ = operands

    return [
        bar,
        None,
        bar[_places(indices)],
    ]


def scatter_update(
    operands: Any, y: Values, bar: Values, params: Params
) -> Sequence[Values | None] | None:
    """That of the reduction; without one, of what stands at a place, by the
    last value that was put there.
    """
    reduction = params.get("reduction")
    if reduction == "add":
        return scatter_add(
            operands,
            y,
            bar,
            params,
        )
    if reduction in ("max", "min"):
        return _scattered_extreme(operands, y, bar)
    if reduction is not None:
        return None

    x, indices, updates = operands
    places = _places(indices)
    numbers = 1 + np.arange(updates.size).reshape(updates.shape)
    stands = np.zeros(x.shape, np.int64)
    stands[places] = numbers
    x_bar = np.where(
        stands == 0,
        bar,
        0,
    )
    updates_bar = np.where(
        stands[places] == numbers,
        bar[places],
        0,
    )

    return [x_bar, None, updates_bar]


def _scattered_extreme(
    operands: Any, y: Values, bar: Values
) -> Sequence[Values | None]:
    """Whichever of the values met at a place is the one that stands there has
    it, in equal shares.
    """
    x, indices, updates = operands
    places = _places(indices)
    of_x = x == y
    of_updates = updates == y[places]
    counts = of_x.astype(np.int64)
    np.add.at(counts, places, of_updates)
    shares = bar / counts

    return [
        of_x * shares,
        None,
        of_updates * shares[places],
    ]


def _places(indices: Values) -> tuple[Any, ...]:
    """Return indices along each axis, `(…)`, of those that lie together."""
    return tuple(
        np.moveaxis(
            indices,
            -1,
            0,
        )
    )


SEVERAL: Mapping[str, OfSeveral] = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "average": average,
    "trapezoid": trapezoid,
    "linspace": linspace,
    "logspace": logspace,
    "geomspace": geomspace,
    "keras_quantile": quantile,
    "percentile": percentile,
    "segment_sum": segment_sum,
    "segment_prod": segment_prod,
    "segment_max": segment_extreme,
    "segment_min": segment_extreme,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "scatter_update": scatter_update,
}
"""By the names of the operations' functions."""
