"""The order of axes in which Keras hands sequences, pictures and states to a
recurrent layer and takes them back; the cells have the batch first and the
channels last.
"""

from __future__ import annotations

from typing import NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Tensor
from rnn_tui.engine.memory.large_arrays import packed


class Axes(NamedTuple):
    """A layer's order of axes: the timesteps before the batch, or the channels
    before the picture, or as the cells have them.
    """

    time_major: bool = False
    channels_first: bool = False

    def entered(self, sequence: Tensor) -> Tensor:
        """Return a sequence and its mask as the cells read them."""
        if self.channels_first:
            return Tensor(np.moveaxis(sequence.value, 2, -1), sequence.mask)
        if not self.time_major:
            return sequence

        mask = None
        if sequence.mask is not None:
            mask = sequence.mask.T

        return Tensor(np.swapaxes(sequence.value, 0, 1), mask)

    def entered_state(self, state: Tensor) -> Array:
        """Return an initial state from the graph as the cells hold it."""
        if self.channels_first:
            return np.moveaxis(state.value, 1, -1)

        return state.value

    def returned(self, value: Array) -> Array:
        """Return a state, or the output of one timestep, as Keras returns
        it.
        """
        if self.channels_first:
            return np.ascontiguousarray(np.moveaxis(value, -1, 1))

        return value

    def returned_sequence(self, h: Array) -> Array:
        """Return the outputs of all timesteps as Keras returns them."""
        if self.channels_first:
            return packed(np.moveaxis(h, -1, 2))
        if self.time_major:
            return packed(np.swapaxes(h, 0, 1))

        return packed(h)
