"""Quantized layers: what is computed of int8, int4 and float8; anything else is
named and left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.engine.layers.quantized import in_bfloat16, in_float8
from rnn_tui.errors import UnsupportedLayerError
from rnn_tui.formats.architecture.quantization import mode_of

POLICY = {
    "class_name": "QuantizedDTypePolicy",
    "config": {"mode": "int8", "source_name": "float32"},
}
QUANTIZER = {
    "class_name": "AbsMaxQuantizer",
    "config": {
        "value_range": [-127, 127],
        "epsilon": 1e-7,
        "output_dtype": "int8",
    },
}
RNG = np.random.default_rng(3)
TABLE, TABLE_SCALE = (
    RNG.integers(-127, 128, (6, 3)).astype("i1"),
    RNG.uniform(20, 90, 6).astype("f4"),
)
KERNEL, SCALE = (
    RNG.integers(-127, 128, (3, 2)).astype("i1"),
    RNG.uniform(20, 90, 2).astype("f4"),
)
BIAS = np.array([0.25, -1.5], "f4")


def quantization(**quantizer: Any) -> dict[str, Any]:
    """A layer's quantization_config, its activation_quantizer changed."""
    found = {**QUANTIZER, "config": {**QUANTIZER["config"], **quantizer}}
    return {
        "class_name": "Int8QuantizationConfig",
        "config": {"activation_quantizer": found},
    }


def write(
    path: Path, dtype: Any = POLICY, class_name: str = "Dense", **config: Any
) -> str:
    """Write an Embedding and a Dense as Keras 3 keeps them in `.h5`: what is
    trained stands first.
    """
    layers = [
        {
            "class_name": "InputLayer",
            "config": {
                "batch_shape": [None, 4],
                "dtype": "int32",
                "name": "ids",
            },
        },
        {
            "class_name": "Embedding",
            "config": {
                "name": "embedding",
                "input_dim": 6,
                "output_dim": 3,
                "dtype": POLICY,
                "trainable": True,
            },
        },
        {
            "class_name": class_name,
            "config": {
                "name": "dense",
                "units": 2,
                "dtype": dtype,
                "trainable": True,
                **config,
            },
        },
    ]
    arrays = {
        "embedding": {"embeddings": TABLE, "embeddings_scale": TABLE_SCALE},
        "dense": {"bias": BIAS, "kernel": KERNEL, "kernel_scale": SCALE},
    }
    model = {
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": layers},
    }
    write_h5(path, arrays, config=json.dumps(model), version="3.12.0")
    return str(path)


def test_whole_numbers_are_multiplied_and_then_divided_by_their_scales(
    tmp_path: Path,
) -> None:
    opened = open_model(write(tmp_path / "m.h5"))
    found = opened.run([0, 5, 2, 2]).output
    rows = TABLE[[0, 5, 2, 2]].astype("f4") / TABLE_SCALE[[0, 5, 2, 2], None]
    own = np.float32(127) / (
        np.abs(rows).max(-1, keepdims=True) + np.float32(1e-7)
    )
    summed = np.rint(rows * own).astype("i4") @ KERNEL.astype("i4")
    np.testing.assert_array_equal(
        found, summed.astype("f4") / (SCALE * own) + BIAS
    )
    assert (opened.model.parameters, opened.model.trainable) == (34, 2)
    assert [layer.formula for layer in opened.layers] == [
        "6 × 3 + 6",
        "3 × 2 + 2 + 2",
    ]
    assert all("quantized to int8" in layer.notes[0] for layer in opened.layers)


def test_inputs_that_are_not_quantized_are_multiplied_as_they_are(
    tmp_path: Path,
) -> None:
    only = {
        "class_name": "Int8QuantizationConfig",
        "config": {"activation_quantizer": None},
    }
    found = (
        open_model(write(tmp_path / "m.h5", quantization_config=only))
        .run([1, 3, 4, 0])
        .output
    )
    rows = TABLE[[1, 3, 4, 0]].astype("f4") / TABLE_SCALE[[1, 3, 4, 0], None]
    np.testing.assert_allclose(
        found, rows @ KERNEL.astype("f4") / SCALE + BIAS, rtol=1e-6
    )


