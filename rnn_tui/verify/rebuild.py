"""A plan rebuilt as a model in Keras, whatever the file holds; see plan.py.

Runs in the Keras process. Classes come from `keras.layers` by the names in the
plan, which are those of the engine's own table, and are called with plain
values: nothing is deserialised, and the file's initialisers, regularisers and
constraints aren't used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rnn_tui.verify.keras_objects import KerasObjects

Values = dict[tuple[int, ...], Any]
"""Symbolic tensors by (layer, call, output)."""


class InputSpec(NamedTuple):
    """The shape and dtype of a tensor that a layer reads."""

    shape: tuple[int | None, ...]
    dtype: str


class Rebuilding:
    """Builds the models of one plan in `keras`, which is Keras 3 or tf_keras;
    `arrays` are the plan's, by number.
    """

    def __init__(
        self,
        keras: Any,
        tensorflow: Any,
        arrays: Mapping[str, Any],
    ) -> None:
        self.keras = keras
        self.tensorflow = tensorflow
        self.arrays = arrays
        self._objects = KerasObjects(keras, tensorflow)
        self._without_weights: list[tuple[Any, list[str]]] = []
        """Layers whose weights are to be set, and the numbers of their
        arrays.
        """

    def model(self, graph: Mapping[str, Any], inputs: Sequence[Any]) -> Any:
        """Return the plan's model for arrays like `inputs`, with its weights
        set.
        """
        specs = [InputSpec(array.shape, str(array.dtype)) for array in inputs]
        model = self._functional(graph, specs, everything=True)

        # weights exist once every layer has been called
        for layer, numbers in self._without_weights:
            layer.set_weights([self.arrays[number] for number in numbers])
            if hasattr(layer, "finalize_state"):
                layer.finalize_state()

        return model

    def _functional(
        self,
        graph: Mapping[str, Any],
        specs: Sequence[InputSpec],
        everything: bool = False,
    ) -> Any:
        """Return a functional model.

        With `everything` it also returns, after its outputs, the result of
        every call, so that calls that no output needs run as well.
        """
        values: Values = {}
        for place, (ref, spec) in enumerate(
            zip(graph["inputs"], specs, strict=True)
        ):
            values[tuple(ref)] = self.keras.Input(
                batch_shape=spec.shape,
                dtype=spec.dtype,
                name=f"i{place}",
            )

        inputs = list(values.values())

        made: dict[int, Any] = {}
        for call in graph["calls"]:
            self._call(call, graph["layers"], made, values)

        outputs = [values[tuple(ref)] for _, ref in graph["outputs"]]
        if everything:
            computed = [call for call in graph["calls"] if "args" in call]
            outputs += [
                values[call["layer"], call["call"], 0] for call in computed
            ]

        return self.keras.Model(inputs, outputs)

    def _call(
        self,
        call: Mapping[str, Any],
        layers: Sequence[Mapping[str, Any]],
        made: dict[int, Any],
        values: Values,
    ) -> None:
        """Run one call on symbolic tensors: make its layer at the first, add
        its outputs to `values`.
        """
        number = call["layer"]
        if "constant" in call:
            array = self.arrays[call["constant"]]
            values[number, call["call"], 0] = self.tensorflow.constant(array)
            return

        described = layers[number]
        args = [self._filled(value, values) for value in call["args"]]
        kwargs = {}
        for key, value in call["kwargs"].items():
            kwargs[key] = self._filled(value, values)

        if described.get("class") == "GetItem":
            args = [args[0], *map(_tuple_of_list, args[1:])]

        if number not in made:
            tensors = _tensors([args, kwargs])
            made[number] = self._layer(described, f"n{number}", tensors)

        order = described.get("order")
        mask_ends = "mask_ends" in described
        if order is not None:
            args = [_states_in_order(value, order) for value in args]

        if mask_ends:
            args = [_unmasked(self.keras, value) for value in args]

        layer = made[number]
        returned = _listed(layer(*args, **kwargs))
        if mask_ends:
            returned = _unmasked(self.keras, returned)

        if order is not None and len(returned) > 1:
            returned = [returned[place] for place in order]

        for place, tensor in enumerate(returned):
            values[number, call["call"], place] = tensor

    def _sequential(
        self,
        graph: Mapping[str, Any],
        specs: Sequence[InputSpec],
        name: str,
    ) -> Any:
        """Return a Sequential of a chain of calls."""
        (spec,) = specs
        entry = self.keras.Input(batch_shape=spec.shape, dtype=spec.dtype)
        model = self.keras.Sequential([entry], name=name)

        tensors = [entry]
        for call in graph["calls"]:
            number = call["layer"]
            layer = self._layer(graph["layers"][number], f"n{number}", tensors)
            model.add(layer)
            tensors = _listed(model.outputs)

        return model

    def _filled(self, value: Any, values: Values) -> Any:
        """Return an argument with its tensors and arrays."""
        if isinstance(value, list):
            return [self._filled(item, values) for item in value]
        if not isinstance(value, dict):
            return value

        if "ref" in value:
            place = tuple(value["ref"])
            return values[place]
        if "array" in value:
            array = self.arrays[value["array"]]
            return self.tensorflow.constant(array)

        filled = {}
        for key, item in value["object"].items():
            filled[key] = self._filled(item, values)

        return _object(filled)

    def _layer(
        self,
        described: Mapping[str, Any],
        name: str,
        tensors: Sequence[Any],
    ) -> Any:
        """Return the layer of a description, which is about to be called with
        `tensors`.
        """
        kind = described["kind"]
        if kind == "same":
            return lambda x: x
        if kind == "operation":
            return self._objects.operation(described, name)
        if kind == "function":
            return self._objects.function(described, name)
        if kind == "model":
            return self._nested(described, _specs(tensors), name)
        if kind == "wrapper":
            return self._wrapper(described, name, tensors)
        if kind == "bidirectional":
            return self._bidirectional(described, name)
        if kind == "cells":
            return self._cells(described, name)

        return self._plain(described, name)

    def _nested(
        self,
        described: Mapping[str, Any],
        specs: Sequence[InputSpec],
        name: str,
    ) -> Any:
        """Return a model that is a layer of another; sizes that its own
        description leaves open stay open.
        """
        graph = described["graph"]
        stated = graph["shapes"]
        fed = specs[: len(graph["inputs"])]
        opened = [
            _with_open_sizes(spec, shape)
            for spec, shape in zip(fed, stated, strict=True)
        ]
        if described["sequential"]:
            return self._sequential(graph, opened, name)

        model = self._functional(graph, opened)
        inputs = _one_or_all(model.inputs)
        outputs = _one_or_all(model.outputs)

        return self.keras.Model(inputs, outputs, name=name)

    def _wrapper(
        self,
        described: Mapping[str, Any],
        name: str,
        tensors: Sequence[Any],
    ) -> Any:
        """Return a layer around another; a TimeDistributed's inner one reads
        one timestep.
        """
        specs = _specs(tensors)
        if described["class"] == "TimeDistributed":
            specs = [
                InputSpec((None, *spec.shape[2:]), spec.dtype)  # (batch, …)
                for spec in specs
            ]

        inner = described["inner"]
        if inner["kind"] == "model":
            layer = self._nested(inner, specs, "inner")
        else:
            layer = self._layer(inner, "inner", [])

        return self._objects.class_named(described["class"])(layer, name=name)

    def _bidirectional(self, described: Mapping[str, Any], name: str) -> Any:
        """Return a Bidirectional; it copies the layers it is given, so the
        weights go to its copies.
        """
        sides = described["forward"], described["backward"]
        forward, backward = (
            self._objects.side(side, f"{name}_{k}")
            for k, side in enumerate(sides)
        )
        bidirectional = self._objects.class_named("Bidirectional")(
            forward,
            backward_layer=backward,
            merge_mode=described["merge_mode"],
            name=name,
        )

        copies = bidirectional.forward_layer, bidirectional.backward_layer
        for place, (layer, side) in enumerate(zip(copies, sides, strict=True)):
            self._objects.set_activations(layer, side)
            if "zero_outputs" in described:
                layer.zero_output_for_mask = described["zero_outputs"][place]

            self._without_weights.append((layer, side["arrays"]))

        return bidirectional

    def _cells(self, described: Mapping[str, Any], name: str) -> Any:
        """Return an RNN, whose weights are to be set."""
        layer = self._objects.around_cells(described, name)
        layer.zero_output_for_mask = described["zero_output"]
        self._without_weights.append((layer, described["arrays"]))

        return layer

    def _plain(self, described: Mapping[str, Any], name: str) -> Any:
        """Return a layer of its class."""
        layer = self._objects.made(
            described["class"],
            described["config"],
            name,
        )
        if "zero_output" in described:
            layer.zero_output_for_mask = described["zero_output"]
            self._objects.set_activations(layer, described)

        if described["arrays"]:
            self._without_weights.append((layer, described["arrays"]))

        return layer


def _specs(tensors: Sequence[Any]) -> list[InputSpec]:
    return [
        InputSpec(tuple(tensor.shape), _dtype(tensor)) for tensor in tensors
    ]


def _tuple_of_list(value: Any) -> Any:
    """Return an index that JSON has made a list as the tuple it was."""
    if isinstance(value, list):
        return tuple(value)

    return value


def _one_or_all(tensors: Sequence[Any]) -> Any:
    """Return a model's only tensor, or the list of several: Keras keeps the
    given form.
    """
    if len(tensors) == 1:
        return tensors[0]

    return list(tensors)


def _unmasked(keras: Any, value: Any) -> Any:
    """Return tensors without their masks: Keras 3.0 to 3.3 lost them where
    tensors meet.
    """
    if isinstance(value, list):
        return [_unmasked(keras, item) for item in value]
    if hasattr(value, "shape"):
        return _without_mask(keras)(value)

    return value


def _without_mask(keras: Any) -> Any:
    """Return a layer that returns its input without the mask."""

    class WithoutMask(keras.layers.Layer):  # type: ignore[misc]  # the class is known when Keras is
        def __init__(self) -> None:
            super().__init__()
            self.supports_masking = True

        def call(self, x: Any) -> Any:
            return keras.ops.stop_gradient(x)

        def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
            return None

    return WithoutMask()


def _states_in_order(value: Any, order: Sequence[int]) -> Any:
    """Return a sequence and its initial states in today's order, given in
    `order`.
    """
    if not isinstance(value, list) or len(value) != len(order):
        return value

    return [value[order.index(place)] for place in range(len(order))]


def _object(value: dict[str, Any]) -> Any:
    """Return a slice, an ellipsis or a dictionary, as a configuration wrote
    it.
    """
    class_name = value.get("class_name")
    if class_name == "__ellipsis__":
        return Ellipsis

    config = value.get("config", value)
    if isinstance(config, slice):
        return config

    is_bare_slice = set(value) == {"start", "stop", "step"}
    if is_bare_slice or class_name in ("slice", "__slice__"):
        return slice(config["start"], config["stop"], config["step"])

    return value


def _with_open_sizes(spec: InputSpec, stated: Any) -> InputSpec:
    """Return a nested model's input with the sizes open that the file leaves
    open; the batch always is.
    """
    sizes = spec.shape[1:]
    if isinstance(stated, list) and len(stated) == len(spec.shape):
        sizes = tuple(
            None if own is None else size
            for own, size in zip(stated[1:], sizes, strict=True)
        )

    return InputSpec((None, *sizes), spec.dtype)


def _tensors(value: Any) -> list[Any]:
    """Return the tensors of nested arguments, in order."""
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    elif hasattr(value, "shape") and hasattr(value, "dtype"):
        return [value]
    else:
        return []

    return [tensor for part in parts for tensor in _tensors(part)]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())

    if isinstance(value, list | tuple):
        return [one for part in value for one in _listed(part)]

    return [value]


def _dtype(tensor: Any) -> str:
    """Return a dtype's name: TensorFlow's are objects, Keras 3's are texts."""
    return str(getattr(tensor.dtype, "name", tensor.dtype))
