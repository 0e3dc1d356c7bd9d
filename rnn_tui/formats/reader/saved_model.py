"""The contents of a SavedModel folder: the model's configuration and, layer by
layer, its variables.

Which variable is whose is told by walking the folder's graph of objects and its
checkpoint's side by side. Keras lists a layer's variables in the order of `.h5`
files, those that training changes first; a model saved without traces has no
such lists, and the objects of its layers are walked instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnn_tui.formats.reader.contents import Contents
from rnn_tui.formats.reader.keras_metadata import (
    Metadata,
    model_config,
    plain,
    read_metadata,
)
from rnn_tui.formats.reader.layouts import Found, Layer
from rnn_tui.formats.reader.object_graphs import (
    OBJECT_GRAPH,
    VALUE,
    Node,
    joined,
    saved_object_graph,
    tracked_objects,
    walked,
)
from rnn_tui.formats.reader.open_files import OpenFiles
from rnn_tui.formats.reader.protobuf import Fields, bytes_of
from rnn_tui.formats.reader.saved_vocabularies import (
    Vocabularies,
    as_described,
    reader_of,
)
from rnn_tui.formats.reader.tensor_bundle import Bundle
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import AGAIN, ProblemError

GRAPH, METADATA = "saved_model.pb", "keras_metadata.pb"
VARIABLES = "variables/variables"
OF_KERAS2 = "of tf.keras"
"""The fact about objects without Keras's metadata."""
_LISTS = ("trainable_variables", "non_trainable_variables")
_API = "keras_api"
_NOT_OWNED = frozenset(
    (
        *_LISTS,
        _API,
        "variables",
        "regularization_losses",
        "signatures",
        "states",
        "optimizer",
    )
)
"""Children of a layer that are no parts of it, or parts listed once more."""


class SavedModel:
    """An open SavedModel: its objects, Keras's metadata of them, and their
    values.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        metadata: Metadata,
        bundle: Bundle,
        tracked: Sequence[Node],
    ) -> None:
        self.nodes = nodes
        self.metadata = metadata
        self._bundle = bundle
        self._tracked = tracked
        self._partners = joined(nodes, tracked)

    def layers_of(self, place: int) -> dict[str, int]:
        """Return the layers of a model by the names its configuration gives
        them.
        """
        children = self.nodes[place].children
        listed = [
            child
            for name, child in children.items()
            if name.startswith(("layer-", "layer_with_weights-"))
        ]
        named: dict[str, int] = {}
        for child in listed:
            name = self.metadata.of(child).get("name")
            if isinstance(name, str):
                named.setdefault(name, child)

        return named

    def arrays_of(self, place: int) -> list[Found]:
        """Return the arrays of a layer in Keras's order."""
        listed = self._listed(place)
        if listed is None:
            listed = [*self._owned(place, True), *self._owned(place, False)]

        return [self.found(variable) for variable in dict.fromkeys(listed)]

    def _listed(self, place: int) -> list[int] | None:
        """Return the variables that a layer lists, None where it lists none."""
        own = self.nodes[place].children
        if _API in own:
            api = self.nodes[own[_API]].children
        else:
            api = {}

        lists = [own.get(name, api.get(name)) for name in _LISTS]
        if lists == [None, None]:
            return None

        found: list[int] = []
        for one in lists:
            if one is not None:
                found += self._items(one)

        return found

    def _items(self, place: int) -> list[int]:
        """Return the variables in a list: its children `0`, `1`, …"""
        children = self.nodes[place].children
        numbered = sorted(
            (int(name), child)
            for name, child in children.items()
            if name.isascii() and name.isdigit() and len(name) < 9
        )

        return [child for _, child in numbered if self.nodes[child].is_variable]

    def _owned(self, place: int, trained: bool) -> list[int]:
        """Return the variables that a layer and those inside it own, in the
        order in which they were made: those that training changes, or the
        others.

        A frozen layer has no variables of the first kind.
        """
        found: list[int] = []
        seen = {place}
        left = [(place, False)]
        while left:
            here, frozen = left.pop()
            frozen = frozen or self.metadata.of(here).get("trainable") is False
            node = self.nodes[here]
            if node.is_variable and (node.trainable and not frozen) is trained:
                found.append(here)

            inner = [
                child
                for name, child in node.children.items()
                if name not in _NOT_OWNED and child not in seen
            ]
            seen.update(inner)
            left += [(child, frozen) for child in reversed(inner)]

        return found

    def found(self, place: int) -> Found:
        """Return a variable as an array, or its fault."""
        name = self.nodes[place].full_name or "variable"
        key = None
        if place in self._partners:
            partner = self._tracked[self._partners[place]]
            key = partner.keys.get(VALUE)

        try:
            if key is None:
                raise ProblemError(
                    "is missing from the checkpoint in the folder"
                )

            return Found(name, self._bundle.tensor(key, name))
        except ProblemError as problem:
            return Found(name, None, str(problem), problem.shape)

    def table_of(
        self,
        place: int,
        most: int,
    ) -> tuple[list[bytes], list[int]] | None:
        """Return the texts and the numbers of a table in the checkpoint, None
        where it has none.
        """
        key = None
        if place in self._partners:
            partner = self._tracked[self._partners[place]]
            key = partner.keys.get("table")

        if key is None or not self._bundle.has(f"{key}-keys"):
            return None

        texts = self._bundle.texts(f"{key}-keys", most)
        values = self._bundle.tensor(f"{key}-values")
        wanted_bytes = 8 * len(texts)
        if values.dtype != "int64" or values.bytes != wanted_bytes:
            raise ProblemError("has tokens without numbers")

        stored = bytearray(wanted_bytes)
        values.read_into(memoryview(stored))
        numbers = memoryview(stored).cast("q")

        return texts, list(numbers)

    def variables(self) -> Iterator[tuple[str, int]]:
        """Yield every variable that isn't an optimizer's with its path, nearest
        the root first.
        """
        for path, place in walked(self.nodes):
            node = self.nodes[place]
            if node.is_variable and not path.startswith(
                ("optimizer", "_optimizer")
            ):
                yield path, place


