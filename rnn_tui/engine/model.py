"""A model: its table, its inputs, and the run from its inputs (or from any
layer) to a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.describe.entries import CellEntry as CellEntry
from rnn_tui.engine.describe.entries import LayerInfo as LayerInfo
from rnn_tui.engine.describe.layer_table import (
    called_cells,
    cell_entries,
    counts,
    layer_table,
)
from rnn_tui.engine.graph.batch_size import repeated, sequences_at_once
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.input_info import InputInfo as InputInfo
from rnn_tui.engine.graph.inputs import (
    fitted,
    input_infos,
    lengths_in_words,
    lengths_warning,
    other_sides,
)
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.graph.partial_run import Start, start_from
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.memory.budget import Claims
from rnn_tui.engine.trace.paths import called
from rnn_tui.errors import (
    RunCancelledError,
    SequenceError,
    UnsupportedLayerError,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.edits import Edits
    from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace

KEPT = 256 << 20
"""Bytes the records of all cells together may take in memory."""


class Model:
    """A model as the engine runs it.

    A sequence may have any length. `other_lengths` says how the Keras that
    wrote the file treats one of another length than the model declares.
    """

    def __init__(
        self,
        name: str,
        class_name: str,
        graph: Graph,
        *,
        other_lengths: str = "",
    ) -> None:
        self.name = name
        self.class_name = class_name
        self.graph = graph
        self.other_lengths = other_lengths
        self.layers: tuple[LayerInfo, ...] = tuple(layer_table(graph))
        self.cells: tuple[CellEntry, ...] = tuple(cell_entries(graph))
        self.inputs: tuple[InputInfo, ...] = self._reads(input_infos(graph))
        self.at_once: int | None = sequences_at_once(graph)
        layers = list(graph.layers.values())
        self.trainable, self.non_trainable = counts(layers)
        self.parameters = self.trainable + self.non_trainable
        self.edits: Edits = {}

    def inputs_of(self, layer: str | None = None) -> tuple[InputInfo, ...]:
        """Return the inputs of a run that starts at `layer`; the model's own
        for None.

        A layer that can't be reproduced is left out of the run: its output is
        fed instead.
        """
        if layer is None:
            return self.inputs

        return self._reads(start_from(self.graph, layer).infos)

    def check_beginning(self, start_at: str | None = None) -> None:
        """Raise UnsupportedLayerError where the first layer can't be
        reproduced: its inputs aren't known.
        """
        if start_at is not None:
            return

        for node in self.graph.nodes:
            layer = self.graph.layers[node.layer]
            read = node.refs()
            first = bool(read) and all(ref in self.graph.inputs for ref in read)
            if first and layer.why_not is not None:
                raise UnsupportedLayerError(node.key, layer.why_not)

    def called_cells(self) -> tuple[CellEntry, ...]:
        """Return every cell that runs, once for each call of its layer: its key
        is that of its CellTrace.
        """
        return tuple(entry for entry in called_cells(self.graph) if entry.runs)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The name of each output: that of the call that returns it, with the
        number of the tensor (`:1`) where it isn't the first.
        """
        names = []
        for ref in self.graph.outputs:
            name = called(ref.layer, ref.call)
            if ref.tensor:
                name = f"{name}:{ref.tensor}"

            names.append(name)

        return tuple(names)

    def edited(self, edits: Edits) -> Model:
        """Return the same model whose runs apply `edits`, by the key of a cell
        as in a trace; those that the model has already come before them.

        Cells that are named run by their page, the others as before. Raises
        EditError where an edit doesn't fit its cell.
        """
        from rnn_tui.engine.graph.given_edits import checked_edits

        found = checked_edits(edits, self.called_cells())
        merged = dict(self.edits)
        for key, more in found.items():
            own = merged.get(key, ())
            merged[key] = (*own, *more)

        other = copy(self)
        other.edits = merged

        return other

    def _reads(self, infos: Sequence[InputInfo]) -> tuple[InputInfo, ...]:
        return tuple(
            info._replace(fixed=info.text is not None) for info in infos
        )

    def run(
        self,
        x: NDArray[Any] | Mapping[str, NDArray[Any]],
        *,
        dtype: str = "float32",
        start_at: str | None = None,
        initial_state: Mapping[str, NDArray[Any]] | None = None,
        partial: bool = False,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        watch: Callable[[CellTrace], None] | None = None,
        begun: Callable[[ModelTrace], None] | None = None,
        max_memory: int | None = None,
        kept: Collection[str] | None = None,
    ) -> ModelTrace:
        # loaded by the first run, not by the layer table
        """Run the model on `x` and return every value on the way.

        `x` is one array or one for each input by name: `(timesteps, features)`,
        `(batch, timesteps, features)`, token ids `(timesteps,)` or `(batch,
        timesteps)`; a text, or a list of texts, for a model that begins with
        text. `start_at` feeds `x` to that layer instead of to the model's
        inputs; layers that don't follow from it are left out. `initial_state`
        holds arrays `(units,)` or `(batch, units)` by `KEY/h` and `KEY/c`, KEY
        as in a trace. With `partial`, a layer that can't be reproduced ends the
        run there and is named in the trace's `stopped`. `begun` receives the
        trace before the first layer, which has its inputs; `watch` receives
        each CellTrace before it is computed, to be read as it fills. A sequence
        of another length than the model declares runs wherever its layers can,
        with a warning in the trace. One sequence for a model whose constants
        are for several is run with each of them. `max_memory` is how many bytes
        the run may hold; without, some hundred megabytes, and more for a large
        input. `kept` names the quantities that the trace has, beside h, of
        cells with edits: a run for one number needs few of them.

        Raises SequenceError (x doesn't fit), UnsupportedLayerError (without
        `partial`), RunCancelledError.
        """
        from rnn_tui.engine.graph.given_states import checked_states
        from rnn_tui.engine.trace.trace import ModelTrace

        kind = _floating(dtype)
        if not partial:
            self.check_beginning(start_at)

        start = None
        infos = self.inputs
        if start_at is not None:
            start = start_from(self.graph, start_at)
            infos = start.infos

        fed, batched = fitted(x, infos, kind)
        copies = None
        if start is None and not any(info.text for info in infos):
            copies = self._copies_of(fed)

        if copies is not None:
            fed = repeated(fed, copies)
            batched = True

        if begun is not None:
            begun(ModelTrace(fed, (), {}, batched))

        states = checked_states(initial_state or {}, self.called_cells())
        recorder = _Recorder(batched)
        run = Run(
            kind,
            recorder.record,
            _checker(cancelled),
            progress or _untold,
            initial_state=states,
            claims=Claims(fed.values(), max_memory),
            edits=self.edits,
            kept=kept,
        )
        cells = max(1, len(self.cells))
        run.record_limit = min(run.record_limit, KEPT // cells)
        run.window_cache //= cells
        if watch is not None:
            run.watch = watch

        others = other_sides(fed, infos)
        if others:
            run.at = f"at {lengths_in_words(others[0][1])}"

        values, stopped = self._computed(start, fed, run, partial)

        return ModelTrace(
            fed,
            _outputs(self.graph, values),
            recorder.layers,
            batched,
            stopped,
            self._warnings(others, start is not None, copies),
        )

    def _computed(
        self,
        start: Start | None,
        fed: Mapping[str, NDArray[Any]],
        run: Run,
        partial: bool,
    ) -> tuple[Mapping[Ref, Tensor], tuple[str, str] | None]:
        """Return the tensors of a run, and the layer at which it stopped, with
        the reason.

        A layer that can't be reproduced raises UnsupportedLayerError, unless a
        part of the model is asked for.
        """
        stops: dict[str, str] | None = None
        if partial or start is not None:
            stops = {}

        values = self._values(start, fed, run, stops)
        if start is not None and stops and not partial:
            raise UnsupportedLayerError(*next(iter(stops.items())))

        if start is None:
            _check_returned(self.graph, values, stops)

        if not stops:
            return values, None

        return values, next(iter(stops.items()))

    def _copies_of(self, fed: Mapping[str, NDArray[Any]]) -> int | None:
        """Return how often one sequence is run for a model whose constants are
        for several; None where it is run as it is given.
        """
        if all(len(value) == 1 for value in fed.values()):
            return self.at_once

        return None

    def _warnings(
        self,
        others: Sequence[tuple[InputInfo, Shape]],
        starts_within: bool,
        copies: int | None,
    ) -> tuple[str, ...]:
        """Return the assumptions of a run beside the file, in
        sentences.
        """
        warnings = []
        if others:
            warnings.append(
                lengths_warning(others, starts_within, self.other_lengths)
            )

        if copies is not None:
            warnings.append(
                f"the model holds numbers for {copies} sequences at once: the "
                "one given is run with each"
            )

        return tuple(warnings)

    def _values(
        self,
        start: Start | None,
        fed: Mapping[str, NDArray[Any]],
        run: Run,
        stops: dict[str, str] | None,
    ) -> Mapping[Ref, Tensor]:
        given = [Tensor(value) for value in fed.values()]
        # weights may be anything: their results are shown, NaN included
        with np.errstate(all="ignore"):
            if start is not None:
                return start.run(self.graph, given, run, stops)

            return self.graph.run(
                dict(zip(self.graph.inputs, given, strict=True)),
                run,
                stops=stops,
            )


def _check_returned(
    graph: Graph,
    values: Mapping[Ref, Tensor],
    stops: dict[str, str] | None,
) -> None:
    """Raise, or note in `stops`, that the model returns an output that its
    layer doesn't have.
    """
    for ref in graph.outputs:
        first = ref._replace(tensor=0)
        if ref in values or first not in values:
            continue

        why_not = f"the model returns {ref.not_returned()}"
        if stops is None:
            raise UnsupportedLayerError(ref.layer, why_not)

        stops.setdefault(ref.layer, why_not)


def _outputs(
    graph: Graph,
    values: Mapping[Ref, Tensor],
) -> tuple[NDArray[Any], ...]:
    """Return the model's outputs, as far as they were computed."""
    outputs = []
    for ref in graph.outputs:
        if ref not in values:
            continue

        value = values[ref].value
        if value.ndim == 0:
            raise UnsupportedLayerError(
                ref.layer,
                "the model returns its one number for all sequences, not one "
                "for each",
            )

        outputs.append(value)

    return tuple(outputs)


def _floating(dtype: str) -> np.dtype[Any]:
    """Return the dtype of a run. Raises SequenceError for one that is neither
    float32 nor float64.
    """
    kind = np.dtype(dtype)
    if kind not in (np.dtype("float32"), np.dtype("float64")):
        raise SequenceError(f"a run is float32 or float64, not {dtype}")

    return kind


def _untold(done: int, total: int) -> None:
    """Receive the progress of a run whose caller doesn't want it."""


def _checker(cancelled: Callable[[], bool] | None) -> Callable[[], None]:
    def check() -> None:
        if cancelled is not None and cancelled():
            raise RunCancelledError

    return check


class _Recorder:
    """Collects the layers' traces: a LayerTrace of their own making, or
    their plain outputs.
    """

    def __init__(self, batched: bool) -> None:
        self.batched = batched
        self.layers: dict[str, LayerTrace] = {}

    def record(self, path: str, value: LayerTrace | Sequence[Tensor]) -> None:
        """Keep `value`; the outputs of a layer that left its own trace are in
        there already.
        """
        from rnn_tui.engine.trace.trace import LayerTrace

        if isinstance(value, LayerTrace):
            if not self.batched:
                value = replace(value, batched=False)

            self.layers[path] = value
        elif path not in self.layers:
            outputs = tuple(tensor.value for tensor in value)
            self.layers[path] = LayerTrace(
                path,
                outputs,
                (),
                value[0].mask,
                self.batched,
            )
