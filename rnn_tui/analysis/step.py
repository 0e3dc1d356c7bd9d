"""The arithmetic of one unit at one timestep, term by term: what a teacher would write
on the board.

Every gate is a flat sum of products, so that anyone with a pocket calculator can follow
it: x[j] × W, h[k] × U, the bias. A GRU's candidate has its reset gate in the products:
r × h[k] × U with `reset_after` (the unit's own r times the whole recurrent sum, its
bias too), r[k] × h[k] × U without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnn_tui.engine.trace.trace import CellTrace


class Term(NamedTuple):
    """One summand: what it is (`x[2] × W`), its factors as stored, their product."""

    label: str
    factors: tuple[float, ...]
    value: float


@dataclass(frozen=True, eq=False)
class GateSum:
    """One gate: its summands with the largest first, the biases, and what they make.

    `name` is the value's (`i`, `c_tilde`), `total` the pre-activation, `value` what the
    activation made of it, both as the trace has them.
    """

    name: str
    terms: tuple[Term, ...]
    biases: tuple[Term, ...]
    total: float
    value: float
    activation: str
    function: Callable[[NDArray[Any]], NDArray[Any]]


class Symbol(NamedTuple):
    """A symbol of an equation and the number that stands for it; None for a sign."""

    text: str
    value: float | None = None


@dataclass(frozen=True, eq=False)
class UnitStep:
    """What one unit did at one timestep: its gates, the equations that make its state,
    whether it was skipped.

    `skipped` is set where the mask says that the timestep wasn't read: the state was
    held.
    """

    unit: int
    t: int
    gates: tuple[GateSum, ...]
    equations: tuple[tuple[Symbol, ...], ...]
    skipped: bool


def unit_step(trace: CellTrace, unit: int, t: int, sequence: int = 0) -> UnitStep:
    """Return the arithmetic of `unit` at timestep `t` of the input.

    Cells on pictures have none for a single unit.
    """
    skipped = trace.mask is not None and not bool(trace.mask[sequence, t])
    reader = _Reader(trace, unit, t, sequence)
    gates = {"lstm": _lstm, "gru": _gru, "simple_rnn": _simple}[trace.cell.kind](reader)

    return UnitStep(unit, t, tuple(gates), _EQUATIONS[trace.cell.kind](reader), skipped)


def has_arithmetic(trace: CellTrace) -> bool:
    """Say whether a single unit's arithmetic can be written down: the three plain
    cells, not those on pictures.
    """
    return trace.cell.kind in _EQUATIONS


class _Reader:
    """One unit at one timestep: its inputs, its past, its columns of the weights, its
    values.
    """

    def __init__(self, trace: CellTrace, unit: int, t: int, sequence: int) -> None:
        self.trace = trace
        self.unit = unit
        self.t = t
        self.sequence = sequence
        self.cell: Any = trace.cell
        self.x = trace.read_input(t, t + 1)[sequence, 0].astype(np.float64)
        self.past = {
            name: trace.previous(name, t)[sequence].astype(np.float64)
            for name in trace.cell.states
        }

    def all_units(self, name: str) -> NDArray[np.float64]:
        """Return a quantity of all units now."""
        return np.asarray(
            self.trace.read(name, self.t, self.t + 1)[self.sequence, 0],
            dtype=np.float64,
        )

    def value(self, name: str) -> float:
        """Return a quantity of this unit now."""
        return float(self.all_units(name)[self.unit])

    def before(self, name: str) -> float:
        """Return this unit's state before the timestep."""
        return float(self.past[name][self.unit])

    def column(self, index: int) -> int:
        """Return the stored column of the unit in gate number `index`."""
        return index * self.trace.units + self.unit

    def x_terms(self, index: int) -> list[Term]:
        """Return x[j] × W of gate number `index`."""
        return _products("x[{}] × W", self.x, self.cell.kernel[:, self.column(index)])

    def h_terms(self, index: int) -> list[Term]:
        """Return h[k] × U of gate number `index`, h as it stood before."""
        return _products(
            "h[{}] × U",
            self.past["h"],
            self.cell.recurrent_kernel[:, self.column(index)],
        )

    def bias(
        self, array: NDArray[Any] | None, index: int, label: str = "b"
    ) -> list[Term]:
        """Return the bias of gate number `index` as a term; none without one."""
        if array is None:
            return []

        stored = float(array[self.column(index)])

        return [Term(label, (stored,), stored)]

    def gate(
        self,
        name: str,
        terms: list[Term],
        biases: list[Term],
        *,
        recurrent: bool = True,
    ) -> GateSum:
        """Return a gate's sum, its terms ordered by their size."""
        if recurrent:
            activation = self.cell.recurrent_activation
        else:
            activation = self.cell.activation

        ordered = sorted(terms, key=lambda term: -abs(term.value))
        name_of = str(getattr(activation, "name", "φ"))
        total, value = self.value(f"pre_{name}"), self.value(name)

        return GateSum(
            name, tuple(ordered), tuple(biases), total, value, name_of, activation
        )


def _products(label: str, left: NDArray[np.float64], right: NDArray[Any]) -> list[Term]:
    pairs = zip(left.tolist(), right.astype(np.float64).tolist(), strict=True)
    return [
        Term(label.format(index), (a, b), a * b) for index, (a, b) in enumerate(pairs)
    ]


