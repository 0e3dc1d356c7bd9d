"""Numbers as text that reads back as the same value, in few digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def digits(values: NDArray[Any]) -> list[str]:
    """Return each value, flat: `0.1` for the float32 nearest to it, not
    `0.10000000149011612`; 1 for true, 0 for false.

    A float32 is 7 digits where they say it exactly, else the 9 that always do;
    one `%` formats them all, several times as fast as asking NumPy for the
    shortest digits of each.
    """
    flat = np.asarray(values).reshape(-1)
    numbers = flat.tolist()
    if flat.dtype == np.bool_:
        return ["1" if value else "0" for value in numbers]
    if flat.dtype not in (np.float32, np.float16):
        return [repr(value) for value in numbers]
    if not numbers:
        return []

    formats = np.where(_is_short(flat), "%.7g", "%.9g").tolist()
    text = "\n".join(formats) % tuple(numbers)

    return text.split("\n")


def _is_short(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether 7 significant digits read back as the same value."""
    exact = values.astype(np.float64)
    with np.errstate(all="ignore"):
        magnitude = np.floor(np.log10(np.abs(exact)))
        scale = 10.0 ** (6 - magnitude)
        nearest = np.rint(exact * scale) / scale
        rounded = nearest.astype(values.dtype)

    reads_back = rounded == values
    is_zero = values == 0
    is_finite = np.isfinite(values)
    short: NDArray[np.bool_] = reads_back | is_zero | ~is_finite

    return short
