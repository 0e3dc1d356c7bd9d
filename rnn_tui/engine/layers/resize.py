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
    low, high, share = neighbours(x, axis, size)
    longer = np.take(x, low, axis)
    other = np.take(x, high, axis)
    longer *= 1 - share
    other *= share
    longer += other

    return longer


def neighbours(
    x: NDArray[Any],
    axis: int,
    size: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Return for each place along the longer axis the two places between which
    it is, and the share of the second in the shape of `x`.
    """
    length = x.shape[axis]
    where = np.clip(
        (np.arange(length * size) + 0.5) / size - 0.5,
        0,
        length - 1,
    )
    low = np.floor(where).astype(np.int64)
    high = np.minimum(low + 1, length - 1)
    sides = [1] * x.ndim
    sides[axis] = -1
    share = (where - low).astype(x.dtype).reshape(sides)

    return low, high, share
