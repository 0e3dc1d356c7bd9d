"""Operations that normalise: softmax over axes, layer, batch and RMS
normalisation, vectors of unit length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import activation_functions as f
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.unit_length import unit_length
from rnn_tui.engine.operations.checked import (
    axes_in,
    axes_of,
    axis_of,
    calls,
    whole,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"
EPSILON = 1e-7
"""Keras's own, where a call names none."""


def over_axes(function: Any, x: Values, axis: Any) -> Values:
    """Return a softmax over one axis, or over several taken together."""
    if not x.ndim:
        raise MisfitError("a softmax reads an array of one axis or more")

    axes = axes_in(axis, x.ndim)
    if not axes or not x.size:
        raise MisfitError(
            "a softmax goes over one axis or more, of one value or more"
        )

    if len(axes) == 1:
        normalised: Values = function(x, axis=axes[0])
        return normalised

    others = x.ndim - len(axes)
    last = tuple(range(others, x.ndim))
    moved = np.moveaxis(x, axes, last)
    kept = moved.shape[:others]
    flat = moved.reshape(*kept, -1)
    together = function(flat, axis=-1)
    apart = together.reshape(moved.shape)

    return np.moveaxis(apart, last, axes)


def softmax(x: Values, axis: Any = -1) -> Values:
    """Return exp(x) / Σ exp(x)."""
    return over_axes(f.softmax, x, axis)


def log_softmax(x: Values, axis: Any = -1) -> Values:
    """Return x − log Σ exp(x)."""
    return over_axes(f.log_softmax, x, axis)


def sparsemax(x: Values, axis: Any = -1) -> Values:
    """Return the projection onto the probability simplex."""
    return f.sparsemax(x, axis=axis_of(axis, x.ndim))


def glu(x: Values, axis: Any = -1) -> Values:
    """Return the first half, gated by the sigmoid of the second."""
    place = axis_of(axis, x.ndim)
    if x.shape[place] % 2:
        raise MisfitError(f"an axis of {x.shape[place]} has no halves")

    return f.glu(x, axis=place)


def tensorflow_softmax(x: Values, axis: Any = None) -> Values:
    """Return a softmax over the last axis where the call names none."""
    return softmax(x, -1 if axis is None else axis)


def tensorflow_log_softmax(x: Values, axis: Any = None) -> Values:
    """Return the logarithm of a softmax over the last axis where the call names
    none.
    """
    return log_softmax(x, -1 if axis is None else axis)


def normalize(
    x: Values,
    axis: Any = -1,
    order: Any = 2,
    epsilon: float = EPSILON,
) -> Values:
    """Return vectors along `axis` at length 1, as keras.ops.normalize does."""
    power = whole(order, "order", 1)
    if not x.ndim:
        x = x[None]

    over = axes_in(axis, x.ndim)
    if power == 2 and epsilon == 0:
        raise MisfitError("its epsilon is 0")

    if power == 2:
        square = np.sum(np.square(x), axis=over, keepdims=True)
        scale = 1 / np.sqrt(square)
        most = x.dtype.type(1 / epsilon)
        return np.asarray(x * np.minimum(scale, most))

    if len(over) > 1:
        raise MisfitError("the norm of a matrix is not reproduced here")

    length = np.linalg.norm(x, power, over[0], keepdims=True)
    least = x.dtype.type(epsilon)

    return np.asarray(x / np.maximum(length, least))


def l2_normalize(x: Values, axis: Any = None, epsilon: float = 1e-12) -> Values:
    """Return vectors along `axis` at length 1, as TensorFlow does."""
    over = axes_in(axis, x.ndim)
    return unit_length(x, over, epsilon)


def layer_norm(
    x: Values,
    gamma: Values | None = None,
    beta: Values | None = None,
    axis: Any = -1,
    epsilon: float = EPSILON,
    rms_scaling: bool = False,
) -> Values:
    """Return values at mean 0 and variance 1 over axes, scaled by gamma and
    moved by beta.
    """
    over = tuple(sorted(axes_in(axis, x.ndim)))
    variance = np.var(x, axis=over, keepdims=True)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    if rms_scaling:
        scaled: Values = x * inverse
        if gamma is None:
            return scaled

        along_scale = along_axes(gamma, x, over)
        return np.asarray(calls(np.multiply, scaled, along_scale))

    if gamma is not None:
        along_scale = along_axes(gamma, x, over)
        inverse = calls(np.multiply, inverse, along_scale)

    mean = np.mean(x, axis=over, keepdims=True)
    moved = -mean * inverse
    if beta is not None:
        along_offset = along_axes(beta, x, over)
        moved = calls(np.add, moved, along_offset)

    return np.asarray(x * inverse + moved)


def along_axes(values: Values, x: Values, axes: tuple[int, ...]) -> Values:
    """Return a scale or an offset in a shape that meets the axes it is for."""
    rank = x.ndim
    last = rank - 1
    if values.ndim == rank or axes == (last,):
        return values

    sides = [1] * x.ndim
    for axis in axes:
        sides[axis] = x.shape[axis]

    reshaped: Values = calls(np.reshape, values, sides)

    return reshaped


def rms_norm(
    x: Values,
    scale: Values | None = None,
    axis: Any = -1,
    epsilon: float = EPSILON,
) -> Values:
    """Return values divided by the root of their mean square."""
    if not x.ndim:
        x = x[None]

    over = axes_in(axis, x.ndim)
    mean = np.mean(np.square(x), axis=over, keepdims=True)
    least = x.dtype.type(epsilon)
    inverse = 1 / np.sqrt(mean + least)
    divided = x * inverse
    if scale is not None:
        divided = calls(np.multiply, divided, scale)

    return np.asarray(divided)


def batch_norm(
    x: Values,
    mean: Values,
    variance: Values,
    offset: Values | None = None,
    scale: Values | None = None,
    axis: Any = -1,
    epsilon: float = 1e-3,
) -> Values:
    """Return values normalised by a given mean and variance."""
    place = axes_of(axis, x.ndim)
    mean = by_channel(mean, x, place)
    variance = by_channel(variance, x, place)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    if scale is not None:
        scale = by_channel(scale, x, place)
        inverse = calls(np.multiply, inverse, scale)

    moved = calls(np.multiply, -mean, inverse)
    if offset is not None:
        offset = by_channel(offset, x, place)
        moved = calls(np.add, moved, offset)

    scaled = calls(np.multiply, x, inverse)

    return np.asarray(calls(np.add, scaled, moved))


def by_channel(values: Values, x: Values, axes: tuple[int, ...]) -> Values:
    """Return one number for each channel in a shape that meets the channels'
    axis.
    """
    if values.ndim != 1:
        return values

    return along_axes(values, x, axes)


def keras_gelu(x: Values, approximate: bool = True) -> Values:
    """Return Keras 3's gelu, which approximates unless told; TensorFlow's
    doesn't.
    """
    return f.gelu(x, approximate)
