"""`rnn-tui weights`: the weights gate by gate, every other layer's arrays, or
the values of one of them.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.source import Source, suffix
from rnn_tui.cli.stderr import print_warnings
from rnn_tui.errors import ExportError, RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.arrays import ArrayBlock
    from rnn_tui.analysis.gates import GateBlock
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.model import Model

TABLE_TITLES = (
    *("Layer", "Part", "Gate", "Columns", "Shape"),
    *("Mean", "Std", "Min", "Max", "Norm", "Zeros", "Odd"),
)
VALUES = (".npz", ".npy")
"""The extensions of files of values: of all that was chosen, or of one
block.
"""
TABLE_NUMBERS = frozenset(
    {"Columns", "Shape", "Mean", "Std", "Min", "Max", "Norm", "Zeros"}
)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The gates and arrays that the options leave.

    `arrays` are those of every layer; `others` those of them that no gate
    shows.
    """

    gates: Sequence[GateBlock]
    arrays: Sequence[ArrayBlock]
    others: Sequence[ArrayBlock]

    @cached_property
    def gate_records(self) -> list[dict[str, Any]]:
        """The gates in numbers."""
        from rnn_tui.analysis.weight_records import gate_record

        return [gate_record(block) for block in self.gates]

    @cached_property
    def other_records(self) -> list[dict[str, Any]]:
        """The arrays without gates in numbers."""
        return _measured(self.others)

    @cached_property
    def array_records(self) -> list[dict[str, Any]]:
        """All arrays in numbers."""
        return _measured(self.arrays)

    @property
    def listed(self) -> list[dict[str, Any]]:
        """The lines of a table: no value is in two of them."""
        return [*self.gate_records, *self.other_records]


def run(arguments: Namespace) -> int:
    """List gates and arrays, or write values, and return the exit status."""
    source = Source(arguments)
    from rnn_tui.analysis.finite import not_finite
    from rnn_tui.analysis.weight_records import TITLES, weights_table
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.output import Result, emit

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    chosen = _chosen(opened.model, arguments)
    if _wants_values(arguments):
        _write_values(chosen, arguments)
        print_warnings(not_finite(opened.model))
        return 0

    if not chosen.gates:
        lines = [
            f"layer {layer.path!r} can't be reproduced: {layer.why_not}"
            for layer in opened.layers
            if layer.why_not is not None
        ]
        print_warnings(lines)

    emit(
        Result(
            page=lambda: page(chosen.listed),
            tree=lambda: {
                "schema": 1,
                "gates": chosen.gate_records,
                "arrays": chosen.array_records,
                "warnings": list(opened.warnings),
            },
            titles=TITLES,
            rows=lambda: weights_table(chosen.listed).rows,
        ),
        arguments,
        VALUES,
    )
    print_warnings(not_finite(opened.model))

    return 0


def _wants_values(arguments: Namespace) -> bool:
    """Whether the output file is for values: .npz and .npy always, .csv when
    one block is named.
    """
    kind = suffix(arguments.output or "")
    one = bool(arguments.gate and arguments.part)

    return kind in VALUES or (kind == ".csv" and one)


def _chosen(model: Model, arguments: Namespace) -> Chosen:
    from rnn_tui.analysis.arrays import layer_arrays, without_gates
    from rnn_tui.analysis.gates import gate_blocks

    names: list[str | None] = list(arguments.layer) or [None]
    gates = {
        (block.key, block.part, block.gate): block
        for name in names
        for block in gate_blocks(model, name)
    }
    arrays = _once(
        block for name in names for block in layer_arrays(model, name)
    )
    others = _once(
        block for name in names for block in without_gates(model, name)
    )
    found = Chosen(list(gates.values()), arrays, others)
    if arguments.gate is None and arguments.part is None:
        return found

    chosen = _narrowed(found, arguments)
    if not chosen.gates and not chosen.arrays:
        raise RnnTuiError(f"no such block: there are {_words(found)}")

    return chosen


def _once(blocks: Iterator[ArrayBlock]) -> list[ArrayBlock]:
    """Return each array once: layers that were named may hold each other."""
    return list({id(block.weight): block for block in blocks}.values())


def _narrowed(found: Chosen, arguments: Namespace) -> Chosen:
    """Return the gates of the names in `--gate` and `--part`, and the arrays of
    that in `--part`.
    """
    gates = [
        block
        for block in found.gates
        if arguments.gate in (None, block.gate)
        and arguments.part in (None, block.part)
    ]
    if arguments.gate is not None:
        return Chosen(gates, [], [])

    return Chosen(
        gates,
        [block for block in found.arrays if block.part == arguments.part],
        [block for block in found.others if block.part == arguments.part],
    )


