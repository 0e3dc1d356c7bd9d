"""A channel: anything that has a value for each unit at each timestep, and can
be drawn as a map.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.scales import Scale


class Channel(Protocol):
    """The data of a heat map: values by timestep and unit, on a scale.

    The page of the States view and its maps ask nothing else of their data.
    """

    @property
    def key(self) -> Hashable:
        """Equal for two channels that have the same values."""

    @property
    def name(self) -> str:
        """The name in plain letters, one for each channel of a page:
        `c_tilde`.
        """

    @property
    def title(self) -> str:
        """The name of a file of its values: `lstm_1-h`."""

    @property
    def symbol(self) -> str:
        """How the channel is written on the screen: `c̃`."""

    @property
    def ascii_symbol(self) -> str:
        """How it is written where there are only letters: `c~`."""

    @property
    def meaning(self) -> str:
        """Its meaning in a few words."""

    @property
    def direction(self) -> str | None:
        """The direction of its cell in a Bidirectional, None where there is but
        one.
        """

    @property
    def where(self) -> str:
        """Which part of its values is read, in words; empty where all of them
        are.
        """

    @property
    def units(self) -> int:
        """How many units it has values of."""

    @property
    def timesteps(self) -> int:
        """How many timesteps it has values of."""

    @property
    def reverse(self) -> bool:
        """Whether its cell reads from the last timestep to the first."""

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop of a sequence,
        `(timesteps, units)`.
        """

    def scale(self) -> Scale:
        """Return the scale its values are drawn on."""
