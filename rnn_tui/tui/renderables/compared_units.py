"""The units that are drawn over the selected one's course to compare them: each
with a stroke and a colour of its own, and the legend that names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment

from rnn_tui.tui.renderables.braille_plot import NONE, Plot, Stroke, plot
from rnn_tui.tui.renderables.numbers import MOVING, short
from rnn_tui.tui.renderables.palette import RGB, Look, ink

Line = list[Segment]

FULL = Stroke()
STROKES = (Stroke(1, 1), Stroke(4, 2))
"""Dotted and dashed, so that the curves are told apart without colours."""
SIGNS = ("⠤⠤", "⠄⠄", "⠤ ⠤")
"""A piece of each curve: the selected unit's, and those of the others."""
ASCII_SIGNS = "*o+"
NUMBER = 7
"""Cells for the number of a unit that is compared."""


class Compared(NamedTuple):
    """A unit that is compared with the selected one, and its values over the
    page.
    """

    unit: int
    values: NDArray[Any]


def sign(index: int, look: Look) -> str:
    """Return a piece of a curve: 0 is the selected unit's."""
    if look.ascii:
        return ASCII_SIGNS[index]

    return SIGNS[index]


def colour(index: int, look: Look) -> RGB:
    """Return the colour of a curve: 0 is the selected unit's."""
    return (look.foreground, look.warning, look.accent)[index]


def compared_plot(
    values: NDArray[Any],
    compared: Sequence[Compared],
    size: tuple[int, int],
    ends: tuple[float, float],
    look: Look,
) -> Plot:
    """Return the curve of the selected unit over those that it is compared
    with; series 0 is the selected unit's.
    """
    width, height = size
    low, high = ends
    lines = [values, *[one.values for one in compared]]
    count = len(lines)
    strokes = (FULL, *STROKES)[:count]

    # the selected unit's is drawn last: its cells are its own
    drawn = plot(
        lines[::-1],
        width,
        height,
        low,
        high,
        ascii_only=look.ascii,
        strokes=strokes[::-1],
        marks=ASCII_SIGNS[:count][::-1],
    )
    series = np.where(drawn.series == NONE, NONE, count - 1 - drawn.series)

    return Plot(drawn.rows, series.astype(np.int8))


def legend(units: Sequence[int], look: Look, room: int) -> Line:
    """Return the name of each unit behind a piece of its curve, the selected
    one first; nothing where there is no room.
    """
    line: Line = []
    for index, unit in enumerate(units):
        front = ink(colour(index, look))
        line.append(Segment(f"  {sign(index, look)} ", front))
        line.append(Segment(str(unit), front))

    if sum(cell_len(segment.text) for segment in line) > room:
        return []

    return line


def compared_values(
    compared: Sequence[Compared],
    now: int,
    look: Look,
    room: int,
) -> Line:
    """Return the values of the units, each behind its sign, or its number alone
    where there is no room for the signs of all.
    """
    texts = [_compared_value(one, now) for one in compared]
    signs = [f"  {sign(k, look)} " for k in range(1, len(texts) + 1)]
    if sum(map(cell_len, (*signs, *texts))) > room:
        signs = ["  "] * len(texts)

    found: Line = []
    signed = zip(signs, texts, strict=True)
    for index, (before, text) in enumerate(signed, 1):
        whole = before + text
        room -= cell_len(whole)
        if room >= 0:
            front = ink(colour(index, look))
            found.append(Segment(whole, front))

    return found


def _compared_value(one: Compared, now: int) -> str:
    """Return the number of a unit that is compared, and its value."""
    value = float("nan")
    if 0 <= now < len(one.values):
        value = float(one.values[now])

    return f"{one.unit} {short(value, MOVING).rjust(NUMBER)}"
