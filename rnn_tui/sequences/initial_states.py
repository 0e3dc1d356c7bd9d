"""The states of `--initial-state`: those of a .npz file, or the last states of
an earlier run's trace.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from rnn_tui.errors import RnnTuiError, SequenceError
from rnn_tui.sequences.last_states import is_trace, last_states
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.describe.entries import CellEntry
    from rnn_tui.engine.model import Model


def load_states(
    path: str,
    model: Model,
    warn: Callable[[str], object],
) -> Mapping[str, NDArray[Any]]:
    """Return the states in a .npz file, by `KEY/h` and `KEY/c`: its arrays, or
    the last states of an earlier run's trace.

    `warn` is told of cells that a trace has no states for. Raises RnnTuiError.
    """
    cells = model.called_cells()
    needed = {
        f"{entry.key}/{state}" for entry in cells for state in entry.cell.states
    }
    needed |= {f"{entry.call}/mask" for entry in cells}
    of_trace = False

    def choose(names: Sequence[str]) -> list[str]:
        """Return the arrays to read: of a trace those its states need, of other
        files all but the texts.
        """
        nonlocal of_trace
        of_trace = is_trace(names)
        if of_trace:
            return [name for name in names if name in needed]

        return [name for name in names if name != "warnings"]

    arrays = _read_states(path, choose)
    if of_trace:
        return _carried_states(clean(path), arrays, cells, warn)

    return arrays


def _read_states(
    path: str,
    choose: Callable[[Sequence[str]], list[str]],
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a .npz file; raise RnnTuiError where it can't be
    read.
    """
    from rnn_tui.sequences.numpy_files import BROKEN, load_members

    name = clean(path)
    if os.path.lexists(path) and not os.path.isfile(path):
        raise RnnTuiError(
            f"{name}: initial states are a .npz file; this is not a regular "
            "file"
        )

    try:
        with open(path, "rb") as file:
            if file.read(2) != b"PK":
                raise RnnTuiError(
                    f"{name}: initial states are a .npz file with LAYER/h and "
                    "LAYER/c"
                )

            file.seek(0)
            return load_members(file, choose)
    except OSError as error:
        raise RnnTuiError(f"{name}: {clean(error.strerror or error)}") from None
    except MemoryError:
        raise RnnTuiError(
            f"{name}: what it declares doesn't fit into memory"
        ) from None
    except (SequenceError, *BROKEN) as error:
        raise RnnTuiError(
            f"{name}: this can't be read as .npz: {clean(error, 120)}"
        ) from None


def _carried_states(
    name: str,
    arrays: Mapping[str, NDArray[Any]],
    cells: Sequence[CellEntry],
    warn: Callable[[str], object],
) -> dict[str, NDArray[Any]]:
    """Return the last states in a trace; warn of the cells that it has none
    for.
    """
    states = last_states(arrays, cells)
    if not states:
        raise RnnTuiError(
            f"{name}: this trace holds no states of this model's layers"
        )

    with_states = {key.rpartition("/")[0] for key in states}
    missing = [entry.key for entry in cells if entry.key not in with_states]
    if missing:
        warn(
            f"{name}: this trace has no states of {', '.join(missing)}, which "
            "start anew"
        )

    return states
