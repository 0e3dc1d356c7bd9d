"""A file's description → a model: configuration, arrays and rules of the era put together, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.activations import activation
from rnn_tui.engine.arrays import Weight
from rnn_tui.engine.bidirectional import bidirectional_layer
from rnn_tui.engine.configured import in_words
from rnn_tui.engine.graph import Graph, Ref
from rnn_tui.engine.layer import Layer
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import NestedModel, TimeDistributed, Unsupported
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent import Recurrent, recurrent_layer
from rnn_tui.engine.start import wanted_shape
from rnn_tui.engine.work import bounded, spend, steps_for
from rnn_tui.errors import ConfigError, TooMuchWorkError
from rnn_tui.formats.agreement import agree
from rnn_tui.formats.checks import problem_in, shown
from rnn_tui.formats.config import parse_model, readable_shape
from rnn_tui.formats.convert import as_stored, backend_of, weights_of
from rnn_tui.formats.description import FileDescription, StoredArray
from rnn_tui.formats.expected import cells_of
from rnn_tui.formats.lacking import Readable, lacking
from rnn_tui.formats.problems import said_of
from rnn_tui.formats.several import all_outputs
from rnn_tui.formats.spec import Config, Era, GraphSpec, LayerSpec
from rnn_tui.formats.store import Store
from rnn_tui.formats.subclassed import RECURRENT
from rnn_tui.formats.unclaimed import unclaimed
from rnn_tui.formats.weights import Attachment, attach
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.text import Places

UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)
"""What a layer's configuration raises when its values are of another kind than Keras writes."""

BUILT = 12
"""Steps that building a layer takes: see `work`."""

