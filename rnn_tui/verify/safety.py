"""The check before Keras is given a configuration: it may name nothing but the
classes that the engine computes itself.

Keras makes objects of everything that a configuration names: code in the file
(a Lambda), classes of other packages, and some of its own that read files or
call any function of TensorFlow (TFSMLayer, TFOpLambda, vocabularies by path).
So this allows known names instead of forbidding bad ones; a model with
anything else in it is rebuilt without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rnn_tui.engine.cells.kinds import RNN, find_kind
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.operations.tensorflow_table import tensorflow_row
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.custom_classes import WRAPPERS
from rnn_tui.formats.architecture.keras3_names import CLASSES
from rnn_tui.formats.architecture.parse import MODELS
from rnn_tui.text import clean

OWN = ("keras", "tf_keras", "builtins")
"""Keras's own packages; it writes "builtins" for its own functions."""
VALUES = (
    "__keras_tensor__",
    "__tensor__",
    "__numpy__",
    "__tuple__",
    "__slice__",
    "__ellipsis__",
    "__bytes__",
    "slice",
    "TensorShape",
)
"""The class names under which Keras writes values that are no objects."""
STACKED = "StackedRNNCells"
FUNCTIONS = ("TFOpLambda", "SlicingOpLambda")
TRAINING = ("_initializer", "_regularizer", "_constraint")
"""Ends of the keys whose objects matter in training only; their modules have
the plural of the same word as their name.
"""
POLICIES = (
    "DTypePolicy",
    "FloatDTypePolicy",
    "QuantizedDTypePolicy",
    "DTypePolicyMap",
    "Policy",
)
A_LAMBDA = "a Lambda"
QUANTIZERS = ("AbsMaxQuantizer", "Int8QuantizationConfig", "QuantizationConfig")


def objection(config: Any, generation: int) -> str | None:
    """Return the part of a model's configuration that Keras can't be given,
    None when there is none; a Lambda is named before others.

    `generation` is the major version of the Keras that wrote it.
    """
    if isinstance(config, Mapping):
        # Keras is never asked to compile the model
        config = {
            key: value
            for key, value in config.items()
            if key != "compile_config"
        }

    found = list(_objections(config, "", generation))
    if A_LAMBDA in found:
        return A_LAMBDA
    if found:
        return found[0]

    return None


def is_own(class_name: str) -> bool:
    """Whether a layer's class, as a file names it, is Keras's own and one that
    the engine computes.
    """
    kind = find_kind(class_name)
    if kind is not None:
        return kind.keras

    known = (RNN, STACKED, *WRAPPERS, *MODELS, *CLASSES)

    return class_name in known or class_for(class_name) is not None


def _objections(value: Any, key: str, generation: int) -> Iterator[str]:
    """Yield everything in a value that isn't known to be harmless; `key` is its
    key in the configuration.
    """
    if isinstance(value, list | tuple):
        for item in value:
            yield from _objections(item, key, generation)

        return

    if isinstance(value, str):
        yield from _of_text(value, key, generation)
        return

    if not isinstance(value, Mapping):
        return

    if "class_name" in value:
        unknown = _of_object(value, key, generation)
        if unknown is not None:
            yield unknown
    elif "value" in value and "activation" in key:
        # a function's code, as old Keras 3 wrote it
        yield A_LAMBDA

    for name, item in value.items():
        yield from _objections(item, str(name), generation)


def _of_text(value: str, key: str, generation: int) -> Iterator[str]:
    """Yield the fault of a text that Keras takes for more than a text."""
    if key == "vocabulary":
        yield "a vocabulary that is a path"

    is_activation_key = key in ("activation", "recurrent_activation")
    if is_activation_key and not _is_activation(value, generation):
        yield f"the activation {clean(value, 40)!r}"


def _of_object(
    value: Mapping[str, Any],
    key: str,
    generation: int,
) -> str | None:
    """Return the fault of an object that a configuration describes, None when
    it is known.
    """
    name = value.get("class_name")
    if name in ("Lambda", "__lambda__"):
        return A_LAMBDA
    if not isinstance(name, str):
        return "a class without a name"

    module = value.get("module")
    if module is not None and not _is_keras_module(module):
        return f"a class of {clean(module, 40)}"

    registered = value.get("registered_name")
    is_registered = isinstance(registered, str) and ">" in registered
    if ">" in name or is_registered:
        return f"the class {clean(name, 40)}, its author's own"

    if _is_known(name, module, key, value.get("config"), generation):
        return None

    return f"the class {clean(name, 40)}"


def _is_keras_module(module: Any) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in OWN


def _is_known(
    name: str,
    module: str | None,
    key: str,
    config: Any,
    generation: int,
) -> bool:
    """Whether an object is one of Keras's that only holds its numbers, in a
    place where Keras looks for one.
    """
    for end in TRAINING:
        if key.endswith(end):
            plural = f"{end[1:]}s"
            return module is None or plural in module.split(".")

    if name == "function":
        return isinstance(config, str) and _is_activation(config, generation)

    if name in FUNCTIONS:
        function = None
        if isinstance(config, Mapping):
            function = config.get("function")

        return (
            isinstance(function, str) and tensorflow_row(function) is not None
        )

    if name in POLICIES or name in QUANTIZERS:
        return key in ("dtype", "policy_map") or "quantiz" in key

    if name in VALUES:
        return True

    return is_own(name) or class_for(f"ops.{name}") is not None


def _is_activation(value: Any, generation: int) -> bool:
    try:
        activation(value, generation)
    except ConfigError:
        return False

    return True
