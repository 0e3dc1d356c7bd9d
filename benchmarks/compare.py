"""`python -m benchmarks compare REV`: this tree and another commit's, in turn,
in one run.

Of the other commit nothing is used but its public interface (`open_model`, a
run, the command line), so that any commit which has it can be compared, however
its files were named. The models are written by this tree.
"""

from __future__ import annotations

import compileall
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.engine import layer_written
from benchmarks.peers import problem
from benchmarks.start import SAMPLE, first_paint

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
PROBLEMS = (
    ("LSTM", 25, 1000),
    ("LSTM", 128, 500),
    ("GRU", 128, 500),
    ("LSTM", 512, 100),
)
"""Kind, units and timesteps of the models that are run."""

RUN = """
import sys, time
import numpy as np
from rnn_tui import open_model
for path, sequence in zip(sys.argv[1::2], sys.argv[2::2]):
    x = np.load(sequence)
    opened = open_model(path)
    opened.run(x)
    times = []
    for _ in range(5):
        start = time.perf_counter(); opened.run(x); times.append(time.perf_counter() - start)
    print(min(times))
"""


OPEN = """
import runpy, sys
sys.path[0] = sys.argv.pop(1)
runpy.run_module("rnn_tui", run_name="__main__", alter_sys=True)
"""


def written(folder: Path) -> dict[str, list[str]]:
    """Write the models and their sequences; return the files of each by what
    is measured.
    """
    files = {}
    for kind, units, timesteps in PROBLEMS:
        work = problem(kind, units, timesteps)
        sequence = folder / f"{kind}-{units}-{timesteps}.npy"
        np.save(sequence, work.x)
        name = f"{kind} {units} units, T {timesteps}"
        files[name] = [str(layer_written(work, folder)), str(sequence)]

    return files


def measured(tree: Path, files: dict[str, list[str]]) -> dict[str, float]:
    """Return the seconds of each piece of work with the package of `tree`."""
    arguments = [name for pair in files.values() for name in pair]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "PYTHONPATH": str(tree)},
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(zip(files, map(float, done.stdout.split()), strict=True))
    found["first picture"] = first_paint(
        ["-c", OPEN, str(tree), str(SAMPLE)], "2,700"
    )

    return found


def main(revision: str = "HEAD~1") -> None:
    """Print the ratio of each piece of work, this tree to `revision`.

    Ends with the commit's own words where it doesn't have that interface.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", revision, "rnn_tui"],
            check=True,
            capture_output=True,
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(Path(folder) / "tree", filter="data")
        other = Path(folder) / "tree"
        files = written(Path(folder))
        for tree in (ROOT, other):
            compileall.compile_dir(tree / "rnn_tui", quiet=1)

        pairs = [
            (measured(ROOT, files), measured(other, files))
            for _ in range(ROUNDS)
        ]

    for work in pairs[0][0]:
        ratios = sorted(ours[work] / theirs[work] for ours, theirs in pairs)
        print(
            f"{work:28} {statistics.median(ratios):5.2f} ×   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