def test_the_usual_way_may_be_written_down_and_as_a_name(
    tmp_path: Path,
) -> None:
    plain = open_model(write(tmp_path / "a.h5")).run([0, 1, 2, 3]).output
    said = write(
        tmp_path / "b.h5",
        "int8_from_float32",
        quantization_config=quantization(),
    )
    np.testing.assert_array_equal(
        open_model(said).run([0, 1, 2, 3]).output, plain
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"dtype": "float8_from_float32"},
            "3 arrays for it where its configuration asks for 8",
        ),
        (
            {
                "dtype": {
                    "config": {"mode": "int4/128", "source_name": "float32"}
                }
            },
            "3 arrays for it where its configura",
        ),
        (
            {"dtype": "int4/x_from_float32"},
            "in blocks of x, which is no number",
        ),
        ({"dtype": "int4/0_from_float32"}, "in blocks of 0"),
        (
            {
                "dtype": "int4/4_from_float32",
                "quantization_config": {"config": {"block_size": 8}},
            },
            "policy says blocks",
        ),
        (
            {"dtype": "int8/4_from_float32"},
            "its arrays are quantized to int8/4",
        ),
        (
            {"dtype": "gptq/4/128_from_float32"},
            "its arrays are quantized to gptq/4/128",
        ),
        (
            {"dtype": "int4_from_float32", "units": "two"},
            'units is "two", not a whole number',
        ),
        (
            {"dtype": "int4_from_float32", "units": 3},
            "its arrays don't go together",
        ),
        (
            {
                "dtype": {
                    "config": {"mode": "\x1b[2J", "source_name": "float32"}
                }
            },
            r"quantized to \x1b[2J",
        ),
        (
            {"class_name": "EinsumDense", "equation": "ab,bc->ac"},
            "its arrays are quantized to int8",
        ),
        (
            {"quantization_config": quantization(epsilon=0.5)},
            "inputs are quantized in another way",
        ),
        (
            {"quantization_config": quantization(value_range=[-7, 7])},
            "inputs are quantized in another way",
        ),
        (
            {
                "quantization_config": {
                    "config": {"activation_quantizer": "mine"}
                }
            },
            "inputs are quantized in another way",
        ),
        (
            {"use_bias": False},
            "3 arrays for it where its configuration asks for 2 (kernel, kernel_scale)",
        ),
    ],
)
def test_what_is_computed_in_another_way_is_named(
    change: dict[str, Any], why: str, tmp_path: Path
) -> None:
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
def test_a_policy_says_how_it_quantizes(
    dtype: Any, mode: str | None, source: str | None
) -> None:
    assert mode_of(dtype) == (mode, source)


ONE_BLOCK = {
    "class_name": "Int4DTypePolicy",
    "config": {"mode": "int4/-1", "source_name": "float32"},
}


def packed(values: np.ndarray, axis: int) -> np.ndarray:
    """Two int4 values in a byte along an axis, the first in the lower half; an
    odd one goes with a zero.
    """
    rows = np.moveaxis(values, axis, 0).astype("i1")
    if len(rows) % 2:
        rows = np.concatenate([rows, np.zeros_like(rows[:1])])
    return np.moveaxis((rows[::2] & 15) | (rows[1::2] << 4), 0, axis)


def one_dense(
    path: Path,
    arrays: dict[str, np.ndarray],
    version: str,
    dtype: Any,
    **config: Any,
) -> Any:
    """A model of one quantized Dense on three features."""
    layers = [
        {
            "class_name": "InputLayer",
            "config": {"batch_shape": [None, 2, 3], "name": "x"},
        },
        {
            "class_name": "Dense",
            "config": {"name": "dense", "units": 5, "dtype": dtype, **config},
        },
    ]
    model = {
        "class_name": "Sequential",
        "config": {"name": "m", "layers": layers},
    }
    write_h5(path, {"dense": arrays}, config=json.dumps(model), version=version)
    return open_model(path)


