"""Walks: how many files of the package have a function that runs on the three
ways that CONTRIBUTING describes. Fewer are easier to follow.

The number is the same on every machine. The reading process isn't counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.measure import Figure

PACKAGE = str(Path(__file__).resolve().parent.parent / "rnn_tui")
FUNCTION = 1
"""The flag of a code object that has local variables: no module or class."""
SAMPLE = "lstm-notebook"
WALKS = {
    "file → layer table": 89,
    "sequence → picture": 71,
    "array → loop": None,
}
"""Each with the files it may pass at most."""


class Passed:
    """The files whose functions run while it is active."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def __enter__(self) -> Passed:
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _called(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        inside = code.co_filename.startswith(PACKAGE)
        if event == "call" and inside and code.co_flags & FUNCTION:
            self.files.add(code.co_filename)


def layer_table() -> int:
    """Count the files of `rnn-tui layers`."""
    with Passed() as passed, contextlib.redirect_stdout(io.StringIO()):
        from rnn_tui.cli import main

        main(["layers", SAMPLE])

    return len(passed.files)


def picture() -> int:
    """Count the files from a typed sequence to the States view."""
    from rnn_tui.samples import find_sample
    from rnn_tui.tui.app import RnnTuiApp
    from rnn_tui.tui.startup.options import ExplorerOptions

    sample = find_sample(SAMPLE)
    assert sample is not None
    options = ExplorerOptions(view="states")
    app = RnnTuiApp(str(sample.path), options=options)

    async def typed() -> int:
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(1.5)
            with Passed() as passed:
                await pilot.press("s")
                await pilot.pause(0.5)
                await pilot.press(*"2 3; 4 5", "enter")
                await pilot.pause(2)

            return len(passed.files)

    return asyncio.run(typed())


def loop() -> int:
    """Count the files of a run."""
    import numpy as np

    from rnn_tui.formats.opened import open_model
    from rnn_tui.samples import find_sample

    sample = find_sample(SAMPLE)
    assert sample is not None
    model = open_model(sample.path)
    with Passed() as passed:
        model.run(np.array([[1.0, 10.0]], "f4"))

    return len(passed.files)


def figures() -> Iterator[Figure]:
    """Yield the three counts, each from a fresh interpreter."""
    # fewer colours pass one more file
    environ = {**os.environ, "TEXTUAL_COLOR_SYSTEM": "truecolor"}
    counts = ("layer_table", "picture", "loop")
    for (name, most), count in zip(WALKS.items(), counts, strict=True):
        code = f"from benchmarks import walks; print(walks.{count}())"
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=environ,
        )
        files = float(done.stdout.split()[-1])
        yield Figure(
            "walks",
            name,
            "files whose functions run",
            files,
            files,
            files,
            None if most is None else float(most),
            unit=" files",
        )
