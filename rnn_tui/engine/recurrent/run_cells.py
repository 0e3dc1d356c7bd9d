"""The cells of a recurrent layer over a sequence, one after the other: each
reads the output of the one before, in windows of time that begin with the
states the last one left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.cells.stored_cell import CellSource
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.core.edits import Edit, all_applied
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.returned import cell_output, held, in_order
from rnn_tui.engine.trace.paths import CellPath
from rnn_tui.engine.trace.reading import Reading
from rnn_tui.engine.trace.record import KeptRecord, Record
from rnn_tui.engine.trace.trace import CellTrace

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Sequences:
    """The sequences of a batch in input time, `(batch, timesteps, …)`, their
    mask, and whether they are read from the end.
    """

    x: Array
    mask: Mask | None
    backwards: bool

    def turned(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return `(batch, timesteps, …)` turned between input time and the
        order of reading, a view.
        """
        if self.backwards:
            return values[:, ::-1]

        return values

    @property
    def read_mask(self) -> Mask | None:
        """The mask in the order of reading."""
        if self.mask is None:
            return None

        return self.turned(self.mask)


class Ran(NamedTuple):
    """The traces and records of the cells, and the output of the last one at
    each timestep, in the order of reading.
    """

    traces: tuple[CellTrace, ...]
    records: list[Record]
    h: Array


def run_cells(
    cells: Sequence[tuple[CellPath, CellSource]],
    states: Mapping[CellPath, Mapping[str, Array]],
    sequences: Sequences,
    run: Run,
) -> Ran:
    """Run each cell, by its path, over the sequences from its initial
    states.
    """
    read = sequences.turned(sequences.x)
    records: list[Record] = []
    traces: list[CellTrace] = []
    for path, source in cells:
        record, trace = _run_one(
            path,
            source,
            states[path],
            read,
            sequences,
            run,
        )
        records.append(record)
        traces.append(trace)
        if len(records) < len(cells) or source.residual:
            read = cell_output(source, record, read)

    if cells[-1][1].residual:
        h = held(read, sequences.read_mask)
    else:
        h = in_order(records[-1], "h")

    return Ran(tuple(traces), records, h)


def _run_one(
    path: CellPath,
    source: CellSource,
    initial: Mapping[str, Array],
    read: Array,
    sequences: Sequences,
    run: Run,
) -> tuple[Record, CellTrace]:
    """Run one cell over `read`, in the order of reading."""
    backwards = sequences.backwards
    place = initial["h"].shape[:-1]
    edits = run.edits.get(str(path))
    if edits is None:
        scan = source.scan(run.dtype, place)
    else:
        scan = source.edited_scan(run.dtype, place, edits, run.kept)
        initial = _edited_initial(initial, edits)

    record = _prepared(scan, read, initial, sequences.read_mask, backwards, run)
    trace = CellTrace(
        key=str(path),
        layer=run.path,
        cell=source.load(),
        x=sequences.turned(read),
        values=record,
        initial=initial,
        direction=path.direction,
        index=path.cell,
        mask=sequences.mask,
        reverse=backwards,
        edits=tuple(edits or ()),
    )
    run.watch(trace)
    _fill(record, run)

    return record, trace


def _prepared(
    scan: Scan,
    x: Array,
    initial: Mapping[str, Array],
    mask: Mask | None,
    reverse: bool,
    run: Run,
) -> Record:
    """Return an empty record of a cell that will read `x`,
    `(batch, timesteps, …)` in processing order.

    It keeps everything where that takes no more than `run.record_limit` bytes
    and the run may hold them, and recomputes it otherwise.
    """
    batch, timesteps = x.shape[:2]
    run.claims.take(run.path, timesteps)
    states = [_units_first(initial[name], scan) for name in scan.states]
    place = initial[scan.states[0]].shape[:-1]
    first = states[0]  # (units, batch · …)
    columns = None
    if mask is not None:
        places = first.shape[1] // batch
        columns = np.repeat(mask.T, places, axis=1)

    reading = Reading(np.swapaxes(x, 0, 1), columns, place, reverse)
    size = timesteps * len(scan.slots) * first.nbytes
    if size <= min(run.record_limit, run.claims.left()):
        record: Record = KeptRecord(scan, reading, states)
    else:
        from rnn_tui.engine.trace.checkpointed import RecomputedRecord

        record = RecomputedRecord(
            scan,
            reading,
            states,
            run.claims.limit(),
            run.window_cache,
        )

    run.claims.hold(record.held())

    return record


def _fill(record: Record, run: Run) -> None:
    """Compute every timestep of `record`, telling progress and stopping when
    the run is cancelled.
    """
    while record.filled < record.timesteps:
        run.check()
        record.advance()
        run.progress(record.filled, record.timesteps)


def _units_first(state: Array, scan: Scan) -> Array:
    """Return a state `(batch, …, units)` as `(units, batch · …)`, a copy."""
    last = state.ndim - 1
    units_first = state.transpose(last, *range(last))  # (units, batch, …)

    return np.array(
        units_first.reshape(scan.units, -1),
        dtype=scan.dtype,
        order="C",
    )


def _edited_initial(
    initial: Mapping[str, Array],
    edits: Sequence[Edit],
) -> dict[str, Array]:
    """Return the states from which a cell starts with those edits that reach
    them.
    """
    reaching = [edit for edit in edits if edit.initial]

    return {
        name: all_applied(reaching, name, state)
        for name, state in initial.items()
    }
