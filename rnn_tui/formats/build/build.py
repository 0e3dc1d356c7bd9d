"""A file's description → a model: configuration, arrays and rules of the era put
together, layer by layer.
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
"""Steps that building a layer takes: see `work`."""

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
    """What the numbers rest on beside the file."""
    own: list[OwnLayer] = field(default_factory=list)
    """The layers met whose class is somebody's own."""
    asked_as: dict[int, str] = field(default_factory=dict)
    """What `--as` calls a layer, by its specification's identity, where that isn't its
    path.
    """
    misfits: list[str] = field(default_factory=list)
    """Where arrays and configuration don't agree: they may be those of two models."""
    vocabularies: Places | None = None
    """Where the vocabularies are, looked for when the first layer needs one."""

    def graph(self, spec: GraphSpec, path: str = "") -> Graph:
        """Return the graph with its layers."""
        by_name = {layer.name: layer for layer in spec.layers}
        readers: dict[Ref, list[str]] = {}
        for node in spec.nodes:
            for ref in dict.fromkeys(node.refs()):
                readers.setdefault(ref, []).append(node.layer)

        for ref in spec.inputs:
            entry = by_name[ref.layer]
            # no table shows it, so what is odd about it is a warning
            if ref.layer in spec.hidden:
                self.warnings += [f"the model's input: {note}" for note in entry.notes]

            shown_in = [entry]
            if ref.layer in spec.hidden:
                shown_in = [
                    by_name[name] for name in dict.fromkeys(readers.get(ref, ()))
                ]

            _note_batch(entry, shown_in)

        layers = {
            layer.name: self.layer(layer, f"{path}{layer.name}")
            for layer in spec.layers
        }
        if spec.own_class is not None:
            self.assumptions.append(
                f"{f'layer {path[:-1]!r}' if path else 'the model'} "
                f"{_own_model(spec.own_class)}"
            )

        for ref in spec.inputs:
            if readable_shape(layers[ref.layer].config.get("batch_shape")) is None:
                reading = [layers[name] for name in readers.get(ref, ())]
                shape = next(
                    (found for reader in reading if (found := wanted_shape(reader))),
                    (None, None, None),
                )
                layers[ref.layer].config = {
                    **layers[ref.layer].config,
                    "batch_shape": list(shape),
                }

        if spec.class_name == "Sequential":
            outputs = all_outputs(spec, layers)
        else:
            outputs = spec.outputs

        made = Graph(layers, list(spec.nodes), spec.inputs, outputs, spec.hidden)
        if self.vocabularies is not None:
            from rnn_tui.formats.build import text_layers as text

            text.settle(made)

        return made

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
            if made.why_not is None:
                made.why_not = None
            else:
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
            graph = self.graph(spec.graph, f"{path}/")
            notes: tuple[str, ...]
            if spec.graph.own_class is None:
                notes = ()
            else:
                notes = (_own_model(spec.graph.own_class),)

            generation = self.era.generation
            return NestedModel(
                spec.name,
                spec.class_name,
                self._config(spec),
                notes=notes,
                generation=generation,
                graph=graph,
            )

        if (
            spec.why_not is None
            and spec.class_name == "SpectralNormalization"
            and spec.wraps
        ):
            from rnn_tui.formats.build.spectral import spectral  # few models have one

            return spectral(self, spec, self._config(spec), path)

        if spec.why_not is None and spec.class_name in (
            "Bidirectional",
            "TimeDistributed",
        ):
            if (problem := problem_in(spec.class_name, spec.config)) is not None:
                raise ConfigError(problem)

            return self._wrapper(spec, path)

        return self._leaf(spec, path)

    def _wrapper(self, spec: LayerSpec, path: str) -> Layer:
        if (
            spec.class_name == "Bidirectional"
            and len({side.written for side in spec.wraps}) == 1
        ):
            # both are taken by the wrapper's name
            self.asked_as.update({id(side): path for side in spec.wraps})

        inner = [
            self.layer(wrapped, f"{path}/{wrapped.name}") for wrapped in spec.wraps
        ]
        if spec.class_name == "TimeDistributed":
            (one,) = inner or (None,)
            if one is None:
                raise ConfigError(
                    f"its layer is {shown(spec.config.get('layer'))}, not a layer's "
                    "configuration"
                )

            why_not = one.why_not
            notes = tuple(spec.notes)
            return TimeDistributed(
                spec.name,
                spec.class_name,
                self._config(spec),
                (),
                notes,
                why_not,
                inner=one,
            )

        if len(inner) != 2:
            raise ConfigError(
                f"its layer is {shown(spec.config.get('layer'))}, not a layer's "
                "configuration"
            )

        forward, backward = inner
        if not (isinstance(forward, Recurrent) and isinstance(backward, Recurrent)):
            why_not = (
                forward.why_not
                or backward.why_not
                or f"a Bidirectional around {forward.class_name} is not reproduced"
            )
            return Unsupported(
                spec.name,
                spec.class_name,
                self._config(spec),
                why_not=why_not,
                inner=(forward, backward),
            )

        return bidirectional_layer(
            spec.name,
            self._config(spec),
            forward,
            backward,
            self.era.generation,
            tuple(spec.notes),
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
        """Return a layer of somebody's own class: with its gates where they can be
        told, and with what would run it.
        """
        found = self.attached.get(id(spec))
        arrays: tuple[()] | list[StoredArray]
        if found is None:
            arrays = ()
        else:
            arrays = found.arrays

        like = shown_as(spec, arrays, self.era)
        if like != spec.class_name:
            settled_as(spec, like, self.era)

        weights = self.arrays(spec)
        if unreadable is None and is_recurrent(spec.class_name):
            weights = weights_of(spec, arrays, self.store, self.era)

        generation = self._generation(spec)
        if unreadable is not None:
            made = None
        else:
            made = built_to_show(spec, weights, generation)

        own = own_layers(path, spec, made)
        self.own += own
        problem = unreadable or (None if found is None else found.problem)
        why_not = problem or with_hint(spec.why_not or "", own)
        if made is None:
            config = self._config(spec)
            notes = tuple(spec.notes)
            return Unsupported(
                spec.name, spec.written, config, weights, notes, why_not, generation
            )

        made.why_not = why_not

        return made

    def _leaf(self, spec: LayerSpec, path: str) -> Layer:
        found = self.attached.get(id(spec))
        if found is None:
            unreadable = None
        else:
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

        problem = spec.why_not or (
            None if found is None else found.problem or unreadable
        )
        if found is not None and found.problem is not None:
            self.misfits.append(f"layer {path!r}: {found.problem}")

        if problem is None and found is not None:
            problem = self._disagreement(spec, weights, path)

        if problem is None and not spec.operator:
            problem = problem_in(spec.class_name, spec.config) or _problem_in_cells(
                spec
            )

        config = self._config(spec)
        generation = self._generation(spec)
        if problem is None and not is_recurrent(spec.class_name) and not spec.operator:
            with_slopes = any(weight.name == "alpha" for weight in weights)
            if with_slopes:
                problem = None
            else:
                problem = _foreign(config.get("activation"), generation)

        if (
            is_recurrent(spec.class_name)
            and problem_in(spec.class_name, spec.config) is None
        ):
            made = recurrent_layer(
                spec.name,
                spec.class_name,
                config,
                weights,
                generation,
                tuple(spec.notes),
            )
            made.why_not = problem or made.why_not
            if made.why_not is None or any(slot.divided for slot in made.cells()):
                return made

            problem = made.why_not

        for wrapped in spec.wraps:
            wrapped.why_not = wrapped.why_not or f"it stands inside {spec.written}"

        inner = tuple(
            self.layer(wrapped, f"{path}/{wrapped.name}") for wrapped in spec.wraps
        )
        kind = class_for(f"ops.{spec.class_name}" if spec.operator else spec.class_name)
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
    """Return what is assumed of a model of somebody's own class whose layers and calls
    are in the file.
    """
    shown = clean(class_name, 80)
    return (
        f"is of its author's own class {shown}: computed as the graph in the file; a "
        "call of its own isn't in it"
    )


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
    """Return what is wrong with the configuration of one of an RNN's cells, None when
    nothing is.
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
    """A model as it was built from a file, what was odd, and on what its numbers rest
    beside the file.

    `assumptions` are those of the warnings without which nothing would be computed;
    `own` are the layers whose class is somebody's own; `deduced` says that the layers
    were told by their arrays, as the file has no structure; `misfits` say where the
    file's arrays and the configuration don't agree; `readable` is how many parameters
    could be read.
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
    """Return the model of a file and what was odd; `config` stands in where the file
    holds weights only.

    `assume` sets what the file doesn't say, `hard_sigmoid` (2 or 3) against what it
    says, and `LAYER.class` what a class of somebody's own is computed as. Raises
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
    raw = config if config is not None else file.config
    stated = None
    if config is not None and raw is not None and not file.keras_version:
        stated = raw.get("keras_version")

    era = Era.of(
        file.keras_version or (str(stated) if stated else None), backend_of(file)
    )
    without_structure = (
        config is None and raw is not None and is_own_without_structure(raw)
    )
    deduced = raw is None or without_structure
    assumptions: list[str] = []
    if raw is None or without_structure:
        from rnn_tui.formats.weights_only.infer import era_of

        era = era_of(file, era, assume or {})
        spec, attached, assumptions = _deduced(file, era, assume or {})
        lines = []
    else:
        spec = parse_model(raw, era)
        take(spec, chosen(assume or {}), era)
        attached = attach(spec, file, era, _list_inside)
        lines = unclaimed(file, spec)

    builder = Builder(
        era, Store(file), attached, spec, file, lines, _hard_sigmoid(assume or {})
    )
    graph = builder.graph(spec)
    model = Model(
        spec.name, spec.class_name, graph, other_lengths=other_lengths(era, spec)
    )
    own = tuple(dict.fromkeys(builder.own))
    assumptions += [
        *builder.assumptions,
        *(layer.warning for layer in own if layer.taken is not None),
    ]
    lacks = lacking(file, spec, attached, era, graph, model.parameters)

    return Built(
        model,
        (*assumptions, *builder.warnings, *lacks.warnings),
        tuple(assumptions),
        own,
        deduced,
        tuple(builder.misfits),
        lacks.readable,
    )


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
    """Return a model of the layers that the arrays tell, for weights alone and for an
    author's own class of model.
    """
    from rnn_tui.formats.weights_only.infer import deduce

    if chosen(assume):
        raise ConfigError(
            "--as names a layer of somebody's own class; the layers of this file are "
            "told by their arrays"
        )
    if file.config is None:
        return deduce(file, era, assume)

    class_name = own_name(class_of(file.config))
    missing = (
        f"the model is of its author's own class {clean(class_name, 80)}: its "
        "structure is not in the file"
    )
    try:
        spec, attached, lines = deduce(file, era, assume)
    except FileError as error:
        raise ConfigError(f"{missing}, and {str(error).rpartition(': ')[2]}") from error

    inside = file.config.get("config")
    spec.name = named(
        inside.get("name") if isinstance(inside, Mapping) else None, class_name.lower()
    )
    spec.class_name = class_name
    first = (
        f"{missing}; the layers are told by the shapes of their arrays, their order "
        "and settings are assumed"
    )

    return (
        spec,
        attached,
        [first, *(line for line in lines if "weights only" not in line)],
    )


def _hard_sigmoid(assume: Mapping[str, str]) -> int | None:
    wanted = str(assume.get("hard_sigmoid", "")) or None
    if wanted not in (None, "2", "3"):
        raise ConfigError(
            f"hard_sigmoid is 2 (as Keras 2 defines it) or 3, not {clean(wanted, 20)}"
        )
    if wanted:
        return int(wanted)

    return None
