"""Start: how soon something useful stands on the screen, against a bare Python,
a bare h5py and a bare Textual app.
"""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import Figure, alone, compared, seconds
from benchmarks.models import many_layers, wide_file
from benchmarks.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "sample_models" / "lstm-25.h5"
PACKAGE = ROOT / "rnn_tui"

ROW = "ense_1"
"""Part of a layer's name: letters that stand there already aren't written
again.
"""

BARE_TEXTUAL = """
from textual.app import App
from textual.widgets import DataTable, Footer, Header
class Bare(App):
    def compose(self):
        yield Header(); yield DataTable(); yield Footer()
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("name", "class", "output shape", "parameters")
        for k in range(5): table.add_row(f"layer_{k}", "LSTM", "(None, 25)", "2,700")
        table.add_row("MARKER", "", "", "")
Bare().run()
"""


def command(*arguments: str) -> Callable[[], object]:
    """Return a function that runs rnn-tui with `arguments` and waits for it."""
    return lambda: subprocess.run(
        [sys.executable, "-m", "rnn_tui", *arguments],
        capture_output=True,
        check=True,
    )


def python(code: str) -> Callable[[], object]:
    """Return a function that runs `code` in a fresh interpreter."""
    return lambda: subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True
    )


def first_paint(arguments: list[str], marker: str, **environment: str) -> float:
    """Return the seconds from the start of a program to `marker` on its
    screen.
    """
    terminal = Terminal([sys.executable, *arguments])
    try:
        painted = terminal.until(marker)
        if painted is None:
            raise RuntimeError(
                f"{arguments} never painted {marker!r}: {bytes(terminal.received[-500:])!r}"
            )
        return painted
    finally:
        terminal.close()


def figures() -> Iterator[Figure]:
    """Measure the start, with the package's modules compiled as an installed
    wheel's and Textual's are.
    """
    compileall.compile_dir(PACKAGE, quiet=1)
    for option in ("--version", "--help"):
        best = min(seconds(command(option)) for _ in range(7))
        yield alone(
            "start",
            f"`rnn-tui {option}`",
            "80 ms (best of 7)",
            best * 1000,
            80,
            "ms",
        )
    yield compared(
        "start",
        "`rnn-tui layers` on a small model",
        "import h5py",
        command("layers", str(SAMPLE)),
        python("import h5py"),
        1.5,
    )
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE_TEXTUAL)

        def ours(path: Path, marker: str) -> Callable[[], float]:
            return lambda: first_paint(["-m", "rnn_tui", str(path)], marker)

        own = Path(folder) / "own.h5"  # a sample would open elsewhere
        shutil.copy(SAMPLE, own)
        yield _painted(
            "layer table of a small model",
            "bare Textual",
            ours(own, "2,700 trainable"),
            bare,
            1.25,
        )
        yield _painted(
            "States of a sample (brackets)",
            "bare Textual",
            lambda: first_paint(["-m", "rnn_tui", "brackets"], "hidden state"),
            bare,
            None,
        )
        few, many = many_layers(Path(folder), 5), many_layers(Path(folder), 500)
        pairs = [(ours(many, ROW)(), ours(few, ROW)()) for _ in range(4)]
        yield _ratio("layer table of 500 layers", "of 5 layers", pairs, 1.5)
        wide = wide_file(Path(folder), 4096)
        yield compared(
            "start",
            f"`layers` on a file of {wide.stat().st_size / 1e6:.0f} MB",
            "on a small file",
            command("layers", str(wide)),
            command("layers", str(SAMPLE)),
            1.25,
        )


def _painted(
    work: str,
    against: str,
    ours: Callable[[], float],
    bare: Path,
    target: float | None,
) -> Figure:
    pairs = [(ours(), first_paint([str(bare)], "MARKER")) for _ in range(5)]
    return _ratio(f"first paint: {work}", against, pairs, target)


def _ratio(
    work: str,
    against: str,
    pairs: list[tuple[float, float]],
    target: float | None,
) -> Figure:
    from statistics import median

    ours, other = median(a for a, _ in pairs), median(b for _, b in pairs)
    return Figure(
        "start",
        work,
        against,
        ours,
        other,
        median(a / b for a, b in pairs),
        target,
    )
