"""The contents of a TensorFlow checkpoint: its layers and their arrays, and the
model's configuration where TensorFlow 1.13 to 2.0 wrote it.

A checkpoint of objects has a graph of them, whose paths say which layer a
variable is in. An optimizer's variables and a program's counters are left out.
One of TensorFlow 1 has names only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rnn_tui.formats.reader.contents import Contents
from rnn_tui.formats.reader.keras_metadata import plain
from rnn_tui.formats.reader.layouts import Found, Layer
from rnn_tui.formats.reader.named_variables import by_names
from rnn_tui.formats.reader.object_graphs import (
    OBJECT_GRAPH,
    VALUE,
    Node,
    below,
    tracked_objects,
)
from rnn_tui.formats.reader.open_files import OpenFiles
from rnn_tui.formats.reader.protobuf import Fields
from rnn_tui.formats.reader.tensor_bundle import Bundle
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

INDEX = ".index"
_CONFIG = ".ATTRIBUTES/OBJECT_CONFIG_JSON"
_ROOT = "/"
_INSIDE = frozenset(
    ("cell", "cells", "layer", "forward_layer", "backward_layer")
)
"""Parts of a path that are inside one layer."""
_LEFT_OUT = (
    "optimizer",
    "_optimizer",
    "save_counter",
    "keras_api",
    "signatures",
    "loss",
    "metrics",
    "variables",
    "trainable_variables",
    "non_trainable_variables",
    "states",
)
_COUNTERS = ("save_counter", "step", "global_step", "epoch", "ckpt_step")


def read_checkpoint(files: OpenFiles, limits: Limits) -> Contents:
    """Return the contents of a checkpoint's files."""
    stem = files.names()[0].removesuffix(INDEX)
    bundle = Bundle(files, stem, limits)
    if not bundle.has(OBJECT_GRAPH):
        contents = by_names(bundle)
    else:
        fields = Fields(limits.fields)
        nodes = tracked_objects(bundle, fields, limits)
        contents = _of_objects(nodes, bundle, limits)

    contents.facts = {"files": ", ".join(files.names())}

    return contents


def _of_objects(
    nodes: Sequence[Node],
    bundle: Bundle,
    limits: Limits,
) -> Contents:
    groups: dict[str, Layer] = {}
    for path, place in _tracked(nodes):
        node = nodes[place]
        key = node.keys.get(VALUE)
        if key is None or path in _COUNTERS:
            continue
        if bundle.is_text(key):
            continue

        folder, _, name = path.rpartition("/")
        layer = _group(groups, _owner(folder))
        layer.layer_name = layer.layer_name or _own_name(node.full_name)
        inside = _group(groups, folder)
        inside.arrays.append(_array(bundle, key, name))

    contents = Contents("tf-checkpoint", "tracked", list(groups.values()))
    config = _configuration(bundle, limits)
    if config is not None:
        contents.config = config
        contents.keras_version = "2.2.4-tf"

    return contents


def _group(groups: dict[str, Layer], name: str) -> Layer:
    """Return the group of a name; a new one comes after the others."""
    if name not in groups:
        groups[name] = Layer(name, address=len(groups) + 1)

    return groups[name]


def _tracked(nodes: Sequence[Node]) -> list[tuple[str, int]]:
    """Return the objects that a model owns by their paths, depth first as they
    were made, each where it is first met.
    """
    found: list[tuple[str, int]] = []
    seen = {0}
    left = [("", 0)]
    while left:
        path, place = left.pop()
        found.append((path, place))
        inner = []
        for name, child in nodes[place].children.items():
            if (
                child in seen
                or name in _LEFT_OUT
                or name.endswith("_optimizer")
            ):
                continue

            inner.append((below(path, name), child))

        # a layer has two names, `layer-3` and `layer_with_weights-1`: the
        # second counts; and the layer that a Bidirectional wraps may be its
        # forward layer
        inner.sort(key=lambda one: _is_second_name(one[0].rpartition("/")[2]))
        kept = []
        for inner_path, child in inner:
            if child not in seen:
                seen.add(child)
                kept.append((inner_path, child))

        left += reversed(kept)

    return found


def _is_second_name(name: str) -> bool:
    return name.startswith("layer-") or name == "layer"


def _owner(folder: str) -> str:
    """Return the path of the layer that a variable's folder is in, or is."""
    parts = folder.split("/")
    for place, part in enumerate(parts):
        if place and part in _INSIDE:
            return "/".join(parts[:place])

    return folder


def _own_name(full_name: str) -> str | None:
    """Return the name of a variable's layer, from the variable's name in the
    program; None where it says none.
    """
    folders = full_name.split("/")[:-1]
    kept = [
        part for part in folders if "_cell" not in part or part == folders[0]
    ]
    if not kept:
        return None

    while len(kept) > 1 and kept[-1].startswith(("forward_", "backward_")):
        kept.pop()

    return kept[-1]


def _array(bundle: Bundle, key: str, name: str) -> Found:
    try:
        return Found(name, bundle.tensor(key))
    except ProblemError as problem:
        return Found(name, None, str(problem), problem.shape)


def _configuration(bundle: Bundle, limits: Limits) -> str | None:
    """Return the configuration of the whole model, None where the checkpoint
    has none that describes layers: the root's, or that of the one object it
    owns.
    """
    found = []
    for name in sorted(bundle.names(), key=len):
        owner, mark, _ = name.partition(_CONFIG)
        if not mark or owner.count("/") > 1:
            continue

        config = _parsed(bundle, name, limits)
        if _describes_layers(config):
            found.append((owner, config))

    if not found:
        return None

    owner, first = found[0]
    if len(found) > 1 and owner != _ROOT:
        return None

    try:
        return json.dumps(plain(first))
    except RecursionError:
        raise ProblemError(
            "has a configuration that is nested too deep"
        ) from None


def _parsed(bundle: Bundle, name: str, limits: Limits) -> Any:
    """Return a configuration, None where it can't be read."""
    try:
        (text, *_) = bundle.texts(name, limits.config_bytes)
        return json.loads(text)
    except (ProblemError, ValueError, RecursionError):
        return None


def _describes_layers(config: Any) -> bool:
    inside = None
    if isinstance(config, dict):
        inside = config.get("config")

    if isinstance(inside, dict):
        listed = inside.get("layers")
    else:
        listed = inside

    return isinstance(listed, list) and bool(listed)
