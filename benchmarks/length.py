"""Any length, any batch in bounded memory: the cost of a timestep from 10² to
10⁶ timesteps, of a batch's export.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.engine import ours
from benchmarks.measure import Figure, alone, seconds
from benchmarks.models import layer_file
from benchmarks.peers import problem

LENGTHS = (100, 1_000, 10_000, 100_000, 1_000_000)
UNITS = (1, 8, 64, 256, 1024, 4096)
BATCHES = (1_000, 4_000)
"""Sequences of the batches that are written; the time of the second over the
first is near their ratio.
"""
BATCH_TARGET = 4.5

PROBE = """
import resource, sys, time
import numpy as np
from rnn_tui import open_model
path, timesteps, units = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = open_model(path)
x = np.random.default_rng(0).standard_normal((timesteps, 8), np.float32)
model.run(x[:64])
start = time.perf_counter()
cell = model.run(x).cells[0]
run = time.perf_counter() - start
seek = []
for t in np.random.default_rng(1).integers(0, max(1, timesteps - 200), 9):
    start = time.perf_counter()
    cell.read("c", int(t), int(t) + 200)
    seek.append(time.perf_counter() - start)
print(run, sorted(seek)[4], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


BATCH_PROBE = """
import resource, sys, time
import numpy as np
from rnn_tui import open_model
from rnn_tui.export import write_trace
path, batch, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
model = open_model(path)
x = np.random.default_rng(0).standard_normal((batch, 50, 8), np.float32)
write_trace(model.run(x[:2]), target, force=True)
start = time.perf_counter()
write_trace(model.run(x), target, force=True)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def batch_probe(path: Path, batch: int, target: Path) -> tuple[float, float]:
    """Return the best seconds of a batch's run and export, and its peak
    megabytes, in processes of their own.
    """
    command = [
        sys.executable,
        "-c",
        BATCH_PROBE,
        str(path),
        str(batch),
        str(target),
    ]
    found = []
    for _ in range(3):
        done = subprocess.run(
            command, capture_output=True, text=True, check=True
        )
        took, memory = map(float, done.stdout.split())
        found.append((took, memory))
    return min(found)


def probe(path: Path, timesteps: int, units: int) -> tuple[float, float, float]:
    """Return seconds of the run, seconds of a seek, and peak megabytes, in a
    process of its own.
    """
    command = [
        sys.executable,
        "-c",
        PROBE,
        str(path),
        str(timesteps),
        str(units),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    run, seek, memory = map(float, done.stdout.split())
    return run, seek, memory


def slope(sizes: tuple[int, ...], times: list[float]) -> float:
    """Return the exponent of the cost: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def figures() -> Iterator[Figure]:
    """Measure length and width."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = layer_file(folder, "LSTM", 8, 32)
        times = []
        for timesteps in LENGTHS:
            run, _, memory = probe(path, timesteps, 32)
            times.append(run)
            work = f"LSTM, 32 units, T {timesteps:,}"
            yield alone(
                "length",
                work,
                "µs a timestep",
                run / timesteps * 1e6,
                None,
                "µs",
                f"{memory:.0f} MB",
            )
        yield alone(
            "length",
            "cost over T, 10³ to 10⁶",
            "exponent, 1 is linear",
            slope(LENGTHS[1:], times[1:]),
            1.05,
            "",
        )
        wide = layer_file(folder, "LSTM", 8, 256)
        run, seek, memory = probe(wide, 1_000_000, 256)
        yield alone(
            "length",
            "LSTM, 256 units, T 1,000,000: peak memory",
            "1 GB",
            memory,
            1000,
            "MB",
            f"{run:.0f} s",
        )
        yield alone(
            "length",
            "seek to any of 10⁶ timesteps (200 timesteps of c)",
            "100 ms",
            seek * 1000,
            100,
            "ms",
        )
        small = layer_file(folder, "LSTM", 8, 16)
        for kind in ("npz", "csv", "json"):
            written = [
                batch_probe(small, batch, folder / f"t.{kind}")
                for batch in BATCHES
            ]
            (first, _), (last, memory) = written
            work = f"a batch of {BATCHES[1]:,} to .{kind}, LSTM, 16 units, T 50"
            note = f"{last:.1f} s, {memory:.0f} MB"
            yield alone(
                "length",
                work,
                f"{BATCHES[0]:,} sequences",
                last / first,
                BATCH_TARGET,
                "×",
                note,
            )
        for units in UNITS:
            p = problem("LSTM", units, 20, features=8)
            call = ours(p, folder)
            each = min(seconds(call) for _ in range(5)) / p.timesteps * 1e6
            yield alone(
                "length",
                f"LSTM, {units:,} units",
                "µs a timestep",
                each,
                None,
                "µs",
            )
