"""Numbers as they are typed: `0.1 0.2`, rows apart by `;`, nested JSON lists."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.sequences.fit import count
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

DEEPEST = 8
"""Levels of nested lists that are read."""

MINUS = re.compile(r"−(?=[\d.in])", re.IGNORECASE)  # before digits, inf and nan
"""The typographic minus, U+2212, before a number."""

FORMS = "numbers (0.1 0.2; 0.3 0.4), random:50, onehot: 4 7, text: hello, or a .npy .npz .csv .tsv .json .txt path"


def plain_minus(text: str) -> str:
    """Return text with the minus before each number as a computer writes it: what is shown here has a true minus."""
    return MINUS.sub("-", text)


def parse_numbers(text: str, info: InputInfo) -> NDArray[np.float64]:
    """Return one row of numbers as `(n,)`, rows apart by `;` or line ends as `(rows, n)`."""
    text = plain_minus(text)
    lines = [line for line in re.split(r"[;\n\r]", text) if line.strip(" \t,")]
    if not lines:
        raise SequenceError(f"the sequence is empty; type {FORMS}")
    rows = [[_number(word) for word in re.split(r"[\s,]+", line.strip(" \t,"))] for line in lines]
    if len(rows) == 1 and not _ends_a_row(text):
        return np.array(rows[0])
    if len(info.shape) == 1 and all(len(row) == 1 for row in rows):
        return np.array([row[0] for row in rows])
    features = info.shape[1] if len(info.shape) == 2 else info.shape[0] if len(info.shape) == 1 else None
    check_rows([len(row) for row in rows], features, _unit(info))
    return np.array(rows)


def _ends_a_row(text: str) -> bool:
    """Whether `0.1 0.2;` says that its single row is a row."""
    return text.rstrip().endswith(";")


def _unit(info: InputInfo) -> str:
    return "feature" if len(info.shape) == 2 else "value"


def check_rows(lengths: Sequence[int], features: int | None, unit: str = "feature") -> None:
    """Raise SequenceError for the first row that hasn't `features` values (or as many as the first row)."""
    wanted = lengths[0] if features is None else features
    for row, length in enumerate(lengths, 1):
        if length != wanted and features is not None:
            a_step = " a timestep" if unit == "feature" else ""
            raise SequenceError(f"the model reads {count(wanted, unit)}{a_step}; row {row} has {length}")
        if length != wanted:
            raise SequenceError(f"rows differ: row 1 has {count(wanted, 'value')}, row {row} has {length}")


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise SequenceError(f"{clean(word, 40)!r} is not a number; a sequence is {FORMS}") from None


def parse_json(text: str | bytes) -> NDArray[np.float64] | dict[str, NDArray[np.float64]]:
    """Return nested JSON lists as an array, an object of them as arrays by name."""
    if isinstance(text, str):
        text = plain_minus(text)
    try:
        value = json.loads(text)
    except RecursionError:
        raise SequenceError(f"the JSON is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise SequenceError(f"this is not JSON: {clean(error, 120)}") from None
    if isinstance(value, dict):
        return {clean(name): _array(inner) for name, inner in value.items()}
    return _array(value)


def _array(value: Any) -> NDArray[np.float64]:
    shape = _shape(value, 0)
    try:
        return np.array(value, dtype=np.float64).reshape(shape)
    except OverflowError:
        raise SequenceError("a number in the JSON is too large for a float") from None


def _shape(value: Any, depth: int) -> tuple[int, ...]:
    """Return the shape of nested lists of numbers; raise SequenceError where they are ragged or hold something else."""
    if depth > DEEPEST:
        raise SequenceError(f"the JSON is nested deeper than {DEEPEST} levels")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ()
    if not isinstance(value, list):
        raise SequenceError(f"the JSON holds {clean(json.dumps(value), 40)} where a number should be")
    shapes = [_shape(item, depth + 1) for item in value]
    for row, shape in enumerate(shapes, 1):
        if shape != shapes[0]:
            raise SequenceError(f"rows differ: row 1 has {_sizes(shapes[0])}, row {row} has {_sizes(shape)}")
    return (len(value), *(shapes[0] if shapes else ()))


def _sizes(shape: tuple[int, ...]) -> str:
    return count(shape[0], "value") if len(shape) == 1 else "a number" if not shape else " × ".join(map(str, shape))
