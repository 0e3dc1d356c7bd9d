"""The products of a timestep as a long table: a row for each summand of each
gate and of each state, for the biases, the sums and their activations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.analysis.step import (
    SET,
    SIGNS,
    GateSum,
    Symbol,
    has_arithmetic,
    unit_step,
)
from rnn_tui.analysis.table import Table
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.step import UnitStep
    from rnn_tui.engine.trace.trace import CellTrace

COLUMNS = ("layer", "unit", "timestep", "gate", "term", "value")
MOST_TERMS = 1 << 20
"""Terms that are written at once."""
PLUS, MINUS, TIMES = "+", "−", "·"


class TermRow(NamedTuple):
    """One line of the arithmetic of a unit.

    `gate` is the gate or state that it is part of. `term` is a summand
    (`x[0] × W`), `pre_i` for the sum of a gate, the gate's own name for its
    activation, a state's own name for its sum, `set` for what leads from the
    summands to a sum that was set; `factors` are the summand's, as stored.
    """

    layer: str
    unit: int
    timestep: int
    gate: str
    term: str
    factors: tuple[float, ...]
    value: float


def step_terms(
    cell: CellTrace,
    units: Sequence[int],
    timestep: int | None = None,
    sequence: int = 0,
) -> list[TermRow]:
    """Return the arithmetic of some units of a cell at a timestep of the input,
    the last one read for None.

    Raises RnnTuiError where the cell has no such unit or timestep, no
    arithmetic of a single unit, or too many terms.
    """
    _check(cell, units)
    if timestep is None:
        t = last_read(cell, sequence)
    else:
        t = known_timestep(cell, timestep)

    _check_number(cell, units)

    rows: list[TermRow] = []
    for unit in units:
        rows += _of_unit(cell.key, unit_step(cell, unit, t, sequence))

    return rows


def terms_table(rows: Sequence[TermRow]) -> Table:
    """Return the rows as a table of plain values."""
    lines = [[*row[:5], row.value] for row in rows]
    numbers = frozenset(("unit", "timestep", "value"))

    return Table("terms", COLUMNS, lines, numbers=numbers)


def last_read(cell: CellTrace, sequence: int = 0) -> int:
    """Return the last timestep that a cell read."""
    read = np.ones(cell.timesteps, np.bool_)
    if cell.mask is not None and cell.mask[sequence].any():
        read = cell.mask[sequence]

    places = np.flatnonzero(read)
    if cell.reverse:
        return int(places[0])

    return int(places[-1])


def known_timestep(cell: CellTrace, timestep: int) -> int:
    """Return a timestep of a cell counted from 0, where one below 0 is counted
    from the end.

    Raises RnnTuiError where the cell has no such timestep.
    """
    steps = cell.timesteps
    if not -steps <= timestep < steps:
        raise RnnTuiError(
            f"the timesteps of {cell.key} are 0 to {steps - 1}; {timestep} is "
            "none"
        )

    return timestep % steps


def _check(cell: CellTrace, units: Sequence[int]) -> None:
    if not has_arithmetic(cell) or len(cell.cell.kernel.shape) != 2:
        raise RnnTuiError(
            f"{cell.key} computes pictures: a single unit has no products of "
            "its own"
        )

    for unit in units:
        if not 0 <= unit < cell.units:
            raise RnnTuiError(
                f"the units of {cell.key} are 0 to {cell.units - 1}; {unit} is "
                "none"
            )


def _check_number(cell: CellTrace, units: Sequence[int]) -> None:
    gates = len(cell.cell.gates)
    terms = len(units) * gates * (cell.x.shape[-1] + cell.units)
    if terms > MOST_TERMS:
        raise RnnTuiError(
            f"{len(units):,} units of {cell.key} have {terms:,} products; at "
            f"most {MOST_TERMS:,} are written: choose with --unit"
        )


def _of_unit(key: str, step: UnitStep) -> Iterator[TermRow]:
    """Yield the lines of one unit."""
    at = (key, step.unit, step.t)
    for gate in step.gates:
        yield from _of_gate(at, gate)

    for equation in step.equations:
        yield from _of_equation(at, equation, step.is_set)


def _of_gate(at: tuple[str, int, int], gate: GateSum) -> Iterator[TermRow]:
    name = gate.name
    terms = (*gate.terms, *gate.biases)
    for label, factors, value in terms:
        yield TermRow(*at, name, label, factors, value)

    if f"pre_{name}" in gate.is_set:
        summed = math.fsum(term.value for term in terms)
        yield TermRow(*at, name, SET, (), gate.total - summed)

    yield TermRow(*at, name, f"pre_{name}", (), gate.total)
    yield TermRow(*at, name, name, (), gate.value)


def _of_equation(
    at: tuple[str, int, int],
    equation: tuple[Symbol, ...],
    is_set: frozenset[str],
) -> Iterator[TermRow]:
    """Yield the summands of a state and the state: `c = f · c₋₁ + i · c̃`.

    One that is the activation of a gate alone is in the gate's lines already.
    """
    state, _, *summed = equation
    products = list(_products(summed))
    if [len(factors) for factors in products] == [1]:
        return

    name = state.text
    total = 0.0
    for factors in products:
        label = f" {TIMES} ".join(symbol.text for symbol in factors)
        values = tuple(_number(symbol) for symbol in factors)
        product = math.prod(values)
        total += product
        yield TermRow(*at, name, label, values, product)

    if name in is_set:
        yield TermRow(*at, name, SET, (), _number(state) - total)

    yield TermRow(*at, name, name, (), _number(state))


def _number(symbol: Symbol) -> float:
    """Return the number of a symbol that is no sign."""
    assert symbol.value is not None

    return float(symbol.value)


def _products(summed: Sequence[Symbol]) -> Iterator[list[Symbol]]:
    """Yield the factors of each summand; those of one that is taken away begin
    with −1.
    """
    factors: list[Symbol] = []
    for symbol in summed:
        if symbol.text in (PLUS, MINUS):
            yield factors
            factors = []
            if symbol.text == MINUS:
                factors.append(Symbol(f"{MINUS}1", -1.0))
        elif symbol.text not in SIGNS:
            factors.append(symbol)

    yield factors
