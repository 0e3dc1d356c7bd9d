"""A screen as characters with colours, and how Rich's segments become one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

RGB: TypeAlias = "tuple[int, int, int]"


class Ink(NamedTuple):
    """How a character is drawn."""

    colour: RGB
    ground: RGB
    bold: bool = False
    italic: bool = False
    underline: bool = False


class Run(NamedTuple):
    """Characters of one ink that follow each other in a row."""

    text: str
    ink: Ink


Row: TypeAlias = "tuple[Run, ...]"
Grid: TypeAlias = "tuple[Row, ...]"
"""A screen from top to bottom."""

Cell: TypeAlias = "tuple[str, Ink]"
"""A character, with the marks that combine with it; empty where a wide
character reaches into it.
"""


def grid_of(
    lines: Iterable[Iterable[Segment]],
    colour: RGB,
    ground: RGB,
) -> Grid:
    """Return a screen; `colour` and `ground` are those where a style names
    none.
    """
    return tuple(
        tuple(
            Run(segment.text, _ink(segment.style, colour, ground))
            for segment in line
            if segment.text and not segment.control
        )
        for line in lines
    )


def cells(row: Row) -> list[Cell]:
    """Return a row cell by cell."""
    return [cell for run in row for cell in _cells(run)]


def size_of(grid: Grid) -> tuple[int, int]:
    """Return how many columns and rows a screen has."""
    widths = [sum(cell_len(run.text) for run in row) for row in grid]

    return max(widths, default=0), len(grid)


def _cells(run: Run) -> Iterator[Cell]:
    pending = ""
    for character in run.text:
        width = cell_len(character)
        if width == 0 and pending:
            pending += character
            continue
        if pending:
            yield from _places(pending, run.ink)

        pending = character

    if pending:
        yield from _places(pending, run.ink)


def _places(character: str, ink: Ink) -> Sequence[Cell]:
    """Return a character and the empty cells that it reaches into."""
    more = max(cell_len(character) - 1, 0)

    return [(character, ink), *[("", ink)] * more]


def _ink(style: Style | None, colour: RGB, ground: RGB) -> Ink:
    if style is None:
        return Ink(colour, ground)

    front = _rgb(style.color, colour, foreground=True)
    back = _rgb(style.bgcolor, ground, foreground=False)
    if style.reverse:
        front, back = back, front

    if style.dim:
        front = _between(front, back)

    return Ink(
        front,
        back,
        bool(style.bold),
        bool(style.italic),
        bool(style.underline),
    )


def _rgb(colour: Color | None, default: RGB, foreground: bool) -> RGB:
    if colour is None or colour.is_default:
        return default

    red, green, blue = colour.get_truecolor(foreground=foreground)

    return (red, green, blue)


def _between(one: RGB, other: RGB) -> RGB:
    """Return the colour half way between two."""
    pairs = zip(one, other, strict=True)
    red, green, blue = ((a + b) // 2 for a, b in pairs)

    return (red, green, blue)
