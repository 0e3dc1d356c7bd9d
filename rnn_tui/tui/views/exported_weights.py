"""What the Weights view exports and copies: its table of gates, or an open
block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.table import Table
from rnn_tui.tui.weights_page.gate_rows import EXPORTED, exported
from rnn_tui.tui.weights_page.statistics_job import Measured

if TYPE_CHECKING:
    from rnn_tui.analysis.gates import GateBlock

LARGE_TABLE = 1 << 22
"""Values up to which an open block can be exported as a table."""


def copied_gate(chosen: Measured) -> tuple[str, str]:
    """Return a gate's name, and its statistics as text."""
    return _name(chosen), "\t".join(str(value) for value in exported(chosen))


def copied_value(
    chosen: Measured,
    values: Any,
    at: tuple[int, int],
) -> tuple[str, str]:
    """Return the name of a value in an open block, and the value as text."""
    row, column = at

    return f"{_name(chosen)}[{row}, {column}]", repr(float(values[row, column]))


def _name(chosen: Measured) -> str:
    block = chosen.block

    return f"{block.key} {block.part} {block.gate}"


def gates_table(rows: Sequence[Measured]) -> Table:
    """Return the statistics of every gate that was measured."""
    known = [exported(row) for row in rows if row.statistics is not None]

    return Table("weights", EXPORTED, known)


def values_table(block: GateBlock, values: Any) -> Table | None:
    """Return the values of a block, a matrix, None where they are too many."""
    if values.size > LARGE_TABLE:
        return None

    names = tuple(str(column) for column in range(values.shape[1]))
    part = f"{block.key}-{block.part}-{block.gate}".replace("/", "-")

    return Table("weights", names, values.tolist(), part)
