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
from rnn_tui.engine.trace.paths import CellPath, parse_call
from rnn_tui.errors import MisfitError, SequenceError, UnsupportedLayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.cells.scan_base import Scan
    from rnn_tui.engine.trace.record import Record
    from rnn_tui.engine.trace.trace import CellTrace, Direction


class Passed(NamedTuple):
    """The results of a sequence: the layer's outputs and the traces of its cells."""

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
        """Read the sequence without recording a LayerTrace, as a Bidirectional needs it
        of each side.
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

        x = np.asarray(value, dtype=run.dtype)  # (batch, timesteps, …)
        self._claim(x, run)
        paths = self._paths(run.path, direction)
        initial = self._initial(paths, inputs[1:], x, run)

        # what the cells read, in the order in which they read it
        backwards = self.flag("go_backwards")
        read = _turned(x, backwards)
        read_mask: Mask | None = None
        if mask is not None:
            read_mask = _turned(mask, backwards)

        records: list[Record] = []
        traces: list[CellTrace] = []
        for path, source, states in zip(paths, self.sources, initial, strict=True):
            scan = self._scan(source, states, run)
            record = prepare(scan, read, states, read_mask, backwards, run)
            trace = CellTrace(
                key=str(path),
                layer=run.path,
                cell=source.load(),
                x=_turned(read, backwards),
                values=record,
                initial=states,
                direction=direction,
                index=path.cell,
                mask=mask,
                reverse=backwards,
            )
            run.watch(trace)
            fill(record, run)

            records.append(record)
            traces.append(trace)
            if path is not paths[-1] or source.residual:
                read = self._passed_on(source, record, read)

        if self.sources[-1].residual:
            h = _held(read, read_mask)
        else:
            h = self._in_order(records[-1], "h")

        if zero_output is None:
            zero_output = self.flag("zero_output_for_mask")

        outputs = [self._output(h, read_mask, inputs[0].mask, zero_output)]
        if self.flag("return_state"):
            final = self._flat([record.final() for record in records])
            outputs += [Tensor(self._left(state)) for state in final]

        return Passed(outputs, tuple(traces))

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
            for path, source in zip(self._paths(""), self.sources, strict=True)
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

    def _paths(
        self, call: str, direction: Direction | None = None
    ) -> tuple[CellPath, ...]:
        """Return the path of each cell in a call of the layer."""
        layer, number = parse_call(call)
        if not self.stacked:
            return (CellPath(layer, number, direction),)

        return tuple(
            CellPath(layer, number, direction, index)
            for index in range(len(self.sources))
        )

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
        """Note the memory that reading `x` takes besides its record."""

    def _scan(self, source: CellSource, states: Mapping[str, Array], run: Run) -> Scan:
        return source.scan(run.dtype)

    def _in_order(self, record: Record, name: str) -> Array:
        """Return a quantity in the order the cell read."""
        return record.shaped(record.quantity(name, slice(0, record.timesteps)))

    def _passed_on(self, source: CellSource, record: Record, read: Array) -> Array:
        """Return the cell's output at each timestep, in the order it read: the input of
        the next cell.
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
        self, paths: Sequence[CellPath], given: Sequence[Tensor], x: Array, run: Run
    ) -> list[Mapping[str, Array]]:
        """Return the states each cell starts from: the user's, the graph's, zeros."""
        from_graph = iter([self._given(state) for state in given])
        by_cell: dict[int, Mapping[str, Array]] = {}
        for index in self._ordered(range(len(self.sources))):
            source = self.sources[index]
            zeros = self._zeros(source, x)
            states = {}
            for name in source.states:
                own = None
                if run.initial_state:
                    own = run.initial_state.get(f"{paths[index]}/{name}")

                state = next(from_graph, None)
                if own is not None:
                    self._check_own(f"{paths[index]}/{name}", own, zeros)
                    states[name] = _spread(own, zeros)
                elif state is not None:
                    self._check_given(f"{paths[index]}/{name}", state, zeros)
                    states[name] = _spread(state, zeros)
                else:
                    states[name] = zeros

            by_cell[index] = states

        return [by_cell[index] for index in range(len(self.sources))]

    def _check_own(self, key: str, state: Array, zeros: Array) -> None:
        """Raise SequenceError where a state of the user's isn't one of this cell's."""
        if not _stretches(state.shape, zeros.shape):
            raise SequenceError(
                f"the initial state {key} is {zeros.shape}, not {state.shape}"
            )

    def _check_given(self, key: str, state: Array, zeros: Array) -> None:
        """Raise MisfitError where a state of the graph's isn't one of this cell's."""
        if state.shape == zeros.shape:
            return
        if not _stretches(state.shape, zeros.shape):
            raise MisfitError(
                f"the initial state {key} is {zeros.shape}, not {state.shape}"
            )
        if self.generation < 3:
            raise MisfitError(
                f"its initial state is {state.shape}; this Keras doesn't stretch it"
            )

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

        `read` is the mask in that order, `mask` the input's own. A skipped timestep
        repeats the output before it, zeros where there is none, or all through with
        `zero`.
        """
        if not self.flag("return_sequences"):
            last = h[:, -1:]  # (batch, 1, …, units)
            if read is not None:
                shown = read
                if not zero:
                    shown = np.logical_or.accumulate(read, axis=1)

                last = _where(shown[:, -1:], last)

            return Tensor(self._left(np.ascontiguousarray(last[:, 0])))

        if read is not None:
            h = self._masked(h, read, zero)

        return Tensor(self._left_sequence(h), mask)

    def _masked(self, h: Array, read: Mask, zero: bool) -> Array:
        """Return the sequence of outputs with zeros where a mask leaves none."""
        seen = np.logical_or.accumulate(read, axis=1)
        if not zero:
            return _where(seen, h)
        if not (self.flag("unroll") and self.flag("go_backwards")):
            return _where(read, h)

        # Unrolled and backwards, Keras repeats in the order it read, then zeroes in
        # the order of the input.
        return _where(read[:, ::-1], _where(seen, h))

    def _left_sequence(self, h: Array) -> Array:
        """Return the sequence of outputs as Keras returns it."""
        if self.flag("time_major"):
            return packed(np.swapaxes(h, 0, 1))

        return packed(h)


def _turned(values: NDArray[Any], backwards: bool) -> NDArray[Any]:
    """Return `(batch, timesteps, …)` in the other direction of time where the cell
    reads it `backwards`, a view.
    """
    if backwards:
        return values[:, ::-1]

    return values


def _spread(state: Array, zeros: Array) -> Array:
    """Return a state in the dtype and the shape of `zeros`."""
    return np.broadcast_to(np.asarray(state, dtype=zeros.dtype), zeros.shape)


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
