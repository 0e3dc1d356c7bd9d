"""Tables on stdout: fitted to the terminal by Rich, plain columns where nobody looks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

GAP = "  "


@dataclass(frozen=True)
class Table:
    """Titles and rows of text; `right` names the titles whose column is a number's."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[str] = field(default_factory=frozenset)


Part = Table | str
"""A piece of a page: a table, or a line of text."""


def show(parts: Sequence[Part], stream: TextIO) -> None:
    """Write a page to a terminal, or to a pipe or file."""
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        _show_rich(parts, stream)
        return
    for part in parts:
        stream.writelines(f"{line}\n" for line in ([part] if isinstance(part, str) else plain(part)))


def plain(table: Table) -> list[str]:
    """Return a table as aligned columns, nothing cut and nothing drawn."""
    rows = [list(table.titles), *map(list, table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.titles))]
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
        drawn = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in part.titles:
            drawn.add_column(Text(title), justify="right" if title in part.right else "left", overflow="fold")
        for row in part.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
