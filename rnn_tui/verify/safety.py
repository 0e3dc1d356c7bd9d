"""Which configurations Keras is given to read: those that name nothing but what the
engine computes itself.

Keras makes objects of whatever a configuration names: code of the file's (a Lambda),
classes of other packages, and some of its own that read files or call any function of
TensorFlow (TFSMLayer, TFOpLambda, vocabularies by path). So this asks for what is known
instead of looking for what is bad; a model with anything else in it is rebuilt without
it.
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
"""The packages whose classes are Keras's own ("builtins" is its word for its own
functions).
"""
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
"""How Keras writes values that are no objects of a class."""
STACKED = "StackedRNNCells"
FUNCTIONS = ("TFOpLambda", "SlicingOpLambda")
TRAINING = ("_initializer", "_regularizer", "_constraint")
"""Ends of the keys whose objects matter in training only; their modules are called by
the same word and an s.
"""
POLICIES = (
    "DTypePolicy",
    "FloatDTypePolicy",
    "QuantizedDTypePolicy",
    "DTypePolicyMap",
    "Policy",
)
QUANTIZERS = ("AbsMaxQuantizer", "Int8QuantizationConfig", "QuantizationConfig")


def objection(config: Any, generation: int) -> str | None:
    """Return what in a model's configuration keeps Keras from being given it, None when
    nothing does.

    `generation` is the major version of the Keras that wrote it.
    """
    if isinstance(config, Mapping):  # how a model was compiled is never read
        config = {
            key: value for key, value in config.items() if key != "compile_config"
        }

    found = list(_objections(config, "", generation))
    coded = [what for what in found if what == A_LAMBDA]

    return next(iter([*coded, *found]), None)


A_LAMBDA = "a Lambda"


def is_own(class_name: str) -> bool:
    """Whether a layer's class, as a file names it, is Keras's own and one that the
    engine computes.
    """
    kind = find_kind(class_name)
    if kind is not None:
        return kind.keras

    known = (RNN, STACKED, *WRAPPERS, *MODELS, *CLASSES)

    return class_name in known or class_for(class_name) is not None


def _objections(value: Any, key: str, generation: int) -> Iterator[str]:
    """Yield everything in a value that isn't known to be harmless; `key` is what the
    configuration gives it as.
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
        what = _of_object(value, key, generation)
        if what is not None:
            yield what
    elif "value" in value and "activation" in key:
        # a function's code, as old Keras 3 wrote it
        yield A_LAMBDA

    for name, item in value.items():
        yield from _objections(item, str(name), generation)


def _of_text(value: str, key: str, generation: int) -> Iterator[str]:
    """Yield what is wrong with a text that Keras takes for more than a text."""
    if key == "vocabulary":
        yield "a vocabulary that is a path"

    if key in ("activation", "recurrent_activation") and not _is_activation(
        value, generation
    ):
        yield f"the activation {clean(value, 40)!r}"


def _of_object(value: Mapping[str, Any], key: str, generation: int) -> str | None:
    """Return what is wrong with an object that a configuration describes, None when it
    is known.
    """
    name = value.get("class_name")
    module = value.get("module")
    registered = value.get("registered_name")
    if name in ("Lambda", "__lambda__"):
        return A_LAMBDA
    if not isinstance(name, str):
        return "a class without a name"
    if module is not None and (
        not isinstance(module, str) or module.partition(".")[0] not in OWN
    ):
        return f"a class of {clean(module, 40)}"
    if ">" in name or (isinstance(registered, str) and ">" in registered):
        return f"the class {clean(name, 40)}, its author's own"
    if _is_known(name, module, key, value.get("config"), generation):
        return None

    return f"the class {clean(name, 40)}"


def _is_known(
    name: str, module: str | None, key: str, config: Any, generation: int
) -> bool:
    """Whether an object is one of Keras's that does nothing but hold its numbers, where
    Keras looks for one.
    """
    for end in TRAINING:
        if key.endswith(end):
            return module is None or f"{end[1:]}s" in module.split(".")

    if name == "function":
        return isinstance(config, str) and _is_activation(config, generation)

    if name in FUNCTIONS:
        if isinstance(config, Mapping):
            function = config.get("function")
        else:
            function = None

        return isinstance(function, str) and tensorflow_row(function) is not None

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
