"""One timestep of a cell's page with edits: each quantity is set right after
the page computes it and before the page uses it.

The page stays as it is. A page makes each gate of its pre-activation by an
activation, and shows a cell state through one; so an edited step is the same
page with activations that edit their input and their output. Which
quantities a call of an activation reads and returns is told by the arrays of
the first step: they are the same objects as those in the page's Step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.core.edits import Edit, all_applied
from rnn_tui.errors import EditError


class Call(NamedTuple):
    """A call of an activation in the page: the quantities it reads and returns;
    None for a value that the Step doesn't have.
    """

    reads: str | None
    returns: str | None


class EditedStep:
    """The page of a cell with `edits`, called like its `step`."""

    def __init__(self, cell: Cell, edits: Sequence[Edit]) -> None:
        self.cell = cell
        self.edits = tuple(edits)
        self.calls: tuple[Call, ...] = ()
        self._page = _with_activations(cell, self._activated)
        self._next = 0
        self._read: dict[str, Array] = {}

    def __call__(self, x: Array, *states: Array) -> dict[str, Array]:
        """Read one timestep and return every quantity by its name.

        Raises EditError where the page gives no place to edit a quantity.
        """
        if not self.calls:
            self.calls = activation_calls(self.cell, x, *states)
            self._check()

        self._next = 0
        self._read = {}
        values: dict[str, Array] = self._page.step(x, *states)._asdict()
        values.update(self._read)
        # nothing in the page is computed after its last value
        last = self.cell.quantities[-1]
        values[last] = all_applied(self.edits, last, values[last])

        return values

    def _activated(self, activation: Activation, x: Array) -> Array:
        """Return the result of one call of an activation in the page."""
        reads, returns = self.calls[self._next]
        self._next += 1
        if reads is not None:
            x = all_applied(self.edits, reads, x)
            self._read[reads] = x

        y = activation(x)
        if returns is not None:
            y = all_applied(self.edits, returns, y)

        return y

    def _check(self) -> None:
        """Raise EditError for a quantity that can't be edited before it is
        used.
        """
        in_calls = {name for call in self.calls for name in call}
        reached = in_calls | {self.cell.quantities[-1]}
        for edit in self.edits:
            if edit.quantity not in reached:
                raise EditError(
                    f"{edit.quantity} of a {self.cell.kind} cell can't be "
                    "edited: no activation reads or returns it"
                )


def activation_calls(
    cell: Cell,
    x: Array,
    *states: Array,
) -> tuple[Call, ...]:
    """Return the calls of activations in one step of a cell's page, in
    order.
    """
    seen: list[tuple[Array, Array]] = []

    def watched(activation: Activation, x: Array) -> Array:
        # a copy: a linear activation would return the array that it reads
        y = activation(x).copy()
        seen.append((x, y))

        return y

    step = _with_activations(cell, watched).step(x, *states)._asdict()

    calls = []
    for read, returned in seen:
        read_name = _name(read, step)
        calls.append(Call(read_name, _name(returned, step)))

    return tuple(calls)


def _name(array: Array, step: Mapping[str, Array]) -> str | None:
    """Return the name under which a Step has an array, None where it hasn't."""
    for name, value in step.items():
        if value is array:
            return name

    return None


def _with_activations(cell: Cell, call: Any) -> Any:
    """Return a cell whose activations are called through `call(activation,
    x)`.
    """
    if not is_dataclass(cell):
        raise EditError(f"a {cell.kind} cell has no activations to edit")

    changed: dict[str, Any] = {}
    for field in fields(cell):
        value = getattr(cell, field.name)
        if isinstance(value, Activation):
            changed[field.name] = _Through(value, call)

    return replace(cell, **changed)


class _Through:
    """An activation whose calls go through a function."""

    def __init__(self, activation: Activation, call: Any) -> None:
        self.activation = activation
        self.name = activation.name
        self._call = call

    def __call__(self, x: Array) -> Array:
        result: Array = self._call(self.activation, x)
        return result
