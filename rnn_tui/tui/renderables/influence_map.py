"""The influence map in cells: the logarithm of each value from empty to full,
the row under the cursor as bars.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.heatmap import painter_of
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import GATE_SCALE, ramp

Line = list[Segment]

FLOOR = 1e-4
"""The share of the largest value below which all is drawn as nothing."""
WIDEST = 6
"""Cells of a column, at most."""
BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS = " .:-=+*#@"


class Window(NamedTuple):
    """The part of a map that is seen: the first row and column, how many of
    each, and the cursor.
    """

    top: int
    left: int
    rows: int
    columns: int
    cursor: tuple[int, int]
    width: int = 1
    """Cells of a column."""
    per_line: int = 1
    """Rows of a line."""

    @classmethod
    def around(
        cls,
        shape: tuple[int, ...],
        cursor: tuple[int, int],
        room: tuple[int, int],
        *,
        half: bool,
    ) -> Window:
        """Return the page of a map that the cursor is on, in `room` lines and
        cells, one at least; `half` says that a line can hold two rows.
        """
        down, across = shape
        lines, cells = room
        row, column = cursor
        per_line = 1
        if half and down > lines:
            per_line = 2

        rows = min(down, lines * per_line)
        columns = min(across, cells)
        room_for_one = min(cells // columns, WIDEST)
        width = max(1, room_for_one)

        page_top = row // rows * rows
        page_left = column // columns * columns
        top = min(page_top, down - rows)
        left = min(page_left, across - columns)

        return cls(top, left, rows, columns, cursor, width, per_line)


def floor_of(values: NDArray[Any]) -> float:
    """Return the value that is drawn as nothing: half of the smallest there is,
    but not less than FLOOR of the largest.
    """
    known = values[np.isfinite(values) & (values > 0)]
    if not len(known):
        return FLOOR

    smallest = float(known.min())
    largest = float(known.max())

    return max(smallest / 2, largest * FLOOR)


def shares(
    values: NDArray[Any],
    floor: float,
    largest: float,
) -> NDArray[np.float64]:
    """Return where each value is between the floor (0) and the largest (1), by
    its logarithm; NaN stays NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.asarray(values, np.float64) / floor)

    found: NDArray[np.float64] = np.clip(logs / np.log(largest / floor), 0, 1)

    return found


def drawn(
    values: NDArray[Any],
    window: Window,
    scale: tuple[float, float],
    look: Look,
) -> list[Line]:
    """Return the page of the map, on a scale from a floor to the largest value:
    a line for each row, or for two where they have no room otherwise.
    """
    bottom = window.top + window.rows
    right = window.left + window.columns
    page = values[window.top : bottom, window.left : right]
    painter = painter_of(look, signed=False)
    amounts = shares(page, *scale)
    levels = GATE_SCALE.levels(amounts, painter.ramp.count)
    wide = levels.repeat(window.width, axis=1)
    if window.per_line == 1:
        return [painter.row(line) for line in wide]

    if len(wide) % 2:
        blank = np.zeros_like(wide[:1])
        wide = np.concatenate([wide, blank])

    pairs = zip(wide[::2], wide[1::2], strict=True)

    return [painter.half_row(upper, lower) for upper, lower in pairs]


def columns_line(window: Window, look: Look) -> Line:
    """Return the line above the map: the cursor's column."""
    before = (window.cursor[1] - window.left) * window.width
    mark = "v" if look.ascii else "▾"
    text = f"{mark}s {window.cursor[1]}"

    return [Segment(" " * before), Segment(text, ink(look.accent, bold=True))]


def bars(
    row: NDArray[Any],
    window: Window,
    height: int,
    look: Look,
) -> list[Line]:
    """Return one row of the map as bars, `height` lines high, on a scale from
    zero to its own largest value.
    """
    right = window.left + window.columns
    part = row[window.left : right]
    largest = float(np.nanmax(row, initial=0.0)) or 1.0
    blocks = BLOCKS
    if look.ascii:
        blocks = ASCII_BLOCKS

    steps = len(blocks) - 1
    heights = np.nan_to_num(part / largest) * height * steps
    filled = np.rint(heights)
    lines = []
    for line in range(height):
        below = (height - 1 - line) * steps
        rest = np.clip(filled - below, 0, steps)
        levels = rest.astype(int).tolist()
        text = "".join(blocks[level] * window.width for level in levels)
        lines.append([Segment(text, ink(look.accent))])

    return lines


def legend(scale: tuple[float, float], look: Look) -> Line:
    """Return the scale: its floor, its colours, its largest value."""
    floor, largest = scale
    colours = ramp(look, signed=False)
    low = Segment(f"{short(floor)} or less ", ink(look.muted))
    high = Segment(f" {short(largest)}", ink(look.muted))
    steps = []
    for level in range(colours.count):
        if look.half:
            style = Style(bgcolor=Color.from_rgb(*colours.rgb[level]))
            steps.append(Segment(" ", style))
        else:
            steps.append(Segment(colours.glyphs[level], ink(look.foreground)))

    return [low, *steps, high]
