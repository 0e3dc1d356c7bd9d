"""A run that starts in the middle: the call it starts at, the tensors that call
reads, and the calls that follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.input_info import InputInfo
from rnn_tui.engine.graph.inputs import input_info, input_shape
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.graph.token_inputs import (
    becomes_one_hot,
    reads_tokens,
    text_reader,
)
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.errors import SequenceError, UnsupportedLayerError


class Start(NamedTuple):
    """Where a run starts: `inside` is a start within a nested model, `behind`
    feeds the layer's output.
    """

    layer: str
    refs: tuple[Ref, ...]
    infos: tuple[InputInfo, ...]
    behind: bool = False
    inside: Start | None = None

    def run(
        self,
        graph: Graph,
        given: Sequence[Tensor],
        run: Run,
        stops: dict[str, str] | None,
        prefix: str = "",
    ) -> Mapping[Ref, Tensor]:
        """Return every value that follows from the tensors fed."""
        if self.inside is None:
            return graph.run(
                dict(zip(self.refs, given, strict=True)),
                run,
                prefix,
                stops,
            )

        nested = graph.layers[self.layer].nested
        assert nested is not None
        path = prefix + self.layer
        inner = self.inside.run(
            nested,
            given,
            replace(run, path=path),
            stops,
            f"{path}/",
        )
        outputs = [inner.get(ref) for ref in nested.outputs]
        if any(value is None for value in outputs):
            return {}

        found = [value for value in outputs if value is not None]
        run.record(path, found)

        return graph.run(
            {Ref(self.layer, 0, k): value for k, value in enumerate(found)},
            run,
            prefix,
            stops,
        )


def start_from(
    graph: Graph,
    path: str,
    prefix: str = "",
    goes_on: bool = False,
) -> Start:
    """Return the start at layer `path` (`OUTER/INNER` for a nested model's);
    `goes_on` where the graph's outputs are read outside it. Raises
    SequenceError for no such layer, UnsupportedLayerError where nothing would
    be computed.
    """
    name = _first_of(graph, path, prefix)
    own = Ref(name)
    layer = graph.layers[name]
    returned = any(ref.layer == name for ref in graph.outputs)
    read_on = bool(graph.after(name)) or (goes_on and returned)

    rest = path[len(name) + 1 :]
    if rest and layer.nested is not None:
        inside = start_from(layer.nested, rest, f"{prefix}{name}/", read_on)
        return Start(name, (), inside.infos, inside=inside)

    if layer.constant:
        raise SequenceError(
            f"{prefix + name!r} is a constant, which reads nothing: start at "
            "a layer that reads it"
        )

    shapes = known_shapes(graph)
    node = next((node for node in graph.nodes if node.layer == name), None)
    if node is None and own not in graph.inputs:
        raise SequenceError(
            f"nothing in the model calls the layer {prefix + name!r}, so no "
            "run can start there"
        )
    if node is None:
        return Start(name, (own,), (input_info(graph, own),))

    if layer.why_not is None:
        return _at(graph, node, layer, shapes)

    if not read_on:
        raise UnsupportedLayerError(
            prefix + name,
            f"{layer.why_not}; nothing in the model comes after it, so there "
            "is nothing to compute",
        )

    info = _info(name, shapes.get(own), None, graph, own)

    return Start(name, (own,), (info,), behind=True)


def _first_of(graph: Graph, path: str, prefix: str) -> str:
    """Return the layer of the graph that a path names, or that holds the layer
    it names; SequenceError where there is none.
    """
    from rnn_tui.engine.core.layer_names import nearest

    for name in sorted(graph.layers, key=len, reverse=True):
        if _leads_to(name, path):
            return name

    raise SequenceError(
        f"no layer {prefix + path!r}; "
        f"{nearest(path, list(_paths(graph, prefix)))}"
    )


def _at(
    graph: Graph,
    node: Node,
    layer: Layer,
    shapes: Mapping[Ref, Shape],
) -> Start:
    """Return the start at a layer that can run; of a recurrent one only the
    sequence is asked for.
    """
    every = list(dict.fromkeys(node.refs()))
    refs = [ref for ref in every if not graph.layers[ref.layer].constant]
    if refs and text_reader(graph, refs[0]) is not None:
        return Start(node.layer, tuple(refs), (input_info(graph, refs[0]),))

    infos = []
    for place, ref in enumerate(every):
        if ref not in refs:
            continue

        info = _info(
            _called(ref, refs),
            shapes.get(ref) or wanted_shape(layer),
            reads_tokens(layer, place, node),
            graph,
            ref,
        )
        infos.append(info)

    return Start(node.layer, tuple(refs), tuple(infos))


def _called(ref: Ref, refs: Sequence[Ref]) -> str:
    """Return the name of the fed tensor: the layer's, with call (`@1`) and
    output (`:1`) where one isn't enough.
    """
    if sum(other.layer == ref.layer for other in refs) == 1:
        return ref.layer

    return (
        ref.layer
        + (f"@{ref.call}" if ref.call else "")
        + (f":{ref.tensor}" if ref.tensor else "")
    )


def known_shapes(graph: Graph) -> Mapping[Ref, Shape]:
    """Return the shape of every tensor; a nested model behind a layer that
    isn't can run has its own inputs' shapes.
    """
    if graph.known_shapes is None:
        graph.known_shapes = _found_shapes(graph)

    return graph.known_shapes


def _found_shapes(graph: Graph) -> Mapping[Ref, Shape]:
    shapes = graph.shapes(
        {ref: input_shape(graph.layers[ref.layer]) for ref in graph.inputs}
    )
    unreached = [
        node for node in graph.nodes if Ref(node.layer, node.call) not in shapes
    ]
    for node in unreached:
        layer = graph.layers[node.layer]
        if layer.nested is not None:
            inner = known_shapes(layer.nested)
            own = [inner.get(ref) for ref in layer.nested.outputs]
            shapes.update(
                {
                    Ref(node.layer, node.call, k): shape
                    for k, shape in enumerate(own)
                    if shape is not None
                }
            )

    if unreached:
        return graph.shapes(shapes)

    return shapes


def _info(
    name: str,
    shape: Shape | None,
    tokens: int | None,
    graph: Graph,
    ref: Ref,
) -> InputInfo:
    if shape is None:
        layers = (
            graph.layers[reader.node.layer]
            for reader in graph.readers.get(ref, ())
        )
        shape = next(
            (wanted for layer in layers if (wanted := wanted_shape(layer))),
            None,
        )

    if shape is None:
        shape = (None, None, None)

    return InputInfo(
        name,
        tuple(shape[1:]),
        tokens,
        None,
        any_id=becomes_one_hot(graph, ref),
    )


def wanted_shape(layer: Layer) -> Shape | None:
    """Return the shape a layer reads, as its weights or its saved build
    tell.
    """
    built = layer.config.get("build_shape")
    if built:
        return tuple(built)

    if layer.recurrent:
        if layer.sublayers():
            inner = layer.sublayers()[0]
        else:
            inner = layer

        if inner.weights:
            kernel = inner.weights[0].shape
        else:
            kernel = ()

        if len(kernel) > 1:
            *size, channels, _ = kernel
            open_sides = [None] * len(size)

            return (None, None, *open_sides, channels)

        return None

    if layer.nested is not None:
        if layer.nested.inputs:
            first = layer.nested.inputs[0].layer
            return input_shape(layer.nested.layers[first])

        return None

    if layer.schema.reads_ids:
        return (None, None)
    # its bytes hold two values: they don't tell
    if layer.config.get("quantized") == "int4":
        return None

    if layer.schema.reads_width and layer.weights and layer.weights[0].shape:
        return (None, layer.weights[0].shape[0])

    return None


def _leads_to(name: str, path: str) -> bool:
    return path == name or path.startswith(f"{name}/")


def _paths(graph: Graph, prefix: str = "") -> Iterator[str]:
    """Yield the paths of all layers, those of nested models below them."""
    for name, layer in graph.layers.items():
        if name not in graph.hidden:
            yield prefix + name

        if layer.nested is not None:
            yield from _paths(layer.nested, f"{prefix}{name}/")
