"""The child's part: a model built in Keras from a plan, whatever is in the file; see
plan.py.

Classes come from `keras.layers` by the names in the plan, which are those of the
engine's own table, and are called with plain values: nothing is deserialised, and
initialisers, regularisers and constraints aren't asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

OPERATIONS = ("numpy", "nn", "core", "math", "linalg", "image")
"""The modules of keras.src.ops, in the order in which an operation is looked for."""
OTHER_NAMES = {"LeakyReLU": {"negative_slope": "alpha"}}
"""What tf_keras calls a setting that has Keras 3's name in the plan."""
IN_THEIR_PLACE = {"activation": "softsign", "recurrent_activation": "softsign"}
"""Activations that keep a recurrent layer from its fused paths until its own are
set.
"""


class Seen(NamedTuple):
    """What a layer is called with: a tensor's shape and dtype."""

    shape: tuple[int | None, ...]
    dtype: str


class Rebuilding:
    """Builds the models of one plan; `arrays` by number, `keras` is Keras 3 or
    tf_keras.
    """

    def __init__(self, keras: Any, tensorflow: Any, arrays: Mapping[str, Any]) -> None:
        self.keras = keras
        self.tensorflow = tensorflow
        self.arrays = arrays
        self._waiting: list[tuple[Any, list[str]]] = []

    def model(self, graph: Mapping[str, Any], fed: Sequence[Any]) -> Any:
        """Return the plan's model for inputs like `fed`, with its weights set."""
        seen = [Seen(array.shape, str(array.dtype)) for array in fed]
        model = self._functional(graph, seen, everything=True)
        for layer, numbers in self._waiting:
            layer.set_weights([self.arrays[number] for number in numbers])
            if hasattr(layer, "finalize_state"):
                layer.finalize_state()

        return model

    def _functional(
        self, graph: Mapping[str, Any], seen: Sequence[Seen], everything: bool = False
    ) -> Any:
        """Return a functional model; with `everything`, what no output needs is run,
        too, and returned after them.
        """
        values: dict[tuple[int, ...], Any] = {}
        for place, (ref, like) in enumerate(zip(graph["inputs"], seen, strict=True)):
            values[tuple(ref)] = self.keras.Input(
                batch_shape=like.shape, dtype=like.dtype, name=f"i{place}"
            )

        inputs = list(values.values())

        made: dict[int, Any] = {}
        for call in graph["calls"]:
            number = call["layer"]
            if "constant" in call:
                values[number, call["call"], 0] = self.tensorflow.constant(
                    self.arrays[call["constant"]]
                )
                continue

            args = [self._filled(value, values) for value in call["args"]]
            if graph["layers"][number].get("class") == "GetItem":
                args = [
                    args[0],
                    *(
                        tuple(part) if isinstance(part, list) else part
                        for part in args[1:]
                    ),
                ]

            kwargs = {
                key: self._filled(value, values)
                for key, value in call["kwargs"].items()
            }
            described = graph["layers"][number]
            if number not in made:
                made[number] = self._layer(
                    described, f"n{number}", _tensors([args, kwargs])
                )

            if "order" in described:
                args = [_states_in_order(value, described["order"]) for value in args]

            if "mask_ends" in described:
                args = [self._unmasked(value) for value in args]

            returned = _listed(made[number](*args, **kwargs))
            if "mask_ends" in described:
                returned = self._unmasked(returned)

            if "order" in described and len(returned) > 1:
                returned = [returned[place] for place in described["order"]]

            values.update(
                {
                    (number, call["call"], place): tensor
                    for place, tensor in enumerate(returned)
                }
            )

        outputs = [values[tuple(ref)] for _, ref in graph["outputs"]]
        if everything:
            outputs += [
                values[call["layer"], call["call"], 0]
                for call in graph["calls"]
                if "args" in call
            ]

        return self.keras.Model(inputs, outputs)

    def _sequential(
        self, graph: Mapping[str, Any], seen: Sequence[Seen], name: str
    ) -> Any:
        """Return a Sequential of a chain of calls."""
        (like,) = seen
        read = self.keras.Input(batch_shape=like.shape, dtype=like.dtype)
        model = self.keras.Sequential([read], name=name)
        tensors = [read]
        for call in graph["calls"]:
            number = call["layer"]
            model.add(self._layer(graph["layers"][number], f"n{number}", tensors))
            tensors = _listed(model.outputs)

        return model

    def _unmasked(self, value: Any) -> Any:
        """Return tensors without their masks: Keras 3.0 to 3.3 lost them where tensors
        meet.
        """
        if isinstance(value, list):
            return [self._unmasked(item) for item in value]
        if hasattr(value, "shape"):
            return _without_mask(self.keras)(value)

        return value

    def _filled(self, value: Any, values: Mapping[tuple[int, ...], Any]) -> Any:
        """Return an argument with its tensors and arrays."""
        if isinstance(value, list):
            return [self._filled(item, values) for item in value]
        if not isinstance(value, dict):
            return value
        if "ref" in value:
            return values[tuple(value["ref"])]
        if "array" in value:
            return self.tensorflow.constant(self.arrays[value["array"]])

        return _object(
            {key: self._filled(item, values) for key, item in value["object"].items()}
        )

    def _layer(
        self, described: Mapping[str, Any], name: str, tensors: Sequence[Any]
    ) -> Any:
        """Return the layer of a description, which is about to be called with
        `tensors`.
        """
        kind = described["kind"]
        if kind == "same":
            return lambda x: x
        if kind == "operation":
            return self._operation(described, name)
        if kind == "function":
            return self._function(described, name)

        if kind == "model":
            seen = [Seen(tuple(tensor.shape), _dtype(tensor)) for tensor in tensors]
            return self._nested(described, seen, name)

        if kind == "wrapper":
            return self._wrapper(described, name, tensors)
        if kind == "bidirectional":
            return self._bidirectional(described, name)
        if kind == "cells":
            return self._cells(described, name)

        return self._plain(described, name)

    def _nested(
        self, described: Mapping[str, Any], seen: Sequence[Seen], name: str
    ) -> Any:
        """Return a model that is a layer of another; sides that its own description
        leaves open stay so.
        """
        graph = described["graph"]
        seen = seen[: len(graph["inputs"])]
        stated = [
            _opened(like, shape)
            for like, shape in zip(seen, graph["shapes"], strict=True)
        ]
        if described["sequential"]:
            return self._sequential(graph, stated, name)

        model = self._functional(graph, stated)

        return self.keras.Model(
            _one_or_all(model.inputs), _one_or_all(model.outputs), name=name
        )

    def _wrapper(
        self, described: Mapping[str, Any], name: str, tensors: Sequence[Any]
    ) -> Any:
        """Return a layer around another; a TimeDistributed's inner one reads one
        timestep.
        """
        seen = [Seen(tuple(tensor.shape), _dtype(tensor)) for tensor in tensors]
        if described["class"] == "TimeDistributed":
            seen = [Seen((None, *like.shape[2:]), like.dtype) for like in seen]

        inner = described["inner"]
        if inner["kind"] == "model":
            made = self._nested(inner, seen, "inner")
        else:
            made = self._layer(inner, "inner", [])

        return self._class(described["class"])(made, name=name)

    def _bidirectional(self, described: Mapping[str, Any], name: str) -> Any:
        """Return a Bidirectional; it makes its layers anew, so the weights go to those
        that it has.
        """
        sides = described["forward"], described["backward"]
        forward, backward = (
            self._side(side, f"{name}_{k}") for k, side in enumerate(sides)
        )
        made = self._class("Bidirectional")(
            forward,
            backward_layer=backward,
            merge_mode=described["merge_mode"],
            name=name,
        )
        layers = made.forward_layer, made.backward_layer
        for place, (layer, side) in enumerate(zip(layers, sides, strict=True)):
            self._set_activations(layer, side)
            if "zero_outputs" in described:
                layer.zero_output_for_mask = described["zero_outputs"][place]

            self._waiting.append((layer, side["arrays"]))

        return made

    def _side(self, described: Mapping[str, Any], name: str) -> Any:
        """Return a side of a Bidirectional as its settings make it."""
        if described["kind"] == "cells":
            return self._around_cells(described, name)

        return self._made(described["class"], described["config"], name)

    def _cells(self, described: Mapping[str, Any], name: str) -> Any:
        """Return an RNN, whose weights are to be set."""
        layer = self._around_cells(described, name)
        layer.zero_output_for_mask = described["zero_output"]
        self._waiting.append((layer, described["arrays"]))

        return layer

    def _around_cells(self, described: Mapping[str, Any], name: str) -> Any:
        """Return an RNN around its cells."""
        cells = [
            self._made(one["class"], one["config"], None) for one in described["cells"]
        ]
        if described["stacked"]:
            cell = cells
        else:
            cell = cells[0]

        return self._made("RNN", described["config"], name, cell)

    def _plain(self, described: Mapping[str, Any], name: str) -> Any:
        """Return a layer of its class."""
        layer = self._made(described["class"], described["config"], name)
        if "zero_output" in described:
            layer.zero_output_for_mask = described["zero_output"]
            self._set_activations(layer, described)

        if described["arrays"]:
            self._waiting.append((layer, described["arrays"]))

        return layer

    def _made(
        self, class_name: str, config: Mapping[str, Any], name: str | None, *args: Any
    ) -> Any:
        """Return an object of one of Keras's classes, made with those settings it
        knows.
        """
        kind = self._class(class_name)
        if self.keras.__name__ == "tf_keras":
            other = OTHER_NAMES.get(class_name, {})
        else:
            other = {}

        known = _parameters(kind)
        recurrent = "return_sequences" in known
        settings: dict[str, Any] = {
            key: "zeros" for key in known if key.endswith("_initializer")
        }
        for key, value in config.items():
            key = other.get(key, key)
            if key in IN_THEIR_PLACE:
                found = self._activation(value)
                usual = isinstance(found, str) or not recurrent
                if usual:
                    settings[key] = found
                else:
                    settings[key] = IN_THEIR_PLACE[key]
            elif key in known:
                settings[key] = value

        return kind(*args, **settings, **({} if name is None else {"name": name}))

    def _set_activations(self, layer: Any, described: Mapping[str, Any]) -> None:
        """Give a recurrent layer the activations that are no names: its constructor may
        not keep them.
        """
        for key in IN_THEIR_PLACE:
            found = self._activation(described["config"].get(key))
            if found is not None and not isinstance(found, str):
                setattr(layer.cell, key, found)

    def _activation(self, value: Any) -> Any:
        """Return a described activation: its name where this Keras has it, else a layer
        or a function.
        """
        if value is None:
            return None
        if isinstance(value, str):
            return value
        if "hard_sigmoid" in value:
            return self._hard_sigmoid(value["hard_sigmoid"])

        return self._made(value["class"], value["config"], None)

    def _hard_sigmoid(self, generation: int) -> Any:
        """Return the hard_sigmoid of a generation: this Keras's own where it is the
        same.
        """
        if (generation >= 3) == (self.keras.__name__ == "keras"):
            return "hard_sigmoid"

        if generation >= 3:
            slope = 1 / 6
        else:
            slope = 0.2

        return _hard_sigmoid(self.keras, self.tensorflow, slope)

    def _class(self, name: str) -> Any:
        """Return one of Keras's layers by its name."""
        found = getattr(self.keras.layers, name, None)
        if found is None:
            raise ValueError(f"it has no layer {name}")

        return found

    def _operation(self, described: Mapping[str, Any], name: str) -> Any:
        """Return one of Keras 3's operations."""
        for module in OPERATIONS:
            kind = getattr(
                import_module(f"keras.src.ops.{module}"), described["class"], None
            )
            if kind is not None:
                known = _parameters(kind)
                made = kind(
                    **{
                        key: value
                        for key, value in described["config"].items()
                        if key in known
                    }
                )
                made.name = name
                return made

        raise ValueError(f"it has no operation {described['class']}")

    def _function(self, described: Mapping[str, Any], name: str) -> Any:
        """Return the layer that tf_keras makes of a TensorFlow function."""
        home = import_module("tf_keras.src.layers.core.tf_op_layer")
        return home.TFOpLambda.from_config(
            {"function": described["function"], "name": name}
        )


