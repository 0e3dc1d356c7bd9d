"""The vocabularies of the layers in a SavedModel that read text.

TensorFlow keeps a table's tokens in one of three places: a file in `assets`
that the table's initializer names, constants of the graph that its function
`_initialize` reads, or, up to Keras 2.7, the tokens and their numbers in the
checkpoint.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rnn_tui.formats.reader.object_graphs import Node, walked
from rnn_tui.formats.reader.protobuf import (
    Fields,
    Value,
    bytes_of,
    number_of,
    text_of,
)
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

if TYPE_CHECKING:
    from rnn_tui.formats.reader.open_files import OpenFiles
    from rnn_tui.formats.reader.saved_model import SavedModel

TEXT_LAYER = "TextVectorization"
_LOOKUPS = ("_lookup_layer", "_index_lookup_layer")
_TABLES = ("lookup_table", "_table")
_FILE = ("_initializer", "_filename")
_TOKENS = "_initialize/trace_0/capture_"
_FIRST = 2
"""The number of the first token, after the padding and the unknown one."""
_STRING = 7
"""TensorFlow's number of the type of texts."""
_MOST_LEVELS = 8
"""Models within models that are looked into."""


class Vocabularies:
    """The vocabularies of a SavedModel: where each is, and its tokens."""

    def __init__(
        self,
        model: SavedModel,
        files: OpenFiles,
        graph: memoryview | None,
        assets: list[str],
        fields: Fields,
        limits: Limits,
    ) -> None:
        self._model = model
        self._files = files
        self._graph = graph
        self._assets = assets
        self._fields = fields
        self._limits = limits

    def of(self, layers: Mapping[str, int]) -> dict[str, bytes | ProblemError]:
        """Return the vocabularies of the layers among these that read text, a
        token a line, or the fault in them, by the paths of the layers.
        """
        found: dict[str, bytes | ProblemError] = {}
        for path, place in self._text_layers(layers, "", 0):
            try:
                tokens = self._tokens(place)
            except ProblemError as problem:
                found[path] = problem
                continue

            if tokens is not None:
                found[path] = tokens

        return found

    def _text_layers(
        self,
        layers: Mapping[str, int],
        prefix: str,
        level: int,
    ) -> Iterator[tuple[str, int]]:
        """Yield the layers that read text, those of nested models too."""
        for name, place in layers.items():
            said = self._model.metadata.of(place)
            if str(said.get("class_name")).rpartition(">")[2] == TEXT_LAYER:
                yield f"{prefix}{name}", place
            elif self._model.metadata.is_model(place) and level < _MOST_LEVELS:
                yield from self._text_layers(
                    self._model.layers_of(place),
                    f"{prefix}{name}/",
                    level + 1,
                )

    def _tokens(self, place: int) -> bytes | None:
        """Return the tokens of a layer, None where it has no table."""
        lookup = self._child(place, _LOOKUPS)
        table = None
        if lookup is not None:
            table = self._child(lookup, _TABLES)

        if table is None:
            return None

        for find in (self._in_assets, self._in_graph, self._in_checkpoint):
            tokens = find(table)
            if tokens is not None:
                self._refuse_long(len(tokens))
                return tokens

        return None

    def _child(self, place: int, names: tuple[str, ...]) -> int | None:
        children = self._model.nodes[place].children
        return next(
            (children[name] for name in names if name in children),
            None,
        )

    def _refuse_long(self, length: int) -> None:
        most = self._limits.vocabulary_bytes
        if length > most:
            raise ProblemError(
                f"takes {length:,} bytes; at most {most:,} of a vocabulary are "
                "read"
            )

    def _in_assets(self, table: int) -> bytes | None:
        """Return the file that a table's initializer names."""
        nodes = self._model.nodes
        place: int | None = table
        for name in _FILE:
            if place is not None:
                place = nodes[place].children.get(name)

        number = None
        if place is not None:
            number = nodes[place].asset

        if number is None:
            return None
        if number >= len(self._assets):
            raise ProblemError("is a file of the assets that isn't named")

        name = f"assets/{self._assets[number]}"
        if not self._files.has(name):
            raise ProblemError(f"is in {name!r:.80}, which is missing")

        self._refuse_long(self._files.bytes_of(name))
        data = bytes(self._files.whole(name, self._limits.vocabulary_bytes))

        return data.removesuffix(b"\n")

    def _in_graph(self, table: int) -> bytes | None:
        """Return the tokens among the constants that a table begins with."""
        names = {
            node.constant
            for path, node in self._below(table)
            if path.startswith(_TOKENS) and node.constant
        }
        if not names or self._graph is None:
            return None

        for message in self._constants(names):
            tokens = self._texts(message)
            if tokens is not None:
                return _lines(tokens)

        return None

    def _below(self, place: int) -> Iterator[tuple[str, Node]]:
        nodes = self._model.nodes
        for path, inner in walked(nodes, place):
            yield path, nodes[inner]

    def _constants(self, names: set[str]) -> Iterator[memoryview]:
        """Yield the tensors of the constants of these names; of all other
        operations nothing but the name is read.
        """
        for number, value in self._fields.of(self._graph or memoryview(b"")):
            if number != 1:
                continue

            message = bytes_of(value)
            head = next(iter(self._fields.of(message)), None)
            if head is None or head[0] != 1 or text_of(head[1]) not in names:
                continue

            yield from self._value(message)

    def _value(self, operation: memoryview) -> Iterator[memoryview]:
        """Yield the tensor that is the attribute `value` of an operation."""
        for number, value in self._fields.of(operation):
            if number != 5:
                continue

            parts = dict(self._fields.of(bytes_of(value)))
            if 1 not in parts or 2 not in parts:
                continue
            if text_of(parts[1]) != "value":
                continue

            for kind, tensor in self._fields.of(bytes_of(parts[2])):
                if kind == 8:
                    yield bytes_of(tensor)

    def _texts(self, tensor: memoryview) -> list[bytes] | None:
        """Return the texts of a tensor, None where it holds numbers."""
        found: list[Value] = []
        for number, value in self._fields.of(tensor):
            if number == 1 and number_of(value) != _STRING:
                return None
            if number == 8:
                found.append(value)

            if len(found) > self._limits.vocabulary_tokens:
                raise ProblemError(
                    f"holds more than {self._limits.vocabulary_tokens:,} tokens"
                )

        return [bytes(bytes_of(value)) for value in found]

    def _in_checkpoint(self, table: int) -> bytes | None:
        """Return the tokens that a checkpoint has of a table, in the order of
        their numbers.
        """
        found = self._model.table_of(table, self._limits.vocabulary_bytes)
        if found is None:
            return None

        tokens, numbers = found
        if len(tokens) != len(numbers):
            raise ProblemError("has more tokens than numbers, or fewer")

        order = sorted(zip(numbers, tokens, strict=True))
        if [number for number, _ in order] != [
            *range(_FIRST, _FIRST + len(order))
        ]:
            raise ProblemError("has tokens whose numbers aren't in a row")

        return _lines([token for _, token in order])


def as_described(
    found: Mapping[str, bytes | ProblemError],
) -> list[dict[str, Any]]:
    """Return vocabularies as the description lists them."""
    described = []
    for path, tokens in found.items():
        if isinstance(tokens, ProblemError):
            one = {"bytes": 0, "sum": 0, "problem": str(tokens)}
        else:
            one = {
                "bytes": len(tokens),
                "sum": zlib.crc32(tokens),
                "problem": None,
            }

        described.append({"name": path, **one})

    return described


def reader_of(
    found: Mapping[str, bytes | ProblemError],
) -> Callable[[str], bytes]:
    """Return the function that brings one vocabulary."""

    def read(path: str) -> bytes:
        tokens = found.get(path)
        if not isinstance(tokens, bytes):
            raise ProblemError("is no vocabulary of the SavedModel")

        return tokens

    return read


def _lines(tokens: list[bytes]) -> bytes:
    """Return tokens a line each.

    Raises ProblemError for one that would be two.
    """
    if any(b"\n" in token or b"\r" in token for token in tokens):
        raise ProblemError("holds a token with a line break, which isn't read")

    return b"\n".join(tokens)
