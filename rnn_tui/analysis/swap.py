"""Swapping (occlusion): one timestep at a time is swapped for the baseline, and
the model is run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.baseline import Baseline
from rnn_tui.analysis.reruns import Change, Reruns
from rnn_tui.analysis.swap_blocks import (
    Block,
    Place,
    Ways,
    states_left,
    ways_of,
)
from rnn_tui.analysis.target import Target
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace


def changes_by_place(
    reruns: Reruns,
    target: Target,
    baseline: Baseline,
    places: Sequence[Place],
) -> NDArray[np.float64]:
    """Return the change of the target, own − swapped, for each place; 0 at
    padding, behind a target that looks back alone, and where the sequence has
    the baseline's values itself.
    """
    found = np.zeros(len(places))
    timestep = target.at(reruns.trace)
    fixed = replace(target, timestep=timestep)
    ways = ways_of(reruns, fixed)
    asked = []
    for k, place in enumerate(places):
        is_padding = baseline.kept[place.t]
        reaches = place.t < ways.stop and not is_padding
        if reaches and _differs(reruns, baseline, place):
            asked.append(k)

    done = 0
    asked_places = [places[k] for k in asked]
    for blocks in ways.in_turn(asked_places, reruns):
        values = _values(reruns, fixed, baseline, blocks, ways)
        stop = done + len(values) - 1
        found[asked[done:stop]] = values[0] - values[1:]
        done = stop
        reruns.tell(done, len(asked))

    return found


def _differs(reruns: Reruns, baseline: Baseline, place: Place) -> bool:
    """Return whether a swap changes a value of the sequence."""
    trace = reruns.trace
    pairs = [
        (trace.layers[path].outputs[0], vectors)
        for path, vectors in baseline.vectors.items()
    ]
    if baseline.array is not None:
        pairs.append((trace.inputs[baseline.input], baseline.array))

    for own, other in pairs:
        index: tuple[int, ...] = (0,)
        if baseline.has_time:
            index = (0, place.t)
        if place.feature is not None:
            index = (*index, place.feature)

        if not np.array_equal(own[index], other[index]):
            return True

    return False


def _values(
    reruns: Reruns,
    target: Target,
    baseline: Baseline,
    blocks: Sequence[Block],
    ways: Ways,
) -> Array:
    """Return the target's value of the sequence itself and of each variant of
    blocks that go on from each other.
    """
    first, *others = blocks
    states: Mapping[str, Array] = {}
    if ways.shared is not None and first.start:
        states = ways.shared.states_before(first.start)

    last = first
    found = _run(reruns, baseline, first, states)
    for block in others:
        assert ways.shared is not None
        new = len(block.places) - block.begun
        states = states_left(ways.shared, found, new)
        found = _run(reruns, baseline, block, states)
        last = block

    if ways.target_aligned and target.timestep is not None:
        target = replace(target, timestep=target.timestep - last.start)

    return target.values(found)


def _run(
    reruns: Reruns,
    baseline: Baseline,
    block: Block,
    states: Mapping[str, Array],
) -> ModelTrace:
    """Run the sequence itself and the variants of a block."""
    arrays = {
        name: _rows(value, block) for name, value in reruns.trace.inputs.items()
    }
    if baseline.array is not None:
        own = baseline.array
        arrays[baseline.input] = _swapped(
            arrays[baseline.input], own, block, baseline.has_time
        )

    changes = {
        path: _change(vectors, block)
        for path, vectors in baseline.vectors.items()
    }

    return reruns.run(arrays, changes, states)


def _rows(value: NDArray[Any], block: Block) -> NDArray[Any]:
    """Return an input once for the sequence itself and once for each
    variant.
    """
    if block.start or block.stop is not None:
        value = value[:, block.start : block.stop]

    return np.repeat(value, 1 + len(block.places), axis=0)


def _swapped(
    rows: NDArray[Any],
    baseline: NDArray[Any],
    block: Block,
    has_time: bool,
) -> NDArray[Any]:
    """Return the rows with the place of each variant swapped that begins in
    the block.
    """
    begins = slice(block.begun, None)
    variants = zip(rows[1:][begins], block.places[begins], strict=True)
    for row, (t, feature) in variants:
        at: Any = ...
        new = baseline[0]
        if has_time:
            at = t - block.start
            new = baseline[0, t]

        place: Any = ...
        if feature is not None:
            place = feature

        own = row[at]
        if own.ndim:
            own[place] = new[place]
        else:
            row[at] = new

    return rows


def _change(baseline: Array, block: Block) -> Change:
    """Return what swaps the vector of each variant's timestep."""

    def change(vectors: NDArray[Any]) -> NDArray[Any]:
        return _swapped(vectors.copy(), baseline, block, True)

    return change


def every_timestep(baseline: Baseline) -> list[Place]:
    """Return each timestep of an input as a place."""
    return [Place(t) for t in range(baseline.timesteps)]
