"""How calls of layers are written in functional models, in four notations, and what they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.graph import Node, Ref
from rnn_tui.errors import ConfigError
from rnn_tui.formats.checks import is_whole, shown


def triples(value: Any) -> list[Ref]:
    """Return `input_layers` or `output_layers`: a list of triples, a flat one, or an object of them."""
    if isinstance(value, Mapping):
        return [ref for item in value.values() for ref in triples(item)]
    if not isinstance(value, list):
        raise ConfigError("the model's inputs or outputs are not a list")
    if len(value) == 3 and isinstance(value[0], str) and not isinstance(value[1], (str, list)):
        if not (is_whole(value[1]) and is_whole(value[2])):
            raise ConfigError(f"the model's input or output {shown(value)} names no call of a layer")
        return [Ref(value[0], int(value[1]), int(value[2]))]
    return [ref for item in value for ref in triples(item)]


def calls(layer: str, inbound: Any, listed: bool = False) -> list[Node]:
    """Return the calls of `layer`, in the order the file lists them.

    With `listed` a list of one tensor stays one, as in calls of TensorFlow functions: concat([x]) isn't concat(x).
    """
    if inbound is not None and not isinstance(inbound, list):
        raise ConfigError(f"the calls of layer {layer!r} are {shown(inbound)}, not a list")
    nodes = [_readable_call(layer, number, entry) for number, entry in enumerate(inbound or [])]
    for number, entry in enumerate(inbound or []):
        one = isinstance(entry, list) and len(entry) == 1 and isinstance(entry[0], list)
        if listed and one and nodes[number].args:
            nodes[number] = Node(layer, number, (list(nodes[number].args),), nodes[number].kwargs)
    return nodes


def _readable_call(layer: str, number: int, entry: Any) -> Node:
    try:
        return _call(layer, number, entry)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError):
        raise ConfigError(f"the call {number} of layer {layer!r} is {shown(entry)}, which can't be read") from None


def _call(layer: str, number: int, entry: Any) -> Node:
    if isinstance(entry, Mapping):
        named = {key: _keras3(value) for key, value in (entry.get("kwargs") or {}).items()}
        return Node(layer, number, tuple(_keras3(value) for value in entry.get("args") or []), named)
    if not isinstance(entry, list):
        raise TypeError
    if entry and isinstance(entry[0], str):
        entry = [entry]
    kwargs: dict[str, Any] = {}
    tensors = [_keras2(item, kwargs) for item in entry]
    if len(tensors) == 1:
        return Node(layer, number, (tensors[0],), kwargs)
    return Node(layer, number, (tensors,), kwargs)


def _keras2(item: Any, kwargs: dict[str, Any]) -> Any:
    """Return the tensor of `[name, call, tensor, kwargs]` (Keras 1 has no kwargs), or a constant."""
    if isinstance(item, Mapping):
        return {key: _keras2(value, kwargs) for key, value in item.items()}
    if not isinstance(item, list) or not item:
        return item
    if not isinstance(item[0], str):
        return [_keras2(part, kwargs) for part in item]
    if len(item) > 3 and isinstance(item[3], Mapping):
        for key, value in item[3].items():
            kwargs.setdefault(key, _argument(value))
    return _constant_or_ref(item)


def _constant_or_ref(item: Sequence[Any]) -> Any:
    if item[0] == "_CONSTANT_VALUE":
        return item[2]
    return Ref(str(item[0]), int(item[1]), int(item[2]))


def _argument(value: Any) -> Any:
    """Return a keyword's value: tf.keras writes a tensor as `["name", call, tensor]`."""
    if isinstance(value, list):
        is_ref = len(value) >= 3 and isinstance(value[0], str) and all(type(part) is int for part in value[1:3])
        return _constant_or_ref(value) if is_ref else [_argument(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _argument(part) for key, part in value.items()}
    return value


def _keras3(value: Any) -> Any:
    """Return an argument as Keras 3 serialises it: tensors by their history, slices and tuples by their class."""
    if isinstance(value, list):
        return [_keras3(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__keras_tensor__" and isinstance(config, Mapping):
        name, call, tensor = config["keras_history"]
        return Ref(str(name), int(call), int(tensor))
    if kind in ("__numpy__", "__tensor__") and isinstance(config, Mapping):
        return config.get("value")
    if kind == "__tuple__":
        items = config.get("value", []) if isinstance(config, Mapping) else value.get("items", [])
        return [_keras3(part) for part in items]
    return {key: _keras3(part) for key, part in value.items()}


def settled(nodes: list[Node], models: set[str], outputs: list[Ref], from_one: set[str] | None) -> list[Ref]:
    """Shift the calls of nested models that count from 1 (their own first node is number 0), in place; return outputs.

    Keras 2 (`from_one` None) counts so in all references or in none: where one names a call beyond the last, in all.
    Keras 3 counts from 0 but in the model's outputs, and there from 1 for the models in `from_one`.
    """
    made: dict[str, int] = {}
    for node in nodes:
        made[node.layer] = made.get(node.layer, 0) + 1
    inner = [ref for node in nodes for ref in node.refs()]

    def beyond(refs: list[Ref]) -> set[str]:
        return {ref.layer for ref in refs if ref.layer in models and ref.call >= made.get(ref.layer, 0)}

    shifted = beyond([*inner, *outputs] if from_one is None else inner)
    for k, node in enumerate(nodes):
        nodes[k] = Node(node.layer, node.call, tuple(_shift(node.args, shifted)), _shift(node.kwargs, shifted))
    zero = {ref.layer for ref in outputs if ref.call == 0}
    return [_shift(ref, (beyond(outputs) | shifted | (from_one or set())) - zero) for ref in outputs]


def _shift(value: Any, shifted: set[str]) -> Any:
    if isinstance(value, Ref):
        return value._replace(call=value.call - 1) if value.layer in shifted else value
    if isinstance(value, Mapping):
        return {key: _shift(item, shifted) for key, item in value.items()}
    return [_shift(item, shifted) for item in value] if isinstance(value, (list, tuple)) else value
