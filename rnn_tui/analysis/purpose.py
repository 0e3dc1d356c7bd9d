"""With which unit a series goes best, and whether that one alone: the answer to
"which unit does this?", with what makes it doubtful.

A unit that is switched off takes no part, and neither does a series that hardly
ever changes: one timestep at which a token occurs makes a large correlation
with any unit that happens to move there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rnn_tui.analysis.units import UnitStatistics

Float = NDArray[np.float64]

FEW = 10
"""Timesteps below which no correlation is told from chance."""
FEWEST = 5
"""Timesteps at which a token has to occur, and at which it has to be another
one, for its correlations to be ranked; of another series those at which it is
away from its usual value.
"""
APART = 0.1
"""The share of the largest distance from a series' usual value from which on
it is away from it.
"""
NEAR = 0.9
"""The share of the largest |r| from which on a unit goes nearly as well."""
MOST_NAMED = 3
"""Units that are named beside the best one, at most."""
MOST_RARE = 6
"""Series that are named as too rare, at most."""


class UnitAndR(NamedTuple):
    """A unit and its correlation with a series."""

    unit: int
    r: float


class Direction(NamedTuple):
    """A principal component of a state, counted from 1, and its correlation
    with a series.
    """

    state: str
    number: int
    r: float


@dataclass(frozen=True)
class GoesBest:
    """The unit whose `state` goes best with a series, those that go nearly as
    well, the largest |r| first, the `next` one after them, and the principal
    component that goes best; None where a unit is off, for the components are
    of all units.
    """

    series: str
    state: str
    best: UnitAndR
    near: tuple[UnitAndR, ...]
    next: UnitAndR | None
    direction: Direction | None
    by_chance: bool
    """Whether the best |r| is below what chance reaches."""

    @property
    def nearest(self) -> float:
        """The |r| from which on a unit goes nearly as well."""
        return NEAR * abs(self.best.r)

    def words(self, shown: str) -> str:
        """Return the answer in a sentence, with the name that the series is
        shown by.
        """
        if self.by_chance:
            return f"{shown} goes with no unit beyond chance"

        best = (
            f"{self.state} of unit {self.best.unit} (r {r_words(self.best.r)})"
        )
        if not self.near:
            return f"{shown} goes best with {best}{self._next_words()}"

        named = ", ".join(
            f"{unit} ({r_words(r)})" for unit, r in self.near[:MOST_NAMED]
        )
        left = len(self.near) - MOST_NAMED
        if left > 0:
            named += f" and {left} more"

        return (
            f"{shown} goes best with {best}, nearly as well with {named}, |r| "
            f"from {self.nearest:.2f} on: {self._together()}"
        )

    def _next_words(self) -> str:
        """Return how far the next unit is, where none goes nearly as well."""
        if self.next is None:
            return ", its only one that is on"

        unit, r = self.next
        named = f"unit {unit} ({r_words(r)})"

        return f"; no other unit comes near: the next is {named}"

    def _together(self) -> str:
        """Return that several units do it, and whether one direction of the
        state does it better than any of them.
        """
        found = self.direction
        if found is None:
            return "no single unit does it alone"

        name = f"PC{found.number} of {found.state} (r {r_words(found.r)})"
        if abs(found.r) < abs(self.best.r):
            return (
                "several units do it; no direction of all units goes better "
                f"than this unit, {name} nearest"
            )

        return (
            "no single unit does it alone; one direction of all units together "
            f"does: {name}"
        )

    def tree(self) -> dict[str, Any]:
        """Return the answer as JSON."""
        direction = None
        if self.direction is not None:
            direction = self.direction._asdict()

        return {
            "state": self.state,
            "unit": self.best.unit,
            "r": self.best.r,
            "near": [one._asdict() for one in self.near],
            "near_from": self.nearest,
            "next": None if self.next is None else self.next._asdict(),
            "direction": direction,
            "by_chance": self.by_chance,
        }


def goes_best(units: UnitStatistics, series: str) -> GoesBest | None:
    """Return the unit that a series goes best with; None over few timesteps,
    of a series that is too rare, and where no unit has a correlation.
    """
    if units.timesteps < FEW or series in too_rare(units):
        return None

    sizes = sizes_of(units, series)
    largest = float(sizes.max(initial=0.0))
    if not largest:
        return None

    correlation = units.states[units.main].correlation[series]
    order = np.argsort(-sizes, kind="stable")
    found = [
        UnitAndR(unit, float(correlation[unit]))
        for unit in order.tolist()
        if sizes[unit] > 0
    ]
    near = [one for one in found if abs(one.r) >= NEAR * largest]
    others = found[len(near) :]

    return GoesBest(
        series,
        units.main,
        near[0],
        tuple(near[1:]),
        next(iter(others), None),
        _direction(units, series),
        largest < units.chance,
    )


def purposes(
    units: UnitStatistics,
    columns: Iterable[str],
    outputs: Collection[str],
) -> list[GoesBest]:
    """Return the units that the user's columns go best with, and the unit that
    goes best with any number of the outputs, which are named as the model does.
    """
    series = units.states[units.main].correlation
    of_outputs = [name for name in series if output_of(name) in outputs]
    names = [name for name in columns if name in series]
    output = best_of(units, of_outputs)
    if output is not None:
        names.append(output)

    found = [goes_best(units, name) for name in names]

    return [answer for answer in found if answer is not None]


def output_of(name: str) -> str:
    """Return the output of which a series is one unit."""
    return name.rpartition("[")[0]


def best_of(units: UnitStatistics, names: Iterable[str]) -> str | None:
    """Return the series of those named that goes best with any unit; None
    where all are too rare, or there is none.
    """
    ranked = by_best_unit(units, names)

    return next(iter(ranked), None)


def by_best_unit(units: UnitStatistics, names: Iterable[str]) -> list[str]:
    """Return the series that aren't too rare, the one that goes best with any
    unit first.
    """
    rare = too_rare(units)
    largest = {
        name: float(sizes_of(units, name).max(initial=0.0))
        for name in names
        if name not in rare
    }

    return sorted(largest, key=lambda name: -largest[name])


def sizes_of(units: UnitStatistics, series: str) -> Float:
    """Return the |r| of a series with each unit, `(units,)`; 0 where there is
    none, and of a unit that is off.
    """
    correlation = units.states[units.main].correlation[series]
    sizes = np.abs(np.nan_to_num(correlation))
    sizes[list(units.off)] = 0.0

    return sizes


def too_rare(units: UnitStatistics) -> Mapping[str, int]:
    """Return the series that are too rare to be ranked, and at how many
    timesteps each is away from its usual value. One that is constant has no
    correlation at all.
    """
    return {
        name: count for name, count in units.apart.items() if 0 < count < FEWEST
    }


def rare_words(units: UnitStatistics) -> list[str]:
    """Return which tokens are too few to tell, and which series are too rare
    to be ranked, each with its timesteps; nothing where there are none.
    """
    rare = too_rare(units)
    few = {
        name: count
        for name, count in units.counts.items()
        if FEWEST <= count < FEW
    }
    found = []
    if few:
        found.append(
            f"few, so r is rough: {_with_counts(few, units)} timesteps"
        )

    if rare:
        found.append(
            f"not ranked, for at fewer than {FEWEST} timesteps: "
            f"{_with_counts(rare, units)}"
        )

    return found


def _with_counts(series: Mapping[str, int], units: UnitStatistics) -> str:
    """Return the first series by name, each with its timesteps; the tokens
    before the others.
    """
    tokens_first = sorted(series, key=lambda name: name not in units.counts)
    named = []
    for name in tokens_first[:MOST_RARE]:
        count = series[name]
        shown = f"“{name}”" if name in units.counts else name
        if units.counts.get(name, 0) > count:
            named.append(f"{shown} all but {count}")
        else:
            named.append(f"{shown} {count}")

    left = len(series) - MOST_RARE
    if left > 0:
        named.append(f"{left} more")

    return ", ".join(named)


def timesteps_apart(values: NDArray[Any]) -> int:
    """Return at how many timesteps `(timesteps,)` are away from their usual
    value, the one in the middle of their order: by more than a tenth of what
    they are away at most. Of a series of two values it is how often the rarer
    one occurs, of one with a few peaks their number. NaN and infinity are away
    from every number.
    """
    numbers = np.asarray(values, dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return 0

    middle = len(finite) // 2
    usual = np.partition(finite, middle)[middle]
    away = np.abs(finite - usual)
    far = away > APART * away.max()

    return int(np.count_nonzero(far)) + len(numbers) - len(finite)


def _direction(units: UnitStatistics, series: str) -> Direction | None:
    """Return the principal component of any state that goes best with a
    series; None where there is none, and where a unit is off.
    """
    if units.off or units.units == 1:
        return None

    found = [
        Direction(state, number, float(r))
        for state, one in units.states.items()
        for number, r in enumerate(one.component_correlation[series], start=1)
        if np.isfinite(r)
    ]

    return max(found, key=lambda one: abs(one.r), default=None)


def r_words(value: float) -> str:
    """Return a correlation with its sign, two digits after the point."""
    return f"{value:+.2f}".replace("-", "−")
