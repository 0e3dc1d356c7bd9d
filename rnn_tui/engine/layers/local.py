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
        shape = inputs[0]
        if self.channels_first():
            sides = shape[2:]
        else:
            sides = shape[1:-1]

        if self.channels_first():
            channels = shape[1]
        else:
            channels = shape[-1]

        (made,) = self.output_shapes(inputs)

        if 0 in made:
            raise MisfitError("nothing would be left of it")
        if None in shape[1:]:
            return

        known = [side or 0 for side in sides]
        out = self._out(sides)
        wanted = self._kernel_shape(known, channels or 0, [side or 0 for side in out])
        kernel = self.weights[0].shape
        if kernel != wanted:
            raise MisfitError(
                f"its kernel is {kernel}, for this input it would be {wanted}"
            )

        bias = next(
            (weight.shape for weight in self.weights if weight.name == "bias"), None
        )
        filters = int(self.config["filters"])
        if bias not in (None, (*out, filters), (filters, *out)):
            raise MisfitError(
                f"its bias is {bias}, for this input it would be {(*out, filters)}"
            )

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x·W + b), with W and b of each place."""
        if self.channels_first():
            sides = x.shape[2:]
        else:
            sides = x.shape[1:-1]

        if self.channels_first():
            channels = x.shape[1]
        else:
            channels = x.shape[-1]

        out, places = self._places(sides)
        filters = int(self.config["filters"])
        y = np.zeros((len(x), *out, filters), dtype=x.dtype)
        for (place, cut), kernel in zip(
            places, self._kernels(sides, channels, out, places, run), strict=True
        ):
            before = (slice(None),) * (2 if self.channels_first() else 1)
            seen = x[before + cut]
            one: Any = (slice(None), *place)
            y[one] = seen.reshape(len(x), -1) @ kernel

        if self.channels_first():
            y = np.moveaxis(y, -1, 1)

        return self.activation()(
            y + self._bias(out, filters, run) if self.has("bias") else y
        )

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, and what each place of them takes."""
        (out,) = self.output_shapes(inputs)
        return super().values_made(inputs) + AN_OBJECT * math.prod(
            side or 0 for side in out
        )

    def _geometry(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """Return the size of what a place sees, the strides between places, and the
        padding.
        """
        size = pair(self.config["kernel_size"], rank)
        strides = pair(self.config.get("strides") or 1, rank)

        return size, strides, str(self.config.get("padding") or "valid")

    def _out(self, sides: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return how many places there are along each axis."""
        size, strides, padding = self._geometry(len(sides))
        return lengths(sides, size, strides, (1,) * len(sides), padding)

    def _seen(self, sides: Sequence[int], out: Sequence[int]) -> list[Iterator[int]]:
        """Return for each axis how far each place along it sees."""
        size, strides, padding = self._geometry(len(sides))
        before = [k // 2 if padding == "same" else 0 for k in size]
        axes = zip(sides, size, strides, before, out, strict=True)

        def along(n: int, k: int, s: int, b: int, count: int) -> Iterator[int]:
            for place in range(count):
                start = place * s - b
                yield min(n, start + k) - max(0, start)

        return [along(*axis) for axis in axes]

    def _kernel_shape(
        self, sides: Sequence[int], channels: int, out: Sequence[int]
    ) -> tuple[int, ...]:
        """Return the shape of the kernel of so many places, in the layout that
        `implementation` says.
        """
        filters = int(self.config["filters"])
        layout = self.config.get("implementation") or 1
        seen = self._seen(sides, out)

        if layout == 1:
            return (math.prod(out), math.prod(map(next, seen)) * channels, filters)
        if layout == 3:  # every place along one axis meets every place along the others
            return (math.prod(map(sum, seen)) * channels * filters,)
        if self.channels_first():
            return (channels, *sides, filters, *out)

        return (*sides, channels, *out, filters)

    def _places(self, sides: Sequence[int]) -> tuple[tuple[int, ...], Places]:
        """Return how many places there are along each axis, and what part of the input
        each of them sees.

        `same` takes no zeros in: a place near the border sees less, and not evenly as a
        convolution does (keras 2 utils/conv_utils.py, conv_connected_inputs).
        """
        size, strides, padding = self._geometry(len(sides))
        out = tuple(n or 0 for n in self._out(sides))
        before = [k // 2 if padding == "same" else 0 for k in size]
        places = []
        for place in np.ndindex(*out):
            starts = [p * s - b for p, s, b in zip(place, strides, before, strict=True)]
            cut = tuple(
                slice(max(0, a), min(n, a + k))
                for a, k, n in zip(starts, size, sides, strict=True)
            )
            places.append((place, cut))

        return out, places

    def _kernels(
        self,
        sides: Sequence[int],
        channels: int,
        out: Sequence[int],
        places: Places,
        run: Run,
    ) -> Iterator[Array]:
        """Yield the kernel of each place, `(what it sees, filters)`, in the order of
        the input's axes.
        """
        kernel: Any = self.value("kernel", run)
        filters = int(self.config["filters"])
        whole = slice(None)
        sizes = [
            math.prod(part.stop - part.start for part in cut) * channels
            for _, cut in places
        ]
        starts = np.cumsum([0, *sizes])
        layout = self.config.get("implementation") or 1
        first = self.channels_first()
        for k, (place, cut) in enumerate(places):
            if layout == 1:
                yield kernel[k]
            elif layout == 2:
                if first:
                    picked = kernel[(whole, *cut, whole, *place)]
                else:
                    picked = kernel[(*cut, whole, *place)]

                yield picked.reshape(-1, filters)
            elif first:
                yield kernel.reshape(filters, -1)[:, starts[k] : starts[k + 1]].T
            else:
                yield (
                    kernel[starts[k] * filters : starts[k + 1] * filters]
                    .reshape(filters, -1)
                    .T
                )

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

        return [
            (batch, filters, *out) if self.channels_first() else (batch, *out, filters)
        ]

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return " + ".join(
            " × ".join(str(side) for side in weight.shape) for weight in self.weights
        )
