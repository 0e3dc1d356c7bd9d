"""The shapes of each layer class's arrays: what must go together is held against each
other before anything is run.

NumPy would stretch a bias of one value over all units and call it a sum; Keras would
not, and neither do we.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from rnn_tui.engine.core.arrays import Weight
from rnn_tui.formats.data.spec import LayerSpec, shown

ALIKE = "*"
"""Stands for a whole shape: every array with it has the same."""
SIZE = "kernel_size"
"""Stands for one side for each spatial axis."""
EVERY = "channels×depth_multiplier"
"""Stands for one side: what a depthwise convolution makes."""

DEPTHWISE = f"{SIZE} channels depth_multiplier"


def _of_rank(
    name: str, ranks: Sequence[int], kernel: str, bias: str
) -> dict[str, Mapping[str, str]]:
    return {
        name.format(rank): {kernel.split(":")[0]: kernel.split(":")[1], "bias": bias}
        for rank in ranks
    }


GROUPED = {
    **dict.fromkeys(("query_kernel", "gate_kernel"), "? num_query_heads head_dim"),
    **dict.fromkeys(("query_bias", "gate_bias"), "num_query_heads head_dim"),
    **dict.fromkeys(("key_kernel", "value_kernel"), "? num_key_value_heads head_dim"),
    **dict.fromkeys(("key_bias", "value_bias"), "num_key_value_heads head_dim"),
    "output_kernel": "num_query_heads head_dim width",
    "output_bias": "width",
}

SHAPES: Mapping[str, Mapping[str, str]] = {
    "Dense": {"kernel": "features units", "bias": "units", "kernel_scale": "units"},
    "TimeDistributedDense": {"kernel": "features units", "bias": "units"},
    "MaxoutDense": {"kernel": "nb_feature features units", "bias": "nb_feature units"},
    "Highway": {
        **dict.fromkeys(("kernel", "kernel_carry"), "features features"),
        **dict.fromkeys(("bias", "bias_carry"), "features"),
    },
    "Embedding": {
        "embeddings": "input_dim output_dim",
        "embeddings_scale": "input_dim",
    },
    **_of_rank("Conv{}D", (1, 2, 3), f"kernel:{SIZE} channels filters", "filters"),
    **_of_rank(
        "Conv{}DTranspose", (1, 2, 3), f"kernel:{SIZE} filters channels", "filters"
    ),
    **_of_rank("DepthwiseConv{}D", (1, 2), f"depthwise_kernel:{DEPTHWISE}", EVERY),
    "SeparableConv1D": {
        "depthwise_kernel": DEPTHWISE,
        "pointwise_kernel": f"1 {EVERY} filters",
        "bias": "filters",
    },
    "SeparableConv2D": {
        "depthwise_kernel": DEPTHWISE,
        "pointwise_kernel": f"1 1 {EVERY} filters",
        "bias": "filters",
    },
    "BatchNormalization": dict.fromkeys(
        ("gamma", "beta", "moving_mean", "moving_variance"), ALIKE
    ),
    "LayerNormalization": dict.fromkeys(("gamma", "beta"), ALIKE),
    "GroupNormalization": dict.fromkeys(("gamma", "beta"), "channels"),
    "Normalization": dict.fromkeys(("mean", "variance"), ALIKE),
    "MultiHeadAttention": {
        **dict.fromkeys(("query_kernel", "key_kernel"), "? num_heads key_dim"),
        **dict.fromkeys(("query_bias", "key_bias"), "num_heads key_dim"),
        "value_kernel": "? num_heads value_dim",
        "value_bias": "num_heads value_dim",
        "output_kernel": "num_heads value_dim width",
        "output_bias": "width",
    },
    **dict.fromkeys(("GroupedQueryAttention", "GroupQueryAttention"), GROUPED),
    "Attention": dict.fromkeys(("scale", "concat_score_weight"), ""),
    "AdditiveAttention": {"scale": "features"},
}
"""By class and array: its sides, by the names of what they count; a number stands for
itself, `?` for any.
"""
TIED = (
    SIZE,
    "nb_feature",
    "depth_multiplier",
    "num_heads",
    "key_dim",
    "value_dim",
    "num_query_heads",
    "num_key_value_heads",
    "head_dim",
)
"""Sides that a key of the configuration states as well; those left out follow the
arrays, with a warning.
"""


def misfit(spec: LayerSpec, weights: Sequence[Weight]) -> str | None:
    """Return which of a layer's arrays has a shape that its class or its other arrays
    rule out, None for none.
    """
    shapes = ", ".join(f"{one.name} {one.shape}" for one in weights)
    sides: dict[str, tuple[int, ...]] = {}
    for weight in weights:
        pattern = SHAPES.get(spec.class_name, {}).get(weight.name)
        if pattern is None:
            found = None
        else:
            found = _read(pattern, weight.shape, _rank(spec.class_name))

        if pattern is not None and found is None:
            sides_named = ", ".join(pattern.split()) or "none"
            return (
                f"{weight.name} has the shape {weight.shape}, its sides should be: "
                f"{sides_named}"
            )

        for name, side in (found or {}).items():
            if name != "?" and sides.setdefault(name, side) != side:
                return f"its arrays don't go together: {shapes}"

    if EVERY in sides and sides[EVERY] != (
        math.prod(sides["channels"] + sides["depth_multiplier"]),
    ):
        return f"its arrays don't go together: {shapes}"

    return _misstated(spec, sides)


def _rank(class_name: str) -> int:
    found = re.search(r"(\d)D", class_name)
    if found:
        return int(found[1])

    return 0


def _read(
    pattern: str, shape: tuple[int, ...], rank: int
) -> dict[str, tuple[int, ...]] | None:
    """Return what each name of a pattern stands for in a shape, None where the shape is
    another.
    """
    if pattern == ALIKE:
        return {ALIKE: shape}

    found: dict[str, tuple[int, ...]] = {}
    rest = shape
    for name in pattern.split():
        count = rank if name == SIZE else 1
        side = rest[:count]
        rest = rest[count:]
        if len(side) < count or 0 in side or (name.isdigit() and side != (int(name),)):
            return None

        if not name.isdigit():
            found[name] = side

    if rest:
        return None

    return found


def _misstated(spec: LayerSpec, sides: Mapping[str, tuple[int, ...]]) -> str | None:
    """Return where the configuration states another size than the arrays have."""
    for name in TIED:
        stated = spec.config.get(name)
        if name not in sides or stated is None:
            continue

        if isinstance(stated, list):
            listed = tuple(stated)
        else:
            listed = (stated,)

        if len(listed) == 1:
            wanted = listed * len(sides[name])
        else:
            wanted = listed

        if wanted != sides[name]:
            size: int | tuple[int, ...]
            if len(sides[name]) == 1:
                size = sides[name][0]
            else:
                size = sides[name]

            return (
                f"{name} is {shown(stated)} in its configuration, {size} in its arrays"
            )

    return None
