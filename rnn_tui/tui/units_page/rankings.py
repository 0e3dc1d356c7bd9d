"""The questions about every unit that have a number for an answer: each is a
column of the Units view, and an order for the maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.purpose import best_of, by_best_unit, output_of, r_words
from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.text import counted
from rnn_tui.tui.renderables.numbers import short

if TYPE_CHECKING:
    from rnn_tui.analysis.direct_share import DirectShare
    from rnn_tui.analysis.effects import Effects
    from rnn_tui.analysis.memory import CellMemory
    from rnn_tui.analysis.saturation import Saturation
    from rnn_tui.analysis.units import UnitStatistics
    from rnn_tui.tui.units_page.known import Known

Float = NDArray[np.float64]

MOST_TOKENS = 4
"""Tokens and features that have a column of their own: those that go best with
any unit.
"""

TIME = "t"
"""The name of the timestep itself among the series."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """A number for each unit, `(units,)`, NaN where a unit has none; `title` is
    the title of the column, `meaning` is a few words.
    """

    name: str
    title: str
    meaning: str
    values: Float
    text: Callable[[float], str]
    components: Sequence[float] = ()
    """The same number of PC1, PC2, PC3, where they have one."""
    last: frozenset[int] = frozenset()
    """The units that come after all others: those that are off."""

    def order(self) -> NDArray[np.int64]:
        """Return the units, the largest number first, whatever its sign; the
        units without one and those that are off last.
        """
        sizes = np.abs(self.values)
        sizes = np.where(np.isnan(sizes), -1.0, sizes)
        sizes[list(self.last)] = -np.inf
        found: NDArray[np.int64] = np.argsort(-sizes, kind="stable")

        return found


def rankings(known: Known) -> list[Ranking]:
    """Return every ranking there is, in the order of the columns."""
    found: list[Ranking] = []
    if known.units is not None:
        found.append(_spread(known.units))

    if known.columns is not None:
        found += _of_columns(known)

    if known.effects is not None:
        found.append(_effect(known.effects.zero, "off"))

    if known.memory is not None:
        found += _half_life(known.memory)

    if known.units is not None:
        found += _correlations(known)
        found.append(_peak(known.units))

    if known.saturation is not None:
        found += _shares(known.saturation)

    if known.effects is not None:
        found.append(_effect(known.effects.mean, "off, mean"))

    if known.share is not None:
        found.append(_share(known.share))

    off = frozenset(known.off)

    return [replace(ranking, last=off) for ranking in found]


def _spread(units: UnitStatistics) -> Ranking:
    state = units.main
    return Ranking(
        "spread",
        f"spread {state}",
        f"the standard deviation of {state} over the timesteps read",
        units.states[state].std,
        short,
        np.sqrt(units.states[state].components.variances).tolist(),
    )


def _peak(units: UnitStatistics) -> Ranking:
    state = units.main
    return Ranking(
        "peak",
        "peak at",
        f"the timestep at which {state} is largest, whatever its sign",
        units.states[state].peak.astype(np.float64),
        lambda value: f"t {value:.0f}",
    )


def _effect(effects: Effects, name: str) -> Ranking:
    return Ranking(
        name,
        f"{name}: Δ end",
        f"the change of {effects.target} at the end of the sequence where the "
        f"unit is switched off; "
        f"{effects.note}",
        effects.change,
        signed,
    )


def _share(share: DirectShare) -> Ranking:
    return Ranking(
        "share",
        "share",
        f"the unit's own summand of {share.target}: h times its weight; with "
        f"the bias {share.bias:.3g} they add up to {share.value:.4g}",
        share.values,
        signed,
    )


def _half_life(memory: CellMemory) -> list[Ranking]:
    if memory.gate is None:
        return []

    return [
        Ranking(
            "half-life",
            "half-life",
            "timesteps after which the gate has kept half of the state"
            f"{memory.gate.of_half_life}",
            memory.gate.half_life,
            timesteps,
        )
    ]


def _correlations(known: Known) -> list[Ranking]:
    """Return a ranking for the output, the tokens and the features that go best
    with any unit and aren't too rare, and for t.
    """
    units = known.units
    assert units is not None
    series = units.states[units.main].correlation
    output = best_output(known)
    others = [
        name
        for name in series
        if output_of(name) not in known.outputs and name != TIME
    ]
    names = [] if output is None else [output]
    names += by_best_unit(units, others)[:MOST_TOKENS]
    if TIME in series:
        names.append(TIME)

    return [
        _correlation(units, name, named_series(name, known), series)
        for name in names
    ]


def _of_columns(known: Known) -> list[Ranking]:
    """Return a ranking for each column of the user's."""
    columns = known.columns
    assert columns is not None
    taken: Mapping[str, Float] = {}
    if known.units is not None:
        taken = known.units.states[known.units.main].correlation

    found = []
    main = columns.states[columns.main]
    for name, values in main.correlation.items():
        # a column may be named like an input or a token
        shown = f"{name} (yours)" if name in taken else name
        found.append(
            Ranking(
                f"r {shown}",
                f"r {shown}",
                f"the correlation of {columns.main} with your column {name} "
                f"over {counted(columns.timesteps, 'timestep')}",
                values,
                correlation,
                main.component_correlation[name].tolist(),
            )
        )

    return found


