"""A trace written to a file whose extension names the format."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.errors import ExportError
from rnn_tui.export.atomic import as_text, replacing
from rnn_tui.export.json_tree import write_json
from rnn_tui.export.long_table import write_csv
from rnn_tui.export.members import Selection
from rnn_tui.export.npz import write_npz
from rnn_tui.text import clean

FORMATS = (".npz", ".json", ".csv")
"""Extensions a trace can be written to."""


def write_trace(
    trace: ModelTrace,
    path: str | os.PathLike[str],
    selection: Selection | None = None,
    *,
    force: bool = False,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Write a trace and return how many arrays it has; `check` is called
    between windows and may raise to stop.

    Raises ExportError: another extension, a file that exists already (without
    `force`), a disk that is full.
    """
    kind = Path(path).suffix.lower()
    if kind not in FORMATS:
        name = clean(path) or "no name"
        raise ExportError(
            f"{name}: a trace is written to {', '.join(FORMATS)}; the name "
            "says which"
        )

    wanted = selection or Selection()
    with replacing(path, force=force) as file:
        folder = os.path.dirname(os.path.abspath(path))
        if kind == ".npz":
            return write_npz(trace, file, wanted, folder, check)

        with as_text(file) as text:
            if kind == ".csv":
                return write_csv(trace, text, wanted, check)

            return write_json(trace, text, wanted, folder, check)
