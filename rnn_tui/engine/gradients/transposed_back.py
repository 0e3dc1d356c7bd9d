"""Transposed convolutions backwards: each value gathers the cotangents of the
places over which it was spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.dense_back import activated_back, is_linear
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.spread import places_of_taps
from rnn_tui.engine.layers.transposed import ConvTranspose

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def transposed(
    layer: ConvTranspose,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x."""
    first = layer.channels_first()
    last = x
    if first:
        last = np.moveaxis(x, 1, -1)

    bar = y_bar
    if not is_linear(layer):
        filtered = layer.filtered(last, run)
        pre = layer.biased(filtered, run)
        bar = activated_back(layer, pre, bar, run)

    if first:
        bar = np.moveaxis(bar, 1, -1)

    sides = last.shape[1:-1]
    reached = layer.reached(sides)
    lengths = layer.lengths(sides)
    whole = _uncut(bar, reached, lengths)
    kernel = layer.value("kernel", run)  # (…size, filters, channels)
    x_bar = np.zeros(last.shape, bar.dtype)
    sizes = layer.sizes(len(sides))
    for tap, places in places_of_taps(sides, *sizes):
        x_bar += whole[places] @ kernel[tap]

    if first:
        return np.moveaxis(x_bar, -1, 1)

    return x_bar


def _uncut(
    bar: Array,
    reached: Sequence[int],
    lengths: Sequence[tuple[int, int]],
) -> Array:
    """Return the cotangents of every place that a tap reached, 0 for those that
    the padding cut.
    """
    whole = np.zeros((len(bar), *reached, bar.shape[-1]), bar.dtype)
    kept = [slice(None)]
    read = [slice(None)]
    for end, (length, front) in zip(reached, lengths, strict=True):
        stop = min(front + length, end)
        kept.append(slice(front, stop))
        read.append(slice(0, stop - front))

    whole[tuple(kept)] = bar[tuple(read)]

    return whole
