"""A file's description as a model: built layer by layer from the configuration, the
arrays and the rules of the era.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.cells.kinds import is_recurrent
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.describe.layer_table import words_of
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.graph.partial_run import wanted_shape
from rnn_tui.engine.layers.layer import Layer, set_fault
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import NestedModel, TimeDistributed, Unsupported
from rnn_tui.engine.memory.work_budget import bounded, spend, steps_for
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import Recurrent, mapping, recurrent_layer
from rnn_tui.errors import (
    ConfigError,
    FileError,
    MisfitError,
    RnnTuiError,
    TooMuchWorkError,
)
from rnn_tui.formats.architecture.assumed_classes import chosen, take
from rnn_tui.formats.architecture.custom_classes import settled_as
from rnn_tui.formats.architecture.key_checks import problem_in
from rnn_tui.formats.architecture.parse import (
    is_own_without_structure,
    parse_model,
    readable_shape,
)
from rnn_tui.formats.build.sequence_lengths import other_lengths
from rnn_tui.formats.build.sequential_outputs import all_outputs
from rnn_tui.formats.data.description import FileDescription, StoredArray, StoredGroup
from rnn_tui.formats.data.spec import (
    Config,
    ConstantSpec,
    Era,
    GraphSpec,
    LayerSpec,
    cells_of,
    class_of,
    named,
    own_name,
    shown,
)
from rnn_tui.formats.weights.array_store import Store
from rnn_tui.formats.weights.attach import Attachment, attach
from rnn_tui.formats.weights.attach_by_path import Found
from rnn_tui.formats.weights.convert import as_stored, backend_of, weights_of
from rnn_tui.formats.weights.missing import Readable, lacking
from rnn_tui.formats.weights.reconcile import agree
from rnn_tui.formats.weights.unused import unclaimed
from rnn_tui.formats.weights_only.own_layers import (
    OwnLayer,
    built_to_show,
    own_layers,
    refuse_misfit,
    shown_as,
    with_hint,
)
from rnn_tui.formats.wire.problems import said_of
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.build.text_layers import Places

BUILT = 12
"""Steps that building a layer takes: see `memory/work_budget.py`."""

LONGEST = 400
"""Characters of the reason why a layer can't be reproduced, whatever its configuration
holds.
"""


@dataclass(eq=False)
class Builder:
    """Builds the layers of one file."""

    era: Era
    store: Store
    attached: Attachment
    spec: GraphSpec
    file: FileDescription
    warnings: list[str] = field(default_factory=list)
    hard_sigmoid: int | None = None
    """The generation whose hard_sigmoid is wanted instead of the file's own."""
    assumptions: list[str] = field(default_factory=list)
    """Assumptions beside the file on which the numbers rest."""
    own: list[OwnLayer] = field(default_factory=list)
    """The layers of custom classes so far."""
    asked_as: dict[int, str] = field(default_factory=dict)
    """The name of a layer in `--as`, by its specification's identity, where that isn't
    its path.
    """
    misfits: list[str] = field(default_factory=list)
    """Where arrays and configuration don't agree: they may be those of two models."""
    vocabularies: Places | None = None
    """Where the vocabularies are, looked for when the first layer needs one."""

    def graph(self, spec: GraphSpec, path: str = "") -> Graph:
        """Return the graph with its layers."""
        readers = _readers(spec)
        self._note_inputs(spec, readers)
        layers = {
            layer.name: self.layer(layer, f"{path}{layer.name}")
            for layer in spec.layers
        }

        if spec.own_class is not None:
            if path:
                owner = f"layer {path[:-1]!r}"
            else:
                owner = "the model"

            self.assumptions.append(f"{owner} {_own_model(spec.own_class)}")

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

        graph = Graph(layers, list(spec.nodes), spec.inputs, outputs, spec.hidden)
        if self.vocabularies is not None:
            # few models read text
            from rnn_tui.formats.build.text_layers import let_run

            let_run(graph)

        return graph

    def _note_inputs(
        self, spec: GraphSpec, readers: Mapping[Ref, Sequence[str]]
    ) -> None:
        """Note the oddities of the inputs where the user sees them: at the input, or at
        the layers that read it where no table shows it.
        """
        by_name = {layer.name: layer for layer in spec.layers}
        for ref in spec.inputs:
            entry = by_name[ref.layer]
            shown_in = [entry]
            if ref.layer in spec.hidden:
                self.warnings += [f"the model's input: {note}" for note in entry.notes]
                each_once = dict.fromkeys(readers.get(ref, ()))
                shown_in = [by_name[name] for name in each_once]

            _note_batch(entry, shown_in)

    def layer(self, spec: LayerSpec, path: str) -> Layer:
        """Return the layer; one whose parts don't fit is listed with the reason and the
        rest goes on.
        """
        spend(BUILT)
        try:
            made = self._layer(spec, path)
            # What the layer table asks of every layer is asked here, where one that
            # fails can be listed as it is.
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
        return Unsupported(
            spec.name,
            spec.class_name,
            self._config(spec),
            self.arrays(spec),
            why_not=why_not,
        )

    def _config(self, spec: LayerSpec) -> dict[str, Any]:
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

                return spectral(self, spec, self._config(spec), path)

            if spec.class_name in ("Bidirectional", "TimeDistributed"):
                return self._wrapper(spec, path)

        return self._leaf(spec, path)

    def _nested(self, spec: LayerSpec, inner: GraphSpec, path: str) -> Layer:
        """Return a model that is a layer."""
        graph = self.graph(inner, f"{path}/")
        notes: tuple[str, ...] = ()
        if inner.own_class is not None:
            notes = (_own_model(inner.own_class),)

        return NestedModel(
            spec.name,
            spec.class_name,
            self._config(spec),
            notes=notes,
            generation=self.era.generation,
            graph=graph,
        )

    def _wrapper(self, spec: LayerSpec, path: str) -> Layer:
        """Return a Bidirectional or a TimeDistributed."""
        problem = problem_in(spec.class_name, spec.config)
        if problem is not None:
            raise ConfigError(problem)

        if spec.class_name == "TimeDistributed":
            return self._time_distributed(spec, path)

        return self._bidirectional(spec, path)

    def _inner(self, spec: LayerSpec, path: str) -> list[Layer]:
        """Return the layers that a layer wraps."""
        return [self.layer(wrapped, f"{path}/{wrapped.name}") for wrapped in spec.wraps]

    def _time_distributed(self, spec: LayerSpec, path: str) -> Layer:
        inner = self._inner(spec, path)
        if not inner:
            raise ConfigError(_no_inner_layer(spec))

        (wrapped,) = inner

        return TimeDistributed(
            spec.name,
            spec.class_name,
            self._config(spec),
            (),
            tuple(spec.notes),
            wrapped.why_not,
            inner=wrapped,
        )

    def _bidirectional(self, spec: LayerSpec, path: str) -> Layer:
        written = {side.written for side in spec.wraps}
        if len(written) == 1:
            # `--as` names the wrapper and means both directions
            self.asked_as.update({id(side): path for side in spec.wraps})

        inner = self._inner(spec, path)
        if len(inner) != 2:
            raise ConfigError(_no_inner_layer(spec))

        forward, backward = inner
        if isinstance(forward, Recurrent) and isinstance(backward, Recurrent):
            return bidirectional_layer(
                spec.name,
                self._config(spec),
                forward,
                backward,
                self.era.generation,
                tuple(spec.notes),
            )

        why_not = forward.why_not or backward.why_not
        if not why_not:
            why_not = f"a Bidirectional around {forward.class_name} is not reproduced"

        return Unsupported(
            spec.name,
            spec.class_name,
            self._config(spec),
            why_not=why_not,
            inner=(forward, backward),
        )

    def _generation(self, spec: LayerSpec) -> int:
        """Return the generation whose activations hold: the file's, or for hard_sigmoid
        the one wanted; note which.
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

    def _to_show(self, spec: LayerSpec, path: str, unreadable: str | None) -> Layer:
        """Return a layer of a custom class: with its gates where its arrays tell them,
        and with the option that would run it.
        """
        found = self.attached.get(id(spec))
        arrays: tuple[()] | list[StoredArray] = ()
        if found is not None:
            arrays = found.arrays

        like = shown_as(spec, arrays, self.era)
        if like != spec.class_name:
            settled_as(spec, like, self.era)

        weights = self.arrays(spec)
        if unreadable is None and is_recurrent(spec.class_name):
            weights = weights_of(spec, arrays, self.store, self.era)

        generation = self._generation(spec)
        made = None
        if unreadable is None:
            made = built_to_show(spec, weights, generation)

        own = own_layers(path, spec, made)
        self.own += own

        why_not = unreadable
        if why_not is None and found is not None:
            why_not = found.problem

        if not why_not:
            why_not = with_hint(spec.why_not or "", own)

        if made is not None:
            made.why_not = why_not
            return made

        return Unsupported(
            spec.name,
            spec.written,
            self._config(spec),
            weights,
            tuple(spec.notes),
            why_not,
            generation,
        )

    def _leaf(self, spec: LayerSpec, path: str) -> Layer:
        """Return a layer that isn't put together of others, or one that is listed with
        the reason why it can't be run.
        """
        found = self.attached.get(id(spec))
        unreadable = None
        if found is not None:
            unreadable = _unreadable(found.arrays)

        asked_as = self.asked_as.get(id(spec), path)
        if not spec.settled and not spec.wraps:
            return self._to_show(spec, asked_as, unreadable)

        weights = self.arrays(spec)
        if found is not None and unreadable is None:
            weights = weights_of(spec, found.arrays, self.store, self.era)

        if spec.own and not spec.wraps:
            self.own += own_layers(asked_as, spec, None)
            if weights and unreadable is None:
                refuse_misfit(asked_as, spec, weights, self.era.generation)

        problem = self._problem(spec, weights, path, unreadable)
        generation = self._generation(spec)
        can_be_recurrent = is_recurrent(spec.class_name)
        if problem is None and not can_be_recurrent and not spec.operator:
            problem = _problem_in_activation(spec, weights, generation)

        if can_be_recurrent and problem_in(spec.class_name, spec.config) is None:
            layer = recurrent_layer(
                spec.name,
                spec.class_name,
                self._config(spec),
                weights,
                generation,
                tuple(spec.notes),
            )
            layer.why_not = problem or layer.why_not
            # one that can't be run is shown by its gates, where it has any
            if layer.why_not is None or any(slot.divided for slot in layer.cells()):
                return layer

            problem = layer.why_not

        return self._made(spec, weights, generation, problem, path)

    def _problem(
        self,
        spec: LayerSpec,
        weights: tuple[Weight, ...],
        path: str,
        unreadable: str | None,
    ) -> str | None:
        """Return the first reason why a layer can't be run: the specification's, its
        arrays', its configuration's.
        """
        found = self.attached.get(id(spec))
        if found is not None and found.problem is not None:
            self.misfits.append(f"layer {path!r}: {found.problem}")

        problem = spec.why_not or None
        if problem is None and found is not None:
            problem = found.problem or unreadable

        if problem is None and found is not None:
            problem = self._disagreement(spec, weights, path)

        if problem is None and not spec.operator:
            in_config = problem_in(spec.class_name, spec.config)
            problem = in_config or _problem_in_cells(spec)

        return problem

    def _made(
        self,
        spec: LayerSpec,
        weights: tuple[Weight, ...],
        generation: int,
        problem: str | None,
        path: str,
    ) -> Layer:
        """Return a layer of the engine's class for it, or an Unsupported one with the
        problem.
        """
        for wrapped in spec.wraps:
            wrapped.why_not = wrapped.why_not or f"it stands inside {spec.written}"

        inner = tuple(self._inner(spec, path))
        config = self._config(spec)
        if spec.operator:
            kind = class_for(f"ops.{spec.class_name}")
        else:
            kind = class_for(spec.class_name)

        if problem is not None or kind is None:
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

    def _disagreement(
        self, spec: LayerSpec, weights: tuple[Weight, ...], path: str
    ) -> str | None:
        """Return why a layer's arrays don't make it; note where they only differ from
        its configuration.
        """
        odd: list[str] = []
        problem = agree(spec, weights, self.era, path, odd)
        self.warnings += odd
        self.misfits += odd
        if problem is not None:
            self.misfits.append(f"layer {path!r}: {problem}")
            self.warnings.append(f"layer {path!r} isn't computed: {problem}")

        return problem


def _own_model(class_name: str) -> str:
    """Return the assumption about a model of a custom class whose layers and calls are
    in the file.
    """
    shown = clean(class_name, 80)
    return (
        f"is of its author's own class {shown}: computed as the graph in the file; a "
        "call of its own isn't in it"
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


def _no_inner_layer(spec: LayerSpec) -> str:
    inner = shown(spec.config.get("layer"))
    return f"its layer is {inner}, not a layer's configuration"


def _problem_in_activation(
    spec: LayerSpec, weights: Sequence[Weight], generation: int
) -> str | None:
    """Return why a layer's activation can't be computed; a PReLU as an activation has
    its slopes among the arrays.
    """
    if any(weight.name == "alpha" for weight in weights):
        return None

    return _foreign(spec.config.get("activation"), generation)


def _constant(spec: LayerSpec, constant: ConstantSpec) -> Layer:
    """Return a constant of the graph; one that makes no tensor is listed with the
    reason.
    """
    from rnn_tui.engine.layers.constant import Constant  # few models have one

    note = f"numbers of the model's own, {constant.dtype}: the same in every run"

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


def _problem_in_cells(spec: LayerSpec) -> str | None:
    """Return the problem in the configuration of one of an RNN's cells, None when there
    is none.
    """
    if spec.class_name == "RNN":
        cells = cells_of(spec.config.get("cell"))
    else:
        cells = []

    found = (
        problem_in(str(cell.get("class_name")), mapping(cell.get("config")))
        for cell in cells
    )

    return next((problem for problem in found if problem is not None), None)


def _unreadable(arrays: Sequence[StoredArray]) -> str | None:
    """Return which of a layer's arrays can't be read, None when all can."""
    bad = next((array for array in arrays if array.problem is not None), None)
    if bad is None:
        return None

    return said_of(f"its array {bad.name!r}", bad.problem or "")


def _note_batch(entry: LayerSpec, shown_in: Sequence[LayerSpec]) -> None:
    """Note a batch size that an input fixes: numerically one sequence is enough, and
    any number runs.
    """
    shape = entry.config.get("batch_shape")
    if isinstance(shape, list) and shape and shape[0] is not None:
        for layer in shown_in:
            layer.notes.append(
                f"the file fixes the batch at {shape[0]}; here any number of "
                "sequences runs"
            )


def _foreign(named: object, generation: int) -> str | None:
    """Return why an activation can't be computed, None when it is one of Keras's
    own.
    """
    try:
        activation(named, generation)
    except ConfigError as error:
        return str(error)

    return None


class Built(NamedTuple):
    """A model built from a file.

    `assumptions` are those of the warnings without which nothing would be computed;
    `own` are the layers of custom classes; `deduced` says that the layers were told by
    their arrays, as the file has no structure; `misfits` say where the file's arrays
    and the configuration don't agree; `readable` is how many parameters could be read.
    """

    model: Model
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    own: tuple[OwnLayer, ...]
    deduced: bool
    misfits: tuple[str, ...]
    readable: Readable


def build(
    file: FileDescription,
    config: Config | None = None,
    assume: Mapping[str, str] | None = None,
) -> Built:
    """Return the model of a file; `config` is the configuration where the file holds
    weights only.

    `assume` sets what the file doesn't say, `hard_sigmoid` (2 or 3) against what it
    says, and by `LAYER.class` the class as which a custom one is computed. Raises
    ConfigError when its parts don't make a model, FileError when its weights tell none.
    """
    try:
        with bounded(steps_for(file.config_bytes)):
            return _built(file, config, assume)
    except TooMuchWorkError as error:
        raise TooMuchWorkError(f"{file.path}: {error}") from None


def _built(
    file: FileDescription, config: Config | None, assume: Mapping[str, str] | None
) -> Built:
    assume = assume or {}
    if config is not None:
        structure: Config | None = config
    else:
        structure = file.config

    era = _era(file, config)
    if config is None and structure is not None and is_own_without_structure(structure):
        # the configuration of a custom class of model describes no layers
        structure = None

    assumptions: list[str] = []
    warnings: list[str] = []
    if structure is None:
        from rnn_tui.formats.weights_only.infer import era_of

        era = era_of(file, era, assume)
        spec, attached, assumptions = _deduced(file, era, assume)
    else:
        spec = parse_model(structure, era)
        take(spec, chosen(assume), era)
        attached = attach(spec, file, era, _list_inside)
        warnings = unclaimed(file, spec)

    builder = Builder(
        era, Store(file), attached, spec, file, warnings, _hard_sigmoid(assume)
    )
    graph = builder.graph(spec)
    lengths = other_lengths(era, spec)
    model = Model(spec.name, spec.class_name, graph, other_lengths=lengths)

    own = tuple(dict.fromkeys(builder.own))
    assumptions += builder.assumptions
    assumptions += [layer.warning for layer in own if layer.taken is not None]
    lacks = lacking(file, spec, attached, era, graph, model.parameters)

    return Built(
        model,
        (*assumptions, *builder.warnings, *lacks.warnings),
        tuple(assumptions),
        own,
        structure is None,
        tuple(builder.misfits),
        lacks.readable,
    )


def _era(file: FileDescription, config: Config | None) -> Era:
    """Return the era of a file; a configuration from elsewhere may state what the file
    doesn't.
    """
    version = file.keras_version
    if not version and config is not None:
        stated = config.get("keras_version")
        version = str(stated) if stated else None

    return Era.of(version or None, backend_of(file))


def _list_inside(
    spec: LayerSpec,
    place: str,
    groups: Sequence[StoredGroup],
    file: FileDescription,
    era: Era,
) -> tuple[list[StoredArray], Found]:
    # few models have a model of somebody's own inside
    from rnn_tui.formats.weights_only.own_models import list_inside

    return list_inside(spec, place, groups, file, era)


def _deduced(
    file: FileDescription, era: Era, assume: Mapping[str, str]
) -> tuple[GraphSpec, Attachment, list[str]]:
    """Return a model of the layers that the arrays tell, for weights alone and for a
    custom class of model.
    """
    from rnn_tui.formats.weights_only.infer import deduce

    if chosen(assume):
        raise ConfigError(
            "--as names a layer of somebody's own class; the layers of this file are "
            "told by their arrays"
        )
    if file.config is None:
        return deduce(file, era, assume)

    from rnn_tui.formats.weights_only.tracked_layers import as_listed, tracked_layers

    if tracked_layers(file.config):
        return as_listed(file, file.config, era)

    class_name = own_name(class_of(file.config))
    missing = (
        f"the model is of its author's own class {clean(class_name, 80)}: its "
        "structure is not in the file"
    )
    try:
        spec, attached, lines = deduce(file, era, assume)
    except FileError as error:
        reason = str(error).rpartition(": ")[2]
        raise ConfigError(f"{missing}, and {reason}") from error

    inside = file.config.get("config")
    name = None
    if isinstance(inside, Mapping):
        name = inside.get("name")

    spec.name = named(name, class_name.lower())
    spec.class_name = class_name
    first = (
        f"{missing}; the layers are told by the shapes of their arrays, their order "
        "and settings are assumed"
    )
    others = [line for line in lines if "weights only" not in line]

    return spec, attached, [first, *others]


def _hard_sigmoid(assume: Mapping[str, str]) -> int | None:
    wanted = str(assume.get("hard_sigmoid", "")) or None
    if wanted not in (None, "2", "3"):
        raise ConfigError(
            f"hard_sigmoid is 2 (as Keras 2 defines it) or 3, not {clean(wanted, 20)}"
        )
    if wanted:
        return int(wanted)

    return None
