"""`rnn-tui weights`: the weights gate by gate, or the values of one block."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.source import Source, suffix
from rnn_tui.cli.stderr import print_warning, print_warnings
from rnn_tui.errors import ExportError, RnnTuiError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.analysis.gates import GateBlock
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.model import Model

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

TABLE_TITLES = (
    *("Layer", "Part", "Gate", "Columns", "Shape"),
    *("Mean", "Std", "Min", "Max", "Norm", "Zeros", "Odd"),
)
TABLE_NUMBERS = frozenset(
    {"Columns", "Shape", "Mean", "Std", "Min", "Max", "Norm", "Zeros"}
)


def run(arguments: Namespace) -> int:
    """List the blocks, or write one, and return the exit status."""
    source = Source(arguments)
    from rnn_tui.analysis.finite import not_finite
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.output import Result, emit

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    blocks = _chosen(opened.model, arguments)
    if _wants_values(arguments):
        _write_values(blocks, arguments)
        print_warnings(not_finite(opened.model))
        return 0

    for layer in (
        []
        if blocks
        else [layer for layer in opened.layers if layer.why_not is not None]
    ):
        print_warning(
            f"layer {layer.path!r} can't be reproduced: {layer.why_not}"
        )

    records = cache(lambda: [record(block) for block in blocks])
    emit(
        Result(
            page=lambda: page(records()),
            tree=lambda: {
                "schema": 1,
                "gates": records(),
                "warnings": list(opened.warnings),
            },
            titles=TITLES,
            rows=lambda: [_csv_row(found) for found in records()],
        ),
        arguments,
    )
    print_warnings(not_finite(opened.model))

    return 0


def _wants_values(arguments: Namespace) -> bool:
    """Whether the output file is for a block's values: a .npy always, a .csv
    when a gate and a part are named.
    """
    kind = suffix(arguments.output or "")
    return kind == ".npy" or (
        kind == ".csv" and bool(arguments.gate and arguments.part)
    )


def _chosen(model: Model, arguments: Namespace) -> list[GateBlock]:
    from rnn_tui.analysis.gates import gate_blocks

    names: list[str | None] = list(arguments.layer) or [None]
    found = {
        (block.key, block.part, block.gate): block
        for name in names
        for block in gate_blocks(model, name)
    }
    blocks = [
        block
        for block in found.values()
        if arguments.gate in (None, block.gate)
        and arguments.part in (None, block.part)
    ]
    if found and not blocks:
        gates = " ".join(dict.fromkeys(block.gate for block in found.values()))
        parts = " ".join(dict.fromkeys(block.part for block in found.values()))
        raise RnnTuiError(
            f"no such block: there are the gates {gates} and the parts {parts}"
        )

    if not found and arguments.layer:
        raise RnnTuiError(
            f"{clean(arguments.layer[0])!r} is not recurrent: it has no gates"
        )

    return blocks


def record(block: GateBlock) -> dict[str, Any]:
    """Return a block as `weights --format json` writes it."""
    from rnn_tui.analysis.gates import statistics

    return {
        "layer": block.layer,
        "direction": block.direction,
        "cell": block.cell,
        "part": block.part,
        "gate": block.gate,
        "columns": list(block.columns),
        "shape": list(block.shape),
        **asdict(statistics(block)),
    }


def _csv_row(found: dict[str, Any]) -> list[Any]:
    row = {
        **found,
        "columns": "{}:{}".format(*found["columns"]),
        "shape": "x".join(map(str, found["shape"])),
    }
    return ["" if row[title] is None else row[title] for title in TITLES]


def page(records: Sequence[dict[str, Any]]) -> list[Part]:
    """Return the table for people."""
    from rnn_tui.analysis.table import Table

    if not records:
        return ["no recurrent layers that can be read, so no gates"]

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
        (found["layer"], found["direction"], found["cell"]) for found in records
    }
    if len(cells) > 1:
        return [table]

    return [rows[0][0], "", table.without("Layer")]


def _table_row(found: dict[str, Any]) -> list[str]:
    """Return a block's row of the table for people."""
    if found["count"]:
        share_of_zeros = f"{found['zeros'] / found['count']:.0%}"
    else:
        share_of_zeros = "-"

    odd = [f"{found[name]} {name}" for name in ("nan", "inf") if found[name]]

    return [
        _place(found),
        found["part"],
        found["gate"],
        "{}:{}".format(*found["columns"]),
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
    if found["direction"]:
        words.append(found["direction"])

    if found["cell"]:
        words.append(f"cell {found['cell']}")

    return " ".join(words)


def _number(value: float | None) -> str:
    if value is None:
        return "-"

    return f"{value:.4g}"


def _write_values(blocks: Sequence[GateBlock], arguments: Namespace) -> None:
    """Write the one block that was chosen."""
    import numpy as np

    from rnn_tui.export import as_text, replacing
    from rnn_tui.export.numbers import digits

    if len(blocks) != 1:
        shown = ", ".join(
            f"{block.key} {block.part} {block.gate}" for block in blocks[:4]
        )
        if len(blocks) > 4:
            more = f" and {len(blocks) - 4} more"
        else:
            more = ""

        raise ExportError(
            "the values of one block are written; --layer, --gate and --part "
            f"leave {shown}{more}"
        )

    values = np.ascontiguousarray(blocks[0].values)
    with replacing(arguments.output, force=arguments.force) as file:
        if suffix(arguments.output) == ".npy":
            np.save(file, values, allow_pickle=False)
            return

        with as_text(file) as text:
            for row in values.reshape(-1, values.shape[-1]):
                text.write(",".join(digits(row)) + "\n")
