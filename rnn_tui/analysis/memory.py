"""Does it remember: three numbers side by side, never one.

Kept by the gate follows a unit's own state through its own gate. Kept by the
whole cell follows every path from unit to unit. Felt by the output is the
change that an input of so many timesteps ago still makes. They disagree, and
the sentence says how.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.felt import FeltByLag
from rnn_tui.analysis.gate_memory import GateMemory, gate_memory
from rnn_tui.analysis.plain import plain
from rnn_tui.analysis.state_memory import ENOUGH, StateMemory, state_memory
from rnn_tui.analysis.table import Table
from rnn_tui.errors import NotThroughError
from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

TITLES = ("layer", "measure", "index", "value")

APART = 3.0
"""Memory times that differ by this factor are told apart."""
FAR_APART = 10.0
"""Shares that are left over a lag, likewise."""
GROWS = 0.02
"""An exponent above this grows; a smaller one may be none on a short
sequence.
"""
LEFT = 0.05
"""A smaller share is forgotten."""


@dataclass(frozen=True, eq=False)
class CellMemory:
    """The three numbers of a cell; one that it doesn't have is None, and
    `refused` says why.
    """

    key: str
    gate: GateMemory | None
    state: StateMemory | None
    felt: FeltByLag | None = None
    refused: str = ""

    @property
    def note(self) -> str:
        """The conclusion from the numbers, in a sentence."""
        if self.state is None:
            return self._without_state()

        found = _sentence(self.gate, self.state)
        if self.felt is not None:
            found += f"; {self.felt.note}"

        if self.state.timesteps < ENOUGH:
            found += (
                f"; {self.state.timesteps} timesteps are few, a longer "
                "sequence tells more"
            )

        return found

    def _without_state(self) -> str:
        """Return why the whole cell isn't told, behind what the gate's numbers
        are of.
        """
        found = self.refused or "too few timesteps were read to tell"
        if self.gate is None or not self.gate.note:
            return found

        return f"{self.gate.note}; {found}"

    def tree(self) -> dict[str, Any]:
        """Return the numbers as JSON; null is ∞ among the half-lives and the
        memory times.
        """
        found: dict[str, Any] = {"half_life": None, "kept": None}
        if self.gate is not None:
            found["gate"] = self.gate.gate
            found["half_life"] = plain(self.gate.half_life)
            found["kept"] = plain(self.gate.kept)
            if self.gate.pixels:
                found["pixels"] = self.gate.pixels

        found |= {"singular_values": None, "memory_time": None}
        if self.state is not None:
            found["state"] = self.state.state
            found["lag"] = self.state.lag
            found["singular_values"] = plain(self.state.singular_values)
            found["exponents"] = plain(self.state.exponents)
            found["memory_time"] = plain(self.state.memory_time)
            found["timesteps"] = self.state.timesteps

        found["felt_by_lag"] = None
        if self.felt is not None:
            found["felt_by_lag"] = plain(self.felt.values)
            found["target"] = self.felt.target

        found["note"] = self.note
        if self._never_ends():
            found["note"] += "; null is ∞"

        return found

    def _never_ends(self) -> bool:
        """Return whether a half-life or a memory time is infinite."""
        of_gate = False
        if self.gate is not None:
            of_gate = bool(np.isinf(self.gate.half_life).any())
        of_cell = (
            self.state is not None and np.isinf(self.state.memory_time).any()
        )

        return bool(of_gate or of_cell)

    def table(self) -> Table:
        """Return every number in a row of its own: half-lives and kept shares
        by unit, singular values and memory times by rank, the influence by lag.
        """
        rows: list[list[object]] = []

        def add(measure: str, values: Float) -> None:
            rows.extend(
                [self.key, measure, index, value]
                for index, value in enumerate(values.tolist())
            )

        if self.gate is not None:
            add("half-life", self.gate.half_life)
            add("kept", self.gate.kept)

        if self.state is not None:
            add("singular value", self.state.singular_values)
            add("memory time", self.state.memory_time)

        if self.felt is not None:
            add("felt", self.felt.values)

        return Table("memory", TITLES, rows, numbers=frozenset(TITLES[2:]))


def memory(
    cell: CellTrace,
    sequence: int = 0,
    felt: FeltByLag | None = None,
) -> CellMemory:
    """Return how a cell remembers.

    `felt` is the influence on the output by lag, which needs the whole model. A
    cell whose state has no derivative here (a ConvLSTM) has no number but that
    and what its gate keeps.
    """
    refused = ""
    try:
        state = state_memory(cell, sequence)
    except NotThroughError as error:
        state = None
        refused = f"the memory of the whole cell isn't told: {error.reason}"

    return CellMemory(
        cell.key,
        gate_memory(cell, sequence),
        state,
        felt,
        refused,
    )


def _sentence(gate: GateMemory | None, state: StateMemory) -> str:
    if np.isnan(state.exponents).any():
        return "its derivatives are no numbers"
    if state.exponents[0] > GROWS:
        times = _timesteps(math.log(2) / float(state.exponents[0]))
        return (
            f"a small change of the state doubles in {times}: it isn't "
            "forgotten, and soon nothing tells it from chance"
        )
    if gate is None:
        return f"it has no gate: {_by_cell(state)}"
    if not np.isfinite(gate.kept).all():
        return "what its gate keeps is no number"

    unit = int(np.argmax(gate.half_life))
    longest = _timesteps(float(gate.half_life[unit]))
    by_gate = (
        f"the longest half-life by a gate is {longest} (unit {unit}, "
        f"{gate.gate})"
    )
    by_cell = _by_cell(state)
    if _handed_on(gate, state):
        return (
            "no gate holds it; the units hand it on to each other: "
            f"{by_cell}, {by_gate}"
        )
    if _written_over(gate, state):
        return (
            "a gate would hold it, but the units write over each other: "
            f"{by_gate}, {by_cell}"
        )
    if _by_lag(state) and state.singular_values[0] < LEFT:
        return f"it forgets: {by_cell}, {by_gate}"

    return f"gate and cell agree: {by_gate}, {by_cell}"


def _by_lag(state: StateMemory) -> bool:
    """Return whether the words are of the rest after the lag: the sequence is
    short, and the lag is all of it.
    """
    longest = state.timesteps - 1

    return state.timesteps < ENOUGH and state.lag == longest


def _by_cell(state: StateMemory) -> str:
    """Return how long the best direction of the state keeps."""
    if _by_lag(state):
        left = float(state.singular_values[0])
        after = f"after {counted(state.lag, 'timestep')}"
        if left > 1:
            return (
                f"a change of {state.state} is up to {left:.3g} times as large "
                f"{after}"
            )

        return (
            f"of a change of {state.state} at most {left:.3g} times its size "
            f"is left {after}"
        )

    longest = float(state.memory_time[0])
    return f"one direction of the state keeps for {_timesteps(longest)}"


def _handed_on(gate: GateMemory, state: StateMemory) -> bool:
    """Return whether the cell keeps much longer than the gate of any unit."""
    if _by_lag(state):
        left, by_gate = _left(gate, state)
        return left > LEFT and left > FAR_APART * by_gate

    remembered = float(state.memory_time[0])

    return remembered > APART * _longest(gate)


def _written_over(gate: GateMemory, state: StateMemory) -> bool:
    """Return whether the gate of a unit keeps much longer than the cell."""
    if _by_lag(state):
        left, by_gate = _left(gate, state)
        return by_gate > LEFT and by_gate > FAR_APART * left

    remembered = float(state.memory_time[0])

    return _longest(gate) > APART * remembered


def _left(gate: GateMemory, state: StateMemory) -> tuple[float, float]:
    """Return the share of a change that is left of the state, and the largest
    that the gates alone would leave.
    """
    left = float(state.singular_values[0])
    by_gate = float(np.abs(gate.kept).max())

    return left, by_gate


def _longest(gate: GateMemory) -> float:
    """Return the longest time constant of the gates, in timesteps."""
    half_life = float(gate.half_life.max())

    return half_life / math.log(2)


def _timesteps(count: float) -> str:
    """Return a number of timesteps in words."""
    if math.isinf(count):
        return "∞ timesteps"

    number = f"{count:.3g}"
    if number == "1":
        return "1 timestep"

    return f"{number} timesteps"
