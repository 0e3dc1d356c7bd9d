"""Classes of somebody's own: recurrent ones that kept Keras's keys are recognised by them, the rest say why not."""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.resize import METHODS
from rnn_tui.formats.canonical import canonical
from rnn_tui.formats.spec import Era, LayerSpec
from rnn_tui.text import clean

RECURRENT = ("SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
WRAPPERS = ("Bidirectional", "TimeDistributed", "SpectralNormalization")
MERGING = (
    "Add",
    "Subtract",
    "Multiply",
    "Average",
    "Maximum",
    "Minimum",
    "Concatenate",
    "Attention",
    "AdditiveAttention",
)
SHARING = ("Softmax", "MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
NEVER = {
    "Lambda": "a Lambda's code is in the file and is never run",
    "StringLookup": "it reads text, not numbers",
    "IntegerLookup": "the table it looks ids up in is not reproduced",
    **dict.fromkeys(("Hashing", "HashedCrossing"), "TensorFlow's hash is not reproduced"),
    **dict.fromkeys(("Resizing", "RandomCrop"), "how it scales pictures differs between versions of Keras"),
    **dict.fromkeys(
        ("AutoContrast", "Equalization", "ContrastLimitedAdaptiveHistogramEqualization"),
        "what it makes of a picture's histogram is not reproduced",
    ),
    **dict.fromkeys(("STFTSpectrogram", "MelSpectrogram"), "its Fourier transform is not reproduced"),
    "ReversibleEmbedding": "an embedding that is also read backwards is not reproduced",
    "PruneLowMagnitude": "it masks the weights of what it wraps; tfmot's strip_pruning leaves a plain layer to save",
}


def recognised(spec: LayerSpec, era: Era) -> LayerSpec:
    """Return the layer with its class settled: Keras's own, one like it by its keys, or a reason against it."""
    if spec.class_name in NEVER:
        spec.why_not = NEVER[spec.class_name]
        return spec
    if spec.class_name == "TextVectorization" and (reason := _no_sequence(spec.config)) is not None:
        spec.why_not = reason
        return spec
    if spec.class_name in ("TFOpLambda", "SlicingOpLambda"):
        from rnn_tui.engine.operations.tensorflow_table import tensorflow_why_not  # few models have one

        spec.why_not = tensorflow_why_not(spec.config.get("function"))
        return spec
    if spec.class_name in (*RECURRENT, *WRAPPERS) or class_for(spec.class_name) is not None:
        _settle(spec, era)
        return spec
    alike = _alike(spec.config)
    if alike is None:
        spec.why_not = f"the class {spec.class_name} is not one of Keras's own"
        return spec
    spec.notes.append(f"{spec.class_name} has the keys of Keras's {alike} and is computed as one")
    spec.class_name = alike
    spec.config.setdefault("activation", "tanh")
    _settle(spec, era)
    return spec


def _no_sequence(config: Mapping[str, object]) -> str | None:
    """Return why what a TextVectorization returns is no sequence of token ids, None when it is."""
    mode = config.get("output_mode", "int")
    if mode != "int":
        return f"its output_mode {clean(mode, 20)!r} gives no sequence of token ids"
    return "it returns ragged tensors" if config.get("ragged") else None


def _alike(config: Mapping[str, object]) -> str | None:
    """Return the recurrent class whose keys a configuration has."""
    if "units" not in config or "return_sequences" not in config:
        return None
    if "unit_forget_bias" in config and "recurrent_activation" in config:
        return "LSTM"
    if "reset_after" in config:
        return "GRU"
    return None


def _settle(spec: LayerSpec, era: Era) -> None:
    """Write what the era decides into a recurrent layer's configuration."""
    if spec.class_name == "RNN":
        spec.config["reverse_state_order"] = era.reverses_states
        spec.config["cell"] = _cells(spec.config.get("cell"), era)
        if era.reverses_states and isinstance(spec.config.get("cell"), Mapping):
            spec.notes.append("Keras before 2.2.3: the states of stacked cells run from the last cell to the first")
    if era.loses_merged_masks and spec.class_name in MERGING:
        spec.config["mask_ends"] = True
        spec.notes.append("Keras before 3.4: masks end here")
    if era.zeroes_masked_shares and spec.class_name in SHARING:
        spec.config["masked_to_zero"] = True
    if spec.class_name == "UpSampling2D" and spec.config.get("interpolation") not in (None, *METHODS):
        spec.why_not = f"the interpolation {spec.config['interpolation']} is not reproduced"
    if spec.config.get("mode") in (1, 2) and spec.class_name == "BatchNormalization":
        spec.why_not = "Keras 1's BatchNormalization with mode 1 or 2 works on the batch at hand"


def _cells(cell: object, era: Era) -> object:
    """Return the cells of an RNN layer with their configurations in Keras 3's words."""
    if isinstance(cell, list):
        return [_cells(one, era) for one in cell]
    if not isinstance(cell, Mapping) or not isinstance(cell.get("config"), Mapping):
        return cell
    if cell.get("class_name") == "StackedRNNCells":
        return {**cell, "config": {**cell["config"], "cells": _cells(cell["config"].get("cells"), era)}}
    class_name, config, _ = canonical(str(cell.get("class_name")), cell["config"], era)
    return {"class_name": class_name, "config": config}
