"""Fair timing on a noisy machine: two functions in turn, the ratio pair by pair, the median told."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

SECONDS = 1.5
"""How long one comparison may take, after its warm-up."""


@dataclass(frozen=True)
class Figure:
    """One measured line: `ours` and `other` in seconds (medians), `ratio` = the median of ours/other pair by pair.

    `target` is the largest ratio (or value) that is good enough; None where the line only informs.
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

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        return None if self.target is None else self.ratio <= self.target

    def as_json(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {**asdict(self), "met": self.met}


def seconds(function: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turn(
    ours: Callable[[], object], other: Callable[[], object], budget: float = SECONDS, most: int = 200
) -> tuple[float, float, float]:
    """Return the medians of both and the median of their ratio, run A B A B … for about `budget` seconds."""
    ours(), other()
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + budget
    while len(pairs) < 5 or (time.perf_counter() < end and len(pairs) < most):
        pairs.append((seconds(ours), seconds(other)))
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def compared(
    section: str,
    work: str,
    against: str,
    ours: Callable[[], object],
    other: Callable[[], object],
    target: float | None,
    note: str = "",
) -> Figure:
    """Return the figure of `ours` against `other`."""
    a, b, ratio = in_turn(ours, other)
    return Figure(section, work, against, a, b, ratio, target, note=note)


def alone(
    section: str, work: str, against: str, value: float, target: float | None, unit: str, note: str = ""
) -> Figure:
    """Return a figure that is a value of its own, in `unit`."""
    return Figure(section, work, against, value, 0.0, value, target, unit, note)
