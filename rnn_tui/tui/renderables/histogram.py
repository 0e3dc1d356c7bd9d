"""A distribution as one line of block glyphs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS = " .:-=+*#@"


def counts(
    values: NDArray[Any],
    low: float,
    high: float,
    bins: int = 8,
) -> list[int]:
    """Return how many (finite) values fall into each of `bins` equal parts of
    low…high.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if high <= low:
        high = low + 1.0

    found, _ = np.histogram(
        np.clip(flat, low, high),
        bins=bins,
        range=(low, high),
    )

    return [int(count) for count in found]


def bars(
    amounts: list[int],
    *,
    ascii_only: bool = False,
    largest: int | None = None,
) -> str:
    """Return one glyph an amount, the `largest` (of these, unless given) full;
    what isn't zero always shows.
    """
    glyphs = ASCII_BLOCKS if ascii_only else BLOCKS
    top = largest or max(amounts, default=0)
    if top <= 0:
        return glyphs[0] * len(amounts)

    steps = len(glyphs) - 1

    return "".join(
        glyphs[
            0
            if amount <= 0
            else max(1, min(steps, round(amount / top * steps)))
        ]
        for amount in amounts
    )


def histogram(
    values: NDArray[Any],
    low: float,
    high: float,
    bins: int = 8,
    *,
    ascii_only: bool = False,
) -> str:
    """Return the distribution of `values` between low and high as `bins`
    glyphs.
    """
    return bars(counts(values, low, high, bins), ascii_only=ascii_only)