def _one_or_all(tensors: Sequence[Any]) -> Any:
    """Return a model's only tensor by itself: Keras keeps a list for a model that is
    called with a list.
    """
    if len(tensors) == 1:
        return tensors[0]

    return list(tensors)


def _without_mask(keras: Any) -> Any:
    """Return a layer that hands on what it reads, and no mask."""

    class WithoutMask(keras.layers.Layer):  # type: ignore[misc]  # the class is known when Keras is
        def __init__(self) -> None:
            super().__init__()
            self.supports_masking = True

        def call(self, x: Any) -> Any:
            return keras.ops.stop_gradient(x)

        def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
            return None

    return WithoutMask()


def _hard_sigmoid(keras: Any, tensorflow: Any, slope: float) -> Any:
    """Return the hard_sigmoid of the other generation, as a layer: Keras writes down
    how its layers were made.
    """

    class HardSigmoid(keras.layers.Layer):  # type: ignore[misc]  # the class is known when Keras is
        def call(self, x: Any) -> Any:
            return tensorflow.clip_by_value(slope * x + 0.5, 0.0, 1.0)

    return HardSigmoid()


def _states_in_order(value: Any, order: Sequence[int]) -> Any:
    """Return a sequence and its initial states in today's order, given in that of
    `order`.
    """
    if not isinstance(value, list) or len(value) != len(order):
        return value

    return [value[order.index(place)] for place in range(len(order))]