def _simple(r: _Reader) -> list[GateSum]:
    return [
        r.gate(
            "h", [*r.x_terms(0), *r.h_terms(0)], r.bias(r.cell.bias, 0), recurrent=False
        )
    ]


def _lstm(r: _Reader) -> list[GateSum]:
    found = []
    for index, name in enumerate(("i", "f", "c_tilde", "o")):
        terms = [*r.x_terms(index), *r.h_terms(index)]
        found.append(
            r.gate(name, terms, r.bias(r.cell.bias, index), recurrent=name != "c_tilde")
        )

    return found


def _gru(r: _Reader) -> list[GateSum]:
    cell = r.cell
    found = []
    for index, name in enumerate(("z", "r")):
        biases = [
            *r.bias(cell.input_bias, index),
            *r.bias(cell.recurrent_bias, index, "b rec"),
        ]
        found.append(r.gate(name, [*r.x_terms(index), *r.h_terms(index)], biases))

    reset = r.all_units("r")
    if cell.reset_after:
        own = float(reset[r.unit])
        scaled = [
            Term(f"r × {label}", (own, *factors), own * value)
            for label, factors, value in r.h_terms(2)
        ]
        inner = [
            Term("r × b rec", (own, b), own * b)
            for _, (b,), _ in r.bias(cell.recurrent_bias, 2)
        ]
    else:
        scaled = [
            Term(
                f"r[{k}] × {label}",
                (float(reset[k]), *factors),
                float(reset[k]) * value,
            )
            for k, (label, factors, value) in enumerate(r.h_terms(2))
        ]
        inner = []

    biases = [*r.bias(cell.input_bias, 2), *inner]

    return [
        *found,
        r.gate("h_tilde", [*r.x_terms(2), *scaled], biases, recurrent=False),
    ]


def _lstm_equations(r: _Reader) -> tuple[tuple[Symbol, ...], ...]:
    c = r.value("c")
    name = str(getattr(r.cell.activation, "name", "φ"))
    makes_c = (
        Symbol("c", c),
        Symbol("="),
        Symbol("f", r.value("f")),
        Symbol("·"),
        Symbol("c₋₁", r.before("c")),
        Symbol("+"),
        Symbol("i", r.value("i")),
        Symbol("·"),
        Symbol("c̃", r.value("c_tilde")),
    )
    bent = float(np.asarray(r.cell.activation(r.all_units("c")))[r.unit])
    makes_h = (
        Symbol("h", r.value("h")),
        Symbol("="),
        Symbol("o", r.value("o")),
        Symbol("·"),
        Symbol(f"{name}(c)", bent),
    )

    return makes_c, makes_h


def _gru_equations(r: _Reader) -> tuple[tuple[Symbol, ...], ...]:
    z = r.value("z")
    return (
        (
            Symbol("h", r.value("h")),
            Symbol("="),
            Symbol("z", z),
            Symbol("·"),
            Symbol("h₋₁", r.before("h")),
            Symbol("+"),
            Symbol("(1−z)", 1 - z),
            Symbol("·"),
            Symbol("h̃", r.value("h_tilde")),
        ),
    )


def _simple_equations(r: _Reader) -> tuple[tuple[Symbol, ...], ...]:
    name = str(getattr(r.cell.activation, "name", "φ"))
    return (
        (
            Symbol("h", r.value("h")),
            Symbol("="),
            Symbol(f"{name}(pre h)", r.value("h")),
        ),
    )


_EQUATIONS: dict[str, Callable[[_Reader], tuple[tuple[Symbol, ...], ...]]] = {
    "lstm": _lstm_equations,
    "gru": _gru_equations,
    "simple_rnn": _simple_equations,
}


ROUNDING = "rounding"
"""What the line is called that the last digits need."""


class ShownSum(NamedTuple):
    """A sum as it is written: lines of (label, factors, rounded value) that add up to
    `total` digit by digit.
    """

    lines: tuple[Term, ...]
    total: float


def shown_sum(gate: GateSum, room: int, digits: int) -> ShownSum:
    """Return at most `room` lines that add up to the rounded total exactly, digit by
    digit.

    The largest terms stand first, the sum of those that don't fit is one line
    (`12 more`), the biases last. Rounding each line, and the engine's float32, may
    leave the sum a digit off: that digit is a line that says `rounding`.
    """
    free = max(0, room - len(gate.biases) - 1)  # a line is kept for the rounding
    fits = len(gate.terms) <= free
    shown, others = (
        (gate.terms, ())
        if fits
        else (gate.terms[: max(0, free - 1)], gate.terms[max(0, free - 1) :])
    )
    lines = list(shown)
    if others:
        lines.append(
            Term(f"{len(others)} more", (), math.fsum(term.value for term in others))
        )

    total = round(gate.total, digits)
    rounded = [
        Term(label, factors, round(value, digits))
        for label, factors, value in (*lines, *gate.biases)
    ]
    rest = round(total - math.fsum(term.value for term in rounded), digits)
    if rest:
        rounded.append(Term(ROUNDING, (), rest))

    return ShownSum(tuple(rounded), total)
