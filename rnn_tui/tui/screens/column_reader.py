"""Reads a column of the user's: a number for each timestep of a sequence, from
a file or as typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.sequences.columns import (
    Column,
    named,
    preview_column,
    read_column,
)
from rnn_tui.tui.screens.path_names import completed
from rnn_tui.tui.session.columns import added

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Columns = tuple[Column, ...]


class ColumnReader:
    """Answers with the columns there are with the one that is typed; with none
    for an empty line.
    """

    title = "Your column"
    keys = "enter takes it · tab completes a path · esc back"
    grammar = (
        "NAME=FILE   NAME=0 1 1 2   depth.csv .npy .tsv .json .txt   "
        "ramp:50  sine:50"
    )

    def __init__(self, cell: CellTrace, columns: Columns) -> None:
        self._timesteps = cell.timesteps
        self._columns = columns

    def reads(self) -> str:
        """Return the expected input, and the columns there are."""
        lines = [
            f"a number for each of the {self._timesteps:,} timesteps, which "
            "the units are correlated with"
        ]
        if self._columns:
            names = ", ".join(column.name for column in self._columns)
            lines.append(f"there is {names}; an empty line takes all away")
        else:
            lines.append("for example: depth=depth.csv")

        return "\n".join(lines)

    def look(self, text: str) -> tuple[str, Columns | None]:
        """Return the meaning of a line: a large file isn't read to the end."""
        name, written = named(text)
        if not written:
            return self.read(text)

        found = preview_column(name, written)
        if found.parsed is None:
            return found.line, None

        return self.read(text)

    def read(self, text: str) -> tuple[str, Columns]:
        """Return the meaning of a line, and the columns with it."""
        name, written = named(text)
        if not written:
            return "takes the columns away", ()

        column = read_column(name, written, self._timesteps)
        words = f"{column.name}: {self._timesteps:,} numbers"

        return words, added(self._columns, column)

    def completed(self, text: str) -> str:
        """Return the line with its path completed."""
        start, equals, written = text.rpartition("=")

        return f"{start}{equals}{completed(written)}"
