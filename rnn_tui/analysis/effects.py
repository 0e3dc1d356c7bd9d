"""The effect of each unit of a layer on a target: the target's change where the
unit is switched off, every unit in one batch.

A unit that is off has an h of zero at every timestep, or its mean over the run.
The two can rank the units differently, and neither is the truth about a unit
that works together with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.changes import KINDS, MEAN, ZERO
from rnn_tui.analysis.edited_cells import cells_named, mean_h
from rnn_tui.analysis.table import Table
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.edits import Edit
from rnn_tui.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.target import Target
    from rnn_tui.engine.describe.entries import CellEntry
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import ModelTrace

BATCH_BYTES = 64 << 20
"""Bytes that a cell's values of one batch may take: more units are another
batch.
"""
KEPT = 2
"""Quantities that are kept of each run: h, and that of the target."""
NOTES = {
    ZERO: "off is h = 0, also where a unit's h is never near 0",
    MEAN: "off is h = its mean over this run",
}
"""The method of each kind, in words."""


@dataclass(frozen=True, eq=False)
class Effects:
    """The change of a target for each unit that is off.

    `value` is the target with every unit on, `off` the target with one off and
    `change` the difference, both `(units,)`. The difference is to the run with
    every unit on in the same batch, whose last digit may be another one than
    that of `value`, which is the trace's.
    """

    layer: str
    kind: str
    target: str
    value: float
    off: NDArray[np.float64]
    change: NDArray[np.float64]

    @property
    def note(self) -> str:
        """The method in words."""
        return NOTES[self.kind]

    def order(self) -> list[int]:
        """Return the units, the one with the largest effect first."""
        largest_first = np.argsort(-np.abs(self.change), kind="stable")
        found: list[int] = largest_first.tolist()

        return found

    def table(self) -> Table:
        """Return a row for each unit."""
        columns = ("layer", "unit", "kind", "target", "value", "off", "change")
        both = zip(self.off.tolist(), self.change.tolist(), strict=True)
        rows = [
            [
                self.layer,
                unit,
                self.kind,
                self.target,
                self.value,
                off,
                change,
            ]
            for unit, (off, change) in enumerate(both)
        ]

        return Table(
            "effects", columns, rows, numbers=frozenset(("unit", *columns[4:]))
        )


def effects(
    model: Model,
    arrays: Mapping[str, NDArray[Any]],
    layer: str,
    target: Target,
    *,
    kind: str = ZERO,
    dtype: str = "float32",
    states: Mapping[str, NDArray[Any]] | None = None,
    trace: ModelTrace | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Effects:
    """Return the change of `target` for each unit of a layer that is off, on
    one sequence.

    `layer` names cells as `--off` does; of a layer that is called several times
    a unit is off in all calls. `trace` is the run with every unit on, where it
    is there already. `target` may be of any layer after it. Raises EditError,
    and RnnTuiError where the run has no such target.
    """
    if kind not in KINDS:
        raise EditError(f"a unit is off by {' or '.join(KINDS)}, not {kind}")

    entries = cells_named(layer, model)
    options: dict[str, Any] = {"dtype": dtype, "cancelled": cancelled}
    if trace is None:
        trace = model.run(arrays, initial_state=states, **options)

    first_input = next(iter(trace.inputs.values()))
    if len(first_input) != 1 or model.at_once:
        raise EditError("the effects of units are of one sequence: choose one")

    units = entries[0].cell.units
    off_at = {entry.key: _off_at(entry, trace, kind) for entry in entries}
    off: list[NDArray[np.float64]] = []
    changes: list[NDArray[np.float64]] = []
    for some in _batches(units, trace, list(off_at)):
        mask = _one_off_a_row(some, units)
        edits = {
            key: [_edit(mask, value, kind)] for key, value in off_at.items()
        }
        inputs = _repeated(trace.inputs, len(mask))
        found = model.edited(edits).run(
            inputs,
            initial_state=states,
            kept=(target.quantity,),
            **options,
        )
        values = np.asarray(target.values(found), dtype=np.float64)
        with_all_on = values[0]
        off.append(values[1:])
        changes.append(values[1:] - with_all_on)

    return Effects(
        layer,
        kind,
        str(target),
        target.value(trace),
        np.concatenate(off),
        np.concatenate(changes),
    )


def _one_off_a_row(some: NDArray[np.int64], units: int) -> NDArray[np.bool_]:
    """Return which units are off in each row of a batch: every unit is on in
    the first row, one of `some` is off in each of the others.
    """
    rows = 1 + len(some)
    mask = np.zeros((rows, units), np.bool_)
    mask[np.arange(1, rows), some] = True

    return mask


def _off_at(
    entry: CellEntry,
    trace: ModelTrace,
    kind: str,
) -> NDArray[np.float64]:
    """Return the h of each unit that is off, `(units,)`."""
    if kind != MEAN:
        return np.zeros(entry.cell.units)

    mean = mean_h(entry, trace)  # (1, units)
    of_sequence: NDArray[np.float64] = mean[0].astype(np.float64)

    return of_sequence


def _edit(mask: NDArray[Any], value: NDArray[Any], kind: str) -> Edit:
    spread = np.broadcast_to(value, mask.shape)

    return Edit("h", mask, spread, initial=kind == ZERO)


def _batches(
    units: int,
    trace: ModelTrace,
    keys: Sequence[str],
) -> Iterator[NDArray[np.int64]]:
    """Yield the units in as many batches as memory asks for."""
    of_layer = [cell for cell in trace.cells if cell.key in keys]
    bytes_a_row = 1
    for cell in of_layer:
        one = cell.read("h", 0, 1)[0]
        bytes_a_row += KEPT * cell.timesteps * one.nbytes

    size = max(1, BATCH_BYTES // bytes_a_row)
    for start in range(0, units, size):
        yield np.arange(start, min(start + size, units))


def _repeated(
    inputs: Mapping[str, NDArray[Any]],
    times: int,
) -> dict[str, NDArray[Any]]:
    """Return the inputs `(1, …)` of one sequence as a batch of equal ones,
    copies: a product of a view that repeats a row is slow.
    """
    return {
        name: np.repeat(value, times, axis=0) for name, value in inputs.items()
    }
