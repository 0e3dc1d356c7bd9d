"""A table's line as segments: only the columns that are seen, each cell cut or filled to its column's width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

Tone = Literal["", "accent", "muted", "faint", "warning"]
Cell: TypeAlias = "str | tuple[str, Tone]"
Rows: TypeAlias = Sequence[Sequence[Cell]]

GAP = 2
"""Cells between two columns, where nothing else is said."""


class Column(NamedTuple):
    """A column's title, width and side."""

    title: str
    width: int
    right: bool = False


def column(title: str, rows: Rows, index: int, right: bool = False, most: int = 60) -> Column:
    """Return a column as wide as its widest cell, at most `most`."""
    widest = max((cell_len(parts(row[index])[0]) for row in rows if index < len(row)), default=0)
    return Column(title, min(max(widest, cell_len(title)), most), right)


def parts(cell: Cell) -> tuple[str, Tone]:
    """Return a cell's text and tone."""
    return (cell, "") if isinstance(cell, str) else cell


def starts(columns: Sequence[Column], gap: int) -> list[int]:
    """Return where each column starts, and where one after the last would."""
    return [0, *accumulate(column.width + gap for column in columns)]


def line(
    cells: Sequence[Cell],
    columns: Sequence[Column],
    begins: Sequence[int],
    span: tuple[int, int],
    styles: Mapping[str, Style],
    cursor: int | None = None,
) -> tuple[int, list[Segment]]:
    """Return the columns seen between the cells `span` as segments, and where the first of them starts.

    `styles` has one for each tone, `text`, `end` and `cursor`; `cursor` is the column under a cell cursor.
    """
    first = max(bisect_right(begins, span[0]) - 1, 0)
    last = min(bisect_right(begins, span[1]), len(columns))
    segments: list[Segment] = []
    for index in range(first, last):
        text, tone = parts(cells[index]) if index < len(cells) else ("", "")
        style = styles[tone or "text"]
        if index == cursor:
            style += styles["cursor"]
        gap = begins[index + 1] - begins[index] - columns[index].width
        segments += [Segment(fitted(text, columns[index]), style), Segment(" " * gap, styles["end"])]
    return (begins[first] if columns else 0), segments


def fitted(text: str, column: Column) -> str:
    """Return a cell's text as wide as its column."""
    size = cell_len(text)
    if size > column.width:
        return set_cell_size(text, max(column.width - 1, 0)) + "…"
    space = " " * (column.width - size)
    return space + text if column.right else text + space
