"""The target of an analysis: one number of a run, by the words that a user
types.

`OUTPUT[UNIT]@T`, `LAYER.QUANTITY[UNIT]@T`, `HEAD.logit[UNIT]@T`,
`HEAD.margin[UNIT]@T`: `@T` is the last `@`, the longest name that exists wins,
the unit is 0 and the timestep the last one read where they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.core.layer_names import nearest
from rnn_tui.engine.gradients.calls import Call, calls_by_path
from rnn_tui.engine.gradients.heads import SIGMOID, SOFTMAX, Head, head_of
from rnn_tui.engine.model import Model
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.describe.entries import CellEntry
    from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace

LOGIT = "logit"
"""The quantity of a head before its activation."""
MARGIN = "margin"
"""The distance of a logit to the largest other one."""
PROBABILITY = "probability"
"""The value of a softmax or a sigmoid itself, which a target names without a
quantity.
"""

_TIME = re.compile(r"(?P<name>.*)@(?P<t>-?\d+)", re.DOTALL)
_REST = re.compile(r"(?:\.(?P<quantity>\w+))?(?:\[(?P<unit>\d+)\])?")


class Opened(Protocol):
    """An opened file, which has a model."""

    @property
    def model(self) -> Model:
        """The model."""


def bare(model: Model | Opened) -> Model:
    """Return the engine's model of an opened one."""
    if isinstance(model, Model):
        return model

    return model.model


class Values(NamedTuple):
    """The values among which a target is: `(batch, timesteps, units)`, or
    `(batch, units)` without timesteps.
    """

    array: NDArray[Any]
    mask: Mask | None = None
    reverse: bool = False

    def last_read(self) -> NDArray[Any]:
        """Return the last timestep that each sequence read, `(batch,)`."""
        batch, timesteps = self.array.shape[:2]
        mask = self.mask
        if mask is None or mask.shape != (batch, timesteps):
            mask = np.ones((batch, timesteps), np.bool_)

        if self.reverse:
            first: NDArray[Any] = np.argmax(mask, axis=1)
            return first

        behind = np.argmax(mask[:, ::-1], axis=1)
        last: NDArray[Any] = timesteps - 1 - behind

        return last


