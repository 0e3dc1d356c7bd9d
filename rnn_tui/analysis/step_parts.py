"""The arithmetic of one unit at one timestep as plain values: summands, the
sums of the gates, the equations of the states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable


class Term(NamedTuple):
    """One summand: its label (`x[2] × W`), its factors as stored, their
    product.

    One that is a sum itself (`x[:,:,0] ∗ W`, a channel of a convolution) has no
    factors but `parts`, the largest first.
    """

    label: str
    factors: tuple[float, ...]
    value: float
    parts: tuple[Term, ...] = ()


def summed(terms: Iterable[Term]) -> float:
    """Return the sum of some summands, rounded once where all are finite."""
    values = [term.value for term in terms]
    if all(map(math.isfinite, values)):
        return math.fsum(values)

    return sum(values)


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
    set_to: str = ""
    """What an edit has done to the value, in words; empty where it is
    computed.
    """


class Symbol(NamedTuple):
    """A symbol of an equation and its number; None for a sign."""

    text: str
    value: float | None = None


class PixelWindow(NamedTuple):
    """A pixel of the picture that a cell holds its state in, and how its two
    kernels meet the pictures that they read.
    """

    pixel: tuple[int, ...]
    sides: tuple[int, ...]
    taps: int
    """How many pixels the kernel of the input reads."""
    outside: int
    """How many of them are in the padding around the picture: zeros."""
    taps_of_h: int
    outside_of_h: int

    @property
    def where(self) -> str:
        """The row, column … of the pixel, as it is written."""
        return ", ".join(map(str, self.pixel))


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
    pixel: PixelWindow | None = None
    """Of pictures the pixel that is computed, and where its windows are."""
