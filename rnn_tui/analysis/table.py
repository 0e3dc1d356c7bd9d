"""A table of plain values, which a view shows, a command prints, and both
write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """Rows of plain values under the names of their columns; `title` is the
    name of a file of it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    part: str = ""
    """The part of the titled table that it is, for the file's name; empty for
    all of it.
    """
    numbers: frozenset[str] = frozenset()
    """The columns of numbers: drawn at their right edge, and never broken."""
    optional: Sequence[str] = ()
    """The columns a narrow terminal may do without, the first to go first."""
    tree: Mapping[str, Any] | None = None
    """The JSON that a command writes for the same content; None
    for the rows as objects.
    """

    def without(self, column: str) -> Table:
        """Return the table without one column."""
        kept = []
        for index, name in enumerate(self.columns):
            if name != column:
                kept.append(index)

        columns = [self.columns[index] for index in kept]
        rows = [[row[index] for index in kept] for row in self.rows]

        return self._replace(columns=columns, rows=rows)

    def texts(self) -> list[list[str]]:
        """Return the rows as text."""
        return [[str(value) for value in row] for row in self.rows]
