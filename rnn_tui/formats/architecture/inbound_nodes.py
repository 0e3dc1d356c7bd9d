"""How calls of layers are written in functional models, in four notations, and
what they become.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.cells.kinds import KINDS
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.keys import is_whole
from rnn_tui.errors import ConfigError, MisfitError
from rnn_tui.formats.architecture.constants import Constants, is_numbers
from rnn_tui.formats.data.spec import shown

FUNCTIONS = ("TFOpLambda", "SlicingOpLambda")
"""The layers that tf.keras makes of TensorFlow functions."""
CONSTANT = "_CONSTANT_VALUE"
"""The word of tf.keras in the place of a layer's name where the first argument
is no layer's output.
"""
TENSORS = frozenset(
    {
        "mask",
        "attention_mask",
        "query_mask",
        "value_mask",
        "key_mask",
        "inputs",
        "query",
        "value",
        "key",
        "constants",
        "x",
        "y",
        "a",
        "b",
        "condition",
        "indices",
        "updates",
        "tensor",
        "values",
        "weights",
    }
)
"""Keywords under which tf.keras means a tensor by a list of numbers; under
others it means axes, sizes and so on.
"""


def triples(value: Any) -> list[Ref]:
    """Return `input_layers` or `output_layers`: a list of triples, a flat one,
    or an object of them.
    """
    if isinstance(value, Mapping):
        return [ref for item in value.values() for ref in triples(item)]
    if not isinstance(value, list):
        raise ConfigError("the model's inputs or outputs are not a list")

    if (
        len(value) == 3
        and isinstance(value[0], str)
        and not isinstance(value[1], (str, list))
    ):
        if not (is_whole(value[1]) and is_whole(value[2])):
            raise ConfigError(
                f"the model's input or output {shown(value)} names no call of "
                "a layer"
            )

        return [Ref(value[0], int(value[1]), int(value[2]))]

    return [ref for item in value for ref in triples(item)]


def calls(
    layer: str,
    inbound: Any,
    constants: Constants,
    class_name: str = "",
) -> list[Node]:
    """Return the calls of `layer`, in the order the file lists them; the
    tensors they hold go to `constants`.
    """
    if inbound is not None and not isinstance(inbound, list):
        raise ConfigError(
            f"the calls of layer {layer!r} are {shown(inbound)}, not a list"
        )

    reader = _Reader(layer, class_name, constants)

    return [
        reader.readable_call(number, entry)
        for number, entry in enumerate(inbound or [])
    ]


class _Reader:
    """Reads the calls of one layer."""

    def __init__(
        self,
        layer: str,
        class_name: str,
        constants: Constants,
    ) -> None:
        self.layer = layer
        self.class_name = class_name
        self.constants = constants

    def readable_call(self, number: int, entry: Any) -> Node:
        """Return a call. Raises ConfigError where it is written as no Keras
        writes one.
        """
        try:
            return self._call(number, entry)
        except MisfitError:
            what = (
                f"the call {number} of layer {self.layer!r} is {shown(entry)}"
            )
            raise ConfigError(f"{what}, which can't be read") from None

    def _call(self, number: int, entry: Any) -> Node:
        if isinstance(entry, Mapping):
            return self._call_of_keras_3(number, entry)
        if not isinstance(entry, list):
            raise MisfitError("a call is a list or an object")

        is_list_of_one = len(entry) == 1 and isinstance(entry[0], list)
        if entry and isinstance(entry[0], str):
            entry = [entry]

        written: dict[str, Any] = {}
        tensors = [self._keras2(item, written) for item in entry]
        count = len(tensors)
        first: Any = tensors
        # concat([x]) isn't concat(x)
        keeps_list = is_list_of_one and self.class_name in FUNCTIONS
        if count == 1:
            (only,) = tensors
            if isinstance(only, list):
                count = len(only)
            if not keeps_list:
                first = only

        kwargs = {}
        for key, value in written.items():
            kwargs[key] = self._argument(key, value, count)

        return Node(self.layer, number, (first,), kwargs)

    def _call_of_keras_3(self, number: int, entry: Mapping[str, Any]) -> Node:
        """Return a call that is written as an object of args and kwargs."""
        args = entry.get("args") or []
        kwargs = entry.get("kwargs") or {}
        if not isinstance(args, list) or not isinstance(kwargs, Mapping):
            raise MisfitError(
                "a call has a list of args and an object of kwargs"
            )

        given = tuple(self._keras3(value) for value in args)
        named = {key: self._keras3(value) for key, value in kwargs.items()}

        return Node(self.layer, number, given, named)

    def _keras2(self, item: Any, written: dict[str, Any]) -> Any:
        """Return the tensor of `[name, call, tensor, kwargs]` (Keras 1 has no
        kwargs); each repeats the keywords.
        """
        if isinstance(item, Mapping):
            tensors = {}
            for key, value in item.items():
                tensors[key] = self._keras2(value, written)

            return tensors

        if not isinstance(item, list) or not item:
            return item
        if not isinstance(item[0], str):
            return [self._keras2(part, written) for part in item]

        keywords = None
        if len(item) > 3:
            keywords = item[3]

        if isinstance(keywords, Mapping):
            for key, value in keywords.items():
                written.setdefault(key, value)

        if item[0] == CONSTANT and len(item) > 2:
            return self._constant(item[2])

        return _ref(item[:3])

    def _constant(self, value: Any) -> Any:
        """Return the place of a tensor; a plain number or word stays an
        argument.
        """
        plain = value is None or isinstance(value, (bool, int, float, str))
        if plain:
            return value

        return self.constants.ref(self.layer, value)

    def _argument(self, key: str, value: Any, inputs: int) -> Any:
        """Return a keyword's value; `inputs` is how many tensors the first
        argument has.
        """
        if _is_ref(value):
            return Ref(str(value[0]), int(value[1]), int(value[2]))
        if isinstance(value, Mapping):
            return {
                part: self._argument(key, inner, inputs)
                for part, inner in value.items()
            }
        if not isinstance(value, list):
            return value

        if key == "initial_state":
            return self._states(value)
        if key == "mask" and _is_list_of_masks(value, inputs):
            return [self._argument(key, part, 1) for part in value]
        if key in TENSORS and is_numbers(value):
            return self.constants.ref(self.layer, value)

        return [self._argument(key, part, inputs) for part in value]

    def _states(self, value: Any) -> Any:
        """Return initial states, nested as the cells are: a tensor has as many
        axes as a state of this layer.
        """
        if _is_ref(value):
            return Ref(str(value[0]), int(value[1]), int(value[2]))
        if not isinstance(value, list):
            return value
        if is_numbers(value) and _depth(value) <= _state_axes(self.class_name):
            return self.constants.ref(self.layer, value)

        return [self._states(part) for part in value]

    def _keras3(self, value: Any) -> Any:
        """Return an argument as Keras 3 serialises it: tensors by their
        history, slices and tuples by their class.
        """
        if isinstance(value, list):
            return [self._keras3(part) for part in value]
        if not isinstance(value, Mapping):
            return value

        kind = value.get("class_name")
        config = value.get("config")
        if kind == "__keras_tensor__" and isinstance(config, Mapping):
            return _ref(config.get("keras_history"))
        if kind in ("__numpy__", "__tensor__") and isinstance(config, Mapping):
            return self.constants.ref(
                self.layer,
                config.get("value"),
                config.get("dtype"),
            )

        if kind == "__tuple__":
            if isinstance(config, Mapping):
                items = config.get("value", [])
            else:
                items = value.get("items", [])

            if not isinstance(items, list):
                raise MisfitError("a tuple has a list of items")

            return [self._keras3(part) for part in items]

        if kind == "__slice__" and isinstance(config, Mapping):
            return {
                "class_name": kind,
                "config": {key: _number(part) for key, part in config.items()},
            }

        return {key: self._keras3(part) for key, part in value.items()}


def _number(value: Any) -> Any:
    """Return one end of a slice, which may be a tensor of one number."""
    if isinstance(value, Mapping):
        config = value.get("config")
    else:
        config = None

    if isinstance(config, Mapping):
        return config.get("value")

    return value


def _is_ref(value: Any) -> bool:
    """Whether a keyword's value is a layer's output as tf.keras writes it:
    `["name", call, tensor]`.
    """
    if (
        not isinstance(value, list)
        or len(value) < 3
        or not isinstance(value[0], str)
    ):
        return False

    return all(type(part) is int for part in value[1:3])


def _ref(history: Any) -> Ref:
    """Return the tensor of `[name, call, tensor]`.

    Raises MisfitError where it isn't a reference.
    """
    if not isinstance(history, list) or len(history) != 3:
        raise MisfitError(
            "a tensor is a layer's name, its call and which of its outputs"
        )

    name, call, tensor = history
    if not isinstance(name, str) or not is_whole(call) or not is_whole(tensor):
        raise MisfitError(
            "a tensor is a layer's name, its call and which of its outputs"
        )

    return Ref(name, int(call), int(tensor))


def _is_list_of_masks(value: list[Any], inputs: int) -> bool:
    """Whether a `mask` is one for each of several tensors instead of one
    tensor.
    """
    if any(part is None or _is_ref(part) for part in value):
        return True

    return inputs > 1 and len(value) == inputs and _depth(value) > 2


def _depth(value: Any) -> int:
    """Return how many lists are around the first value."""
    depth = 0
    while isinstance(value, list):
        depth += 1
        if value:
            value = value[0]
        else:
            value = None

    return depth


def _state_axes(class_name: str) -> int:
    """Return how many axes a state of a recurrent layer has: batch and units,
    or batch, a picture's and filters.
    """
    if class_name in KINDS:
        return 2 + KINDS[class_name].rank

    return 2


def settled(
    nodes: list[Node],
    models: set[str],
    outputs: list[Ref],
    from_one: set[str] | None,
) -> list[Ref]:
    """Shift the calls of nested models that count from 1 (their own first node
    is number 0), in place; return outputs.

    Keras 2 (`from_one` None) counts so in all references or in none: where one
    names a call beyond the last, in all. Keras 3 counts from 0 but in the
    model's outputs, and there from 1 for the models in `from_one`.
    """
    made = Counter(node.layer for node in nodes)
    inner = [ref for node in nodes for ref in node.refs()]

    def beyond(refs: list[Ref]) -> set[str]:
        """Return the nested models of which a call is named that isn't
        there.
        """
        of_models = [ref for ref in refs if ref.layer in models]
        return {ref.layer for ref in of_models if ref.call >= made[ref.layer]}

    shifted = beyond(inner)
    if from_one is None:
        shifted |= beyond(outputs)

    for number, node in enumerate(nodes):
        args = tuple(_shift(node.args, shifted))
        kwargs = _shift(node.kwargs, shifted)
        nodes[number] = Node(node.layer, node.call, args, kwargs)

    counted_from_zero = {ref.layer for ref in outputs if ref.call == 0}
    shifted_outputs = beyond(outputs) | shifted | (from_one or set())
    shifted_outputs -= counted_from_zero

    return [_shift(ref, shifted_outputs) for ref in outputs]


def _shift(value: Any, shifted: set[str]) -> Any:
    if isinstance(value, Ref):
        if value.layer in shifted:
            return value._replace(call=value.call - 1)

        return value

    if isinstance(value, Mapping):
        return {key: _shift(item, shifted) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shift(item, shifted) for item in value]

    return value
