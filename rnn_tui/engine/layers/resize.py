"""Linear interpolation of one axis, as UpSampling2D's `bilinear` does with
half-pixel centres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHODS = ("nearest", "bilinear")
"""The interpolations of UpSampling2D that are reproduced; others need
antialiasing rules of the backend.
"""


def resize(x: NDArray[Any], axis: int, size: int, method: str) -> NDArray[Any]:
    """Return `x` with `axis` made `size` times longer by linear interpolation
    between pixel centres.
    """
    assert method in METHODS
    length = x.shape[axis]
    where = np.clip(
        (np.arange(length * size) + 0.5) / size - 0.5,
        0,
        length - 1,
    )
    low = np.floor(where).astype(np.int64)
    high = np.minimum(low + 1, length - 1)
    share = (
        (where - low)
        .astype(x.dtype)
        .reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    )
    longer = np.take(x, low, axis)
    other = np.take(x, high, axis)
    longer *= 1 - share
    other *= share
    longer += other

    return longer
