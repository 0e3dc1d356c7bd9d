"""Lines over time in braille dots (two across, four down in a cell), several
series, with gaps where there is no value.

A plot is a grid of cells, each with a character and the number of the series it
belongs to (NONE where there is none); whoever draws it gives the series their
colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NONE = -1
BRAILLE = 0x2800
BITS = np.array(
    [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]],
    dtype=np.uint8,
)
"""The bit of each dot in its cell, by row and column."""

ASCII_MARKS = "*o+x#@"


class Plot(NamedTuple):
    """Rows of characters, and for each cell the series it shows."""

    rows: tuple[str, ...]
    series: NDArray[np.int8]


class Stroke(NamedTuple):
    """How a series is drawn: so many columns of dots, then so many left out."""

    drawn: int = 1
    left_out: int = 0


def plot(
    lines: Sequence[NDArray[Any]],
    width: int,
    height: int,
    low: float,
    high: float,
    *,
    ascii_only: bool = False,
    strokes: Sequence[Stroke] = (),
    marks: str = ASCII_MARKS,
) -> Plot:
    """Return `lines` (all of one length, over the whole width) drawn between
    `low` and `high`; `strokes` says how each is, where they differ, and `marks`
    has the letter of each for a terminal without braille.

    Where two series meet in a cell, the cell shows the dots of both and belongs
    to the later one.
    """
    across = width * 2
    down = height * 4
    bits = np.zeros((height, width), np.uint8)
    owner = np.full((height, width), NONE, np.int8)
    for number, line in enumerate(lines):
        values = np.asarray(line, dtype=np.float64)
        dots = _dots(values, across, down, low, high)
        if strokes and not ascii_only:
            drawn = _columns_drawn(strokes[number], across)
            dots = dots * drawn

        by_cell = dots.reshape(height, 4, width, 2)
        set_bits = by_cell * BITS[None, :, None, :]
        cells = set_bits.sum(axis=(1, 3)).astype(np.uint8)
        bits |= cells
        owner[cells > 0] = number

    if ascii_only:
        letters = [_letters(row, marks) for row in owner.tolist()]
        return Plot(tuple(letters), owner)

    return Plot(tuple(map(_braille, bits.tolist())), owner)


def _columns_drawn(stroke: Stroke, across: int) -> NDArray[np.uint8]:
    """Return 1 for each column of dots that a stroke has."""
    place = np.arange(across) % (stroke.drawn + stroke.left_out)
    drawn: NDArray[np.uint8] = (place < stroke.drawn).astype(np.uint8)

    return drawn


def _letters(series: Sequence[int], marks: str) -> str:
    """Return a row of cells as one letter for each series."""
    count = len(marks)
    letters = [marks[one % count] if one != NONE else " " for one in series]

    return "".join(letters)


def _braille(cells: Sequence[int]) -> str:
    """Return a row of cells as braille, blank where there is no dot."""
    return "".join([chr(BRAILLE | cell) if cell else " " for cell in cells])


def _dots(
    line: NDArray[np.float64],
    across: int,
    down: int,
    low: float,
    high: float,
) -> NDArray[np.uint8]:
    """Return the dots of one series, neighbours joined by a stroke."""
    if len(line) > across:
        # more values than dots: each dot's column shows all of its own
        starts = np.arange(across) * len(line) // across
        smallest = np.fmin.reduceat(line, starts)
        largest = np.fmax.reduceat(line, starts)
        return _band_dots(smallest, largest, down, low, high)

    dots = np.zeros((down, across), np.uint8)
    where = _heights(line, down, low, high)
    if not len(line):
        return dots

    if len(line) == 1:
        if np.isfinite(where[0]):
            dots[round(float(where[0])), :] = 1

        return dots

    heights = _between(where, across)
    before: int | None = None
    for x, height in enumerate(heights.tolist()):
        if height != height:  # NaN: no value, and no stroke from one
            before = None
            continue

        here = round(height)
        first, last = _stroke(before, here)
        dots[first : last + 1, x] = 1
        before = here

    return dots


def band(
    smallest: NDArray[Any],
    largest: NDArray[Any],
    low: float,
    high: float,
) -> str:
    """Return bands from the smallest to the largest value as one line of
    braille, two bands a cell; an odd last one is left out.
    """
    across = len(smallest) // 2 * 2
    dots = _band_dots(
        np.asarray(smallest[:across], dtype=np.float64),
        np.asarray(largest[:across], dtype=np.float64),
        4,
        low,
        high,
    )
    by_cell = dots.reshape(4, across // 2, 2) * BITS[:, None, :]
    cells = by_cell.sum(axis=(0, 2)).astype(np.uint8)

    return _braille(cells.tolist())


def _band_dots(
    smallest: NDArray[np.float64],
    largest: NDArray[np.float64],
    down: int,
    low: float,
    high: float,
) -> NDArray[np.uint8]:
    """Return the dots of a band, `(down, columns)`; a column touches the one
    before it, and one without values is empty.
    """
    top = _heights(largest, down, low, high)
    bottom = _heights(smallest, down, low, high)
    known = np.isfinite(top) & np.isfinite(bottom)
    first = np.where(known, np.rint(top), down).astype(int)
    last = np.where(known, np.rint(bottom), -1).astype(int)

    # a step from one column to the next has no gap
    both = known[1:] & known[:-1]
    own_first = first[1:]
    reaching_down = np.minimum(own_first, last[:-1])
    first[1:] = np.where(both, reaching_down, own_first)
    own_last = last[1:]
    reaching_up = np.maximum(own_last, first[:-1])
    last[1:] = np.where(both, reaching_up, own_last)

    rows = np.arange(down)[:, None]
    below_top = rows >= first
    above_bottom = rows <= last
    inside = below_top & above_bottom

    return inside.astype(np.uint8)


def _heights(
    values: NDArray[np.float64],
    down: int,
    low: float,
    high: float,
) -> NDArray[np.float64]:
    """Return the row of dots that each value is at, of `down` rows between
    `high` and `low`; NaN stays NaN.
    """
    span = high - low or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        share = (high - values) / span
        heights: NDArray[np.float64] = np.clip(share, 0.0, 1.0) * (down - 1)

    return heights


def _between(where: NDArray[np.float64], across: int) -> NDArray[np.float64]:
    """Return the height in each of `across` columns, between those of the
    neighbours in time: a stroke of the right slope. It is NaN where a neighbour
    has none.
    """
    count = len(where)
    at = np.zeros(1)
    if across > 1:
        columns = np.arange(across)
        at = columns * (count - 1) / (across - 1)

    left = np.minimum(at.astype(int), count - 2)
    share = at - left
    here = where[left]
    following = where[left + 1]
    of_left = here * (1 - share)
    of_right = following * share
    mixed = of_left + of_right
    # a neighbour that isn't mixed in may be NaN
    mixed = np.where(share == 1, following, mixed)
    heights = np.where(share == 0, here, mixed)
    alone = share == 0
    following_known = np.isfinite(following) | alone
    known = np.isfinite(here) & following_known

    return np.where(known, heights, np.nan)


def _stroke(before: int | None, here: int) -> tuple[int, int]:
    """Return the first and last dot of a column: from beside the column before
    it.
    """
    if before is None or before == here:
        return here, here
    if before < here:
        return before + 1, here

    return here, before - 1


def axis(low: float, high: float, height: int) -> dict[int, float]:
    """Return the values written beside the plot, by row: the ends, and zero or
    the middle where there is room.
    """
    if height < 2:
        return {0: high}

    marks = {0: high, height - 1: low}
    if low < 0 < high:
        middle = 0.0
    else:
        middle = (low + high) / 2

    span = (high - low) or 1.0
    share = (high - middle) / span
    row = round(share * (height - 1))
    if 0 < row < height - 1:
        marks[row] = middle

    return marks
