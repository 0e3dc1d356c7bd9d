"""A model's configuration as a graph of layers: Sequential and functional,
every generation, nested to any depth.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.keys import is_whole
from rnn_tui.engine.memory.work_budget import spend
from rnn_tui.engine.recurrent.factory import mapping
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.call_limit import refuse_multiplied
from rnn_tui.formats.architecture.constants import Constants
from rnn_tui.formats.architecture.custom_classes import recognised
from rnn_tui.formats.architecture.inbound_nodes import calls, settled, triples
from rnn_tui.formats.architecture.keras3_names import (
    canonical,
    unmerged,
    without_ours,
)
from rnn_tui.formats.architecture.own_classes import why_own
from rnn_tui.formats.architecture.quantization import settle
from rnn_tui.formats.data.spec import (
    Config,
    Era,
    GraphSpec,
    LayerSpec,
    class_of,
    named,
    own_name,
    shown,
)

MODELS = ("Sequential", "Model", "Functional")
CHAIN_KEYS = frozenset(
    ("name", "trainable", "dtype", "layers", "build_input_shape")
)
"""What the configuration of a Sequential holds, and of a class derived from it
that has nothing more to say.
"""
MOST_LAYERS = 10_000
"""Layers of one model; the deepest published networks have some 1,000."""
MOST_AXES = 8
PARSED = 10
"""Steps that reading a layer's configuration takes: see `work`."""
OPERATIONS = ("keras.src.ops", "keras.ops")
"""Where Keras's own operations come from, as the file names their module."""


def parse_model(raw: Config, era: Era) -> GraphSpec:
    """Return the graph a model's JSON describes.

    Raises ConfigError when it describes none.
    """
    graph = _model(raw, era)
    refuse_multiplied(graph)

    return graph