SMALL = np.array([[-8, 7, 0, -1, 3], [1, -7, 5, 2, -2], [6, -6, 4, -3, 7]])
X = np.array([[[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]], "f4")
SCALES = np.array([3.0, 4.0, 5.0, 6.0, 7.0], "f4")


def test_int4_since_3_14_holds_pairs_of_units_and_leaves_the_inputs(
    tmp_path: Path,
) -> None:
    arrays = {
        "bias": np.ones(5, "f4"),
        "kernel": packed(SMALL, 1),
        "kernel_scale": SCALES,
    }
    opened = one_dense(tmp_path / "m.h5", arrays, "3.15.0", ONE_BLOCK)

    np.testing.assert_allclose(
        opened.run(X).output, X @ (SMALL / SCALES) + 1, rtol=1e-6
    )
    assert opened.layers[-1].formula == "3 × 3 + 5 + 5"
    assert opened.model.parameters == 19


def test_int4_before_3_14_holds_pairs_of_features_and_quantizes_the_inputs(
    tmp_path: Path,
) -> None:
    arrays = {
        "bias": np.ones(5, "f4"),
        "kernel": packed(SMALL, 0),
        "kernel_scale": SCALES,
    }
    opened = one_dense(tmp_path / "m.h5", arrays, "3.12.0", "int4_from_float32")

    own = np.float32(127) / (
        np.abs(X).max(-1, keepdims=True) + np.float32(1e-7)
    )
    wanted = (np.rint(X * own) @ SMALL) / (SCALES * own) + 1
    np.testing.assert_allclose(opened.run(X).output, wanted, rtol=1e-6)


def test_int4_in_blocks_has_a_scale_and_a_zero_point_for_each(
    tmp_path: Path,
) -> None:
    scale, zero = (
        np.stack([SCALES, SCALES / 2]),
        np.array([[1, 0, -2, 3, -8], [0, 7, 2, -1, 4]], "i1"),
    )
    groups = np.array([0, 0, 1], "f4")
    arrays = {
        "bias": np.ones(5, "f4"),
        "kernel": packed(SMALL, 1),
        "kernel_scale": scale,
    }
    arrays |= {"kernel_zero": zero, "g_idx": groups}
    opened = one_dense(
        tmp_path / "m.h5", arrays, "3.15.0", "int4/2_from_float32"
    )

    kernel = (SMALL - zero[[0, 0, 1]]) * scale[[0, 0, 1]]
    np.testing.assert_allclose(opened.run(X).output, X @ kernel + 1, rtol=1e-6)


def test_a_group_that_is_not_there_is_refused(tmp_path: Path) -> None:
    scale, zero = np.stack([SCALES, SCALES]), np.zeros((2, 5), "i1")
    arrays = {
        "bias": np.ones(5, "f4"),
        "kernel": packed(SMALL, 1),
        "kernel_scale": scale,
    }
    arrays |= {"kernel_zero": zero, "g_idx": np.array([0, 0, 9], "f4")}
    opened = one_dense(
        tmp_path / "m.h5", arrays, "3.15.0", "int4/2_from_float32"
    )

    with pytest.raises(UnsupportedLayerError, match="names groups up to 9"):
        opened.run(X)


def test_float8_and_bfloat16_round_to_the_nearest_even() -> None:
    one = np.float32(1)
    given = np.array(
        [
            0,
            1,
            1.0625,
            1.1875,
            17,
            19,
            500,
            -500,
            2**-9,
            2**-10,
            3 * 2**-10,
            np.nan,
        ],
        "f4",
    )
    wanted = np.array(
        [0, 1, 1.0, 1.25, 16, 20, 448, -448, 2**-9, 0, 2**-8, np.nan], "f4"
    )
    np.testing.assert_array_equal(in_float8(given, one), wanted)
    np.testing.assert_array_equal(
        in_float8(np.array([2.125], "f4"), np.float32(2)), [2.0]
    )

    halves = np.array([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-9, 3.0], "f4")
    np.testing.assert_array_equal(
        in_bfloat16(halves), np.array([1, 1 + 2**-6, -1, 3], "f4")
    )
