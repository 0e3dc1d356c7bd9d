"""The settings that a whole module of PyTorch's, or a TorchScript one, keeps
beside its parameters, as those of the layer that computes it; and why a module
isn't computed with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from rnn_tui.formats.data.description import StoredGroup
from rnn_tui.text import clean

_PYTORCHS = "torch."


def own_class(group: StoredGroup) -> str | None:
    """Return the class of a module where it is its author's own, None for
    PyTorch's own and where the file doesn't say.
    """
    written = group.layer_name
    if written is None or "." not in written:
        return None
    if written.startswith(_PYTORCHS):
        return None

    return clean(written, 120)


def why_other(group: StoredGroup) -> str | None:
    """Return why a module computes something else than its class says, or than
    its parameters let expect; None where it doesn't.
    """
    written = group.layer_name or ""
    if written.startswith(_PYTORCHS):
        return f"its class {clean(written, 120)} isn't computed"
    if group.settings.get("hooked"):
        return (
            "it has hooks or a forward of its own, whose code is not in the "
            "numbers"
        )
    if group.settings.get("unread"):
        return "its settings in the code of the file can't be told"

    return None


def rnn_activation(settings: Mapping[str, Any]) -> str | None:
    """Return the activation of an RNN, None where the file doesn't hold it."""
    mode = settings.get("mode", settings.get("nonlinearity"))
    if not isinstance(mode, str):
        return None

    return mode.lower().removeprefix("rnn_")


def epsilon(settings: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the number that a normalisation adds to the variance, as the
    layer's setting, or why it can't be used.
    """
    if "eps" not in settings:
        return {}, None

    value = settings["eps"]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or value < 0:
        return {}, f"its eps is {_said(value)}"

    return {"epsilon": float(value)}, None


def table_problem(settings: Mapping[str, Any]) -> str | None:
    """Return why an Embedding with these settings isn't computed."""
    if settings.get("max_norm") is None:
        return None

    return (
        f"it scales its rows to a norm of at most "
        f"{_said(settings['max_norm'])} (max_norm), which isn't computed"
    )


def convolution(
    settings: Mapping[str, Any],
    length: int,
) -> tuple[dict[str, Any], str | None]:
    """Return the settings of a Conv1D over kernels of a length, or why it can't
    be computed with those of the module.
    """
    if not settings:
        return {}, None

    stride = _one(settings.get("stride", 1))
    dilation = _one(settings.get("dilation", 1))
    groups = _one(settings.get("groups", 1))
    if not stride or not dilation or not groups:
        return {}, "its stride, dilation or groups are no numbers"

    padding, problem = _padding(settings, length, stride, dilation)
    if problem is not None:
        return {}, problem

    return {
        "padding": padding,
        "strides": stride,
        "dilation_rate": dilation,
        "groups": groups,
    }, None


def _padding(
    settings: Mapping[str, Any],
    length: int,
    stride: int,
    dilation: int,
) -> tuple[str, str | None]:
    """Return the padding in Keras's words, or why there is no word for it.

    Keras's `same` puts half of what keeps the length before the first timestep
    and the rest behind the last; PyTorch's number goes to both sides.
    """
    given = settings.get("padding", 0)
    amount = _one(given)
    whole = dilation * (length - 1)
    if given == "valid" or amount == 0:
        return "valid", None

    mode = settings.get("padding_mode", "zeros")
    if mode != "zeros":
        return "", f"it pads by {_said(mode)} (padding_mode), not by zeros"
    if given == "same":
        return "same", None
    if amount is not None and stride == 1 and 2 * amount == whole:
        return "same", None

    return "", (
        f"it pads {_said(given)} zeros on both sides with a stride of "
        f"{stride}, which no padding of Keras's Conv1D does"
    )


def _one(value: Any) -> int | None:
    """Return a number, by itself or alone in a list; None for anything else."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if type(value) is int and value >= 0:
        return value

    return None


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))

    return clean(str(value), 40)
