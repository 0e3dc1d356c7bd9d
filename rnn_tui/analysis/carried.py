"""The state that a cell carries by a gate from one timestep to the next, read
from the equation in the table of kinds: `c = f · c₋₁ + i · c̃`.

The factors of the state before (f, a GRU's z) keep it; the other summands (i·c̃,
(1−z)·h̃) are written at the timestep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.cells.kinds import kind_of, symbol

if TYPE_CHECKING:
    from rnn_tui.engine.cells.cell import Cell

Float = NDArray[np.float64]

WRITTEN = "written"
"""The name of the quantity that says when the last state was written."""

BEFORE = "₋₁"
REST = "(1−"


@dataclass(frozen=True)
class Carried:
    """The state, the factors that keep it and the products that are written."""

    state: str
    kept_by: tuple[str, ...]
    """The factors of the state before, as the equation writes them."""
    summands: tuple[tuple[str, ...], ...]
    """The other summands, each as its factors."""
    names: Mapping[str, str]
    """The quantity of each symbol."""

    @property
    def gate(self) -> str:
        """The gate that keeps the state, as it is written: `f`, `z`."""
        return " · ".join(self.kept_by)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that `kept` and `written` read."""
        found = dict.fromkeys(
            self._quantity(factor)
            for factors in (self.kept_by, *self.summands)
            for factor in factors
        )
        return tuple(found)

    def kept(self, values: Mapping[str, Float]) -> Float:
        """Return the share of the state before that stays."""
        return self._product(self.kept_by, values)

    def written(self, values: Mapping[str, Float]) -> Float:
        """Return the part of the state that is new at the timestep."""
        products = [self._product(factors, values) for factors in self.summands]
        return reduce(np.add, products)

    def _product(
        self,
        factors: Sequence[str],
        values: Mapping[str, Float],
    ) -> Float:
        found = [self._factor(factor, values) for factor in factors]
        return reduce(np.multiply, found)

    def _factor(self, factor: str, values: Mapping[str, Float]) -> Float:
        value = values[self._quantity(factor)]
        if factor.startswith(REST):
            rest: Float = 1 - value
            return rest

        return value

    def _quantity(self, factor: str) -> str:
        inner = factor.removeprefix(REST).removesuffix(")")
        return self.names[inner]


def carried(cell: Cell) -> Carried | None:
    """Return the state that a gate carries, of pictures that of each pixel;
    None for a cell without one (a SimpleRNN).
    """
    kind = kind_of(cell)
    names = {symbol(name): name for name in cell.quantities}
    for equation in kind.equations:
        state, _, sum_of = equation.partition(" = ")
        before = f"{state}{BEFORE}"
        keeping = []
        summands = []
        for part in sum_of.split(" + "):
            factors = tuple(part.split(" · "))
            if before in factors:
                keeping.append(factors)
            else:
                summands.append(factors)

        if len(keeping) != 1:
            continue

        kept_by = tuple(one for one in keeping[0] if one != before)
        if kept_by and summands:
            return Carried(state, kept_by, tuple(summands), names)

    return None
