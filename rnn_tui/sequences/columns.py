"""A column of the user's: a number for each timestep of a sequence, typed or in
a file, with the name that it is shown by.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.graph.input_info import InputInfo
from rnn_tui.errors import SequenceError
from rnn_tui.sequences import files
from rnn_tui.sequences.parse import parse_sequence
from rnn_tui.sequences.preview import Preview, preview_sequence
from rnn_tui.text import clean, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNNAMED = "column"
"""The name of numbers that were typed without one."""


class Column(NamedTuple):
    """A named number for each timestep, `(timesteps,)`."""

    name: str
    values: NDArray[Any]


def named(text: str) -> tuple[str, str]:
    """Return the name and the numbers of `NAME=SEQ`; a file without a name has
    its own.
    """
    name, equals, written = text.partition("=")
    if equals and os.sep not in name:
        return name.strip(), written.strip()

    written = text.strip()
    if written and files.is_path(written):
        file_name = os.path.basename(written)
        stem, _ = os.path.splitext(file_name)
        return stem, written

    return UNNAMED, written


def read_column(
    name: str,
    written: str,
    timesteps: int,
    option: str = "",
) -> Column:
    """Return the column that `written` means, a sequence of one feature;
    `option` is written before the name in an error.

    Raises SequenceError for one of another length.
    """
    info = _info(name)
    try:
        parsed = parse_sequence([written], (info,))
    except SequenceError as error:
        raise SequenceError(
            f"{option}{clean(name, 60)}: a column is a number for each "
            f"timestep, read as a sequence of one feature ({error})"
        ) from None

    array = parsed.arrays[info.name]
    if parsed.batched and len(array) > 1:
        raise SequenceError(
            f"{option}{clean(name, 60)}: it has {len(array):,} sequences, a "
            "column is one"
        )

    values = array.reshape(-1)
    if len(values) != timesteps:
        raise SequenceError(
            f"{option}{clean(name, 60)}: it has {len(values):,} numbers, the "
            f"sequence {counted(timesteps, 'timestep')}"
        )

    return Column(clean(info.name), values)


def preview_column(name: str, written: str) -> Preview:
    """Return the description of a column while it is typed: of a large file
    only the start is read.
    """
    return preview_sequence(written, (_info(name),))


def _info(name: str) -> InputInfo:
    return InputInfo(name, (None, 1), fixed=False)
