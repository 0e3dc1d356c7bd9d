"""Vectors brought to length 1."""

from __future__ import annotations

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array


def unit_length(
    x: Array,
    axis: int | tuple[int, ...],
    epsilon: float = 1e-12,
) -> Array:
    """Return `x` with its vectors along `axis` at length 1; `epsilon` is the
    least square of a length that is divided by.
    """
    square = np.sum(np.square(x), axis=axis, keepdims=True)
    least = x.dtype.type(epsilon)
    length = np.sqrt(np.maximum(square, least))

    return np.asarray(x / length)
