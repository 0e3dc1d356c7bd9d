"""The outputs of a recurrent layer: every timestep of its last cell or the last
one, with the timesteps that a mask skips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.memory.large_arrays import built

if TYPE_CHECKING:
    from rnn_tui.engine.cells.stored_cell import CellSource
    from rnn_tui.engine.trace.record import Record


def cell_output(source: CellSource, record: Record, read: Array) -> Array:
    """Return the cell's output at each timestep, in the order it read: the
    input of the next cell.

    `read` is the cell's input; a residual cell adds it.
    """
    raw = in_order(record, "raw")
    if not source.residual:
        return raw

    times = raw.dtype.type(source.residual)

    return built(
        raw.shape,
        raw.dtype,
        lambda window: raw[:, window] + times * read[:, window],
        raw,
        read,
    )


def in_order(record: Record, name: str) -> Array:
    """Return a quantity in the order the cell read."""
    flat = record.quantity(name, slice(0, record.timesteps))

    return record.axes.shaped(flat)


def held(values: Array, mask: Mask | None) -> Array:
    """Return `values` `(batch, timesteps, units)` with those of the last
    timestep read where one was skipped.
    """
    if mask is None:
        return values

    timesteps = np.arange(mask.shape[1])
    places = np.where(mask, timesteps, 0)
    last = np.maximum.accumulate(places, axis=1)[..., None]

    return built(
        values.shape,
        values.dtype,
        lambda window: np.take_along_axis(values, last[:, window], 1),
        values,
    )


def last_output(h: Array, read: Mask | None, zero: bool) -> Array:
    """Return the output of the last timestep, `(batch, …, units)`.

    `read` is the mask in the order of reading. A skipped timestep has the
    output before it, zeros where there is none, or in any case with `zero`.
    """
    last = h[:, -1:]  # (batch, 1, …, units)
    if read is not None:
        shown = read
        if not zero:
            shown = np.logical_or.accumulate(read, axis=1)

        last = _where(shown[:, -1:], last)

    return np.ascontiguousarray(last[:, 0])


def masked_outputs(h: Array, read: Mask, zero: bool, turned: bool) -> Array:
    """Return the outputs of all timesteps in the order of reading.

    A skipped timestep repeats the output before it, zeros where there is none,
    or in any case with `zero`; `turned` where those zeros are placed in the
    order of the input, as Keras does unrolled and backwards.
    """
    seen = np.logical_or.accumulate(read, axis=1)
    if not zero:
        return _where(seen, h)
    if not turned:
        return _where(read, h)

    return _where(read[:, ::-1], _where(seen, h))


def _where(mask: Mask, h: Array) -> Array:
    """Return `h` `(batch, timesteps, …)` with zeros where `mask` is False."""
    ones = [1] * (h.ndim - 2)
    deep = mask.reshape(*mask.shape, *ones)
    return built(
        h.shape,
        h.dtype,
        lambda window: np.where(deep[:, window], h[:, window], h.dtype.type(0)),
        h,
    )