def _object(value: dict[str, Any]) -> Any:
    """Return a slice, an ellipsis or a dictionary, as a configuration wrote it."""
    kind = value.get("class_name")
    given = value.get("config", value)
    if kind == "__ellipsis__":
        return Ellipsis
    if isinstance(given, slice):
        return given
    if kind in ("slice", "__slice__") or set(value) == {"start", "stop", "step"}:
        return slice(given["start"], given["stop"], given["step"])

    return value


def _opened(like: Seen, stated: Any) -> Seen:
    """Return what a nested model reads, with the sides left open that the file leaves
    open.
    """
    if not isinstance(stated, list) or len(stated) != len(like.shape):
        return Seen((None, *like.shape[1:]), like.dtype)

    sides = [
        None if side is None else found
        for side, found in zip(stated[1:], like.shape[1:], strict=True)
    ]

    return Seen((None, *sides), like.dtype)


def _parameters(kind: Any) -> set[str]:
    """Return the names that a class's constructor knows, those of its bases
    included.
    """
    found: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base):
            found.update(inspect.signature(base.__init__).parameters)

    return found - {"self", "args", "kwargs"}


def _tensors(value: Any) -> list[Any]:
    """Return the tensors of nested arguments, in order."""
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors(item)]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in _tensors(item)]
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return [value]

    return []


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())

    if isinstance(value, list | tuple):
        return [one for part in value for one in _listed(part)]

    return [value]


def _dtype(tensor: Any) -> str:
    """Return a dtype's name: TensorFlow's are objects, Keras 3's are texts."""
    return str(getattr(tensor.dtype, "name", tensor.dtype))
