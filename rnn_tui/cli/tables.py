"""Tables on stdout: fitted to the terminal by Rich, plain columns where nobody
looks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

GAP = "  "


@dataclass(frozen=True)
class Table:
    """Titles and rows of text; `right` names the titles whose column is a number's and
    is never broken.

    `optional` names the columns a narrow terminal may do without, the first to go
    first.
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[str] = field(default_factory=frozenset)
    optional: Sequence[str] = ()

    def without(self, title: str) -> Table:
        """Return the table without one column."""
        kept = [index for index, one in enumerate(self.titles) if one != title]
        rows = [[row[index] for index in kept] for row in self.rows]

        return Table(
            [self.titles[index] for index in kept], rows, self.right, self.optional
        )


Part = Table | str
"""A piece of a page: a table, or a line of text."""


def show(parts: Sequence[Part], stream: TextIO) -> None:
    """Write a page to a terminal, or to a pipe or file."""
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        _show_rich(parts, stream)
        return

    for part in parts:
        stream.writelines(
            f"{line}\n" for line in ([part] if isinstance(part, str) else plain(part))
        )


def plain(table: Table) -> list[str]:
    """Return a table as aligned columns, nothing cut and nothing drawn."""
    rows = [list(table.titles), *map(list, table.rows)]
    widths = [
        max(len(row[column]) for row in rows) for column in range(len(table.titles))
    ]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if title in table.right else cell.ljust(width)
            for title, cell, width in zip(table.titles, row, widths, strict=True)
        ]
        lines.append(GAP.join(cells).rstrip())

    return lines


def _show_rich(parts: Sequence[Part], stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    for part in parts:
        if isinstance(part, str):
            console.print(Text(part), soft_wrap=False)
            continue

        table, left_out = _fitted(part, console.width)
        drawn = RichTable(
            box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold"
        )
        for title in table.titles:
            number = title in table.right
            drawn.add_column(
                Text(title),
                justify="right" if number else "left",
                no_wrap=number,
                overflow="fold",
            )

        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))

        console.print(drawn)
        if left_out:
            console.print(
                Text(f"left out for want of room: {', '.join(left_out)}", style="dim")
            )


def _fitted(table: Table, width: int) -> tuple[Table, list[str]]:
    """Return the table without the optional columns that have no room, and their
    titles.
    """
    from rich.cells import cell_len

    left_out: list[str] = []
    for title in (title for title in table.optional if title in table.titles):
        columns = zip(table.titles, *table.rows, strict=True)
        if (
            sum(max(map(cell_len, column)) + len(GAP) for column in columns) - len(GAP)
            <= width
        ):
            break

        table = table.without(title)
        left_out.append(title)

    return table, left_out
