"""A description of a sequence while it is typed; of a large file only the start
is read.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnn_tui.errors import SequenceError
from rnn_tui.sequences import files, limits, signals
from rnn_tui.sequences.input_shapes import (
    FIRST_VALUES,
    describe_shape,
    fit,
    shown_values,
)
from rnn_tui.sequences.npy_header import Header, read_header
from rnn_tui.sequences.numpy_files import member_headers
from rnn_tui.sequences.parse import (
    ParsedInput,
    by_input,
    parse_sequence,
    reader_of,
)
from rnn_tui.sequences.sequence_file import Bytes, open_regular
from rnn_tui.sequences.table import first_rows
from rnn_tui.sequences.typed_numbers import check_rows
from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo
    from rnn_tui.sequences.parse import Vocabulary

LATER = "enter reads it"
"""The end of the description of a file that is too large to be read at each
key.
"""


class Preview(NamedTuple):
    """The sequence of a text, in words; parsed, where it is small enough for
    that.
    """

    line: str
    parsed: ParsedInput | None = None


def preview_sequence(
    text: str,
    inputs: Sequence[InputInfo],
    *,
    vocab: Vocabulary | None = None,
) -> Preview:
    """Return the description of `text`; raise SequenceError where it is seen
    not to be a sequence.

    Small files are read, large ones are looked at: the header of a .npy or
    .npz, the first rows of a table.
    """
    if inputs:
        given = by_input(text, inputs)
    else:
        given = {}

    if not any(_is_large(part, inputs) for part in given.values()):
        parsed = parse_sequence(text, inputs, vocab=vocab)
        return Preview(parsed.understood, parsed)

    lines = []
    for name, part in given.items():
        own = [info for info in inputs if name in ("", info.name)]
        if _is_large(part, own):
            line = _look(part, own, inputs)
        else:
            line = parse_sequence(part, own, vocab=vocab).understood

        lines.append(f"{name}: {line}" if name else line)

    missing = [
        info.name
        for info in inputs
        if "" not in given and info.name not in given
    ]
    if missing:
        raise SequenceError(
            f"no sequence for {files.listed(missing)}: give each input as "
            "NAME=SEQ"
        )

    return Preview(" | ".join(lines))


def _is_large(part: str, inputs: Sequence[InputInfo]) -> bool:
    """Whether a part is more than is read or made at each key."""
    if signals.is_signal(part):
        values = [math.prod(signals.shape_of(part, info)) for info in inputs]
        return max(values, default=0) > limits.GLANCE_VALUES

    if not files.is_path(part):
        return False

    try:
        return (
            os.stat(os.path.expanduser(part.strip())).st_size
            > limits.GLANCE_BYTES
        )
    except (OSError, ValueError):
        return False


def _look(
    part: str,
    inputs: Sequence[InputInfo],
    all_inputs: Sequence[InputInfo],
) -> str:
    """Return a line about a large file or generated sequence without reading it
    all.
    """
    if signals.is_signal(part):
        lines = [
            describe_shape(signals.shape_of(part, info), info, batched=False)
            for info in inputs
        ]
        return " | ".join(lines)

    path = part.strip()
    kind = files.extension(path)
    first = inputs[0]
    with files.complaining(path, kind), open_regular(path) as file:
        if kind == ".npy":
            return _npy(file, first, reader_of(first, all_inputs))
        if kind == ".npz":
            return _npz(file, inputs, all_inputs)
        if kind in files.DELIMITERS:
            return _table(file, files.DELIMITERS[kind], first)

        limits.check_text_size(file.size, "it")
        return f"{limits.megabytes(file.size)} of text: {LATER}"


def _npy(file: Bytes, info: InputInfo, reader: str) -> str:
    header = read_header(file.read, texts=info.text is not None)
    if header.bytes > file.size - header.length:
        raise SequenceError(
            f"it declares {header.bytes:,} bytes of values and holds "
            f"{file.size - header.length:,}"
        )
    if header.is_text:
        return f"{counted(header.items, 'text')}: {LATER}"

    line = _shape(header, info, reader)
    if header.fortran_order:
        return line

    few = min(header.items, FIRST_VALUES)
    data = file.read(few * header.item_bytes)
    first = np.frombuffer(data, header.dtype)

    return f"{line}: {shown_values(first, header.items, info)}"


def _npz(
    file: Bytes,
    inputs: Sequence[InputInfo],
    all_inputs: Sequence[InputInfo],
) -> str:
    headers = list(
        member_headers(
            file,
            lambda names: files.for_inputs(names, inputs),
        ).values()
    )
    lines = [
        _shape(header, info, reader_of(info, all_inputs))
        for header, info in zip(headers, inputs, strict=False)
    ]
    return f"{' | '.join(lines)}: {LATER}"


def _shape(header: Header, info: InputInfo, reader: str) -> str:
    """Return in words the shape of an array with that header; raise
    SequenceError where it doesn't fit the input.
    """
    # one value, in that shape
    stand_in = np.broadcast_to(np.zeros((), header.dtype), header.shape)
    fitted = fit(stand_in, info, reader, values=False)

    return describe_shape(
        fitted.shape,
        info,
        batched=fitted.ndim > len(info.shape),
    )


def _table(file: Bytes, delimiter: str, info: InputInfo) -> str:
    start = io.BytesIO(file.read(limits.FIRST_ROWS_BYTES))
    rows = first_rows(start, delimiter)
    if rows.size == 0:
        return f"{limits.megabytes(file.size)} of numbers: {LATER}"

    timesteps, features = rows.shape
    if len(info.shape) == 2:
        check_rows([features], info.shape[1])

    few = rows.reshape(-1)[:FIRST_VALUES]
    first = shown_values(few, rows.size, info)

    return (
        f"more than {counted(timesteps, 'timestep')} × "
        f"{counted(features, 'feature')}: {first} {LATER}"
    )
