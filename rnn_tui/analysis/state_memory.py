"""The share of its state that the whole cell keeps: through every gate, and
from unit to unit.

The derivative of a state with respect to an earlier one is the product of the
Jacobians between them. Its singular values over a lag say how much of a change
is left, in the best direction, the second best and so on; its Lyapunov
exponents λ say the same by timestep, and −1/λ is the memory time: after it 1/e
is left. Both are exact of the run that was made; neither needs a gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.one_sequence import one_sequence
from rnn_tui.analysis.stretches import read_times
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.gradients.through_time import pull_states
from rnn_tui.engine.memory.blas_threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

EXPONENTS = 3
"""How many exponents are computed."""
LONGEST_LAG = 1000
"""Timesteps of the lag, at most."""
PRODUCTS = 2e10
"""Multiplications that the Jacobian over the lag may take: of a wide cell the
lag is shorter.
"""
MEASURED = 2000
"""Timesteps over which the exponents are computed, at most: the last ones."""
ALIGNED = 200
"""Timesteps that turn the first directions into the cell's own."""
TOGETHER = 4
"""Timesteps between two factorisations: numbers that differ by more than 16
digits after them can't be told apart.
"""
ENOUGH = 200
"""Timesteps from which an exponent is settled."""


@dataclass(frozen=True, eq=False)
class StateMemory:
    """The memory of the whole cell's state.

    `singular_values`, the largest first, are those of the derivative of
    `state` after the last timestep read with respect to that `lag` timesteps
    before. `exponents` are the largest Lyapunov exponents over `timesteps`,
    `memory_time` is −1/λ in timesteps: infinite where λ isn't negative.
    """

    state: str
    lag: int
    singular_values: Float
    exponents: Float
    memory_time: Float
    timesteps: int


def state_memory(cell: CellTrace, sequence: int = 0) -> StateMemory | None:
    """Return the memory of the whole cell; None where it read fewer than two
    timesteps.

    Raises NotThroughError for a kind of cell whose page isn't written
    backwards.
    """
    cell = one_sequence(cell, sequence)
    read = read_times(cell)
    if cell.reverse:
        read = read[::-1]

    positions = np.flatnonzero(read)  # in the order of reading
    if len(positions) < 2:
        return None

    lag = min(len(positions) - 1, longest_lag(cell))
    begin = int(positions[-1 - lag])
    # values that grow without end overflow
    with one_thread(), np.errstate(all="ignore"):
        singular = _singular_values(_jacobian(cell, begin))
        exponents, timesteps = _exponents(cell, positions)

    return StateMemory(
        _main_state(cell),
        lag,
        singular,
        exponents,
        _memory_time(exponents),
        timesteps,
    )


def longest_lag(cell: CellTrace) -> int:
    """Return over how many timesteps the Jacobian is computed, at most."""
    gates = len(cell.cell.gates)
    a_timestep = 2 * gates * cell.units**3

    return max(1, min(LONGEST_LAG, int(PRODUCTS // a_timestep)))


def _singular_values(jacobian: Float) -> Float:
    """Return the singular values, the largest first; NaN where the matrix holds
    values that are no numbers.
    """
    if not np.isfinite(jacobian).all():
        return np.full(len(jacobian), np.nan)

    values = np.linalg.svd(jacobian, compute_uv=False)

    return np.asarray(values, dtype=np.float64)


def _main_state(cell: CellTrace) -> str:
    """Return the state that carries the memory: c of an LSTM, else h."""
    return cell.cell.states[-1]


def _jacobian(cell: CellTrace, begin: int) -> Float:
    """Return the total derivative of the state after the last timestep with
    respect to the state after timestep `begin` in the order of reading,
    `(units, units)`.
    """
    state = _main_state(cell)
    rows = np.eye(cell.units)[:, None]  # (rows, batch, units)
    start, stop = _input_time(cell, begin + 1, cell.timesteps)
    pulled = pull_states(cell, start, stop, {state: rows})
    of_state = pulled[state][:, 0]
    jacobian = np.asarray(of_state, dtype=np.float64)
    if cell.cell.kind != "lstm":
        return jacobian

    # c is read as h = o·φ(c) too
    at, _ = _input_time(cell, begin, begin + 1)
    of_h = pulled["h"][:, 0]
    through_h = _through_h(cell, at, of_h)

    return np.asarray(jacobian + through_h)


def _through_h(cell: CellTrace, t: int, of_h: Array) -> Array:
    """Return the derivative by the cell state at timestep `t` that goes
    through h = o·φ(c), where `of_h` is the one by h.
    """
    o = cell.read("o", t, t + 1)[0, 0]
    c = cell.read("c", t, t + 1)[0, 0]
    φ = cell.cell.activation
    through_h: Array = pulled_back(φ, c, φ(c), of_h * o)
    for edit in cell.edits:
        if edit.quantity == "h":  # an h that was set depends on no c
            through_h = np.where(edit.mask, 0, through_h)

    return through_h


def _input_time(cell: CellTrace, start: int, stop: int) -> tuple[int, int]:
    """Return a stretch in the order of reading as one in the input's time."""
    if cell.reverse:
        return cell.timesteps - stop, cell.timesteps - start

    return start, stop


def _exponents(
    cell: CellTrace,
    positions: NDArray[np.intp],
) -> tuple[Float, int]:
    """Return the largest Lyapunov exponents over the last timesteps read, and
    how many those are.
    """
    size = len(cell.cell.states) * cell.units
    count = min(EXPONENTS, size)
    generator = np.random.default_rng(0)
    drawn = generator.standard_normal((size, count))
    directions, _ = np.linalg.qr(drawn)

    aligned = min(ALIGNED, len(positions))
    to_align = int(positions[-aligned])
    directions, _ = _back(cell, to_align, directions)

    measured = min(MEASURED, len(positions))
    begin = int(positions[-measured])
    _, logs = _back(cell, begin, directions)
    exponents = logs / measured
    smallest_first = np.sort(exponents)

    return smallest_first[::-1], measured


def _back(
    cell: CellTrace,
    begin: int,
    directions: Float,
) -> tuple[Float, Float]:
    """Pull directions `(states · units, count)` back from the end to timestep
    `begin`; return them, orthonormal again, and the sum of the logarithms by
    which they grew.
    """
    logs = np.zeros(directions.shape[1])
    for stop in range(cell.timesteps, begin, -TOGETHER):
        start = max(begin, stop - TOGETHER)
        window = _input_time(cell, start, stop)
        bars = _by_state(cell, directions)
        pulled = pull_states(cell, *window, bars)
        parts = [pulled[state][:, 0] for state in cell.cell.states]
        grown = np.concatenate(parts, axis=1)
        columns = grown.T.astype(np.float64)
        directions, triangle = np.linalg.qr(columns)

        lengths = np.abs(np.diag(triangle))
        logs += np.log(lengths)  # ln 0 = −∞ where nothing is left

    return directions, logs


def _by_state(cell: CellTrace, directions: Float) -> Mapping[str, Float]:
    """Return directions as cotangents of the states, each
    `(rows, batch, units)`.
    """
    states = cell.cell.states
    rows = directions.T[:, None]
    parts = np.split(rows, len(states), axis=-1)

    return dict(zip(states, parts, strict=True))


def _memory_time(exponents: Float) -> Float:
    """Return −1/λ: 0 for −∞, infinite from 0 on."""
    shrinks = ~(exponents >= 0)  # NaN too: it stays NaN
    times = np.full(exponents.shape, np.inf)
    negative = exponents[shrinks]
    times[shrinks] = np.abs(-1 / negative)

    return times
