"""Arguments of operations that no Keras wrote: whatever stands in a file, the
answer is numbers or one line.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.operations.calling import computed
from rnn_tui.engine.operations.keras_table import KERAS
from rnn_tui.engine.operations.rows import Row, signature_of
from rnn_tui.engine.operations.tensorflow_table import TENSORFLOW
from rnn_tui.errors import MisfitError, UnsupportedLayerError

X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
N = np.arange(6, dtype="int32").reshape(2, 3)
ONE = np.array(3)
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        1,
        -1,
        2,
        3,
        -5,
        10**9,
        10**30,
        1.5,
        -1.0,
        float("nan"),
        float("inf"),
    ),
    *(
        "relu",
        "float32",
        "int32",
        "...",
        "ij->ji",
        "abc,abc->ab",
        "b t f -> b f t",
    ),
    *([], [1], [0, 1], [1, 0], [[0], [0]], [[1, 2], [3]], [None], ["a"], {}),
    {"class_name": "slice", "config": {"start": 1, "stop": None, "step": 0}},
    {"start": N, "stop": 3, "step": None},
    *(X, X[0], X[0, 0], N, ONE, X > 0, [X, X], [X, N], [X[0, 0], 1.0]),
]
"""What an argument may be; what it is for is none of their matter."""
ROWS: dict[str, Row] = {
    **KERAS,
    **{f"tf {name}": row for name, row in TENSORFLOW.items()},
}


def few(values: int, size: int) -> None:
    """Refuse to make much."""
    if values > 10**6:
        raise UnsupportedLayerError("t", "too many values")


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.filterwarnings("ignore")
def test_any_arguments_give_numbers_or_one_line(name: str) -> None:
    rng, row = random.Random(name), ROWS[name]
    signature = signature_of(row)
    for _ in range(60):
        args = [
            rng.choice([X, X, N, X[0], rng.choice(VALUES)])
            for _ in signature.operands
        ]
        if rng.random() < 0.1:
            args.append(rng.choice(VALUES))
        given = {
            term.theirs[0]: rng.choice(VALUES)
            for term in signature.params
            if rng.random() < 0.7
        }
        made, line = attempt(row, args, given)
        assert line.isprintable()
        assert all(
            part.dtype.kind in "iub" or part.dtype == np.float32
            for part in made
        )


def attempt(
    row: Row, args: list[Any], given: dict[str, Any]
) -> tuple[list[np.ndarray], str]:
    """Return what an operation makes, or the line that refuses it; any other
    exception is a fault of ours.
    """
    try:
        with np.errstate(all="ignore"):
            return computed(row, args, given, np.dtype("float32"), few), ""
    except (MisfitError, UnsupportedLayerError) as error:
        return [], str(error)


@pytest.mark.parametrize(
    ("name", "args", "given", "words"),
    [
        ("FloorDivide", [N, 0], {}, "divides whole numbers by zero"),
        ("Mod", [N, 0], {}, "divides whole numbers by zero"),
        ("Power", [N, -1], {}, "powers below zero"),
        ("Take", [X, [7]], {"axis": 1}, "the indices 7 to 7 of an axis of 3"),
        ("Add", [X], {}, "doesn't say what its argument 'x2' is"),
        ("Add", [X, X], {"alpha": 2}, "its argument 'alpha' is not reproduced"),
        (
            "GetItem",
            [X, [X > 0]],
            {},
            "how many values it chooses depends on the values it reads",
        ),
        (
            "Where",
            [X > 0],
            {},
            "how many places it returns depends on the values it reads",
        ),
        ("Cast", [X], {"dtype": "complex64"}, "its dtype is complex64"),
        (
            "Pad",
            [X],
            {"pad_width": [[0, 0], [0, 3], [0, 0]], "mode": "reflect"},
            "a mirrored margin of 3",
        ),
        ("Geomspace", [X * X + 1, 9.0], {"num": 4, "axis": -1}, "broadcast"),
    ],
)
def test_what_keras_refuses_is_said(
    name: str, args: list[Any], given: dict[str, Any], words: str
) -> None:
    with pytest.raises(MisfitError, match=words):
        computed(KERAS[name], args, given, np.dtype("float32"), few)
