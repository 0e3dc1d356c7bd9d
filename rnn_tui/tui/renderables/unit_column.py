"""One unit over time: for each quantity a line with its value now as a bar, and
its course under it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from rnn_tui.tui.renderables.bars import bar, signed_bar
from rnn_tui.tui.renderables.braille_plot import NONE, axis, plot
from rnn_tui.tui.renderables.compared_units import (
    Compared,
    colour,
    compared_plot,
    compared_values,
)
from rnn_tui.tui.renderables.numbers import aligned, bare, short
from rnn_tui.tui.renderables.palette import RGB, Look, ink
from rnn_tui.tui.renderables.scales import Scale, ramp

Line = list[Segment]

NAME, NUMBER, AXIS = 7, 11, 9
"""Cells for a quantity's name, its number and the numbers of its axis."""
LEAST_BAR = 6
"""Cells below which there is no bar before the numbers of other units."""

TALLEST = 16
"""Lines of a plot at most."""


@dataclass(frozen=True, eq=False)
class Course:
    """One quantity of one unit: its symbol, its scale in the maps, its values
    over the page, where time is in it, and the ends of its axis (those of the
    scale where there are no others).
    """

    symbol: str
    scale: Scale
    values: NDArray[Any]
    now: int
    seen: NDArray[np.bool_]
    ends: tuple[float, float] | None = None
    marked: bool = False
    """Whether the column of time is marked."""
    compared: tuple[Compared, ...] = ()
    """The units that are drawn with it, on the same axis."""

    @property
    def axis(self) -> tuple[float, float]:
        """The lowest and the highest number of the axis."""
        return self.ends or (self.scale.low, self.scale.high)


def value_line(course: Course, look: Look, width: int, digits: int) -> Line:
    """Return the name, the value now and a bar of it."""
    value = float("nan")
    if 0 <= course.now < len(course.values):
        value = float(course.values[course.now])

    symbol = set_cell_size(course.symbol, NAME)
    name = Segment(symbol, ink(look.foreground, bold=True))
    text = aligned(value, digits)
    number = Segment(text, ink(look.foreground))
    gap = Segment("  ", ink(look.muted))
    room = max(4, width - NAME - NUMBER - 2)
    if not course.compared:
        bar_alone = _bar(course, value, look, room)
        return [name, number, gap, *bar_alone]

    # the numbers of the others come before the bar
    others = compared_values(course.compared, course.now, look, room)
    room -= sum(cell_len(other.text) for other in others)
    shown = [Segment(" " * room, ink(look.muted))]
    if room >= LEAST_BAR:
        shown = _bar(course, value, look, room)

    return [name, number, gap, *shown, *others]


def _bar(course: Course, value: float, look: Look, room: int) -> Line:
    """Return a bar of a value: from the left for shares, from the middle for
    signed values, as long as the value is large among the unit's own.
    """
    tone = _colour(course.scale, value, look)
    if not course.scale.signed:
        filled = bar(value, room, ascii_only=look.ascii)
        return [Segment(filled, ink(tone, ground=_trough(look)))]

    low, high = course.axis
    largest = max(abs(low), abs(high)) or 1.0
    left, right = signed_bar(
        value / largest,
        room - 1,
        ascii_only=look.ascii,
    )
    middle = "|" if look.ascii else "│"

    return [
        Segment(left, ink(tone)),
        Segment(middle, ink(look.faint)),
        Segment(right, ink(tone)),
    ]


