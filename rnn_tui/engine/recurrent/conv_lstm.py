"""ConvLSTM1D, 2D and 3D: recurrent layers over sequences of pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.cells.scan_conv_lstm import ConvLSTMScan
from rnn_tui.engine.cells.scans import fast_scan
from rnn_tui.engine.cells.stored_cell import CellSource, stated_size
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array, Shape, Tensor
from rnn_tui.engine.core.fits import alike, pair
from rnn_tui.engine.layers.convolve import lengths, margins_of
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.memory.large_arrays import packed
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.errors import ConfigError, MisfitError


@dataclass(eq=False)
class ConvSource(CellSource):
    """A ConvLSTM cell: its units are filters, its features channels."""

    @property
    def rank(self) -> int:
        """How many spatial axes there are."""
        return self.kind.rank

    @property
    def axes(self) -> int:
        """How many axes the kernels have."""
        return self.rank + 2

    @property
    def units(self) -> int:
        """How many filters the cell has."""
        if len(self.weights) > 1 and len(self.weights[1].shape) > 1:
            return self.weights[1].shape[-2]

        return stated_size(self.config.get("filters"))

    @property
    def features(self) -> int | None:
        """How many channels the cell reads."""
        if self.weights and len(self.weights[0].shape) > 1:
            return self.weights[0].shape[-2]

        return None

    @property
    def size(self) -> tuple[int, ...]:
        """The kernel's spatial size."""
        if self.weights:
            return self.weights[0].shape[:-2]

        return ()

    def spread(self, key: str) -> tuple[int, ...]:
        """Return strides or dilation_rate, one number for each spatial axis."""
        return pair(self.config.get(key) or 1, self.rank)

    @property
    def padding(self) -> str:
        """Whether the picture is padded to its own size ("same") or not at all
        ("valid").
        """
        return str(self.config.get("padding") or "valid")

    def sides(self, sides: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return how large a picture of `sides` comes out."""
        spread = self.spread("strides"), self.spread("dilation_rate")
        return lengths(sides, self.size, *spread, self.padding)

    def margins(self, sides: Sequence[int]) -> list[tuple[int, int]]:
        """Return how many zeros stand before and after each side of a picture when it
        is read.
        """
        spread = self.spread("strides"), self.spread("dilation_rate")
        return margins_of(sides, self.size, *spread, self.padding)

    def formula(self) -> str:
        """Return how the parameters are counted: `4 × (3 × 3 × (1 + 40) × 40 + 40)`."""
        inner = (
            f"{' × '.join(map(str, self.size))} × ({self.features} + {self.units}) × "
            f"{self.units}"
        )
        if len(self.weights) > 2:
            return f"4 × ({inner} + {self.units})"

        return f"4 × {inner}"

    def words(self) -> list[str]:
        """Return the kernel's size, and how it moves over the picture."""
        words = [
            (
                "each gate is a convolution with a kernel of "
                f"{' × '.join(map(str, self.size))}"
            )
        ]
        for key, says in (
            ("strides", "it moves in strides of"),
            ("dilation_rate", "its taps are apart by"),
        ):
            if any(step > 1 for step in self.spread(key)):
                words.append(f"{says} {' × '.join(map(str, self.spread(key)))}")

        if self.config.get("data_format") == "channels_first":
            words.append("has the channels before the picture")

        return words + super().words()

    def _make(self, φ: Activation, σ: Activation) -> Cell:
        kernel, recurrent_kernel, *rest = (weight.value for weight in self.weights)
        bias = None
        if rest:
            bias = rest[0]

        padding = self.padding
        strides = self.spread("strides")
        dilation = self.spread("dilation_rate")

        return ConvLSTMCell(
            kernel, recurrent_kernel, bias, φ, σ, strides, padding, dilation
        )

    def _check(self) -> None:
        """Raise ConfigError when the weights' shapes don't make this cell."""
        shapes = [weight.shape for weight in self.weights]
        if len(shapes) not in (2, 3):
            raise ConfigError(
                f"the file has {len(shapes)} arrays for it; a ConvLSTM has 3, or 2 "
                "without bias"
            )

        if len(shapes[1]) > 1:
            filters = shapes[1][-2]
        else:
            filters = 0

        alike = [shape[:-2] for shape in shapes[:2]]
        fits = (
            alike[0] == alike[1]
            and len(shapes[0]) == self.rank + 2
            and shapes[2:] in ([], [(4 * filters,)])
        )
        if (
            not fits
            or not filters
            or {shape[-1] for shape in shapes[:2]} != {4 * filters}
            or 0 in shapes[0]
        ):
            raise ConfigError(
                f"its arrays {', '.join(map(str, shapes))} don't make a "
                f"{self.class_name}"
            )
        if self.padding not in ("valid", "same"):
            raise ConfigError(f"padding {self.padding!r} is not one a ConvLSTM has")

        for key in ("strides", "dilation_rate"):
            self.spread(key)

        along_axis = not (
            self.φ and self.φ.elementwise and self.σ and self.σ.elementwise
        )
        if along_axis and self.config.get("data_format") == "channels_first":
            raise ConfigError(
                "its activation looks along the last axis, which isn't the channels"
            )


@dataclass(eq=False)
class ConvLSTM(Recurrent):
    """The LSTM of pictures; the engine has the channels last and turns them at the
    border.
    """

    def check_sequence(self, shape: Shape) -> None:
        """Check that a sequence has pictures of the cell's channels, large enough for
        its kernel.
        """
        source = self._source()
        picture: Shape = (None,) * source.rank
        first = self._channels_first()
        wanted: Shape
        if first:
            wanted = (source.features, *picture)
        else:
            wanted = (*picture, source.features)

        if not alike(shape, (None, None, *wanted)):
            raise MisfitError(
                f"it reads {source.rank}-D pictures of {source.features} channels "
                "over time"
            )

        sides = source.sides(shape[3:] if first else shape[2:-1])
        if 0 in (*shape, *sides):
            raise MisfitError("nothing would be left of a picture")

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of the output and, with return_state, of the two states."""
        batch, timesteps, *rest = inputs[0]
        source = self._source()
        sides = source.sides(rest[1:] if self._channels_first() else rest[:-1])
        if self._channels_first():
            picture = (source.units, *sides)
        else:
            picture = (*sides, source.units)

        first: Shape
        if self.flag("return_sequences"):
            first = (batch, timesteps, *picture)
        else:
            first = (batch, *picture)

        return [first, *[(batch, *picture)] * (2 if self.flag("return_state") else 0)]

    def _source(self) -> ConvSource:
        source = self.sources[0]
        assert isinstance(source, ConvSource)
        return source

    def _channels_first(self) -> bool:
        return self.config.get("data_format") == "channels_first"

    def _entered(self, sequence: Tensor) -> Tensor:
        if self._channels_first():
            value = np.moveaxis(sequence.value, 2, -1)
        else:
            value = sequence.value

        return Tensor(value, sequence.mask)

    def _given(self, state: Tensor) -> Array:
        if self._channels_first():
            return np.moveaxis(state.value, 1, -1)

        return state.value

    def _left(self, value: Array) -> Array:
        if self._channels_first():
            return np.ascontiguousarray(np.moveaxis(value, -1, 1))

        return value

    def _left_sequence(self, h: Array) -> Array:
        return packed(np.moveaxis(h, -1, 2) if self._channels_first() else h)

    def _claim(self, x: Array, run: Run) -> None:
        run.claims(run.path, self._read_at_once(x), run.dtype.itemsize)

    def _read_at_once(self, x: Array) -> int:
        """Return the values of the pictures of one window, with the zeros around
        them.
        """
        from rnn_tui.engine.trace.record import longest_window

        source = self._source()
        sides = x.shape[2:-1]
        margins = source.margins(sides)
        wide = (
            math.prod(
                n + before + after
                for n, (before, after) in zip(sides, margins, strict=True)
            )
            * x.shape[-1]
        )
        made = math.prod(side or 0 for side in source.sides(sides)) * source.units
        step = len(ConvLSTMScan.slots) * len(x) * max(1, made) * x.itemsize
        timesteps: int = min(x.shape[1], longest_window(source.units, step))

        return len(x) * int(wide) * timesteps

    def _zeros(self, source: CellSource, x: Array) -> Array:
        sides = self._source().sides(x.shape[2:-1])
        return np.zeros(
            (x.shape[0], *(side or 0 for side in sides), source.units), x.dtype
        )

    def _scan(self, source: CellSource, states: Mapping[str, Array], run: Run) -> Scan:
        # (batch, …, filters): the pictures that it returns
        place = states["h"].shape[:-1]

        return fast_scan(source.load(), run.dtype, place)
