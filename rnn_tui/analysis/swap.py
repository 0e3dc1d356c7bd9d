"""Swapping (occlusion): one timestep at a time is swapped for the baseline, and
the model is run again.

Where everything looks back alone, a variant is the run itself up to the
timestep that is swapped: variants are then run in blocks, each from the states
before its first timestep, and none behind the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.analysis.baseline import Baseline
from rnn_tui.analysis.reruns import Change, Reruns
from rnn_tui.analysis.target import Target
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.aligned import Aligned, aligned

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 8
"""Variants of a block at least: a short one would run far more timesteps a
variant than it saves.
"""


class Place(NamedTuple):
    """A part of an input that is swapped: a timestep, or one of its
    features.
    """

    t: int
    feature: int | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Variants that are run together, over the timesteps `start` to `stop`."""

    places: Sequence[Place]
    start: int
    stop: int | None


def changes_by_place(
    reruns: Reruns,
    target: Target,
    baseline: Baseline,
    places: Sequence[Place],
) -> NDArray[np.float64]:
    """Return the change of the target, own − swapped, for each place; 0 at
    padding, and behind a target that looks back alone.
    """
    found = np.zeros(len(places))
    timestep = target.at(reruns.trace)
    fixed = replace(target, timestep=timestep)
    ways = _ways(reruns, fixed)
    asked = []
    for k, place in enumerate(places):
        is_padding = baseline.kept[place.t]
        if not is_padding and place.t < ways.end:
            asked.append(k)

    done = 0
    asked_places = [places[k] for k in asked]
    for block in ways.blocks(asked_places, reruns.at_once()):
        values = _values(reruns, fixed, baseline, block, ways)
        stop = done + len(block.places)
        found[asked[done:stop]] = values[0] - values[1:]
        done = stop
        reruns.tell(done, len(asked))

    return found


@dataclass(frozen=True, eq=False)
class Ways:
    """How variants are run: over the whole sequence, or from stored states up
    to the target.
    """

    shared: Aligned | None
    end: int
    """No timestep from here on reaches the target."""
    target_aligned: bool
    timesteps: int

    def blocks(
        self,
        places: Sequence[Place],
        at_once: int,
    ) -> Iterator[Block]:
        """Yield the variants in blocks."""
        if self.shared is None:
            for some in _cut(places, at_once):
                yield Block(some, 0, None)

            return

        eighth = -(-self.timesteps // 8)
        length = max(LEAST, min(at_once, eighth))
        stop = None
        if self.target_aligned:
            stop = self.end

        for some in _cut(places, min(length, at_once)):
            earliest = min(place.t for place in some)
            start = self.shared.last_read_before(earliest)
            yield Block(some, start, stop)


def _ways(reruns: Reruns, target: Target) -> Ways:
    """Return how the variants of a run are run."""
    trace = reruns.trace
    timesteps = max(
        value.shape[1] if value.ndim > 1 else 1
        for value in trace.inputs.values()
    )
    shared = aligned(reruns.model.graph, trace)
    if any(info.text is not None for info in reruns.model.inputs):
        shared = None  # a text has as many ids as its layer makes

    if shared is None:
        return Ways(None, timesteps, False, timesteps)

    path = target.path
    if target.head is not None:
        path = target.head.call.path

    with_time = path in shared.outputs
    if target.cell is not None:
        with_time = target.cell.call in shared.recurrent

    t = target.timestep
    if with_time and t is not None:
        return Ways(shared, t + 1, True, timesteps)

    return Ways(shared, timesteps, False, timesteps)


def _values(
    reruns: Reruns,
    target: Target,
    baseline: Baseline,
    block: Block,
    ways: Ways,
) -> Array:
    """Return the target's value of the sequence itself and of each variant."""
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
    states: Mapping[str, Array] = {}
    if ways.shared is not None and block.start:
        states = ways.shared.states_before(block.start)

    if ways.target_aligned and target.timestep is not None:
        target = replace(target, timestep=target.timestep - block.start)

    return target.values(reruns.run(arrays, changes, states))


def _rows(value: NDArray[Any], block: Block) -> NDArray[Any]:
    """Return an input once for the sequence itself and once for each
    variant.
    """
    if block.start or block.stop is not None:
        value = value[:, block.start : block.stop]

    return np.repeat(value, 1 + len(block.places), axis=0)


def _cut(places: Sequence[Place], length: int) -> Iterator[Sequence[Place]]:
    """Yield the places in runs of at most `length`."""
    for start in range(0, len(places), length):
        yield places[start : start + length]


def _swapped(
    rows: NDArray[Any],
    baseline: NDArray[Any],
    block: Block,
    has_time: bool,
) -> NDArray[Any]:
    """Return the rows with each variant's place swapped."""
    for row, (t, feature) in zip(rows[1:], block.places, strict=True):
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
    """Return the function that swaps the vector of each variant's timestep."""

    def change(vectors: NDArray[Any]) -> NDArray[Any]:
        return _swapped(vectors.copy(), baseline, block, True)

    return change


def every_timestep(baseline: Baseline) -> list[Place]:
    """Return each timestep of an input as a place."""
    return [Place(t) for t in range(baseline.timesteps)]
