"""A layer's configuration as plain values: the settings that decide its numbers
in a run, and no object that Keras would load.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.core.activations import activation
from rnn_tui.formats.architecture.keras3_names import OURS
from rnn_tui.verify.safety import TRAINING

DESCRIBED_ELSEWHERE = (
    "name",
    "activation",
    "recurrent_activation",
    "layer",
    "backward_layer",
    "cell",
    "cells",
    "weights",
    "vocabulary",
    "batch_shape",
    "batch_input_shape",
    "input_shape",
    "causal",
)
"""Keys that the plan describes in another place."""
WITHOUT_EFFECT = (
    "trainable",
    "activity_regularizer",
    "seed",
    "dropout",
    "recurrent_dropout",
    "stateful",
    "unroll",
    "implementation",
    "use_cudnn",
    "zero_output_for_mask",
    "input_length",
)
"""Keys that change nothing in a run from zero states."""
LONGEST = 1000
"""Characters of a text among the settings: an equation at most."""
HARD_SIGMOID = "hard_sigmoid"


def plain_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are numbers, texts, switches or lists of
    them.
    """
    return {
        key: value
        for key, value in config.items()
        if _matters(key) and _is_plain(value)
    }


def _matters(key: str) -> bool:
    if key in OURS or key in DESCRIBED_ELSEWHERE or key in WITHOUT_EFFECT:
        return False

    return not key.endswith(TRAINING)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, str):
        return len(value) <= LONGEST

    return value is None or isinstance(value, bool | int | float)


def described_activation(named: Any, generation: int) -> Any:
    """Return an activation as a name, as a layer's class and settings, or as
    the hard_sigmoid of a generation.

    Raises ConfigError for an activation that isn't Keras's own.
    """
    activation(named, generation)
    if isinstance(named, Mapping):
        config = named.get("config")
        class_name = named.get("class_name")
        if isinstance(config, str):
            return described_activation(config, generation)
        if class_name == "Activation" and isinstance(config, Mapping):
            return described_activation(config.get("activation"), generation)

        return {
            "class": named["class_name"],
            "config": plain_settings(config or {}),
        }

    if named == HARD_SIGMOID:
        return {HARD_SIGMOID: min(generation, 3)}

    return named
