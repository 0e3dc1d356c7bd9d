"""Layers that compute something else in training than at inference, for models
that call them with `training=True`.
"""

from __future__ import annotations

from rnn_tui.engine.layers.layer import Layer

DRAWN = ("rate", "stddev", "dropout", "recurrent_dropout")
"""Keys of how much is drawn at random in training."""


def acts_in_training(layer: Layer) -> bool:
    """Whether the layer, or one within it, would return something else in
    training.
    """
    if layer.schema.in_training:
        return True

    return any(layer.config.get(key) for key in DRAWN) or any(
        map(acts_in_training, layer.sublayers())
    )
