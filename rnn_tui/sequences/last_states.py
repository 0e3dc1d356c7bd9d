"""The last states of an earlier run, as `trace` writes them: what a run starts from
that carries it on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rnn_tui.engine.describe.entries import CellEntry

Arrays = Mapping[str, NDArray[Any]]


def is_trace(names: Iterable[str]) -> bool:
    """Whether a file with arrays of these names is a trace: it holds what was fed and
    what came out.
    """
    listed = list(names)
    return all(
        any(name.startswith(start) for name in listed)
        for start in ("input/", "output/")
    )


def last_states(arrays: Arrays, cells: Iterable[CellEntry]) -> dict[str, NDArray[Any]]:
    """Return the states `(batch, units)` after the last timestep that each cell read,
    by `KEY/h` and `KEY/c`.

    A cell that reads backwards ends at the first timestep of the input. A timestep that
    the mask leaves out wasn't read; where it leaves out all of a sequence, its states
    are those from which the earlier run began.
    """
    found: dict[str, NDArray[Any]] = {}
    for entry in cells:
        mask = arrays.get(f"{entry.call}/mask")
        for name in entry.cell.states:
            values = arrays.get(f"{entry.key}/{name}")
            if values is not None and values.ndim > 2 and 0 not in values.shape:
                found[f"{entry.key}/{name}"] = _last_read(values, mask, entry.reverse)

    return found


def _last_read(
    values: NDArray[Any], mask: NDArray[Any] | None, reverse: bool
) -> NDArray[Any]:
    """Return the row of each sequence, of `(batch, timesteps, …)`, after which no
    timestep was read.
    """
    batch, timesteps = values.shape[:2]
    if reverse:
        end = 0
    else:
        end = timesteps - 1

    if mask is None or mask.shape != (batch, timesteps):
        return values[:, end]

    read = mask.astype(np.bool_)
    first = np.argmax(read, axis=1)
    last = timesteps - 1 - np.argmax(read[:, ::-1], axis=1)
    rows = np.where(read.any(axis=1), first if reverse else last, end)  # (batch,)

    return values[np.arange(batch), rows]
