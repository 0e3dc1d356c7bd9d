"""Recurrent classes of somebody's own, named like Keras's and registered, which
compute something else.
"""

from __future__ import annotations

from functools import cache
from typing import Any

LAYERS = ("LSTM", "GRU", "SimpleRNN")


class OwnLayers:
    """The layers of a Keras, the recurrent ones and their cells exchanged for
    somebody's own.
    """

    def __init__(self, K: Any) -> None:
        self._keras = K.layers
        self._own = own_classes(K)

    def __getattr__(self, name: str) -> Any:
        return self._own.get(name) or getattr(self._keras, name)


@cache
def own_classes(K: Any) -> dict[str, Any]:
    """Return a class for each of Keras's, of the same name and with the same
    keys, that reads its input doubled.
    """
    register = K.saving.register_keras_serializable(package="Mine")
    made = {}
    for name in LAYERS:
        made[name] = register(
            type(name, (_layer(getattr(K.layers, name)),), {})
        )
        made[f"{name}Cell"] = register(
            type(f"{name}Cell", (_cell(getattr(K.layers, f"{name}Cell")),), {})
        )
    return made


def _layer(keras_class: Any) -> Any:
    class Doubled(keras_class):  # type: ignore[misc]
        def call(
            self,
            sequences: Any,
            mask: Any = None,
            training: Any = None,
            initial_state: Any = None,
        ) -> Any:
            return super().call(
                2 * sequences,
                mask=mask,
                training=training,
                initial_state=initial_state,
            )

    return Doubled


def _cell(keras_class: Any) -> Any:
    class Doubled(keras_class):  # type: ignore[misc]
        def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
            return super().call(2 * inputs, states, training=training)

    return Doubled
