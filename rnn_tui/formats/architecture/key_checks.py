"""Is a layer's configuration one a Keras could have written?

Each value is held against the test of its key.

The engine may then take its numbers as they are. A fault is told in one line:
the key, its value and the expected ones; the layer is listed with that line and
the rest of the model goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rnn_tui.engine.layers.keys import (
    ACTIVATION,
    AXES_OF_TWO,
    AXIS,
    COUNT,
    LAYER,
    MARGIN,
    METHOD,
    NUMBER,
    ORDER,
    PADDINGS,
    SIDES,
    SIZE,
    SWITCH,
    Key,
    among,
)
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import UNDECLARED
from rnn_tui.formats.data.spec import shown

KEYS: Mapping[str, Key] = {
    **dict.fromkeys(
        (
            "units",
            "filters",
            "n",
            "input_dim",
            "output_dim",
            "groups",
            "num_heads",
            "key_dim",
        ),
        COUNT,
    ),
    **dict.fromkeys(
        ("value_dim", "depth_multiplier", "nb_feature", "max_tokens"),
        COUNT,
    ),
    **dict.fromkeys(
        ("kernel_size", "pool_size", "strides", "dilation_rate"),
        SIZE,
    ),
    "target_shape": SIDES,
    "dims": ORDER,
    "output_padding": PADDINGS,
    **dict.fromkeys(
        (
            "return_sequences",
            "return_state",
            "go_backwards",
            "stateful",
            "unroll",
            "time_major",
        ),
        SWITCH,
    ),
    **dict.fromkeys(
        (
            "use_bias",
            "mask_zero",
            "reset_after",
            "center",
            "trainable",
            "keepdims",
            "causal",
        ),
        SWITCH,
    ),
    **dict.fromkeys(
        ("zero_output_for_mask", "rms_scaling", "normalize", "use_scale"),
        SWITCH,
    ),
    **dict.fromkeys(
        (
            "epsilon",
            "alpha",
            "negative_slope",
            "theta",
            "max_value",
            "mask_value",
            "rate",
        ),
        NUMBER,
    ),
    **dict.fromkeys(("stddev", "momentum", "threshold"), NUMBER),
    **dict.fromkeys(
        ("activation", "recurrent_activation"),
        ACTIVATION,
    ),
    "axis": AXIS,
    "axes": AXES_OF_TWO,
    "shared_axes": AXIS,
    "cropping": MARGIN,
    "padding": among("valid", "same", "causal"),
    "data_format": among("channels_last", "channels_first"),
    "merge_mode": among("concat", "sum", "mul", "ave"),
    **dict.fromkeys(
        ("layer", "backward_layer"),
        LAYER,
    ),
    "interpolation": METHOD,
}
"""The test of a key in any layer; null means its default."""
NOT_NULL = ("epsilon", "alpha", "theta", "mask_value")
"""Numbers without a default, which may not be null."""

NEEDED_BY_RECURRENT: Mapping[str, tuple[str, ...]] = {"RNN": ("cell",)}
"""Keys without which a recurrent layer can't be computed."""


def needed(class_name: str) -> tuple[str, ...]:
    """Return the keys without which a layer of this class can't be computed."""
    declared = schema(class_name)
    if declared is None:
        return NEEDED_BY_RECURRENT.get(class_name, ())

    return declared.needs


def problem_in(class_name: str, config: Mapping[str, Any]) -> str | None:
    """Return the fault of a layer's configuration, None when a Keras could have
    written it.
    """
    return next(_problems(class_name, config), None)


def _problems(class_name: str, config: Mapping[str, Any]) -> Iterator[str]:
    declared = schema(class_name) or UNDECLARED
    for key in needed(class_name):
        if config.get(key) is None:
            yield f"its configuration has no {key}"

    for key in (*NOT_NULL, *declared.never_null):
        if key in declared.keys or key not in config:
            continue

        if config[key] is None:
            expected = KEYS[key].expected
            yield f"{key} is null, not {expected}"

    together = declared.together
    absent = [key for key in together if config.get(key) is None]
    if absent and len(absent) < len(together):
        names = " and ".join(together)
        yield f"its configuration has one of {names} without the other"

    yield from _wrong_values(class_name, config)


def wrong_value(class_name: str, config: Mapping[str, Any]) -> str | None:
    """Return which of these keys of a layer, and no others are asked for, has a
    value it can't have.
    """
    return next(_wrong_values(class_name, config), None)


def _wrong_values(class_name: str, config: Mapping[str, Any]) -> Iterator[str]:
    declared = schema(class_name) or UNDECLARED
    for key, value in config.items():
        known = declared.keys.get(key) or KEYS.get(key)
        if known is None or value is None:
            continue

        if not known.test(value):
            yield f"{key} is {shown(value)}, not {known.expected}"
