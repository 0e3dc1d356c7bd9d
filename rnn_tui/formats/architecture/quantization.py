"""Quantized layers: the meaning of their dtype policy, and which of them Keras
computes as it is done here.

Read from keras 3.4 to 3.15, `dense.py`, `embedding.py` and `einsum_dense.py` in
layers/core. Their arrays:

int8    kernel (features, units) and a scale for each unit; an Embedding a scale
        for each id
int4    the same, two values in a byte. Up to 3.13 (policy `int4`) a Dense packs
        its rows in pairs and quantizes its inputs as in int8; since 3.14
        (policy `int4/BLOCK`) all pack the last axis and leave the inputs as
        they are. With a block size above 0 there is a scale and a zero point
        for each block, and `g_idx` says which it is.
float8  everything in float32; inputs and kernel are rounded to float8 by a
        scale of their own
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.layers.keys import is_whole
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import UNDECLARED
from rnn_tui.formats.data.spec import Config, Era, LayerSpec, shown
from rnn_tui.text import clean

EPSILON = 1e-7
"""The number that Keras adds to the largest input before it divides by it (its
backend's epsilon).
"""
USUAL: Config = {
    "class_name": "AbsMaxQuantizer",
    "config": {
        "value_range": [-127, 127],
        "epsilon": EPSILON,
        "output_dtype": "int8",
    },
}
"""How Keras quantizes the inputs unless told otherwise; before 3.13 it wasn't
written down.
"""
FLOAT8 = ("inputs", "kernel", "outputs_grad")
"""The values of which a float8 layer keeps a scale and a history of the
largest.
"""
PACKS_LAST = (3, 14)
"""The Keras since which int4 is packed along the last axis and doesn't quantize
its inputs.
"""


def mode_of(dtype: Any) -> tuple[str | None, Any]:
    """Return how a dtype policy quantizes (`int8`, `int4/128`, `float8`; None
    for not at all), and the policy within.

    Keras writes a QuantizedDTypePolicy, or the same as a name:
    `int8_from_float32`.
    """
    inner = None
    if isinstance(dtype, Mapping):
        inner = dtype.get("config")

    if isinstance(inner, Mapping) and "source_name" in inner:
        return str(inner.get("mode")), inner["source_name"]

    if isinstance(dtype, str) and "_from_" in dtype:
        mode, _, source = dtype.partition("_from_")
        return mode, source

    return None, dtype


def settle(spec: LayerSpec, era: Era) -> LayerSpec:
    """Write the settings of a quantized layer into its configuration, or why it
    can't be computed.

    `quantized` becomes int8, int4 or float8; `int4_block` is how many int4
    values have one scale.
    """
    stated = spec.config.get("quantized")
    if stated is None or spec.why_not is not None:
        return spec

    reproduced = _reproduced(spec.class_name)
    if reproduced is None:
        del spec.config["quantized"]
        return spec

    mode, _, block = str(stated).partition("/")
    if mode not in reproduced or (block and mode != "int4"):
        spec.why_not = (
            f"its arrays are quantized to {clean(stated, 20)}; reproduced are "
            "Dense and Embedding in int8 and int4, Dense and EinsumDense in "
            "float8"
        )
        return spec

    spec.config["quantized"] = mode
    if mode == "int4":
        _blocks(spec, block)

    if mode != "float8" and spec.why_not is None:
        alone = mode == "int4" and (block != "" or era.version >= PACKS_LAST)
        _inputs(spec, None if alone else USUAL)

    if spec.why_not is None:
        spec.notes.append(
            f"quantized to {mode}: {_done(mode)}, as Keras does it"
        )

    return spec


def _reproduced(class_name: str) -> tuple[str, ...] | None:
    """Return in which ways a class may be quantized here; None for one that a
    quantized policy leaves as it is.
    """
    declared = schema(class_name)
    if declared is None:
        return None

    return declared.quantized


def _done(mode: str) -> str:
    if mode == "float8":
        return "inputs and kernel are rounded to three bits behind the first"
    if mode == "int8":
        return "what is stored is divided by its scale"

    return "two values a byte, brought back by a scale"


def _blocks(spec: LayerSpec, block: str) -> None:
    """Settle how many values have one scale together: as the policy says, and
    the layer's own configuration.
    """
    within = _within(spec)
    own = within.get("block_size")
    if block and not block.lstrip("-").isdecimal():
        spec.why_not = (
            "its arrays are quantized to int4 in blocks of "
            f"{clean(block, 20)}, which is no number"
        )
        return

    if block:
        size = int(block)
    else:
        size = -1

    if own is not None and own != size:
        spec.why_not = (
            f"its policy says blocks of {size}, its configuration blocks of "
            f"{shown(own)}"
        )
    elif size != -1 and not 0 < size < 1 << 31:
        spec.why_not = (
            f"its arrays are quantized to int4 in blocks of {clean(size, 20)}"
        )

    spec.config["int4_block"] = size


def _within(spec: LayerSpec) -> Mapping[str, Any]:
    """Return the quantization of the layer's own configuration."""
    stated = spec.config.get("quantization_config")
    within = None
    if isinstance(stated, Mapping):
        within = stated.get("config")

    if isinstance(within, Mapping):
        return within

    return {}


def _inputs(spec: LayerSpec, default: Config | None) -> None:
    """Settle whether the inputs of a Dense are quantized as well, and with
    which epsilon.
    """
    quantizer = _within(spec).get("activation_quantizer", default)
    if quantizer is None:
        spec.config["inputs_epsilon"] = None
        return

    named = None
    if isinstance(quantizer, Mapping):
        named = quantizer.get("class_name")

    if isinstance(quantizer, Mapping):
        config = quantizer.get("config")
    else:
        config = None

    if (
        named != USUAL["class_name"]
        or not isinstance(config, Mapping)
        or {**USUAL["config"], **config} != USUAL["config"]
    ):
        spec.why_not = (
            "its inputs are quantized in another way than Keras does it unasked"
        )

    spec.config["inputs_epsilon"] = EPSILON


def arrays_of(
    class_name: str,
    config: Mapping[str, Any],
) -> list[tuple[str, bool]] | None:
    """Return the names of a quantized layer's arrays in Keras's order and which
    are trained; None when it isn't.
    """
    mode = config.get("quantized")
    if mode is None or str(mode) not in (_reproduced(class_name) or ()):
        return None

    if class_name == "Embedding":
        whole = "embeddings"
    else:
        whole = "kernel"

    if class_name == "EinsumDense":
        key = "bias_axes"
    else:
        key = "use_bias"

    biased = class_name != "Embedding" and bool(
        config.get(key, class_name == "Dense")
    )
    if biased:
        bias = [("bias", True)]
    else:
        bias = []

    if mode == "float8":
        kept = [
            (f"{what}_{part}", True)
            for what in FLOAT8
            for part in ("scale", "amax_history")
        ]
        return [(whole, True), *bias, *kept]

    found = [(whole, False), *bias, (f"{whole}_scale", False)]
    if config.get("int4_block", -1) > 0:
        found += [(f"{whole}_zero", False), ("g_idx", False)]

    return found


def misfit(spec: LayerSpec, weights: Sequence[Weight]) -> str | None:
    """Return why the shapes of a layer's arrays don't make an int4 or float8
    layer, None when they do.
    """
    declared = schema(spec.class_name) or UNDECLARED
    for key in declared.follows:
        if not is_whole(spec.config.get(key), 1):
            return (
                f"{key} is {shown(spec.config.get(key))}, not a whole number "
                "above 0"
            )

    shapes = {weight.name: weight.shape for weight in weights}
    if spec.config.get("quantized") == "float8":
        wanted = _float8(spec.class_name, shapes)
    elif spec.class_name == "Embedding":
        wanted = _embedding(spec.config)
    else:
        wanted = _dense(spec.config, shapes)

    for name, allowed in wanted.items():
        if name in shapes and shapes[name] not in allowed:
            found = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
            return f"its arrays don't go together: {found}"

    return None


Shape = tuple[int, ...]
Shapes = dict[str, tuple[Shape, ...]]
"""By the name of an array: the shapes it may have."""


def _float8(class_name: str, shapes: Mapping[str, Shape]) -> Shapes:
    """Return the shapes that the arrays of a float8 layer may have."""
    wanted: Shapes = {f"{what}_scale": ((),) for what in FLOAT8}
    if class_name == "Dense":
        sides = shapes["kernel"]
        if len(sides) == 2:
            wanted["kernel"] = (sides,)
        else:
            wanted["kernel"] = ()

        wanted["bias"] = (sides[-1:],)

    return wanted


def _dense(config: Mapping[str, Any], shapes: Mapping[str, Shape]) -> Shapes:
    """Return the shapes that the arrays of an int4 Dense may have."""
    units = int(config["units"])
    block = int(config["int4_block"])
    if block < 0:
        if shapes["kernel"]:
            rows = shapes["kernel"][0]
        else:
            rows = 0

        return {
            "kernel": ((rows, _pairs(units)), (rows, units)),
            "bias": ((units,),),
            "kernel_scale": ((units,),),
        }

    if shapes["g_idx"]:
        features = shapes["g_idx"][0]
    else:
        features = 0

    grouped = (math.ceil(features / block), units)

    return {
        "kernel": ((features, _pairs(units)),),
        "bias": ((units,),),
        "kernel_scale": (grouped,),
        "kernel_zero": (grouped,),
        "g_idx": ((features,),),
    }


def _embedding(config: Mapping[str, Any]) -> Shapes:
    """Return the shapes that the arrays of an int4 Embedding may have."""
    ids, width, block = (
        int(config[key]) for key in ("input_dim", "output_dim", "int4_block")
    )
    table = (ids, _pairs(width))
    if block < 0:
        return {"embeddings": (table,), "embeddings_scale": ((ids,),)}

    grouped = (ids, math.ceil(width / block))

    return {
        "embeddings": (table,),
        "embeddings_scale": (grouped,),
        "embeddings_zero": (grouped,),
        "g_idx": ((width,),),
    }


def _pairs(count: int) -> int:
    return (count + 1) // 2
