"""A layer's configuration in words, one short sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rnn_tui.engine.layers.layer import Layer

SWITCHES = {
    "return_sequences": "returns its output at every timestep",
    "return_state": "also returns its last state",
    "go_backwards": "reads the sequence from its end",
    "stateful": "stateful in Keras: here each run starts from zeros",
    "time_major": "the time axis comes before the batch axis",
    "zero_output_for_mask": "returns zeros at masked timesteps",
    "mask_zero": "token id 0 is masked",
    "causal": "each query sees the past only",
    "normalize": "vectors are brought to length 1 first",
}
SIZES = {
    "units": "{} units",
    "filters": "{} filters",
    "input_dim": "{} token ids",
    "output_dim": "{} values for each id",
    "kernel_size": "kernel {}",
    "strides": "strides {}",
    "dilation_rate": "dilation {}",
    "padding": "padding {}",
    "groups": "{} groups",
    "pool_size": "pools {}",
    "num_heads": "{} heads",
    "key_dim": "{} values a head",
    "merge_mode": "directions merged by {}",
    "axis": "axis {}",
    "axes": "axes {}",
    "n": "repeated {} times",
    "target_shape": "as {}",
    "dims": "axes in the order {}",
    "size": "{} times as long",
    "cropping": "cut by {}",
    "rate": "drops {} in training, nothing here",
    "mask_value": "masks timesteps of {}",
    "negative_slope": "slope {} below zero",
    "score_mode": "score: {}",
    "standardize": "texts are standardised by {}",
    "split": "split by {}",
    "output_sequence_length": "every text is cut or padded to {} ids",
    "vocabulary_size": "{} token ids",
}
SINGULAR = re.compile(r"(?<![\w.×])1 (token \w+|\w+)s\b")
"""One of something that the sentence has several of: `1 units`."""
DEFAULTS = {
    "strides": (1,),
    "dilation_rate": (1,),
    "groups": (1,),
    "padding": ("valid", (0,)),
}


def in_words(layer: Layer) -> Iterator[str]:
    """Yield the settings of the configuration, in sentences."""
    config = layer.config
    for key, sentence in SIZES.items():
        if (
            key in config
            and config[key] is not None
            and not _usual(key, config[key])
        ):
            yield SINGULAR.sub(r"1 \1", sentence.format(_shown(config[key])))

    for key, what in (
        ("activation", "activation"),
        ("recurrent_activation", "recurrent activation"),
    ):
        name = _name(config.get(key))
        if name is not None and not (name == "linear" and key == "activation"):
            yield f"{what} {name}"

    if config.get("use_bias") is False:
        yield "no bias"

    for key, sentence in SWITCHES.items():
        if config.get(key) is True:
            yield sentence


def _usual(key: str, value: Any) -> bool:
    if key == "padding" and isinstance(value, str):
        return value == "valid"
    if isinstance(value, Mapping):  # a function of somebody's own
        return True

    if isinstance(value, (list, tuple)):
        flat = tuple(value)
    else:
        flat = (value,)

    return key in DEFAULTS and all(side == 1 for side in flat)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            return "×".join(_shown(side) for side in value)
        if value:
            return _shown(value[0])

        return "()"

    if isinstance(value, float):
        return f"{value:g}"

    return str(value)


def _name(value: Any) -> str | None:
    if isinstance(value, Mapping):
        config = value.get("config")
        if isinstance(config, str):
            return config

        return str(value.get("class_name"))

    if value is None:
        return None

    return str(value)
