"""One sequence of a batch as a cell's trace of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.engine.trace.values import Values

if TYPE_CHECKING:
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.core.edits import Edit
    from rnn_tui.engine.trace.trace import CellTrace


def one_sequence(cell: CellTrace, sequence: int) -> CellTrace:
    """Return the trace of one sequence, with a batch axis of 1."""
    if cell.batch == 1:
        return cell

    row = slice(sequence, sequence + 1)
    mask = None
    if cell.mask is not None:
        mask = cell.mask[row]

    return replace(
        cell,
        x=cell.x[row],
        mask=mask,
        values=RowOfValues(cell.values, sequence),
        initial={name: value[row] for name, value in cell.initial.items()},
        edits=tuple(_edit_of(edit, row) for edit in cell.edits),
    )


def _edit_of(edit: Edit, row: slice) -> Edit:
    """Return an edit of one sequence; one of all sequences stays."""
    mask, value = edit.mask, edit.value
    if mask.ndim > 1 and len(mask) > 1:
        mask = mask[row]
    if value.ndim > 1 and len(value) > 1:
        value = value[row]

    return replace(edit, mask=mask, value=value)


class RowOfValues(Values):
    """The values of one sequence of a batch."""

    def __init__(self, values: Values, sequence: int) -> None:
        self._values = values
        self._sequence = sequence

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that can be read."""
        return self._values.names

    @property
    def timesteps(self) -> int:
        """The length of the sequence."""
        return self._values.timesteps

    @property
    def filled(self) -> int:
        """How many timesteps are computed."""
        return self._values.filled

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return timesteps of a quantity, `(1, stop - start, …, units)`."""
        return self._values.read_rows(name, (self._sequence,), start, stop)

    def recomputes(self, name: str) -> bool:
        """Return whether each reading of a quantity computes it again."""
        return self._values.recomputes(name)

    def window_of(self, timesteps: int) -> int:
        """Return the length of the windows that are best read."""
        return self._values.window_of(timesteps)
