"""The arithmetic of a unit as the Step view exports, finds and copies it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnn_tui.analysis.table import Table

if TYPE_CHECKING:
    from rnn_tui.analysis.step_parts import GateSum, Term, UnitStep


def summands(step: UnitStep) -> Iterator[tuple[GateSum, Term]]:
    """Yield every summand of every gate, those that it is the sum of before
    it.
    """
    for gate in step.gates:
        for term in (*gate.terms, *gate.biases):
            for part in (*term.parts, term):
                yield gate, part


def step_table(step: UnitStep) -> Table:
    """Return every summand, sum and value of every gate."""
    rows = [
        (gate.name, part.label, part.value) for gate, part in summands(step)
    ]
    rows += [(gate.name, "pre", gate.total) for gate in step.gates]
    rows += [(gate.name, "value", gate.value) for gate in step.gates]

    name = f"step-unit{step.unit}"
    if step.pixel is not None:
        name += "-pixel" + "-".join(map(str, step.pixel.pixel))

    return Table(f"{name}-t{step.t}", ("gate", "term", "value"), rows)


def place_words(step: UnitStep) -> str:
    """Return the unit, and its pixel where there are pictures."""
    if step.pixel is None:
        return f"unit {step.unit}"

    return f"unit {step.unit}, pixel {step.pixel.where},"
