"""Quantized layers: what the dtype policy says of them, and which of them Keras computes as it is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.formats.spec import Config, LayerSpec
from rnn_tui.text import clean

INT8 = ("Dense", "Embedding")
"""Classes whose int8 arithmetic is reproduced (keras 3.4 to 3.15, their `_int8_call`)."""
QUANTIZING = (*INT8, "EinsumDense", "ReversibleEmbedding", "MultiHeadAttention", "GroupQueryAttention")
"""Classes that a quantized policy changes; every other one computes as ever."""
EPSILON = 1e-7
"""What Keras adds to the largest input before it divides by it (its backend's epsilon)."""
USUAL: Config = {
    "class_name": "AbsMaxQuantizer",
    "config": {"value_range": [-127, 127], "epsilon": EPSILON, "output_dtype": "int8"},
}
"""How Keras quantizes the inputs unless told otherwise; before 3.13 it wasn't written down."""


def mode_of(dtype: Any) -> tuple[str | None, Any]:
    """Return how a dtype policy quantizes (`int8`, `int4/128`, `float8`; None for not at all), and the policy within.

    Keras writes a QuantizedDTypePolicy, or the same as a name: `int8_from_float32`.
    """
    inner = dtype.get("config") if isinstance(dtype, Mapping) else None
    if isinstance(inner, Mapping) and "source_name" in inner:
        return str(inner.get("mode")), inner["source_name"]
    if isinstance(dtype, str) and "_from_" in dtype:
        mode, _, source = dtype.partition("_from_")
        return mode, source
    return None, dtype


def settle(spec: LayerSpec) -> LayerSpec:
    """Say what a quantized layer needs to be computed, or why it can't be."""
    mode = spec.config.get("quantized")
    if mode is None or spec.why_not is not None:
        return spec
    if spec.class_name not in QUANTIZING:
        del spec.config["quantized"]
    elif mode != "int8" or spec.class_name not in INT8:
        spec.why_not = f"its arrays are quantized to {clean(mode, 20)}; reproduced are Dense and Embedding in int8"
    else:
        _inputs(spec)
        if spec.why_not is None:
            spec.notes.append("quantized to int8: what is stored is divided by its scale, as Keras does it")
    return spec


def _inputs(spec: LayerSpec) -> None:
    """Settle whether the inputs of a Dense are quantized as well, and with which epsilon."""
    stated = spec.config.get("quantization_config")
    within = stated.get("config") if isinstance(stated, Mapping) else None
    quantizer = within.get("activation_quantizer") if isinstance(within, Mapping) else USUAL
    if quantizer is None:
        spec.config["inputs_epsilon"] = None
        return
    named = quantizer.get("class_name") if isinstance(quantizer, Mapping) else None
    config = quantizer.get("config") if isinstance(quantizer, Mapping) else None
    if (
        named != USUAL["class_name"]
        or not isinstance(config, Mapping)
        or {**USUAL["config"], **config} != USUAL["config"]
    ):
        spec.why_not = "its inputs are quantized in another way than Keras does it unasked"
    spec.config["inputs_epsilon"] = EPSILON
