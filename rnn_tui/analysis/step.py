"""The arithmetic of one unit at one timestep, term by term: what a teacher
would write on the board.

Every gate is a flat sum of products, so that anyone with a pocket calculator
can follow it: x[j] × W, h[k] × U, the bias. A gate that another one scales has
that in its products: a GRU's candidate r × h[k] × U with `reset_after` (the
unit's own r times the whole recurrent sum, its bias too), r[k] × h[k] × U
without. The gates and equations of each cell are in the table of kinds.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.cells.kinds import RESET_AFTER, Gate, kind_of, symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnn_tui.engine.trace.trace import CellTrace


class Term(NamedTuple):
    """One summand: what it is (`x[2] × W`), its factors as stored, their
    product.
    """

    label: str
    factors: tuple[float, ...]
    value: float


@dataclass(frozen=True, eq=False)
class GateSum:
    """One gate: its summands with the largest first, the biases, and their sum.

    `name` is the value's (`i`, `c_tilde`), `total` the pre-activation, `value`
    its activation, both as the trace has them.
    """

    name: str
    terms: tuple[Term, ...]
    biases: tuple[Term, ...]
    total: float
    value: float
    activation: str
    function: Callable[[NDArray[Any]], NDArray[Any]]
    meaning: str = ""
    share: bool = True
    """Whether the value is a share from 0 to 1."""
    is_set: frozenset[str] = frozenset()
    """Which of the pre-activation and the value an edit of the run has set:
    they don't follow from the terms.
    """


class Symbol(NamedTuple):
    """A symbol of an equation and its number; None for a sign."""

    text: str
    value: float | None = None


@dataclass(frozen=True, eq=False)
class UnitStep:
    """The arithmetic of one unit at one timestep: its gates, the equations of
    its states, whether it was skipped.

    `skipped` is set where the mask says that the timestep wasn't read: the
    state was held.
    """

    unit: int
    t: int
    gates: tuple[GateSum, ...]
    equations: tuple[tuple[Symbol, ...], ...]
    skipped: bool
    is_set: frozenset[str] = frozenset()
    """The quantities of the unit that an edit of the run has set."""


def unit_step(
    trace: CellTrace,
    unit: int,
    t: int,
    sequence: int = 0,
) -> UnitStep:
    """Return the arithmetic of `unit` at timestep `t` of the input.

    Cells on pictures have none for a single unit.
    """
    skipped = trace.mask is not None and not bool(trace.mask[sequence, t])
    reader = _Reader(trace, unit, t, sequence)
    kind = kind_of(trace.cell)
    gates = [_gate_sum(reader, k, gate) for k, gate in enumerate(kind.gates)]
    equations = [_equation(reader, written) for written in kind.equations]

    return UnitStep(
        unit,
        t,
        tuple(gates),
        tuple(equations),
        skipped,
        reader.is_set,
    )


def has_arithmetic(trace: CellTrace) -> bool:
    """Return whether a single unit's arithmetic can be written down: the table
    of kinds has equations for the cell.
    """
    return bool(kind_of(trace.cell).equations)


class _Reader:
    """One unit at one timestep: its inputs, its past, its columns of the
    weights, its values.
    """

    def __init__(
        self,
        trace: CellTrace,
        unit: int,
        t: int,
        sequence: int,
    ) -> None:
        self.trace = trace
        self.unit = unit
        self.t = t
        self.sequence = sequence
        self.cell: Any = trace.cell
        self.names = {symbol(name): name for name in trace.cell.quantities}
        self.x = trace.read_input(t, t + 1)[sequence, 0].astype(np.float64)
        self.past = {
            name: trace.previous(name, t)[sequence].astype(np.float64)
            for name in trace.cell.states
        }

    @property
    def is_set(self) -> frozenset[str]:
        """The quantities of this unit that an edit of the run has set."""
        names = []
        for edit in self.trace.edits:
            rows = edit.mask.reshape(-1, self.trace.units)
            row = self.sequence * len(rows) // self.trace.batch
            if rows[row, self.unit]:
                names.append(edit.quantity)

        return frozenset(names)

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
        return _products(
            "x[{}] × W",
            self.x,
            self.cell.kernel[:, self.column(index)],
        )

    def h_terms(self, index: int) -> list[Term]:
        """Return h[k] × U of gate number `index`, of the h before."""
        return _products(
            "h[{}] × U",
            self.past["h"],
            self.cell.recurrent_kernel[:, self.column(index)],
        )

    def bias(
        self,
        array: NDArray[Any] | None,
        index: int,
        label: str = "b",
    ) -> list[Term]:
        """Return the bias of gate number `index` as a term; none without
        one.
        """
        if array is None:
            return []

        stored = float(array[self.column(index)])

        return [Term(label, (stored,), stored)]

    def quantity(self, symbol_of: str) -> str:
        """Return the name of the quantity that an equation writes so."""
        return self.names[symbol_of]

    def gate(
        self,
        gate: Gate,
        terms: list[Term],
        biases: list[Term],
    ) -> GateSum:
        """Return a gate's sum, its terms ordered by their size."""
        name = gate.value
        if gate.share:
            activation = self.cell.recurrent_activation
        else:
            activation = self.cell.activation

        ordered = sorted(terms, key=lambda term: -abs(term.value))
        name_of = str(getattr(activation, "name", "φ"))
        total = self.value(f"pre_{name}")
        value = self.value(name)

        return GateSum(
            name,
            tuple(ordered),
            tuple(biases),
            total,
            value,
            name_of,
            activation,
            gate.meaning,
            gate.share,
            self.is_set & {name, f"pre_{name}"},
        )


