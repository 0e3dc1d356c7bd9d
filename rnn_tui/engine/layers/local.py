"""LocallyConnected1D/2D of Keras 1 and 2: a convolution whose every place has a
kernel of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.layers.base import AN_OBJECT, Plain, sides_multiplied
from rnn_tui.engine.layers.convolution import divided
from rnn_tui.engine.layers.convolve import lengths
from rnn_tui.engine.layers.keys import among
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.local_kernels import (
    kernel_shape,
    place_kernels,
    window_lengths,
    windows,
)
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import WAYS, Schema, Stored, exactly, has_bias
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes(
    **{
        f"LocallyConnected{axes}D": Schema(
            f"Slides {WAYS[axes]}, with kernels of its own at every place.",
            arrays=(Stored("kernel"), Stored("bias", kept=has_bias)),
            keys={"implementation": among(1, 2, 3)},
            needs=("kernel_size", "filters"),
            rank=exactly(axes + 2),
            spatial=axes,
            back="local_back:locally_connected",
        )
        for axes in (1, 2)
    }
)
class LocallyConnected(Plain):
    """Its kernel comes in three layouts: `implementation` 1, 2 and 3 (keras 2
    layers/locally_connected).
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that kernel and bias are those of as many places as this input
        has.
        """
        super().check(inputs)
        (made,) = self.output_shapes(inputs)
        if 0 in made:
            raise MisfitError("nothing would be left of it")
        if None in inputs[0][1:]:
            return

        sides, channels = self._divided(inputs[0])
        out = [side or 0 for side in self._out(sides)]
        windows_along = window_lengths(sides, out, *self._geometry(len(sides)))
        wanted = kernel_shape(
            self.config.get("implementation") or 1,
            sides,
            out,
            windows_along,
            channels,
            int(self.config["filters"]),
            self.channels_first(),
        )
        kernel = self.weights[0].shape
        if kernel != wanted:
            raise MisfitError(
                f"its kernel is {kernel}, for this input it would be {wanted}"
            )

        self._check_bias(out)

    def _check_bias(self, out: Sequence[int]) -> None:
        if not self.has("bias"):
            return

        bias = next(
            weight.shape for weight in self.weights if weight.name == "bias"
        )
        filters = int(self.config["filters"])
        wanted = (*out, filters)
        if bias not in (wanted, (filters, *out)):
            raise MisfitError(
                f"its bias is {bias}, for this input it would be {wanted}"
            )

    def _divided(self, shape: Shape) -> tuple[list[int], int]:
        """Return the spatial sides and the channels of a shape."""
        _, open_sides, channels = divided(shape, self.channels_first())
        sides = [side or 0 for side in open_sides]

        return sides, channels or 0

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x·W + b), with W and b of each place."""
        return self.activation()(self.linear_part(x, run))

    def linear_part(self, x: NDArray[Any], run: Run) -> Any:
        """Return x·W + b, with W and b of each place."""
        sides, _ = self._divided(x.shape)
        out = tuple(n or 0 for n in self._out(sides))
        filters = int(self.config["filters"])
        batch = len(x)
        y = np.zeros((batch, *out, filters), dtype=x.dtype)
        for place, window, kernel in self.places(x.shape, run):
            values = x[window].reshape(batch, -1)  # (batch, window values)
            y[place] = values @ kernel

        if self.channels_first():
            y = np.moveaxis(y, -1, 1)

        if self.has("bias"):
            y = y + self._bias(out, filters, run)

        return y

    def places(
        self,
        shape: Sequence[int],
        run: Run,
    ) -> Iterator[tuple[Any, Any, Array]]:
        """Yield each place of the output (channels last), its window of an
        input of this shape, and its kernel, `(window values, filters)`.
        """
        sides, channels = self._divided(tuple(shape))
        out = tuple(n or 0 for n in self._out(sides))
        cuts = windows(sides, out, *self._geometry(len(sides)))
        first = self.channels_first()
        kernels = place_kernels(
            self.config.get("implementation") or 1,
            self.value("kernel", run),
            cuts,
            channels,
            int(self.config["filters"]),
            first,
        )

        before: tuple[slice, ...] = (slice(None),)
        if first:
            before = (slice(None), slice(None))

        for (place, cut), kernel in zip(cuts, kernels, strict=True):
            yield (slice(None), *place), before + cut, kernel

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, and the memory of an object for each of their
        places.
        """
        (out,) = self.output_shapes(inputs)
        values = math.prod(side or 0 for side in out)

        return super().values_made(inputs) + AN_OBJECT * values

    def _geometry(
        self,
        rank: int,
    ) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """Return the size of a window, the strides between windows, and the
        padding.
        """
        size = pair(self.config["kernel_size"], rank)
        strides = pair(self.config.get("strides") or 1, rank)

        return size, strides, str(self.config.get("padding") or "valid")

    def _out(self, sides: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return how many places there are along each axis."""
        rank = len(sides)
        size, strides, padding = self._geometry(rank)
        ones = (1,) * rank

        return lengths(sides, size, strides, ones, padding)

    def _bias(self, out: Sequence[int], filters: int, run: Run) -> Array:
        """Return the bias as Keras adds it: with channels first it is read anew
        in that shape, not turned.
        """
        bias = self.value("bias", run)
        if self.channels_first():
            wanted = (filters, *out)
        else:
            wanted = (*out, filters)

        return bias.reshape(wanted)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        batch, sides, _ = divided(inputs[0], self.channels_first())
        filters = int(self.config["filters"])
        out = self._out(sides)
        if self.channels_first():
            return [(batch, filters, *out)]

        return [(batch, *out, filters)]

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return sides_multiplied(self.weights)
