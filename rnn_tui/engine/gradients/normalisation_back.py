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

    if layer.class_name == "RMSNormalization":
        return by_mean_square_back(
            x,
            y_bar,
            axes,
            epsilon,
        )

    moves = not layer.config.get("rms_scaling")

    return by_variance_back(
        x,
        y_bar,
        axes,
        epsilon,
        moves=moves,
    )


def by_variance_back(
    x: NDArray[Any],
    y_bar: NDArray[Any],
    axes: tuple[int, ...],
    epsilon: Any,
    *,
    moves: bool,
) -> NDArray[Any]:
    """Return the cotangent of x for that of (x − mean) / √(variance + ε), or
    of x / √(variance + ε) where it isn't moved by the mean.
    """
    centred = x - np.mean(x, axis=axes, keepdims=True)
    variance = np.var(x, axis=axes, keepdims=True)
    scale = 1 / np.sqrt(variance + epsilon)
    divided = x
    if moves:
        divided = centred

    of_scale = np.mean(y_bar * divided, axis=axes, keepdims=True)
    through_scale = centred * of_scale * scale**3
    x_bar: NDArray[Any] = y_bar * scale - through_scale
    if moves:
        of_mean = np.mean(y_bar, axis=axes, keepdims=True)
        x_bar = x_bar - of_mean * scale

    return x_bar


def by_mean_square_back(
    x: NDArray[Any],
    y_bar: NDArray[Any],
    axes: tuple[int, ...],
    epsilon: Any,
) -> NDArray[Any]:
    """Return the cotangent of x for that of x / √(mean of x² + ε)."""
    square = np.mean(np.square(x), axis=axes, keepdims=True)
    scale = 1 / np.sqrt(square + epsilon)
    of_scale = np.mean(y_bar * x, axis=axes, keepdims=True)
    through_scale = x * of_scale * scale**3
    x_bar: NDArray[Any] = y_bar * scale - through_scale

    return x_bar


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
    x_bar = by_variance_back(
        split,
        bar,
        over,
        epsilon,
        moves=True,
    )

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
