"""Weights without a configuration: layers told by their shapes, chained on assumptions that are stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rnn_tui.engine.graph import Node, Ref
from rnn_tui.errors import FileError
from rnn_tui.formats.chain import ambiguous, chained
from rnn_tui.formats.config import input_layer
from rnn_tui.formats.description import FileDescription, StoredArray
from rnn_tui.formats.paths import tidy
from rnn_tui.formats.shapes import Piece, pieces
from rnn_tui.formats.spec import Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights import Attached, Attachment

INNER = ("layers", "_layer_checkpoint_dependencies", "cell", "cells", "forward_layer", "backward_layer")
SKIPPED = ("optimizer", "metrics", "loss_tracker", "_metrics", "seed_generator")


def deduce(file: FileDescription, era: Era, assume: Mapping[str, str]) -> tuple[GraphSpec, Attachment, list[str]]:
    """Return a model of the layers found, their arrays, what was assumed. Raises FileError when none is recurrent."""
    named = [(name, piece) for name, arrays in _layers(file) for name, piece in _named(name, arrays, era)]
    if not any(piece.recurrent for _, piece in named):
        raise FileError(f"{file.path}: the weights hold no recurrent layer that their shapes could tell")
    several = False
    if file.layout == "paths":
        named = chained(named)
        several = ambiguous(named)
    attached: Attachment = {}
    layers = [_spec(name, piece, attached) for name, piece in named]
    for k, (spec, (_, piece)) in enumerate(zip(layers, named, strict=True)):
        if piece.recurrent:
            _assume(spec, era, assume, last=not any(other.recurrent for _, other in named[k + 1 :]))
    graph = _linked(layers, [piece for _, piece in named])
    lines = ["the file holds weights only: the layers are told by their shapes, their order and settings are assumed"]
    lines.append("give the configuration (--config) or change an assumption (--assume activation=relu)")
    if several:
        order = " → ".join(name.rpartition("/")[2] for name, _ in named)
        lines.append(f"the file lists its layers by class, and more than one order fits their widths: assumed {order}")
    return graph, attached, lines


def _layers(file: FileDescription) -> Iterator[tuple[str, list[StoredArray]]]:
    """Yield each layer's name and arrays; in paths, a cell's group is its layer's."""
    by_name: dict[str, list[StoredArray]] = {}
    for group in sorted(file.groups, key=lambda group: "backward_layer" in group.name):
        parts = tidy(group.name).split("/") if file.layout == "paths" else [group.name]
        if parts[0] in SKIPPED:
            continue
        if file.layout == "paths":
            parts = [part for part in parts if part not in INNER]
        readable = [array for array in group.arrays if array.problem is None]
        by_name.setdefault("/".join(parts) or "layer", []).extend(readable)
    yield from ((name, arrays) for name, arrays in by_name.items() if arrays)


def _named(name: str, arrays: list[StoredArray], era: Era) -> Iterator[tuple[str, Piece]]:
    """Yield the layers in one group; two alike cells in a row are the two directions of a Bidirectional."""
    found = list(pieces(arrays, era.generation == 1))
    both = "bidirectional" in name
    k = number = 0
    while k < len(found):
        pair = found[k : k + 2]
        shown = name if len(found) == 1 or (len(found) == 2 and _directions(pair, both)) else f"{name}.{number}"
        if _directions(pair, both):
            yield shown, _bidirectional(pair)
        else:
            yield shown, found[k]
        k += 2 if _directions(pair, both) else 1
        number += 1


def _directions(pair: list[Piece], both: bool) -> bool:
    if len(pair) < 2 or not pair[0].recurrent or pair[0].class_name != pair[1].class_name:
        return False
    return [array.shape for array in pair[0].arrays] == [array.shape for array in pair[1].arrays] and (
        both or pair[0].reads != pair[0].returns or "backward" in pair[1].arrays[0].name
    )


def _bidirectional(pair: list[Piece]) -> Piece:
    returns = 2 * (pair[0].returns or 0)
    return Piece("Bidirectional", {"merge_mode": "concat"}, [], pair[0].reads, returns, "Bidirectional", list(pair))


def _spec(name: str, piece: Piece, attached: Attachment) -> LayerSpec:
    spec = LayerSpec(name, piece.class_name or "?", dict(piece.config), piece.written or "?")
    if not piece.class_name:
        shapes = ", ".join(str(array.shape) for array in piece.arrays)
        spec.why_not = f"the shapes {shapes} belong to no layer that is known"
    elif piece.class_name.startswith("ConvLSTM"):
        spec.why_not = "its padding, strides and order of channels aren't in the weights: give the configuration"
    spec.wraps = [
        _spec(side, inner, attached) for side, inner in zip(("forward", "backward"), piece.inner, strict=False)
    ]
    if not spec.wraps:
        attached[id(spec)] = Attached(piece.arrays)
    return spec


def _assume(spec: LayerSpec, era: Era, assume: Mapping[str, str], last: bool) -> None:
    """Write the assumed settings of a recurrent layer into its configuration, and into its notes."""
    settings: dict[str, Any] = {"return_sequences": not last, "go_backwards": False}
    if spec.written not in ("CuDNNLSTM", "CuDNNGRU"):
        settings |= {"activation": "tanh"}
        if spec.class_name != "SimpleRNN":
            settings |= {"recurrent_activation": era.gate}
    cells = spec.wraps or [spec]
    if any(cell.class_name == "GRU" and not cell.config.get("use_bias") for cell in cells):
        settings |= {"reset_after": era.resets_after}
    if spec.class_name == "Bidirectional":
        settings |= {"merge_mode": "concat", "force_zero_output": era.zeroes_masked_directions}
    for key in settings:
        text = assume.get(f"{spec.name}.{key}", assume.get(key))
        if text is not None:
            settings[key] = {"true": True, "false": False, "none": None}.get(text.lower(), text)
    spec.config.update(settings)
    for k, inner in enumerate(spec.wraps):
        inner.config.update({key: value for key, value in settings.items() if key not in ("merge_mode",)})
        inner.config["go_backwards"] = bool(k) is not bool(settings["go_backwards"])
    shown = ", ".join(f"{key} {value}" for key, value in settings.items() if key != "force_zero_output")
    spec.notes.append(f"assumed: {shown}")


def _linked(layers: list[LayerSpec], found: list[Piece]) -> GraphSpec:
    """Return the chain; where the widths don't meet, a chain of its own with its own input begins."""
    nodes: list[Node] = []
    inputs: list[LayerSpec] = []
    outputs: list[Ref] = []
    width: int | None = None
    sequence = True
    before: Ref | None = None
    for spec, piece in zip(layers, found, strict=True):
        meets = before is not None and piece.reads == width and (sequence or not piece.recurrent)
        if not meets:
            if before is not None:
                outputs.append(before)
            shape: list[int | None] = (
                [None] * piece.axes if piece.reads is None else [None] * piece.axes + [piece.reads]
            )
            inputs.append(input_layer(f"{spec.name}_input", shape))
            before = Ref(inputs[-1].name)
        assert before is not None
        nodes.append(Node(spec.name, 0, (before,)))
        before, width = Ref(spec.name), piece.returns
        sequence = bool(spec.config.get("return_sequences")) if piece.recurrent else (sequence or not meets)
    assert before is not None
    outputs.append(before)
    refs = [Ref(layer.name) for layer in inputs]
    hidden = frozenset(layer.name for layer in inputs)
    return GraphSpec("weights", "weights only", [*inputs, *layers], nodes, refs, outputs, hidden)
