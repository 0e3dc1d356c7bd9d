"""Layers that read text: where each one's vocabulary is, and whether its text comes
straight from an input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core.text_reader import PADDING, UNKNOWN, UNKNOWN_TOKEN
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.text import TextVectorization
from rnn_tui.engine.layers.wrappers import NestedModel
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
    from rnn_tui.formats.build.build import Builder

INSTEAD = "give --vocab FILE, or token ids"
ASIDE = (
    "it reads text that does not come straight, and for it alone, from an input of "
    "the model"
)
NOTE = "reads text; the ids of its tokens may be given instead"

Load = Callable[[], Mapping[str, int]]
Places = Mapping[int, tuple[StoredVocabulary, ...]]
"""The vocabularies in the archive of each layer, by the identity of its LayerSpec."""


def places_of(graph: GraphSpec, file: FileDescription) -> Places:
    """Return where the archive keeps the vocabulary of each layer that reads text."""
    if file.vocabularies:
        return dict(_placed(graph, FOLDER.rstrip("/"), file.vocabularies))

    return {}


def _placed(
    graph: GraphSpec, base: str, known: Mapping[str, StoredVocabulary]
) -> Iterator[tuple[int, tuple[StoredVocabulary, ...]]]:
    home = next(
        (
            home
            for home in CONTAINERS
            if any(name.startswith(f"{base}/{home}/") for name in known)
        ),
        "layers",
    )
    counted: dict[str, int] = {}
    for spec in graph.layers:
        if spec.operator:
            continue

        segment = snake(spec.written)
        number = counted[segment] = counted.get(segment, -1) + 1
        if number:
            place = f"{base}/{home}/{segment}_{number}"
        else:
            place = f"{base}/{home}/{segment}"

        if spec.graph is not None:
            yield from _placed(spec.graph, place, known)
        elif spec.class_name == "TextVectorization":
            # Keras writes both and reads the first last.
            names = (f"{place}/_lookup_layer{FILE}", f"{place}{FILE}")
            yield id(spec), tuple(known[name] for name in names if name in known)


def text_layer(builder: Builder, spec: LayerSpec, config: dict[str, Any]) -> Layer:
    """Return a layer that reads text; whether it may run is settled when the graph
    around it is known.
    """
    if builder.vocabularies is None:
        builder.vocabularies = places_of(builder.spec, builder.file)

    load = _loader(spec, builder.vocabularies.get(id(spec), ()), builder.era)
    notes = tuple(spec.notes)
    generation = builder.era.generation

    return TextVectorization(
        spec.name, spec.class_name, config, (), notes, ASIDE, generation, load
    )


def _loader(spec: LayerSpec, stored: tuple[StoredVocabulary, ...], era: Era) -> Load:
    """Return what brings a layer's vocabulary when it is first asked for; say in the
    layer's notes what is known.
    """
    given = spec.config.get("vocabulary")
    problem = None
    if isinstance(given, str):
        problem = (
            f"its vocabulary is a path, {given!r}, and nothing outside the file is read"
        )
    elif given is not None and not isinstance(given, StoredWords):
        problem = "its vocabulary is no list of texts"
    elif given is None and not stored:
        problem = "the file holds no vocabulary"
    elif given is None and len({(one.size, one.sum) for one in stored}) > 1:
        problem = "the file holds two vocabularies for it that differ"
    elif given is None and stored[0].problem is not None:
        problem = f"its vocabulary {stored[0].problem}"

    spec.notes.append(
        NOTE if problem is None else f"{NOTE}: {problem}, so text needs --vocab FILE"
    )
    if problem is not None:
        return partial(_fail, problem)

    return _Once(
        partial(_table, spec.config, None if given is not None else stored[0], era)
    )


class _Once:
    """Brings a vocabulary, or what is wrong with it, by reading the file once: a prompt
    asks at every key.
    """

    def __init__(self, bring: Load) -> None:
        self._bring = bring
        self._found: Mapping[str, int] | RnnTuiError | None = None

    def __call__(self) -> Mapping[str, int]:
        if self._found is None:
            try:
                self._found = self._bring()
            except RnnTuiError as error:
                self._found = error

        if isinstance(self._found, RnnTuiError):
            raise self._found

        return self._found


def _fail(problem: str) -> Mapping[str, int]:
    raise SequenceError(f"{problem}: {INSTEAD}")


def _table(
    config: Mapping[str, Any], stored: StoredVocabulary | None, era: Era
) -> Mapping[str, int]:
    """Return token → id, as Keras's `set_vocabulary` makes it.

    Raises SequenceError (and FileError).
    """
    if stored is None:
        words = config["vocabulary"].words
    else:
        if era.generation >= 3:
            version = era.version
        else:
            version = ()

        try:
            words = lines_of(stored.read(), version, Limits().vocabulary_tokens)
        except ProblemError as problem:
            _fail(f"its vocabulary {problem}")

    if not all(isinstance(word, str) for word in words):
        _fail("its vocabulary is no list of texts")

    # NumPy, through whose arrays Keras takes them, drops these
    words = [word.rstrip("\0") for word in words]
    if words[:2] == ["", UNKNOWN_TOKEN]:
        words = words[2:]
    else:
        words = words

    most = config.get("max_tokens")
    if not words:
        _fail("its vocabulary is empty")

    if (again := repeated(words)) is not None:
        _fail(f"its vocabulary holds the token {clean(again, 40)!r} twice")

    if "" in words:
        _fail("its vocabulary holds the padding among its tokens")

    if most is not None and len(words) + 2 > most:
        _fail(
            f"its vocabulary holds {len(words):,} tokens and two more, its max_tokens "
            f"is {most:,}"
        )

    table = {"": PADDING, UNKNOWN_TOKEN: UNKNOWN}
    table.update(zip(words, range(2, len(words) + 2), strict=True))

    return table


def settle(graph: Graph) -> None:
    """Let those layers run whose text comes straight from an input that nothing else
    reads; the others say why not.
    """
    reading: list[tuple[TextVectorization, bool, bool]] = []
    readers: dict[Ref, int] = {}
    for node in graph.nodes:
        for ref in node.refs():
            readers[ref] = readers.get(ref, 0) + 1

    for node in graph.nodes:
        layer = graph.layers[node.layer]
        for position, ref in enumerate(node.refs()):
            straight = (
                ref in graph.inputs and readers[ref] == 1 and ref not in graph.outputs
            )
            reading += [
                (found, straight, found is layer) for found in _readers(layer, position)
            ]

    for found, straight, own in reading:
        if straight and own and found.why_not == ASIDE:
            found.why_not = None

    for found, straight, _ in reading:
        if not straight:
            found.why_not = found.why_not or ASIDE


def _readers(layer: Layer, position: int) -> Iterator[TextVectorization]:
    """Yield the layer, or those within a nested model, that read text at an input."""
    if isinstance(layer, TextVectorization):
        yield layer
    elif (
        isinstance(layer, NestedModel)
        and layer.graph is not None
        and position < len(layer.graph.inputs)
    ):
        wanted = layer.graph.inputs[position]
        for node in layer.graph.nodes:
            for place, ref in enumerate(node.refs()):
                if ref == wanted:
                    yield from _readers(layer.graph.layers[node.layer], place)
