"""The blocks in which variants of a run are run: which of them together, over
which timesteps, from which states.

Where everything looks back alone, a variant is the run itself up to the
timestep that is swapped, and nothing behind the target is run. Without masks
variants are run a stretch of time after the other in a batch that grows: those
whose timestep is in a stretch begin there from the states of the sequence
itself. With masks, blocks of them are run each from the states before its first
timestep to the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.aligned import Aligned, aligned

if TYPE_CHECKING:
    from rnn_tui.analysis.reruns import Reruns
    from rnn_tui.analysis.target import Target
    from rnn_tui.engine.trace.trace import ModelTrace

LEAST = 8
"""Variants of a block, or timesteps of a stretch, at least: a short one costs
more than it saves.
"""
STEPS = 8
"""Steps in which a batch grows over the whole sequence."""
TOGETHER = 256
"""Variants of a batch that grows."""
STRETCH = 16 << 20
"""Bytes that the values of a stretch may take for all variants."""


class Place(NamedTuple):
    """A part of an input that is swapped: a timestep, or one of its
    features.
    """

    t: int
    feature: int | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Variants that are run together, over the timesteps `start` to `stop`.

    The first `begun` of them go on from the states in which the block before
    left them.
    """

    places: Sequence[Place]
    start: int
    stop: int | None
    begun: int = 0


@dataclass(frozen=True, eq=False)
class Ways:
    """How variants are run: over the whole sequence, or from stored states up
    to the target.
    """

    shared: Aligned | None
    stop: int
    """No timestep from here on reaches the target."""
    target_aligned: bool
    timesteps: int

    def in_turn(
        self,
        places: Sequence[Place],
        reruns: Reruns,
    ) -> Iterator[list[Block]]:
        """Yield the blocks that go on from each other; the last one of each
        list ends at the target, and has all variants of the list.
        """
        if self.shared is None:
            for some in _cut(places, reruns.at_once()):
                yield [Block(some, 0, None)]
        elif self.shared.masked():
            yield from self._with_masks(self.shared, places, reruns.at_once())
        else:
            yield from self._growing(places, reruns.bytes_a_timestep())

    def _with_masks(
        self,
        shared: Aligned,
        places: Sequence[Place],
        at_once: int,
    ) -> Iterator[list[Block]]:
        """Yield blocks that begin at a timestep that every layer reads: one
        that a mask skips holds the state before.
        """
        stop = None
        if self.target_aligned:
            stop = self.stop

        length = min(at_once, self._step())
        for some in _cut(places, length):
            earliest = min(place.t for place in some)
            start = shared.last_read_before(earliest)
            yield [Block(some, start, stop)]

    def _growing(
        self,
        places: Sequence[Place],
        bytes_a_timestep: int,
    ) -> Iterator[list[Block]]:
        """Yield the stretches of batches that grow."""
        together = max(1, min(TOGETHER, STRETCH // bytes_a_timestep))
        for some in _cut(places, together):
            batch = 1 + len(some)  # the sequence itself is the first
            fitting = STRETCH // (batch * bytes_a_timestep)
            yield list(self._stretches(some, max(1, fitting)))

    def _stretches(
        self,
        places: Sequence[Place],
        fitting: int,
    ) -> Iterator[Block]:
        """Yield the stretches of one batch, none of more timesteps than are
        `fitting`; the places are in the order of their timesteps.
        """
        timesteps = [place.t for place in places]
        start = timesteps[0]
        begun = 0
        while start < self.stop:
            length = fitting
            if start < timesteps[-1]:  # there are some that begin later
                length = min(fitting, self._step())

            stop = min(start + length, self.stop)
            count = int(np.searchsorted(timesteps, stop))
            yield Block(places[:count], start, stop, begun)
            start = stop
            begun = count

    def _step(self) -> int:
        """Return how many timesteps a batch grows by at once, and how many
        variants a block with a mask has.
        """
        share = -(-self.timesteps // STEPS)

        return max(LEAST, share)


def ways_of(reruns: Reruns, target: Target) -> Ways:
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


def _cut(places: Sequence[Place], length: int) -> Iterator[Sequence[Place]]:
    """Yield the places in runs of at most `length`."""
    for start in range(0, len(places), length):
        yield places[start : start + length]


def states_left(
    shared: Aligned,
    found: ModelTrace,
    new: int,
) -> dict[str, Array]:
    """Return the states in which a block left its sequences, by `KEY/h`, and
    `new` times those of the first one, each `(batch, units)`.
    """
    states = {}
    for cell in found.cells:
        if cell.layer in shared.recurrent:
            for name in cell.cell.states:
                key = f"{cell.key}/{name}"
                last = cell.read(name, cell.timesteps - 1)[:, 0]
                more = np.repeat(last[:1], new, axis=0)
                states[key] = np.concatenate([last, more])

    return states
