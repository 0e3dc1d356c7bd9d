"""The sentences of the Units view: on all units of a cell, and on the one that
is selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.units_page.known import Known
from rnn_tui.tui.units_page.rankings import (
    Ranking,
    best_output,
    correlation,
    named_series,
    signed,
    timesteps,
)

if TYPE_CHECKING:
    from rnn_tui.analysis.felt import FeltByLag
    from rnn_tui.analysis.units import UnitStatistics

FEW = 10
"""Timesteps below which a correlation isn't told from chance."""
NEAR = 0.9
"""The share of the largest |r| from which on a unit goes as well."""
BLOCKS = " ▁▂▃▄▅▆▇█"
MOST_LAGS = 32
"""Lags whose influence is drawn."""
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

    plural = "" if units.units == 1 else "s"
    parts = [
        f"{key} · {units.units:,} unit{plural} · {units.timesteps:,} timesteps "
        "read",
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
    if unit in known.off:
        lines.append(f"unit {unit} is off: its h is set, not computed")

    if column is not None:
        lines.append(f"sorted by {column.title}: {column.meaning}")

    if known.effects is not None:
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
    if known.columns is not None:
        columns = known.columns.states[known.columns.main].correlation
        for name in columns:
            found += _best_unit(known.columns, name, f"your column {name}")

    output = best_output(known)
    if known.units is not None and output is not None:
        found += _best_unit(known.units, output, named_series(output, known))

    return found


def _best_unit(units: UnitStatistics, series: str, shown: str) -> list[str]:
    """Return the sentence that says which unit a series goes with best; none
    over few timesteps.
    """
    if units.timesteps < FEW:
        return []

    found = units.states[units.main]
    sizes = np.abs(np.nan_to_num(found.correlation[series]))
    best = int(sizes.argmax())
    if sizes[best] < units.chance:
        return [f"{shown} goes with no unit beyond chance"]

    near = int((sizes >= NEAR * sizes[best]).sum()) - 1
    r = correlation(float(found.correlation[series][best]))
    parts = [f"{shown} goes best with unit {best} (r {r})"]
    components = found.component_correlation[series]
    if len(components):
        parts.append(f"PC1 {correlation(float(components[0]))}")

    if near:
        others = "another comes" if near == 1 else f"{near} others come"
        parts.append(f"{others} near: no single unit does it alone")
    else:
        parts.append("no other unit comes near")

    return ["; ".join(parts)]


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

    found.sort(key=lambda pair: -abs(pair[1]))
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

    return f"felt by {felt.target} from lag 0 to {last}: {blocks.rstrip()}"


def _saturation(known: Known, unit: int) -> list[str]:
    saturation = known.saturation
    assert saturation is not None
    if not saturation.anywhere:
        return [f"saturated: {saturation.note}"]

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
        f"{short(one.value)} → {short(one.value + float(one.change[unit]))} "
        f"({words})"
        for one, words in ((zero, "h zero"), (mean, "h its mean"))
    ]

    where = "" if "@" in zero.target else " at the end"

    return [f"unit {unit} off: {zero.target}{where} {', '.join(parts)}"]
