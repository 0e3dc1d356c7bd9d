"""The statistics of each unit's state: how much it varies, when it is largest,
with which series it goes together, how a token changes it.

Every number is over the timesteps read. A correlation of few timesteps is
chance: `chance` is the size that one reaches by it, and each token's count is
given beside its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.components import Components, components
from rnn_tui.analysis.edited_cells import words_of_edits
from rnn_tui.analysis.moments import Moments
from rnn_tui.analysis.plain import number, plain
from rnn_tui.analysis.purpose import (
    FEW,
    FEWEST,
    goes_best,
    rare_words,
    timesteps_apart,
    too_rare,
)
from rnn_tui.analysis.series import Series, Tokens
from rnn_tui.analysis.stretches import Stretch, initial_state, stretches
from rnn_tui.analysis.table import Table
from rnn_tui.engine.memory.blas_threads import one_thread
from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

NO_SERIES = Series({})


@dataclass(frozen=True, eq=False)
class StateStatistics:
    """The statistics of one state, each array `(units,)`."""

    std: Float
    peak: NDArray[np.int64]
    """The timestep at which the state is largest without its sign."""
    correlation: Mapping[str, Float]
    """Pearson's r with each series; NaN where one of both is constant."""
    change: Mapping[str, Float]
    """The mean change of the state at the timesteps of each token."""
    components: Components
    component_correlation: Mapping[str, Float]
    """The r of each series with PC1, PC2, PC3, `(components,)`."""

    def tree(self) -> dict[str, Any]:
        """Return the statistics as JSON; null where there is no number."""
        return {
            "std": plain(self.std),
            "peak": plain(self.peak),
            "effective_dimension": number(self.components.effective_dimension),
            "pc_share": plain(self.components.share),
            "correlation": _by_name(self.correlation),
            "pc_correlation": _by_name(self.component_correlation),
            "change_by_token": _by_name(self.change),
        }


@dataclass(frozen=True, eq=False)
class UnitStatistics:
    """The statistics of every state of a cell.

    `counts` says of each token at how many of the `timesteps` read it was,
    `apart` of each series at how many it was away from its usual value.
    `off` are the units whose h an edit of the run has set, with what was done
    to it in words.
    """

    key: str
    timesteps: int
    states: Mapping[str, StateStatistics]
    counts: Mapping[str, int] = field(default_factory=dict)
    apart: Mapping[str, int] = field(default_factory=dict)
    off: Mapping[int, str] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """The state that carries the memory: c where there is one, else h."""
        return tuple(self.states)[-1]

    @property
    def units(self) -> int:
        """How many units the cell has."""
        return len(self.states[self.main].std)

    @property
    def chance(self) -> float:
        """The |r| that two series without relation exceed once in twenty
        times, were the timesteps independent: 2/√n.
        """
        return 2 / math.sqrt(max(1, self.timesteps))

    @property
    def note(self) -> str:
        """How far the numbers can be trusted, in sentences."""
        count = counted(self.timesteps, "timestep")
        if self.timesteps < FEW:
            return f"too few: a correlation over {count} says nothing"

        note = (
            f"over {count}, |r| below {self.chance:.2f} is chance; a state "
            "that changes slowly goes with t, and with anything else that does"
        )
        return "; ".join([note, *rare_words(self)])

    @property
    def dimension_note(self) -> str:
        """How many dimensions the state uses, in a sentence."""
        found = self.states[self.main].components
        if not np.isfinite(self.states[self.main].std).all():
            return f"{self.main} holds values that are no numbers"
        if not np.isfinite(found.effective_dimension):
            return f"{self.main} doesn't vary"

        return (
            f"{self.main} moves in {found.effective_dimension:.1f} of "
            f"{counted(self.units, 'dimension')}: PC1 has "
            f"{found.share[0]:.0%} of its variance"
        )

    def tree(self) -> dict[str, Any]:
        """Return the statistics as JSON: those of the main state, and those of
        h below `h` where it is another.
        """
        found: dict[str, Any] = {
            "quantity": self.main,
            "timesteps": self.timesteps,
            **self.states[self.main].tree(),
        }
        for state, one in self.states.items():
            if state != self.main:
                found[state] = one.tree()

        found["token_timesteps"] = dict(self.counts)
        found["fewest_token_timesteps"] = FEWEST
        found["too_rare"] = dict(too_rare(self))
        found["off"] = {str(unit): words for unit, words in self.off.items()}
        found["goes_best"] = self._best_by_series()
        found["chance"] = self.chance
        found["note"] = f"{self.dimension_note}; {self.note}"

        return found

    def _best_by_series(self) -> dict[str, Any]:
        """Return as JSON the unit that each series goes best with, but for the
        series that are too rare.
        """
        found = {}
        for name in self.states[self.main].correlation:
            best = goes_best(self, name)
            if best is not None:
                found[name] = best.tree()

        return found

    def table(self) -> Table:
        """Return a row for each unit: the statistics of the main state."""
        found = self.states[self.main]
        columns = [
            "layer",
            "state",
            "unit",
            "std",
            "peak",
            *(f"r({name})" for name in found.correlation),
            *(f"change({name})" for name in found.change),
        ]
        series = [
            found.std,
            found.peak,
            *found.correlation.values(),
            *found.change.values(),
        ]
        by_unit = zip(*(values.tolist() for values in series), strict=True)
        rows = [
            [self.key, self.main, unit, *values]
            for unit, values in enumerate(by_unit)
        ]

        return Table("units", columns, rows, numbers=frozenset(columns[2:]))


