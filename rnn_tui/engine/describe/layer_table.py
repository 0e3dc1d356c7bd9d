"""The layer table: a line for each layer, those of nested models and wrappers
below their outer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter

from rnn_tui.engine.core.arrays import Shape, Weight
from rnn_tui.engine.describe.config_words import in_words
from rnn_tui.engine.describe.entries import CellEntry, LayerInfo
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.graph.partial_run import known_shapes
from rnn_tui.engine.layers.layer import Layer, set_fault
from rnn_tui.engine.memory.work_budget import TEXT_A_STEP, spend
from rnn_tui.engine.trace.paths import CellPath
from rnn_tui.errors import MisfitError, RnnTuiError, TooMuchWorkError
from rnn_tui.text import clean

LINE = 6
"""Steps that a line of the table takes: see `work`."""
LONGEST = 400
"""Characters of a sentence about a layer, whatever its configuration holds."""


def all_weights(layer: Layer) -> Iterator[Weight]:
    """Yield a layer's own weights and those of all it wraps."""
    left = [layer]
    while left:
        one = left.pop()
        yield from one.weights
        left.extend(reversed(one.sublayers()))


def counts(layers: Sequence[Layer]) -> tuple[int, int]:
    """Return trainable and non-trainable parameters, each array counted
    once.
    """
    spend(len(layers))
    seen: set[object] = set()
    trainable = fixed = 0
    for layer in layers:
        for weight in all_weights(layer):
            for stored, parameters in weight.parts:
                if stored in seen:
                    continue

                seen.add(stored)
                if weight.trainable:
                    trainable += parameters
                else:
                    fixed += parameters

    return trainable, fixed


class Parameters:
    """How many parameters each layer has with all it wraps, counted once: its
    wrappers ask again at each level.
    """

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def of(self, layer: Layer) -> int:
        """Return how many a layer has."""
        found = self._known.get(id(layer))
        if found is None:
            found = self._known[id(layer)] = self._counted(layer)

        return found

    def _counted(self, layer: Layer) -> int:
        inner = layer.sublayers()
        if not inner:
            return sum(weight.parameters for weight in layer.weights)
        if layer.weights:  # a Bidirectional lists its sides' own again
            return sum(counts([layer]))

        return sum(self.of(one) for one in inner)


