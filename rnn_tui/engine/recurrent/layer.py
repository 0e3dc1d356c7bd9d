"""A recurrent layer's cells over a sequence: masks, directions, states in and out, as
Keras runs them.

What only a run needs is loaded by the first one: the layer table comes sooner without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.cells.stored_cell import CellSlot, CellSource
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask, Shape, Tensor
from rnn_tui.engine.core.fits import alike, check_count, stretched
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.memory.large_arrays import built, packed
from rnn_tui.engine.recurrent.words import layer_words
from rnn_tui.errors import MisfitError, SequenceError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.engine.cells.scan_base import Scan
    from rnn_tui.engine.trace.record import Record
    from rnn_tui.engine.trace.trace import CellTrace, Direction


class Passed(NamedTuple):
    """What came of a sequence: the layer's outputs and the traces of its cells."""

    outputs: list[Tensor]
    cells: tuple[CellTrace, ...]


@dataclass(eq=False)
class Recurrent(Layer):
    """A layer of one cell, RNN(cell) and RNN([cells])."""

    sources: tuple[CellSource, ...] = ()
    stacked: bool = False

    recurrent = True

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that it is given a sequence of its features, and with it no initial
        state or all of them.
        """
        states = sum(len(source.states) for source in self.sources)
        check_count(inputs, 1)
        if len(inputs) not in (1, 1 + states):
            raise MisfitError(f"it starts from {states} states, not {len(inputs) - 1}")

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
        """Read the sequence and return what Keras returns; leave a LayerTrace."""
        from rnn_tui.engine.trace.trace import LayerTrace

        outputs, cells = self.pass_through(inputs, run)
        run.record(
            run.path,
            LayerTrace(
                run.path,
                tuple(output.value for output in outputs),
                cells,
                inputs[0].mask,
            ),
        )

        return outputs

    def pass_through(
        self,
        inputs: Sequence[Tensor],
        run: Run,
        direction: Direction | None = None,
        zero_output: bool | None = None,
    ) -> Passed:
        """Read the sequence without recording: what a Bidirectional asks of each
        side.
        """
        from rnn_tui.engine.recurrent.run_cell import fill, prepare
        from rnn_tui.engine.trace.trace import CellTrace

        if self.why_not is not None:
            raise UnsupportedLayerError(run.path or self.name, self.why_not)

        value, mask = self._entered(inputs[0])
        if mask is not None and mask.shape != value.shape[:2]:
            raise MisfitError(
                f"a mask of {mask.shape} says nothing of the timesteps of {value.shape}"
            )

        x = np.asarray(value, dtype=run.dtype)
        self._claim(x, run)
        base = run.path + (f"/{direction}" if direction else "")
        initial = self._initial(base, inputs[1:], x, run)
        if self.flag("go_backwards"):
            order = slice(None, None, -1)
        else:
            order = slice(None)

        if mask is None:
            step_mask = None
        else:
            step_mask = mask[:, order]

        read = x[:, order]
        records = []
        traces: list[CellTrace] = []
        for index, (source, states) in enumerate(
            zip(self.sources, initial, strict=True)
        ):
            scan = self._scan(source, states, run)
            records.append(
                prepare(scan, read, states, step_mask, self.flag("go_backwards"), run)
            )
            traces.append(
                CellTrace(
                    key=base + self._suffix(index),
                    layer=run.path,
                    cell=source.load(),
                    x=read[:, order],
                    values=records[-1],
                    initial=states,
                    direction=direction,
                    index=index if self.stacked else None,
                    mask=mask,
                    reverse=self.flag("go_backwards"),
                )
            )
            run.watch(traces[-1])
            fill(records[-1], run)
            read = self._passed_on(source, records[-1], read)

        h = self._in_order(records[-1], "h")
        if self.sources[-1].residual:
            h = _held(read, step_mask)

        if zero_output is None:
            zero = self.flag("zero_output_for_mask")
        else:
            zero = zero_output

        outputs = [self._output(h, step_mask, inputs[0].mask, zero)]
        if self.flag("return_state"):
            outputs += [
                Tensor(self._left(state))
                for state in self._flat([record.final() for record in records])
            ]

        return Passed(outputs, tuple(traces))

    def flag(self, key: str) -> bool:
        """Return whether the configuration switches `key` on."""
        return bool(self.config.get(key, False))

    def cells(self) -> list[CellSlot]:
        """Return the layer's cells, before any run."""
        return [
            CellSlot(
                self._suffix(k),
                source.class_name,
                None,
                k if self.stacked else None,
                source.shown,
                source.divided,
                self.flag("go_backwards"),
            )
            for k, source in enumerate(self.sources)
        ]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of the output and, with return_state, of each state."""
        first, second = inputs[0][:2]
        if self.flag("time_major"):
            batch = second
        else:
            batch = first

        units = self.sources[-1].units
        shapes: list[Shape] = [
            (first, second, units) if self.flag("return_sequences") else (batch, units)
        ]
        if self.flag("return_state"):
            sizes = [
                source.units
                for source in self._ordered(self.sources)
                for _ in source.states
            ]
            shapes += [(batch, size) for size in sizes]

        return shapes

    def formula(self) -> str:
        """Return how the parameters are counted, a sum over stacked cells."""
        return " + ".join(source.formula() for source in self.sources)

    def words(self) -> list[str]:
        """Return the configuration as short sentences."""
        states = [name for source in self.sources for name in source.states]
        if self.stacked:
            stacked = [
                f"{len(self.sources)} cells, each reads what the one before computes"
            ]
        else:
            stacked = []

        cell_words = dict.fromkeys(
            line for source in self.sources for line in source.words()
        )

        return [*stacked, *layer_words(self.config, states), *cell_words]

    def _suffix(self, index: int) -> str:
        if self.stacked:
            return f"/cells/{index}"

        return ""

    def _entered(self, sequence: Tensor) -> Tensor:
        """Return the sequence and its mask with the batch first."""
        if not self.flag("time_major"):
            return sequence

        mask = None if sequence.mask is None else sequence.mask.T

        return Tensor(np.swapaxes(sequence.value, 0, 1), mask)

    def _left(self, value: Array) -> Array:
        """Return a state as Keras returns it."""
        return value

    def _claim(self, x: Array, run: Run) -> None:
        """Note what reading `x` takes besides its record."""

    def _scan(self, source: CellSource, states: Mapping[str, Array], run: Run) -> Scan:
        return source.scan(run.dtype)

    def _in_order(self, record: Record, name: str) -> Array:
        """Return a quantity in the order the cell read."""
        return record.shaped(record.quantity(name, slice(0, record.timesteps)))

    def _passed_on(self, source: CellSource, record: Record, read: Array) -> Array:
        """Return what a cell returns at each timestep, in the order it read: the next
        cell reads it.
        """
        raw = self._in_order(record, "raw")
        if not source.residual:
            return raw

        times = raw.dtype.type(source.residual)

        return built(
            raw.shape,
            raw.dtype,
            lambda window: raw[:, window] + times * read[:, window],
            raw,
            read,
        )

    def _zeros(self, source: CellSource, x: Array) -> Array:
        return np.zeros((x.shape[0], source.units), x.dtype)

    def _initial(
        self, base: str, given: Sequence[Tensor], x: Array, run: Run
    ) -> list[Mapping[str, Array]]:
        """Return the states each cell starts from: the user's, the graph's, zeros."""
        flat = iter([self._given(state) for state in given])
        by_cell: dict[int, Mapping[str, Array]] = {}
        for index in self._ordered(range(len(self.sources))):
            zeros = self._zeros(self.sources[index], x)
            states = {}
            for name in self.sources[index].states:
                state = next(flat, zeros)
                key = f"{base}{self._suffix(index)}/{name}"
                own = run.initial_state.get(key)
                wanted = np.asarray(state if own is None else own, dtype=run.dtype)
                if not _stretches(wanted.shape, zeros.shape):
                    words = (
                        f"the initial state {key} is {zeros.shape}, not {wanted.shape}"
                    )
                    if own is None:
                        raise MisfitError(words)

                    raise SequenceError(words)

                if own is None and wanted.shape != zeros.shape and self.generation < 3:
                    raise MisfitError(
                        f"its initial state is {wanted.shape}; this Keras doesn't "
                        "stretch it"
                    )

                states[name] = np.broadcast_to(wanted, zeros.shape)

            by_cell[index] = states

        return [by_cell[index] for index in range(len(self.sources))]

    def _given(self, state: Tensor) -> Array:
        """Return an initial state from the graph as the cells hold it."""
        return state.value

    def _ordered(self, items: Sequence[Any]) -> list[Any]:
        if self.flag("reverse_state_order"):
            return list(reversed(items))

        return list(items)

    def _flat(self, finals: Sequence[Mapping[str, Array]]) -> list[Array]:
        return [state for final in self._ordered(finals) for state in final.values()]

    def _output(
        self, h: Array, read: Mask | None, mask: Mask | None, zero: bool
    ) -> Tensor:
        """Return the sequence in the order it was read, or its last row.

        A skipped timestep repeats the output before it, zeros where there is none, or
        all through with `zero`.
        """
        sequences = self.flag("return_sequences")
        if read is not None and not sequences:
            if zero:
                seen = read
            else:
                seen = np.logical_or.accumulate(read, axis=1)

            h = _where(seen[:, -1:], h[:, -1:])
        elif read is not None:
            # Unrolled and backwards, Keras repeats in the order it read, then zeroes in
            # the order of the input.
            crossed = zero and self.flag("unroll") and self.flag("go_backwards")
            h = _where(
                read
                if zero and not crossed
                else np.logical_or.accumulate(read, axis=1),
                h,
            )
            if crossed:
                h = _where(read[:, ::-1], h)
            else:
                h = h

        if not sequences:
            return Tensor(self._left(np.ascontiguousarray(h[:, -1])))

        return Tensor(self._left_sequence(h), mask)

    def _left_sequence(self, h: Array) -> Array:
        """Return the sequence of outputs as Keras returns it."""
        return packed(np.swapaxes(h, 0, 1) if self.flag("time_major") else h)


def _stretches(shape: Shape, wanted: Shape) -> bool:
    """Whether an array of `shape` is stretched to `wanted`."""
    try:
        return alike(stretched(shape, wanted), wanted)
    except MisfitError:
        return False


def _held(values: Array, mask: Mask | None) -> Array:
    """Return `values` `(batch, timesteps, units)` with those of the last timestep read
    where one was skipped.
    """
    if mask is None:
        return values

    places = np.where(mask, np.arange(mask.shape[1]), 0)
    last = np.maximum.accumulate(places, axis=1)[..., None]

    return built(
        values.shape,
        values.dtype,
        lambda window: np.take_along_axis(values, last[:, window], 1),
        values,
    )


def _where(mask: Mask, h: Array) -> Array:
    """Return `h` `(batch, timesteps, …)` with zeros where `mask` is False."""
    deep = mask.reshape(*mask.shape, *[1] * (h.ndim - 2))
    return built(
        h.shape,
        h.dtype,
        lambda window: np.where(deep[:, window], h[:, window], h.dtype.type(0)),
        h,
    )