@dataclass(frozen=True)
class Target:
    """One number of a run: a unit of a layer's output, of a cell's quantity or
    of a head's logits, at a timestep.

    `quantity` is empty for the output, `timestep` None for the last one read.
    Of a cell whose units are pictures it is the mean over the picture.
    """

    path: str
    quantity: str = ""
    unit: int = 0
    timestep: int | None = None
    call: Call | None = field(default=None, repr=False, compare=False)
    """The call whose output or logits these are."""
    cell: CellEntry | None = field(default=None, repr=False, compare=False)
    """The cell whose quantity it is."""
    head: Head | None = field(default=None, repr=False, compare=False)
    """The head whose logits these are."""

    def __str__(self) -> str:
        quantity = ""
        if self.quantity:
            quantity = f".{self.quantity}"

        timestep = ""
        if self.timestep is not None:
            timestep = f"@{self.timestep}"

        return f"{self.path}{quantity}[{self.unit}]{timestep}"

    @property
    def of_logits(self) -> bool:
        """Whether it is a logit or a distance between logits."""
        return self.head is not None

    def value(self, trace: ModelTrace, sequence: int = 0) -> float:
        """Return the target's value in a run, of one of its sequences."""
        return float(self.values(trace)[sequence])

    def values(self, trace: ModelTrace) -> Array:
        """Return the target's value of each sequence of a run, `(batch,)`.

        Raises RnnTuiError where the run has no such value.
        """
        rows = self.rows(trace)  # (batch, units)
        units = rows.shape[-1]
        self.check_unit(units)
        chosen: Array = rows[:, self.unit]
        if self.quantity != MARGIN or self.head is None:
            return chosen

        largest_other = self._others(rows).max(axis=-1)
        margin: Array = chosen - largest_other

        return margin

    def runner_up(self, trace: ModelTrace) -> NDArray[Any]:
        """Return the largest other logit's unit for each sequence,
        `(batch,)`.
        """
        return self.runner_up_in(self.among(trace))

    def runner_up_in(self, values: Values) -> NDArray[Any]:
        """Return as `runner_up` does, of the logits themselves."""
        others = self._others(self._rows_in(values))
        found: NDArray[Any] = others.argmax(axis=-1)

        return found

    def rows(self, trace: ModelTrace) -> Array:
        """Return the values of all units at the target's timestep,
        `(batch, units)`.
        """
        return self._rows_in(self.among(trace))

    def timesteps(self, trace: ModelTrace) -> NDArray[Any] | None:
        """Return the target's timestep in each sequence of a run, counted from
        0; None where its values have no timesteps.
        """
        return self.timesteps_in(self.among(trace))

    def timesteps_in(self, values: Values) -> NDArray[Any] | None:
        """Return as `timesteps` does, of the values among which the target
        is.
        """
        if values.array.ndim == 2:
            self._check_no_time()
            return None

        return self._timesteps_in(values)

    def at(self, trace: ModelTrace, sequence: int = 0) -> int | None:
        """Return the target's timestep in one sequence of a run; None where its
        values have no timesteps.
        """
        timesteps = self.timesteps(trace)
        if timesteps is None:
            return None

        return int(timesteps[sequence])

    def among(self, trace: ModelTrace) -> Values:
        """Return the values among which the target is.

        Raises RnnTuiError where the run doesn't have them.
        """
        if self.cell is not None:
            return self._of_cell(trace)

        left = self._left(trace)
        if self.head is not None:
            array = self.head.logits(trace)
        else:
            array = left.outputs[0]

        sequences = {len(fed) for fed in trace.inputs.values()}
        if array.ndim not in (2, 3) or len(array) not in sequences:
            raise RnnTuiError(
                f"the target {self} is none: {self.path!r} returns "
                f"{array.shape}, not a vector for each sequence or for each of "
                "its timesteps"
            )

        return Values(array, _mask_of(left))

    def sides_of_picture(self, trace: ModelTrace) -> tuple[int, ...]:
        """Return the sides of the picture over which the target is a mean:
        that of a unit of a ConvLSTM; none where it is a number by itself.
        """
        if self.cell is None:
            return ()

        state = next(iter(self.trace_of_cell(trace).initial.values()))

        return tuple(state.shape[1:-1])  # (batch, …sides, units)

    def trace_of_cell(self, trace: ModelTrace) -> CellTrace:
        """Return the trace of the cell whose quantity it is."""
        for cell in trace.cells:
            if cell.key == self.path:
                return cell

        raise self._not_run(trace)

    def _of_cell(self, trace: ModelTrace) -> Values:
        cell = self.trace_of_cell(trace)
        values = cell.means(self.quantity)

        return Values(values, cell.mask, cell.reverse)

    def _left(self, trace: ModelTrace) -> LayerTrace:
        assert self.call is not None
        found = trace.layers.get(self.call.path)
        if found is None:
            raise self._not_run(trace)

        return found

    def _not_run(self, trace: ModelTrace) -> RnnTuiError:
        why = ""
        if trace.stopped is not None:
            why = f": it stopped at {trace.stopped[0]!r}"

        return RnnTuiError(f"this run has no values of {self.path!r}{why}")

    def _rows_in(self, values: Values) -> Array:
        timesteps = self.timesteps_in(values)
        if timesteps is None:
            return values.array

        sequences = np.arange(len(timesteps))
        rows: Array = values.array[sequences, timesteps]

        return rows

    def _timesteps_in(self, values: Values) -> NDArray[Any]:
        batch, timesteps = values.array.shape[:2]
        if self.timestep is None:
            return values.last_read()

        if not -timesteps <= self.timestep < timesteps:
            raise RnnTuiError(
                f"the target {self} is none: the timesteps of {self.path!r} "
                f"are 0 to {timesteps - 1}"
            )

        return np.full(batch, self.timestep % timesteps)

    def _check_no_time(self) -> None:
        if self.timestep not in (None, -1):
            raise RnnTuiError(
                f"the target {self} is none: {self.path!r} returns one vector, "
                f"without timesteps (leave out @{self.timestep})"
            )

    def check_unit(self, units: int) -> None:
        """Raise RnnTuiError where there are too few units for the target."""
        if self.unit >= units:
            raise RnnTuiError(
                f"the target {self} is none: the units of {self.path!r} are 0 "
                f"to {units - 1}"
            )
        if self.quantity == MARGIN and units < 2:
            raise RnnTuiError(
                f"the target {self} is none: {self.path!r} has one logit, and "
                "no runner-up"
            )

    def _others(self, rows: Array) -> Array:
        """Return the logits with the target's own out of the way."""
        others = rows.copy()
        others[:, self.unit] = -np.inf

        return others


def _mask_of(left: LayerTrace) -> Mask | None:
    """Return the mask of a layer's output; without one where the rows are in
    the order of a backward reading.
    """
    turned = all(cell.reverse for cell in left.cells)
    if left.cells and turned:
        return None

    return left.mask


def parse_target(text: str, model: Model | Opened) -> Target:
    """Return the target that a text names in a model.

    Raises RnnTuiError that names the missing part, and those there are.
    """
    names = _Names(bare(model))
    written = text.strip()
    found = _TIME.fullmatch(written)
    if found is None:
        return names.target(written, None)

    return names.target(found["name"], int(found["t"]))


def default_target(model: Model | Opened, trace: ModelTrace) -> Target:
    """Return the model's first output; where it is a softmax, the logit of the
    class that it predicts.
    """
    own = bare(model)
    names = _Names(own)
    first = own.graph.outputs[0]
    name = names.path(first.layer, first.call)
    target = names.target(f"{name}[0]", None)
    assert target.call is not None

    head = head_of(target.call, names.calls)
    if head is None or not head.shares:
        return target

    logit = names.target(f"{name}.{LOGIT}[0]", None)
    logits = logit.rows(trace)[0]
    predicted = int(logits.argmax())

    return names.target(f"{name}.{LOGIT}[{predicted}]", None)


