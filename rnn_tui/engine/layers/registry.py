"""Which class computes a Keras layer: the classes of this package announce themselves here by Keras's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rnn_tui.engine.layer import Layer

LayerType = TypeVar("LayerType", bound=type[Layer])

_CLASSES: dict[str, type[Layer]] = {}


def computes(*class_names: str) -> Callable[[LayerType], LayerType]:
    """Announce that the decorated class computes the Keras layers of these names."""

    def announce(cls: LayerType) -> LayerType:
        for name in class_names:
            _CLASSES[name] = cls
        return cls

    return announce


def class_for(class_name: str) -> type[Layer] | None:
    """Return the class that computes Keras's `class_name`, None when nothing here does."""
    import rnn_tui.engine.layers.all  # noqa: F401 - fills the table

    return _CLASSES.get(class_name)
