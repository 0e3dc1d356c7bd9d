"""A table of plain values: what a view shows and a command writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """What a view shows, as a table fit to export: its title, columns and rows of plain
    values, and a file's name.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    part: str = ""
    """Which part of what the title names it is, for the file's name; empty for all of
    it.
    """


ShownTable = Table