def _words(found: Chosen) -> str:
    """Return which gates and parts there are."""
    gates = " ".join(dict.fromkeys(block.gate for block in found.gates))
    blocks: list[GateBlock | ArrayBlock] = [*found.gates, *found.arrays]
    parts = " ".join(dict.fromkeys(block.part for block in blocks))
    if not gates:
        return f"no gates, and the arrays {parts}"

    return f"the gates {gates} and the parts {parts}"


def _measured(blocks: Sequence[ArrayBlock]) -> list[dict[str, Any]]:
    """Return the arrays in numbers, those that can be read."""
    records = [_record(block) for block in blocks]

    return [record for record in records if record is not None]


def _record(block: ArrayBlock) -> dict[str, Any] | None:
    """Return an array in numbers; None, with a warning, where it can't be
    read.
    """
    from rnn_tui.analysis.weight_records import array_record

    try:
        return array_record(block)
    except RnnTuiError as error:
        print_warnings([f"{block.layer}/{block.part}: {error}"])
        return None


def page(records: Sequence[dict[str, Any]]) -> list[Part]:
    """Return the table for people."""
    from rnn_tui.analysis.table import Table

    if not records:
        return ["no arrays that can be read"]

    rows = [_table_row(found) for found in records]
    table = Table(
        "weights",
        TABLE_TITLES,
        rows,
        numbers=TABLE_NUMBERS,
        optional=("Columns", "Norm", "Zeros", "Shape", "Std"),
    )
    if not any(row[-1] for row in rows):
        table = table.without("Odd")

    cells = {
        (found["layer"], found.get("direction"), found.get("cell"))
        for found in records
    }
    if len(cells) > 1:
        return [table]

    return [rows[0][0], "", table.without("Layer")]


def _table_row(found: dict[str, Any]) -> list[str]:
    """Return a block's row of the table for people."""
    columns = ""
    if "columns" in found:
        columns = "{}:{}".format(*found["columns"])

    if found["count"]:
        share_of_zeros = f"{found['zeros'] / found['count']:.0%}"
    else:
        share_of_zeros = "-"

    odd = [f"{found[name]} {name}" for name in ("nan", "inf") if found[name]]

    return [
        _place(found),
        found.get("part", found.get("name")),
        found.get("gate", ""),
        columns,
        "×".join(map(str, found["shape"])),
        *(_number(found[name]) for name in ("mean", "std", "min", "max", "l2")),
        share_of_zeros,
        " ".join(odd),
    ]


def _place(found: dict[str, Any]) -> str:
    """Return the layer with its direction and its cell, where it has
    several.
    """
    words = [found["layer"]]
    if found.get("direction"):
        words.append(found["direction"])

    if found.get("cell"):
        words.append(f"cell {found['cell']}")

    return " ".join(words)


def _number(value: float | None) -> str:
    if value is None:
        return "-"

    return f"{value:.4g}"


def _write_values(chosen: Chosen, arguments: Namespace) -> None:
    """Write all that was chosen as .npz, or the one block that was as .npy or
    .csv.
    """
    import numpy as np

    from rnn_tui.analysis.weight_records import named_values
    from rnn_tui.export import as_text, replacing, write_arrays
    from rnn_tui.export.numbers import digits

    kind = suffix(arguments.output)
    if kind == ".npz":
        with replacing(arguments.output, force=arguments.force) as file:
            write_arrays(named_values(chosen.gates, chosen.others), file)

        return

    values = np.ascontiguousarray(_only(chosen).values)
    with replacing(arguments.output, force=arguments.force) as file:
        if kind == ".npy":
            np.save(file, values, allow_pickle=False)
            return

        with as_text(file) as text:
            for row in values.reshape(-1, values.shape[-1]):
                text.write(",".join(digits(row)) + "\n")


def _only(chosen: Chosen) -> GateBlock | ArrayBlock:
    """Return the one block that was chosen; raises ExportError."""
    blocks: list[GateBlock | ArrayBlock] = [*chosen.gates, *chosen.others]
    if len(blocks) == 1:
        return blocks[0]

    shown = ", ".join(
        f"{block.key} {block.part} {block.gate}".strip() for block in blocks[:4]
    )
    more = ""
    if len(blocks) > 4:
        more = f" and {len(blocks) - 4} more"

    raise ExportError(
        "the values of one block are written; --layer, --gate and --part "
        f"leave {shown}{more}; .npz takes all of them"
    )
