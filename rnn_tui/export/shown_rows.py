"""Values that a view shows, as the command line writes the same of a trace: in
long form, a value a line, and as nested objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.table import Table
from rnn_tui.export.long_table import COLUMNS
from rnn_tui.export.numbers import digits


class Shown(NamedTuple):
    """Values of one sequence, `(timesteps, units)`, and where they are in a
    trace; `first` is their first timestep, None where they have no time.
    """

    layer: str
    direction: str
    quantity: str
    sequence: int
    first: int | None
    values: NDArray[Any]

    @property
    def path(self) -> list[str]:
        """The parts of the values' path in a trace."""
        words = [*self.layer.split("/"), self.direction, self.quantity]

        return [word for word in words if word]


class Written(float):
    """A number whose text has the few digits that a trace's file has."""

    text: str

    def __new__(cls, text: str) -> Written:
        """Read a number's text."""
        number = super().__new__(cls, text)
        number.text = text

        return number

    def __str__(self) -> str:
        return self.text


def shown_table(title: str, shown: Sequence[Shown]) -> Table:
    """Return values as a table with the columns of a trace's file."""
    rows: list[tuple[object, ...]] = []
    tree: dict[str, Any] = {"schema": 1}
    for one in shown:
        rows += _rows(one)
        _put(tree, one)

    return Table(title, COLUMNS, rows, tree=tree)


def _rows(shown: Shown) -> list[tuple[object, ...]]:
    values = shown.values
    steps = values.reshape(len(values), -1)  # (timesteps, units)
    texts = iter(digits(steps))
    where = (shown.layer, shown.direction, shown.quantity, shown.sequence)
    rows: list[tuple[object, ...]] = []
    for step in range(len(steps)):
        t: object = ""
        if shown.first is not None:
            t = shown.first + step

        rows += [
            (*where, t, unit, Written(next(texts)))
            for unit in range(steps.shape[1])
        ]

    return rows


def _put(tree: dict[str, Any], shown: Shown) -> None:
    """Put values into a tree, at their path, with the batch axis of a trace."""
    *folders, name = shown.path
    place = tree
    for folder in folders:
        place = place.setdefault(folder, {})

    values = shown.values
    if shown.first is None:
        values = values.reshape(-1)

    place[name] = [_plain(values)]


def _plain(values: NDArray[Any]) -> Any:
    """Return nested lists of numbers, None for those that aren't finite."""
    numbers: list[Any] = [
        float(text) if np.isfinite(float(text)) else None
        for text in digits(values)
    ]
    for side in reversed(values.shape[1:]):
        numbers = [
            numbers[start : start + side]
            for start in range(0, len(numbers), side)
        ]

    return numbers
