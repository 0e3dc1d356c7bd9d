"""Lines over time in braille dots (two across, four down in a cell), several series,
with gaps where there is no value.

A plot is a grid of cells, each with a character and the number of the series it belongs
to (NONE where there is none); whoever draws it gives the series their colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NONE = -1
BRAILLE = 0x2800
BITS = np.array(
    [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8
)
"""The bit of each dot in its cell, by row and column."""

ASCII_MARKS = "*o+x#@"


class Plot(NamedTuple):
    """Rows of characters, and for each cell the series it shows."""

    rows: tuple[str, ...]
    series: NDArray[np.int8]


def plot(
    lines: Sequence[NDArray[Any]],
    width: int,
    height: int,
    low: float,
    high: float,
    *,
    ascii_only: bool = False,
) -> Plot:
    """Return `lines` (all of one length, over the whole width) drawn between `low` and
    `high`.

    Where two series meet in a cell, the cell shows the dots of both and belongs to the
    later one.
    """
    bits = np.zeros((height, width), np.uint8)
    owner = np.full((height, width), NONE, np.int8)
    for number, line in enumerate(lines):
        dots = _dots(
            np.asarray(line, dtype=np.float64), width * 2, height * 4, low, high
        )
        cells = (
            (dots.reshape(height, 4, width, 2) * BITS[None, :, None, :])
            .sum(axis=(1, 3))
            .astype(np.uint8)
        )
        bits |= cells
        owner[cells > 0] = number

    if ascii_only:
        marks = [
            [" " if series == NONE else ASCII_MARKS[series % 6] for series in row]
            for row in owner.tolist()
        ]
        return Plot(tuple("".join(row) for row in marks), owner)

    rows = (
        "".join(chr(BRAILLE | cell) if cell else " " for cell in row)
        for row in bits.tolist()
    )

    return Plot(tuple(rows), owner)


def _dots(
    line: NDArray[np.float64], across: int, down: int, low: float, high: float
) -> NDArray[np.uint8]:
    """Return the dots of one series, neighbours joined by a stroke."""
    dots = np.zeros((down, across), np.uint8)
    count = len(line)
    if not count:
        return dots

    span = high - low or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        where = np.clip((high - line) / span, 0.0, 1.0) * (down - 1)

    known = np.isfinite(where)
    if count == 1:
        if known[0]:
            dots[round(float(where[0])), :] = 1

        return dots

    # each column of dots takes the value between its two neighbours in time: a stroke
    # of the right slope
    if across > 1:
        at = np.arange(across) * (count - 1) / (across - 1)
    else:
        at = np.zeros(1)

    left = np.minimum(at.astype(int), count - 2)
    share = at - left
    y = where[left] * (1 - share) + where[left + 1] * share
    y = np.where(share == 0, where[left], np.where(share == 1, where[left + 1], y))
    for x in np.flatnonzero(
        known[left] & (known[left + 1] | (share == 0)) & np.isfinite(y)
    ).tolist():
        here = round(float(y[x]))
        if x and np.isfinite(y[x - 1]):
            before = round(float(y[x - 1]))
        else:
            before = here

        if here > before:
            near = before + 1
        elif here < before:
            near = before - 1
        else:
            near = here

        dots[min(near, here) : max(near, here) + 1, x] = 1

    return dots


def axis(low: float, high: float, height: int) -> dict[int, float]:
    """Return the values written beside the plot, by row: the ends, and zero or the
    middle where there is room.
    """
    if height < 3:
        return {0: high}

    marks = {0: high, height - 1: low}
    if low < 0 < high:
        middle = 0.0
    else:
        middle = (low + high) / 2

    row = round((high - middle) / ((high - low) or 1.0) * (height - 1))
    if 0 < row < height - 1:
        marks[row] = middle

    return marks
