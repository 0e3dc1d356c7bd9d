"""The derivative of every activation: of one that works element by element a
factor for each value, of one along an axis its product with a cotangent.

Where a function has a kink its derivative there is a convention (0, as in
TensorFlow's ReLU). Each takes x, the values that the activation read, and y,
those that it returned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from rnn_tui.engine.core import activation_functions as f
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array

Derivative = Callable[..., Any]


def derivative(activation: Activation, x: Array, y: Array) -> Array:
    """Return dy/dx of each value of an activation that works element by
    element.
    """
    function, parameters = _parts(activation)
    found = _elementwise()[function](x, y, **parameters)

    return np.asarray(found, dtype=x.dtype)


def pulled_back(
    activation: Activation, x: Array, y: Array, y_bar: Array
) -> Array:
    """Return the cotangent of `x` for that of y = φ(x), which may have axes
    before those of x.
    """
    if activation.elementwise:
        return y_bar * derivative(activation, x, y)

    function, parameters = _parts(activation)
    axis: int = parameters.get("axis", -1)
    if axis >= 0:
        axis -= x.ndim

    found: Array = _along_axis()[function](x, y, y_bar, axis)

    return found


def _parts(activation: Activation) -> tuple[Any, Mapping[str, Any]]:
    """Return the function of an activation, and its parameters."""
    function: Any = activation.function
    if isinstance(function, partial):
        return function.func, function.keywords

    return function, {}


# One value for one value ------------------------------------------------------


def linear(x: Array, y: Array) -> Any:
    """1."""
    return np.ones_like(x)


def tanh(x: Array, y: Array) -> Any:
    """1 − y²."""
    return 1 - y * y


def sigmoid(x: Array, y: Array) -> Any:
    """y · (1 − y)."""
    return y * (1 - y)


def hard_sigmoid_2(x: Array, y: Array) -> Any:
    """0.2 between −2.5 and 2.5."""
    return _between(x, -2.5, 2.5) * x.dtype.type(0.2)


def hard_sigmoid_3(x: Array, y: Array) -> Any:
    """1/6 between −3 and 3."""
    return _between(x, -3, 3) * x.dtype.type(1 / 6)


def relu(
    x: Array,
    y: Array,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Any:
    """1 above the threshold, 0 above max_value, the slope below."""
    above = x > threshold
    if max_value is not None:
        above = above & (x < max_value)

    slope = (x < threshold) * negative_slope

    return above + slope


def relu6(x: Array, y: Array) -> Any:
    """1 between 0 and 6."""
    return _between(x, 0, 6)


def leaky_relu(x: Array, y: Array, negative_slope: float = 0.2) -> Any:
    """1 above zero, the slope below."""
    return np.where(x > 0, 1, negative_slope)


def elu(x: Array, y: Array, alpha: float = 1.0) -> Any:
    """1 above zero, alpha · exp(x) below."""
    negative = np.minimum(x, 0)

    return np.where(x > 0, 1, alpha * np.exp(negative))


def selu(x: Array, y: Array) -> Any:
    """That of the ELU, times its scale."""
    return f.SELU_SCALE * elu(x, y, f.SELU_ALPHA)


def celu(x: Array, y: Array, alpha: float = 1.0) -> Any:
    """1 above zero, exp(x / alpha) below."""
    negative = np.minimum(x, 0)

    return np.where(x > 0, 1, np.exp(negative / alpha))


def softplus(x: Array, y: Array) -> Any:
    """sigmoid(x)."""
    return f.sigmoid(x)


def softsign(x: Array, y: Array) -> Any:
    """1 / (|x| + 1)²."""
    return 1 / (np.abs(x) + 1) ** 2


def log_sigmoid(x: Array, y: Array) -> Any:
    """sigmoid(−x)."""
    return f.sigmoid(-x)


def exponential(x: Array, y: Array) -> Any:
    """y."""
    return y


def silu(x: Array, y: Array) -> Any:
    """s + x · s · (1 − s), s the sigmoid of x."""
    s = f.sigmoid(x)
    return s + x * s * (1 - s)


def hard_silu(x: Array, y: Array) -> Any:
    """s + x · s′, s the hard_sigmoid of Keras 3."""
    return f.hard_sigmoid_3(x) + x * hard_sigmoid_3(x, y)


def mish(x: Array, y: Array) -> Any:
    """t + x · (1 − t²) · sigmoid(x), t the tanh of softplus(x)."""
    t = np.tanh(f.softplus(x))
    s = f.sigmoid(x)

    return t + x * (1 - t * t) * s


def gelu(x: Array, y: Array, approximate: bool = False) -> Any:
    """P(X ≤ x) + x · p(x), or that of the tanh in its place."""
    if not approximate:
        height = np.exp(-x * x / 2)
        density = height / math.sqrt(2 * math.pi)
        share = f.erf(x * math.sqrt(0.5))
        probability = 0.5 * (1 + share)
        return probability + x * density

    scale = math.sqrt(2 / math.pi)
    cubed = 0.044715 * x * x * x
    t = np.tanh(scale * (x + cubed))
    squared = 3 * 0.044715 * x * x
    inner = scale * (1 + squared)

    probability = 0.5 * (1 + t)
    slope = 0.5 * x * (1 - t * t)

    return probability + slope * inner


def squareplus(x: Array, y: Array, b: float = 4) -> Any:
    """(1 + x / √(x² + b)) / 2."""
    length = np.sqrt(x * x + b)

    return (1 + x / length) / 2


def hard_tanh(x: Array, y: Array) -> Any:
    """1 between −1 and 1."""
    return _between(x, -1, 1)


def tanh_shrink(x: Array, y: Array) -> Any:
    """tanh(x)²."""
    return (x - y) ** 2


def outside(x: Array, y: Array, threshold: float = 0.5) -> Any:
    """1 outside the threshold: both shrinking functions."""
    return np.abs(x) > threshold


def threshold(
    x: Array,
    y: Array,
    threshold: float,
    default_value: float,
) -> Any:
    """1 above the threshold."""
    return x > threshold


def sparse_plus(x: Array, y: Array) -> Any:
    """0 up to −1, (x + 1) / 2 between, 1 from 1."""
    return np.clip((x + 1) / 2, 0, 1)


def sparse_sigmoid(x: Array, y: Array) -> Any:
    """1/2 between −1 and 1."""
    return _between(x, -1, 1) * x.dtype.type(0.5)


def _between(x: Array, low: float, high: float) -> Any:
    return (x > low) & (x < high)


@cache
def _elementwise() -> Mapping[Any, Derivative]:
    """Return the derivatives by their functions."""
    return {
        f.linear: linear,
        f.tanh: tanh,
        f.sigmoid: sigmoid,
        f.hard_sigmoid_2: hard_sigmoid_2,
        f.hard_sigmoid_3: hard_sigmoid_3,
        f.relu: relu,
        f.relu6: relu6,
        f.leaky_relu: leaky_relu,
        f.elu: elu,
        f.selu: selu,
        f.celu: celu,
        f.softplus: softplus,
        f.softsign: softsign,
        f.log_sigmoid: log_sigmoid,
        f.exponential: exponential,
        f.silu: silu,
        f.hard_silu: hard_silu,
        f.mish: mish,
        f.gelu: gelu,
        f.squareplus: squareplus,
        f.hard_tanh: hard_tanh,
        f.tanh_shrink: tanh_shrink,
        f.soft_shrink: outside,
        f.hard_shrink: outside,
        f.threshold: threshold,
        f.sparse_plus: sparse_plus,
        f.sparse_sigmoid: sparse_sigmoid,
    }


# Along an axis ----------------------------------------------------------------


def softmax(x: Array, y: Array, y_bar: Array, axis: int) -> Any:
    """y · (ȳ − Σ ȳ·y)."""
    mean = (y_bar * y).sum(axis=axis, keepdims=True)
    return y * (y_bar - mean)


def log_softmax(x: Array, y: Array, y_bar: Array, axis: int) -> Any:
    """ȳ − exp(y) · Σ ȳ."""
    total = y_bar.sum(axis=axis, keepdims=True)

    return y_bar - np.exp(y) * total


def sparsemax(x: Array, y: Array, y_bar: Array, axis: int) -> Any:
    """ȳ where y > 0, less the sum of those times dτ/dx: y = max(x − τ, 0).

    Keras's τ is (Σ of the first k cumulated values − 1) / k, in which the
    value of rank m counts k − m times (m from 0, the largest first).
    """
    order = np.argsort(-x, axis=axis, kind="stable")
    rank = np.argsort(order, axis=axis, kind="stable")
    falling = np.take_along_axis(x, order, axis)
    cumulated = np.cumsum(falling, axis=axis)

    shape = [1] * x.ndim
    shape[axis] = -1
    ranks = np.arange(1, x.shape[axis] + 1)
    count = ranks.reshape(shape)
    threshold = (cumulated - 1) / count
    support = falling - threshold > 0
    k = support.sum(axis=axis, keepdims=True)

    times = np.maximum(k - rank, 0)
    share = (times / k).astype(x.dtype)
    kept = y_bar * (y > 0)
    total = kept.sum(axis=axis, keepdims=True)

    return kept - share * total


def glu(x: Array, y: Array, y_bar: Array, axis: int) -> Any:
    """ȳ · s for the first half, ȳ · a · s′ for the second: y = a · s(b)."""
    a, b = np.split(x, 2, axis=axis)
    s = f.sigmoid(b)
    of_a = y_bar * s
    of_b = y_bar * a * s * (1 - s)

    return np.concatenate([of_a, of_b], axis=axis)


@cache
def _along_axis() -> Mapping[Any, Derivative]:
    return {
        f.softmax: softmax,
        f.log_softmax: log_softmax,
        f.sparsemax: sparsemax,
        f.glu: glu,
    }
