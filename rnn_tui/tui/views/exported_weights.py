"""The exports and copies of the Weights view: its table of gates, or an open
block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.gates import GateBlock
from rnn_tui.analysis.table import Table
from rnn_tui.analysis.weight_records import (
    array_record,
    gate_record,
    weights_table,
)

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.statistics_job import Block, Measured

LARGE_TABLE = 1 << 22
"""Values up to which an open block can be exported as a table."""


def copied_gate(chosen: Measured) -> tuple[str, str]:
    """Return a gate's name, and its statistics as text."""
    (row,) = weights_table([_record(chosen)]).rows

    return _name(chosen), "\t".join(map(str, row))


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

    return f"{block.key} {block.part} {block.gate}".strip()


def gates_table(rows: Sequence[Measured]) -> Table:
    """Return the statistics of every gate or array that was measured, as the
    command line writes them.
    """
    gates = []
    arrays = []
    for row in rows:
        if row.statistics is None:
            continue
        if isinstance(row.block, GateBlock):
            gates.append(_record(row))
        else:
            arrays.append(_record(row))

    tree = {"schema": 1, "gates": gates, "arrays": arrays}

    return weights_table([*gates, *arrays])._replace(tree=tree)


def _record(row: Measured) -> dict[str, Any]:
    if isinstance(row.block, GateBlock):
        return gate_record(row.block, row.statistics)

    return array_record(row.block, row.statistics)


def values_table(block: Block, values: Any) -> Table | None:
    """Return the values of a block, a matrix, None where they are too many."""
    if values.size > LARGE_TABLE:
        return None

    names = tuple(str(column) for column in range(values.shape[1]))
    words = (block.key, block.part, block.gate)
    part = "-".join(word for word in words if word).replace("/", "-")

    return Table("weights", names, values.tolist(), part)