def read_saved_model(files: OpenFiles, limits: Limits) -> Contents:
    """Return the contents of a SavedModel folder."""
    fields = Fields(limits.fields)
    saved = _saved(files, fields, limits)
    nodes = saved.nodes
    own_file = None
    if files.has(METADATA):
        own_file = files.whole(METADATA, limits.in_memory)

    metadata = read_metadata(own_file, nodes, fields, limits)
    bundle = Bundle(files, VARIABLES, limits)
    tracked: list[Node] = []
    damage = []
    if bundle.has(OBJECT_GRAPH):
        bundle.refuse_pointers()
        try:
            tracked = tracked_objects(bundle, fields, limits)
        except ProblemError as problem:
            # the layers are known all the same
            damage.append(f"the model {problem}")

    model = SavedModel(nodes, metadata, bundle, tracked)
    facts = {"files": ", ".join(files.names())}
    if saved.version:
        facts["tensorflow"] = saved.version

    if nodes and metadata.is_model(0) and metadata.has(0):
        vocabularies = Vocabularies(
            model,
            files,
            saved.graph,
            saved.assets,
            fields,
            limits,
        )
        contents = _of_keras(model, vocabularies)
    else:
        from rnn_tui.formats.reader.named_variables import foreign

        contents = foreign(model, bundle)
        contents.warnings.append(_why_foreign(files, nodes))
        if _is_of_keras2(nodes):
            facts["objects"] = OF_KERAS2

    contents.facts = facts
    contents.warnings += damage

    return contents


def _why_foreign(files: OpenFiles, nodes: Sequence[Node]) -> str:
    """Return why nothing but the names of a SavedModel's variables is known."""
    if not _is_of_keras2(nodes):
        return (
            "the SavedModel holds no Keras model: by itself it tells its "
            "variables and their names alone; Keras 3's export writes such a "
            "folder, and the .keras file it was made from has the model"
        )

    if files.has(METADATA):
        reason = f"its {METADATA} says nothing of the model"
    else:
        reason = (
            f"it is without {METADATA}, which was left out, or which "
            "tf.saved_model.save never wrote (model.save does)"
        )

    return (
        f"the SavedModel holds no configuration: {reason}; by itself it tells "
        "its variables and their names alone"
    )


def _is_of_keras2(nodes: Sequence[Node]) -> bool:
    """Whether tf.keras made any of the objects."""
    return any(node.identifier.startswith("_tf_keras") for node in nodes)


@dataclass
class Saved:
    """The parts of `saved_model.pb`: the TensorFlow that wrote it, its graph of
    objects, its graph of operations as it is, the names of its assets.
    """

    version: str = ""
    nodes: list[Node] = field(default_factory=list)
    graph: memoryview | None = None
    assets: list[str] = field(default_factory=list)


def _saved(files: OpenFiles, fields: Fields, limits: Limits) -> Saved:
    """Return the parts of a SavedModel; the graph of operations is passed
    over.
    """
    data = files.whole(GRAPH, max(limits.in_memory, limits.memory))
    saved = Saved()
    for number, value in fields.of(data):
        if number != 2 or saved.nodes:
            continue

        for part, inner in fields.of(bytes_of(value)):
            if part == 1:
                saved.version = fields.text_in(bytes_of(inner), 5)
            elif part == 2:
                saved.graph = bytes_of(inner)
            elif part == 6:
                file_name = fields.text_in(bytes_of(inner), 2)
                saved.assets.append(file_name)
            elif part == 7:
                saved.nodes = saved_object_graph(
                    bytes_of(inner),
                    fields,
                    limits,
                )

    if saved.graph is None and not saved.nodes:
        raise ProblemError(f"is damaged: its {GRAPH} holds no model; {AGAIN}")

    return saved


def _of_keras(model: SavedModel, vocabularies: Vocabularies) -> Contents:
    """Return a model of Keras's: its configuration, and its layers as far as it
    names them.
    """
    try:
        return _described(model, vocabularies)
    except RecursionError:
        raise ProblemError(
            "has a configuration that is nested too deep"
        ) from None


def _described(model: SavedModel, vocabularies: Vocabularies) -> Contents:
    said = model.metadata.of(0)
    if not said:
        raise ProblemError(
            "is damaged: the configuration in it isn't valid JSON, or is "
            "nested too deep"
        )

    config = plain(model_config(said))
    inside = config.get("config")
    if isinstance(inside, dict):
        listed = inside.get("layers")
    else:
        listed = inside

    loose: dict[str, list[int]] = {}
    if isinstance(listed, list):
        named = model.layers_of(0)
    else:
        from rnn_tui.formats.reader.subclassed_model import with_layers

        config, named, loose = with_layers(model, config)

    layers = [
        Layer(name, model.arrays_of(place)) for name, place in named.items()
    ]
    for name, variables in loose.items():
        arrays = [model.found(variable) for variable in variables]
        layers.append(Layer(name, arrays))

    contents = Contents("savedmodel", "layer_names", layers)
    contents.config = json.dumps(config)
    tokens = vocabularies.of(named)
    contents.vocabularies = as_described(tokens)
    contents.read_vocabulary = reader_of(tokens)
    contents.keras_version = _text(said.get("keras_version"))
    contents.backend = _text(said.get("backend"))

    return contents


def _text(value: Any) -> str | None:
    if isinstance(value, str) and value.isprintable():
        return value

    return None