@lru_cache(maxsize=32)
def _trough(look: Look) -> RGB | None:
    """Return the ground of a bar that isn't full."""
    if look.colours in ("none", "16"):
        return None

    pairs = zip(look.background, look.foreground, strict=True)
    red, green, blue = ((ground * 7 + front) // 8 for ground, front in pairs)

    return red, green, blue


def _colour(scale: Scale, value: float, look: Look) -> RGB:
    """A bar has the colour its value has in the maps, kept far enough from the
    ground to be seen.
    """
    colours = ramp(look, scale.signed).rgb
    if not colours or not math.isfinite(value):
        return look.foreground

    level = int(scale.levels(np.array([value]))[0])
    if not scale.signed:
        return colours[max(level, 4)]
    if level >= 8:
        return colours[max(level, 12)]

    return colours[min(level, 4)]


class Drawing(NamedTuple):
    """A course as it is drawn: its rows, the numbers beside them, and the
    series that each cell is of where units are compared.
    """

    rows: tuple[str, ...]
    labels: tuple[str, ...]
    series: NDArray[np.int8] | None = None


def drawing(course: Course, look: Look, width: int, height: int) -> Drawing:
    """Return the course over the whole page; time changes nothing about it, so
    it may be kept.
    """
    low, high = course.axis
    size = width - AXIS, height
    series = None
    if course.compared:
        drawn = compared_plot(
            course.values,
            course.compared,
            size,
            course.axis,
            look,
        )
        series = drawn.series
    else:
        drawn = plot(
            [course.values],
            *size,
            low,
            high,
            ascii_only=look.ascii,
        )

    marks = axis(low, high, height)
    labels = []
    for y in range(height):
        if y in marks:
            number = _mark(marks[y])
            edge = "┤"
        else:
            number = ""
            edge = "│"

        if look.ascii:
            edge = "|"

        labels.append(f"{number.rjust(AXIS - 2)}{edge} ")

    return Drawing(drawn.rows, tuple(labels), series)


def _mark(value: float) -> str:
    """Return a number for the axis with as many digits as fit: one that was cut
    would be another number.
    """
    texts = [bare(short(value, digits)) for digits in (3, 2, 1)]
    return next((text for text in texts if len(text) <= AXIS - 2), texts[-1])


def course_lines(
    drawn: Drawing,
    seen: NDArray[np.bool_],
    look: Look,
    now: int | None = None,
) -> list[Line]:
    """Return a drawn course line by line; the part ahead is faint, and the
    column `now` is marked.
    """
    if not drawn.rows:
        return []

    room = len(drawn.rows[0])
    # each cell of the plot belongs to the timestep over which it begins
    timesteps = np.minimum(
        np.arange(room) * len(seen) // max(room, 1),
        len(seen) - 1,
    )
    cell_seen = seen[timesteps]
    changes = (cell_seen[1:] != cell_seen[:-1]).nonzero()[0] + 1
    edges = [0, *changes.tolist(), room]
    read = ink(look.foreground)
    faint = ink(look.faint)
    parts = [
        (start, stop, read if cell_seen[start] else faint)
        for start, stop in pairwise(edges)
    ]
    mark = None
    if now is not None and 0 <= now < len(seen):
        mark = min(now * (room - 1) // max(len(seen) - 1, 1), room - 1)

    lines = []
    for y, (row, label) in enumerate(
        zip(drawn.rows, drawn.labels, strict=True)
    ):
        if drawn.series is None:
            segments = [
                Segment(row[start:stop], style) for start, stop, style in parts
            ]
        else:
            segments = _coloured(row, drawn.series[y], cell_seen, look)

        if mark is not None:
            segments = _marked(segments, mark, look)

        lines.append([_axis_label(label, look), *segments])

    return lines


def _coloured(
    row: str,
    series: NDArray[np.int8],
    seen: NDArray[np.bool_],
    look: Look,
) -> Line:
    """Return a row of a plot of several units, each in its colour where time
    has been.
    """
    faint = ink(look.faint)
    cells = zip(series.tolist(), seen.tolist(), row, strict=True)
    line = []
    for (one, is_seen), run in groupby(cells, key=lambda cell: cell[:2]):
        style = faint
        if is_seen and one != NONE:
            style = ink(colour(one, look))

        text = "".join(glyph for *_, glyph in run)
        line.append(Segment(text, style))

    return line


@lru_cache(maxsize=256)
def _axis_label(label: str, look: Look) -> Segment:
    return Segment(label, ink(look.faint))


def _marked(segments: Line, x: int, look: Look) -> Line:
    """Return a line of a plot with cell x in the accent, a stroke where it is
    blank.
    """
    line = []
    for text, style, _ in segments:
        if not 0 <= x < len(text):
            line.append(Segment(text, style))
        else:
            own = text[x]
            if own == " ":
                own = "|" if look.ascii else "┊"

            accent = ink(look.accent)
            parts = ((text[:x], style), (own, accent), (text[x + 1 :], style))
            line += [Segment(part, tone) for part, tone in parts if part]

        x -= len(text)

    return line


Keep = Callable[[Hashable, Callable[[], Drawing]], Drawing]
"""Returns the value kept under a key, made when it is first asked for."""


def made(key: Hashable, make: Callable[[], Drawing]) -> Drawing:
    """Keep nothing."""
    return make()


def plot_heights(count: int, height: int) -> list[int]:
    """Return how many lines each of `count` plots has in a rail of `height`
    lines, below their numbers; the first ones have those that are left over. No
    plot has fewer than two: there are none then.
    """
    each, rest = divmod(max(height - count, 0), max(count, 1))
    heights = [min(TALLEST, each + (k < rest)) for k in range(count)]
    if each < 2:
        return [0] * count

    return heights


def rail(
    courses: Sequence[Course],
    look: Look,
    width: int,
    height: int,
    digits: int,
    keep: Keep = made,
) -> list[Line]:
    """Return all quantities of a unit, plots as high as there is room for (none
    where there is none).
    """
    lines: list[Line] = []
    heights = [0] * len(courses)
    if width > AXIS:
        heights = plot_heights(len(courses), height)

    for course, plots in zip(courses, heights, strict=True):
        lines.append(value_line(course, look, width, digits))
        if plots:
            drawn = keep(
                (course.symbol, width, plots),
                partial(drawing, course, look, width, plots),
            )
            now = course.now if course.marked else None
            lines += course_lines(drawn, course.seen, look, now)

    return lines[:height]
