"""Numbers as they are typed: `0.1 0.2`, rows apart by `;`, nested JSON
lists.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.sequences.json_text import load_json
from rnn_tui.sequences.limits import ANY_SIZE, JSON_DEPTH, TEXT_NUMBERS
from rnn_tui.text import clean, counted

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

LINE = re.compile(r"[^;\n\r]+")
WORD = re.compile(r"[^\s,]+")
WORD_END = re.compile(r"[\s,]")

NUMBER_CHARACTERS = 400
"""Characters of a line that may be a single number."""

PIECE = 1 << 16
"""Characters of a line that are split into words at a time."""

NUMBERS = {int, float}
"""The types of a number in JSON; true and false aren't numbers."""

MINUS = re.compile(r"−(?=[\d.in])", re.IGNORECASE)  # before digits, inf and nan
"""The typographic minus, U+2212, before a number."""
MINUS_BYTES = re.compile("−".encode() + rb"(?=[\d.iIn])")
"""The same in UTF-8."""

FORMS = (
    "numbers (0.1 0.2; 0.3 0.4), random:50, onehot: 4 7, text: hello, or a "
    ".npy .npz .csv .tsv .json .txt path"
)


def plain_minus(text: str) -> str:
    """Return text with the minus before each number as a computer writes it: a
    number that is shown here has a true minus.
    """
    return MINUS.sub("-", text)


def parse_numbers(text: str, info: InputInfo) -> NDArray[np.float64]:
    """Return one row of numbers as `(n,)`, rows separated by `;` or line ends
    as `(rows, n)`.
    """
    text = plain_minus(text)
    breaks = sum(text.count(end) for end in ";\n\r")
    if breaks > TEXT_NUMBERS:
        raise SequenceError(_too_many())

    lines = [line for line in LINE.findall(text) if line.strip(" \t,")]
    if not lines:
        raise SequenceError(f"the sequence is empty; type {FORMS}")

    values, lengths = _rows(lines)
    rows = len(lengths)
    rank = len(info.shape)
    is_single_row = rows == 1 and not _ends_a_row(text)
    is_column = len(values) == rows and max(lengths) == 1
    if is_single_row or (is_column and rank == 1):
        return np.array(values)

    features = None
    if rank in (1, 2):
        features = info.shape[-1]

    check_rows(lengths, features, _unit(info))
    flat = np.array(values)

    return flat.reshape(rows, -1)


def _rows(lines: Sequence[str]) -> tuple[array[float], list[int]]:
    """Return the numbers of all lines, one behind the other, and how many each
    line has.
    """
    # of a longer one float()'s complaint holds a copy, in escapes
    if max(map(len, lines)) <= NUMBER_CHARACTERS:
        try:
            # one number a line: the whole list at once
            return array("d", map(float, lines)), [1] * len(lines)
        except ValueError:
            pass

    values: array[float] = array("d")
    lengths: list[int] = []
    for line in lines:
        before = len(values)
        for words in _words(line):
            values.extend(_floats(words))
            if len(values) > TEXT_NUMBERS:
                raise SequenceError(_too_many())

        lengths.append(len(values) - before)

    return values, lengths


def _words(line: str) -> Iterator[list[str]]:
    """Yield the words of a line, some thousand at a time: as Python's strings
    they take ten times their memory.
    """
    start = 0
    while start < len(line):
        end = WORD_END.search(line, start + PIECE)
        if end is None:
            stop = len(line)
        else:
            stop = end.start()

        yield WORD.findall(line, start, stop)
        start = stop


def _floats(words: list[str]) -> list[float]:
    try:
        return [*map(float, words)]
    except ValueError:
        return [_number(word) for word in words]


def _too_many() -> str:
    return f"the text holds more than {TEXT_NUMBERS:,} numbers: {ANY_SIZE}"


def _ends_a_row(text: str) -> bool:
    """Whether `0.1 0.2;` says that its single row is a row."""
    return text.rstrip().endswith(";")


def _unit(info: InputInfo) -> str:
    if len(info.shape) == 2:
        return "feature"

    return "value"


def check_rows(
    lengths: Sequence[int],
    features: int | None,
    unit: str = "feature",
) -> None:
    """Raise SequenceError for the first row that hasn't `features` values (or
    as many as the first row).
    """
    if features is None:
        wanted = lengths[0]
    else:
        wanted = features

    for row, length in enumerate(lengths, 1):
        if length != wanted and features is not None:
            a_step = " a timestep" if unit == "feature" else ""
            raise SequenceError(
                f"the model reads {counted(wanted, unit)}{a_step}; row {row} "
                f"has {length}"
            )

        if length != wanted:
            raise SequenceError(
                f"rows differ: row 1 has {counted(wanted, 'value')}, row {row} "
                f"has {length}"
            )


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise SequenceError(
            f"{clean(word, 40)!r} is not a number; a sequence is {FORMS}"
        ) from None


def parse_json(
    text: str | bytes,
) -> NDArray[np.float64] | dict[str, NDArray[np.float64]]:
    """Return nested JSON lists as an array, an object of them as arrays by
    name.
    """
    if isinstance(text, str):
        text = plain_minus(text)
    else:
        text = MINUS_BYTES.sub(b"-", text)

    value = load_json(text)
    if isinstance(value, dict):
        return {clean(name): _array(inner) for name, inner in value.items()}

    return _array(value)


def _array(value: Any) -> NDArray[np.float64]:
    shape = _shape(value, 0)
    try:
        return np.array(value, dtype=np.float64).reshape(shape)
    except OverflowError:
        raise SequenceError(
            "a number in the JSON is too large for a float"
        ) from None


def _shape(value: Any, depth: int) -> tuple[int, ...]:
    """Return the shape of nested lists of numbers; raise SequenceError where
    they are ragged or hold something else.
    """
    if depth > JSON_DEPTH:
        raise SequenceError(
            f"the JSON is nested deeper than {JSON_DEPTH} levels"
        )
    if type(value) in NUMBERS:
        return ()
    if not isinstance(value, list):
        raise SequenceError(
            f"the JSON holds {_in_words(value)} where a number should be"
        )
    if set(map(type, value)) <= NUMBERS:
        return (len(value),)

    shapes = [_shape(item, depth + 1) for item in value]
    first = shapes[0]
    for row, shape in enumerate(shapes, 1):
        if shape != first:
            raise SequenceError(
                f"rows differ: row 1 has {_sizes(first)}, row {row} has "
                f"{_sizes(shape)}"
            )

    return (len(value), *first)


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"

    return clean(
        json.dumps(value[:50] if isinstance(value, str) else value),
        40,
    )


def _sizes(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return counted(shape[0], "value")
    if not shape:
        return "a number"

    return " × ".join(map(str, shape))
