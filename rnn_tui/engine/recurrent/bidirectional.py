"""Bidirectional: one recurrent layer reads the sequence from its start, another
from its end, and the two are merged.

    bidirectional_layer(name, config, forward, backward, generation=3, notes=())
    -> Bidirectional

`forward` and `backward` are Recurrent layers whose `go_backwards` differ. Keys
of `config`: merge_mode ("concat", "sum", "mul", "ave" or None; default
"concat"), force_zero_output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.stored_cell import CellSlot
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape, Tensor
from rnn_tui.engine.core.fits import alike, check_count, check_side
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.memory.large_arrays import built, packed
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.engine.recurrent.words import bidirectional_words
from rnn_tui.errors import MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import Direction

SHARED = ("return_sequences", "return_state", "stateful", "time_major")
"""The settings that both sides must agree on."""


@dataclass(eq=False)
class Bidirectional(Layer):
    """Two recurrent layers and how their outputs meet."""

    forward: Recurrent | None = None
    backward: Recurrent | None = None

    recurrent = True

    @property
    def merge_mode(self) -> str | None:
        """How the two outputs become one; None keeps both."""
        mode: str | None = self.config.get("merge_mode", "concat")
        return mode

    @property
    def sides(self) -> tuple[tuple[Direction, Recurrent], ...]:
        """The two layers with their direction's name."""
        assert self.forward is not None
        assert self.backward is not None

        return ("forward", self.forward), ("backward", self.backward)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that both sides can read the sequence, and that no initial
        state is given or all of them.
        """
        check_count(inputs, 1)
        states = []
        for _, side in self.sides:
            counts = [len(source.states) for source in side.sources]
            states.append(sum(counts))

        if len(inputs) not in (1, 1 + sum(states)):
            raise MisfitError(
                f"it starts from {sum(states)} states, not {len(inputs) - 1}"
            )
        if len(inputs) > 1 and len(set(states)) > 1:
            raise MisfitError("its two sides have different numbers of states")

        for _, side in self.sides:
            side.check_sequence(inputs[0])

        y, y_back = (side.output_shapes(inputs)[0] for _, side in self.sides)
        are_alike = alike(y[:-1], y_back[:-1])
        if self.merge_mode is not None and not are_alike:
            raise MisfitError(
                f"its two sides return {y} and {y_back}, which can't be merged"
            )

        if self.merge_mode not in (None, "concat"):
            check_side(y_back[-1], y[-1], "units on both sides")

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Read the sequence in both directions; leave one LayerTrace with the
        cells of both.
        """
        from rnn_tui.engine.recurrent.pass_through import pass_through
        from rnn_tui.engine.trace.trace import LayerTrace

        if self.why_not is not None:
            raise UnsupportedLayerError(run.path or self.name, self.why_not)

        sequence, *states = inputs
        half = len(states) // 2
        halves = (states[:half], states[half:])
        passed = []
        for (direction, side), given in zip(self.sides, halves, strict=True):
            read = [sequence, *given]
            zero = self.zero_output(side)
            passed.append(pass_through(side, read, run, direction, zero))

        forward, backward = passed
        y, *final = forward.outputs
        y_back, *final_back = backward.outputs
        merged = self._merge(y, self.in_time(y_back))
        outputs = [*merged, *final, *final_back]
        values = tuple(output.value for output in outputs)
        cells = forward.cells + backward.cells
        mask = cells[0].mask
        run.record(run.path, LayerTrace(run.path, values, cells, mask))

        return outputs

    def in_time(self, y_back: Tensor) -> Tensor:
        """Return the output of the backward side in the input's order of
        time.
        """
        _, side = self.sides[0]
        if not side.flag("return_sequences"):
            return y_back
        if side.flag("time_major"):
            return Tensor(np.flip(y_back.value, 0), y_back.mask)

        return Tensor(np.flip(y_back.value, 1), y_back.mask)

    def sublayers(self) -> Sequence[Layer]:
        """Return the forward and the backward layer."""
        return [side for _, side in self.sides]

    def cells(self) -> list[CellSlot]:
        """Return the cells of both directions, before any run."""
        return [
            replace(slot, direction=direction)
            for direction, side in self.sides
            for slot in side.cells()
        ]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of the merged output (or of both), then of the
        forward and backward states.
        """
        (y, *states), (y_back, *states_back) = (
            side.output_shapes(inputs) for _, side in self.sides
        )
        sizes = y[-1], y_back[-1]
        if self.merge_mode is None:
            merged = [y, y_back]
        elif self.merge_mode == "concat":
            if None in sizes:
                total = None
            else:
                total = sum(size or 0 for size in sizes)

            merged = [(*y[:-1], total)]
        else:
            merged = [y]

        return [*merged, *states, *states_back]

    def formula(self) -> str:
        """Return how the parameters are counted: twice, where both directions
        have the same shape.
        """
        one, other = (side.formula() for _, side in self.sides)
        if one == other:
            return f"2 × ({one})"

        return f"{one} + {other}"

    def shapes_inside(self, inputs: Sequence[Shape]) -> Sequence[Shape]:
        """Return the sequence's shape: of the initial states behind it each
        side reads its own.
        """
        return inputs[:1]

    def output_count(self) -> int:
        """Return how many tensors a call returns: sequences, then states."""
        sequences = 1
        if self.merge_mode is None:
            sequences = 2

        return sequences + sum(side.states_returned() for _, side in self.sides)

    def shown_config(self) -> Mapping[str, Any]:
        """Return the settings that both sides share, and its merge_mode."""
        if self.forward is None:
            return self.config

        own = {
            key: self.config[key] for key in ("assumed",) if key in self.config
        }

        return {**self.forward.config, "merge_mode": self.merge_mode, **own}

    def words(self) -> list[str]:
        """Return the configuration as short sentences."""
        return bidirectional_words(
            self.merge_mode,
            *(side.words() for _, side in self.sides),
        )

    def zero_output(self, side: Recurrent) -> bool:
        """Return whether a side returns zeros at skipped timesteps."""
        if self.config.get("force_zero_output", True):
            return side.flag("return_sequences")

        return side.flag("zero_output_for_mask")

    def _merge(self, y: Tensor, y_back: Tensor) -> list[Tensor]:
        """Return the two outputs merged; Keras joins along the last axis,
        whatever the data format.
        """
        a, b = y.value, y_back.value
        if self.merge_mode is None:
            return [y, Tensor(packed(b), y_back.mask)]
        if a.ndim == 2:
            return [Tensor(self._met(a, b), y.mask)]

        if self.merge_mode == "concat":
            wide = a.shape[-1] + b.shape[-1]
        else:
            wide = a.shape[-1]

        merged = built(
            (*a.shape[:-1], wide),
            a.dtype,
            lambda window: self._met(a[:, window], b[:, window]),
            a,
            b,
        )

        return [Tensor(merged, y.mask)]

    def _met(self, a: Array, b: Array) -> Array:
        """Return two outputs merged."""
        met: Array
        if self.merge_mode == "concat":
            met = np.concatenate([a, b], axis=-1)
        elif self.merge_mode == "mul":
            met = a * b
        else:
            if self.merge_mode == "sum":
                met = a + b
            else:
                met = (a + b) / 2

        return met


def bidirectional_layer(
    name: str,
    config: Mapping[str, Any],
    forward: Recurrent,
    backward: Recurrent,
    generation: int = 3,
    notes: Sequence[str] = (),
) -> Bidirectional:
    """Return the layer that `forward` and `backward` make; see this module's
    docstring.
    """
    why_not = forward.why_not or backward.why_not
    if why_not is None and config.get("merge_mode", "concat") not in (
        "concat",
        "sum",
        "mul",
        "ave",
        None,
    ):
        why_not = f"merge_mode {config['merge_mode']!r} is not one of Keras's"

    if why_not is None and forward.flag("go_backwards") == backward.flag(
        "go_backwards"
    ):
        why_not = "both directions read the sequence the same way"

    different = [
        key for key in SHARED if forward.flag(key) != backward.flag(key)
    ]
    if why_not is None and different:
        why_not = f"the two directions differ in {different[0]}"

    weights = forward.weights + backward.weights

    return Bidirectional(
        name,
        "Bidirectional",
        config,
        weights,
        tuple(notes),
        why_not,
        generation,
        forward,
        backward,
    )
