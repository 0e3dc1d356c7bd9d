"""The arrays of a file that are missing from its model: refused, damaged,
absent or given to no layer, one line for each.

A table that is whole and one that lacks a kernel look alike, so each array that
a file lacks is told, and how many of the model's parameters could be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rnn_tui.engine.cells.kinds import KINDS, RESET_AFTER
from rnn_tui.engine.describe.layer_table import part_of
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.partial_run import known_shapes
from rnn_tui.engine.layers.keys import is_whole
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.memory.work_budget import spend
from rnn_tui.formats.data.description import FileDescription, StoredArray
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights.attach import Attached, Attachment
from rnn_tui.formats.weights.slots import Slot, slots
from rnn_tui.formats.wire.problems import said_of
from rnn_tui.text import clean

UNUSED = "left out, and counted for no layer"
LONGEST = 600
"""Characters of a line, whatever the file's names are."""
STOPS = "isn't computed, and not all of its parameters are counted"


class Readable(NamedTuple):
    """How many of a model's parameters and arrays could be read, of how many;
    None where the whole isn't known.
    """

    parameters: int
    of: int | None
    arrays: int
    of_arrays: int | None

    @property
    def whole(self) -> bool:
        """Whether all could be read."""
        return (self.parameters, self.arrays) == (self.of, self.of_arrays)

    def words(self) -> str:
        """Return how many parameters could be read, as a line says it."""
        if self.of is None:
            return (
                f"{self.parameters:,} parameters readable, of a number that "
                "isn't known"
            )

        return f"{self.parameters:,} of {self.of:,} parameters readable"


class Lacking(NamedTuple):
    """The missing parts of a model: the lines that say so, and how much of it
    could be read.
    """

    warnings: list[str]
    readable: Readable


class _Lost(NamedTuple):
    """The missing parts of one layer: how many arrays and parameters, None
    where that isn't known.
    """

    arrays: int | None
    parameters: int | None


def lacking(
    file: FileDescription,
    spec: GraphSpec,
    attached: Attachment,
    era: Era,
    graph: Graph,
    parameters: int,
) -> Lacking:
    """Return the missing parts of a model of so many parameters that could be
    read.
    """
    widths: Mapping[str, int] | None = None
    warnings: list[str] = []
    lost: list[_Lost] = []
    given: set[str] = set()
    read = 0
    for path, layer in _layers(spec, ""):
        found = attached.get(id(layer))
        if found is None:
            continue

        given.update(array.key for array in found.arrays)
        bad = _bad(found)
        read += len(found.arrays) - len(bad)
        if not bad and found.problem is None:
            continue

        warnings += _sentences(path, found)
        if widths is None:
            widths = _widths(graph, "")

        lost.append(_lost(layer, found, slots(layer, era), widths.get(path)))

    said = {found.problem for found in attached.values()}
    warnings += _ungiven(file, given, said)
    readable = Readable(
        parameters,
        _whole(parameters, [one.parameters for one in lost]),
        read,
        _whole(read, [one.arrays for one in lost]),
    )

    return Lacking([clean(line, LONGEST) for line in warnings], readable)


def _bad(found: Attached) -> list[StoredArray]:
    return [array for array in found.arrays if array.problem is not None]


def _sentences(path: str, found: Attached) -> Iterator[str]:
    """Yield a line for each thing that is wrong with the arrays of a layer."""
    for array in _bad(found):
        yield (
            f"layer {path!r} {STOPS}: "
            f"{said_of(f'its array {array.name!r}', array.problem or '')}"
        )

    if found.problem is not None:
        yield f"layer {path!r} {STOPS}: {found.problem}"


def _ungiven(
    file: FileDescription,
    given: set[str],
    said: set[str | None],
) -> Iterator[str]:
    """Yield a line for each group and array of the file that can't be read and
    that no layer was given.
    """
    for group in file.groups:
        problem = group.problem
        if problem is not None and problem not in said:
            yield f"{UNUSED}: {problem}"

        for array in group.arrays:
            if array.problem is None or array.key in given:
                continue

            subject = f"the array {array.name!r} of {group.name!r}"
            sentence = said_of(subject, array.problem)
            yield f"{UNUSED}: {sentence}"


