"""Where a class comes from: Keras 3 writes it, so that somebody's own `Dense` isn't taken for Keras's."""

from __future__ import annotations

from typing import Any

KERAS = ("keras", "keras_core", "tf_keras", "tensorflow", "builtins")
"""The packages whose classes are Keras's own; a function's is `builtins`."""


def told_apart(found: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object of a configuration, a class of somebody's own under its full name, as `.h5` files have it.

    Keras writes `registered_name` (`Mine>Dense`) and `module`; its own classes have a module of Keras's.
    """
    name, registered, module = (found.get(key) for key in ("class_name", "registered_name", "module"))
    if not isinstance(name, str) or ">" in name:
        return found
    if isinstance(registered, str) and ">" in registered:
        return {**found, "class_name": registered}
    if isinstance(module, str) and module and module.partition(".")[0] not in KERAS:
        return {**found, "class_name": f"{module}>{name}"}
    return found
