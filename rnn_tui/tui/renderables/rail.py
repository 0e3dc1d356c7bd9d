"""One unit over time: for each quantity a line with its value now as a bar, and its course under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import set_cell_size
from rich.segment import Segment

from rnn_tui.tui.look import ink
from rnn_tui.tui.renderables.bars import bar, signed_bar
from rnn_tui.tui.renderables.lines import axis, plot
from rnn_tui.tui.renderables.numbers import aligned, bare, short
from rnn_tui.tui.renderables.scales import Look, Scale, ramp

Line = list[Segment]

NAME, NUMBER, AXIS = 7, 11, 6
"""Cells for a quantity's name, its number and the numbers of its axis."""


@dataclass(frozen=True, eq=False)
class Course:
    """One quantity of one unit: its symbol, its scale, its values over the page, and where time stands in it."""

    symbol: str
    scale: Scale
    values: NDArray[Any]
    now: int
    seen: NDArray[np.bool_]


def value_line(course: Course, look: Look, width: int, digits: int) -> Line:
    """Return the name, the value now and a bar of it."""
    value = float(course.values[course.now]) if 0 <= course.now < len(course.values) else float("nan")
    name = Segment(set_cell_size(course.symbol, NAME), ink(look.foreground, bold=True))
    number = Segment(aligned(value, digits), ink(look.foreground))
    room = max(4, width - NAME - NUMBER - 2)
    colour = _colour(course.scale, value, look)
    if not course.scale.signed:
        drawn = [Segment(bar(value, room, ascii_only=look.ascii), ink(colour, ground=_trough(look)))]
        return [name, number, Segment("  ", ink(look.muted)), *drawn]
    left, right = signed_bar(value / course.scale.high, room - 1, ascii_only=look.ascii)
    middle = "|" if look.ascii else "│"
    bars = [Segment(left, ink(colour)), Segment(middle, ink(look.faint)), Segment(right, ink(colour))]
    return [name, number, Segment("  ", ink(look.muted)), *bars]


def _trough(look: Look) -> tuple[int, int, int] | None:
    if look.colours in ("none", "16"):
        return None
    red, green, blue = ((g * 7 + f) // 8 for g, f in zip(look.background, look.foreground, strict=True))
    return red, green, blue


def _colour(scale: Scale, value: float, look: Look) -> tuple[int, int, int]:
    """A bar has the colour its value has in the maps, kept far enough from the ground to be seen."""
    colours = ramp(look, scale.signed).rgb
    if not colours or not np.isfinite(value):
        return look.foreground
    level = int(scale.levels(np.array([value]))[0])
    least = 4 if not scale.signed else 0
    if scale.signed:
        level = max(level, 12) if level >= 8 else min(level, 4)
    return colours[max(level, least)]


def course_lines(course: Course, look: Look, width: int, height: int) -> list[Line]:
    """Return the course as a plot of `height` lines with its axis; the part ahead is faint."""
    room = width - AXIS
    drawn = plot([course.values], room, height, course.scale.low, course.scale.high, ascii_only=look.ascii)
    marks = axis(course.scale.low, course.scale.high, height)
    cell_seen = course.seen[np.minimum(np.arange(room) * len(course.seen) // room, len(course.seen) - 1)]
    edges = [0, *(np.flatnonzero(cell_seen[1:] != cell_seen[:-1]) + 1).tolist(), room]
    lines = []
    for y, row in enumerate(drawn.rows):
        label = bare(short(marks[y])).rjust(AXIS - 2)[: AXIS - 2] if y in marks else " " * (AXIS - 2)
        line = [Segment(label + ("|" if look.ascii else "┤" if y in marks else "│") + " ", ink(look.faint))]
        for start, stop in pairwise(edges):
            colour = look.foreground if cell_seen[start] else look.faint
            line.append(Segment(row[start:stop], ink(colour)))
        lines.append(line)
    return lines


def rail(courses: Sequence[Course], look: Look, width: int, height: int, digits: int) -> list[Line]:
    """Return all quantities of a unit, plots as high as there is room for (none where there is none)."""
    lines: list[Line] = []
    plots = min(5, (height - len(courses) * 2) // max(len(courses), 1))
    for course in courses:
        lines.append(value_line(course, look, width, digits))
        if plots >= 2:
            lines += course_lines(course, look, width, plots)
            lines.append([Segment(" ", ink(look.muted))])
    return lines[:height]