def _model(raw: Config, era: Era) -> GraphSpec:
    spend(PARSED // 2)
    class_name = class_of(raw)
    config = raw.get("config")
    if _is_chain(class_name, config):
        graph = _sequential(class_name, config, era)
    elif (
        isinstance(config, Mapping)
        and "input_layers" in config
        and "layers" in config
    ):
        graph = _functional(class_name, config, era)
    elif not raw.get("class_name") or not isinstance(config, Mapping):
        raise ConfigError(
            f"the configuration is {shown(raw)}, not a model's: that has "
            "class_name and config"
        )
    else:
        raise ConfigError(
            f"the model is a {class_name!r}, a class of its author's own: its "
            "structure is not in the file"
        )

    if class_name not in MODELS:
        graph.own_class = class_name
        graph.class_name = own_name(class_name)

    return graph


def _is_chain(class_name: str, config: Any) -> bool:
    """Whether a model's configuration is a list of layers that follow each
    other: a Sequential, or one derived.
    """
    if isinstance(config, list) or (
        class_name == "Sequential" and isinstance(config, Mapping)
    ):
        return True
    if (
        class_name in MODELS
        or not isinstance(config, Mapping)
        or not CHAIN_KEYS.issuperset(config)
    ):
        return False

    layers = config.get("layers")
    if not isinstance(layers, list) or not layers:
        return False

    return all(
        isinstance(raw, Mapping) and "class_name" in raw and "config" in raw
        for raw in layers
    )


def is_own_without_structure(raw: Config) -> bool:
    """Whether a file's model is of its author's own class, of which Keras saves
    no layers and no calls.
    """
    class_name = raw.get("class_name")
    config = raw.get("config")
    if (
        not isinstance(class_name, str)
        or class_name in MODELS
        or not isinstance(config, Mapping)
    ):
        return False

    return not _is_chain(class_name, config) and not (
        "input_layers" in config and "layers" in config
    )


def is_model(raw: Config) -> bool:
    """Whether a layer's JSON is a model used as a layer."""
    config = raw.get("config")
    if isinstance(config, Mapping) and "input_layers" in config:
        return True

    listed = isinstance(config, list) or (
        isinstance(config, Mapping) and isinstance(config.get("layers"), list)
    )

    return listed and (
        raw.get("class_name") in MODELS or _is_chain(class_of(raw), config)
    )


def _functional(class_name: str, config: Config, era: Era) -> GraphSpec:
    layers = [parse_layer(raw, era) for raw in _listed(config["layers"])]
    _check_names(layers)
    constants = Constants(layer.name for layer in layers)
    nodes: list[Node] = []
    for raw, layer in zip(config["layers"], layers, strict=True):
        inbound = raw.get("inbound_nodes")
        nodes += calls(layer.name, inbound, constants, layer.class_name)

    inputs = triples(config["input_layers"])
    outputs = _settled_outputs(config, nodes, layers, era)
    _check_ends(layers, inputs, outputs)

    name = named(config.get("name"), class_name.lower())
    _note_fixed_batch(layers, [ref.layer for ref in inputs], era)
    layers = _with_constants(layers, constants)
    nodes += constants.nodes()

    return GraphSpec(
        name,
        class_name,
        layers,
        nodes,
        inputs,
        outputs,
        trainable=bool(config.get("trainable", True)),
    )


def _settled_outputs(
    config: Config,
    nodes: list[Node],
    layers: list[LayerSpec],
    era: Era,
) -> list[Ref]:
    """Return a model's outputs; the calls of nested models are counted from 0
    in them and in the nodes, which are changed in place.
    """
    outputs = triples(stated(config, "output_layers"))
    nested = {
        layer.name: layer.written for layer in layers if layer.graph is not None
    }
    from_one = None
    if era.generation >= 3:
        from_one = {
            name for name, written in nested.items() if written != "Sequential"
        }

    return settled(nodes, set(nested), outputs, from_one)


def _check_ends(
    layers: list[LayerSpec],
    inputs: list[Ref],
    outputs: list[Ref],
) -> None:
    """Raise ConfigError where an input or an output is no layer of the model,
    or where an input can't be fed.
    """
    known = {layer.name for layer in layers}
    for ref in (*inputs, *outputs):
        if ref.layer not in known:
            raise ConfigError(
                f"the model names {ref.layer!r} as an input or output, but "
                "has no such layer"
            )

    seen: set[Ref] = set()
    for ref in inputs:
        if ref in seen or ref[1:] != (0, 0):
            raise ConfigError(
                f"the model names {ref.layer!r} twice as an input, or a part "
                "of it: that can't be fed"
            )

        seen.add(ref)


def _note_fixed_batch(
    layers: list[LayerSpec],
    inputs: list[str],
    era: Era,
) -> None:
    """Keep masks out of the layer in a TimeDistributed where Keras 2.2 and 2.3
    do: in models that fix the batch.
    """
    if era.generation != 2 or era.tensorflow:
        return

    shapes = [
        layer.config.get("batch_shape")
        for layer in layers
        if layer.name in inputs
    ]
    if any(shape is not None and shape[0] is not None for shape in shapes):
        for layer in layers:
            _keep_masks_out(layer)


def _keep_masks_out(layer: LayerSpec) -> None:
    if layer.class_name == "TimeDistributed":
        layer.config["time_masks"] = "outer"

    for inner in layer.wraps:
        _keep_masks_out(inner)


def _with_constants(
    layers: list[LayerSpec],
    constants: Constants,
) -> list[LayerSpec]:
    """Return the layers with the constants among them, each before the layer
    that reads it.
    """
    read_by: dict[str, list[LayerSpec]] = {}
    for name, reader, constant in constants.found:
        spec = LayerSpec(
            name,
            "Constant",
            {},
            "Constant",
            why_not=constant.problem,
            operator=True,
            constant=constant,
        )
        read_by.setdefault(reader, []).append(spec)

    together: list[LayerSpec] = []
    for layer in layers:
        together += read_by.get(layer.name, [])
        together.append(layer)

    return together


def _sequential(class_name: str, config: Any, era: Era) -> GraphSpec:
    """Return a Sequential as a chain; one without an input layer gets it from
    its first layer.
    """
    settings: Config = {}
    listed = config
    if not isinstance(config, list):
        listed = stated(config, "layers")

    if isinstance(config, Mapping):
        settings = config

    raws = _listed(listed)
    first_raw = raws[0]
    name = named(settings.get("name"), "sequential")
    merges = first_raw.get("class_name") == "Merge"
    if merges and mapping(first_raw.get("config")).get("layers"):
        return _merged(name, raws, era)

    layers = [parse_layer(raw, era) for raw in raws]
    if layers[0].class_name != "InputLayer":
        shape = input_shape_of(first_raw)
        if shape is None:
            shape = settings.get("build_input_shape")

        own_input = f"{layers[0].name}_input"
        layers.insert(0, input_layer(own_input, readable_shape(shape)))

    _note_fixed_batch(layers, [layers[0].name], era)
    _apart(layers)
    nodes = [Node(b.name, 0, (Ref(a.name),)) for a, b in pairwise(layers)]
    first = Ref(layers[0].name)
    last = Ref(layers[-1].name)
    has_input_layer = first_raw.get("class_name") == "InputLayer"
    declared = has_input_layer or declared_shape_of(first_raw) is not None
    hidden = frozenset([first.layer])

    return GraphSpec(
        name,
        class_name,
        layers,
        nodes,
        [first],
        [last],
        hidden,
        bool(settings.get("trainable", True)),
        declared=declared,
    )


def stated(config: Config, key: str) -> Any:
    """Return the value of a key of a model's configuration.

    Raises ConfigError where it has none.
    """
    if key not in config:
        raise ConfigError(
            f"the model's configuration can't be read: {key!r} is missing in it"
        )

    return config[key]


def _listed(raws: Any) -> list[Any]:
    """Return a model's layers as the file lists them.

    Raises ConfigError when it lists none, or something else.
    """
    if not isinstance(raws, list):
        raise ConfigError(f"the model's layers are {shown(raws)}, not a list")
    if not raws:
        raise ConfigError("the model has no layers")
    if len(raws) > MOST_LAYERS:
        raise ConfigError(
            f"the model has {len(raws):,} layers; at most {MOST_LAYERS:,} are "
            "read"
        )

    odd = next(
        (k for k, raw in enumerate(raws) if not isinstance(raw, Mapping)),
        None,
    )
    if odd is not None:
        raise ConfigError(
            f"the model's layer {odd} is {shown(raws[odd])}, not an object "
            "with class_name and config"
        )

    return raws


def _check_names(layers: list[LayerSpec]) -> None:
    """Raise ConfigError where two of the layers have one name."""
    seen: set[str] = set()
    for layer in layers:
        if layer.name in seen:
            raise ConfigError(
                f"the model has two layers called {layer.name!r}: it isn't "
                "known which of them its calls mean"
            )

        seen.add(layer.name)


def _apart(layers: list[LayerSpec]) -> None:
    """Give the layers of a chain names of their own; layers that the file calls
    alike are named in a note.
    """
    seen: set[str] = set()
    for place, layer in enumerate(layers):
        if layer.name in seen:
            layer.notes.append(
                f"the file has another layer called {layer.name!r} before "
                "this one"
            )
            layer.name = f"{layer.name}#{place}"

        seen.add(layer.name)


def readable_shape(shape: Any) -> list[Any] | None:
    """Return a shape whose sides are whole numbers or open, None when it is
    something else.
    """
    if not isinstance(shape, (list, tuple)) or not 0 < len(shape) <= MOST_AXES:
        return None

    sides: list[int | None] = []
    for side in shape:
        if side is None:
            sides.append(None)
        elif is_whole(side, 0):
            sides.append(int(side))
        else:
            return None

    return sides


def _merged(name: str, raws: list[Any], era: Era) -> GraphSpec:
    """Return a Keras 1 Sequential that starts by merging others: their chains,
    the merge, the rest.
    """
    branches = [
        _model(raw, era) for raw in _listed(raws[0]["config"]["layers"])
    ]
    chain = [parse_layer(raw, era) for raw in raws]
    layers = [layer for branch in branches for layer in branch.layers] + chain
    _check_names(layers)

    nodes = [node for branch in branches for node in branch.nodes]
    nodes.append(
        Node(chain[0].name, 0, ([branch.outputs[0] for branch in branches],))
    )
    nodes += [Node(b.name, 0, (Ref(a.name),)) for a, b in pairwise(chain)]
    inputs = [ref for branch in branches for ref in branch.inputs]
    hidden = frozenset(name for branch in branches for name in branch.hidden)

    return GraphSpec(
        name,
        "Sequential",
        layers,
        nodes,
        inputs,
        [Ref(chain[-1].name)],
        hidden,
    )


def input_layer(name: str, shape: Any) -> LayerSpec:
    """Return an input layer that the file left out; `shape` has its batch axis,
    None where the file doesn't say.
    """
    return LayerSpec(
        name,
        "InputLayer",
        {"batch_shape": shape, "name": name},
        "InputLayer",
    )


def declared_shape_of(raw: Config) -> list[Any] | None:
    """Return the input shape, batch axis included, with which a layer was made;
    None where it was made without.
    """
    config = mapping(raw.get("config"))
    for key in ("batch_shape", "batch_input_shape"):
        if isinstance(config.get(key), list) and config[key]:
            return list(config[key])

    if isinstance(config.get("input_shape"), list) and config["input_shape"]:
        return [None, *config["input_shape"]]

    return None


def input_shape_of(raw: Config) -> list[Any] | None:
    """Return the input shape, batch axis included, that a first layer's
    configuration states.
    """
    config = raw.get("config")
    if is_model(raw):
        if isinstance(config, list):
            layers = config
        else:
            layers = stated(mapping(config), "layers")

        return input_shape_of(_listed(layers)[0])

    if not isinstance(config, Mapping):
        return None

    declared = declared_shape_of(raw)
    if declared is not None:
        return declared

    built = raw.get("build_config")
    if isinstance(built, Mapping) and isinstance(
        built.get("input_shape"),
        list,
    ):
        return list(built["input_shape"])
    if isinstance(config.get("layer"), Mapping):
        return input_shape_of(config["layer"])
    if config.get("input_dim") and raw.get("class_name") not in (
        "Embedding",
        "Dense",
    ):
        return [None, config.get("input_length"), config["input_dim"]]
    if config.get("input_dim") and raw.get("class_name") == "Dense":
        return [None, config["input_dim"]]

    return None


def parse_layer(raw: Config, era: Era) -> LayerSpec:
    """Return one layer, with those it wraps or the model it is."""
    spend(PARSED)
    written = class_of(raw)
    config = raw.get("config")
    inside = None
    if isinstance(config, Mapping):
        inside = config.get("name")

    name = named(raw.get("name"), named(inside, written.lower()))
    if is_model(raw):
        return _nested(raw, name, written, era)

    if not isinstance(config, Mapping):
        return LayerSpec(
            name,
            written,
            {},
            written,
            why_not="the file has no configuration for it",
        )

    if _is_operator(raw, config, era):
        return _operator(name, written, config)

    class_name, found, notes = canonical(written, config, era)
    if class_name == "InputLayer":
        shape = input_shape_of({"class_name": written, "config": config})
        found["batch_shape"] = readable_shape(shape)
        if shape is not None and found["batch_shape"] is None:
            notes.append(f"its shape {shown(shape)} can't be read: left open")

    built = raw.get("build_config")
    if isinstance(built, Mapping):
        build_shape = readable_shape(built.get("input_shape"))
        if build_shape is not None:
            found["build_shape"] = build_shape

    spec = LayerSpec(name, class_name, found, written, notes)
    spec.wraps = _wrapped(spec, era)
    if found.get("trainable") is False:
        freeze(spec)

    own = why_own(raw, written, config, era)
    spec = settle(recognised(spec, era, own), era)
    if written == "Merge" and era.generation < 3:
        spec.why_not = unmerged(found)

    return spec


def _nested(raw: Config, name: str, written: str, era: Era) -> LayerSpec:
    """Return a layer that is a model."""
    graph = _model(raw, era)
    settings = {"trainable": graph.trainable}
    spec = LayerSpec(name, written, settings, written, graph=graph)
    if not graph.trainable:
        freeze(spec)

    return spec


def _operator(name: str, written: str, config: Config) -> LayerSpec:
    """Return one of Keras 3's operations as a layer."""
    # few models have one
    from rnn_tui.engine.operations.keras_table import (
        why_not as operation_why_not,
    )

    return LayerSpec(
        name,
        written,
        without_ours(config),
        written,
        why_not=operation_why_not(written),
        operator=True,
    )


def freeze(spec: LayerSpec) -> None:
    """Freeze a layer with all that is inside: the key of a wrapper or a model
    holds for its layers.
    """
    spend()
    spec.config["trainable"] = False
    for inner in (
        *spec.wraps,
        *(spec.graph.layers if spec.graph is not None else ()),
    ):
        freeze(inner)


def _is_operator(raw: Config, config: Config, era: Era) -> bool:
    """Whether an entry is one of Keras 3's operations: they have no
    `trainable`; .h5 files leave the module out.
    """
    module = raw.get("module")
    if isinstance(module, str):
        return module.startswith(OPERATIONS)

    class_name = raw.get("class_name")
    if (
        era.generation < 3
        or "trainable" in config
        or class_name == "InputLayer"
    ):
        return False

    from rnn_tui.engine.operations.keras_table import is_operation

    return is_operation(str(class_name))


def _wrapped(spec: LayerSpec, era: Era) -> list[LayerSpec]:
    """Return the layers inside a wrapper; Bidirectional's backward one is its
    forward one turned round.
    """
    inner = spec.config.get("layer")
    if not isinstance(inner, Mapping):
        return []

    forward = parse_layer(inner, era)
    if spec.class_name == "TimeDistributed":
        spec.config |= {
            "time_masks": era.time_masks,
            "carries_state": era.carries_state,
        }

    if spec.class_name != "Bidirectional":
        return [forward]

    # read once: a layer inside it would be doubled at each level
    if forward.wraps or forward.graph is not None:
        spec.why_not = (
            f"a Bidirectional around {forward.written} is not reproduced"
        )
        return [forward]

    given = spec.config.get("backward_layer")
    backward = parse_layer(given if isinstance(given, Mapping) else inner, era)
    if not isinstance(given, Mapping):
        backward.config["go_backwards"] = not forward.config.get(
            "go_backwards",
            False,
        )

    spec.config["force_zero_output"] = era.zeroes_masked_directions
    forward.name = "forward"
    backward.name = "backward"

    return [forward, backward]