LONGEST = 400
"""Characters of the reason why a layer can't be reproduced, whatever its configuration holds."""


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
            if ref.layer in spec.hidden:  # no table shows it, so what is odd about it is a warning
                self.warnings += [f"the model's input: {note}" for note in entry.notes]
            shown_in = [entry]
            if ref.layer in spec.hidden:
                shown_in = [by_name[name] for name in dict.fromkeys(readers.get(ref, ()))]
            _note_batch(entry, shown_in)
        layers = {layer.name: self.layer(layer, f"{path}{layer.name}") for layer in spec.layers}
        for ref in spec.inputs:
            if readable_shape(layers[ref.layer].config.get("batch_shape")) is None:
                reading = [layers[name] for name in readers.get(ref, ())]
                shape = next((found for reader in reading if (found := wanted_shape(reader))), (None, None, None))
                layers[ref.layer].config = {**layers[ref.layer].config, "batch_shape": list(shape)}
        outputs = all_outputs(spec, layers) if spec.class_name == "Sequential" else spec.outputs
        made = Graph(layers, list(spec.nodes), spec.inputs, outputs, spec.hidden)
        if self.vocabularies is not None:
            from rnn_tui.formats import text

            text.settle(made)
        return made

    def layer(self, spec: LayerSpec, path: str) -> Layer:
        """Return the layer; one whose parts don't fit is listed with the reason and the rest goes on."""
        spend(BUILT)
        try:
            made = self._layer(spec, path)
            # What the layer table asks of every layer: a configuration it can't be asked of is no configuration.
            made.formula()
            list(in_words(made))
            made.why_not = None if made.why_not is None else clean(made.why_not, LONGEST)
            return made
        except UNREADABLE as error:
            why_not = f"its configuration can't be read ({type(error).__name__}: {clean(error)})"
        except ConfigError as error:
            why_not = clean(error, LONGEST)
        return Unsupported(spec.name, spec.class_name, self._config(spec), self.arrays(spec), why_not=why_not)

    def _config(self, spec: LayerSpec) -> dict[str, Any]:
        return {**spec.config, "written": spec.written}

    def arrays(self, spec: LayerSpec) -> tuple[Weight, ...]:
        """Return a layer's arrays as the file has them."""
        found = self.attached.get(id(spec))
        return () if found is None else as_stored(found.arrays, self.store)

    def _layer(self, spec: LayerSpec, path: str) -> Layer:
        if spec.graph is not None:
            graph = self.graph(spec.graph, f"{path}/")
            return NestedModel(
                spec.name, spec.class_name, self._config(spec), generation=self.era.generation, graph=graph
            )
        if spec.why_not is None and spec.class_name == "SpectralNormalization" and spec.wraps:
            from rnn_tui.formats.spectral import spectral  # few models have one

            return spectral(self, spec, self._config(spec), path)
        if spec.why_not is None and spec.class_name in ("Bidirectional", "TimeDistributed"):
            if (problem := problem_in(spec.class_name, spec.config)) is not None:
                raise ConfigError(problem)
            return self._wrapper(spec, path)
        return self._leaf(spec, path)

    def _wrapper(self, spec: LayerSpec, path: str) -> Layer:
        inner = [self.layer(wrapped, f"{path}/{wrapped.name}") for wrapped in spec.wraps]
        if spec.class_name == "TimeDistributed":
            (one,) = inner or (None,)
            if one is None:
                raise ConfigError(f"its layer is {shown(spec.config.get('layer'))}, not a layer's configuration")
            why_not = one.why_not
            return TimeDistributed(spec.name, spec.class_name, self._config(spec), why_not=why_not, inner=one)
        if len(inner) != 2:
            raise ConfigError(f"its layer is {shown(spec.config.get('layer'))}, not a layer's configuration")
        forward, backward = inner
        if not (isinstance(forward, Recurrent) and isinstance(backward, Recurrent)):
            why_not = (
                forward.why_not or backward.why_not or f"a Bidirectional around {forward.class_name} is not reproduced"
            )
            return Unsupported(
                spec.name, spec.class_name, self._config(spec), why_not=why_not, inner=(forward, backward)
            )
        return bidirectional_layer(
            spec.name, self._config(spec), forward, backward, self.era.generation, tuple(spec.notes)
        )

    def _generation(self, spec: LayerSpec) -> int:
        """Return the generation whose activations hold: the file's, or for hard_sigmoid the one wanted; note which."""
        named = [spec.config.get(key) for key in ("activation", "recurrent_activation", "cell")]
        if "'hard_sigmoid'" not in str(named):
            return self.era.generation
        generation = self.hard_sigmoid or self.era.generation
        note = activation("hard_sigmoid", generation).note
        if note is not None and note not in spec.notes:
            spec.notes.append(note)
        return generation

    def _leaf(self, spec: LayerSpec, path: str) -> Layer:
        found = self.attached.get(id(spec))
        unreadable = None if found is None else _unreadable(found.arrays)
        weights = self.arrays(spec)
        if found is not None and unreadable is None:
            weights = weights_of(spec, found.arrays, self.store, self.era)
        problem = spec.why_not or (None if found is None else found.problem or unreadable)
        if found is not None and found.problem is not None:
            self.misfits.append(f"layer {path!r}: {found.problem}")
        if problem is None and found is not None:
            problem = self._disagreement(spec, weights, path)
        if problem is None and not spec.operator:
            problem = problem_in(spec.class_name, spec.config) or _problem_in_cells(spec)
        config = self._config(spec)
        generation = self._generation(spec)
        if problem is None and spec.class_name not in RECURRENT and not spec.operator:
            problem = _foreign(config.get("activation"), generation)
        if spec.class_name in RECURRENT and problem_in(spec.class_name, spec.config) is None:
            made = recurrent_layer(spec.name, spec.class_name, config, weights, generation, tuple(spec.notes))
            made.why_not = problem or made.why_not
            if made.why_not is None or any(slot.divided for slot in made.cells()):
                return made
            problem = made.why_not
        for wrapped in spec.wraps:
            wrapped.why_not = wrapped.why_not or f"it stands inside {spec.written}"
        inner = tuple(self.layer(wrapped, f"{path}/{wrapped.name}") for wrapped in spec.wraps)
        kind = class_for(f"ops.{spec.class_name}" if spec.operator else spec.class_name)
        if problem is not None or kind is None:
            why_not = problem or f"{spec.class_name} is not reproduced"
            return Unsupported(
                spec.name, spec.class_name, config, weights, tuple(spec.notes), why_not, generation, inner
            )
        if spec.class_name == "TextVectorization":
            from rnn_tui.formats.text import text_layer  # few models have one

            return text_layer(self, spec, config)
        return kind(spec.name, spec.class_name, config, weights, tuple(spec.notes), None, generation)

    def _disagreement(self, spec: LayerSpec, weights: tuple[Weight, ...], path: str) -> str | None:
        """Return why a layer's arrays don't make it; note where they only differ from its configuration."""
        odd: list[str] = []
        problem = agree(spec, weights, self.era, path, odd)
        self.warnings += odd
        self.misfits += odd
        if problem is not None:
            self.misfits.append(f"layer {path!r}: {problem}")
            self.warnings.append(f"layer {path!r} isn't computed: {problem}")
        return problem


