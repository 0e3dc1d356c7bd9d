"""The class of each of PyTorch's modules and the settings that decide its
numbers: a pickled module keeps them among its attributes, a TorchScript one in
its code, which is only searched as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from rnn_tui.formats.reader.inert_pickle import Call, Name, Persistent

SCRIPT = "__torch__"
"""The module that every class of a TorchScript file is in."""
UNREAD = "unread"
"""The setting that says that those of a module can't be told."""
HOOKED = "hooked"
"""The setting that says that a module runs more than its class does."""

_PYTORCHS = "torch.nn.modules."
_MANGLED = re.compile(r"\.?___torch_mangle_\d+")
_SETTINGS = {
    "Conv1d": ("stride", "padding", "dilation", "groups", "padding_mode"),
    "BatchNorm1d": ("eps",),
    "LayerNorm": ("eps",),
    "Embedding": ("max_norm",),
    "RNN": ("mode", "nonlinearity"),
    "RNNCell": ("nonlinearity",),
}
"""The settings of the modules that are computed, as far as their numbers
depend on them and their parameters don't tell them.
"""
_MODES = ("RNN_TANH", "RNN_RELU")
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_BUILDERS = ("copyreg", "copy_reg")
_LONGEST = 40
_MOST_NUMBERS = 4

_FINAL = re.compile(
    r"^  (\w{1,40}) : Final\[[\w\[\], .]+\] = (.{1,200})$",
    re.MULTILINE,
)
_NUMBER = r"(-?[\d.]+(?:e[+-]?\d+)?)"
_CONVOLUTION = re.compile(
    r"torch\._convolution\(\w+, [\w.]+, [\w.]+, \[(\d+)\], \[(\d+)\], "
    r"\[(\d+)\], False, \[\d+\], (\d+), "
)
_CONVOLUTION_MODE = re.compile(
    r"torch\._convolution_mode\(\w+, [\w.]+, [\w.]+, \[(\d+)\], "
    r"\"(same|valid)\", \[(\d+)\], (\d+)\)"
)
_BATCH_NORM = re.compile(rf"torch\.batch_norm\([^()]*, {_NUMBER}, \w+\)")
_LAYER_NORM = re.compile(
    rf"torch\.layer_norm\(\w+, \[\d+\], [\w.]+, [\w.]+(?:, {_NUMBER})?"
    r"(?:, \w+)?\)"
)
_RNN = re.compile(r"torch\.(?:rnn_)?(tanh|relu)(?:_cell)?\(")
_CALL = re.compile(r"torch\.\w+\(")

Code = Callable[[str], str]
"""Returns the code of a module of classes, empty where there is none."""


def class_of(call: Call) -> Name | None:
    """Return the class of which a call would make an object.

    Old files keep the text of a module's class beside the module, and refer to
    both at once.
    """
    function = call.function
    if isinstance(function, Name) and function.module in _BUILDERS:
        arguments = call.arguments
        function = None
        if isinstance(arguments, tuple) and arguments:
            function = arguments[0]

    if isinstance(function, Persistent):
        identity = function.identity
        function = None
        if isinstance(identity, tuple) and identity[:1] == ("module",):
            function = next(iter(identity[1:]), None)

    if isinstance(function, Name):
        return function

    return None


def written(name: Name | None) -> str:
    """Return a class as the description names it: one of PyTorch's modules by
    its name alone, any other with the place it comes from.
    """
    if name is None:
        return "?.?"

    place = name.module
    if place == SCRIPT or place.startswith(f"{SCRIPT}."):
        place = _MANGLED.sub("", place).removeprefix(SCRIPT).removeprefix(".")

    if f"{place}.".startswith(_PYTORCHS):
        return name.name

    return f"{place or '__main__'}.{name.name}"


