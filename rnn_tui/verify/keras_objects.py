"""Keras's layers, cells, activations and operations, each made as a plan
describes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

OPERATIONS = ("numpy", "nn", "core", "math", "linalg", "image")
"""The modules of keras.src.ops, in the order in which an operation is looked
for.
"""
OTHER_NAMES = {"LeakyReLU": {"negative_slope": "alpha"}}
"""tf_keras's names for settings that have Keras 3's names in the plan."""
PLACEHOLDERS = {"activation": "softsign", "recurrent_activation": "softsign"}
"""Activations that keep a recurrent layer from its fused paths until its own
are set.
"""


class KerasObjects:
    """Makes objects of the classes in `keras`, which is Keras 3 or tf_keras."""

    def __init__(self, keras: Any, tensorflow: Any) -> None:
        self.keras = keras
        self.tensorflow = tensorflow

    def made(
        self,
        class_name: str,
        config: Mapping[str, Any],
        name: str | None,
        *args: Any,
    ) -> Any:
        """Return an object of one of Keras's classes, with the settings that
        its constructor knows.
        """
        kind = self.class_named(class_name)
        known = _parameters(kind)
        recurrent = "return_sequences" in known

        renamed: Mapping[str, str] = {}
        if self.keras.__name__ == "tf_keras":
            renamed = OTHER_NAMES.get(class_name, {})

        # an initialiser's values are replaced: zeros cost least
        settings: dict[str, Any] = {
            key: "zeros" for key in known if key.endswith("_initializer")
        }
        for key, value in config.items():
            key = renamed.get(key, key)
            if key in PLACEHOLDERS:
                activation = self._activation(value)
                if recurrent and not isinstance(activation, str):
                    activation = PLACEHOLDERS[key]

                settings[key] = activation
            elif key in known:
                settings[key] = value

        if name is not None:
            settings["name"] = name

        return kind(*args, **settings)

    def side(self, described: Mapping[str, Any], name: str) -> Any:
        """Return one direction of a Bidirectional."""
        if described["kind"] == "cells":
            return self.around_cells(described, name)

        return self.made(described["class"], described["config"], name)

    def around_cells(self, described: Mapping[str, Any], name: str) -> Any:
        """Return an RNN around its cells."""
        cells = [
            self.made(cell["class"], cell["config"], None)
            for cell in described["cells"]
        ]
        if described["stacked"]:
            return self.made("RNN", described["config"], name, cells)

        return self.made("RNN", described["config"], name, cells[0])

    def set_activations(self, layer: Any, described: Mapping[str, Any]) -> None:
        """Give a recurrent layer its activations that have no name, which its
        constructor may not keep.
        """
        for key in PLACEHOLDERS:
            activation = self._activation(described["config"].get(key))
            if activation is not None and not isinstance(activation, str):
                setattr(layer.cell, key, activation)

    def operation(self, described: Mapping[str, Any], name: str) -> Any:
        """Return one of Keras 3's operations."""
        class_name = described["class"]
        for module_name in OPERATIONS:
            module = import_module(f"keras.src.ops.{module_name}")
            kind = getattr(module, class_name, None)
            if kind is None:
                continue

            known = _parameters(kind)
            config = described["config"].items()
            operation = kind(
                **{key: value for key, value in config if key in known}
            )
            operation.name = name

            return operation

        raise ValueError(f"it has no operation {class_name}")

    def function(self, described: Mapping[str, Any], name: str) -> Any:
        """Return the layer that tf_keras makes of a TensorFlow function."""
        module = import_module("tf_keras.src.layers.core.tf_op_layer")
        config = {"function": described["function"], "name": name}

        return module.TFOpLambda.from_config(config)

    def class_named(self, name: str) -> Any:
        """Return one of Keras's layers by its name."""
        found = getattr(self.keras.layers, name, None)
        if found is None:
            raise ValueError(f"it has no layer {name}")

        return found

    def _activation(self, value: Any) -> Any:
        """Return a described activation: its name where this Keras has it, else
        a layer or a function.
        """
        if value is None or isinstance(value, str):
            return value
        if "hard_sigmoid" in value:
            return self._hard_sigmoid(value["hard_sigmoid"])

        return self.made(value["class"], value["config"], None)

    def _hard_sigmoid(self, generation: int) -> Any:
        """Return the hard_sigmoid of a generation: this Keras's own where it is
        the same.
        """
        is_wanted_new = generation >= 3
        is_keras_new = self.keras.__name__ == "keras"
        if is_wanted_new == is_keras_new:
            return "hard_sigmoid"

        if is_wanted_new:
            slope = 1 / 6
        else:
            slope = 0.2

        return _hard_sigmoid(self.keras, self.tensorflow, slope)


def _parameters(kind: Any) -> set[str]:
    """Return the parameters of a class's constructor, those of its bases
    included.
    """
    found: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base):
            found.update(inspect.signature(base.__init__).parameters)

    return found - {"self", "args", "kwargs"}


def _hard_sigmoid(keras: Any, tensorflow: Any, slope: float) -> Any:
    """Return the hard_sigmoid of the other generation, as a layer: Keras
    serialises the layers it copies, and a plain function has no configuration.
    """

    class HardSigmoid(keras.layers.Layer):  # type: ignore[misc]  # the class is known when Keras is
        def call(self, x: Any) -> Any:
            return tensorflow.clip_by_value(slope * x + 0.5, 0.0, 1.0)

    return HardSigmoid()
