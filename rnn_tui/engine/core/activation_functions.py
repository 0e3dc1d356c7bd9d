"""Every activation function Keras names, in float32 as TensorFlow computes it
and stable at both ends.

Sources: keras/src/activations/activations.py,
keras/src/backend/tensorflow/nn.py, tf_keras/src/backend.py. Each takes an array
and keeps its dtype; those that look along an axis (softmax, glu …) take the
last one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
STRETCH = 1 << 16
"""Values that are Python's numbers at a time."""


def _clip(x: Array, low: float, high: float) -> Array:
    at_least = np.maximum(x, x.dtype.type(low))

    return np.minimum(at_least, x.dtype.type(high))


def linear(x: Array) -> Array:
    """x."""
    return x


def tanh(x: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(−x)); exp overflows to infinity far below zero, where the
    quotient is rightly 0.
    """
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def hard_sigmoid_2(x: Array) -> Array:
    """clip(0.2 x + 0.5, 0, 1), as Keras 1 and 2 define it."""
    return _clip(0.2 * x + 0.5, 0, 1)


def hard_sigmoid_3(x: Array) -> Array:
    """clip(x + 3, 0, 6) / 6, as Keras 3 defines it."""
    return _clip(x + 3, 0, 6) / 6


def relu(
    x: Array,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    """x above the threshold, capped at max_value; below it, negative_slope · (x
    − threshold).
    """
    if threshold:
        positive = np.where(x > threshold, x, 0)
    else:
        positive = np.maximum(x, 0)

    if max_value is not None:
        positive = _clip(positive, 0, max_value)

    if negative_slope:
        positive = positive - negative_slope * np.maximum(threshold - x, 0)

    return np.asarray(positive, dtype=x.dtype)


def relu6(x: Array) -> Array:
    """clip(x, 0, 6)."""
    return _clip(x, 0, 6)


def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """x above zero, negative_slope · x below."""
    slope = x.dtype.type(negative_slope)

    return np.where(x > 0, x, x * slope)


def prelu(x: Array, slopes: Array) -> Array:
    """max(x, 0) + slopes · min(x, 0), a slope for each value of a sequence or
    shared along axes.
    """
    positive = np.maximum(x, 0)
    negative = np.minimum(x, 0)

    return positive + slopes * negative


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x above zero, alpha · (exp(x) − 1) below."""
    negative = np.minimum(x, 0)

    return np.where(x > 0, x, alpha * np.expm1(negative))


def selu(x: Array) -> Array:
    """The self-normalising ELU, with its two fixed constants."""
    return x.dtype.type(SELU_SCALE) * elu(x, SELU_ALPHA)


def celu(x: Array, alpha: float = 1.0) -> Array:
    """max(x, 0) + alpha · (exp(min(x, 0) / alpha) − 1)."""
    positive = np.maximum(x, 0)
    negative = np.minimum(x, 0)

    return positive + alpha * np.expm1(negative / alpha)


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    positive = np.maximum(x, 0)
    size = np.abs(x)

    return positive + np.log1p(np.exp(-size))


def log_sigmoid(x: Array) -> Array:
    """log(sigmoid(x))."""
    return -softplus(-x)


def softsign(x: Array) -> Array:
    """x / (|x| + 1)."""
    divisor = np.abs(x) + 1

    return np.asarray(x / divisor, dtype=x.dtype)


def exponential(x: Array) -> Array:
    """exp(x)."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def silu(x: Array) -> Array:
    """x · sigmoid(x), also called swish."""
    return x * sigmoid(x)


def hard_silu(x: Array) -> Array:
    """x · hard_sigmoid(x) of Keras 3, also called hard_swish."""
    return x * hard_sigmoid_3(x)


def mish(x: Array) -> Array:
    """x · tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def gelu(x: Array, approximate: bool = False) -> Array:
    """x · P(X ≤ x) for a standard normal X, exactly or by the tanh of Hendrycks
    2016.
    """
    half = 0.5 * x
    if approximate:
        cubed = 0.044715 * x * x * x
        inner = math.sqrt(2 / math.pi) * (x + cubed)
        share = 1 + np.tanh(inner)
    else:
        share = 1 + erf(x * math.sqrt(0.5))

    return np.asarray(half * share, dtype=x.dtype)


