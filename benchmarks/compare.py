"""`python -m benchmarks compare REV`: this tree and another commit's, in turn,
in one run.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5

WORK = """
import sys, tempfile, time
from pathlib import Path
from benchmarks.engine import ours
from benchmarks.peers import problem
with tempfile.TemporaryDirectory() as folder:
    for kind, units, timesteps in (("LSTM", 25, 1000), ("LSTM", 128, 500), ("GRU", 128, 500), ("LSTM", 512, 100)):
        run = ours(problem(kind, units, timesteps), Path(folder))
        times = []
        for _ in range(5):
            start = time.perf_counter(); run(); times.append(time.perf_counter() - start)
        print(f"{kind} {units} units, T {timesteps}", min(times), sep="\\t")
"""


def measured(tree: Path) -> dict[str, float]:
    """Return the seconds of each piece of work with the package of `tree`."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        work: float(time)
        for work, time in (row.split("\t") for row in done.stdout.splitlines())
    }


def main(revision: str = "HEAD~1") -> None:
    """Print the ratio of each piece of work, this tree to `revision`."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", revision, "rnn_tui"],
            check=True,
            capture_output=True,
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        pairs = [
            (measured(ROOT), measured(Path(folder))) for _ in range(ROUNDS)
        ]
    for work in pairs[0][0]:
        ratios = sorted(ours[work] / theirs[work] for ours, theirs in pairs)
        print(
            f"{work:28} {statistics.median(ratios):5.2f} ×   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
