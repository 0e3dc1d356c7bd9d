"""LocallyConnected1D/2D backwards: each place hands its cotangents back to its
window, by its own kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.gradients.dense_back import activated_back
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.local import LocallyConnected

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def locally_connected(
    layer: LocallyConnected,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x."""
    bar = activated_back(layer, layer.linear_part(x, run), y_bar, run)
    if layer.channels_first():
        bar = np.moveaxis(bar, 1, -1)

    x_bar = np.zeros(x.shape, bar.dtype)
    for place, window, kernel in layer.places(x.shape, run):
        met = x_bar[window]  # a view
        met += (bar[place] @ kernel.T).reshape(met.shape)

    return x_bar