def layer_table(
    graph: Graph,
    prefix: str = "",
    depth: int = 0,
    parameters: Parameters | None = None,
) -> list[LayerInfo]:
    """Return a line for every layer of the graph, in the model's order.

    Those of a nested model have the shapes of that model's own inputs, as in
    Keras's summary, not of a call's.
    """
    parameters = parameters or Parameters()
    shapes = known_shapes(graph)
    lines: list[LayerInfo] = []
    calls = {node.layer: node for node in reversed(graph.nodes)}
    made: dict[str, list[tuple[int, Shape]]] = {}
    for ref, shape in shapes.items():
        if ref.call == 0:
            of_layer = made.setdefault(ref.layer, [])
            of_layer.append((ref.tensor, shape))

    for name, layer in graph.layers.items():
        if name in graph.hidden:
            continue

        node = calls.get(name)
        refs: tuple[Ref, ...] = ()
        input_refs: tuple[Ref, ...] = ()
        if node is not None:
            refs = node.refs()
            input_refs = node.input_refs

        known = all(ref in shapes for ref in refs)
        read = None
        if known:
            read = [shapes[ref] for ref in input_refs]

        names = dict.fromkeys(ref.layer for ref in refs)
        spend(len(names) * (1 + len(prefix) // TEXT_A_STEP))
        inputs = tuple(prefix + name for name in names)
        out = tuple(
            shape for _, shape in sorted(made.get(name, ()), key=itemgetter(0))
        )
        lines += _lines(
            layer,
            prefix + name,
            depth,
            inputs,
            read,
            out,
            parameters,
        )

    return lines


def _lines(
    layer: Layer,
    path: str,
    depth: int,
    inputs: tuple[str, ...],
    read: Sequence[Shape] | None,
    out: tuple[Shape, ...],
    parameters: Parameters,
) -> Iterator[LayerInfo]:
    spend(LINE + len(inputs) + len(path) // TEXT_A_STEP)
    yield LayerInfo(
        path=path,
        class_name=str(layer.config.get("written") or layer.class_name),
        depth=depth,
        output_shape=None if not out else out[0] if len(out) == 1 else out,
        parameters=parameters.of(layer),
        trainable=bool(layer.config.get("trainable", True)),
        recurrent=layer.recurrent,
        formula=layer.formula() if layer.weights or layer.sublayers() else "",
        inputs=inputs,
        weights=tuple(
            (weight.name, weight.shape, weight.dtype)
            for weight in layer.weights
        ),
        reproducible=layer.why_not is None,
        why_not=None
        if layer.why_not is None
        else clean(layer.why_not, LONGEST),
        notes=_lines_of(layer.notes),
        words=_lines_of(words_of(layer)),
        config=layer.shown_config(),
        fault=layer.fault,
    )
    if layer.nested is not None:
        yield from layer_table(layer.nested, f"{path}/", depth + 1, parameters)
        return

    if read:
        read = layer.shapes_inside(read)

    for inner in layer.sublayers():
        inner_path = f"{path}/{part_of(layer, inner)}"
        yield from _lines(
            inner,
            inner_path,
            depth + 1,
            inputs,
            read,
            _shapes(inner, read),
            parameters,
        )


def words_of(layer: Layer) -> list[str]:
    """Return a layer's settings, one short sentence each."""
    own = layer.words()
    if own is not None:
        return own

    return list(in_words(layer))


def _lines_of(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(clean(sentence, LONGEST) for sentence in sentences)


def part_of(layer: Layer, inner: Layer) -> str:
    """Return the name of an inner layer under its wrapper: its direction in
    a Bidirectional, else its name.
    """
    sides = layer.sublayers()
    if layer.class_name == "Bidirectional" and len(sides) == 2:
        if inner is sides[0]:
            return "forward"

        return "backward"

    return inner.name


def _shapes(layer: Layer, read: Sequence[Shape] | None) -> tuple[Shape, ...]:
    if read is None or layer.why_not is not None:
        return ()

    try:
        layer.check(read)
        return tuple(layer.output_shapes(read))
    except (MemoryError, TooMuchWorkError):
        raise
    except (RnnTuiError, MisfitError):
        return ()
    except Exception as error:
        # a bug of ours: the layer is listed with it, and its run raises it
        set_fault(layer, error)
        return ()


def cell_entries(graph: Graph) -> list[CellEntry]:
    """Return every recurrent cell of the graph in the order the model runs
    them, then those that are only shown.
    """
    return sorted(
        _cells_in(graph, "", runs=True),
        key=lambda entry: not entry.runs,
    )


def _cells_in(graph: Graph, prefix: str, runs: bool) -> Iterator[CellEntry]:
    for name, layer in graph.layers.items():
        yield from _cells(layer, prefix + name, runs)


def called_cells(graph: Graph, prefix: str = "") -> Iterator[CellEntry]:
    """Yield every cell once for each call of its layer, with the key that a
    trace has for it (`lstm@1`).
    """
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        path = prefix + node.key
        if layer.nested is not None:
            yield from called_cells(layer.nested, f"{path}/")
        else:
            yield from _cells(layer, path)


def _cells(layer: Layer, path: str, runs: bool = True) -> Iterator[CellEntry]:
    runs = runs and layer.why_not is None
    if layer.nested is not None:
        yield from _cells_in(layer.nested, f"{path}/", runs)
        return

    slots = getattr(layer, "cells", None)
    if slots is None:
        for inner in layer.sublayers():
            yield from _cells(inner, f"{path}/{part_of(layer, inner)}", runs)

        return

    for slot in slots():
        if runs or slot.divided:
            key = str(CellPath(path, 0, slot.direction, slot.index))
            load = partial(slot.load)
            yield CellEntry(
                key,
                path,
                slot.class_name,
                slot.direction,
                slot.index,
                load,
                runs,
                path,
                slot.reverse,
            )
