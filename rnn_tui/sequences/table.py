"""Tables of numbers, .csv and .tsv: a timestep a line, read some megabytes at a
time, of any length.
"""

from __future__ import annotations

import io
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import disk_folder
from rnn_tui.errors import SequenceError
from rnn_tui.sequences.limits import LINE_CHARACTERS
from rnn_tui.sequences.typed_numbers import plain_minus
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

ROWS_AT_ONCE = 1 << 16
"""Rows that are parsed at a time."""

CHARACTERS_AT_ONCE = 1 << 21
"""Characters after which no further row is added to those."""


def read_table(
    file: IO[bytes],
    delimiter: str,
    info: InputInfo,
) -> NDArray[Any]:
    """Return a table of numbers, a timestep a line; a first line of column
    names is skipped.
    """
    rows = _rows(file, delimiter)
    table = _stacked(_parts(rows, delimiter))  # (timesteps, columns)
    if table.size == 0:
        raise SequenceError("the file holds no numbers")

    columns = table.shape[1]
    if columns == 1 and len(info.shape) == 1:
        return table[:, 0]

    if len(table) == 1:
        table = table[0]

    return table


def first_rows(file: IO[bytes], delimiter: str) -> NDArray[np.float64]:
    """Return the rows at the beginning of a longer file, of which the last one
    is cut somewhere.
    """
    every = list(_rows(file, delimiter))
    rows = every[:-1]
    nothing = np.empty((0, 1))
    parts = _parts(iter(rows), delimiter)

    return next(parts, nothing)


def _rows(file: IO[bytes], delimiter: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold numbers, each with its number in the file."""
    lines = _lines(io.TextIOWrapper(file, encoding="utf-8-sig", newline=None))
    first = next(lines, None)
    if first is None:
        return

    if not _is_header(first[1], delimiter):
        yield first

    yield from lines


def _lines(text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """Yield the lines that aren't blank, each with its number."""
    number = 0
    while line := text.readline(LINE_CHARACTERS + 1):
        number += 1
        if len(line) > LINE_CHARACTERS:
            most = f"{LINE_CHARACTERS:,} characters"
            raise SequenceError(
                f"line {number:,} is longer than {most}; write a timestep a "
                "line, or a .npy file"
            )

        if not line.isspace():
            yield number, plain_minus(line)


def _parts(
    rows: Iterable[tuple[int, str]],
    delimiter: str,
) -> Iterator[NDArray[np.float64]]:
    """Yield the numbers of the rows, some thousand at a time."""
    held: list[tuple[int, str]] = []
    characters = 0
    for row in rows:
        held.append(row)
        characters += len(row[1])
        if len(held) == ROWS_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            yield _parsed(held, delimiter)
            held = []
            characters = 0

    if held:
        yield _parsed(held, delimiter)


def _parsed(rows: list[tuple[int, str]], delimiter: str) -> NDArray[np.float64]:
    """Return the numbers of some rows; SequenceError names the first line that
    holds something else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return np.loadtxt(
                [line for _, line in rows],
                dtype=np.float64,
                delimiter=delimiter,
                comments=None,
                ndmin=2,
            )
    except ValueError:
        raise SequenceError(_what_is_wrong(rows, delimiter)) from None


def _what_is_wrong(rows: list[tuple[int, str]], delimiter: str) -> str:
    """Return why rows of a table can't be parsed."""
    first_number, first_line = rows[0]
    columns = first_line.count(delimiter) + 1
    for number, line in rows:
        found = line.count(delimiter) + 1
        if found != columns:
            return (
                f"line {number:,} has {_columns(found)}, line "
                f"{first_number:,} has {_columns(columns)}"
            )

        for cell in line.rstrip("\r\n").split(delimiter):
            if _is_number(cell):
                continue

            shown = clean(cell.strip(), 40)
            if shown:
                return f"line {number:,}: {shown!r} is not a number"

            return f"line {number:,} has an empty cell"

    last_number, _ = rows[-1]

    return f"lines {first_number:,} to {last_number:,} are no table of numbers"


def _columns(count: int) -> str:
    if count == 1:
        return f"{count:,} column"

    return f"{count:,} columns"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False

    return True


def _stacked(parts: Iterator[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the parts as one array; a large one is kept in a nameless file."""
    first = next(parts, np.empty((0, 1)))
    second = next(parts, None)
    if second is None:
        return first

    columns = first.shape[1]
    with tempfile.TemporaryFile(prefix="rnn-tui-", dir=disk_folder()) as file:
        count = 0
        for part in chain([first, second], parts):
            if part.shape[1] != columns:
                raise SequenceError(
                    f"row {count + 1:,} has {part.shape[1]} columns, the "
                    f"first has {columns}"
                )

            file.write(part.data)
            count += len(part)

        file.flush()
        return np.memmap(file, np.float64, "r", shape=(count, columns))


def _is_header(line: str, delimiter: str) -> bool:
    """Whether the cells of a line are names: no cell is a number."""
    cells = (cell.strip() for cell in line.split(delimiter))
    return not any(
        re.match(r"[-+]?(\.?\d|(nan|inf|infinity)$)", cell, re.I)
        for cell in cells
    )
