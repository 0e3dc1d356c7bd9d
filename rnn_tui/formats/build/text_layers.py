"""Layers that read text: their vocabularies, and whether they may run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from rnn_tui.engine.core.text_reader import PADDING, UNKNOWN, UNKNOWN_TOKEN
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.text import TextVectorization
from rnn_tui.errors import RnnTuiError, SequenceError
from rnn_tui.formats.architecture.class_words import snake
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredVocabulary,
    StoredWords,
)
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights.attach_by_path import CONTAINERS
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError
from rnn_tui.formats.wire.vocabulary import FILE, FOLDER, lines_of, repeated
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.build.builder import Builder

INSTEAD = "give --vocab FILE, or token ids"
ASIDE = (
    "it reads text that does not come straight, and for it alone, from an "
    "input of the model"
)
NOTE = "reads text; the ids of its tokens may be given instead"

Load = Callable[[], Mapping[str, int]]
Places = Mapping[int, tuple[StoredVocabulary, ...]]
"""The vocabularies in the archive of each layer, by the identity of its
LayerSpec.
"""


def places_of(graph: GraphSpec, file: FileDescription) -> Places:
    """Return where the archive keeps the vocabulary of each layer that reads
    text.
    """
    if file.container == "savedmodel":
        return dict(_by_paths(graph, "", file.vocabularies))
    if file.vocabularies:
        return dict(_placed(graph, FOLDER.rstrip("/"), file.vocabularies))

    return {}


def _by_paths(
    graph: GraphSpec,
    prefix: str,
    known: Mapping[str, StoredVocabulary],
) -> Iterator[tuple[int, tuple[StoredVocabulary, ...]]]:
    """Yield the vocabularies that are listed by the paths of their layers."""
    for spec in graph.layers:
        path = f"{prefix}{spec.name}"
        if path in known:
            yield id(spec), (known[path],)
        if spec.graph is not None:
            yield from _by_paths(spec.graph, f"{path}/", known)


def _placed(
    graph: GraphSpec,
    base: str,
    known: Mapping[str, StoredVocabulary],
) -> Iterator[tuple[int, tuple[StoredVocabulary, ...]]]:
    """Yield the vocabularies below a path of the archive, each with its
    layer.
    """
    folder = f"{base}/{_container(base, known)}"
    numbers: dict[str, int] = {}
    for spec in graph.layers:
        if spec.operator:
            continue

        segment = snake(spec.written)
        number = numbers.get(segment, 0)
        numbers[segment] = number + 1
        if number:
            place = f"{folder}/{segment}_{number}"
        else:
            place = f"{folder}/{segment}"

        if spec.graph is not None:
            yield from _placed(spec.graph, place, known)
        elif spec.class_name == "TextVectorization":
            # Keras writes both and reads the first last
            names = (f"{place}/_lookup_layer{FILE}", f"{place}{FILE}")
            yield (
                id(spec),
                tuple(known[name] for name in names if name in known),
            )


def _container(base: str, known: Mapping[str, StoredVocabulary]) -> str:
    """Return the name under which an archive lists a model's layers."""
    for container in CONTAINERS:
        if any(name.startswith(f"{base}/{container}/") for name in known):
            return container

    return "layers"


def text_layer(
    builder: Builder,
    spec: LayerSpec,
    config: dict[str, Any],
) -> Layer:
    """Return a layer that reads text; `let_run` decides whether it may run when
    the graph around it is known.
    """
    if builder.vocabularies is None:
        builder.vocabularies = places_of(builder.spec, builder.file)

    stored = builder.vocabularies.get(id(spec), ())
    if builder.file.container == "savedmodel" and stored:
        # its table is in the folder, wherever the tokens came from
        spec.config["vocabulary"] = None

    load = _loader(spec, stored, builder.era)

    return TextVectorization(
        spec.name,
        spec.class_name,
        config,
        (),
        tuple(spec.notes),
        ASIDE,
        builder.era.generation,
        load,
    )


def _loader(
    spec: LayerSpec,
    stored: tuple[StoredVocabulary, ...],
    era: Era,
) -> Load:
    """Return the function that loads a layer's vocabulary; note on the layer
    whether there is one.
    """
    problem = _problem(spec, stored)
    if problem is not None:
        spec.notes.append(f"{NOTE}: {problem}, so text needs --vocab FILE")
        return partial(_fail, problem)

    spec.notes.append(NOTE)
    in_config = spec.config.get("vocabulary") is not None
    if in_config:
        source = None
    else:
        source = stored[0]

    return _Once(partial(_table, spec.config, source, era))