class Scales(NamedTuple):
    """The activation that the model's first output ends in, and the scales on
    which it can be explained, the default first; none where the output is no
    probability.
    """

    activation: str = ""
    names: tuple[str, ...] = ()


def output_scales(model: Model | Opened, trace: ModelTrace) -> Scales:
    """Return the scales of the model's first output in a run: of a softmax the
    logit, its margin to the runner-up and the probability; of a sigmoid the
    probability and the logit.
    """
    own = bare(model)
    first = own.graph.outputs[0]
    names = _Names(own)
    call = names.own_call(first.layer, first.call)
    if call is None or not trace.outputs:
        return Scales()

    head = head_of(call, names.calls)
    if head is None:
        return Scales()
    if head.is_sigmoid:
        return Scales(SIGMOID, (PROBABILITY, LOGIT))
    if not head.shares:
        return Scales()
    if trace.outputs[0].shape[-1] < 2:
        return Scales(SOFTMAX, (LOGIT, PROBABILITY))

    return Scales(SOFTMAX, (LOGIT, MARGIN, PROBABILITY))


class _Names:
    """The names that exist in a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.calls: Mapping[str, Call] = calls_by_path(model.graph)

    @cached_property
    def cells(self) -> Mapping[str, CellEntry]:
        """The cells that run, by their key.

        One that a TimeDistributed runs is left out: to it each timestep is a
        sequence.
        """
        entries = self.model.called_cells()
        return {
            entry.key: entry for entry in entries if entry.call in self.calls
        }

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Every name: of calls and of cells."""
        return tuple(dict.fromkeys([*self.calls, *self.cells]))

    def path(self, layer: str, call: int) -> str:
        """Return the path of a call of one of the model's own layers."""
        found = self.own_call(layer, call)
        if found is None:
            raise RnnTuiError(f"the model returns its input {layer!r} as it is")

        return found.path

    def own_call(self, layer: str, call: int) -> Call | None:
        """Return a call of one of the model's own layers; None for an input."""
        for found in self.calls.values():
            node = found.node
            own = not found.scope.prefix
            if own and (node.layer, node.call) == (layer, call):
                return found

        return None

    def target(self, text: str, timestep: int | None) -> Target:
        """Return the target of a text without its timestep."""
        name = self._name(text)
        rest = _REST.fullmatch(text[len(name) :])
        if rest is None:
            raise RnnTuiError(
                f"no target {text!r}: after {name!r} comes .QUANTITY, [UNIT] "
                "with a number, or nothing"
            )

        quantity = rest["quantity"] or ""
        unit = int(rest["unit"] or 0)
        if not quantity:
            return self._output(name, unit, timestep)
        if name in self.cells and quantity not in (LOGIT, MARGIN):
            return self._quantity(name, quantity, unit, timestep)

        return self._logit(name, quantity, unit, timestep)

    def _name(self, text: str) -> str:
        """Return the longest name that exists with which a text begins."""
        fitting = [
            name
            for name in self.known
            if text == name or text.startswith((f"{name}.", f"{name}["))
        ]
        if fitting:
            return max(fitting, key=len)

        asked = re.split(r"[.\[]", text, maxsplit=1)[0]

        raise RnnTuiError(
            f"no layer or output {asked!r}; {nearest(asked, self.known)}"
        )

    def _output(self, name: str, unit: int, timestep: int | None) -> Target:
        call = self.calls.get(name)
        if call is None:
            quantities = ", ".join(self.cells[name].cell.quantities)
            raise RnnTuiError(
                f"{name!r} is a cell, which has {quantities}: name one of "
                f"them, {name}.h[{unit}]"
            )

        return Target(name, "", unit, timestep, call)

    def _quantity(
        self,
        name: str,
        quantity: str,
        unit: int,
        timestep: int | None,
    ) -> Target:
        entry = self.cells[name]
        quantities = entry.cell.quantities
        if quantity not in quantities:
            raise RnnTuiError(
                f"{name!r} has no quantity {quantity!r}; it has "
                f"{', '.join(quantities)}"
            )

        target = Target(name, quantity, unit, timestep, cell=entry)
        target.check_unit(entry.cell.units)

        return target

    def _logit(
        self,
        name: str,
        quantity: str,
        unit: int,
        timestep: int | None,
    ) -> Target:
        call = self.calls.get(name)
        head = None
        if call is not None:
            head = head_of(call, self.calls)

        if head is None or quantity not in (LOGIT, MARGIN):
            raise RnnTuiError(
                f"{name!r} has no quantity {quantity!r}; {self._has(name)}"
            )

        return Target(name, quantity, unit, timestep, call, head=head)

    def _has(self, name: str) -> str:
        """Return in words the quantities of a layer."""
        if name in self.cells:
            quantities = ", ".join(self.cells[name].cell.quantities)
            return f"it has {quantities}"

        below = f"{name}/"
        inside = [key for key in self.cells if key.startswith(below)]
        if inside:
            return f"its cells are {', '.join(inside)}"

        call = self.calls.get(name)
        if call is not None and head_of(call, self.calls) is not None:
            return f"it has {LOGIT} and {MARGIN}, and its output {name}[0]"

        return f"it has its output alone: {name}[0]"
