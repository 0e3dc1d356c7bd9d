"""A command's result as a table, JSON or CSV, on stdout or in a file."""

from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO

from rnn_tui.analysis.table import Table
from rnn_tui.cli.source import suffix
from rnn_tui.cli.tables import Part, show
from rnn_tui.errors import ExportError
from rnn_tui.text import clean

EXTENSIONS = {".json": "json", ".csv": "csv", ".txt": "table"}
WORDS = 10_000
"""How many words of JSON are written at a time."""


@dataclass(frozen=True)
class Result:
    """A command's result, made only in the format that is asked for."""

    page: Callable[[], Sequence[Part]]
    tree: Callable[[], Mapping[str, Any]]
    titles: Sequence[str]
    rows: Callable[[], Sequence[Sequence[Any]]]


def finite(value: float) -> float | None:
    """Return a number as JSON can hold it: None for NaN and infinity."""
    if math.isfinite(value):
        return value

    return None


def emit(
    result: Result,
    arguments: Namespace,
    others: Sequence[str] = (),
) -> None:
    """Write a result to stdout, or to the file that `-o` names; `others` are
    extensions of files that the command writes otherwise.
    """
    if arguments.output is None:
        write(result, arguments.format or "table", sys.stdout)
        return

    from rnn_tui.export import as_text, replacing

    kind = format_of(arguments, others)
    with (
        replacing(arguments.output, force=arguments.force) as file,
        as_text(file) as text,
    ):
        write(result, kind, text)


def format_of(arguments: Namespace, others: Sequence[str] = ()) -> str:
    """Return the format of the output file: by its extension, else as
    `--format` says; `others` are extensions to name, too, where neither does.
    """
    known = EXTENSIONS.get(suffix(arguments.output)) or arguments.format
    if known is None:
        raise ExportError(
            f"{clean(arguments.output)}: the extension says the format: "
            f"{', '.join((*EXTENSIONS, *others))}"
        )

    return str(known)


def write(result: Result, kind: str, stream: TextIO) -> None:
    """Write a result in one format."""
    if kind == "json":
        _write_json(result.tree(), stream)
    elif kind == "csv":
        from rnn_tui.export import write_table

        write_table(Table("", result.titles, result.rows()), stream, kind)
    else:
        show(result.page(), stream)


def _write_json(tree: Any, stream: TextIO) -> None:
    """Write a tree of plain values, many of its words at a time: a large model
    has millions.
    """
    encoder = json.JSONEncoder(indent=1, ensure_ascii=False, allow_nan=False)
    words = encoder.iterencode(tree)
    while piece := "".join(islice(words, WORDS)):
        stream.write(piece)

    stream.write("\n")
