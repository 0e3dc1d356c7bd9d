"""How much a run may make: few bytes of a file can ask for a billion timesteps, and are refused before they start."""

from __future__ import annotations

import os

from rnn_tui.errors import UnsupportedLayerError

LEAST_VALUES = 1 << 24
"""Values all layers of any run may make: 64 MB of float32."""
MORE_VALUES = 100_000
"""Values they may make for each value the run is fed, as long as they fit into half of the machine's memory."""
ALWAYS = 1024
"""Values they may make for each in any case: a long run's outputs are files, not memory."""


class Claims:
    """Counts the values the layers of a run make, and refuses those that no sound model makes of such an input."""

    def __init__(self, fed: int) -> None:
        self.most = max(LEAST_VALUES, ALWAYS * fed, min(MORE_VALUES * fed, machine_memory() // 8))
        self.made = 0

    def __call__(self, path: str, values: int) -> None:
        """Note that a layer is about to make so many values. Raises UnsupportedLayerError when they are too many."""
        self.made += values
        if self.made > self.most:
            reason = f"it would make {values:,} values where the layers of a run on this input may make {self.most:,}"
            raise UnsupportedLayerError(path, reason)


def check_room(values: int) -> None:
    """Raise ValueError when one operation would make more values than any run may, whatever it is fed."""
    if values > max(LEAST_VALUES, machine_memory() // 64):
        raise ValueError(f"it would make {values:,} values")


def machine_memory() -> int:
    """Return the bytes of memory this machine has; 8 GiB where it doesn't say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 8 << 30
