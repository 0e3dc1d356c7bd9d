"""The numbers of one unit's arithmetic: its inputs, its past, its columns
of the weights, its values.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.edited_cells import edited_units
from rnn_tui.analysis.step_parts import GateSum, Term
from rnn_tui.engine.cells.kinds import Gate, symbol

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace


class StepReader:
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
        window = trace.read_input(t, t + 1)
        read = window[sequence, 0]
        self.x = read.astype(np.float64)
        self.past = {
            name: trace.previous(name, t)[sequence].astype(np.float64)
            for name in trace.cell.states
        }

    @property
    def skipped(self) -> bool:
        """Whether the mask says that the timestep wasn't read."""
        mask = self.trace.mask

        return mask is not None and not mask[self.sequence, self.t]

    @cached_property
    def set_to(self) -> dict[str, str]:
        """The quantities of this unit that an edit of the run has set, and
        what was done to each, in words; none at a timestep that wasn't read.
        """
        if self.skipped:
            return {}

        return {
            edit.quantity: edit.words
            for edit in self.trace.edits
            if edited_units(self.trace, edit, self.sequence)[self.unit]
        }

    @property
    def is_set(self) -> frozenset[str]:
        """The quantities of this unit that an edit of the run has set."""
        return frozenset(self.set_to)

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
        return products(
            "x[{}] × W",
            self.x,
            self.cell.kernel[:, self.column(index)],
        )

    def h_terms(self, index: int) -> list[Term]:
        """Return h[k] × U of gate number `index`, of the h before."""
        return products(
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
            self.set_to.get(name, ""),
        )


def products(
    label: str,
    left: NDArray[np.float64],
    right: NDArray[Any],
) -> list[Term]:
    """Return the products of two arrays, number by number; `label` names them
    by their index.
    """
    others = right.astype(np.float64)
    pairs = zip(left.tolist(), others.tolist(), strict=True)
    terms = []
    for index, (a, b) in enumerate(pairs):
        name = label.format(index)
        terms.append(Term(name, (a, b), a * b))

    return terms
