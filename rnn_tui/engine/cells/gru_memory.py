"""The working memory of a GRU's fast path: one timestep's row and the stretches
of it that the loop reads and writes.
"""

from __future__ import annotations

from typing import NamedTuple

from rnn_tui.engine.cells.scan_row import Row
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array


class Memory(NamedTuple):
    """The working memory of one timestep, `row`, and the stretches of it that
    the loop reads and writes, each flat.

    The row has, `units · batch` values each: 1−z z r pre_z pre_r pre_h̃ h̃ h.
    So both gates are one stretch, and so are the two shares of h and the values
    that they are shares of.
    """

    row: Row
    pre_gates: Array
    gates: Array
    pre_h_tilde: Array
    h_tilde: Array
    z: Array
    r: Array
    new: Array
    """1 − z, the share of the candidate."""
    shares: Array
    """1−z and z."""
    sources: Array
    """h̃ and h."""
    h: Array
    products: Array
    """(1−z)·h̃ and z·h."""
    reset_h: Array


def working_memory(h: Array, slots: tuple[str, ...], fed: int) -> Memory:
    """Return the working memory of one timestep that starts from the state `h`,
    `(units, batch)`; `fed` rows follow h in it.
    """
    units, batch = h.shape
    row = Row(("1-z", *slots), (units, batch), h.dtype, fed)
    row("h")[:] = h.reshape(-1)
    row.below[:] = 1
    products = np.empty(2 * row.size, h.dtype)

    return Memory(
        row=row,
        pre_gates=row("pre_z", "pre_r"),
        gates=row("z", "r"),
        pre_h_tilde=row("pre_h_tilde"),
        h_tilde=row("h_tilde"),
        z=row("z"),
        r=row("r"),
        new=row("1-z"),
        shares=row("1-z", "z"),
        sources=row("h_tilde", "h"),
        h=row("h"),
        products=products,
        reset_h=np.empty(row.size, h.dtype),
    )
