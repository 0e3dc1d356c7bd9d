"""The initial states that the user gives a run, checked against the cells of
the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import SequenceError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.describe.entries import CellEntry


def checked_states(
    given: Mapping[str, NDArray[Any]],
    cells: Iterable[CellEntry],
) -> dict[str, NDArray[Any]]:
    """Return the initial states as arrays, by `KEY/h` and `KEY/c`.

    Raises SequenceError where one is no state of the `cells`.
    """
    if not given:
        return {}

    known = {
        f"{entry.key}/{state}": entry
        for entry in cells
        for state in entry.cell.states
    }
    for key, value in given.items():
        if key not in known:
            raise SequenceError(
                f"no cell has the state {key!r}; there are "
                f"{', '.join(known) or 'none'}"
            )

        units = known[key].cell.units
        _check_state(key, np.asarray(value), units)

    return {key: np.asarray(value) for key, value in given.items()}


def _check_state(key: str, value: NDArray[Any], units: int) -> None:
    """Raise SequenceError where a state doesn't hold a number for each unit."""
    if value.dtype.kind not in "fiub":
        raise SequenceError(f"{key!r} holds {clean(value.dtype)}, not numbers")
    if value.shape[-1:] != (units,):
        raise SequenceError(
            f"{key!r} has {units} units, got an array of shape {value.shape}"
        )
