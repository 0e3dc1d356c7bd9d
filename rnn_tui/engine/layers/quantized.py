"""The arithmetic of int8 layers: whole numbers that a scale divides (keras 3.15, dense.py and embedding.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine import lazy_numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 127
"""The int8 value of the largest input."""


def product(x: NDArray[Any], kernel: NDArray[Any], scale: NDArray[Any], epsilon: float | None) -> NDArray[Any]:
    """Return x·W of `(…, features)` and whole numbers `(features, units)` that `scale` `(units,)` divides.

    With an `epsilon` each row of `x` is brought to whole numbers, too, by its largest value; None leaves it as it is.
    """
    if epsilon is None:
        return np.asarray((x @ kernel) / scale)
    own = (LARGEST / (np.max(np.abs(x), axis=-1, keepdims=True) + x.dtype.type(epsilon))).astype(x.dtype)
    whole = np.clip(np.rint(x * own), -LARGEST, LARGEST)
    # Keras adds up int32; float64 holds every such sum exactly, and BLAS multiplies it.
    summed = (whole.astype(np.float64) @ kernel.astype(np.float64)).astype(x.dtype)
    return np.asarray(summed / (scale * own))
