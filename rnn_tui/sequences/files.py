"""Sequences in files: .npy (memory-mapped), .npz, .csv, .tsv, .json, .txt and the standard input."""

from __future__ import annotations

import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.room import disk_folder
from rnn_tui.errors import SequenceError
from rnn_tui.sequences.numpy_files import BROKEN, LARGEST, load_array, load_members
from rnn_tui.sequences.tokens import several_texts
from rnn_tui.sequences.typed import parse_json, plain_minus
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

Content: TypeAlias = NDArray[Any] | Mapping[str, NDArray[Any]] | str
"""An array, arrays by name, or text that is read like typed text."""

EXTENSIONS = (".npy", ".npz", ".csv", ".tsv", ".json", ".txt")

ROWS_AT_ONCE = 1 << 16
"""Rows of a table that are parsed at a time."""


def is_path(text: str) -> bool:
    """Whether `text` is the path of a file that holds a sequence."""
    return text.strip().lower().endswith(EXTENSIONS) and text.strip()[0] not in "[{" and "\n" not in text.strip()


def read_path(text: str, info: InputInfo) -> Content:
    """Return the content of the file at `text`."""
    path = Path(os.path.expanduser(text.strip()))
    name = clean(path)
    try:
        if path.exists() and not path.is_file():
            raise SequenceError(f"{name}: this is not a regular file")
        size = path.stat().st_size
        if path.suffix.lower() == ".npy":
            return _array(load_array(path, mapped=True))
        if size > LARGEST and path.suffix.lower() not in (".csv", ".tsv"):
            raise SequenceError(
                f"{name}: {size >> 20:,} MB is too much to read at once; a .npy or .csv file may be any size"
            )
        with path.open("rb") as file:
            return _parse(file, path.suffix.lower(), info)
    except SequenceError as error:
        raise SequenceError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    except OSError as error:
        raise SequenceError(f"{name}: {clean(error.strerror or error)}") from None
    except BROKEN as error:
        raise SequenceError(f"{name}: this can't be read as {path.suffix}: {clean(error, 120)}") from None
    except MemoryError:
        raise SequenceError(f"{name}: what it declares doesn't fit into memory") from None


def read_stream(stream: BinaryIO | None, info: InputInfo) -> Content:
    """Return what the standard input holds: a .npy or .npz file, JSON, or text as it is typed."""
    if stream is None:
        raise SequenceError("- reads the standard input, which only the command line can do; type a sequence or a path")
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SequenceError(f"the standard input holds more than {LARGEST >> 20:,} MB; give a .npy file instead")
    kind = ".npy" if data.startswith(b"\x93NUMPY") else ".npz" if data.startswith(b"PK") else ".txt"
    try:
        return _parse(io.BytesIO(data), kind, info)
    except BROKEN as error:
        raise SequenceError(f"the standard input can't be read as a sequence: {clean(error, 120)}") from None
    except MemoryError:
        raise SequenceError("the standard input declares more than fits into memory") from None


def _parse(file: IO[bytes], kind: str, info: InputInfo) -> Content:
    if kind == ".npy":
        return _array(load_array(file))
    if kind == ".npz":
        return {clean(name): _array(array) for name, array in load_members(file).items()}
    if kind == ".json" and info.text is None:
        return parse_json(file.read())
    if kind in (".txt", ".json"):
        text = file.read().decode("utf-8-sig")
        if info.text is not None and (several := several_texts(text)) is not None:
            return several
        return parse_json(text) if text.lstrip()[:1] in ("[", "{") else text
    return _table(file, "\t" if kind == ".tsv" else ",", info)


def _array(array: Any) -> NDArray[Any]:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise SequenceError(f"a sequence holds numbers; this is {clean(getattr(array, 'dtype', type(array).__name__))}")
    return array


def _table(file: IO[bytes], delimiter: str, info: InputInfo) -> NDArray[Any]:
    """Return a table of numbers, a timestep a line; a first line of column names is skipped."""
    lines = _lines(io.TextIOWrapper(file, encoding="utf-8-sig", newline=None))
    first = next(lines, None)
    if first is None:
        raise SequenceError("the file is empty")
    rows = lines if _is_header(first, delimiter) else chain([first], lines)
    table = _stacked(_parts(rows, delimiter))
    if table.size == 0:
        raise SequenceError("the file holds no numbers below its first line")
    if table.shape[1] == 1 and len(info.shape) == 1:
        return table[:, 0]
    return table[0] if len(table) == 1 else table


def _parts(rows: Iterator[str], delimiter: str) -> Iterator[NDArray[np.float64]]:
    """Yield the numbers of the rows, some thousand at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        while True:
            lines = islice(rows, ROWS_AT_ONCE)
            part = np.loadtxt(lines, dtype=np.float64, delimiter=delimiter, comments=None, ndmin=2)
            if part.size == 0:
                return
            yield part


def _stacked(parts: Iterator[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the parts as one array; what is large is kept in a nameless file."""
    first, second = next(parts, np.empty((0, 1))), next(parts, None)
    if second is None:
        return first
    with tempfile.TemporaryFile(prefix="rnn-tui-", dir=disk_folder()) as file:
        count = 0
        for part in chain([first, second], parts):
            if part.shape[1] != first.shape[1]:
                raise ValueError(f"row {count + 1:,} has {part.shape[1]} columns, the first has {first.shape[1]}")
            file.write(part.data)
            count += len(part)
        file.flush()
        return np.memmap(file, np.float64, "r", shape=(count, first.shape[1]))


def _lines(text: Iterable[str]) -> Iterator[str]:
    return (plain_minus(line) for line in text if line.strip())


def _is_header(line: str, delimiter: str) -> bool:
    """Whether the cells of a line are names: none of them is a number."""
    cells = (cell.strip() for cell in line.split(delimiter))
    return not any(re.match(r"[-+]?(\.?\d|(nan|inf|infinity)$)", cell, re.I) for cell in cells)