def best_output(known: Known) -> str | None:
    """Return the series of the outputs that goes best with any unit; None where
    the outputs have no timesteps, or hardly ever change.
    """
    units = known.units
    if units is None:
        return None

    series = units.states[units.main].correlation
    found = [name for name in series if output_of(name) in known.outputs]

    return best_of(units, found)


def named_series(name: str, known: Known) -> str:
    """Return a series as it is shown: a token in quotes, a unit of the output
    by its token.
    """
    layer, bracket, rest = name.rpartition("[")
    if name == TIME or (bracket and rest.endswith("]") and rest[:-1].isdigit()):
        unit = int(rest[:-1]) if bracket else -1
        if layer in known.outputs and unit in known.classes:
            return f"{layer} “{known.classes[unit]}”"

        return name

    return f"“{name}”"


def _correlation(
    units: UnitStatistics,
    name: str,
    shown: str,
    known: Mapping[str, Float],
) -> Ranking:
    return Ranking(
        f"r {name}",
        f"r {shown}",
        f"the correlation of {units.main} with {shown} over "
        f"{counted(units.timesteps, 'timestep')}",
        known[name],
        correlation,
        units.states[units.main].component_correlation[name].tolist(),
    )


def _shares(saturation: Saturation) -> list[Ranking]:
    """Return a ranking for each gate: the share of timesteps at which it was
    nearly shut or nearly open, whichever is larger.
    """
    found = []
    for gate, shares in saturation.gates.items():
        found.append(
            Ranking(
                f"saturated {gate}",
                f"sat. {symbol(gate)}",
                f"the share of timesteps with {symbol(gate)} below "
                f"{shares.below:g} (−) or above {shares.above:g} (+)",
                np.where(shares.high >= shares.low, shares.high, -shares.low),
                share,
            )
        )

    return found


def correlation(value: float) -> str:
    """Return a correlation with its sign, two digits after the point."""
    if np.isnan(value):
        return "–"

    return r_words(value)


def share(value: float) -> str:
    """Return a share with the sign of its end: below (−) or above (+); a point
    for none.
    """
    if np.isnan(value):
        return "–"
    if value == 0:
        return "·"

    return f"{value:+.2f}".replace("-", "−")


def signed(value: float) -> str:
    """Return a change with its sign."""
    if value > 0:
        return f"+{short(value)}"

    return short(value)


def timesteps(value: float) -> str:
    """Return a time in timesteps; ∞ where nothing is lost."""
    if np.isposinf(value):
        return "∞"
    if value >= 100:
        return f"{value:,.0f}"

    return short(value, 2)
