"""Quantized layers: int8 in Dense and Embedding is computed, anything else is named and left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.formats.quantized import mode_of

POLICY = {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}}
QUANTIZER = {
    "class_name": "AbsMaxQuantizer",
    "config": {"value_range": [-127, 127], "epsilon": 1e-7, "output_dtype": "int8"},
}
RNG = np.random.default_rng(3)
TABLE, TABLE_SCALE = RNG.integers(-127, 128, (6, 3)).astype("i1"), RNG.uniform(20, 90, 6).astype("f4")
KERNEL, SCALE = RNG.integers(-127, 128, (3, 2)).astype("i1"), RNG.uniform(20, 90, 2).astype("f4")
BIAS = np.array([0.25, -1.5], "f4")


def quantization(**quantizer: Any) -> dict[str, Any]:
    """A layer's quantization_config, its activation_quantizer changed."""
    found = {**QUANTIZER, "config": {**QUANTIZER["config"], **quantizer}}
    return {"class_name": "Int8QuantizationConfig", "config": {"activation_quantizer": found}}


def write(path: Path, dtype: Any = POLICY, class_name: str = "Dense", **config: Any) -> str:
    """Write an Embedding and a Dense as Keras 3 keeps them in `.h5`: what is trained stands first."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": "int32", "name": "ids"}},
        {
            "class_name": "Embedding",
            "config": {"name": "embedding", "input_dim": 6, "output_dim": 3, "dtype": POLICY, "trainable": True},
        },
        {
            "class_name": class_name,
            "config": {"name": "dense", "units": 2, "dtype": dtype, "trainable": True, **config},
        },
    ]
    arrays = {
        "embedding": {"embeddings": TABLE, "embeddings_scale": TABLE_SCALE},
        "dense": {"bias": BIAS, "kernel": KERNEL, "kernel_scale": SCALE},
    }
    model = {"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}}
    write_h5(path, arrays, config=json.dumps(model), version="3.12.0")
    return str(path)


def test_whole_numbers_are_multiplied_and_then_divided_by_their_scales(tmp_path: Path) -> None:
    opened = open_model(write(tmp_path / "m.h5"))
    found = opened.run([0, 5, 2, 2]).output
    rows = TABLE[[0, 5, 2, 2]].astype("f4") / TABLE_SCALE[[0, 5, 2, 2], None]
    own = np.float32(127) / (np.abs(rows).max(-1, keepdims=True) + np.float32(1e-7))
    summed = np.rint(rows * own).astype("i4") @ KERNEL.astype("i4")
    np.testing.assert_array_equal(found, summed.astype("f4") / (SCALE * own) + BIAS)
    assert (opened.model.parameters, opened.model.trainable) == (34, 2)
    assert [layer.formula for layer in opened.layers] == ["6 × 3 + 6", "3 × 2 + 2 + 2"]
    assert all("quantized to int8" in layer.notes[0] for layer in opened.layers)


def test_inputs_that_are_not_quantized_are_multiplied_as_they_are(tmp_path: Path) -> None:
    only = {"class_name": "Int8QuantizationConfig", "config": {"activation_quantizer": None}}
    found = open_model(write(tmp_path / "m.h5", quantization_config=only)).run([1, 3, 4, 0]).output
    rows = TABLE[[1, 3, 4, 0]].astype("f4") / TABLE_SCALE[[1, 3, 4, 0], None]
    np.testing.assert_allclose(found, rows @ KERNEL.astype("f4") / SCALE + BIAS, rtol=1e-6)


def test_the_usual_way_may_be_written_down_and_as_a_name(tmp_path: Path) -> None:
    plain = open_model(write(tmp_path / "a.h5")).run([0, 1, 2, 3]).output
    said = write(tmp_path / "b.h5", "int8_from_float32", quantization_config=quantization())
    np.testing.assert_array_equal(open_model(said).run([0, 1, 2, 3]).output, plain)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dtype": "float8_from_float32"}, "its arrays are quantized to float8"),
        ({"dtype": {"config": {"mode": "int4/128", "source_name": "float32"}}}, "its arrays are quantized to int4/128"),
        ({"dtype": {"config": {"mode": "\x1b[2J", "source_name": "float32"}}}, r"quantized to \x1b[2J"),
        ({"class_name": "EinsumDense", "equation": "ab,bc->ac"}, "its arrays are quantized to int8"),
        ({"quantization_config": quantization(epsilon=0.5)}, "inputs are quantized in another way"),
        ({"quantization_config": quantization(value_range=[-7, 7])}, "inputs are quantized in another way"),
        ({"quantization_config": {"config": {"activation_quantizer": "mine"}}}, "inputs are quantized in another way"),
        ({"use_bias": False}, "3 arrays for it where its configuration asks for 2 (kernel, kernel_scale)"),
    ],
)
def test_what_is_computed_in_another_way_is_named(change: dict[str, Any], why: str, tmp_path: Path) -> None:
    opened = open_model(write(tmp_path / "m.h5", **change))
    dense = opened.layers[-1]
    assert why in (dense.why_not or "")
    stopped = opened.run([0, 1, 2, 3], partial=True).stopped
    assert stopped is not None
    assert stopped[0] == "dense"


def test_scales_of_another_number_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    write(path)
    import h5py

    with h5py.File(path, "r+") as root:
        del root["model_weights/dense/kernel_scale"]
        root["model_weights/dense/kernel_scale"] = np.ones(3, "f4")
    assert "don't go together" in (open_model(path).layers[-1].why_not or "")


@pytest.mark.parametrize(
    ("dtype", "mode", "source"),
    [
        (POLICY, "int8", "float32"),
        ("int8_from_mixed_bfloat16", "int8", "mixed_bfloat16"),
        ("mixed_float16", None, "mixed_float16"),
        (None, None, None),
    ],
)
def test_a_policy_says_how_it_quantizes(dtype: Any, mode: str | None, source: str | None) -> None:
    assert mode_of(dtype) == (mode, source)
