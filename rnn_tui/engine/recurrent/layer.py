"""A recurrent layer's cells over a sequence: masks, directions, states in and
out, as Keras runs them.

The modules that only a run needs are loaded by the first one: the layer table
comes sooner without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rnn_tui.engine.cells.stored_cell import CellSlot, CellSource
from rnn_tui.engine.core.arrays import Array, Mask, Shape, Tensor
from rnn_tui.engine.core.fits import alike, check_count
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.recurrent.axes import Axes
from rnn_tui.engine.recurrent.words import layer_words
from rnn_tui.engine.trace.paths import CellPath, cell_paths
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import Direction

Item = TypeVar("Item")


@dataclass(eq=False)
class Recurrent(Layer):
    """A layer of one cell, RNN(cell) and RNN([cells])."""

    sources: tuple[CellSource, ...] = ()
    stacked: bool = False

    recurrent = True

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that it is given a sequence of its features, and with it no
        initial state or all of them.
        """
        states = sum(len(source.states) for source in self.sources)
        check_count(inputs, 1)
        if len(inputs) not in (1, 1 + states):
            raise MisfitError(
                f"it starts from {states} states, not {len(inputs) - 1}"
            )

        self.check_sequence(inputs[0])

    def check_sequence(self, shape: Shape) -> None:
        """Check that a sequence has timesteps and the cell's features."""
        features = self.sources[0].features
        wanted: Shape = (None, None, features)
        if not alike(shape, wanted):
            raise MisfitError(f"it reads (batch, timesteps, {features})")
        if 0 in shape[:2]:
            raise MisfitError("it can't read a sequence of no timesteps")

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Read the sequence and return Keras's outputs; leave a
        LayerTrace.
        """
        from rnn_tui.engine.recurrent.pass_through import pass_through
        from rnn_tui.engine.trace.trace import LayerTrace

        outputs, cells = pass_through(self, inputs, run)
        values = tuple(output.value for output in outputs)
        mask = inputs[0].mask
        run.record(run.path, LayerTrace(run.path, values, cells, mask))

        return outputs

    @property
    def axes(self) -> Axes:
        """The order of axes that the configuration gives the layer's
        tensors.
        """
        if self.sources[0].kind.rank:
            first = self.config.get("data_format") == "channels_first"
            return Axes(channels_first=first)

        return Axes(time_major=self.flag("time_major"))

    def flag(self, key: str) -> bool:
        """Return whether the configuration switches `key` on."""
        return bool(self.config.get(key, False))

    def cells(self) -> list[CellSlot]:
        """Return the layer's cells, before any run."""
        return [
            CellSlot(
                class_name=source.class_name,
                direction=None,
                index=path.cell,
                load=source.shown,
                divided=source.divided,
                reverse=self.flag("go_backwards"),
            )
            for path, source in zip(self.paths(""), self.sources, strict=True)
        ]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of the output and, with return_state, of each
        state.
        """
        first, second = inputs[0][:2]
        if self.flag("time_major"):
            batch = second
        else:
            batch = first

        units = self.sources[-1].units
        shapes: list[Shape] = [
            (first, second, units)
            if self.flag("return_sequences")
            else (batch, units)
        ]
        if self.flag("return_state"):
            sizes = [
                source.units
                for source in self.in_state_order(self.sources)
                for _ in source.states
            ]
            shapes += [(batch, size) for size in sizes]

        return shapes

    def formula(self) -> str:
        """Return how the parameters are counted, a sum over stacked cells."""
        parts = [source.formula() for source in self.sources]
        of_cells = sum(len(source.weights) for source in self.sources)
        # a layer of a custom class may hold more than its cell
        parts += [str(other.parameters) for other in self.weights[of_cells:]]

        return " + ".join(parts)

    def output_count(self) -> int:
        """Return how many tensors a call returns: the sequence or its last
        timestep, then states.
        """
        return 1 + self.states_returned()

    def states_returned(self) -> int:
        """Return how many of its states a call returns."""
        if self.flag("return_state"):
            return sum(len(source.states) for source in self.sources)

        return 0

    def words(self) -> list[str]:
        """Return the configuration as short sentences."""
        states = [name for source in self.sources for name in source.states]
        if self.stacked:
            stacked = [
                (
                    f"{len(self.sources)} cells, each reads what the one "
                    "before computes"
                )
            ]
        else:
            stacked = []

        cell_words = dict.fromkeys(
            line for source in self.sources for line in source.words()
        )

        return [*stacked, *layer_words(self.config, states), *cell_words]

    def paths(
        self,
        call: str,
        direction: Direction | None = None,
    ) -> tuple[CellPath, ...]:
        """Return the path of each cell in a call of the layer; a layer that is
        only listed may have none that is known.
        """
        if not self.sources:
            return ()

        count = None
        if self.stacked:
            count = len(self.sources)

        return cell_paths(call, direction, count)

    def in_state_order(self, items: Sequence[Item]) -> list[Item]:
        """Return one item for each cell in the order of the flat list of
        states.
        """
        if self.flag("reverse_state_order"):
            return list(reversed(items))

        return list(items)

    def returned(self, h: Array, mask: Mask | None, zero: bool) -> Array:
        """Return the sequence of outputs as Keras returns it, or its last
        timestep; `mask` is in the order in which the cells read.
        """
        from rnn_tui.engine.recurrent.returned import (
            last_output,
            masked_outputs,
        )

        if not self.flag("return_sequences"):
            return self.axes.returned(last_output(h, mask, zero))

        if mask is not None:
            turned = self.flag("unroll") and self.flag("go_backwards")
            h = masked_outputs(h, mask, zero, turned)

        return self.axes.returned_sequence(h)
