"""Adaptive pooling backwards, one axis after the other from the last to the
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.adaptive import AdaptivePooling
from rnn_tui.engine.layers.layer import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def adaptive(
    layer: AdaptivePooling,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x."""
    axes = layer.counts(x.ndim)
    read = [x]  # by the pooling along each axis
    for axis, count in axes[:-1]:
        read.append(layer.pooled(read[-1], axis, count))

    bar = y_bar
    steps = zip(reversed(read), reversed(axes), strict=True)
    for own, (axis, count) in steps:
        bar = _along_back(layer, own, bar, axis, count)

    return bar


def _along_back(
    layer: AdaptivePooling,
    x: NDArray[Any],
    y_bar: NDArray[Any],
    axis: int,
    count: int,
) -> NDArray[Any]:
    """Return the cotangent of an array that was pooled along one axis: a
    window's goes to its largest value, the first of several, or in equal shares
    to all.
    """
    values = np.moveaxis(x, axis, 0)
    bars = np.moveaxis(y_bar, axis, 0)
    x_bar = np.zeros(values.shape, y_bar.dtype)
    windows = layer.windows(len(values), count)
    for bar, window in zip(bars, windows, strict=True):
        inside = values[window]
        length = len(inside)
        if layer.largest:
            ones = [1] * bar.ndim
            numbers = np.arange(length).reshape(-1, *ones)
            largest = inside.argmax(axis=0)
            shares = bar * (numbers == largest)
        else:
            shares = bar / bar.dtype.type(length)

        x_bar[window] += shares

    return np.moveaxis(x_bar, 0, axis)
