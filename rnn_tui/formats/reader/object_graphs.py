"""The two graphs of objects that TensorFlow writes: a SavedModel's, and a
checkpoint's.

Both name the same objects by the same paths from their roots, under numbers of
their own. A checkpoint's has the key of each variable's values; a SavedModel's
has the kind of each object. Objects know their parents, so both have cycles:
every walk here notes where it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnn_tui.formats.reader.protobuf import (
    Fields,
    bytes_of,
    number_of,
    text_of,
)
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError, said_of

if TYPE_CHECKING:
    from rnn_tui.formats.reader.tensor_bundle import Bundle

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The name under which a checkpoint has its graph of objects."""
LONGEST_PATH = 4096
VALUE = "VARIABLE_VALUE"
"""The attribute of a variable under which its values are."""


@dataclass
class Node:
    """An object: those it owns by their names, and the keys its values are
    stored under.
    """

    children: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Of a checkpoint's: the key of each attribute."""
    full_name: str = ""
    """Of a checkpoint's: the name its variable had in the program."""
    identifier: str = ""
    """Of a SavedModel's: Keras's name for the kind of object, empty for others.
    """
    metadata: str = ""
    """Of a SavedModel's before TensorFlow 2.5: Keras's metadata of it, as JSON.
    """
    is_variable: bool = False
    trainable: bool = False
    table: bool = False
    """Whether it is a table or another resource."""
    asset: int | None = None
    """Of a file in the assets: its number among them."""
    constant: str = ""
    """Of a constant: its operation in the graph."""


def trackable_graph(
    data: memoryview,
    fields: Fields,
    limits: Limits,
) -> list[Node]:
    """Return the objects of a checkpoint, the root first."""
    return _graph(data, fields, limits, _tracked)


def tracked_objects(
    bundle: Bundle,
    fields: Fields,
    limits: Limits,
) -> list[Node]:
    """Return the objects of an open checkpoint that has a graph of them, the
    root first.
    """
    try:
        (data, *_) = bundle.texts(OBJECT_GRAPH, limits.config_bytes)
        nodes = trackable_graph(memoryview(data), fields, limits)
    except ProblemError as problem:
        raise ProblemError(
            said_of("its graph of objects", str(problem))
        ) from None

    if not nodes:
        raise ProblemError("is damaged: its graph of objects is empty")

    return nodes


def saved_object_graph(
    data: memoryview,
    fields: Fields,
    limits: Limits,
) -> list[Node]:
    """Return the objects of a SavedModel, the root first."""
    return _graph(data, fields, limits, _saved)


def _graph(
    data: memoryview,
    fields: Fields,
    limits: Limits,
    node_of: Callable[[Fields, memoryview], Node],
) -> list[Node]:
    nodes: list[Node] = []
    for number, value in fields.of(data):
        if number == 1:
            _room_for_another(nodes, limits)
            nodes.append(node_of(fields, bytes_of(value)))

    return _linked(nodes)


def _room_for_another(nodes: Sequence[Node], limits: Limits) -> None:
    if len(nodes) >= limits.nodes:
        raise ProblemError(
            f"holds a graph of more than {limits.nodes:,} objects"
        )


def _linked(nodes: list[Node]) -> list[Node]:
    """Return the objects, each of whose children must be one of them."""
    for node in nodes:
        if any(child >= len(nodes) for child in node.children.values()):
            raise ProblemError(
                "is damaged: its graph names objects it doesn't have"
            )

    return nodes


def _child(fields: Fields, message: memoryview) -> tuple[str, int]:
    """Return the name and the number of an object that another owns."""
    name, node = "", 0
    for number, value in fields.of(message):
        if number == 1:
            node = number_of(value)
        elif number == 2:
            name = text_of(value)

    return name, node


def _tracked(fields: Fields, message: memoryview) -> Node:
    node = Node()
    for number, value in fields.of(message):
        if number == 1:
            name, child = _child(fields, bytes_of(value))
            node.children[name] = child
        elif number == 2:
            _attribute(fields, bytes_of(value), node)

    return node


def _attribute(fields: Fields, message: memoryview, node: Node) -> None:
    name, key = "", ""
    for number, value in fields.of(message):
        if number == 1:
            name = text_of(value)
        elif number == 2:
            node.full_name = text_of(value)
        elif number == 3:
            key = text_of(value)

    node.keys[name] = key


def _saved(fields: Fields, message: memoryview) -> Node:
    node = Node()
    for number, value in fields.of(message):
        if number == 1:
            name, child = _child(fields, bytes_of(value))
            node.children[name] = child
        elif number == 4:
            _user_object(fields, bytes_of(value), node)
        elif number == 5:
            node.asset = fields.number_in(bytes_of(value), 1)
        elif number == 7:
            _variable(fields, bytes_of(value), node)
        elif number == 9:
            node.constant = fields.text_in(bytes_of(value), 1)
        elif number == 10:
            node.table = True

    return node


def _user_object(fields: Fields, message: memoryview, node: Node) -> None:
    for number, value in fields.of(message):
        if number == 1:
            node.identifier = text_of(value)
        elif number == 3:
            node.metadata = text_of(value)


def _variable(fields: Fields, message: memoryview, node: Node) -> None:
    node.is_variable = True
    for number, value in fields.of(message):
        if number == 3:
            node.trainable = bool(number_of(value))
        elif number == 6:
            node.full_name = text_of(value)


def below(path: str, name: str) -> str:
    """Return the path of an object that the one at `path` owns; objects nested
    without end are refused, whose paths together grow with their square.
    """
    if not path:
        return name

    if len(path) + len(name) > LONGEST_PATH:
        raise ProblemError(
            f"holds objects whose paths are longer than {LONGEST_PATH:,} "
            "characters"
        )

    return f"{path}/{name}"


def walked(nodes: Sequence[Node], root: int = 0) -> Iterator[tuple[str, int]]:
    """Yield every object below one, breadth first, with the shortest path to
    it; the object itself comes first. A model of TensorFlow 1 has no objects.
    """
    if not nodes:
        return

    seen = {root}
    left = deque([("", root)])
    while left:
        path, place = left.popleft()
        yield path, place

        for name, child in nodes[place].children.items():
            if child not in seen:
                seen.add(child)
                left.append((below(path, name), child))


def joined(saved: Sequence[Node], tracked: Sequence[Node]) -> dict[int, int]:
    """Return for the objects of a SavedModel which they are in its checkpoint,
    by walking both from their roots.

    A key of the checkpoint is the shortest path to its variable and says
    nothing of the layer, so it is never matched.
    """
    if not saved or not tracked:
        return {}

    found = {0: 0}
    left = deque([(0, 0)])
    while left:
        place, other = left.popleft()
        partners = tracked[other].children
        for name, child in saved[place].children.items():
            if child not in found and name in partners:
                found[child] = partners[name]
                left.append((child, partners[name]))

    return found
