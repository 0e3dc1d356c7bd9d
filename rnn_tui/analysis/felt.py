"""How much the target feels of an input, by how many timesteps before it was
read: the size of the total derivative, through time and through every layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.blas_threads import one_thread

if TYPE_CHECKING:
    from rnn_tui.analysis.target import Opened, Target
    from rnn_tui.engine.gradients.graph_back import Gradients
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

Float = NDArray[np.float64]

A_TENTH = 0.1


@dataclass(frozen=True, eq=False)
class FeltByLag:
    """The Euclidean norm of the target's derivative by the input, `values[lag]`
    of `lag` timesteps before the target; 0 where a timestep was skipped.

    `by` is the variable of the derivative: an input, or the vectors that a
    layer makes of ids.
    """

    target: str
    values: Float
    by: str = ""

    @property
    def reach(self) -> int | None:
        """The largest lag at which it is a tenth of the largest; None where
        nothing is felt.
        """
        largest = float(self.values.max(initial=0.0))
        if not largest > 0:
            return None

        is_felt = self.values >= A_TENTH * largest
        lags = np.flatnonzero(is_felt)

        return int(lags[-1])

    @property
    def note(self) -> str:
        """How far back it reaches, in words."""
        reach = self.reach
        if reach is None:
            return f"{self.target} feels no input"

        return (
            f"{self.target} feels inputs of up to {reach} timesteps ago (a "
            "tenth of the largest)"
        )


@dataclass(frozen=True, eq=False)
class InputNorms:
    """The norms of a target's derivatives by each timestep of each input, by
    name, `(timesteps,)`.
    """

    target: Target
    at: int | None
    norms: dict[str, Float]

    def by_lag(self, cell: CellTrace) -> FeltByLag | None:
        """Return the norms by lag, in the direction in which a cell reads; None
        where no input has the cell's timesteps.
        """
        for name, norms in self.norms.items():
            if len(norms) != cell.timesteps:
                continue

            if cell.reverse:
                first = 0
                if self.at is not None:
                    first = self.at

                values = norms[first:]
            else:
                last = len(norms) - 1
                if self.at is not None:
                    last = self.at

                values = norms[last::-1]

            return FeltByLag(str(self.target), values, name)

        return None


def input_norms(
    model: Model | Opened,
    trace: ModelTrace,
    target: Target,
    sequence: int = 0,
) -> InputNorms:
    """Return how much a target feels of each timestep of each input.

    Raises NotThroughError where a layer in the way isn't differentiated.
    """
    from rnn_tui.analysis.gradients import gradients

    with one_thread():
        found = gradients(model, trace, target)

    return InputNorms(
        target,
        target.at(trace, sequence),
        {
            name: _norms(value[0, sequence])
            for name, value in _by_name(found).items()
            if value.ndim >= 4
        },
    )


def _by_name(found: Gradients) -> dict[str, NDArray[np.floating]]:
    """Return the derivatives by inputs, and by the vectors of ids."""
    return {**found.inputs, **found.vectors}


def _norms(derivatives: NDArray[np.floating]) -> Float:
    """Return the norm of each timestep of `(timesteps, …)`."""
    timesteps = len(derivatives)
    flat = derivatives.reshape(timesteps, -1).astype(np.float64)
    norms = np.linalg.norm(flat, axis=1)

    return np.asarray(norms)
