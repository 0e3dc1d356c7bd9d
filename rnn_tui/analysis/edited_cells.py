"""Changes of units as edits of the cells that a layer's name means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rnn_tui.analysis.changes import MEAN, Clamp, Off
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.core.layer_names import nearest
from rnn_tui.engine.trace.paths import without_calls
from rnn_tui.errors import EditError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.arrays import Array, Mask
    from rnn_tui.engine.describe.entries import CellEntry
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

OFF_BY_ZERO = "set to 0 (off)"
OFF_BY_MEAN = "set to its mean (off)"
"""What is done to the h of a unit that is off, in words."""

FIRST_CALL = "@0"
"""The end of a name that means the first call of a shared layer alone."""


def cells_named(layer: str, model: Model) -> list[CellEntry]:
    """Return the cells that a layer's name means: the cell in each call of the
    layer, or in the one call that the name has (`lstm@1`).

    Raises EditError for a name of no cell, and of several.
    """
    entries = model.called_cells()
    one_call = layer.removesuffix(FIRST_CALL)
    if one_call != layer:
        found = [entry for entry in entries if entry.key == one_call]
    else:
        found = [
            entry for entry in entries if without_calls(entry.key) == layer
        ]

    found = found or [entry for entry in entries if entry.key == layer]
    if found:
        return found

    raise EditError(_no_cell(layer, entries, model))


def _no_cell(layer: str, entries: Sequence[CellEntry], model: Model) -> str:
    """Return why a name means no cell, and which names do."""
    name = clean(layer, 60)
    within = [
        entry.key
        for entry in entries
        if without_calls(entry.layer) == without_calls(layer)
    ]
    if within:
        return f"layer {name!r} has several cells: {', '.join(within)}"

    paths = [info.path for info in model.layers]
    if layer in paths:
        recurrent = ", ".join(entry.key for entry in entries) or "none"
        return f"layer {name!r} has no cell that runs; those are {recurrent}"

    keys = [entry.key for entry in entries]

    return f"no layer {name!r}; {nearest(name, keys)}"


def mean_over_time(cell: CellTrace, quantity: str) -> Array:
    """Return the mean of a quantity over the timesteps that were read,
    `(batch, …, units)`, each sequence by itself.
    """
    total: NDArray[np.float64] | float = 0.0
    count: NDArray[np.float64] | float = 0.0
    for start, values in cell.windows():
        window = values[quantity].astype(np.float64)  # (batch, timesteps, …)
        was_read = _was_read(cell, start, window)
        counted = window * was_read
        total = total + counted.sum(axis=1)
        count = count + was_read.sum(axis=1)

    at_least_one = np.maximum(count, 1)
    mean: Array = total / at_least_one

    return mean


def _was_read(
    cell: CellTrace,
    start: int,
    window: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return 1 where a timestep of a window was read and 0 where it was
    skipped, `(batch, timesteps, 1, …)`.
    """
    batch, timesteps, *sides = window.shape
    read = np.ones((batch, timesteps))
    if cell.mask is not None:
        stop = start + timesteps
        read[...] = cell.mask[:, start:stop]

    ones = [1] * len(sides)

    return read.reshape(batch, timesteps, *ones)


def edit_of(
    change: Off | Clamp,
    entry: CellEntry,
    baseline: Callable[[], ModelTrace],
) -> Edit:
    """Return the edit that a change makes to a cell; `baseline` is the run
    without changes, which a mean is taken of.

    Raises EditError where the cell has no such unit or quantity.
    """
    cell = entry.cell
    if change.unit >= cell.units:
        raise EditError(
            f"{entry.key} has the units 0 to {cell.units - 1}; unit "
            f"{change.unit} is none"
        )

    mask = np.arange(cell.units) == change.unit
    if isinstance(change, Clamp):
        _check_quantity(change, entry)
        value = np.full(cell.units, change.value)
        words = f"clamped at {change.value:g}"
        return Edit(change.quantity, mask, value, words=words)

    if change.kind == MEAN:
        mean = mean_h(entry, baseline())
        return Edit("h", mask, mean, words=OFF_BY_MEAN)

    # off from the start: it takes no part, whatever the state before says
    zeros = np.zeros(cell.units)

    return Edit("h", mask, zeros, initial=True, words=OFF_BY_ZERO)


def words_of_edits(
    cell: CellTrace,
    quantity: str,
    sequence: int = 0,
) -> dict[int, str]:
    """Return the units whose `quantity` an edit of the run has set, of one
    sequence of the batch: what was done to it, in words.
    """
    found = {}
    for edit in cell.edits:
        if edit.quantity == quantity:
            units = np.flatnonzero(edited_units(cell, edit, sequence))
            found.update(dict.fromkeys(units.tolist(), edit.words))

    return found


def is_off(words: str) -> bool:
    """Whether the words of an edit say that a unit is off, rather than
    clamped.
    """
    return words in (OFF_BY_ZERO, OFF_BY_MEAN)


def edited_units(cell: CellTrace, edit: Edit, sequence: int) -> Mask:
    """Return which units an edit sets in one sequence of the batch,
    `(units,)`.
    """
    rows = edit.mask.reshape(-1, cell.units)
    row = sequence * len(rows) // cell.batch
    mask: Mask = rows[row]

    return mask


def mean_h(entry: CellEntry, trace: ModelTrace) -> Array:
    """Return the mean h of each unit of a cell in a run, `(batch, units)`."""
    cells: Mapping[str, CellTrace] = {cell.key: cell for cell in trace.cells}
    if entry.key not in cells:
        raise EditError(
            f"{entry.key} isn't part of the run, so its units have no mean"
        )

    mean = mean_over_time(cells[entry.key], "h")
    if mean.ndim > 2:
        sides = tuple(range(1, mean.ndim - 1))
        mean = mean.mean(axis=sides)

    return mean


def _check_quantity(change: Clamp, entry: CellEntry) -> None:
    quantities = entry.cell.quantities
    if change.quantity not in quantities:
        raise EditError(
            f"{entry.key} has no quantity {clean(change.quantity, 40)!r}; it "
            f"has {', '.join(quantities)}"
        )
