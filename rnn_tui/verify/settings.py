"""A layer's configuration as plain values: what decides its numbers at inference, and
nothing that Keras would load.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.core.activations import activation
from rnn_tui.formats.architecture.keras3_names import OURS
from rnn_tui.verify.safety import TRAINING

DROPPED = (
    *OURS,
    "name",
    "trainable",
    "activation",
    "recurrent_activation",
    "activity_regularizer",
    "layer",
    "backward_layer",
    "cell",
    "cells",
    "weights",
    "vocabulary",
    "seed",
    "dropout",
    "recurrent_dropout",
    "stateful",
    "unroll",
    "implementation",
    "use_cudnn",
    "zero_output_for_mask",
    "batch_shape",
    "batch_input_shape",
    "input_shape",
    "input_length",
    "causal",
)
"""Keys that are told in another way, or that change nothing in a run from zero
states.
"""
LONGEST = 1000
"""Characters of a text among the settings: an equation at most."""
HARD_SIGMOID = "hard_sigmoid"


def plain_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are numbers, texts, switches or lists of them."""
    return {
        key: value
        for key, value in config.items()
        if _matters(key) and _is_plain(value)
    }


def _matters(key: str) -> bool:
    return key not in DROPPED and not key.endswith(TRAINING)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, str):
        return len(value) <= LONGEST

    return value is None or isinstance(value, bool | int | float)


def described_activation(named: Any, generation: int) -> Any:
    """Return an activation as a name, as a layer's class and settings, or which
    generation's hard_sigmoid it is.

    Raises ConfigError for what isn't Keras's own.
    """
    activation(named, generation)
    if isinstance(named, Mapping):
        config = named.get("config")
        if isinstance(config, str):
            return described_activation(config, generation)
        if named.get("class_name") == "Activation" and isinstance(config, Mapping):
            return described_activation(config.get("activation"), generation)

        return {"class": named["class_name"], "config": plain_settings(config or {})}

    if named == HARD_SIGMOID:
        return {HARD_SIGMOID: min(generation, 3)}

    return named
