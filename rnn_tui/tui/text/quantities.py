"""The quantities of a cell with the words that people look for them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.analysis.carried import WRITTEN, carried
from rnn_tui.engine.cells.kinds import kind_of, symbol

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

WORDS = {
    "h": "hidden state output activation memory",
    "c": "cell state memory remember long term",
    "i": "input gate write store saturated",
    "f": "forget gate remember keep erase saturated",
    "o": "output gate read expose saturated",
    "z": "update gate remember forget keep saturated",
    "r": "reset gate forget ignore saturated",
    "c_tilde": "candidate new content",
    "h_tilde": "candidate new content",
}
"""Words for the quantities that people know by others than their own."""


class Quantity(NamedTuple):
    """A quantity: its name, its symbol, its meaning, and other words."""

    name: str
    symbol: str
    meaning: str
    words: str


def quantities_of(cell: CellTrace) -> list[Quantity]:
    """Return the quantities of a cell: its states and gates, which of its last
    state was written when, then its pre-activations.
    """
    kind = kind_of(cell.cell)
    found = [
        Quantity(
            name,
            symbol(name),
            kind.meanings.get(name, ""),
            WORDS.get(name, "before the activation"),
        )
        for name in cell.names
    ]

    by_gate = carried(cell.cell)
    if by_gate is not None:
        state = symbol(by_gate.state)
        found.append(
            Quantity(
                WRITTEN,
                f"→{state}",
                f"Which part of the last {state} was written when",
                "written and still there memory remember age since when",
            )
        )

    return sorted(found, key=lambda one: one.name.startswith("pre_"))
