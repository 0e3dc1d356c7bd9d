"""Normalising layers backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.normalisation import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    Normalization,
    Rescaling,
    UnitNormalization,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def batch(
    layer: BatchNormalization,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ ⊙ γ / √(moving variance + ε)."""
    return y_bar * layer.scale(x, run)


@one_tensor
def layer_norm(
    layer: LayerNormalization,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x, which changes its own mean and variance as
    well.
    """
    axes = layer.axes(x.ndim)
    epsilon = run.dtype.type(layer.config.get("epsilon", 1e-3))
    if layer.has("gamma"):
        gamma = layer.value("gamma", run)
        y_bar = y_bar * layer.along(gamma, x)

    # y is `moved` / √(square + ε); `spread` is half of d(square)/dx, times n
    centred = x - np.mean(x, axis=axes, keepdims=True)
    moved = spread = centred
    square = np.var(x, axis=axes, keepdims=True)
    if layer.class_name == "RMSNormalization":
        moved = spread = x
        square = np.mean(np.square(x), axis=axes, keepdims=True)
    elif layer.config.get("rms_scaling"):
        moved = x

    scale = 1 / np.sqrt(square + epsilon)
    of_scale = np.mean(y_bar * moved, axis=axes, keepdims=True)
    through_scale = spread * of_scale * scale**3
    x_bar = y_bar * scale - through_scale
    if moved is x:
        return x_bar

    of_mean = np.mean(y_bar, axis=axes, keepdims=True)

    return x_bar - of_mean * scale


@one_tensor
def group_norm(
    layer: GroupNormalization,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x, which changes the mean and the variance of its
    group as well.
    """
    epsilon = run.dtype.type(layer.config.get("epsilon", 1e-3))
    if layer.has("gamma"):
        gamma = layer.value("gamma", run)
        y_bar = y_bar * layer.along(gamma, x)

    split, over = layer.grouped(x)
    bar = y_bar.reshape(split.shape)
    mean = split.mean(axis=over, keepdims=True)
    centred = split - mean
    variance = split.var(axis=over, keepdims=True)

    scale = 1 / np.sqrt(variance + epsilon)
    of_scale = np.mean(bar * centred, axis=over, keepdims=True)
    of_mean = np.mean(bar, axis=over, keepdims=True)
    through_scale = centred * of_scale * scale**3
    x_bar = (bar - of_mean) * scale - through_scale

    return x_bar.reshape(x.shape)


@one_tensor
def unit(
    layer: UnitNormalization,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return (ȳ − y·Σ ȳ·y) / ‖x‖."""
    axes = layer.axes(x.ndim)
    square = np.sum(np.square(x), axis=axes, keepdims=True)
    along = np.sum(y_bar * y, axis=axes, keepdims=True)
    lost = np.where(square > 1e-12, y * along, 0)
    length = np.sqrt(np.maximum(square, run.dtype.type(1e-12)))

    return (y_bar - lost) / length


@one_tensor
def rescaling(
    layer: Rescaling,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ ⊙ scale."""
    scale = np.asarray(layer.config.get("scale") or 0, dtype=run.dtype)

    return y_bar * scale


@one_tensor
def normalization(
    layer: Normalization,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return ȳ divided by √variance, or times it."""
    _, deviation = layer.statistics(x, run)
    if layer.config.get("invert"):
        return y_bar * deviation

    return y_bar / deviation
