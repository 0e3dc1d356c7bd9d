"""The last states of an earlier run, from its trace, to continue from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rnn_tui.engine.describe.entries import CellEntry

Arrays = Mapping[str, NDArray[Any]]


def is_trace(names: Iterable[str]) -> bool:
    """Whether a file with arrays of these names is a trace: inputs and
    outputs.
    """
    listed = list(names)
    return all(
        any(name.startswith(start) for name in listed)
        for start in ("input/", "output/")
    )


def last_states(
    arrays: Arrays,
    cells: Iterable[CellEntry],
) -> dict[str, NDArray[Any]]:
    """Return the states `(batch, units)` after the last timestep that each cell
    read, by `KEY/h` and `KEY/c`.

    A cell that reads backwards ends at the first timestep of the input. A
    timestep that the mask leaves out wasn't read; where it leaves out all of a
    sequence, its states are those from which the earlier run began.
    """
    found: dict[str, NDArray[Any]] = {}
    for entry in cells:
        mask = arrays.get(f"{entry.call}/mask")
        for name in entry.cell.states:
            key = f"{entry.key}/{name}"
            values = arrays.get(key)
            if values is None or values.ndim < 3 or 0 in values.shape:
                continue

            found[key] = _last_read(values, mask, entry.reverse)

    return found


def _last_read(
    values: NDArray[Any],
    mask: NDArray[Any] | None,
    reverse: bool,
) -> NDArray[Any]:
    """Return, of `(batch, timesteps, …)`, each sequence's row after the last
    timestep that was read.
    """
    batch, timesteps = values.shape[:2]
    if reverse:
        end = 0
    else:
        end = timesteps - 1

    if mask is None or mask.shape != (batch, timesteps):
        return values[:, end]

    was_read = mask.astype(np.bool_)
    if reverse:
        last = np.argmax(was_read, axis=1)
    else:
        behind = np.argmax(was_read[:, ::-1], axis=1)
        last = timesteps - 1 - behind

    any_read = was_read.any(axis=1)
    rows = np.where(any_read, last, end)  # (batch,)

    return values[np.arange(batch), rows]