def _products(
    label: str,
    left: NDArray[np.float64],
    right: NDArray[Any],
) -> list[Term]:
    pairs = zip(left.tolist(), right.astype(np.float64).tolist(), strict=True)
    return [
        Term(label.format(index), (a, b), a * b)
        for index, (a, b) in enumerate(pairs)
    ]


def _gate_sum(r: _Reader, index: int, gate: Gate) -> GateSum:
    """Return the sum of gate number `index`."""
    cell = r.cell
    of_input = getattr(cell, "bias", None)
    if of_input is None:
        of_input = getattr(cell, "input_bias", None)

    of_state = getattr(cell, "recurrent_bias", None)
    biases = r.bias(of_input, index)
    recurrent = r.h_terms(index)
    of_recurrent = r.bias(of_state, index, "b rec")
    if gate.scaled_by:
        recurrent, of_recurrent = _scaled(
            r,
            gate.scaled_by,
            recurrent,
            of_recurrent,
        )

    return r.gate(
        gate,
        [*r.x_terms(index), *recurrent],
        [*biases, *of_recurrent],
    )


def _scaled(
    r: _Reader,
    name: str,
    terms: list[Term],
    biases: list[Term],
) -> tuple[list[Term], list[Term]]:
    """Return the recurrent terms and their bias, scaled by the value `name`.

    After the product the unit's own value scales the whole sum, its bias as
    well; before it, each h[k] is scaled by the value of unit k.
    """
    scale = r.all_units(name)
    if getattr(r.cell, RESET_AFTER, False):
        own = float(scale[r.unit])
        scaled = [
            Term(f"{name} × {label}", (own, *factors), own * value)
            for label, factors, value in terms
        ]
        scaled_biases = [
            Term(f"{name} × {label}", (own, *factors), own * value)
            for label, factors, value in biases
        ]

        return scaled, scaled_biases

    scaled = []
    for k, (label, factors, value) in enumerate(terms):
        factor = float(scale[k])
        scaled.append(
            Term(f"{name}[{k}] × {label}", (factor, *factors), factor * value)
        )

    return scaled, biases


TOKEN = re.compile(r"[^\s(]*\([^)]*\)|\S+")
"""A symbol of an equation: anything in brackets belongs to the symbol before
them.
"""

SIGNS = ("=", "·", "+", "−")
BEFORE = "₋₁"
REST = "(1−"
ACTIVATED = "φ("


def _equation(r: _Reader, written: str) -> tuple[Symbol, ...]:
    """Return an equation of the table of kinds with the unit's numbers."""
    return tuple(_symbol(r, text) for text in TOKEN.findall(written))


def _symbol(r: _Reader, text: str) -> Symbol:
    """Return one symbol of an equation with its number."""
    if text in SIGNS:
        return Symbol(text)
    if text.endswith(BEFORE):
        return Symbol(text, r.before(r.quantity(text.removesuffix(BEFORE))))

    if text.startswith(REST):
        inner = text.removeprefix(REST).removesuffix(")")
        return Symbol(text, 1 - r.value(r.quantity(inner)))

    if text.startswith(ACTIVATED):
        return _activated(r, text.removeprefix(ACTIVATED).removesuffix(")"))

    return Symbol(text, r.value(r.quantity(text)))


def _activated(r: _Reader, inner: str) -> Symbol:
    """Return the activation of a quantity; of a pre-activation the value that
    the cell made of it.
    """
    activation = r.cell.activation
    name = str(getattr(activation, "name", "φ"))
    if inner.startswith("pre "):
        made = r.value(r.quantity(inner.removeprefix("pre ")))
    else:
        # an activation may read along the units
        made = float(
            np.asarray(activation(r.all_units(r.quantity(inner))))[r.unit]
        )

    return Symbol(f"{name}({inner})", made)


ROUNDING = "rounding"
"""What the line is called that the last digits need."""
SET = "set"
"""What the line is called that leads to a total that was set."""


class ShownSum(NamedTuple):
    """A sum as it is written: lines of (label, factors, rounded value) that add
    up to `total` digit by digit.
    """

    lines: tuple[Term, ...]
    total: float


def _rest_label(gate: GateSum) -> str:
    """Return what leads from the terms to the total."""
    if f"pre_{gate.name}" in gate.is_set:
        return SET

    return ROUNDING


def _zeros_folded(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Return the terms, all that are zero in one where there are several."""
    others = tuple(term for term in terms if term.value != 0)
    zeros = len(terms) - len(others)
    if zeros < 2:
        return terms

    return (*others, Term(f"{zeros} that are 0", (), 0.0))


def shown_sum(gate: GateSum, room: int, digits: int) -> ShownSum:
    """Return at most `room` lines that add up to the rounded total exactly,
    digit by digit.

    The largest terms come first, the sum of those that don't fit is one line
    (`12 more`), all that are zero are one line (`9 that are 0`), the biases
    last. Rounding each line, and the engine's float32,
    may leave the sum a digit off: that digit is a line that says `rounding`.
    """
    free = max(
        0,
        room - len(gate.biases) - 1,
    )  # a line is kept for the rounding
    terms = _zeros_folded(gate.terms)
    fits = len(terms) <= free
    shown, others = (
        (terms, ())
        if fits
        else (terms[: max(0, free - 1)], terms[max(0, free - 1) :])
    )
    lines = list(shown)
    if others:
        lines.append(
            Term(
                f"{len(others)} more",
                (),
                math.fsum(term.value for term in others),
            )
        )

    total = round(gate.total, digits)
    rounded = [
        Term(label, factors, round(value, digits))
        for label, factors, value in (*lines, *gate.biases)
    ]
    rest = round(total - math.fsum(term.value for term in rounded), digits)
    if rest:
        rounded.append(Term(_rest_label(gate), (), rest))

    return ShownSum(tuple(rounded), total)
