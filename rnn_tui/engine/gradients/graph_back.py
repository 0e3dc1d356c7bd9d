"""A run backwards: from cotangents of its layers' outputs to those of its
inputs, call after call from the last to the first.

It needs nothing but the trace: the tensors that the calls returned, and the
values of the recurrent cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Tensor
from rnn_tui.engine.gradients.calls import (
    Call,
    Scope,
    dtype_of,
    in_outer_graph,
    inner_scope,
    sequence_refs,
    tensor,
    tensors_read,
)
from rnn_tui.engine.gradients.heads import Head, without_activation
from rnn_tui.engine.gradients.layer_back import straight_through, way_back
from rnn_tui.engine.gradients.recurrent_back import (
    Bars,
    OfCells,
    bidirectional_back,
    recurrent_back,
)
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.graph.token_inputs import makes_one_hot
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.layers.wrappers import (
    SpectralNormalization,
    TimeDistributed,
)
from rnn_tui.engine.recurrent.bidirectional import Bidirectional
from rnn_tui.engine.recurrent.layer import Recurrent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace

Place = tuple[str, int]
"""A tensor by the path of its call and its number; an input by its name."""


@dataclass(frozen=True, eq=False)
class Seeds:
    """The cotangents that a target gives: `rows` of them, each a target of its
    own.

    `outputs` are those of tensors that a call returned, by its path and the
    tensor's number, `logits` those of a head before its activation, `cells`
    those of a cell's quantities
    in input time, by its key. Each array is `(rows, batch, …)`.
    """

    rows: int
    outputs: Mapping[Place, Array] = field(default_factory=dict)
    logits: Mapping[str, tuple[Head, Array]] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Gradients:
    """The total derivatives of a target, `(rows, batch, …)`.

    `inputs` are those by the model's inputs, by name; an input of ids has none.
    `vectors` are those by the vectors that a layer makes of ids, by its path.
    `initial` are those by the states from which the cells started, by `KEY/h`.
    Inputs that the target doesn't depend on are left out. `notes` say where a
    derivative is not that of the very arithmetic, in words.
    """

    inputs: Mapping[str, Array]
    vectors: Mapping[str, Array]
    initial: Mapping[str, Array]
    notes: tuple[str, ...] = ()


def graph_back(graph: Graph, trace: ModelTrace, seeds: Seeds) -> Gradients:
    """Return the total derivatives of a target in a run of a model.

    Raises NotThroughError where the way to an input leads through a layer that
    isn't differentiated.
    """
    back = _Backwards(trace, seeds)
    with np.errstate(all="ignore"):
        back.walk(Scope(graph))

    inputs = {
        ref.layer: back.bars[ref.layer, -1]
        for ref in graph.inputs
        if (ref.layer, -1) in back.bars
    }

    return Gradients(
        inputs,
        back.vectors,
        back.of_cells.initial,
        tuple(back.notes),
    )


class _Backwards:
    """One way back: the cotangents of the tensors that are still to come."""

    def __init__(self, trace: ModelTrace, seeds: Seeds) -> None:
        self.trace = trace
        self.seeds = seeds
        self.rows = seeds.rows
        self.run: Run = quiet_run(dtype_of(trace))
        self.bars: dict[Place, NDArray[Any]] = dict(seeds.outputs)
        self.vectors: dict[str, Array] = {}
        self.notes: dict[str, None] = {}  # each once, in order
        self.of_cells = OfCells(seeds.rows, seeds.cells)

    def walk(self, scope: Scope) -> None:
        """Go back through the calls of a graph."""
        given = set(scope.graph.inputs)
        for node in reversed(scope.graph.nodes):
            if Ref(node.layer, node.call) in given:
                continue

            layer = scope.graph.layers[node.layer]
            if layer.constant:
                continue

            self._call(Call(scope.prefix + node.key, node, layer, scope))

    def _call(self, call: Call) -> None:
        """Go back through one call: its outputs have all their cotangents by
        now.
        """
        left = self.trace.layers.get(call.path)
        if left is None:
            return

        bars = [
            self.bars.pop((call.path, k), None)
            for k in range(len(left.outputs))
        ]
        if call.layer.nested is not None:
            self._nested(call, bars)
            return

        if call.path in self.seeds.logits:
            self._logits(call, *self.seeds.logits[call.path])

        begun = any(bar is not None for bar in bars)
        if not begun and not self.of_cells.has(left.cells):
            return

        if call.layer.schema.reads_ids or makes_one_hot(call.layer):
            if bars[0] is not None:
                self.vectors[call.path] = bars[0]

            return

        if isinstance(call.layer, WithArguments):
            self._with_arguments(call, call.layer, left.outputs, bars)
            return

        read = tensors_read(call, self.trace)
        found = self.through(call.layer, call.path, read, left.outputs, bars)
        self._add(call.scope, sequence_refs(call.node), found)

    def _nested(self, call: Call, bars: Bars) -> None:
        """Go back through the layers of a nested model."""
        scope = inner_scope(call)
        self._add(scope, scope.graph.outputs, bars)
        self.walk(scope)

    def _logits(self, call: Call, head: Head, bar: Array) -> None:
        """Go back from the logits of a head."""
        refs = sequence_refs(call.node)
        if head.reads_logits:
            self._add(call.scope, refs, [bar])
            return

        layer = without_activation(call.layer)
        read = tensors_read(call, self.trace)
        outputs = self.trace.layers[call.path].outputs
        found = self.through(layer, call.path, read, outputs, [bar])
        self._add(call.scope, refs, found)

    def _with_arguments(
        self,
        call: Call,
        layer: WithArguments,
        outputs: Sequence[NDArray[Any]],
        bars: Bars,
    ) -> None:
        """Go back through a layer whose call has arguments of its own."""
        run = replace(self.run, path=call.path)
        places: list[tuple[Ref, Tensor]] = []

        def filled(value: Any) -> Any:
            if isinstance(value, Ref):
                # one of its own for each place, which tells them apart
                read = Tensor(*tensor(call.scope, value, self.trace))
                places.append((value, read))
                return read
            if isinstance(value, Mapping):
                return {key: filled(item) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [filled(item) for item in value]

            return value

        args = filled(call.node.args)
        kwargs = filled(call.node.kwargs)
        back = way_back(layer, run)
        of_rows: list[list[tuple[Tensor, NDArray[Any]]]] = []
        for row in range(self.rows):
            own = [_of_row(bar, row) for bar in bars]
            of_row = back(layer, args, kwargs, outputs, own, run)
            of_rows.append(of_row)

        for found in zip(*of_rows, strict=True):
            read, _ = found[0]
            if read.value.dtype.kind != "f":
                continue

            of_tensor = [bar for _, bar in found]
            stacked = np.stack(of_tensor)
            refs = [ref for ref, placed in places if placed is read]
            for ref in refs:
                self._add(call.scope, [ref], [stacked])

    def through(
        self,
        layer: Layer,
        path: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[NDArray[Any]],
        bars: Bars,
    ) -> list[NDArray[Any] | None]:
        """Return the cotangents of a layer's inputs, `(rows, batch, …)`."""
        if isinstance(layer, (Recurrent, Bidirectional)):
            cells = self.trace.layers[path].cells
            if isinstance(layer, Bidirectional):
                return bidirectional_back(
                    layer, cells, inputs, bars, self.of_cells
                )

            return recurrent_back(layer, cells, inputs, bars, self.of_cells)

        if isinstance(layer, TimeDistributed):
            return self._time_distributed(layer, path, inputs, outputs, bars)
        if isinstance(layer, SpectralNormalization):
            (inner,) = layer.sublayers()
            inside = f"{path}/{inner.name}"
            return self.through(inner, inside, inputs, outputs, bars)
        if layer.nested is not None:
            return self._model_inside(layer.nested, path, inputs, bars)

        if layer.schema.reads_ids:
            return [None] * len(inputs)

        run = replace(self.run, path=path)
        back = way_back(layer, run)
        if layer.config.get("quantized") is not None:
            self.notes[straight_through(path)] = None

        repeated_inputs = [self._repeated_tensor(read) for read in inputs]
        repeated_outputs = [self._repeated(value) for value in outputs]
        folded = [self._folded(bar) for bar in bars]
        found = back(layer, repeated_inputs, repeated_outputs, folded, run)

        return [self._unfolded(bar) for bar in found]

    def _time_distributed(
        self,
        layer: TimeDistributed,
        path: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[NDArray[Any]],
        bars: Bars,
    ) -> list[NDArray[Any] | None]:
        """Return the cotangents of a layer that ran every timestep as a
        sequence.
        """
        x, mask = inputs[0]
        sides = x.shape[:2]  # (batch, timesteps)
        steps = sides[0] * sides[1]
        flat = Tensor(x.reshape(steps, *x.shape[2:]))
        time_masks = layer.config.get("time_masks", "outer")
        if mask is not None and time_masks != "outer":
            flat_mask = mask.reshape(steps, *mask.shape[2:])
            flat = Tensor(flat.value, flat_mask)

        (inner,) = layer.sublayers()
        inside = f"{path}/{inner.name}"
        flat_outputs = [y.reshape(steps, *y.shape[2:]) for y in outputs]
        flat_bars = [_steps_as_batch(bar, steps) for bar in bars]
        (x_bar,) = self.through(inner, inside, [flat], flat_outputs, flat_bars)
        if x_bar is None:
            return [None]

        return [x_bar.reshape(self.rows, *x.shape)]

    def _model_inside(
        self,
        graph: Graph,
        path: str,
        inputs: Sequence[Tensor],
        bars: Bars,
    ) -> list[NDArray[Any] | None]:
        """Return the cotangents of a model that a TimeDistributed ran."""
        scope = Scope(graph, f"{path}/", None, tuple(inputs))
        self._add(scope, graph.outputs, bars)
        self.walk(scope)

        return [
            self.bars.pop((scope.path(ref), -1), None) for ref in graph.inputs
        ]

    def _add(self, scope: Scope, refs: Sequence[Ref], bars: Bars) -> None:
        """Add cotangents to those of the tensors that were read."""
        for ref, bar in zip(refs, bars, strict=False):
            if bar is None:
                continue

            place = _place(scope, ref)
            if place in self.bars:
                bar = self.bars[place] + bar

            self.bars[place] = bar

    def _repeated(self, value: NDArray[Any]) -> NDArray[Any]:
        """Return `(batch, …)` once for each row, one after the other."""
        if self.rows == 1 or value.ndim == 0:
            return value

        stacked = np.broadcast_to(value, (self.rows, *value.shape))

        return stacked.reshape(-1, *value.shape[1:])

    def _repeated_tensor(self, read: Tensor) -> Tensor:
        """Return a tensor and its mask once for each row."""
        value = self._repeated(read.value)
        if read.mask is None:
            return Tensor(value)

        mask = self._repeated(read.mask)

        return Tensor(value, mask)

    def _folded(self, bar: NDArray[Any] | None) -> NDArray[Any] | None:
        """Return `(rows, batch, …)` as `(rows · batch, …)`."""
        if bar is None:
            return None

        return bar.reshape(-1, *bar.shape[2:])

    def _unfolded(self, bar: NDArray[Any] | None) -> NDArray[Any] | None:
        """Return `(rows · batch, …)` as `(rows, batch, …)`."""
        if bar is None:
            return None

        return bar.reshape(self.rows, -1, *bar.shape[1:])


def _of_row(bar: NDArray[Any] | None, row: int) -> NDArray[Any] | None:
    """Return the cotangent of one target, `(batch, …)`."""
    if bar is None:
        return None

    one: NDArray[Any] = bar[row]

    return one


def _steps_as_batch(
    bar: NDArray[Any] | None,
    steps: int,
) -> NDArray[Any] | None:
    """Return `(rows, batch, timesteps, …)` with batch and timesteps as one
    axis.
    """
    if bar is None:
        return None

    return bar.reshape(len(bar), steps, *bar.shape[3:])


def _place(scope: Scope, ref: Ref) -> Place:
    """Return the key of a tensor: that of an input has the number −1."""
    scope, ref = in_outer_graph(scope, ref)
    if ref not in scope.graph.inputs:
        return scope.path(ref), ref.tensor
    if scope.given is None:
        return ref.layer, -1

    return scope.path(ref), -1