def _whole(read: int, lost: Sequence[int | None]) -> int | None:
    """Return how many there are of which so many could be read; None where that
    isn't known.
    """
    known = [count for count in lost if count is not None]
    if len(known) == len(lost):
        return read + sum(known)

    return None


def _lost(
    layer: LayerSpec,
    found: Attached,
    wanted: Sequence[Slot] | None,
    width: int | None,
) -> _Lost:
    bad = _bad(found)
    if found.problem is None:
        arrays: int | None = len(bad)
    else:
        if wanted is None:
            arrays = None
        else:
            arrays = len(wanted)

    return _Lost(arrays, _missing(layer, found, wanted, width))


def _layers(spec: GraphSpec, prefix: str) -> Iterator[tuple[str, LayerSpec]]:
    """Yield every layer with its path in the layer table."""
    for layer in spec.layers:
        yield from _with_inner(layer, prefix + layer.name)


def _with_inner(layer: LayerSpec, path: str) -> Iterator[tuple[str, LayerSpec]]:
    spend()
    yield path, layer
    if layer.graph is not None:
        yield from _layers(layer.graph, f"{path}/")

    for inner in layer.wraps:
        yield from _with_inner(inner, f"{path}/{inner.name}")


def _widths(graph: Graph, prefix: str) -> dict[str, int]:
    """Return how many features each layer reads, by its path, where that is
    known.
    """
    shapes = known_shapes(graph)
    found: dict[str, int] = {}
    for node in graph.nodes:
        refs = node.refs()
        shape = None
        if refs:
            shape = shapes.get(refs[0])

        width = None
        if shape:
            width = shape[-1]

        layer = graph.layers[node.layer]
        if node.call == 0 and width is not None:
            _note(layer, prefix + node.layer, width, found)

    for name, layer in graph.layers.items():
        if layer.nested is not None:
            found |= _widths(layer.nested, f"{prefix}{name}/")

    return found


def _note(layer: Layer, path: str, width: int, found: dict[str, int]) -> None:
    """Note the features of a layer and of the ones it wraps, which read as
    many.
    """
    found[path] = width
    if layer.nested is None:
        for inner in layer.sublayers():
            _note(inner, f"{path}/{part_of(layer, inner)}", width, found)


def _missing(
    layer: LayerSpec,
    found: Attached,
    wanted: Sequence[Slot] | None,
    width: int | None,
) -> int | None:
    """Return how many parameters of a layer couldn't be read; None where that
    isn't known.
    """
    if wanted is not None and not wanted:
        return 0

    read = sum(
        math.prod(array.shape)
        for array in found.arrays
        if array.problem is None
    )
    whole = _counted(
        layer,
        width if width is not None else _width(found.arrays),
    )
    if whole is not None and whole >= read:
        return whole - read

    bad = _bad(found)
    if found.problem is None and all(array.shape for array in bad):
        return sum(math.prod(array.shape) for array in bad)

    return None


def _width(arrays: Sequence[StoredArray]) -> int | None:
    """Return how many features a kernel reads that could be read itself."""
    first = None
    if arrays:
        first = arrays[0]

    is_read = first is not None and first.problem is None
    if first is None or not is_read or len(first.shape) != 2:
        return None

    return first.shape[0]


def _counted(layer: LayerSpec, width: int | None) -> int | None:
    """Return how many parameters the configuration gives a layer; None for a
    class or a width that isn't known.
    """
    config = layer.config
    if layer.class_name == "Embedding":
        rows = _size(config.get("input_dim"))
        columns = _size(config.get("output_dim"))
        if rows and columns:
            return rows * columns

        return None

    units = _size(config.get("units"))
    if not width or not units:
        return None

    if config.get("use_bias") is False:
        bias = 0
    else:
        bias = 1

    if layer.class_name == "Dense":
        return (width + bias) * units

    kind = KINDS.get(layer.class_name)
    if kind is None or kind.rank:
        return None
    if kind.cudnn and layer.written == kind.cudnn:
        return None

    if kind.has_key(RESET_AFTER) and config.get(RESET_AFTER):
        bias *= 2

    columns = len(kind.gates) * units
    return columns * (width + units + bias)


def _size(value: Any) -> int | None:
    if is_whole(value, 1):
        return int(value)

    return None
