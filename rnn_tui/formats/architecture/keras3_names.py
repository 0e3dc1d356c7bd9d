"""A layer's configuration in Keras 3's words: names that changed, defaults that
were left out, rules of the era.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.cells.kinds import (
    RESET_AFTER,
    Key,
    added_class,
    cudnn_kinds,
    find_kind,
)
from rnn_tui.formats.architecture.quantization import mode_of
from rnn_tui.formats.data.spec import Era, shown

RENAMED = {
    "output_dim": "units",
    "inner_activation": "recurrent_activation",
    "bias": "use_bias",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample_length": "strides",
    "subsample": "strides",
    "border_mode": "padding",
    "pool_length": "pool_size",
    "stride": "strides",
    "atrous_rate": "dilation_rate",
    "length": "size",
    "p": "rate",
    "sigma": "stddev",
}
"""Keras 1's keys and their names since Keras 2 (keras 2.0.0,
legacy/interfaces.py).
"""

CLASSES = {
    "Convolution1D": "Conv1D",
    "AtrousConvolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "UnifiedLSTM": "LSTM",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "UnifiedGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
}
"""Other names of the same layers."""

MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}
"""The modes of Merge, of Keras 1 and 2.0 to 2.2, that are layers of their own
since.
"""

OURS = (
    "build_shape",
    "mask_ends",
    "masked_to_zero",
    "ignores_mask",
    "force_zero_output",
    "reverse_state_order",
    "written",
    "quantized",
    "inputs_epsilon",
    "assumed",
    "int4_block",
    "merged_by_cosine",
    "residual",
    "wrapped_as",
    "cell_problem",
    "time_masks",
    "carries_state",
)
"""Keys by which the builder tells the engine about the era and the file; a file
has no say in them.
"""


def canonical(
    class_name: str,
    config: Mapping[str, Any],
    era: Era,
) -> tuple[str, dict[str, Any], list[str]]:
    """Return class, configuration and notes of a layer in Keras 3's words."""
    notes: list[str] = []
    found = without_ours(config)
    name = added_class(class_name) or CLASSES.get(class_name, class_name)
    if era.generation == 1:
        found = _from_keras_1(name, found)

    if class_name == "Merge" and era.generation < 3:
        name = MERGES.get(str(found.get("mode")), name)
        found |= _merge(found)

    if name != class_name:
        notes.append(f"the file calls it {class_name}")

    kind = find_kind(name)
    if class_name in {kind.cudnn for kind in cudnn_kinds()}:
        found |= {
            "activation": "tanh",
            "recurrent_activation": "sigmoid",
            "use_bias": True,
        }
        if kind is not None and kind.has_key(RESET_AFTER):
            found[RESET_AFTER] = True

    if name == "LeakyReLU" and "alpha" in found:
        found["negative_slope"] = found.pop("alpha")

    if kind is not None:
        if kind.has_key(RESET_AFTER) and RESET_AFTER not in found:
            notes.append(
                "no reset_after in the file: the reset gate works before the "
                "recurrent product"
            )

        for key in kind.keys:
            if key.name not in found and not kind.keras:
                notes.append(
                    f"no {key.name} in the file: {key.absent}, as the table of "
                    "cells has it"
                )

            found.setdefault(key.name, absent_value(key, era))

    _policy(found, notes)

    return name, found, notes


def absent_value(key: Key, era: Era) -> Any:
    """Return the value of a cell's key that its configuration lacks."""
    if key.absent is None and key.era:
        return getattr(era, key.era)

    return key.absent


def without_ours(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration of a file without the keys that mean something
    here only.
    """
    return {key: value for key, value in config.items() if key not in OURS}


def unmerged(config: Mapping[str, Any]) -> str | None:
    """Return why a Merge can't be computed, None when its mode is one of
    Keras's own (keras 2.1.6, legacy).
    """
    mode = config.get("mode")
    kind = config.get("mode_type", "raw")
    if kind == "lambda" or isinstance(mode, list):
        return "its mode is a lambda: code in a file is never run"
    if kind != "raw":
        return f"its mode is the function {shown(mode)}, its author's own"
    if str(mode) in MERGES:
        return None

    return f"its mode is {shown(mode)}, not one of {', '.join(MERGES)}"


def _merge(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Merge's keys by their names in the layer that computes the same;
    its cosine is an arithmetic of its own.
    """
    found = {
        "axis": config.get("concat_axis", -1),
        "axes": config.get("dot_axes", -1),
        "normalize": False,
    }
    return {**found, "merged_by_cosine": config.get("mode") == "cos"}


def _from_keras_1(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a Keras 1 layer in the words of Keras 2."""
    kept: tuple[str, ...]
    if name == "Embedding":
        kept = ("output_dim",)
    elif name == "Bidirectional":
        kept = ("bias",)
    else:
        kept = ()

    found = {
        RENAMED.get(key, key) if key not in kept else key: value
        for key, value in config.items()
    }
    for axes in (
        ("nb_row", "nb_col"),
        ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
    ):
        if all(axis in config for axis in axes):
            found["kernel_size"] = [config[axis] for axis in axes]

    if (
        name.startswith(("MaxPooling1D", "AveragePooling1D"))
        and found.get("strides") is None
    ):
        found["strides"] = found.get("pool_size")

    if config.get("dim_ordering") in ("th", "tf"):
        if config["dim_ordering"] == "th":
            found["data_format"] = "channels_first"
        else:
            found["data_format"] = "channels_last"

    return found


def _policy(config: dict[str, Any], notes: list[str]) -> None:
    """Reduce a dtype policy to its name, and note the meaning of a
    half-precision one.
    """
    mode, dtype = mode_of(config.get("dtype"))
    if mode is not None:
        config |= {"quantized": mode, "dtype": dtype}

    if isinstance(dtype, Mapping):
        inner = dtype.get("config")
        dtype = None
        if isinstance(inner, Mapping):
            dtype = inner.get("name")

        config["dtype"] = dtype

    if isinstance(dtype, str) and dtype in (
        "mixed_float16",
        "mixed_bfloat16",
        "float16",
        "bfloat16",
    ):
        notes.append(
            f"Keras computes this layer in {dtype.removeprefix('mixed_')}, "
            "here it is float32: up to 1e-2 apart"
        )
