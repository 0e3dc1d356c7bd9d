"""The lane of the model's output over time, below the input: its value, or of
many the one that is largest.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session.tokens import fitting_names, shown_names
from rnn_tui.tui.states_page.rows import Lane, Row

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

LABEL = "out"
"""What the lane is called."""
ROUNDING = 1e-3
"""How far the sum of shares may be from 1."""
LONGEST = 1 << 16
"""Timesteps of an output that is shown at most: all of it is looked through."""


def output_lanes(session: Session) -> tuple[Lane, ...]:
    """Return the lane of the first output, where it has the timesteps of the
    cell in question; none otherwise.
    """
    cell = session.cell
    trace = session.subject.trace
    opened = session.subject.opened
    if cell is None or trace is None or opened is None or not trace.outputs:
        return ()

    output = trace.outputs[0]
    if output.ndim != 3 or not 1 < cell.timesteps <= LONGEST:
        return ()

    sequence = min(session.cursor.sequence, len(output) - 1)
    values = output[sequence]
    if len(values) != cell.timesteps:
        return ()

    key = (LABEL, id(output), sequence)
    name = opened.model.output_names[0]
    if values.shape[1] == 1:
        words = f"{name}[0]", "the model's output, a bar for each timestep"
        return (value_lane(values[:, 0], key, LABEL, words),)

    names: Mapping[int, str] = {}
    if session.subject.vocabulary:
        names = shown_names(session.subject.vocabulary)

    fitting = fitting_names(names, values.shape[1])
    if not fitting and not _are_shares(values):
        # the number of the largest of any values says nothing
        return ()

    return (_largest(values, key, name, fitting),)


def _are_shares(values: NDArray[Any]) -> bool:
    """Whether the values of every timestep are shares of one, as classes
    have.
    """
    totals = values.sum(axis=1)

    return bool((values >= 0).all() and (abs(totals - 1) < ROUNDING).all())


def value_lane(
    values: NDArray[Any],
    key: Hashable,
    label: str,
    words: tuple[str, str],
) -> Lane:
    """Return the lane of one number a timestep `(timesteps,)`, between the
    number's name and a word on it its range; `key` is equal for equal values.
    """
    name, about = words
    course = np.asarray(values, np.float64)
    finite = np.where(np.isfinite(course), course, 0.0)
    lowest = int(finite.argmin())
    highest = int(finite.argmax())
    low = float(finite[lowest])
    high = float(finite[highest])
    caption = (
        f"{name} from {short(low)} (t {lowest}) to {short(high)} "
        f"(t {highest}) · {about}"
    )
    signed = low < 0 < high
    if signed:
        high = max(-low, high)
        low = -high

    def read(start: int, stop: int, sequence: int) -> Array:
        return course[start:stop]

    scale = Scale(low, high, signed=signed)
    row = Row(key, label, label, read, scale)

    return Lane(row, caption)


def _largest(
    values: NDArray[Any],
    key: Hashable,
    name: str,
    names: Mapping[int, str],
) -> Lane:
    """Return the lane of the output that is largest at each timestep, by its
    name or its number.
    """
    outputs = values.shape[1]
    largest = np.argmax(np.nan_to_num(values, nan=-np.inf), axis=1).tolist()

    def words(times: Sequence[int]) -> list[str]:
        return [names.get(largest[t], str(largest[t])) for t in times]

    def nothing(start: int, stop: int, sequence: int) -> Array:
        return np.zeros(stop - start)

    scale = Scale(0.0, 1.0, signed=False)
    row = Row(key, LABEL, LABEL, nothing, scale)
    about = f"the model's output {name}: the largest of its {outputs} values"

    return Lane(row, about, tokens=words)
