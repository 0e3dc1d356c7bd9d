"""The parameters of PyTorch's modules by the module they are in:
`encoder.rnn.weight_ih_l0` is `weight_ih_l0` of `encoder.rnn`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from rnn_tui.formats.reader.layouts import Found, Layer

_WRAPPED = "module."
"""The prefix that DataParallel gives every name."""


def by_modules(
    arrays: Mapping[str, Found],
    classes: Mapping[str, str] | None = None,
    settings: Mapping[str, dict[str, Any]] | None = None,
) -> list[Layer]:
    """Return arrays by their modules, in the order of the file; `classes` says
    of a module's name which class it is, `settings` which settings it has,
    where the file has that.
    """
    prefix = ""
    if arrays and all(name.startswith(_WRAPPED) for name in arrays):
        prefix = _WRAPPED.rstrip(".")

    known = classes or {}
    kept = settings or {}
    modules: dict[str, Layer] = {}
    for name, found in arrays.items():
        owner, _, found.name = name.rpartition(".")
        if owner not in modules:
            shown = owner.removeprefix(prefix).removeprefix(".")
            modules[owner] = Layer(
                shown,
                layer_name=known.get(owner),
                settings=kept.get(owner, {}),
            )

        modules[owner].arrays.append(found)

    return list(modules.values())


def note_shared(
    modules: Iterable[Layer],
    identity_of: Callable[[Found], Hashable | None],
) -> None:
    """Note of arrays with several names where the first of them is: those of
    one identity, None for an array that has none.
    """
    first: dict[Hashable, tuple[int, Found]] = {}
    arrays = (found for module in modules for found in module.arrays)
    for place, found in enumerate(arrays):
        identity = identity_of(found)
        if identity is None:
            continue

        number, earlier = first.setdefault(identity, (place, found))
        if earlier is not found:
            earlier.same = found.same = number
