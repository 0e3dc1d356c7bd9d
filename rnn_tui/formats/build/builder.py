"""The layers of one file, built from the configuration, the arrays and the
rules of the era.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.kinds import is_recurrent
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.describe.layer_table import words_of
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.graph.partial_run import wanted_shape
from rnn_tui.engine.layers.layer import Layer, set_fault
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.memory.work_budget import spend
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import ConfigError, MisfitError, RnnTuiError
from rnn_tui.formats.architecture.key_checks import problem_in
from rnn_tui.formats.architecture.parse import readable_shape
from rnn_tui.formats.build.layer_problems import (
    problem_in_activation,
    problem_of,
    unreadable,
)
from rnn_tui.formats.build.notes import Notes, own_model
from rnn_tui.formats.build.sequential_outputs import all_outputs
from rnn_tui.formats.data.description import FileDescription
from rnn_tui.formats.data.spec import ConstantSpec, Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights.array_store import Store
from rnn_tui.formats.weights.attach import Attachment
from rnn_tui.formats.weights.convert import as_stored, weights_of
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.build.text_layers import Places

BUILT = 12
"""Steps that building a layer takes: see `memory/work_budget.py`."""

LONGEST = 400
"""Characters of the reason why a layer can't be reproduced, whatever its
configuration holds.
"""


@dataclass(eq=False)
class Builder:
    """Builds the layers of one file."""

    era: Era
    store: Store
    attached: Attachment
    spec: GraphSpec
    file: FileDescription
    notes: Notes
    hard_sigmoid: int | None = None
    """The generation whose hard_sigmoid is wanted instead of the file's own."""
    asked_as: dict[int, str] = field(default_factory=dict)
    """The name of a layer in `--as`, by its specification's identity, where
    that isn't its path.
    """
    vocabularies: Places | None = None
    """Where the vocabularies are, looked for when the first layer needs one."""

    def graph(self, spec: GraphSpec, path: str = "") -> Graph:
        """Return the graph with its layers."""
        readers = _readers(spec)
        self.notes.inputs(spec, readers)
        layers = {
            layer.name: self.layer(layer, f"{path}{layer.name}")
            for layer in spec.layers
        }

        if spec.own_class is not None:
            self.notes.own_model(spec.own_class, path)

        for ref in spec.inputs:
            entry = layers[ref.layer]
            if readable_shape(entry.config.get("batch_shape")) is None:
                reading = [layers[name] for name in readers.get(ref, ())]
                shape = _shape_of_readers(reading)
                entry.config = {**entry.config, "batch_shape": list(shape)}

        if spec.class_name == "Sequential":
            outputs = all_outputs(spec, layers)
        else:
            outputs = spec.outputs

        graph = Graph(
            layers,
            list(spec.nodes),
            spec.inputs,
            outputs,
            spec.hidden,
        )
        if self.vocabularies is not None:
            # few models read text
            from rnn_tui.formats.build.text_layers import let_run

            let_run(graph)

        return graph

    def layer(self, spec: LayerSpec, path: str) -> Layer:
        """Return the layer; one whose parts don't fit is listed with the reason
        and the rest goes on.
        """
        spend(BUILT)
        try:
            made = self._layer(spec, path)
            # The layer table's questions to every layer are asked here, where
            # one that fails can be listed with its fault.
            made.formula()
            words_of(made)
            if made.why_not is not None:
                made.why_not = clean(made.why_not, LONGEST)

            return made
        except (ConfigError, MisfitError) as error:
            return self._unsupported(spec, clean(error, LONGEST))
        except (RnnTuiError, MemoryError):
            raise
        except Exception as error:
            # a bug: the layer is listed with it, and the rest goes on
            listed = self._unsupported(spec, "")
            set_fault(listed, error)
            return listed

    def _unsupported(self, spec: LayerSpec, why_not: str) -> Layer:
        # most layers are run
        from rnn_tui.engine.layers.wrappers import Unsupported

        return Unsupported(
            spec.name,
            spec.class_name,
            self.config(spec),
            self.arrays(spec),
            why_not=why_not,
        )

    def config(self, spec: LayerSpec) -> dict[str, Any]:
        """Return a layer's configuration, with the class as the file writes
        it.
        """
        return {**spec.config, "written": spec.written}

    def arrays(self, spec: LayerSpec) -> tuple[Weight, ...]:
        """Return a layer's arrays as the file has them."""
        found = self.attached.get(id(spec))
        if found is None:
            return ()

        return as_stored(found.arrays, self.store)

    def _layer(self, spec: LayerSpec, path: str) -> Layer:
        if spec.constant is not None:
            return _constant(spec, spec.constant)
        if spec.graph is not None:
            return self._nested(spec, spec.graph, path)

        if spec.why_not is None:
            if spec.class_name == "SpectralNormalization" and spec.wraps:
                # few models have one
                from rnn_tui.formats.build.spectral import spectral

                return spectral(self, spec, self.config(spec), path)

            if spec.class_name in ("Bidirectional", "TimeDistributed"):
                from rnn_tui.formats.build.wrapped import wrapper

                return wrapper(self, spec, path)

        return self._leaf(spec, path)

    def _nested(self, spec: LayerSpec, inner: GraphSpec, path: str) -> Layer:
        """Return a model that is a layer."""
        # few models have one
        from rnn_tui.engine.layers.wrappers import NestedModel

        graph = self.graph(inner, f"{path}/")
        notes: tuple[str, ...] = ()
        if inner.own_class is not None:
            notes = (own_model(inner.own_class),)

        return NestedModel(
            spec.name,
            spec.class_name,
            self.config(spec),
            notes=notes,
            generation=self.era.generation,
            graph=graph,
        )

    def inner(self, spec: LayerSpec, path: str) -> list[Layer]:
        """Return the layers that a layer wraps."""
        return [
            self.layer(wrapped, f"{path}/{wrapped.name}")
            for wrapped in spec.wraps
        ]

    def generation(self, spec: LayerSpec) -> int:
        """Return the generation whose activations hold: the file's, or for
        hard_sigmoid the one wanted; note which.
        """
        named = [
            spec.config.get(key)
            for key in ("activation", "recurrent_activation", "cell")
        ]
        if "'hard_sigmoid'" not in str(named):
            return self.era.generation

        generation = self.hard_sigmoid or self.era.generation
        note = activation("hard_sigmoid", generation).note
        if note is not None and note not in spec.notes:
            spec.notes.append(note)

        return generation

    def _leaf(self, spec: LayerSpec, path: str) -> Layer:
        """Return a layer that isn't put together of others, or one that is
        listed with the reason why it can't be run.
        """
        found = self.attached.get(id(spec))
        lost = unreadable(found)
        asked_as = self.asked_as.get(id(spec), path)
        if not spec.settled and not spec.wraps:
            from rnn_tui.formats.build.custom_layer import to_show

            return to_show(self, spec, asked_as, lost)

        weights = self.arrays(spec)
        if found is not None and lost is None:
            weights = weights_of(spec, found.arrays, self.store, self.era)

        if spec.own and not spec.wraps:
            from rnn_tui.formats.weights_only.own_layers import (
                own_layers,
                refuse_misfit,
            )

            self.notes.own += own_layers(asked_as, spec, None)
            if weights and lost is None:
                refuse_misfit(asked_as, spec, weights, self.era.generation)

        problem = problem_of(spec, path, weights, found, self.era, self.notes)
        generation = self.generation(spec)
        can_be_recurrent = is_recurrent(spec.class_name)
        if problem is None and not can_be_recurrent and not spec.operator:
            problem = problem_in_activation(spec, weights, generation)

        if (
            can_be_recurrent
            and problem_in(spec.class_name, spec.config) is None
        ):
            layer = recurrent_layer(
                spec.name,
                spec.class_name,
                self.config(spec),
                weights,
                generation,
                tuple(spec.notes),
            )
            layer.why_not = problem or layer.why_not
            if layer.why_not is None:
                return layer

            # one that can't be run is shown by its gates, where it has any
            if any(slot.divided for slot in layer.cells()):
                return layer

            problem = layer.why_not

        return self._made(spec, weights, generation, problem, path)

    def _made(
        self,
        spec: LayerSpec,
        weights: tuple[Weight, ...],
        generation: int,
        problem: str | None,
        path: str,
    ) -> Layer:
        """Return a layer of the engine's class for it, or an Unsupported one
        with the problem.
        """
        for wrapped in spec.wraps:
            wrapped.why_not = wrapped.why_not or f"it is inside {spec.written}"

        inner = tuple(self.inner(spec, path))
        config = self.config(spec)
        if spec.operator:
            kind = class_for(f"ops.{spec.class_name}")
        else:
            kind = class_for(spec.class_name)

        if problem is not None or kind is None:
            # most layers are run
            from rnn_tui.engine.layers.wrappers import Unsupported

            why_not = problem or f"{spec.class_name} is not reproduced"
            return Unsupported(
                spec.name,
                spec.class_name,
                config,
                weights,
                tuple(spec.notes),
                why_not,
                generation,
                inner,
            )

        if spec.class_name == "TextVectorization":
            # few models have one
            from rnn_tui.formats.build.text_layers import text_layer

            return text_layer(self, spec, config)

        return kind(
            spec.name,
            spec.class_name,
            config,
            weights,
            tuple(spec.notes),
            None,
            generation,
        )


def _readers(spec: GraphSpec) -> dict[Ref, list[str]]:
    """Return the names of the layers that read each tensor."""
    readers: dict[Ref, list[str]] = {}
    for node in spec.nodes:
        for ref in dict.fromkeys(node.refs()):
            readers.setdefault(ref, []).append(node.layer)

    return readers


def _shape_of_readers(layers: Sequence[Layer]) -> Sequence[int | None]:
    """Return the shape that the first of the layers that knows one reads."""
    for layer in layers:
        shape = wanted_shape(layer)
        if shape:
            return shape

    return (None, None, None)


def _constant(spec: LayerSpec, constant: ConstantSpec) -> Layer:
    """Return a constant of the graph; one that makes no tensor is listed with
    the reason.
    """
    from rnn_tui.engine.layers.constant import Constant  # few models have one

    note = (
        f"numbers of the model's own, {constant.dtype}: the same in every run"
    )

    return Constant(
        spec.name,
        "Constant",
        {"trainable": False, "dtype": constant.dtype},
        notes=() if constant.problem else (note,),
        why_not=constant.problem,
        values=constant.values,
        shape=constant.shape,
        kind=constant.kind,
    )
