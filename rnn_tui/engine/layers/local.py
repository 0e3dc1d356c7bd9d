"""LocallyConnected1D/2D of Keras 1 and 2: a convolution whose every place has a kernel of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.arrays import Array, Shape
from rnn_tui.engine.layer import Run
from rnn_tui.engine.layers.base import AN_OBJECT, Plain, pair
from rnn_tui.engine.layers.convolve import lengths
from rnn_tui.engine.layers.registry import computes

if TYPE_CHECKING:
    from numpy.typing import NDArray

Places = list[tuple[tuple[int, ...], tuple[slice, ...]]]


@computes("LocallyConnected1D", "LocallyConnected2D")
class LocallyConnected(Plain):
    """Its kernel comes in three layouts: `implementation` 1, 2 and 3 (keras 2 layers/locally_connected)."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x·W + b), with W and b of each place."""
        sides = x.shape[2:] if self.channels_first() else x.shape[1:-1]
        channels = x.shape[1] if self.channels_first() else x.shape[-1]
        out, places = self._places(sides)
        filters = int(self.config["filters"])
        y = np.zeros((len(x), *out, filters), dtype=x.dtype)
        for (place, cut), kernel in zip(places, self._kernels(sides, channels, out, places, run), strict=True):
            before = (slice(None),) * (2 if self.channels_first() else 1)
            seen = x[before + cut]
            one: Any = (slice(None), *place)
            y[one] = seen.reshape(len(x), -1) @ kernel
        if self.channels_first():
            y = np.moveaxis(y, -1, 1)
        return self.activation()(y + self._bias(out, filters, run) if self.has("bias") else y)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, and what each place of them takes."""
        (out,) = self.output_shapes(inputs)
        return super().values_made(inputs) + AN_OBJECT * math.prod(side or 0 for side in out)

    def _places(self, sides: Sequence[int]) -> tuple[tuple[int, ...], Places]:
        """Return how many places there are along each axis, and what part of the input each of them sees.

        `same` takes no zeros in: a place near the border sees less, and not evenly as a convolution does
        (keras 2 utils/conv_utils.py, conv_connected_inputs).
        """
        rank = len(sides)
        size, strides = pair(self.config["kernel_size"], rank), pair(self.config.get("strides") or 1, rank)
        padding = str(self.config.get("padding") or "valid")
        out = tuple(n or 0 for n in lengths(sides, size, strides, (1,) * rank, padding))
        before = [k // 2 if padding == "same" else 0 for k in size]
        places = []
        for place in np.ndindex(*out):
            starts = [p * s - b for p, s, b in zip(place, strides, before, strict=True)]
            cut = tuple(slice(max(0, a), min(n, a + k)) for a, k, n in zip(starts, size, sides, strict=True))
            places.append((place, cut))
        return out, places

    def _kernels(
        self, sides: Sequence[int], channels: int, out: Sequence[int], places: Places, run: Run
    ) -> Iterator[Array]:
        """Yield the kernel of each place, `(what it sees, filters)`, in the order of the input's axes."""
        kernel: Any = self.value("kernel", run)
        filters, whole = int(self.config["filters"]), slice(None)
        sizes = [math.prod(part.stop - part.start for part in cut) * channels for _, cut in places]
        starts = np.cumsum([0, *sizes])
        layout = self.config.get("implementation") or 1
        first = self.channels_first()
        inner, outer = ((channels, *sides), (filters, *out)) if first else ((*sides, channels), (*out, filters))
        wanted = {1: (len(places), sizes[0], filters), 2: (*inner, *outer), 3: (starts[-1] * filters,)}.get(layout)
        if kernel.shape != wanted:
            raise ValueError(f"its kernel is {kernel.shape}, for this input it would be {wanted}")
        for k, (place, cut) in enumerate(places):
            if layout == 1:
                yield kernel[k]
            elif layout == 2:
                picked = kernel[(whole, *cut, whole, *place)] if first else kernel[(*cut, whole, *place)]
                yield picked.reshape(-1, filters)
            elif first:
                yield kernel.reshape(filters, -1)[:, starts[k] : starts[k + 1]].T
            else:
                yield kernel[starts[k] * filters : starts[k + 1] * filters].reshape(filters, -1).T

    def _bias(self, out: Sequence[int], filters: int, run: Run) -> Array:
        """Return the bias as Keras adds it: with channels first it is read anew in that shape, not turned."""
        bias = self.value("bias", run)
        wanted = (filters, *out) if self.channels_first() else (*out, filters)
        if bias.shape not in ((*out, filters), wanted):
            raise ValueError(f"its bias is {bias.shape}, for this input it would be {(*out, filters)}")
        return bias.reshape(wanted)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        batch, *rest = inputs[0]
        sides = rest[1:] if self.channels_first() else rest[:-1]
        rank, filters = len(sides), int(self.config["filters"])
        size, strides = pair(self.config["kernel_size"], rank), pair(self.config.get("strides") or 1, rank)
        out = lengths(sides, size, strides, (1,) * rank, str(self.config.get("padding") or "valid"))
        return [(batch, filters, *out) if self.channels_first() else (batch, *out, filters)]

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return " + ".join(" × ".join(str(side) for side in weight.shape) for weight in self.weights)