def _problem(
    spec: LayerSpec,
    stored: tuple[StoredVocabulary, ...],
) -> str | None:
    """Return why a layer has no vocabulary, None when it has one."""
    given = spec.config.get("vocabulary")
    if isinstance(given, str):
        return (
            f"its vocabulary is a path, {given!r}, and nothing outside the "
            "file is read"
        )

    if given is not None:
        if isinstance(given, StoredWords):
            return None

        return "its vocabulary is no list of texts"

    if not stored:
        return "the file holds no vocabulary"
    if len({(one.size, one.sum) for one in stored}) > 1:
        return "the file holds two vocabularies for it that differ"
    if stored[0].problem is not None:
        return f"its vocabulary {stored[0].problem}"

    return None


class _Once:
    """Loads a vocabulary, or finds its fault, by reading the file once: a
    prompt asks at every key.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._found: Mapping[str, int] | RnnTuiError | None = None

    def __call__(self) -> Mapping[str, int]:
        if self._found is None:
            try:
                self._found = self._load()
            except RnnTuiError as error:
                self._found = error

        if isinstance(self._found, RnnTuiError):
            raise self._found

        return self._found


def _fail(problem: str) -> NoReturn:
    raise SequenceError(f"{problem}: {INSTEAD}")


def _table(
    config: Mapping[str, Any],
    stored: StoredVocabulary | None,
    era: Era,
) -> Mapping[str, int]:
    """Return token → id, as Keras's `set_vocabulary` makes it.

    Raises SequenceError (and FileError).
    """
    words = _words(config, stored, era)
    if not all(isinstance(word, str) for word in words):
        _fail("its vocabulary is no list of texts")

    # NumPy, through whose arrays Keras takes them, drops these
    words = [word.rstrip("\0") for word in words]
    if words[:2] == ["", UNKNOWN_TOKEN]:
        words = words[2:]

    if not words:
        _fail("its vocabulary is empty")

    twice = repeated(words)
    if twice is not None:
        _fail(f"its vocabulary holds the token {clean(twice, 40)!r} twice")

    if "" in words:
        _fail("its vocabulary holds the padding among its tokens")

    most = config.get("max_tokens")
    if most is not None and len(words) + 2 > most:
        _fail(
            f"its vocabulary holds {len(words):,} tokens and two more, its "
            f"max_tokens is {most:,}"
        )

    table = {"": PADDING, UNKNOWN_TOKEN: UNKNOWN}
    table |= {word: number for number, word in enumerate(words, 2)}

    return table


def _words(
    config: Mapping[str, Any],
    stored: StoredVocabulary | None,
    era: Era,
) -> list[Any]:
    """Return the tokens: those of the configuration, or of the archive's
    file.
    """
    if stored is None:
        words: list[Any] = config["vocabulary"].words
        return words

    version: tuple[int, ...] = ()
    if era.generation >= 3:
        version = era.version

    try:
        return lines_of(stored.read(), version, Limits().vocabulary_tokens)
    except ProblemError as problem:
        _fail(f"its vocabulary {problem}")


def let_run(graph: Graph) -> None:
    """Let the text layers run whose text comes straight from an input that
    nothing else reads; the others keep the reason why not.
    """
    counts: dict[Ref, int] = {}
    for node in graph.nodes:
        for ref in node.refs():
            counts[ref] = counts.get(ref, 0) + 1

    readings = []
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        for position, ref in enumerate(node.refs()):
            is_input = ref in graph.inputs and ref not in graph.outputs
            alone = is_input and counts[ref] == 1
            readings += [
                _Reading(reader, alone, reader is layer)
                for reader in _readers(layer, position)
            ]

    for reading in readings:
        layer = reading.layer
        if reading.alone and reading.direct and layer.why_not == ASIDE:
            layer.why_not = None

    # a shared layer may read an input in one call and something else in another
    for reading in readings:
        if not reading.alone:
            reading.layer.why_not = reading.layer.why_not or ASIDE


class _Reading(NamedTuple):
    """A text layer that reads a tensor."""

    layer: TextVectorization
    alone: bool
    """Whether the tensor is an input that nothing else reads."""
    direct: bool
    """Whether the layer itself is called, not a nested model around it."""


def _readers(layer: Layer, position: int) -> Iterator[TextVectorization]:
    """Yield the layer, or those within a nested model, that read text at an
    input.
    """
    if isinstance(layer, TextVectorization):
        yield layer
        return

    if layer.nested is None:
        return
    if position >= len(layer.nested.inputs):
        return

    wanted = layer.nested.inputs[position]
    for node in layer.nested.nodes:
        for place, ref in enumerate(node.refs()):
            if ref == wanted:
                yield from _readers(layer.nested.layers[node.layer], place)
