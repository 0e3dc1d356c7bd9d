"""The arithmetic of one unit at one timestep, term by term, as a teacher would
write it on the board.

Every gate is a flat sum of products, so that anyone with a pocket calculator
can follow it: x[j] × W, h[k] × U, the bias. A gate that another one scales has
that in its products: a GRU's candidate r × h[k] × U with `reset_after` (the
unit's own r times the whole recurrent sum, its bias too), r[k] × h[k] × U
without. The gates and equations of each cell are in the table of kinds.

Of a cell that works on pictures it is the arithmetic of one pixel: each channel
that its window reads is a summand, which has the products of the window as its
parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.analysis.pixel_reader import PixelReader
from rnn_tui.analysis.step_parts import GateSum, Symbol, Term, UnitStep
from rnn_tui.analysis.step_reader import StepReader
from rnn_tui.engine.cells.kinds import RESET_AFTER, Gate, kind_of

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace


def unit_step(
    trace: CellTrace,
    unit: int,
    t: int,
    sequence: int = 0,
    pixel: int | None = None,
) -> UnitStep:
    """Return the arithmetic of `unit` at timestep `t` of the input.

    Of pictures it is that of one `pixel`, counted row by row; the middle one
    for None.
    """
    kind = kind_of(trace.cell)
    reader = StepReader(trace, unit, t, sequence)
    window = None
    if kind.rank:
        reader = PixelReader(trace, unit, t, sequence, pixel)
        window = reader.window

    gates = [_gate_sum(reader, k, gate) for k, gate in enumerate(kind.gates)]
    equations = [_equation(reader, written) for written in kind.equations]

    return UnitStep(
        unit,
        t,
        tuple(gates),
        tuple(equations),
        reader.skipped,
        reader.is_set,
        window,
    )


def has_arithmetic(trace: CellTrace) -> bool:
    """Return whether a single unit's arithmetic can be written down: the table
    of kinds has equations for the cell.
    """
    return bool(kind_of(trace.cell).equations)


def _gate_sum(r: StepReader, index: int, gate: Gate) -> GateSum:
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
    r: StepReader,
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
        scaled = [_times(name, own, term) for term in terms]
        scaled_biases = [_times(name, own, term) for term in biases]

        return scaled, scaled_biases

    scaled = [
        _times(f"{name}[{k}]", float(scale[k]), term)
        for k, term in enumerate(terms)
    ]

    return scaled, biases


def _times(label: str, factor: float, term: Term) -> Term:
    """Return a summand with another factor before its own."""
    return Term(
        f"{label} × {term.label}",
        (factor, *term.factors),
        factor * term.value,
    )


TOKEN = re.compile(r"[^\s(]*\([^)]*\)|\S+")
"""A symbol of an equation: anything in brackets belongs to the symbol before
them.
"""

SIGNS = ("=", "·", "+", "−")
BEFORE = "₋₁"
REST = "(1−"
ACTIVATED = "φ("


def _equation(r: StepReader, written: str) -> tuple[Symbol, ...]:
    """Return an equation of the table of kinds with the unit's numbers. Of a
    state that an edit has set it says so in the place of its sign: what comes
    after it is what the cell would have computed.
    """
    first, equals, *rest = (_symbol(r, text) for text in TOKEN.findall(written))
    set_to = r.set_to.get(r.quantity(first.text), "")
    if set_to:
        equals = Symbol(f"{set_to}, not")

    return (first, equals, *rest)


def _symbol(r: StepReader, text: str) -> Symbol:
    """Return one symbol of an equation with its number."""
    if text in SIGNS:
        return Symbol(text)

    if text.endswith(BEFORE):
        state = r.quantity(text.removesuffix(BEFORE))
        return Symbol(text, r.before(state))

    if text.startswith(REST):
        inner = text.removeprefix(REST).removesuffix(")")
        share = r.value(r.quantity(inner))
        return Symbol(text, 1 - share)

    if text.startswith(ACTIVATED):
        inner = text.removeprefix(ACTIVATED).removesuffix(")")
        return _activated(r, inner)

    value = r.value(r.quantity(text))

    return Symbol(text, value)


def _activated(r: StepReader, inner: str) -> Symbol:
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