def _problem_in_cells(spec: LayerSpec) -> str | None:
    """Return what is wrong with the configuration of one of an RNN's cells, None when nothing is."""
    cells = cells_of(spec.config.get("cell")) if spec.class_name == "RNN" else []
    found = (problem_in(str(cell.get("class_name")), cell.get("config") or {}) for cell in cells)
    return next((problem for problem in found if problem is not None), None)


def _unreadable(arrays: Sequence[StoredArray]) -> str | None:
    """Return which of a layer's arrays can't be read, None when all can."""
    bad = next((array for array in arrays if array.problem is not None), None)
    return None if bad is None else said_of(f"its array {bad.name!r}", bad.problem or "")


def _note_batch(entry: LayerSpec, shown_in: Sequence[LayerSpec]) -> None:
    """Note a batch size that an input fixes: numerically one sequence is enough, and any number runs."""
    shape = entry.config.get("batch_shape")
    if isinstance(shape, list) and shape and shape[0] is not None:
        for layer in shown_in:
            layer.notes.append(f"the file fixes the batch at {shape[0]}; here any number of sequences runs")


def _foreign(named: object, generation: int) -> str | None:
    """Return why an activation can't be computed, None when it is one of Keras's own."""
    try:
        activation(named, generation)
    except ConfigError as error:
        return str(error)
    return None


class Built(NamedTuple):
    """A model, what was odd about its file, and where the file's arrays and the configuration don't agree."""

    model: Model
    warnings: list[str]
    misfits: list[str]
    readable: Readable


def build(
    file: FileDescription, config: Config | None = None, assume: Mapping[str, str] | None = None
) -> tuple[Model, list[str]]:
    """Return the model of a file and what was odd: see `built`."""
    found = built(file, config, assume)
    return found.model, found.warnings


def built(file: FileDescription, config: Config | None = None, assume: Mapping[str, str] | None = None) -> Built:
    """Return the model of a file and what was odd; `config` stands in where the file holds weights only.

    `assume` sets what the file doesn't say, and `hard_sigmoid` (2 or 3) against what it says.
    Raises ConfigError when its parts don't make a model, FileError when its weights tell none.
    """
    try:
        with bounded(steps_for(file.config_bytes)):
            return _built(file, config, assume)
    except TooMuchWorkError as error:
        raise TooMuchWorkError(f"{file.path}: {error}") from None


def _built(file: FileDescription, config: Config | None, assume: Mapping[str, str] | None) -> Built:
    raw = config if config is not None else file.config
    stated = raw.get("keras_version") if config is not None and raw is not None and not file.keras_version else None
    era = Era.of(file.keras_version or (str(stated) if stated else None), backend_of(file))
    if raw is None:
        from rnn_tui.formats.forensics import deduce

        spec, attached, lines = deduce(file, era, assume or {})
    else:
        spec = parse_model(raw, era)
        attached = attach(spec, file, era)
        lines = unclaimed(file, spec)
    builder = Builder(era, Store(file), attached, spec, file, lines, _hard_sigmoid(assume or {}))
    graph = builder.graph(spec)
    model = Model(spec.name, spec.class_name, graph, fixed_lengths=era.refuses_lengths)
    lacks = lacking(file, spec, attached, era, graph, model.parameters)
    return Built(model, [*builder.warnings, *lacks.warnings], builder.misfits, lacks.readable)


def _hard_sigmoid(assume: Mapping[str, str]) -> int | None:
    wanted = str(assume.get("hard_sigmoid", "")) or None
    if wanted not in (None, "2", "3"):
        raise ConfigError(f"hard_sigmoid is 2 (as Keras 2 defines it) or 3, not {clean(wanted, 20)}")
    return int(wanted) if wanted else None
