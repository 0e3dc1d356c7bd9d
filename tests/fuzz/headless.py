"""The command line on a stranger's file, each run in a process forked from a
warm one: what it said, took and left.

A run keeps the promises when it ends with 0 or 2, in time, within its memory,
with at most one line that says what is wrong, and with no byte a terminal would
obey.
"""

from __future__ import annotations

import importlib
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forked import UNIT

from rnn_tui.cli import main
from rnn_tui.engine.layers.names import MODULES

WARM = (
    *(
        f"cli.{name}"
        for name in (
            "layers",
            "weights",
            "trace",
            "names",
            "output",
            "tables",
            "progress",
            "source",
        )
    ),
    *(
        "analysis.gates",
        *(f"engine.layers.{module}" for module in MODULES),
        "export",
        "export.table",
        "sequences",
        "sequences.files",
    ),
    *(
        "formats.opened",
        "formats.client.validate_answer",
        "formats.client.shards",
        "formats.reader.main",
        "formats.reader.zip_contents",
    ),
)
"""What the commands import as they go: here before the first fork, not in
each.
"""
for _name in WARM:
    importlib.import_module(f"rnn_tui.{_name}")

SECONDS = 5.0
MEMORY = 512 << 20
FOREIGN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]"
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("layers", "--format", "json"),
    ("layers",),
    ("weights", "--format", "json"),
    ("trace", "--input", "random"),
    (
        "trace",
        "--input",
        "random",
        "--partial",
        "--all-layers",
        "--format",
        "json",
    ),
)


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (None when it was stopped), output,
    processor time and memory.

    The processor's time, not the clock's: a busy machine must not look like a
    file that takes too long. The memory is the most its own process took and
    the most its reader took, added up.
    """

    status: int | None
    out: str
    err: str
    seconds: float
    memory: int

    def broken(self, file_bytes: int) -> str | None:
        """Return which promise was broken, None when all were kept."""
        errors = [
            line
            for line in self.err.splitlines()
            if line.startswith("rnn-tui: error: ")
        ]
        others = [
            line
            for line in self.err.splitlines()
            if not line.startswith("rnn-tui: ")
        ]
        for kept, words in (
            (self.status in (0, 2), f"status {self.status}: {self.err[-600:]}"),
            (
                "internal error" not in self.out + self.err,
                "a layer is listed with an error of our own",
            ),
            (self.seconds <= SECONDS, f"{self.seconds:.1f} seconds"),
            (self.memory <= MEMORY + 2 * file_bytes, f"{self.memory >> 20} MB"),
            (
                len(errors) == (self.status == 2) and not others,
                f"not one line: {self.err[-600:]!r}",
            ),
            (
                not FOREIGN.search(self.out + self.err),
                f"foreign bytes: {FOREIGN.findall(self.out + self.err)[:5]}",
            ),
        ):
            if not kept:
                return words
        return None


def run(arguments: Sequence[str]) -> Ended:
    """Run the command line in a fork of this process."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as took,
    ):
        pid = os.fork()
        if pid == 0:
            _become(arguments, out.fileno(), err.fileno(), took.fileno())
        status, seconds, memory = _wait(pid, time.monotonic() + 12 * SECONDS)
        texts = []
        for file in (out, err, took):
            file.seek(0)
            texts.append(file.read(64 << 20).decode("utf-8", "replace"))
        return Ended(status, *texts[:2], seconds, int(texts[2] or memory))


def _become(arguments: Sequence[str], out: int, err: int, took: int) -> None:
    """Be the command line in this process, say how much memory it and its
    children took, and end.
    """
    status = 70
    try:
        os.setsid()
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115  # fmt: skip
        status = main(arguments)
    finally:
        peaks = [
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        os.write(took, str(sum(peaks) * UNIT).encode())
        os._exit(status)


def _wait(pid: int, until: float) -> tuple[int | None, float, int]:
    """Return the exit status, the seconds and bytes used; a process that is far
    too slow is ended.
    """
    stopped = False
    while True:
        done, status, usage = os.wait4(pid, 0 if stopped else os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return (
                (None if stopped else code),
                usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * UNIT,
            )
        if time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
            stopped = True
        time.sleep(0.002)


def check(
    path: Path, commands: Sequence[Sequence[str]] = COMMANDS
) -> list[str]:
    """Run the commands on a file and return what was wrong, nothing when every
    promise was kept.
    """
    wrong = []
    for name, *options in commands:
        ended = run([name, str(path), *options])
        if (words := ended.broken(path.stat().st_size)) is not None:
            wrong.append(f"{name} {' '.join(options)}: {words}")
    return wrong
