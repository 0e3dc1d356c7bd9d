"""LocallyConnected1D/2D of Keras 1 and 2: a convolution whose every place has a kernel
of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.layers.base import AN_OBJECT, Plain
from rnn_tui.engine.layers.convolve import lengths
from rnn_tui.engine.layers.keys import among
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import WAYS, Schema, Stored, exactly, has_bias
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Places = list[tuple[tuple[int, ...], tuple[slice, ...]]]


@computes(
    **{
        f"LocallyConnected{axes}D": Schema(
            f"Slides {WAYS[axes]}, with kernels of its own at every place.",
            arrays=(Stored("kernel"), Stored("bias", kept=has_bias)),
            keys={"implementation": among(1, 2, 3)},
            needs=("kernel_size", "filters"),
            rank=exactly(axes + 2),
            spatial=axes,
        )
        for axes in (1, 2)
    }
)
class LocallyConnected(Plain):
    """Its kernel comes in three layouts: `implementation` 1, 2 and 3 (keras 2
    layers/locally_connected).
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that kernel and bias are those of as many places as this input has."""
        super().check(inputs)
        (made,) = self.output_shapes(inputs)
        if 0 in made:
            raise MisfitError("nothing would be left of it")
        if None in inputs[0][1:]:
            return

        sides, channels = self._divided([side or 0 for side in inputs[0]])
        out = [side or 0 for side in self._out(sides)]
        self._check_kernel(self._kernel_shape(sides, channels, out))
        self._check_bias(out)

    def _check_kernel(self, wanted: tuple[int, ...]) -> None:
        kernel = self.weights[0].shape
        if kernel != wanted:
            raise MisfitError(
                f"its kernel is {kernel}, for this input it would be {wanted}"
            )

    def _check_bias(self, out: Sequence[int]) -> None:
        if not self.has("bias"):
            return

        bias = next(weight.shape for weight in self.weights if weight.name == "bias")
        filters = int(self.config["filters"])
        wanted = (*out, filters)
        if bias not in (wanted, (filters, *out)):
            raise MisfitError(
                f"its bias is {bias}, for this input it would be {wanted}"
            )

    def _divided(self, shape: Sequence[int]) -> tuple[Sequence[int], int]:
        """Return the spatial sides and the channels of a shape."""
        _, *rest = shape
        if self.channels_first():
            channels, *sides = rest
        else:
            *sides, channels = rest

        return sides, channels

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x·W + b), with W and b of each place."""
        sides, channels = self._divided(x.shape)
        out, places = self._places(sides)
        filters = int(self.config["filters"])
        if self.channels_first():
            before: tuple[slice, ...] = (slice(None), slice(None))
        else:
            before = (slice(None),)

        y = np.zeros((len(x), *out, filters), dtype=x.dtype)
        kernels = self._kernels(channels, places, run)
        for (place, cut), kernel in zip(places, kernels, strict=True):
            window = x[before + cut].reshape(len(x), -1)  # (batch, window values)
            one: Any = (slice(None), *place)
            y[one] = window @ kernel

        if self.channels_first():
            y = np.moveaxis(y, -1, 1)

        if self.has("bias"):
            y = y + self._bias(out, filters, run)

        return self.activation()(y)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, and the memory of an object for each of their places."""
        (out,) = self.output_shapes(inputs)
        values = math.prod(side or 0 for side in out)

        return super().values_made(inputs) + AN_OBJECT * values

    def _geometry(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """Return the size of a window, the strides between windows, and the padding."""
        size = pair(self.config["kernel_size"], rank)
        strides = pair(self.config.get("strides") or 1, rank)

        return size, strides, str(self.config.get("padding") or "valid")

    def _out(self, sides: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return how many places there are along each axis."""
        size, strides, padding = self._geometry(len(sides))
        return lengths(sides, size, strides, (1,) * len(sides), padding)

    def _window_lengths(
        self, sides: Sequence[int], out: Sequence[int]
    ) -> list[Iterator[int]]:
        """Return for each axis the lengths of the windows of the places along it."""
        rank = len(sides)
        size, strides, padding = self._geometry(rank)
        before = _margins(size, padding)

        def along(axis: int) -> Iterator[int]:
            for place in range(out[axis]):
                start = place * strides[axis] - before[axis]
                stop = min(sides[axis], start + size[axis])
                yield stop - max(0, start)

        return [along(axis) for axis in range(rank)]

    def _kernel_shape(
        self, sides: Sequence[int], channels: int, out: Sequence[int]
    ) -> tuple[int, ...]:
        """Return the shape of the kernel of so many places, in the layout that
        `implementation` says.
        """
        filters = int(self.config["filters"])
        layout = self.config.get("implementation") or 1
        lengths_along = self._window_lengths(sides, out)

        if layout == 1:
            window = math.prod(map(next, lengths_along)) * channels
            return (math.prod(out), window, filters)
        if layout == 3:
            # every place along one axis meets every place along the others
            windows = math.prod(map(sum, lengths_along)) * channels
            return (windows * filters,)
        if self.channels_first():
            return (channels, *sides, filters, *out)

        return (*sides, channels, *out, filters)

    def _places(self, sides: Sequence[int]) -> tuple[tuple[int, ...], Places]:
        """Return how many places there are along each axis, and the window of each.

        `same` takes no zeros in: the window of a place near the border is smaller, and
        not evenly as in a convolution (keras 2 utils/conv_utils.py,
        conv_connected_inputs).
        """
        size, strides, padding = self._geometry(len(sides))
        out = tuple(n or 0 for n in self._out(sides))
        before = _margins(size, padding)

        places = []
        for place in np.ndindex(*out):
            window = []
            for p, k, s, b, n in zip(place, size, strides, before, sides, strict=True):
                start = p * s - b
                window.append(slice(max(0, start), min(n, start + k)))

            places.append((place, tuple(window)))

        return out, places

    def _kernels(self, channels: int, places: Places, run: Run) -> Iterator[Array]:
        """Yield the kernel of each place, `(window values, filters)`, in the order of
        the input's axes.
        """
        layout = self.config.get("implementation") or 1
        kernel: Any = self.value("kernel", run)
        if layout == 1:
            yield from kernel  # (places, window values, filters)
        elif layout == 2:
            yield from self._picked(kernel, places)
        else:
            yield from self._sliced(kernel, channels, places)

    def _picked(self, kernel: Any, places: Places) -> Iterator[Array]:
        """Yield the kernels of layout 2: an array with the axes of input and output."""
        filters = int(self.config["filters"])
        every = slice(None)
        for place, window in places:
            if self.channels_first():
                own = kernel[(every, *window, every, *place)]
            else:
                own = kernel[(*window, every, *place)]

            yield own.reshape(-1, filters)

    def _sliced(self, kernel: Any, channels: int, places: Places) -> Iterator[Array]:
        """Yield the kernels of layout 3: one vector, the values of place after place.

        With channels last each place has all its values together, with channels first
        each filter has.
        """
        filters = int(self.config["filters"])
        by_filter = kernel.reshape(filters, -1)
        start = 0
        for _, window in places:
            lengths_of = (part.stop - part.start for part in window)
            stop = start + math.prod(lengths_of) * channels
            if self.channels_first():
                yield by_filter[:, start:stop].T
            else:
                own = kernel[start * filters : stop * filters]
                yield own.reshape(filters, -1).T

            start = stop

    def _bias(self, out: Sequence[int], filters: int, run: Run) -> Array:
        """Return the bias as Keras adds it: with channels first it is read anew in that
        shape, not turned.
        """
        bias = self.value("bias", run)
        if self.channels_first():
            wanted = (filters, *out)
        else:
            wanted = (*out, filters)

        return bias.reshape(wanted)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        batch, *rest = inputs[0]
        if self.channels_first():
            sides = rest[1:]
        else:
            sides = rest[:-1]

        filters = int(self.config["filters"])
        out = self._out(sides)
        if self.channels_first():
            return [(batch, filters, *out)]

        return [(batch, *out, filters)]

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        products = (" × ".join(map(str, weight.shape)) for weight in self.weights)

        return " + ".join(products)


def _margins(size: Sequence[int], padding: str) -> list[int]:
    """Return how far the first window begins before each axis."""
    if padding == "same":
        return [k // 2 for k in size]

    return [0] * len(size)
