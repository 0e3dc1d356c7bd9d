"""The path of a state in two dimensions: a dot for each timestep, in the colour
of its group, joined in the order of time by a faint line.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.tui.renderables.braille_plot import ASCII_MARKS, BITS, BRAILLE
from rnn_tui.tui.renderables.palette import RGB, Look, ink

Line = list[Segment]

DARK: tuple[RGB, ...] = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 178, 130),
    (204, 121, 167),
    (240, 228, 66),
    (213, 94, 0),
)
LIGHT: tuple[RGB, ...] = (
    (0, 114, 178),
    (176, 112, 0),
    (0, 120, 88),
    (160, 70, 125),
    (120, 112, 0),
    (180, 60, 0),
)
"""Colours that colour-blind readers tell apart (Okabe and Ito 2008), on a dark
and on a light ground; the last two of the light ones are darkened.
"""

LONGEST = 600
"""Timesteps beyond which the points aren't joined: lines would hide them."""

FEW = 300
"""Timesteps up to which each point has a mark that fills its cell."""

POINT = "•"

NOTHING, PATH = -2, -1
"""The owner of a cell: none, or the line between points."""


@dataclass(frozen=True, eq=False)
class Path:
    """The points `(timesteps, 2)` in the order of time, NaN where there is
    none; the group of each, `(timesteps,)`, below zero for those that have no
    colour of their own.
    """

    points: NDArray[np.float64]
    groups: NDArray[np.int64]
    area: NDArray[np.float64] | None = None
    """The smallest and largest value of both axes, `(2, 2)`; None for those of
    the points.
    """
    joined: bool = True
    """Whether the points are joined in their order."""


def colours(look: Look) -> tuple[RGB, ...]:
    """Return the colours of the groups."""
    if look.dark:
        return DARK

    return LIGHT


def bounds(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest and largest value of both axes, `(2, 2)`; of points
    that don't vary a range around them.
    """
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        return np.array([[0.0, 0.0], [1.0, 1.0]])

    low = finite.min(axis=0)
    high = finite.max(axis=0)
    still = high == low
    low = np.where(still, low - 0.5, low)
    high = np.where(still, high + 0.5, high)

    return np.stack([low, high])


def drawn(
    path: Path,
    now: int,
    width: int,
    height: int,
    look: Look,
) -> list[Line]:
    """Return the path in `width` × `height` cells, with a mark at timestep
    `now`.
    """
    area = path.area
    if area is None:
        area = bounds(path.points)

    dots = _dots(path.points, area, width, height)
    bits = np.zeros((height, width), np.uint8)
    owner = np.full((height, width), NOTHING, np.int64)
    if path.joined and len(dots) <= LONGEST:
        for first, second in pairwise(dots):
            _join(first, second, bits, owner)

    groups = path.groups.tolist()
    for dot, group in zip(dots, groups, strict=True):
        if dot is not None:
            _set(dot, bits, owner, int(group))

    has_marks = len(dots) <= FEW
    characters = _characters(bits, owner, look, marks=has_marks)
    mark = None
    if 0 <= now < len(dots) and dots[now] is not None:
        across, down = dots[now]
        mark = (down // 4, across // 2)

    return [
        _line(characters[row], owner[row].tolist(), row, mark, look)
        for row in range(height)
    ]


def _dots(
    points: NDArray[np.float64],
    area: NDArray[np.float64],
    width: int,
    height: int,
) -> list[Any]:
    """Return the dot of each point, across and down; None where it has none."""
    low, high = area
    share = (points - low) / (high - low)
    found: list[Any] = []
    for x, y in share.tolist():
        if x != x or y != y:
            found.append(None)
            continue

        across = round(x * (2 * width - 1))
        down = round((1 - y) * (4 * height - 1))
        found.append((across, down))

    return found


def _join(
    first: Any,
    second: Any,
    bits: NDArray[np.uint8],
    owner: NDArray[np.int64],
) -> None:
    """Draw the line from a dot to the next."""
    if first is None or second is None:
        return

    x0, y0 = first
    x1, y1 = second
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    across = np.rint(np.linspace(x0, x1, steps + 1))
    down = np.rint(np.linspace(y0, y1, steps + 1))
    columns = across.astype(int).tolist()
    rows = down.astype(int).tolist()
    for dot in zip(columns, rows, strict=True):
        _set(dot, bits, owner, PATH)


def _set(
    dot: tuple[int, int],
    bits: NDArray[np.uint8],
    owner: NDArray[np.int64],
    group: int,
) -> None:
    across, down = dot
    cell = (down // 4, across // 2)
    bits[cell] |= BITS[down % 4, across % 2]
    # a point outranks a line, a shown group the others
    owner[cell] = max(int(owner[cell]), group) if group < 0 else group


def _characters(
    bits: NDArray[np.uint8],
    owner: NDArray[np.int64],
    look: Look,
    marks: bool,
) -> list[str]:
    """Return the rows of characters: with `marks`, a point fills its cell."""
    if look.ascii:
        return [
            "".join(_letter(group) for group in row) for row in owner.tolist()
        ]

    letters = np.where(bits > 0, bits.astype(np.int64) | BRAILLE, ord(" "))
    if marks:
        letters[owner >= 0] = ord(POINT)

    return ["".join(map(chr, row)) for row in letters.tolist()]


def _letter(group: int) -> str:
    if group == NOTHING:
        return " "
    if group == PATH:
        return "."

    return ASCII_MARKS[group % len(ASCII_MARKS)]


def _line(
    characters: str,
    owners: list[int],
    row: int,
    mark: tuple[int, int] | None,
    look: Look,
) -> Line:
    """Return a row of cells as segments, one for each stretch of one colour."""
    cells = list(zip(characters, owners, range(len(owners)), strict=True))
    line: Line = []

    def kind(cell: tuple[str, int, int]) -> tuple[int, bool]:
        return cell[1], mark == (row, cell[2])

    sign = "●"
    if look.ascii:
        sign = "@"

    for (group, marked), stretch in groupby(cells, kind):
        if marked:
            text = sign
            style = ink(look.accent, bold=True)
        else:
            text = "".join(character for character, _, _ in stretch)
            style = ink(_colour(group, look))

        line.append(Segment(text, style))

    return line


def _colour(group: int, look: Look) -> RGB:
    if group < 0:
        return look.faint

    known = colours(look)

    return known[group % len(known)]
