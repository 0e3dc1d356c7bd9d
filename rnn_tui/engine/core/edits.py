"""An edit of a cell's computation: one quantity of some units set to a value,
right after it is computed and before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Edit:
    """A quantity of a cell (`f`, `pre_i`, `h`), the units to set, and their
    values; `mask` and `value` are `(units,)` or `(batch, units)`.

    Every timestep that the cell reads is edited. With `initial`, the state from
    which the cell starts is edited as well. `words` says to people what is done
    to the quantity, after its name: "set to 0 (off)".
    """

    quantity: str
    mask: Mask
    value: Array
    initial: bool = False
    words: str = "set"

    def applied(self, values: Array) -> Array:
        """Return `values`, `(batch, …, units)`, with the units of the mask set;
        all others keep every bit.
        """
        mask = _placed(self.mask, values)
        value = _placed(self.value, values).astype(values.dtype)
        edited: Array = np.where(mask, value, values)

        return edited

    def chosen(self, values: Array) -> Mask:
        """Return which of `values`, `(batch, …, units)`, it sets: the mask in
        their rank.
        """
        return _placed(self.mask, values)


Edits: TypeAlias = Mapping[str, Sequence[Edit]]
"""The edits of each cell, by its key. A cell without edits that is named here
is run by its page as an edited one is: the two agree to the last bit wherever
no edit has an effect.
"""


def all_applied(edits: Sequence[Edit], name: str, values: Array) -> Array:
    """Return `values` of the quantity `name` with its edits, one after the
    other.
    """
    for edit in edits:
        if edit.quantity == name:
            values = edit.applied(values)

    return values


def _placed(given: NDArray[Any], values: Array) -> NDArray[Any]:
    """Return `(units,)` or `(rows, units)` in the rank of `values`.

    Of a layer inside a TimeDistributed every sequence has several rows, one
    after the other.
    """
    batch, *sides, units = values.shape
    rows = np.asarray(given).reshape(-1, units)
    sequences = len(rows)
    if batch % sequences:
        raise EditError(f"an edit of {sequences} sequences in a run of {batch}")

    if sequences > 1:
        times = batch // sequences
        rows = np.repeat(rows, times, axis=0)

    ones = [1] * len(sides)  # the sides of a picture

    return rows.reshape(-1, *ones, units)
