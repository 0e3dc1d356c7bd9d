"""The limits of reading a sequence file from a stranger, all in one place.

An array (.npy, .npz) or a table (.csv, .tsv) becomes memory of its own size,
and a nameless file beyond some megabytes. Text becomes Python's objects first,
which take many times as much: its bounds are tighter.
"""

from __future__ import annotations

from rnn_tui.errors import SequenceError

HEADER_BYTES = 10_000
"""Bytes of the header of a .npy file; NumPy's own have some hundred."""
RANK = 32
"""Axes an array may have."""
EMPTY_ITEMS = 1 << 40
"""Items that the other axes of an empty array may count together."""

MEMBERS = 20_000
"""Arrays in a .npz file: a thousand recurrent layers with all their gates have
fewer.
"""
DIRECTORY_BYTES = 2 << 20
"""Bytes of the list of its members."""
ARRAY_BYTES = 1 << 30
"""Bytes that the arrays which are read from a .npz file, or from the standard
input, may take together.
"""
UNPACKED_BYTES = 64 << 20
"""Bytes they may unpack to in any case; above, `EXPANSION` times the file's
size.
"""
EXPANSION = 100

LINE_CHARACTERS = 4 << 20
"""Characters in one line of a table."""

TEXT_BYTES = 32 << 20
"""Bytes of a .txt or .json file, of text on the standard input, of a
vocabulary.
"""
TEXT_NUMBERS = 1 << 20
"""Numbers in one text."""
TEXT_CHARACTERS = 1 << 23
"""Characters of a text that becomes token ids."""
JSON_PARTS = 1 << 22
"""Parts of a JSON text: each costs some forty bytes once it is read.

See `json_text`.
"""
JSON_DEPTH = 8
"""Levels of nested lists that are read."""

GLANCE_BYTES = 1 << 20
"""Bytes up to which a file is read while its path is being typed."""
GLANCE_VALUES = 1 << 16
"""Values up to which a generated sequence is made while its name is being
typed.
"""
FIRST_ROWS_BYTES = 1 << 16
"""Bytes of a larger table that are looked at then."""

ANY_SIZE = "a .npy or .csv file may be any size"
"""The way out where a text is too long."""


def check_text_size(size: int, what: str) -> None:
    """Raise SequenceError when a text of so many bytes is too long to be
    read.
    """
    if size > TEXT_BYTES:
        raise SequenceError(
            f"{what} holds {megabytes(size)}; at most {megabytes(TEXT_BYTES)} "
            f"are read: {ANY_SIZE}"
        )


def megabytes(size: int) -> str:
    """Return a size in words, rounded up: `33 MB`."""
    return f"{-(-size >> 20):,} MB"
