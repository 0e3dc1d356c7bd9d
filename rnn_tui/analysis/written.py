"""Written and still there: how much of the state at one timestep was written at
each timestep before (Murdoch and Szlam 2017).

    c_T = Σ_s (Π_{k>s} f_k) ⊙ i_s ⊙ c̃_s + (Π f) ⊙ c_0

The sum is exact. It says when the present content was written, never why: a
recurrence may write anew at each timestep a value that it has read long before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.carried import Carried, carried
from rnn_tui.analysis.plain import number, plain
from rnn_tui.analysis.stretches import initial_state, stretches
from rnn_tui.analysis.table import Table
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

TITLES = ("layer", "quantity", "unit", "timestep", "written")


@dataclass(frozen=True, eq=False)
class Written:
    """The part of a unit's state at timestep `at` written at each timestep,
    `values` `(timesteps,)`; 0 where the timestep was skipped or is read later.

    `initial` is the rest of the state before the first timestep, `sum` the
    values and it together, `state` the state of the trace.
    """

    key: str
    quantity: str
    unit: int
    at: int
    values: Float
    initial: float
    state: float

    @property
    def sum(self) -> float:
        """All that was written and is still there; equals `state`."""
        return float(self.values.sum()) + self.initial

    @property
    def note(self) -> str:
        """The meaning of the numbers, in a sentence."""
        return (
            f"what of {self.quantity}[{self.unit}] at timestep {self.at} was "
            "written when; not because of which input"
        )

    def tree(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "unit": self.unit,
            "quantity": self.quantity,
            "at": self.at,
            "values": plain(self.values),
            "initial": number(self.initial),
            "sum": number(self.sum),
            "state": number(self.state),
            "note": self.note,
        }

    def table(self) -> Table:
        """Return a row for each timestep."""
        rows = [
            [self.key, self.quantity, self.unit, t, value]
            for t, value in enumerate(self.values.tolist())
        ]
        return Table("written", TITLES, rows, numbers=frozenset(TITLES[2:]))


def written(
    cell: CellTrace,
    unit: int,
    at: int | None = None,
    sequence: int = 0,
) -> Written:
    """Return when the state of `unit` at timestep `at` was written; the end of
    the reading for None.

    Raises RnnTuiError for a cell whose state no gate carries.
    """
    by_gate = gate_of(cell)
    if at is None:
        at = last_read(cell)

    values = np.zeros(cell.timesteps)
    kept = np.ones(cell.units)
    for part in _parts(cell, by_gate, at, sequence):
        values[part.times] = part.written[:, unit]
        kept = part.kept

    before = initial_state(cell, by_gate.state, sequence)
    now = cell.read(by_gate.state, at, at + 1)
    state = now[sequence, 0]

    return Written(
        cell.key,
        by_gate.state,
        unit,
        at,
        values,
        float(kept[unit] * before[unit]),
        float(state[unit]),
    )


def written_map(
    cell: CellTrace,
    start: int,
    stop: int,
    at: int | None = None,
    sequence: int = 0,
) -> Float:
    """Return the part of every unit's state at timestep `at` that was written
    in a stretch of the input's time, `(stop - start, units)`.

    It goes back from `at` no further than to the stretch, or to where nothing
    is kept any more. Raises as `written` does.
    """
    by_gate = gate_of(cell)
    if at is None:
        at = last_read(cell)

    timesteps = stop - start
    found = np.zeros((timesteps, cell.units))
    for part in _parts(cell, by_gate, at, sequence):
        times = part.times
        inside = (times >= start) & (times < stop)
        rows = times[inside] - start
        found[rows] = part.written[inside]

        is_past = _is_past(cell, times[0], start, stop)
        if is_past or not part.kept.any():
            break

    return found


def gate_of(cell: CellTrace) -> Carried:
    """Return the state that a gate of the cell carries.

    Raises RnnTuiError where none does.
    """
    found = carried(cell.cell)
    if found is not None and not cell.sides:
        return found

    class_name = cell.cell.kind.replace("_", " ")
    if cell.cell.states == ("h",):
        why = "has no gate that keeps its state: every timestep writes all of h"
    else:
        why = "has pictures as its states"

    raise RnnTuiError(
        f"{cell.key}: when its state was written isn't told, for a "
        f"{class_name} {why}"
    )


def last_read(cell: CellTrace) -> int:
    """Return the timestep that the cell reads last."""
    if cell.reverse:
        return 0

    return cell.timesteps - 1


class _Part(NamedTuple):
    """A stretch of timesteps in the order of reading, seen from `at`."""

    times: NDArray[np.int64]
    written: Float
    """The values they wrote that are still there, `(n, units)`."""
    kept: Float
    """The share of the state before them that is still there, `(units,)`."""


def _parts(
    cell: CellTrace,
    by_gate: Carried,
    at: int,
    sequence: int,
) -> Iterator[_Part]:
    """Yield the timesteps up to `at`, the last stretch first."""
    kept_later = np.ones(cell.units)
    for stretch in stretches(
        cell,
        by_gate.quantities,
        sequence,
        from_the_end=True,
    ):
        if cell.reverse:
            inside = stretch.times >= at
        else:
            inside = stretch.times <= at

        if not inside.any():
            continue

        kept = by_gate.kept(stretch.values)[inside]
        new = by_gate.written(stretch.values)[inside]
        from_here = _products_from(kept) * kept_later  # (n + 1, units)
        kept_later = from_here[0]
        times = stretch.times[inside]
        written = from_here[1:] * new
        yield _Part(times, written, kept_later)


def _products_from(kept: Float) -> Float:
    """Return for each row the product of it and all rows after it, and 1 after
    the last, `(n + 1, units)`.
    """
    rows, units = kept.shape
    products = np.ones((rows + 1, units))
    from_the_end = np.cumprod(kept[::-1], axis=0)
    products[:-1] = from_the_end[::-1]

    return products


def _is_past(cell: CellTrace, earliest: int, start: int, stop: int) -> bool:
    """Return whether going back from a timestep never enters the stretch
    again.
    """
    if cell.reverse:
        return earliest >= stop - 1

    return earliest <= start
