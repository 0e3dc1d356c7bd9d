"""The classes of this folder and their schemas by Keras's names, each module
imported when the first of its names is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rnn_tui.engine.layers import names
from rnn_tui.engine.layers.schema import Schema

if TYPE_CHECKING:
    from rnn_tui.engine.layers.layer import Layer

LayerType = TypeVar("LayerType", bound="type[Layer]")

_CLASSES: dict[str, type[Layer]] = {}
_SCHEMAS: dict[str, Schema] = {}


def computes(**schemas: Schema) -> Callable[[LayerType], LayerType]:
    """Declare that the decorated class computes the Keras layers of these
    names, and the schema of each.
    """

    def declare(cls: LayerType) -> LayerType:
        for class_name, own in schemas.items():
            _CLASSES[class_name] = cls
            _SCHEMAS[class_name] = own

        return cls

    return declare


def wraps(**schemas: Schema) -> Callable[[LayerType], LayerType]:
    """Declare the schema of a wrapper, which is built around another layer and
    never from its class alone.
    """

    def declare(cls: LayerType) -> LayerType:
        _SCHEMAS.update(schemas)
        return cls

    return declare


def class_for(class_name: str) -> type[Layer] | None:
    """Return the class that computes Keras's `class_name`; None where no class
    does.
    """
    if class_name not in _CLASSES:
        names.load(class_name)

    return _CLASSES.get(class_name)


def schema(class_name: str) -> Schema | None:
    """Return the schema of Keras's `class_name`; None where no class declares
    one.
    """
    if class_name not in _SCHEMAS:
        names.load(class_name)

    return _SCHEMAS.get(class_name)
