"""A table of plain values as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rnn_tui.analysis.table import Table

KINDS = ("csv", "json")
"""The formats of a table."""


def write_table(table: Table, stream: TextIO, kind: str) -> None:
    """Write a table as `kind`: as JSON its own tree, or its rows as objects
    under its title, NaN and infinity null.
    """
    if kind == "json":
        tree = table.tree
        if tree is None:
            rows = [_record(table.columns, line) for line in table.rows]
            tree = {"schema": 1, table.title: rows}

        json.dump(tree, stream, ensure_ascii=False, allow_nan=False, indent=1)
        stream.write("\n")
        return

    stream.write(f"{row(table.columns)}\n")
    for line in table.rows:
        stream.write(f"{row(line)}\n")


def _record(columns: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    """Return a row as an object; JSON has no word for infinite values."""
    sound: list[Any] = []
    for cell in cells:
        if isinstance(cell, float) and not math.isfinite(cell):
            cell = None

        sound.append(cell)

    return dict(zip(columns, sound, strict=True))


def row(cells: Iterable[Any]) -> str:
    """Return cells as one line of CSV without its end; text that a spreadsheet
    would compute is made plain text.
    """
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="")
    writer.writerow([safe(cell) for cell in cells])

    return line.getvalue()


def safe(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: text that starts
    like one gets a leading apostrophe.
    """
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"

    return cell
