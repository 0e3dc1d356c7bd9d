"""The states that a recurrent layer's cells start from: the user's, those that
the graph hands over, or zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rnn_tui.engine.cells.stored_cell import CellSource
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.core.fits import alike, stretched
from rnn_tui.engine.trace.paths import CellPath
from rnn_tui.errors import MisfitError, SequenceError


def initial_states(
    cells: Sequence[tuple[CellPath, CellSource]],
    x: Array,
    users: Mapping[str, Array],
    from_graph: Iterable[Array],
    generation: int,
) -> dict[CellPath, dict[str, Array]]:
    """Return the states from which each cell reads `x`, by name.

    `cells` are in the order of the flat list of states, in which `from_graph`
    has the graph's; `users` has the user's by `KEY/h`.
    """
    graph = iter(from_graph)

    return {
        path: _states_of(path, source, x, users, graph, generation)
        for path, source in cells
    }


def _states_of(
    path: CellPath,
    source: CellSource,
    x: Array,
    users: Mapping[str, Array],
    from_graph: Iterator[Array],
    generation: int,
) -> dict[str, Array]:
    """Return the states of one cell; each takes the next one that the graph
    has.
    """
    zeros = np.zeros(source.state_shape(x.shape), x.dtype)
    states = {}
    for name in source.states:
        key = f"{path}/{name}"
        own = users.get(key)
        given = next(from_graph, None)

        if own is not None:
            _check_own(key, own, zeros)
            states[name] = _spread(own, zeros)
        elif given is not None:
            _check_given(key, given, zeros, generation)
            states[name] = _spread(given, zeros)
        else:
            states[name] = zeros

    return states


def _check_own(key: str, state: Array, zeros: Array) -> None:
    """Raise SequenceError where a state of the user's isn't one of this
    cell's.
    """
    if not _stretches(state.shape, zeros.shape):
        raise SequenceError(
            f"the initial state {key} is {zeros.shape}, not {state.shape}"
        )


def _check_given(key: str, state: Array, zeros: Array, generation: int) -> None:
    """Raise MisfitError where a state of the graph's isn't one of this
    cell's.
    """
    if state.shape == zeros.shape:
        return
    if not _stretches(state.shape, zeros.shape):
        raise MisfitError(
            f"the initial state {key} is {zeros.shape}, not {state.shape}"
        )
    if generation < 3:
        raise MisfitError(
            f"its initial state is {state.shape}; this Keras doesn't stretch it"
        )


def _spread(state: Array, zeros: Array) -> Array:
    """Return a state in the dtype and the shape of `zeros`."""
    return np.broadcast_to(np.asarray(state, dtype=zeros.dtype), zeros.shape)


def _stretches(shape: Shape, wanted: Shape) -> bool:
    """Whether an array of `shape` is stretched to `wanted`."""
    try:
        return alike(stretched(shape, wanted), wanted)
    except MisfitError:
        return False
