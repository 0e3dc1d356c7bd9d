"""Tables on stdout: fitted to the terminal by Rich, plain columns where nobody
looks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from rnn_tui.analysis.table import Table

if TYPE_CHECKING:
    from rich.table import Table as RichTable

GAP = "  "


Part = Table | str
"""A piece of a page: a table, or a line of text."""


def show(parts: Sequence[Part], stream: TextIO) -> None:
    """Write a page to a terminal, or to a pipe or file."""
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        _show_rich(parts, stream)
        return

    for part in parts:
        if isinstance(part, str):
            lines = [part]
        else:
            lines = plain(part)

        stream.writelines(f"{line}\n" for line in lines)


def left_out(shown: int, total: int, noun: str) -> list[str]:
    """Return the line below a table that shows some of the rows, no line below
    one that shows all.
    """
    if shown >= total:
        return []

    return [f"{shown:,} of {total:,} {noun}; --format json and csv write all"]


def plain(table: Table) -> list[str]:
    """Return a table as aligned columns, nothing cut and nothing drawn."""
    rows = [list(table.columns), *table.texts()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for name, cell, width in zip(table.columns, row, widths, strict=True):
            if name in table.numbers:
                cells.append(cell.rjust(width))
            else:
                cells.append(cell.ljust(width))

        lines.append(GAP.join(cells).rstrip())

    return lines


def _show_rich(parts: Sequence[Part], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    for part in parts:
        if isinstance(part, str):
            console.print(Text(part), soft_wrap=False)
            continue

        table, left_out = _fitted(part, console.width)
        console.print(_drawn(table))
        if left_out:
            words = f"left out for want of room: {', '.join(left_out)}"
            console.print(Text(words, style="dim"))


def _drawn(table: Table) -> RichTable:
    """Return a table as Rich draws it."""
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )
    for name in table.columns:
        is_number = name in table.numbers
        drawn.add_column(
            Text(name),
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )

    for row in table.texts():
        drawn.add_row(*map(Text, row))

    return drawn


def _fitted(table: Table, width: int) -> tuple[Table, list[str]]:
    """Return the table without the optional columns that have no room, and
    their names.
    """
    left_out: list[str] = []
    for name in table.optional:
        if name not in table.columns:
            continue
        if _width(table) <= width:
            break

        table = table.without(name)
        left_out.append(name)

    return table, left_out


def _width(table: Table) -> int:
    """Return the cells a table takes when nothing of it is broken."""
    from rich.cells import cell_len

    columns = zip(table.columns, *table.texts(), strict=True)
    widths = [max(map(cell_len, column)) for column in columns]

    return sum(widths) + len(GAP) * (len(widths) - 1)