def pickled_settings(name: str, state: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the settings of a pickled module, by its class and attributes."""
    found = {
        key: _plain(state[key])
        for key in _SETTINGS.get(name, ())
        if key in state
    }
    mode = state.get("mode")
    if "." in name and isinstance(mode, str) and mode in _MODES:
        # a class derived from PyTorch's RNN
        found["mode"] = mode

    if "forward" in state or any(_is_filled(state.get(key)) for key in _HOOKS):
        found[HOOKED] = True

    return found


def script_settings(
    name: str,
    source: Name | None,
    state: Mapping[Any, Any],
    code: Code,
) -> dict[str, Any]:
    """Return the settings of a TorchScript module: they are constants of its
    class where it was scripted, numbers in its only call where it was traced.
    """
    wanted = _SETTINGS.get(name)
    if wanted is None or source is None:
        return {}

    found = {key: _plain(state[key]) for key in wanted if key in state}
    text = _class_text(code(source.module), source.name)
    for key, value in _FINAL.findall(text):
        if key in wanted:
            found[key] = _value(value)

    if name == "Embedding":
        if "renorm" in text:
            found.setdefault("max_norm", True)

        return found

    if not found:
        found = _traced(name, text)

    return found or {UNREAD: True}


def _class_text(text: str, name: str) -> str:
    """Return the code of one class."""
    start = text.find(f"class {name}(Module):")
    if start < 0:
        return ""

    end = text.find("\nclass ", start)
    if end < 0:
        end = len(text)

    return text[start:end]


def _traced(name: str, text: str) -> dict[str, Any]:
    """Return the settings in the call that a traced module makes; nothing where
    that isn't understood.
    """
    if name in ("RNN", "RNNCell"):
        modes = set(_RNN.findall(text))
        if len(modes) == 1:
            return {"nonlinearity": modes.pop()}

        return {}

    if len(_CALL.findall(text)) != 1:
        return {}

    if name == "Conv1d":
        return _traced_convolution(text)

    pattern = _BATCH_NORM if name == "BatchNorm1d" else _LAYER_NORM
    told = pattern.search(text)
    if told is None:
        return {}

    # the code leaves out a number that is the default
    return {"eps": _value(told[1] or "1e-05")}


def _traced_convolution(text: str) -> dict[str, Any]:
    """Return the settings of a convolution that was traced."""
    told = _CONVOLUTION.search(text)
    padding: Any
    if told is not None:
        padding = [int(told[2])]
    else:
        told = _CONVOLUTION_MODE.search(text)
        if told is None:
            return {}

        padding = told[2]

    return {
        "stride": [int(told[1])],
        "padding": padding,
        "dilation": [int(told[3])],
        "groups": int(told[4]),
    }


def _value(text: str) -> Any:
    """Return a constant of the code: a number, a word, numbers in brackets;
    "?" for any other.
    """
    if text in ("None", "True", "False"):
        return {"None": None, "True": True, "False": False}[text]
    if re.fullmatch(r'"\w*"', text):
        return text.strip('"')[:_LONGEST]

    numbers = re.fullmatch(r"[(\[]([\d, ]+)[)\]]", text)
    try:
        if numbers is not None:
            parts = [part for part in numbers[1].split(",") if part.strip()]
            return _plain([int(part) for part in parts])

        if re.fullmatch(r"-?\d{1,15}", text):
            return int(text)

        return float(text)
    except ValueError:
        return "?"


def _plain(value: Any) -> Any:
    """Return a setting as it goes to the parent, "?" for one of another
    kind.
    """
    if isinstance(value, str):
        return value[:_LONGEST]
    if value is None or isinstance(value, (bool, float)):
        return value
    if type(value) is int and abs(value) < 1 << 48:
        return value
    if (
        isinstance(value, (list, tuple))
        and len(value) <= _MOST_NUMBERS
        and all(type(one) is int and abs(one) < 1 << 48 for one in value)
    ):
        return list(value)

    return "?"


def _is_filled(value: Any) -> bool:
    """Say whether a dictionary of hooks has one."""
    if isinstance(value, Call):
        value = value.items

    return bool(value)