@cache
def _erf() -> Callable[[Array], Array]:
    return np.frompyfunc(math.erf, 1, 1)


def erf(x: Array) -> Array:
    """The error function, rounded from float64; a stretch at a time, for
    Python's numbers take ten times the room.
    """
    flat = np.ravel(x)
    out = np.empty_like(flat)
    for start in range(0, flat.size, STRETCH):
        stretch = slice(start, start + STRETCH)
        out[stretch] = _erf()(flat[stretch])

    return out.reshape(x.shape)


def squareplus(x: Array, b: float = 4) -> Array:
    """(x + √(x² + b)) / 2."""
    length = np.sqrt(x * x + b)

    return (x + length) / 2


def hard_tanh(x: Array) -> Array:
    """clip(x, −1, 1)."""
    return _clip(x, -1, 1)


def tanh_shrink(x: Array) -> Array:
    """x − tanh(x)."""
    return x - np.tanh(x)


def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """x moved towards zero by the threshold, zero within it."""
    below = np.where(x < -threshold, x + threshold, 0)
    moved = np.where(x > threshold, x - threshold, below)

    return moved.astype(x.dtype)


def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """x outside the threshold, zero within it."""
    kept = np.abs(x) > threshold
    y = np.where(kept, x, 0)

    return y.astype(x.dtype)


def threshold(x: Array, threshold: float, default_value: float) -> Array:
    """x above the threshold, default_value elsewhere."""
    y = np.where(x > threshold, x, default_value)

    return y.astype(x.dtype)


def sparse_plus(x: Array) -> Array:
    """0 up to −1, (x + 1)² / 4 between, x from 1."""
    parabola = 0.25 * (x + 1) ** 2
    bent = np.where(x < 1, parabola, x)
    y = np.where(x <= -1, 0, bent)

    return y.astype(x.dtype)


def sparse_sigmoid(x: Array) -> Array:
    """clip(0.5 (x + 1), 0, 1)."""
    return _clip(0.5 * (x + 1), 0, 1)


def softmax(x: Array, axis: int = -1) -> Array:
    """exp(x) / Σ exp(x)."""
    largest = x.max(axis=axis, keepdims=True)
    e = np.exp(x - largest)
    total = e.sum(axis=axis, keepdims=True)

    return np.asarray(e / total, dtype=x.dtype)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """x − log Σ exp(x)."""
    largest = x.max(axis=axis, keepdims=True)
    shifted = x - largest
    total = np.exp(shifted).sum(axis=axis, keepdims=True)
    y = shifted - np.log(total)

    return np.asarray(y, dtype=x.dtype)


def sparsemax(x: Array, axis: int = -1) -> Array:
    """The projection of x onto the probability simplex.

    Martins & Astudillo 2016.
    """
    z = -np.sort(-x, axis=axis)
    total = np.cumsum(z, axis=axis)

    shape = [1] * x.ndim
    shape[axis] = -1
    ranks = np.arange(1, x.shape[axis] + 1, dtype=x.dtype)
    r = ranks.reshape(shape)
    threshold = (total - 1) / r
    support = z - threshold > 0

    k = support.sum(axis=axis, keepdims=True).astype(x.dtype)
    held = np.where(support, total, 0)
    held_total = held.sum(axis=axis, keepdims=True)
    tau = (held_total - 1) / k
    y = np.maximum(x - tau, 0)

    return np.asarray(y, dtype=x.dtype)


def glu(x: Array, axis: int = -1) -> Array:
    """The first half of x, gated by the sigmoid of the second."""
    a, b = np.split(x, 2, axis=axis)
    return a * sigmoid(b)
