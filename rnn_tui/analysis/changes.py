"""The changes that a what-if makes to a run, each as a user types it.

t=1:x, INPUT:t=1:0.5,0.2    a timestep of the input is another token or row
t=4:50                      a timestep is read so many times
lstm:2, lstm:2=mean         a unit is off: its h is zero, or its mean
lstm:f:2=1                  a quantity of a unit is clamped
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rnn_tui.errors import EditError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZERO = "zero"
MEAN = "mean"
KINDS = (ZERO, MEAN)
"""The values of a unit that is off."""

LARGEST = 3.4e38
"""The largest number that a change sets: of float32, in which Keras runs."""

_NUMBER = r"\d{1,12}"
_SET = re.compile(
    rf"(?:(?P<input>.+?):)?t=(?P<t>-?{_NUMBER}):(?P<value>.+)",
    re.DOTALL,
)
_HOLD = re.compile(rf"t=(?P<t>-?{_NUMBER}):(?P<times>{_NUMBER})")
_OFF = re.compile(
    rf"(?P<layer>.+):(?P<unit>{_NUMBER})(?:=(?P<kind>[^:]*))?",
    re.DOTALL,
)
_CLAMP = re.compile(
    rf"(?P<layer>.+):(?P<quantity>\w+):(?P<unit>{_NUMBER})=(?P<value>[^:=]+)",
    re.DOTALL,
)


class SetValue(NamedTuple):
    """One timestep of an input is another token or row of features; `input` is
    empty where the model has one input.
    """

    timestep: int
    value: str
    input: str = ""

    def __str__(self) -> str:
        before = ""
        if self.input:
            before = f"{self.input}:"

        return f"{before}t={self.timestep}:{self.value}"


class Hold(NamedTuple):
    """One timestep is read so many `times`; the timesteps after it follow."""

    timestep: int
    times: int

    def __str__(self) -> str:
        return f"t={self.timestep}:{self.times}"


class Off(NamedTuple):
    """A unit's h is zero at every timestep, or its mean over the run without
    changes.
    """

    layer: str
    unit: int
    kind: str = ZERO

    def __str__(self) -> str:
        return f"{self.layer}:{self.unit}={self.kind}"


class Clamp(NamedTuple):
    """A quantity of a unit has one value at every timestep."""

    layer: str
    quantity: str
    unit: int
    value: float

    def __str__(self) -> str:
        return f"{self.layer}:{self.quantity}:{self.unit}={self.value!r}"


class StartFrom(NamedTuple):
    """The states `(units,)` or `(batch, units)` from which cells start, by
    `KEY/h` and `KEY/c`; `source` says in words where they come from.
    """

    states: Mapping[str, NDArray[Any]]
    source: str

    def __str__(self) -> str:
        return self.source


Change: TypeAlias = SetValue | Hold | Off | Clamp | StartFrom


def parse_set(text: str) -> SetValue:
    """Return the change that `[INPUT:]t=T:VALUE` names; raise EditError."""
    found = _SET.fullmatch(text)
    if found is None:
        raise _malformed("a set timestep", text, "[INPUT:]t=1:VALUE")

    name, t, value = found.group("input", "t", "value")

    return SetValue(int(t), value, name or "")


def parse_hold(text: str) -> Hold:
    """Return the change that `t=T:N` names; raise EditError."""
    found = _HOLD.fullmatch(text.strip())
    times = 0
    if found is not None:
        times = int(found["times"])

    if found is None or times == 0:
        raise _malformed("a held timestep", text, "t=T:N, as t=4:50")

    return Hold(int(found["t"]), times)


def parse_off(text: str) -> Off:
    """Return the change that `LAYER:UNIT[=zero|mean]` names; raise
    EditError.
    """
    found = _OFF.fullmatch(text.strip())
    kind = None
    if found is not None:
        kind = found["kind"] if found["kind"] is not None else ZERO

    if found is None or kind not in KINDS:
        example = "LAYER:UNIT, as lstm:2 or lstm:2=mean"
        raise _malformed("a unit of a layer", text, example)

    return Off(found["layer"], int(found["unit"]), str(kind))


def parse_clamp(text: str) -> Clamp:
    """Return the change that `LAYER:QUANTITY:UNIT=VALUE` names; raise
    EditError.
    """
    found = _CLAMP.fullmatch(text.strip())
    value = math.nan
    if found is not None:
        value = _number(found["value"])

    if found is None or not abs(value) <= LARGEST:
        example = "LAYER:QUANTITY:UNIT=VALUE, as lstm:f:2=1"
        raise _malformed("a quantity and its value", text, example)

    return Clamp(found["layer"], found["quantity"], int(found["unit"]), value)


def _number(text: str) -> float:
    """Return the number that a text is, NaN where it isn't a number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _malformed(what: str, text: str, example: str) -> EditError:
    return EditError(f"{clean(text, 60)!r} is not {what}: write {example}")
