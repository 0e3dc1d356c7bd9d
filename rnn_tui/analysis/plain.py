"""Numbers as JSON has them: None for NaN and infinity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def plain(values: NDArray[Any]) -> list[Any]:
    """Return an array as nested lists of numbers and None."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return list(values.tolist())

    found = values.astype(object)
    found[~np.isfinite(values)] = None

    return list(found.tolist())


def number(value: float) -> float | None:
    """Return a number, None where it isn't finite."""
    if math.isfinite(value):
        return float(value)

    return None
