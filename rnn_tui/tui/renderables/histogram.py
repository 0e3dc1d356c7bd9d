"""A distribution as one line of block glyphs, or as bars of several lines."""

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
    a value that isn't zero always shows.
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


def tall_bars(
    amounts: list[int],
    height: int,
    *,
    ascii_only: bool = False,
) -> list[str]:
    """Return `height` lines of bars side by side, one cell an amount, the
    largest as high as all lines; amounts above zero always show.
    """
    glyphs = ASCII_BLOCKS if ascii_only else BLOCKS
    steps = len(glyphs) - 1
    top = max([*amounts, 1])
    full = height * steps
    # in parts of a cell, from the ground
    heights = [_bar_height(amount, top, full) for amount in amounts]
    lines = []
    for below in range((height - 1) * steps, -1, -steps):
        levels = [min(max(tall - below, 0), steps) for tall in heights]
        lines.append("".join(glyphs[level] for level in levels))

    return lines


def _bar_height(amount: int, top: int, full: int) -> int:
    if amount <= 0:
        return 0

    return max(1, round(amount / top * full))
