"""How much a run may make and hold: few bytes of a file can ask for a billion
timesteps, and are refused.

Two counts. The values that all layers make, files on a disk among them, grow
with the input. The values held in memory have a limit of their own, which
`--max-memory` sets.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.memory.large_arrays import LIMIT
from rnn_tui.errors import UnsupportedLayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_VALUES = 1 << 24
"""Values all layers of any run may make: 64 MB of float32."""
MORE_VALUES = 100_000
"""Values they may make for each value the run is fed, as long as they fit into
half of the machine's memory.
"""
LEAST_STEPS = 250_000
"""Timesteps the recurrent layers of any run may take together: some seconds."""
MORE_STEPS = 100
"""Timesteps they may take for each value the run is fed."""
ALWAYS = 1024
"""Values they may make for each in any case: a long run's outputs are files,
not memory.
"""
MEMORY = 320 << 20
"""Bytes a run may hold where no limit is given: with the program and its
reader, less than half a gigabyte.
"""
FED = 16 << 10
"""Bytes it may hold then for each value it is fed, up to half of the machine's
memory: who feeds so much has it. Convolutions over frames make a thousand
values of one, one way or another, and Keras holds them all.
"""
IDS = 64
"""Values of the vector that an id becomes."""
AT_WORK = 3
"""Arrays of its output's size that a layer may need while it works."""
SMALL = 1 << 20
"""Bytes of an array that stays in memory however little is left: a file for
each would be too many.
"""


class Claims:
    """Counts the values that the layers of a run make and hold, and refuses
    numbers that no sound model makes of such an input.
    """

    def __init__(
        self,
        fed: Iterable[NDArray[Any]] = (),
        memory: int | None = None,
    ) -> None:
        fed = list(fed)
        self._known = {id(owner): owner for owner in map(_owner, fed)}
        values = sum(value.size for value in fed)
        machine = machine_memory()
        self.most = max(
            LEAST_VALUES,
            ALWAYS * values,
            min(MORE_VALUES * values, machine // 8),
        )
        self.most_steps = max(LEAST_STEPS, MORE_STEPS * values)
        weighed = sum(
            value.size * (IDS if value.ndim <= 2 else 1) for value in fed
        )
        self.memory = memory or max(MEMORY, min(FED * weighed, machine // 2))
        self.made = 0
        self.steps = 0
        self.held = 0

    def __call__(
        self,
        path: str,
        values: int,
        size: int = 4,
        stretches: int = 1,
    ) -> None:
        """Note that a layer is about to make so many values of so many bytes,
        in so many stretches if they are large.

        Raises UnsupportedLayerError when they are too many.
        """
        self.made += values
        if self.made > self.most:
            reason = (
                f"it would make {values:,} values where the layers of a run "
                f"on this input may make {self.most:,}"
            )
            raise UnsupportedLayerError(path, reason)

        size *= values
        needed = self.held + AT_WORK * max(
            min(size, self.limit()),
            size // stretches,
        )
        if needed > self.memory:
            reason = (
                f"the run needs {needed >> 20:,} MB, --max-memory allows "
                f"{self.memory >> 20:,}"
            )
            raise UnsupportedLayerError(path, reason)

    def take(self, path: str, timesteps: int) -> None:
        """Note that a recurrent layer is about to take so many timesteps, one
        after the other.

        Raises UnsupportedLayerError when all of them are far more than the run
        was fed: padding and repeating make millions of a few.
        """
        self.steps += timesteps
        if self.steps > self.most_steps:
            reason = (
                f"{self.steps:,} timesteps where the recurrent layers of a "
                "run on this input may take "
            )
            raise UnsupportedLayerError(path, f"{reason}{self.most_steps:,}")

    def hold(self, arrays: Iterable[NDArray[Any]]) -> None:
        """Note the arrays that stay in memory: views, files and arrays noted
        before take none.
        """
        for owner in map(_owner, arrays):
            if id(owner) not in self._known:
                # kept, so that no other array gets its id
                self._known[id(owner)] = owner
                self.held += (
                    0 if isinstance(owner.base, mmap.mmap) else owner.nbytes
                )

    def left(self) -> int:
        """Return how many bytes may still be held."""
        return max(0, self.memory - self.held)

    def limit(self) -> int:
        """Return the bytes above which an array becomes a file where that is
        possible; few when little is left.
        """
        return max(SMALL, min(LIMIT, self.left() // 4))


def _owner(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array whose memory this one is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base

    return array


def machine_memory() -> int:
    """Return the bytes of memory this machine has; 8 GiB where it doesn't
    say.
    """
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 8 << 30
