"""Keras 1's own layers backwards: Highway and MaxoutDense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.legacy import Highway, MaxoutDense

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def highway(
    layer: Highway,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x, from y = t·φ(plain) + (1 − t)·x."""
    W = layer.value("kernel", run)
    W_carry = layer.value("kernel_carry", run)
    φ = layer.activation()
    plain, t = layer.plain_and_gate(x, run)
    transformed = φ(plain)

    t_bar = y_bar * (transformed - x)
    carry_bar = t_bar * t * (1 - t)
    transformed_bar = y_bar * t
    plain_bar = pulled_back(φ, plain, transformed, transformed_bar)

    carried = y_bar * (1 - t)
    of_plain = plain_bar @ W.T
    of_carry = carry_bar @ W_carry.T

    return carried + of_plain + of_carry


@one_tensor
def maxout(
    layer: MaxoutDense,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x, by the map that was the largest, the first of
    several.
    """
    maps = layer.maps(x, run)  # (batch, nb_feature, units)
    numbers = np.arange(maps.shape[1])[:, None]
    chosen = maps.argmax(axis=1)  # (batch, units)
    largest = numbers == chosen[:, None]
    maps_bar = largest * y_bar[:, None]

    kernel = layer.value("kernel", run)  # (nb_feature, features, units)

    return np.einsum("bku,kfu->bf", maps_bar, kernel, optimize=True)
