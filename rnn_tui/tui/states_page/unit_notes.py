"""What is known of the selected unit beyond its values, in lines below its
plots: how long it remembers, what it is worth, what it goes with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.cells import set_cell_size
from rich.segment import Segment

from rnn_tui.analysis.purpose import too_rare
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.terminal.text_width import by_parts
from rnn_tui.tui.units_page.known import Known, known_of

if TYPE_CHECKING:
    from rnn_tui.analysis.units import UnitStatistics
    from rnn_tui.tui.session.session import Session

Line = list[Segment]

NAME = 7
"""Cells of a note's first word."""


class UnitNotes:
    """The lines on the selected unit, made once while what is known stays: a
    timestep of playback changes none of them.
    """

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._lines: list[Line] = []

    def lines(self, session: Session, width: int, look: Look) -> list[Line]:
        """Return the lines, each as wide as the rail."""
        place = session.cursor
        wanted = (
            session.subject.answers,
            session.reference,
            session.cell,
            place.unit,
            place.sequence,
            width,
            look,
        )
        same = len(self._made_for) == len(wanted) and all(
            map(_is_same, self._made_for, wanted)
        )
        if not same:
            self._made_for = wanted
            self._lines = unit_notes(session, width, look)

        return self._lines


def _is_same(one: object, other: object) -> bool:
    """Whether two are one object, or equal numbers."""
    return one is other or (isinstance(one, int) and one == other)


def unit_notes(session: Session, width: int, look: Look) -> list[Line]:
    """Return the lines, each as wide as the rail; none before an analysis is
    known.
    """
    if session.cell is None:
        return []

    known = known_of(session)
    unit = session.cursor.unit
    notes = [
        ("h", _set_to(known, unit)),
        ("keeps", _by_gate(known, unit)),
        ("", _by_cell(known)),
        ("", _by_output(known)),
        ("if off", _effect(known, unit)),
        ("like", _correlation(known, unit)),
    ]

    return [_line(name, text, width, look) for name, text in notes if text]


def _line(name: str, text: str, width: int, look: Look) -> Line:
    room = max(width - NAME, 1)

    return [
        Segment(name.ljust(NAME), ink(look.foreground, bold=True)),
        Segment(set_cell_size(by_parts(text, room), room), ink(look.muted)),
    ]


def _set_to(known: Known, unit: int) -> str:
    """Return what was done to the unit's h, where it isn't computed."""
    if unit not in known.off:
        return ""

    return f"is {known.off[unit]}, not computed"


def _by_gate(known: Known, unit: int) -> str:
    memory = known.memory
    if memory is None or memory.gate is None:
        return ""

    from rnn_tui.tui.units_page.rankings import timesteps

    half_life = timesteps(float(memory.gate.half_life[unit]))

    return (
        f"by gate {memory.gate.gate}: half for {half_life} timesteps"
        f"{memory.gate.of_half_life}"
    )


def _by_cell(known: Known) -> str:
    """Return what is left of a change of the whole state."""
    memory = known.memory
    if memory is None or memory.state is None:
        return ""

    state = memory.state
    if not len(state.singular_values):
        return ""

    left = short(float(state.singular_values[0]), 2)

    return f"a change of the state × {left} after {state.lag}"


def _by_output(known: Known) -> str:
    """Return what the output feels of the earliest timestep."""
    memory = known.memory
    if memory is None or memory.felt is None:
        return ""

    values = memory.felt.values
    if len(values) < 2:
        return ""

    felt = short(float(values[-1]), 2)

    return f"output moves {felt} × input at lag {len(values) - 1}"


def _effect(known: Known, unit: int) -> str:
    if known.effects is None or unit in known.off:
        return ""

    zero, mean = known.effects.zero, known.effects.mean
    off = float(zero.off[unit])
    off_mean = float(mean.off[unit])

    return (
        f"{zero.target} {short(zero.value)} → {short(off)}, "
        f"at its mean {short(off_mean)}"
    )


def _correlation(known: Known, unit: int) -> str:
    """Return the series that the unit's state goes with best; the user's own
    columns first.
    """
    units = known.units
    if units is None:
        return ""

    from rnn_tui.tui.units_page.rankings import correlation, named_series

    found = [
        (named_series(name, known), value)
        for name, value in _by_size(units, unit)
    ]
    if known.columns is not None:
        found = [*_by_size(known.columns, unit), *found]

    shown = [f"{name} r {correlation(value)}" for name, value in found[:2]]
    if not shown:
        return ""

    return f"{', '.join(shown)}, n {units.timesteps:,}"


def _by_size(units: UnitStatistics, unit: int) -> list[tuple[str, float]]:
    """Return the correlations of a unit's state, the largest first; without
    the series that are too rare to be ranked.
    """
    rare = too_rare(units)
    series = units.states[units.main].correlation
    found = [
        (name, float(values[unit]))
        for name, values in series.items()
        if np.isfinite(values[unit]) and name not in rare
    ]
    found.sort(key=lambda pair: -abs(pair[1]))

    return found
