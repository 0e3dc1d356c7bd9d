"""Why a module of PyTorch's can't be told although its weights are in the file
in some form: packed by quantization, computed from others, or unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rnn_tui.formats.data.description import FileDescription, StoredGroup
from rnn_tui.formats.wire.problems import said_of
from rnn_tui.text import clean

_PARAMETRIZATIONS = "parametrizations."
_PARTS = re.compile(
    r"((?:weight|bias)(?:_(?:ih|hh|hr)(?:_l\d{1,4}(?:_reverse)?)?)?)"
    r"_(?:g|v|u|orig|raw)"
)
"""The names that weight_norm, spectral_norm and others give the arrays that
they compute a weight from.
"""
_PACKED = ("_packed_params", "_all_weight_values", "_packed_weight")
_QUANTIZED = ".quantized."
_MOST_NAMED = 4
_MOST_REASONS = 2


class HiddenWeights:
    """The modules of a file whose weights aren't there as they are computed
    with.
    """

    def __init__(self, groups: Sequence[StoredGroup]) -> None:
        self._parts: dict[str, list[str]] = {}
        for group in groups:
            place = f".{group.name}".find(f".{_PARAMETRIZATIONS}")
            if place >= 0:
                owner = group.name[:place].rstrip(".")
                named = group.name[place + len(_PARAMETRIZATIONS) :]
                self._parts.setdefault(owner, []).append(named.lstrip("."))

    def reason(self, group: StoredGroup) -> str | None:
        """Return why a module can't be told, None where nothing speaks for
        that.
        """
        names = [array.name for array in group.arrays]
        if self._is_quantized(group, names):
            return (
                "it is quantized: its weights are packed for PyTorch's own "
                "use; save the state_dict() of the model before it is quantized"
            )

        parts = [name for name in names if _PARTS.fullmatch(name)]
        parts += self._parts.get(group.name, [])
        if f".{_PARAMETRIZATIONS}" in f".{group.name}":
            parts += names

        if parts:
            named = ", ".join(clean(name, 40) for name in parts[:_MOST_NAMED])
            return (
                f"it is parametrized, so its weights are computed from others "
                f"({named}): remove that in PyTorch (remove_parametrizations, "
                "remove_weight_norm) and save its state_dict()"
            )

        for array in group.arrays:
            if array.problem is not None and not array.shape:
                subject = f"its array {clean(array.name, 60)!r}"
                return said_of(subject, array.problem)

        return None

    def _is_quantized(self, group: StoredGroup, names: list[str]) -> bool:
        """Say whether a module's weights are packed; a quantized Linear has a
        scale beside them.
        """
        whole = [group.name, *names]
        packed = any(mark in name for name in whole for mark in _PACKED)

        return (
            packed
            or _QUANTIZED in (group.layer_name or "")
            or {"scale", "zero_point"} == set(names)
        )


def why_nothing(file: FileDescription) -> str:
    """Return in words why no recurrent layer of a file can be told, empty where
    nothing in it says that.
    """
    modules: dict[str, str] = {}
    for name, reason in _reasons(file):
        modules.setdefault(reason, name)

    shown = [f"{name}: {reason}" for reason, name in modules.items()]
    if shown:
        return f": {'; '.join(shown[:_MOST_REASONS])}"

    return ""


def _reasons(file: FileDescription) -> Iterator[tuple[str, str]]:
    """Yield modules and the reason of each, those with the names of recurrent
    weights first.
    """
    hidden = HiddenWeights(file.groups)
    later = []
    for group in file.groups:
        reason = hidden.reason(group)
        if reason is None or _PARAMETRIZATIONS in group.name:
            continue

        name = clean(group.name, 60) or "the module"
        if any("_ih" in array.name for array in group.arrays):
            yield name, reason
        else:
            later.append((name, reason))

    yield from later
