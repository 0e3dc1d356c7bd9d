"""Weights in numbers as plain values, which the command writes, the explorer
exports and a notebook reads.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.gates import GateBlock, Statistics, statistics
from rnn_tui.analysis.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rnn_tui.analysis.arrays import ArrayBlock
    from rnn_tui.engine.core.arrays import Array

TITLES = (
    "layer",
    "direction",
    "cell",
    "part",
    "gate",
    "columns",
    "shape",
    "count",
    "mean",
    "std",
    "min",
    "max",
    "l2",
    "zeros",
    "nan",
    "inf",
)
"""The columns of a table of gates and arrays; an array has no gate."""


def gate_record(
    block: GateBlock,
    known: Statistics | None = None,
) -> dict[str, Any]:
    """Return a gate's block in numbers, measured where `known` isn't given."""
    return {
        "layer": block.layer,
        "direction": block.direction,
        "cell": block.cell,
        "part": block.part,
        "gate": block.gate,
        "columns": list(block.columns),
        "shape": list(block.shape),
        **vars(known or statistics(block)),
    }


def array_record(
    block: ArrayBlock,
    known: Statistics | None = None,
) -> dict[str, Any]:
    """Return a layer's array in numbers, measured where `known` isn't given."""
    return {
        "layer": block.layer,
        "name": block.part,
        "shape": list(block.shape),
        "dtype": block.weight.dtype,
        **vars(known or statistics(block)),
    }


def as_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of either kind with all of `TITLES`."""
    columns = None
    if record.get("columns") is not None:
        columns = "{}:{}".format(*record["columns"])

    return {
        "direction": None,
        "cell": None,
        "part": record.get("name"),
        "gate": None,
        **record,
        "columns": columns,
        "shape": "x".join(map(str, record["shape"])),
    }


def named_values(
    gates: Sequence[GateBlock],
    arrays: Sequence[ArrayBlock],
) -> Iterator[tuple[str, Callable[[], Array]]]:
    """Yield the function that reads each gate (`LAYER/PART/GATE`) and array
    (`LAYER/ARRAY`), with its key in an archive.
    """
    for gate in gates:
        yield f"{gate.key}/{gate.part}/{gate.gate}", gate.load

    for array in arrays:
        yield f"{array.layer}/{array.part}", partial(_value, array)


def _value(array: ArrayBlock) -> Array:
    return array.weight.value


def weights_table(records: Sequence[Mapping[str, Any]]) -> Table:
    """Return records as a table of plain values, empty where there is none."""
    rows = []
    for record in records:
        row = as_row(record)
        rows.append(
            ["" if row[title] is None else row[title] for title in TITLES]
        )

    return Table("weights", TITLES, rows)
