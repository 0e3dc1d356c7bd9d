"""ConvLSTM1D, 2D and 3D: recurrent layers over sequences of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.core.fits import alike
from rnn_tui.engine.recurrent.conv_source import ConvSource
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.errors import MisfitError


@dataclass(eq=False)
class ConvLSTM(Recurrent):
    """The LSTM of pictures; the engine has the channels last and turns them at
    the border.
    """

    def check_sequence(self, shape: Shape) -> None:
        """Check that a sequence has pictures of the cell's channels, large
        enough for its kernel.
        """
        source = self._source()
        picture: Shape = (None,) * source.kind.rank
        first = self.axes.channels_first
        wanted: Shape
        if first:
            wanted = (source.features, *picture)
        else:
            wanted = (*picture, source.features)

        if not alike(shape, (None, None, *wanted)):
            raise MisfitError(
                f"it reads {source.kind.rank}-D pictures of {source.features} "
                "channels over time"
            )

        read = shape[2:-1]
        if first:
            read = shape[3:]

        sides = source.kernel.sides(read)
        if 0 in (*shape, *sides):
            raise MisfitError("nothing would be left of a picture")

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of the output and, with return_state, of the two
        states.
        """
        batch, timesteps, *rest = inputs[0]
        source = self._source()
        picture: Shape
        if self.axes.channels_first:
            sides = source.kernel.sides(rest[1:])
            picture = (source.units, *sides)
        else:
            sides = source.kernel.sides(rest[:-1])
            picture = (*sides, source.units)

        first: Shape
        if self.flag("return_sequences"):
            first = (batch, timesteps, *picture)
        else:
            first = (batch, *picture)

        state = (batch, *picture)
        if self.flag("return_state"):
            return [first, state, state]

        return [first]

    def _source(self) -> ConvSource:
        source = self.sources[0]
        assert isinstance(source, ConvSource)
        return source
