"""The edits that the user asks for, checked against the cells of the model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import EditError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.core.edits import Edit, Edits
    from rnn_tui.engine.describe.entries import CellEntry


def checked_edits(
    given: Edits,
    cells: Iterable[CellEntry],
) -> dict[str, tuple[Edit, ...]]:
    """Return the edits by the key of their cell.

    Raises EditError where one is of no cell that runs, of no quantity or for
    other units.
    """
    known = {entry.key: entry for entry in cells}
    for key, edits in given.items():
        if key not in known:
            raise EditError(
                f"no cell {clean(key, 60)!r} to edit; there are "
                f"{', '.join(known) or 'none'}"
            )

        for edit in edits:
            _check_edit(edit, known[key])

    return {key: tuple(edits) for key, edits in given.items()}


def _check_edit(edit: Edit, entry: CellEntry) -> None:
    """Raise EditError where an edit doesn't fit its cell."""
    cell = entry.cell
    if edit.quantity not in cell.quantities:
        raise EditError(
            f"{entry.key} has no quantity {clean(edit.quantity, 40)!r}; it has "
            f"{', '.join(cell.quantities)}"
        )

    for array in (edit.mask, edit.value):
        shape = np.shape(array)
        is_of_units = shape[-1:] == (cell.units,)
        if len(shape) not in (1, 2) or not is_of_units:
            raise EditError(
                f"an edit of {entry.key} is ({cell.units},) or (batch, "
                f"{cell.units}), not {shape}"
            )
