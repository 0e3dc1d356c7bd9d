"""The model run again on variants of one sequence, as a batch, with the vectors
of ids changed where a baseline asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.wrappers import NestedModel
from rnn_tui.engine.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace

Change = Callable[["NDArray[Any]"], "NDArray[Any]"]
"""Takes the vectors that a call looked up, `(batch, timesteps, width)`, and
returns others in their place.
"""
AT_ONCE = 64 << 20
"""Bytes that the values of a run's cells may take for all variants at once."""
MOST = 64
"""Variants that are run at once."""


@dataclass(frozen=True, eq=False)
class Reruns:
    """How the model is run again: in the dtype and from the states of the run
    that is explained.
    """

    model: Model
    trace: ModelTrace
    dtype: str = "float32"
    initial_state: Mapping[str, NDArray[Any]] | None = None
    cancelled: Callable[[], bool] | None = None
    progress: Callable[[int, int], None] | None = None

    def tell(self, done: int, total: int) -> None:
        """Tell how many of the variants were run."""
        if self.progress is not None:
            self.progress(done, total)

    def run(
        self,
        arrays: Mapping[str, NDArray[Any]],
        changes: Mapping[str, Change],
        states: Mapping[str, NDArray[Any]] | None = None,
    ) -> ModelTrace:
        """Return a run of a batch of variants; `changes` are those of the
        vectors, by the path of the call that looks them up. `states` go before
        the states from which the run began.
        """
        initial = {**(self.initial_state or {}), **(states or {})}

        return changed(self.model, changes).run(
            arrays,
            dtype=self.dtype,
            initial_state=initial,
            cancelled=self.cancelled,
        )

    def at_once(self) -> int:
        """Return how many variants are run at once."""
        each = self.bytes_a_timestep() * self._timesteps()

        return max(1, min(MOST, AT_ONCE // each))

    def bytes_a_timestep(self) -> int:
        """Return the bytes that the values of one variant's cells take, for
        each timestep of the input.
        """
        each = 0
        for cell in self.trace.cells:
            values = cell.read(cell.names[-1], 0, 1)[:1].nbytes
            each += len(cell.names) * values * cell.timesteps

        return max(1, each // self._timesteps())

    def _timesteps(self) -> int:
        """Return the length of the longest input."""
        return max(
            value.shape[1] if value.ndim > 1 else 1
            for value in self.trace.inputs.values()
        )


def changed(model: Model, changes: Mapping[str, Change]) -> Model:
    """Return the model whose lookups of ids return changed vectors."""
    if not changes:
        return model

    other = copy(model)
    other.graph = _changed_graph(model.graph, changes)

    return other


def _changed_graph(graph: Graph, changes: Mapping[str, Change]) -> Graph:
    """Return a graph whose layers that look up ids ask for a change."""
    layers: dict[str, Layer] = {}
    for name, layer in graph.layers.items():
        layers[name] = layer
        if isinstance(layer, NestedModel) and layer.graph is not None:
            inner = _changed_graph(layer.graph, changes)
            layers[name] = replace(layer, graph=inner)
        elif layer.schema.reads_ids:
            layers[name] = ChangedVectors(
                layer.name,
                layer.class_name,
                layer.config,
                layer.weights,
                layer.notes,
                layer.why_not,
                layer.generation,
                layer,
                changes,
            )

    return Graph(layers, graph.nodes, graph.inputs, graph.outputs, graph.hidden)


@dataclass(eq=False)
class ChangedVectors(Layer):
    """A layer that looks up ids, with other vectors in the calls named."""

    inner: Layer | None = None
    changes: Mapping[str, Change] | None = None

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check as the layer does."""
        assert self.inner is not None
        self.inner.check(inputs)

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the vectors, changed; the mask is that of the ids."""
        assert self.inner is not None
        (vectors,) = self.inner.call(inputs, run)
        change = (self.changes or {}).get(run.path)
        if change is None:
            return [vectors]

        return [Tensor(change(vectors.value), vectors.mask)]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the layer's."""
        assert self.inner is not None
        return self.inner.output_shapes(inputs)
