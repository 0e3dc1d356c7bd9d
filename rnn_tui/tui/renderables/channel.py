"""A channel: anything that has a value for each unit at each timestep, and can be drawn
as a map.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.scales import Scale


class Channel(Protocol):
    """What a heat map draws: values by timestep and unit, on a scale."""

    @property
    def key(self) -> Hashable:
        """Equal for two channels that have the same values."""

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop of a sequence, `(timesteps, units)`."""

    def scale(self) -> Scale:
        """Return the scale its values are drawn on."""
