"""Every value of a run: the outputs of each layer, and every quantity of each
recurrent cell.

A model's trace holds a LayerTrace for each call of each layer; a recurrent one
holds the traces of its cells: one for a plain layer, two for a Bidirectional
(forward, backward), one a cell for stacked cells. Row t of a quantity always
belongs to the INPUT's timestep t, in both directions: the state after that
timestep was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.core.layer_names import with_last_part
from rnn_tui.engine.trace.overview import Summary
from rnn_tui.engine.trace.paths import CellPath, parse_call
from rnn_tui.engine.trace.paths import Direction as Direction
from rnn_tui.engine.trace.values import Values

if TYPE_CHECKING:
    from typing_extensions import Self

    from rnn_tui.engine.cells.cell import Cell
    from rnn_tui.engine.core.edits import Edit


@dataclass(frozen=True, eq=False)
class CellTrace:
    """One cell over one sequence.

    `key` is the path under which exports name it: `lstm_1`,
    `bidirectional/forward`, `rnn/cells/0`, `OUTER/INNER`, `lstm@1` for the
    second call of a shared layer. `x` is the cell's input,
    `(batch, timesteps, features)` in input time; `mask` is True where it was
    read. `reverse` says that the cell read the sequence from its end. `initial`
    holds the state before the first timestep read, each `(batch, units)`.
    `values` holds every quantity, each `(batch, timesteps, units)`; of a long
    run it computes them again when they are asked for, so `read` a stretch of
    time rather than the whole.
    """

    key: str
    layer: str
    cell: Cell
    x: Array
    values: Values
    initial: Mapping[str, Array]
    direction: Direction | None = None
    index: int | None = None
    mask: Mask | None = None
    reverse: bool = False
    run_length: int | None = None
    """The length of the whole sequence where this is the part that is
    computed.
    """
    edits: tuple[Edit, ...] = ()
    """The quantities set to other values than the cell's weights give."""

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that can be read, in the cell's own order."""
        return tuple(self.cell.quantities)

    @cached_property
    def batch(self) -> int:
        """How many sequences ran side by side."""
        return int(self.x.shape[0])

    @cached_property
    def timesteps(self) -> int:
        """The length of the sequence."""
        return int(self.x.shape[1])

    @cached_property
    def units(self) -> int:
        """How many units the cell has."""
        return self.cell.units

    @property
    def sides(self) -> tuple[int, ...]:
        """The size of the pictures that the cell holds its state in, empty for
        one that holds a value a unit.
        """
        return self.initial["h"].shape[1:-1]

    @property
    def path(self) -> CellPath:
        """The path of the cell; `key` is the same in writing."""
        layer, call = parse_call(self.layer)
        return CellPath(layer, call, self.direction, self.index)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return timesteps `start` to `stop` of a quantity,
        `(batch, stop - start, units)`, in input time.
        """
        return self.values.read(name, start, stop)

    def read_rows(
        self,
        name: str,
        rows: tuple[int, ...],
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return as `read` does, of some sequences of the batch: cheaper when
        several quantities are read of them.
        """
        return self.values.read_rows(name, rows, start, stop)

    def means(
        self,
        name: str,
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return as `read` does, of pictures the mean of their pixels: always
        `(batch, stop - start, units)`.
        """
        return self.values.means(name, start, stop)

    def overview(
        self,
        name: str,
        columns: int,
        start: int = 0,
        stop: int | None = None,
    ) -> Summary:
        """Return min, mean and max in at most `columns` stretches of time, each
        `(batch, columns, units)`.

        Of a very long stretch the edges are those of the windows the run went
        through, not exact to the timestep.
        """
        return self.values.overview(name, columns, start, stop)

    def windows(
        self,
        timesteps: int | None = None,
    ) -> Iterator[tuple[int, Mapping[str, Array]]]:
        """Yield windows of time one after the other, with the first timestep of
        each and every quantity in it, computed once.
        """
        return self.values.windows(timesteps)

    @property
    def filled(self) -> int:
        """How many timesteps have been computed, in the order the cell reads;
        all of them once the run is done.
        """
        return self.values.filled

    @property
    def fed_timesteps(self) -> int:
        """The length of the sequence that the run was fed, of which a trace
        that fills has a part.
        """
        return self.run_length or self.timesteps

    def so_far(self) -> CellTrace | None:
        """Return the cell as far as it is computed, a trace of fewer timesteps;
        itself once it is done.

        None before the first timestep, and for a cell that begins with the last
        one.
        """
        done = self.filled
        if done == self.timesteps:
            return self
        if not done or self.reverse:
            return None

        if self.mask is None:
            mask = None
        else:
            mask = self.mask[:, :done]

        return replace(
            self,
            x=self.x[:, :done],
            mask=mask,
            values=self.values.until(done),
            run_length=self.timesteps,
        )

    def read_input(self, start: int = 0, stop: int | None = None) -> Array:
        """Return timesteps `start` to `stop` of the cell's input,
        `(batch, stop - start, features)`.
        """
        return self.x[:, start:stop]

    def previous(self, name: str, t: int) -> Array:
        """Return state `name` before the cell read timestep t of
        the input, `(batch, units)`.
        """
        if self.reverse:
            before = t + 1
        else:
            before = t - 1

        if 0 <= before < self.timesteps:
            return self.read(name, before, before + 1)[:, 0]

        return self.initial[name]


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One call of one layer: its outputs as Keras returns them, and its cells
    when it is recurrent.

    Quantities are attributes: `trace["lstm_1"].c` is `(timesteps, units)`, with
    a leading batch axis when the input had one. A Bidirectional has `.forward`
    and `.backward`, stacked cells `.cells[k]`.
    """

    path: str
    outputs: tuple[Array, ...]
    cells: tuple[CellTrace, ...] = ()
    mask: Mask | None = None
    batched: bool = True

    @property
    def output(self) -> Array:
        """The layer's first output, as Keras returns it."""
        return self._shown(self.outputs[0])

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that can be read as attributes."""
        if len(self.cells) == 1:
            return self.cells[0].names

        return ()

    @property
    def forward(self) -> Self:
        """The forward direction of a Bidirectional."""
        return self._side("forward")

    @property
    def backward(self) -> Self:
        """The backward direction of a Bidirectional, in input time."""
        return self._side("backward")

    def __getattr__(self, name: str) -> Array:
        if (
            name.startswith("__")
            or len(self.cells) != 1
            or name not in self.cells[0].names
        ):
            raise AttributeError(
                f"{self.path!r} has no quantity {name!r}{self._instead()}"
            )

        return self._shown(self.cells[0].read(name))

    def __getitem__(self, name: str) -> Array:
        return getattr(self, name)  # type: ignore[no-any-return]  # __getattr__ returns arrays

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names]

    def __repr__(self) -> str:
        if self.outputs:
            parts = [f"output {self.output.shape}"]
        else:
            parts = []

        if self.names:
            parts.append(
                f"{' '.join(self.names)}, each "
                f"{self._shown(self.cells[0].read('h')).shape}"
            )
        elif self.cells:
            keys = ", ".join(cell.key for cell in self.cells)
            parts.append(f"cells {keys}")

        return f"<LayerTrace {self.path}: {'; '.join(parts)}>"

    def _side(self, direction: Direction) -> Self:
        cells = tuple(
            cell for cell in self.cells if cell.direction == direction
        )
        if not cells:
            raise AttributeError(f"{self.path!r} has no {direction} direction")

        return replace(
            self,
            path=f"{self.path}/{direction}",
            outputs=(),
            cells=cells,
        )

    def _shown(self, value: Array) -> Array:
        return value if self.batched else value[0]

    def _instead(self) -> str:
        if len(self.cells) > 1:
            return "; it has " + ", ".join(cell.key for cell in self.cells)
        if self.cells:
            return f"; it has {', '.join(self.names)}"

        return "; it is not recurrent"


@dataclass(frozen=True, eq=False)
class ModelTrace:
    """One run: its inputs, its outputs, and the trace of every layer by its
    path.

    `stopped` is None, or the path of the layer the run stopped at and the
    reason. `warnings` are sentences about the numbers' conditions beside the
    file: the assumptions, and a length that the model doesn't declare. `so_far`
    holds each output had the sequence ended at each timestep, by the output's
    name, `(batch, timesteps, …)`, where that was asked for.
    """

    inputs: Mapping[str, Array]
    outputs: tuple[Array, ...]
    layers: Mapping[str, LayerTrace] = field(default_factory=dict)
    batched: bool = True
    stopped: tuple[str, str] | None = None
    warnings: tuple[str, ...] = ()
    so_far: Mapping[str, Array] = field(default_factory=dict)

    @property
    def where_it_stopped(self) -> str:
        """The sentence that says where the run stopped and why; empty where it
        came to its end.
        """
        if self.stopped is None:
            return ""

        layer, reason = self.stopped

        return f"the run stopped at layer {layer!r}: {reason}"

    @property
    def output(self) -> Array:
        """The model's first output, without the batch axis when the input had
        none.
        """
        output: Array = self.outputs[0]
        if self.batched:
            return output

        first: Array = output[0]

        return first

    @property
    def cells(self) -> tuple[CellTrace, ...]:
        """The trace of every recurrent cell, in the order the model runs
        them.
        """
        return tuple(
            cell for layer in self.layers.values() for cell in layer.cells
        )

    def with_cells(
        self,
        change: Callable[[CellTrace], CellTrace | None],
    ) -> ModelTrace:
        """Return the same run with every cell as `change` returns it; a cell
        for which it returns None is left out.
        """
        layers = {}
        for path, layer in self.layers.items():
            changed = [change(cell) for cell in layer.cells]
            cells = tuple(cell for cell in changed if cell is not None)
            layers[path] = replace(layer, cells=cells)

        return replace(self, layers=layers)

    def __getitem__(self, path: str) -> LayerTrace:
        if path not in self.layers:
            ends = with_last_part(path, list(self.layers))
            if ends:
                proposed = f"did you mean {', '.join(map(repr, ends))}?"
            else:
                proposed = f"it has {', '.join(self.layers)}"

            raise KeyError(f"no layer {path!r} in this trace; {proposed}")

        return self.layers[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        rows = [f"<ModelTrace of {len(self.layers)} layers"]
        rows += [
            f"  {layer!r}" for layer in self.layers.values() if layer.cells
        ]
        rows += [f"  warning: {warning}" for warning in self.warnings]

        return "\n".join(rows) + ">"
