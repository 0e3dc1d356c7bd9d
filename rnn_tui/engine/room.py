"""Where large arrays live: in memory up to a limit, beyond it in a temporary file the system may write out."""

from __future__ import annotations

import math
import tempfile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LIMIT = 128 << 20
"""Bytes one array may take in memory."""


def roomy(shape: tuple[int, ...], dtype: DTypeLike, limit: int = LIMIT) -> NDArray[Any]:
    """Return an array of zeros; above `limit` bytes its memory is a nameless file, gone with the array."""
    if math.prod(shape) * np.dtype(dtype).itemsize <= limit:
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile(prefix="rnn-tui-") as file:
        return np.asarray(np.memmap(file, dtype=dtype, mode="w+", shape=shape))
