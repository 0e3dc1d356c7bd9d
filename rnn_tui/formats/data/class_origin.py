"""The package of a class, by which a custom `Dense` is told from Keras's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KERAS = ("keras", "keras_core", "tf_keras", "tensorflow", "builtins")
"""The packages whose classes are Keras's own; a function's is `builtins`."""


def told_apart(found: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object of a configuration, a custom class under its full
    name, as `.h5` files have it.

    Keras writes `registered_name` (`Mine>Dense`) and `module`; its own classes
    have a module of Keras's, and are named without the package under which it
    registers some of them (`keras>LSTM`).
    """
    name = found.get("class_name")
    registered = found.get("registered_name")
    module = found.get("module")
    if not isinstance(name, str):
        return found

    elsewhere = (
        isinstance(module, str) and bool(module) and not _of_keras(module)
    )
    if ">" in name:
        package, _, own_name = name.rpartition(">")
        if _of_keras(package) and not elsewhere:
            return {**found, "class_name": own_name}

        return found

    if isinstance(registered, str) and ">" in registered:
        package = registered.rpartition(">")[0]
        if _of_keras(package) and not elsewhere:
            return found

        return {**found, "class_name": registered}

    if elsewhere:
        return {**found, "class_name": f"{module}>{name}"}

    return found


def said_to_be_keras(raw: Mapping[str, Any]) -> bool:
    """Whether an object's module says that its class is Keras's own."""
    module = raw.get("module")
    return isinstance(module, str) and _of_keras(module)


def _of_keras(package: str) -> bool:
    return package.partition(".")[0] in KERAS
