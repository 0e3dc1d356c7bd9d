"""Fair timing on a machine that does other things, too: two functions in turn,
the best time of each.

Noise only ever adds to a time, so the best of many tells what the work costs;
in turn, both meet the same moments. Between the calls there is a pause: the
threads of BLAS, ONNX Runtime and TensorFlow spin for a while after their work
and would be measured with the other's.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

SECONDS = 2.5
"""How long one comparison may take, after its warm-up."""
PAUSE = 0.01
CPU = bool(os.environ.get("BENCHMARKS_CPU"))
"""Whether the time of one thread on its core is taken instead of the clock's:
see __main__.
"""
LEAST = 7
"""Pairs that are measured in any case."""


@dataclass(frozen=True)
class Figure:
    """One measured line: the best times `ours` and `other` in seconds and their
    `ratio`, at a `load` of the machine.

    `target` is the largest ratio (or value) that is good enough; None where the
    line only informs.
    """

    section: str
    work: str
    against: str
    ours: float
    other: float
    ratio: float
    target: float | None = None
    unit: str = "×"
    note: str = ""
    load: float = 0.0

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        return None if self.target is None else self.ratio <= self.target

    def as_json(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {**asdict(self), "met": self.met}


def seconds(function: Callable[[], object]) -> float:
    """Return the time of one call."""
    clock = time.thread_time if CPU else time.perf_counter
    start = clock()
    function()
    return clock() - start


def in_turn(
    ours: Callable[[], object], other: Callable[[], object], most: int = 200
) -> tuple[float, float, float]:
    """Return the best times of both and the median of their ratio, run A B A B
    … for a while.
    """
    ours(), other()
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while len(pairs) < LEAST or (
        time.perf_counter() < end and len(pairs) < most
    ):
        times = []
        for function in (ours, other):
            time.sleep(PAUSE)
            times.append(seconds(function))
        pairs.append((times[0], times[1]))
    return (
        min(a for a, _ in pairs),
        min(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def load() -> float:
    """Return how many processes want to run, over the last minute."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0


def compared(
    section: str,
    work: str,
    against: str,
    ours: Callable[[], object],
    other: Callable[[], object],
    target: float | None = None,
    note: str = "",
) -> Figure:
    """Return the figure of `ours` against `other`."""
    a, b, median = in_turn(ours, other)
    said = f"{note} median {median:.3g}".strip()
    return Figure(
        section, work, against, a, b, a / b, target, note=said, load=load()
    )


def alone(
    section: str,
    work: str,
    against: str,
    value: float,
    target: float | None,
    unit: str,
    note: str = "",
) -> Figure:
    """Return a figure that is a value of its own, in `unit`."""
    return Figure(
        section, work, against, value, 0.0, value, target, unit, note, load()
    )
