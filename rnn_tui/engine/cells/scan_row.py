"""The working memory of one timestep of a fast path, its product with the
weights, and the states that a mask holds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class Row:
    """One timestep's working memory, flat, with a view for each slot; the
    record takes it as one copy.
    """

    def __init__(
        self,
        slots: tuple[str, ...],
        shape: tuple[int, int],
        dtype: np.dtype[Any],
        below: int = 0,
    ) -> None:
        units, batch = shape
        size = units * batch
        recorded = len(slots) * size
        fed = below * batch

        self.size = size
        self.shape = shape
        self.slots = slots
        self.flat = np.empty(recorded + fed, dtype)
        self.below = self.flat[recorded:]
        """The rows after the last slot: the input that is fed to the
        product.
        """

    def __call__(self, first: str, last: str | None = None) -> Array:
        """Return the slots from `first` to `last`, flat."""
        start = self.slots.index(first)
        stop = self.slots.index(last or first) + 1
        size = self.size

        return self.flat[start * size : stop * size]

    def product(
        self,
        first: str,
        kernel: Array,
        out: Array,
    ) -> Callable[[], object]:
        """Return the function that writes the slot `first` and the rows after
        it, times `kernel`, to `out`.

        A row times a matrix for one sequence, one product of matrices for a
        batch.
        """
        batch = self.shape[1]
        start = self.slots.index(first) * self.size
        stop = start + len(kernel) * batch
        operand = self.flat[start:stop]

        return product(operand, kernel, out, batch)


class Hold:
    """Holds the states of the sequences a mask skips, after the step that moved
    them.
    """

    def __init__(
        self,
        states: list[Array],
        shape: tuple[int, int],
        mask: Mask,
        raw: Array | None,
    ) -> None:
        self.states = [state.reshape(shape) for state in states]
        self.before = [state.copy() for state in self.states]
        self.skipped = ~mask
        self.raw = raw

    def remember(self) -> None:
        """Keep the states as they are before the timestep."""
        for before, state in zip(self.before, self.states, strict=True):
            np.copyto(before, state)

    def apply(self, t: int) -> None:
        """Put back the states of the sequences that row t of the mask skips."""
        if self.raw is not None:
            self.raw[t] = self.states[0].reshape(-1)

        for before, state in zip(self.before, self.states, strict=True):
            np.copyto(state, before, where=self.skipped[t])


def product(
    operand: Array,
    kernel: Array,
    out: Array,
    batch: int,
) -> Callable[[], object]:
    """Return the function that writes `operand`, flat `(rows, batch)`, times
    `kernel` to `out`.
    """
    if batch == 1:
        return partial(operand.dot, kernel, out)

    return partial(
        kernel.T.dot,
        operand.reshape(-1, batch),
        out.reshape(-1, batch),
    )
