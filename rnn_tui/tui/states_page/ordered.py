"""A channel whose units are in another order, some left out."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.scales import Scale


@dataclass(frozen=True, eq=False)
class OrderedChannel:
    """The units `order` of a channel, from above."""

    whole: Channel
    order: Sequence[int]

    @property
    def key(self) -> Hashable:
        """Equal for two with the same values."""
        return self.whole.key, tuple(self.order)

    @property
    def name(self) -> str:
        """The channel's."""
        return self.whole.name

    @property
    def title(self) -> str:
        """The channel's."""
        return self.whole.title

    @property
    def symbol(self) -> str:
        """The channel's."""
        return self.whole.symbol

    @property
    def ascii_symbol(self) -> str:
        """The channel's."""
        return self.whole.ascii_symbol

    @property
    def meaning(self) -> str:
        """The channel's."""
        return self.whole.meaning

    @property
    def direction(self) -> str | None:
        """The channel's."""
        return self.whole.direction

    @property
    def where(self) -> str:
        """The channel's."""
        return self.whole.where

    @property
    def units(self) -> int:
        """How many units are left."""
        return len(self.order)

    @property
    def timesteps(self) -> int:
        """The channel's."""
        return self.whole.timesteps

    @property
    def reverse(self) -> bool:
        """The channel's."""
        return self.whole.reverse

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop, `(timesteps, units left)`."""
        values = self.whole.read(start, stop, sequence)
        picked: Array = values[:, np.array(self.order, dtype=np.intp)]

        return picked

    def scale(self) -> Scale:
        """Return the scale of all the channel's units."""
        return self.whole.scale()
