"""The sentences of the Units view: on all units of a cell, and on the one that
is selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.purpose import FEWEST, GoesBest, goes_best, too_rare
from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.text import counted
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.units_page.known import Known
from rnn_tui.tui.units_page.rankings import (
    Ranking,
    best_output,
    named_series,
    signed,
    timesteps,
)

if TYPE_CHECKING:
    from rnn_tui.analysis.felt import FeltByLag
    from rnn_tui.analysis.units import UnitStatistics

BLOCKS = " ▁▂▃▄▅▆▇█"
MOST_LAGS = 32
"""Lags whose influence is drawn."""
MOST_OFF = 4
"""Units that are off and are named before a sentence on the others, at most."""
MOST_TOKENS = 8
"""Tokens whose mean change is written, at most: the largest changes."""


def heading(known: Known, key: str) -> str:
    """Return the first line: which cell, over how many timesteps, how many
    dimensions its state uses.
    """
    units = known.units
    if units is None:
        return f"{key}: looking at the units …"

    if not units.timesteps:
        return f"{key}: no timestep was read, a mask skips all"

    timesteps = counted(units.timesteps, "timestep")
    parts = [
        f"{key} · {counted(units.units, 'unit')}",
        f"{timesteps} of this sequence",
        units.dimension_note,
    ]

    return " · ".join(parts)


def on_the_unit(
    known: Known,
    unit: int,
    column: Ranking | None,
    refused: Sequence[Refused],
) -> list[str]:
    """Return the lines below the table: how to read the column that sorts it,
    and the facts of the selected unit.
    """
    lines = purpose(known)
    is_on = unit not in known.off
    if not is_on:
        lines.append(f"h of unit {unit} is {known.off[unit]}, not computed")

    if column is not None:
        lines.append(f"sorted by {column.title}: {column.meaning}")

    if known.effects is not None and is_on:
        lines += _effect(known, unit)

    if known.units is not None:
        lines.append(known.units.note)
        lines += _changes(known, unit)

    if known.memory is not None:
        lines += _memory(known, unit)

    if known.saturation is not None:
        lines += _saturation(known, unit)

    return [*lines, *(one.line for one in refused)]


def purpose(known: Known) -> list[str]:
    """Return the sentences that say which unit the user's columns and the
    output go with, and whether it is the only one.
    """
    found = []
    columns = known.columns
    if columns is not None:
        for name in columns.states[columns.main].correlation:
            found += _of_column(columns, name)

    for answer in _of_output(known):
        sentence = answer.words(named_series(answer.series, known))
        direction = answer.direction
        if answer.near and direction and direction.state != answer.state:
            sentence += (
                f"; PC1 to PC3, last in the table, are of {answer.state}"
            )

        found.append(sentence)

    if known.off:
        off = ", ".join(map(str, list(known.off)[:MOST_OFF]))
        plural = "" if len(known.off) == 1 else "s"
        return [f"without unit{plural} {off}: {line}" for line in found]

    return found


def named_unit(known: Known) -> int | None:
    """Return the unit that the first of these sentences names; None where none
    names one.
    """
    answers: list[GoesBest] = []
    columns = known.columns
    if columns is not None:
        names = columns.states[columns.main].correlation
        of_columns = (goes_best(columns, name) for name in names)
        answers += [answer for answer in of_columns if answer is not None]

    answers += _of_output(known)
    for answer in answers:
        if not answer.by_chance:
            return answer.best.unit

    return None


def _of_column(columns: UnitStatistics, name: str) -> list[str]:
    """Return the sentence on a column of the user's."""
    shown = f"your column {name}"
    rare = too_rare(columns)
    if name in rare:
        return [
            f"{shown} is away from its usual value at {rare[name]} timesteps: "
            f"too few to name a unit, which takes {FEWEST}"
        ]

    answer = goes_best(columns, name)
    if answer is None:
        return []

    return [answer.words(shown)]


def _of_output(known: Known) -> list[GoesBest]:
    """Return the unit that the output goes best with, if any does."""
    output = best_output(known)
    if known.units is None or output is None:
        return []

    answer = goes_best(known.units, output)
    if answer is None:
        return []

    return [answer]


def _changes(known: Known, unit: int) -> list[str]:
    """Return the mean change of the unit's state by token."""
    units = known.units
    assert units is not None
    changes = units.states[units.main].change
    found = [
        (name, float(values[unit]))
        for name, values in changes.items()
        if np.isfinite(values[unit])
    ]
    if not found:
        return []

    # one timestep makes a large mean: rare tokens come after the others
    found.sort(key=lambda pair: (units.counts[pair[0]] < FEWEST, -abs(pair[1])))
    shown = [
        f"{name} {signed(value)} (n {units.counts[name]:,})"
        for name, value in found[:MOST_TOKENS]
    ]

    return [
        f"unit {unit}: mean change of {units.main} by token: "
        + "  ".join(shown)
    ]


def _memory(known: Known, unit: int) -> list[str]:
    memory = known.memory
    assert memory is not None
    parts = []
    if memory.gate is not None:
        kept = timesteps(float(memory.gate.half_life[unit]))
        parts.append(
            f"unit {unit}: its gate {memory.gate.gate} keeps half for {kept} "
            "timesteps"
        )

    parts.append(memory.note)
    lines = [f"memory: {'; '.join(parts)}"]
    if memory.felt is not None:
        lines.append(felt_by_lag(memory.felt))

    return lines


def felt_by_lag(felt: FeltByLag) -> str:
    """Return how much the target feels of each timestep before it, as blocks:
    the nearest at the left.
    """
    values = felt.values[:MOST_LAGS]
    largest = float(np.nanmax(values, initial=0.0)) or 1.0
    most = len(BLOCKS) - 1
    shares = np.nan_to_num(values / largest)
    rounded = np.rint(shares * most)
    levels = rounded.astype(int).tolist()
    blocks = "".join(BLOCKS[level] for level in levels)
    last = len(values) - 1
    of_all = ""
    if len(felt.values) > MOST_LAGS:
        of_all = f" of {len(felt.values) - 1}"

    return (
        f"felt by {felt.target}, its derivative from lag 0 to {last}{of_all}: "
        f"{blocks.rstrip()}"
    )


def _saturation(known: Known, unit: int) -> list[str]:
    saturation = known.saturation
    assert saturation is not None
    if not saturation.anywhere:
        return [f"saturated: {saturation.note.removeprefix('none: ')}"]

    shares = []
    for gate, one in saturation.gates.items():
        low = _count(one.low, unit, saturation.timesteps)
        high = _count(one.high, unit, saturation.timesteps)
        shares.append(
            f"{symbol(gate)} {low} below {one.below:g}, {high} above "
            f"{one.above:g}"
        )

    return [
        f"unit {unit}: saturated at so many of {saturation.timesteps:,} "
        f"timesteps: {'; '.join(shares)}"
    ]


def _count(share: NDArray[np.float64], unit: int, timesteps: int) -> str:
    return f"{round(float(share[unit]) * timesteps):,}"


def _effect(known: Known, unit: int) -> list[str]:
    assert known.effects is not None
    zero, mean = known.effects.zero, known.effects.mean
    parts = [
        f"{short(one.value)} → {short(float(one.off[unit]))} ({words})"
        for one, words in ((zero, "h zero"), (mean, "h its mean"))
    ]

    where = "" if "@" in zero.target else " at the end"

    changes = f"{zero.target}{where} {', '.join(parts)}"

    return [f"unit {unit} off: {changes}; x shows it over time"]
