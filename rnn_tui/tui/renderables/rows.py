"""A table's line as segments: only the columns that are seen, each cell cut or
filled to its column's width.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple, TypeAlias, overload

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.numbers import aligned

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


def column(
    title: str,
    rows: Rows,
    index: int,
    right: bool = False,
    most: int = 60,
) -> Column:
    """Return a column as wide as its widest cell, at most `most`."""
    widest = max(
        (cell_len(parts(row[index])[0]) for row in rows if index < len(row)),
        default=0,
    )
    return Column(title, min(max(widest, cell_len(title)), most), right)


def parts(cell: Cell) -> tuple[str, Tone]:
    """Return a cell's text and tone."""
    if isinstance(cell, str):
        return (cell, "")

    return cell


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
    """Return the columns seen between the cells `span` as segments, and where
    the first of them starts.

    `styles` has one for each tone, `text`, `end` and `cursor`; `cursor` is the
    column under a cell cursor.
    """
    first = max(bisect_right(begins, span[0]) - 1, 0)
    last = min(bisect_right(begins, span[1]), len(columns))
    segments: list[Segment] = []
    for index in range(first, last):
        if index < len(cells):
            text, tone = parts(cells[index])
        else:
            text, tone = ("", "")

        style = styles[tone or "text"]
        if index == cursor:
            style += styles["cursor"]

        gap = begins[index + 1] - begins[index] - columns[index].width
        segments += [
            Segment(fitted(text, columns[index]), style),
            Segment(" " * gap, styles["end"]),
        ]

    return (begins[first] if columns else 0), segments


def fitted(text: str, column: Column) -> str:
    """Return a cell's text as wide as its column."""
    size = cell_len(text)
    if size > column.width:
        return set_cell_size(text, max(column.width - 1, 0)) + "…"

    space = " " * (column.width - size)
    if column.right:
        return space + text

    return text + space


def matrix_columns(values: Any) -> list[Column]:
    """Return the columns of a matrix: its row numbers, then one for each of its
    own.
    """
    return [
        Column("", 6, right=True),
        *(
            Column(str(column), 10, right=True)
            for column in range(values.shape[1])
        ),
    ]


class MatrixRows(Sequence[Sequence[Cell]]):
    """A matrix's rows as text, formatted when they are looked at."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[Cell]]: ...
    def __getitem__(self, index: int | slice) -> Sequence[Any]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]

        return _MatrixRow(index, self._values[index])


class _MatrixRow(Sequence[Cell]):
    """One row; a cell is formatted when it is drawn."""

    def __init__(self, index: int, values: Any) -> None:
        self._index = index
        self._values = values

    def __len__(self) -> int:
        return len(self._values) + 1

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Cell]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        if index == 0:
            return (str(self._index), "muted")

        return aligned(float(self._values[index - 1]), 5, whole=4, room=5)
