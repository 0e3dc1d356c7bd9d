"""Activations, Dense and EinsumDense backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import activation_derivatives as derivatives
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.activation import (
    ELU,
    ActivationLayer,
    LeakyReLU,
    PReLU,
    ReLU,
    Softmax,
    ThresholdedReLU,
)
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.dense import Dense
from rnn_tui.engine.layers.einsum import EinsumDense
from rnn_tui.engine.layers.layer import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray


def activated_back(
    layer: Plain,
    pre: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> NDArray[Any]:
    """Return the cotangent of `pre` for that of φ(pre), φ the activation of the
    layer.
    """
    if layer.has("alpha"):
        slopes = layer.value("alpha", run)
        slope = np.where(pre > 0, run.dtype.type(1), slopes)
        return y_bar * slope

    φ = layer.activation()
    if φ.name == "linear":
        return y_bar

    return pulled_back(φ, pre, φ(pre), y_bar)


def is_linear(layer: Plain) -> bool:
    """Return whether a layer returns its values before any activation."""
    return not layer.has("alpha") and layer.activation().name == "linear"


@one_tensor
def dense(
    layer: Dense,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x: that of x·W + b, times Wᵀ.

    A quantized layer rounds, and its steps have no slope: as in Keras the
    cotangent passes straight through the rounding, by the dequantized W.
    """
    pre_bar = y_bar
    if not is_linear(layer):
        pre = layer.linear_part(x, run)
        pre_bar = activated_back(layer, pre, y_bar, run)

    features = x.shape[-1]
    W = layer.float_kernel(features, run)

    return pre_bar @ W.T


@one_tensor
def einsum_dense(
    layer: EinsumDense,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x: the same product, with the sides of x where
    those of the output were; straight through the rounding of float8.
    """
    if not is_linear(layer):
        pre = layer.linear_part(x, run)
        y_bar = activated_back(layer, pre, y_bar, run)

    kernel = layer.float_kernel(run)
    terms, made = layer.equation().split("->")
    read, product = terms.split(",")
    turned = f"{made},{product}->{read}"

    return np.einsum(turned, y_bar, kernel, optimize=True)


@one_tensor
def activation(
    layer: ActivationLayer,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ ⊙ φ′(x)."""
    return activated_back(layer, x, y_bar, run)


@one_tensor
def relu(
    layer: ReLU,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ times the slope at x."""
    slope = derivatives.relu(x, y, **layer.settings())

    return y_bar * slope.astype(x.dtype)


@one_tensor
def thresholded_relu(
    layer: ThresholdedReLU,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ where x is above θ."""
    theta = run.dtype.type(layer.config.get("theta", 1.0))

    return np.where(x > theta, y_bar, run.dtype.type(0))


@one_tensor
def leaky_relu(
    layer: LeakyReLU,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ, on the slope below 0."""
    slope = run.dtype.type(layer.config.get("negative_slope", 0.3))

    below = y_bar * slope

    return np.where(x > 0, y_bar, below)


@one_tensor
def prelu(
    layer: PReLU,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ, on the learnt slopes below 0."""
    slopes = layer.value("alpha", run)
    below = y_bar * slopes

    return np.where(x > 0, y_bar, below)


@one_tensor
def elu(
    layer: ELU,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ, times α·eˣ below 0."""
    alpha = float(layer.config.get("alpha", 1.0))
    slope = derivatives.elu(x, y, alpha)

    return y_bar * slope.astype(x.dtype)


@one_tensor
def softmax(
    layer: Softmax,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return y ⊙ (ȳ − Σ ȳ·y)."""
    weighted = y_bar * y
    axes = layer.axes(x.ndim)
    mean = weighted.sum(axis=axes, keepdims=True)

    return y * (y_bar - mean)
