"""Is a layer's configuration one a Keras could have written?

Each value is held against what its key may be.

The engine may then take its numbers as they are. What is wrong is said in one line:
which key, what was found, what was expected; the layer is listed with that line and the
rest of the model goes on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rnn_tui.formats.data.spec import shown

LARGEST = 1 << 31
"""No count or size of a real layer is larger."""
WIDEST = 1 << 16
"""Values of a kernel's or a pool's window."""

Test = Callable[[Any], bool]


def is_whole(value: Any, least: int = -LARGEST, most: int = LARGEST) -> bool:
    """Whether a value is a whole number between two bounds; old files have 3.0 for
    3.
    """
    number = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return number and not isinstance(value, bool) and least <= value <= most


def _count(value: Any) -> bool:
    return is_whole(value, 1)


def _size(value: Any) -> bool:
    if isinstance(value, list):
        sides = value
    else:
        sides = [value]

    return (
        0 < len(sides) <= 3
        and all(is_whole(side, 1, WIDEST) for side in sides)
        and math.prod(sides) <= WIDEST
    )


def _counts(value: Any) -> bool:
    if isinstance(value, list):
        sides = value
    else:
        sides = [value]

    return 0 < len(sides) <= 3 and all(map(_count, sides))


def _counts_up(value: Any) -> bool:
    if isinstance(value, list):
        sides = value
    else:
        sides = [value]

    return 0 < len(sides) <= 100 and all(
        isinstance(side, int) and is_whole(side, 1) for side in sides
    )


def _margin(value: Any) -> bool:
    if isinstance(value, list):
        sides = value
    else:
        sides = [value]

    return 0 < len(sides) <= 3 and all(_end(side) for side in sides)


def _end(side: Any) -> bool:
    """Whether a value is the margin at both ends of an axis, or one for each."""
    if isinstance(side, list):
        ends = side
    else:
        ends = [side]

    return len(ends) in (1, 2) and all(is_whole(end, 0) for end in ends)


def _paddings(value: Any) -> bool:
    if isinstance(value, list):
        sides = value
    else:
        sides = [value]

    return 0 < len(sides) <= 3 and all(is_whole(side, 0, WIDEST) for side in sides)


def _axis(value: Any) -> bool:
    return is_whole(value, -8, 8) or (
        isinstance(value, list) and all(is_whole(axis, -8, 8) for axis in value)
    )


def _sides(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 8
        and all(side is None or is_whole(side, -1) for side in value)
    )


def _order(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 8
        and all(is_whole(axis, 1) for axis in value)
    )


def _axes_of_two(value: Any) -> bool:
    if isinstance(value, list):
        axes = value
    else:
        axes = [value]

    return len(axes) in (1, 2) and all(is_whole(axis, -8, 8) for axis in axes)


def _number(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < 1e300
    )


def _numbers(value: Any) -> bool:
    """Whether a value is a number, or lists of numbers that make an array."""
    if not isinstance(value, list):
        return _number(value)

    alike = len({_shape(part) for part in value}) == 1

    return alike and all(map(_numbers, value))


def _shape(value: Any) -> tuple[int, ...]:
    """Return the sides of nested lists, as their first parts have them."""
    sides = []
    while isinstance(value, list):
        sides.append(len(value))
        if value:
            value = value[0]
        else:
            value = None

    return tuple(sides)


def _switch(value: Any) -> bool:
    return value in (True, False, 0, 1) and not isinstance(value, (list, dict))


def _activation(value: Any) -> bool:
    return isinstance(value, (str, Mapping))


def _among(*words: object) -> tuple[Test, str]:
    def test(value: Any) -> bool:
        return not isinstance(value, (list, dict)) and value in words

    return test, " or ".join(json.dumps(word) for word in words)


COUNT = (_count, "a whole number above 0")
SIZE = (_size, "a whole number above 0, or one for each axis")
MARGIN = (_margin, "whole numbers from 0 on")
AXIS = (_axis, "an axis or a list of axes")
SIDES = (_sides, "a list of whole numbers")
NUMBER = (_number, "a number")
ORDER = (_order, "a list of axes, which count from 1")
NUMBERS = (_numbers, "a number or a list of numbers")
SWITCH = (_switch, "true or false")

KEYS: Mapping[str, tuple[Test, str]] = {
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
        ("value_dim", "depth_multiplier", "nb_feature", "max_tokens"), COUNT
    ),
    **dict.fromkeys(("kernel_size", "pool_size", "strides", "dilation_rate"), SIZE),
    "target_shape": SIDES,
    "dims": ORDER,
    "output_padding": (_paddings, "a whole number from 0 on, or one for each axis"),
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
        ("zero_output_for_mask", "rms_scaling", "normalize", "use_scale"), SWITCH
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
        (_activation, "an activation's name or configuration"),
    ),
    "axis": AXIS,
    "axes": (_axes_of_two, "an axis, or one of each input"),
    "shared_axes": AXIS,
    "cropping": MARGIN,
    "padding": _among("valid", "same", "causal"),
    "data_format": _among("channels_last", "channels_first"),
    "merge_mode": _among("concat", "sum", "mul", "ave"),
    **dict.fromkeys(
        ("layer", "backward_layer"),
        (lambda value: isinstance(value, Mapping), "a layer's configuration"),
    ),
    "interpolation": (lambda value: isinstance(value, str), "a method's name"),
}
"""What a key may be in any layer; null stands for its default."""
NOT_NULL = ("epsilon", "alpha", "theta", "mask_value")
"""Numbers that have no default to stand for."""

OWN: Mapping[tuple[str, str], tuple[Test, str]] = {
    **{(f"ZeroPadding{rank}D", "padding"): MARGIN for rank in (1, 2, 3)},
    **{(f"UpSampling{rank}D", "size"): SIZE for rank in (1, 2, 3)},
    **{
        (f"LocallyConnected{rank}D", "implementation"): _among(1, 2, 3)
        for rank in (1, 2)
    },
    ("CenterCrop", "height"): COUNT,
    ("CenterCrop", "width"): COUNT,
    ("Rescaling", "scale"): NUMBERS,
    ("Rescaling", "offset"): NUMBERS,
    ("Discretization", "axis"): (lambda value: True, ""),
    ("Discretization", "bin_boundaries"): (
        lambda value: isinstance(value, list) and all(map(_number, value)),
        "numbers",
    ),
    ("Concatenate", "axis"): (lambda value: is_whole(value, -8, 8), "an axis"),
    ("GroupNormalization", "groups"): (
        lambda value: value == -1 or _count(value),
        "a whole number above 0, or -1",
    ),
    ("Discretization", "output_mode"): _among("int", "one_hot", "multi_hot", "count"),
    ("CategoryEncoding", "num_tokens"): COUNT,
    ("CategoryEncoding", "output_mode"): _among(
        "one_hot", "multi_hot", "count", "binary"
    ),
    **{
        (f"Adaptive{what}Pooling{rank}D", "output_size"): (
            _counts,
            "a whole number above 0, or one for each axis",
        )
        for what in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    ("PReLU", "alpha"): (lambda value: True, ""),
    ("TextVectorization", "ngrams"): (
        _counts_up,
        "a whole number above 0, or a list of them",
    ),
    ("TextVectorization", "output_sequence_length"): (
        lambda value: is_whole(value, 1, 1 << 22),
        "1 to 4,194,304",
    ),
    ("ReLU", "threshold"): NUMBER,
    ("BatchNormalization", "scale"): SWITCH,
    ("LayerNormalization", "scale"): SWITCH,
    ("GroupNormalization", "scale"): SWITCH,
    ("Normalization", "mean"): NUMBERS,
    ("Normalization", "variance"): NUMBERS,
    ("MultiHeadAttention", "output_shape"): SIZE,
    **{
        (name, key): COUNT
        for name in ("GroupedQueryAttention", "GroupQueryAttention")
        for key in (
            "head_dim",
            "num_query_heads",
            "num_key_value_heads",
            "sliding_window",
        )
    },
}
"""Where a class means something of its own by a key."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Dense", "TimeDistributedDense", "MaxoutDense"), ("units",)),
    "Embedding": ("output_dim",),
    "Permute": ("dims",),
    "Reshape": ("target_shape",),
    "RepeatVector": ("n",),
    "RNN": ("cell",),
    "Discretization": ("bin_boundaries",),
    **{
        f"Adaptive{what}Pooling{rank}D": ("output_size",)
        for what in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    "CenterCrop": ("height", "width"),
    "Rescaling": ("scale",),
    "MultiHeadAttention": ("num_heads", "key_dim"),
    **dict.fromkeys(
        ("GroupedQueryAttention", "GroupQueryAttention"),
        ("head_dim", "num_query_heads"),
    ),
    **{f"ZeroPadding{rank}D": ("padding",) for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": ("cropping",) for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": ("size",) for rank in (1, 2, 3)},
    **{f"Conv{rank}D": ("kernel_size", "filters") for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": ("kernel_size", "filters") for rank in (1, 2, 3)},
    **{f"SeparableConv{rank}D": ("kernel_size", "filters") for rank in (1, 2)},
    **{f"DepthwiseConv{rank}D": ("kernel_size",) for rank in (1, 2)},
    **{f"LocallyConnected{rank}D": ("kernel_size", "filters") for rank in (1, 2)},
}
"""Keys without which a class is nothing."""


def problem_in(class_name: str, config: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a layer's configuration, None when a Keras could have
    written it.
    """
    return next(_problems(class_name, config), None)


def _problems(class_name: str, config: Mapping[str, Any]) -> Iterator[str]:
    for key in NEEDED.get(class_name, ()):
        if config.get(key) is None:
            yield f"its configuration has no {key}"

    needed: tuple[str, ...]
    if class_name == "LeakyReLU":
        needed = (*NOT_NULL, "negative_slope")
    else:
        needed = NOT_NULL

    for key in needed:
        if key in config and config[key] is None and (class_name, key) not in OWN:
            yield f"{key} is null, not {KEYS[key][1]}"

    if class_name == "Normalization" and (config.get("mean") is None) is not (
        config.get("variance") is None
    ):
        yield "its configuration has one of mean and variance without the other"

    yield from _wrong_values(class_name, config)


def wrong_value(class_name: str, config: Mapping[str, Any]) -> str | None:
    """Return which of these keys of a layer, and no others are asked for, has a value
    it can't have.
    """
    return next(_wrong_values(class_name, config), None)


def _wrong_values(class_name: str, config: Mapping[str, Any]) -> Iterator[str]:
    for key, value in config.items():
        test, expected = OWN.get((class_name, key)) or KEYS.get(key) or (None, "")
        if test is not None and value is not None and not test(value):
            yield f"{key} is {shown(value)}, not {expected}"
