"""Sequences in files: .npy, .npz, .csv, .tsv, .json, .txt and the standard
input, each within limits.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeAlias

from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import disk_folder
from rnn_tui.errors import SequenceError
from rnn_tui.sequences import limits
from rnn_tui.sequences.sequence_file import open_regular
from rnn_tui.sequences.tokens import several_texts
from rnn_tui.sequences.typed_numbers import parse_json
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

Content: TypeAlias = NDArray[Any] | Mapping[str, NDArray[Any]] | str
"""An array, arrays by name, or text that is read like typed text."""

EXTENSIONS = (".npy", ".npz", ".csv", ".tsv", ".json", ".txt")
DELIMITERS = {".csv": ",", ".tsv": "\t"}


def is_path(text: str) -> bool:
    """Whether `text` is the path of a file that holds a sequence."""
    return (
        text.strip().lower().endswith(EXTENSIONS)
        and text.strip()[0] not in "[{"
        and "\n" not in text.strip()
    )


def extension(path: str) -> str:
    """Return which of the extensions a path has."""
    return os.path.splitext(path.strip().lower())[1]


def read_path(text: str, inputs: Sequence[InputInfo]) -> Content:
    """Return the content of the file at `text`; of a .npz file the arrays that
    may be for `inputs`.
    """
    path = text.strip()
    with complaining(path, extension(path)), open_regular(path) as file:
        return _parse(file, file.size, extension(path), inputs)


@contextlib.contextmanager
def complaining(path: str, kind: str) -> Iterator[None]:
    """Name the file in every error."""
    from rnn_tui.sequences.numpy_files import BROKEN

    name = clean(os.path.expanduser(path))
    try:
        yield
    except SequenceError as error:
        raise SequenceError(
            str(error) if str(error).startswith(name) else f"{name}: {error}"
        ) from None
    except OSError as error:
        raise SequenceError(
            f"{name}: {clean(error.strerror or error)}"
        ) from None
    except BROKEN as error:
        raise SequenceError(
            f"{name}: this can't be read as {kind}: {clean(error, 120)}"
        ) from None
    except MemoryError:
        raise SequenceError(
            f"{name}: what it declares doesn't fit into memory"
        ) from None


def read_stream(
    stream: BinaryIO | None,
    inputs: Sequence[InputInfo],
) -> Content:
    """Return the content of the standard input: a .npy or .npz file, JSON, or
    text as it is typed.
    """
    from rnn_tui.sequences.npy_header import MAGIC
    from rnn_tui.sequences.numpy_files import BROKEN

    if stream is None:
        raise SequenceError(
            "- reads the standard input, which only the command line can do; "
            "type a sequence or a path"
        )

    start = stream.read(len(MAGIC))
    if start == MAGIC:
        kind = ".npy"
    elif start.startswith(b"PK"):
        kind = ".npz"
    else:
        kind = ".txt"

    if kind == ".txt":
        most = limits.TEXT_BYTES
    else:
        most = limits.ARRAY_BYTES

    try:
        with tempfile.TemporaryFile(
            prefix="rnn-tui-",
            dir=disk_folder(),
        ) as file:
            size = _copied(start, stream, file, most)
            file.seek(0)
            return _parse(file, size, kind, inputs)
    except OSError as error:
        raise SequenceError(
            "the standard input can't be kept: "
            f"{clean(error.strerror or error)}"
        ) from None
    except BROKEN as error:
        raise SequenceError(
            "the standard input can't be read as a sequence: "
            f"{clean(error, 120)}"
        ) from None
    except MemoryError:
        raise SequenceError(
            "the standard input declares more than fits into memory"
        ) from None


def _copied(start: bytes, stream: BinaryIO, file: IO[bytes], most: int) -> int:
    """Copy a stream to a file and return how long it was; SequenceError when it
    is longer than `most`.
    """
    size = 0
    piece = start
    while piece:
        size += len(piece)
        if size > most:
            limit = limits.megabytes(most)
            raise SequenceError(
                f"the standard input holds more than {limit}; give the path "
                "of a .npy or .csv file"
            )

        file.write(piece)
        piece = stream.read(1 << 20)

    return size


def _parse(
    file: Any,
    size: int,
    kind: str,
    inputs: Sequence[InputInfo],
) -> Content:
    """Return the content of an open file of so many bytes."""
    from rnn_tui.sequences.numpy_files import load_array, load_members

    info = inputs[0]
    reads_text = info.text is not None
    if kind == ".npy":
        return load_array(file, texts=reads_text)

    if kind == ".npz":
        found = load_members(file, lambda names: for_inputs(names, inputs))
        return {clean(name): array for name, array in found.items()}

    if kind in DELIMITERS:
        from rnn_tui.sequences.table import read_table

        return read_table(io.BufferedReader(file), DELIMITERS[kind], info)

    limits.check_text_size(size, "it")
    data = file.read(size)
    if kind == ".json" and not reads_text:
        return parse_json(data)

    text: str = data.decode("utf-8-sig")
    if reads_text:
        several = several_texts(text)
        if several is not None:
            return several

    is_json = text.lstrip()[:1] in ("[", "{")
    if is_json:
        return parse_json(text)

    return text


def for_inputs(
    names: Sequence[str],
    inputs: Sequence[InputInfo],
) -> Collection[str]:
    """Return which of an archive's arrays are for the inputs: those of their
    names (as `trace` writes them, too).

    A single array is for a single input, whatever its name. Raises
    SequenceError when there are none.
    """
    if len(names) == 1 == len(inputs):
        return names

    chosen = []
    shown = {clean(name): name for name in names}
    for info in inputs:
        own = [
            shown[name]
            for name in (info.name, f"input/{info.name}")
            if name in shown
        ]
        chosen += own[:1]

    if not chosen:
        wanted = listed([info.name for info in inputs])
        raise SequenceError(
            f"it holds {listed(names) or 'no arrays'}; the model reads {wanted}"
        )

    return chosen


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names as a line shows them: `'a', 'b' and 3 more`."""
    shown = ", ".join(repr(clean(name, 60)) for name in names[:most])
    if len(names) > most:
        return f"{shown} and {len(names) - most} more"

    return shown
