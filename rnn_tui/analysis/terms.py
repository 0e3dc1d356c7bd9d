"""The products of a timestep as a long table: a row for each summand of each
gate and of each state, for the biases, the sums and their activations. Of
pictures they are those of one pixel, and each channel has a row for its sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.analysis.pixels import number_of
from rnn_tui.analysis.shown_sum import SET
from rnn_tui.analysis.step import SIGNS, has_arithmetic, unit_step
from rnn_tui.analysis.step_parts import GateSum, Symbol, Term, summed
from rnn_tui.analysis.table import Table
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.step_parts import UnitStep
    from rnn_tui.engine.trace.trace import CellTrace

COLUMNS = ("layer", "unit", "timestep", "gate", "term", "value")
PIXEL = "pixel"
"""The column of the pixel, where any row has one."""
MOST_TERMS = 1 << 20
"""Terms that are written at once."""
PLUS, MINUS, TIMES = "+", "−", "·"


class TermRow(NamedTuple):
    """One line of the arithmetic of a unit.

    `gate` is the gate or state that it is part of. `term` is a summand
    (`x[0] × W`), `pre_i` for the sum of a gate, the gate's own name for its
    activation, a state's own name for its sum, `set` for the difference between
    the summands and a sum that was set, `x[:,:,0] ∗ W` for the sum of the
    products of a channel, which are the rows above it; `factors` are the
    summand's, as stored. `pixel` is the row, column … of a picture's, None
    where there is no picture.
    """

    layer: str
    unit: int
    timestep: int
    gate: str
    term: str
    factors: tuple[float, ...]
    value: float
    pixel: tuple[int, ...] | None = None


class At(NamedTuple):
    """The unit, the timestep and the pixel that rows belong to."""

    layer: str
    unit: int
    timestep: int
    pixel: tuple[int, ...] | None

    def row(
        self,
        gate: str,
        term: str,
        value: float,
        factors: tuple[float, ...] = (),
    ) -> TermRow:
        """Return one line of its arithmetic."""
        return TermRow(
            self.layer,
            self.unit,
            self.timestep,
            gate,
            term,
            factors,
            value,
            self.pixel,
        )


def step_terms(
    cell: CellTrace,
    units: Sequence[int],
    timestep: int | None = None,
    sequence: int = 0,
    pixel: Sequence[int] | None = None,
) -> list[TermRow]:
    """Return the arithmetic of some units of a cell at a timestep of the input,
    the last one read for None; of pictures that of one pixel (row, column …),
    the middle one for None.

    Raises RnnTuiError where the cell has no such unit, timestep or pixel, no
    arithmetic of a single unit, or too many terms.
    """
    _check(cell, units)
    number = None
    if pixel is not None:
        number = _number_of(cell, pixel)

    if timestep is None:
        t = last_read(cell, sequence)
    else:
        t = known_timestep(cell, timestep)

    _check_number(cell, units)

    rows: list[TermRow] = []
    for unit in units:
        step = unit_step(cell, unit, t, sequence, number)
        rows += _of_unit(cell.key, step)

    return rows


def terms_table(rows: Sequence[TermRow]) -> Table:
    """Return the rows as a table of plain values, with a column for the pixel
    where there is any.
    """
    numbers = frozenset(("unit", "timestep", "value"))
    lines: list[list[object]] = [[*row[:5], row.value] for row in rows]
    columns = tuple(COLUMNS)
    if any(row.pixel is not None for row in rows):
        columns = (*COLUMNS, PIXEL)
        for line, row in zip(lines, rows, strict=True):
            line.append(pixel_text(row.pixel))

    return Table("terms", columns, lines, numbers=numbers)


def pixel_text(pixel: Sequence[int] | None) -> str:
    """Return the row, column … of a pixel as it is typed, nothing for None."""
    return ",".join(map(str, pixel or ()))


def last_read(cell: CellTrace, sequence: int = 0) -> int:
    """Return the last timestep that a cell read."""
    read = np.ones(cell.timesteps, np.bool_)
    if cell.mask is not None and cell.mask[sequence].any():
        read = cell.mask[sequence]

    places = np.flatnonzero(read)
    if cell.reverse:
        return int(places[0])

    return int(places[-1])


def _number_of(cell: CellTrace, pixel: Sequence[int]) -> int:
    """Return the number of a pixel of the pictures of a cell, counted row by
    row.

    Raises RnnTuiError where it has none, or no such pixel.
    """
    sides = cell.sides
    written = pixel_text(pixel)
    if not sides:
        raise RnnTuiError(
            f"{cell.key} computes no pictures: it has no pixel {written}"
        )

    places = zip(pixel, sides, strict=False)
    inside = [0 <= at < side for at, side in places]
    if len(pixel) != len(sides) or not all(inside):
        last = pixel_text([side - 1 for side in sides])
        first = pixel_text([0] * len(sides))
        raise RnnTuiError(
            f"the pixels of {cell.key} are {first} to {last}; {written} is none"
        )

    return number_of(pixel, sides)


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
    if not has_arithmetic(cell):
        raise RnnTuiError(
            f"the table of cell kinds has no equations for {cell.key}: its "
            "units have no products to write"
        )

    for unit in units:
        if not 0 <= unit < cell.units:
            raise RnnTuiError(
                f"the units of {cell.key} are 0 to {cell.units - 1}; {unit} is "
                "none"
            )


def _check_number(cell: CellTrace, units: Sequence[int]) -> None:
    terms = len(units) * _products_of_a_unit(cell)
    if terms > MOST_TERMS:
        raise RnnTuiError(
            f"{len(units):,} units of {cell.key} have {terms:,} products; at "
            f"most {MOST_TERMS:,} are written: choose with --unit"
        )


def _products_of_a_unit(cell: CellTrace) -> int:
    """Return how many products one unit has, at most."""
    arrays = cell.cell.kernel, cell.cell.recurrent_kernel
    columns = [math.prod(array.shape[:-1]) for array in arrays]

    return len(cell.cell.gates) * sum(columns)


def _of_unit(key: str, step: UnitStep) -> Iterator[TermRow]:
    """Yield the lines of one unit."""
    pixel = None
    if step.pixel is not None:
        pixel = step.pixel.pixel

    at = At(key, step.unit, step.t, pixel)
    for gate in step.gates:
        yield from _of_gate(at, gate)

    for equation in step.equations:
        yield from _of_equation(at, equation, step.is_set)


def _of_gate(at: At, gate: GateSum) -> Iterator[TermRow]:
    name = gate.name
    before = f"pre_{name}"
    terms = (*gate.terms, *gate.biases)
    for term in terms:
        yield from _of_term(at, name, term)

    if before in gate.is_set:
        yield at.row(name, SET, gate.total - summed(terms))

    yield at.row(name, before, gate.total)
    yield at.row(name, name, gate.value)


def _of_term(at: At, gate: str, term: Term) -> Iterator[TermRow]:
    """Yield the line of a summand, after those of its parts."""
    for part in term.parts:
        yield at.row(gate, part.label, part.value, part.factors)

    yield at.row(gate, term.label, term.value, term.factors)


def _of_equation(
    at: At,
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
    result = _number(state)
    total = 0.0
    for factors in products:
        symbols = [symbol.text for symbol in factors]
        label = f" {TIMES} ".join(symbols)
        values = tuple(_number(symbol) for symbol in factors)
        product = math.prod(values)
        total += product
        yield at.row(name, label, product, values)

    if name in is_set:
        yield at.row(name, SET, result - total)

    yield at.row(name, name, result)


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
