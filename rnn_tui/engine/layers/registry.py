"""Which class computes a Keras layer: the classes of this package announce themselves
here by Keras's names.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

from rnn_tui.engine.layers.layer import Layer

LayerType = TypeVar("LayerType", bound=type[Layer])

ALL = "rnn_tui.engine.layers.all"
_CLASSES: dict[str, type[Layer]] = {}


def computes(*class_names: str) -> Callable[[LayerType], LayerType]:
    """Announce that the decorated class computes the Keras layers of these names."""

    def announce(cls: LayerType) -> LayerType:
        for name in class_names:
            _CLASSES[name] = cls

        return cls

    return announce


def class_names() -> tuple[str, ...]:
    """Return the name of every Keras layer that is computed here, operations left
    out.
    """
    import_module(ALL)
    return tuple(name for name in _CLASSES if not name.startswith("ops."))


def class_for(class_name: str) -> type[Layer] | None:
    """Return the class that computes Keras's `class_name`, None when nothing here does.

    What stands around most recurrent layers is loaded first; a model that needs nothing
    else is opened sooner.
    """
    from rnn_tui.engine.layers import activation, dense, identity  # noqa: F401 - announce their classes

    if class_name not in _CLASSES:
        import_module(
            "rnn_tui.engine.layers.operators" if class_name.startswith("ops.") else ALL
        )

    return _CLASSES.get(class_name)
