"""A cell over a whole sequence: windows of time, one after the other, each from
the states the last one left.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.trace.checkpointed import RecomputedRecord
from rnn_tui.engine.trace.reading import Reading
from rnn_tui.engine.trace.record import KeptRecord, Record


def prepare(
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
    run.claims.take(run.path, x.shape[1])
    states = [_units_first(initial[name], scan) for name in scan.states]
    place = initial[scan.states[0]].shape[:-1]
    if mask is None:
        columns = None
    else:
        columns = np.repeat(mask.T, states[0].shape[1] // mask.shape[0], axis=1)

    reading = Reading(np.swapaxes(x, 0, 1), columns, place, reverse)
    size = x.shape[1] * len(scan.slots) * states[0].nbytes
    if size <= min(run.record_limit, run.claims.left()):
        record: Record = KeptRecord(scan, reading, states)
    else:
        record = RecomputedRecord(
            scan,
            reading,
            states,
            run.claims.limit(),
            run.window_cache,
        )

    run.claims.hold(record.held())

    return record


def fill(record: Record, run: Run) -> None:
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