def _by_name(values: Mapping[str, Float]) -> dict[str, list[Any]]:
    return {name: plain(one) for name, one in values.items()}


def unit_statistics(
    cell: CellTrace,
    series: Series = NO_SERIES,
    tokens: Tokens | None = None,
    sequence: int = 0,
) -> UnitStatistics:
    """Return the statistics of each state of a cell; of pictures those of their
    means.

    `series` and `tokens` have a value for each timestep of the input.
    """
    names = cell.cell.states
    gathered = {}
    for state in names:
        gathered[state] = _Gathered(cell, state, series, tokens, sequence)

    with one_thread():
        for stretch in stretches(cell, names, sequence):
            for state, one in gathered.items():
                means = _means(stretch.values[state])
                one.add(stretch, means)

        states = {state: one.statistics() for state, one in gathered.items()}

    first = gathered[names[0]]
    timesteps = first.moments.count
    counts = {}
    if tokens is not None:
        counts = dict(zip(tokens.names, first.counts.tolist(), strict=True))

    return UnitStatistics(
        cell.key,
        timesteps,
        states,
        counts,
        first.apart(),
        words_of_edits(cell, "h", sequence),
    )


def _means(values: Float) -> Float:
    """Return `(n, …, units)` as the means over the pixels, `(n, units)`."""
    sides = tuple(range(1, values.ndim - 1))

    return np.asarray(values.mean(axis=sides))


class _Gathered:
    """The sums of one state on the way through the sequence."""

    def __init__(
        self,
        cell: CellTrace,
        state: str,
        series: Series,
        tokens: Tokens | None,
        sequence: int,
    ) -> None:
        units = cell.units
        token_names: tuple[str, ...] = ()
        if tokens is not None:
            token_names = tokens.names

        names = [*series.names, *token_names]
        began_at = initial_state(cell, state, sequence)
        counted = len(token_names)

        self.units = units
        self.series = series
        self.tokens = tokens
        self.names = names
        self.moments = Moments(units + len(names))
        self.largest = np.full(units, -1.0)
        self.peak = np.zeros(units, dtype=np.int64)
        self.before = _means(began_at[None])[0]
        self.counts = np.zeros(counted, dtype=np.int64)
        self.read: list[NDArray[np.int64]] = []
        self.changes = np.zeros((counted, units))

    def add(self, stretch: Stretch, states: Float) -> None:
        """Add the states of a stretch, `(n, units)`."""
        self.read.append(stretch.times)
        columns = [states, self.series.at(stretch.times)]
        if self.tokens is not None:
            present = self.tokens.at(stretch.times)  # (n, tokens)
            columns.append(present)

            change = np.diff(states, axis=0, prepend=self.before[None])
            counts = present.sum(axis=0)
            self.counts += counts.astype(np.int64)
            self.changes += present.T @ change

        together = np.concatenate(columns, axis=1)
        self.moments.add(together)
        self._find_peak(stretch, states)
        self.before = states[-1]

    def _find_peak(self, stretch: Stretch, states: Float) -> None:
        sizes = np.abs(states)
        rows = np.argmax(sizes, axis=0)
        every = np.arange(self.units)
        here = sizes[rows, every]
        larger = here > self.largest
        times = stretch.times[rows]

        self.largest[larger] = here[larger]
        self.peak[larger] = times[larger]

    def apart(self) -> dict[str, int]:
        """Return at how many of the timesteps read each series is away
        from its usual value; of a token at how many it is, or isn't.
        """
        if not self.read:
            return {}

        read = np.concatenate(self.read)
        found = {
            name: timesteps_apart(values[read])
            for name, values in self.series.values.items()
        }
        if self.tokens is not None:
            pairs = zip(self.tokens.names, self.counts.tolist(), strict=True)
            for name, count in pairs:
                found[name] = min(count, len(read) - count)

        return found

    def statistics(self) -> StateStatistics:
        """Return the statistics of all that was added."""
        of_units = slice(0, self.units)
        of_series = slice(self.units, None)
        correlation = self.moments.correlation(of_series, of_units)
        found = components(self.moments, self.units)

        return StateStatistics(
            self.moments.std()[of_units],
            self.peak,
            dict(zip(self.names, correlation, strict=True)),
            self._mean_changes(),
            found,
            self._component_correlation(found),
        )

    def _mean_changes(self) -> dict[str, Float]:
        if self.tokens is None:
            return {}

        with np.errstate(invalid="ignore"):  # a token that never occurs: NaN
            means = self.changes / self.counts[:, None]

        return dict(zip(self.tokens.names, means, strict=True))

    def _component_correlation(self, found: Components) -> dict[str, Float]:
        """Return the r of the components with each series: the covariances are
        those of the units, projected.
        """
        units = self.units
        count = max(1, self.moments.count)
        products = self.moments.products[units:, :units]
        covariances = products / count
        projected = covariances @ found.directions.T  # (series, components)

        std = self.moments.std()[units:]
        component_std = np.sqrt(found.variances)
        spreads = np.outer(std, component_std)
        constant = ~(spreads > 0)
        spreads[constant] = 1.0

        correlation = np.clip(projected / spreads, -1, 1)
        correlation[constant] = np.nan

        return dict(zip(self.names, correlation, strict=True))
