"""Tensors that a model holds as numbers: read from both notations, listed,
computed with, and refused where unsound.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.errors import ConfigError, SequenceError, UnsupportedLayerError

X = np.arange(24, dtype="float32").reshape(2, 4, 3) / 10
ROW = [[[0.5, -1.0, 2.0]]]


def kept(name: str, **keywords: Any) -> list[Any]:
    """A layer's output as tf.keras writes it, with the call's keywords."""
    return [name, 0, 0, keywords]


def tensor(
    value: Any, dtype: Any = "float32", kind: str = "__tensor__"
) -> dict[str, Any]:
    """A constant as Keras 3 writes it."""
    return {"class_name": kind, "config": {"value": value, "dtype": dtype}}


def symbolic(name: str) -> dict[str, Any]:
    """A layer's output as Keras 3 writes it."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"keras_history": [name, 0, 0]},
    }


def written(
    path: Path, class_name: str, calls: Any, version: str, **config: Any
) -> Path:
    """A model of one layer behind an input `(batch, 4, 3)`."""
    layers = [
        {
            "class_name": "InputLayer",
            "name": "x",
            "config": {"name": "x", "batch_input_shape": [None, 4, 3]},
        },
        {
            "class_name": class_name,
            "name": "layer",
            "config": {"name": "layer", "trainable": True, **config},
        },
    ]
    layers[0]["inbound_nodes"] = []
    layers[1]["inbound_nodes"] = calls
    graph = {
        "name": "m",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["layer", 0, 0]],
    }
    write_h5(
        path,
        {},
        config={"class_name": "Functional", "config": graph},
        version=version,
    )
    return path


def added(path: Path, value: Any, dtype: Any = "float32") -> Path:
    """A Keras 3 model that adds a constant to what it reads."""
    calls = [{"args": [[symbolic("x"), tensor(value, dtype)]], "kwargs": {}}]
    return written(path, "Add", calls, "3.5.0")


@pytest.mark.parametrize("kind", ["__tensor__", "__numpy__"])
def test_a_constant_of_keras_3_is_added_and_listed(
    tmp_path: Path, kind: str
) -> None:
    calls = [{"args": [[symbolic("x"), tensor(ROW, kind=kind)]], "kwargs": {}}]
    opened = open_model(written(tmp_path / "m.h5", "Add", calls, "3.5.0"))

    np.testing.assert_array_equal(opened.run(X).output, X + np.float32(ROW))
    lines = {info.path: info for info in opened.layers}
    assert list(lines) == ["x", "constant", "layer"]
    assert lines["constant"].class_name == "Constant"
    assert lines["constant"].output_shape == (1, 1, 3)
    assert lines["constant"].parameters == 0
    assert lines["layer"].inputs == ("x", "constant")
    assert "constant" not in opened.run(X).layers


def test_a_constant_of_tf_keras_is_added_and_listed(tmp_path: Path) -> None:
    calls = [[kept("x"), ["_CONSTANT_VALUE", -1, ROW, {}]]]
    opened = open_model(written(tmp_path / "m.h5", "Add", calls, "2.15.0"))

    np.testing.assert_array_equal(opened.run(X).output, X + np.float32(ROW))
    assert [info.class_name for info in opened.layers] == [
        "InputLayer",
        "Constant",
        "Add",
    ]


@pytest.mark.parametrize("version", ["2.15.0", "3.5.0"])
def test_the_command_lists_a_constant_as_a_row_of_the_table(
    tmp_path: Path, version: str
) -> None:
    call: Any = [kept("x"), ["_CONSTANT_VALUE", -1, ROW, {}]]
    if version == "3.5.0":
        call = {"args": [[symbolic("x"), tensor(ROW)]], "kwargs": {}}
    path = written(tmp_path / "m.h5", "Add", [call], version)

    command = [
        sys.executable,
        "-m",
        "rnn_tui",
        "layers",
        str(path),
        "--format",
        "json",
    ]
    listed = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    row = listed["layers"][1]
    assert (row["class"], row["output_shape"], row["parameters"]) == (
        "Constant",
        [1, 1, 3],
        0,
    )
    assert listed["layers"][2]["inputs"] == ["x", "constant"]
    assert listed["model"]["parameters"] == 0


def test_a_list_of_axes_is_no_constant(tmp_path: Path) -> None:
    calls = [kept("x", axis=[1, 2], keepdims=False)]
    opened = open_model(
        written(
            tmp_path / "m.h5",
            "TFOpLambda",
            calls,
            "2.15.0",
            function="math.reduce_sum",
        )
    )

    assert [info.class_name for info in opened.layers] == [
        "InputLayer",
        "TFOpLambda",
    ]
    np.testing.assert_allclose(
        opened.run(X).output, X.sum(axis=(1, 2)), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("value", "dtype"), [([1, 2, 3], "int32"), ([True, False, True], "bool")]
)
def test_a_constant_keeps_its_dtype(
    tmp_path: Path, value: list[Any], dtype: str
) -> None:
    opened = open_model(added(tmp_path / "m.h5", value, dtype))
    constant = opened.model.graph.layers["constant"]

    made = constant.call([], _quiet())[0].value
    assert made.tolist() == value
    assert made.dtype.kind == dtype[0]


def _quiet() -> Any:
    from rnn_tui.engine.layers.probing import quiet_run

    return quiet_run()


def test_a_name_of_the_files_own_is_left_to_its_layer(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    calls = [[kept("constant"), ["_CONSTANT_VALUE", -1, ROW, {}]]]
    layers = [
        {
            "class_name": "InputLayer",
            "name": "constant",
            "config": {"batch_input_shape": [None, 4, 3]},
        },
        {
            "class_name": "Add",
            "name": "layer",
            "config": {},
            "inbound_nodes": calls,
        },
    ]
    graph = {
        "name": "m",
        "layers": layers,
        "input_layers": [["constant", 0, 0]],
        "output_layers": [["layer", 0, 0]],
    }
    write_h5(
        path,
        {},
        config={"class_name": "Functional", "config": graph},
        version="2.15.0",
    )

    opened = open_model(path)
    assert [info.path for info in opened.layers] == [
        "constant",
        "constant_1",
        "layer",
    ]
    np.testing.assert_array_equal(opened.run(X).output, X + np.float32(ROW))


UNSOUND = {
    "ragged": ([[1.0, 2.0], [3.0]], "float32"),
    "deeper in one place": ([[1.0, [2.0]], [3.0, 4.0]], "float32"),
    "words": ([["a", "b"]], "float32"),
    "an object": ([{"class_name": "__lambda__"}], "float32"),
    "nothing": ([[], []], "float32"),
    "null": (None, "float32"),
    "NaN": ([[1.0, float("nan"), 2.0]], "float32"),
    "too large": ([[1e300, 0.0, 0.0]], "float32"),
    "too large a whole number": ([[10**400, 0, 0]], "int32"),
    "too deep": ([[[[[[[[[[[1.0]]]]]]]]]]], "float32"),
    "another dtype": ([[1.5, 2.0, 3.0]], "int32"),
    "a dtype of words": ([["a"]], "string"),
    "no dtype's name": ([[1.0]], ["float32"]),
    "bool and float": ([[True, 1.0, 2.0]], "float32"),
}


@pytest.mark.parametrize(("value", "dtype"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_constant_is_listed_and_stops_what_reads_it(
    tmp_path: Path, value: Any, dtype: Any
) -> None:
    opened = open_model(added(tmp_path / "m.h5", value, dtype))
    line = opened.layers[1]
    assert (line.path, line.class_name, line.output_shape) == (
        "constant",
        "Constant",
        None,
    )
    assert not line.reproducible

    with pytest.raises(
        UnsupportedLayerError,
        match="'layer' can't be reproduced: of the constant 'constant'",
    ) as told:
        opened.run(X)
    assert "\n" not in str(told.value)
    assert not isinstance(
        told.value.__cause__, (TypeError, KeyError, AttributeError, IndexError)
    )


def test_more_constants_than_layers_are_refused_in_one_line(
    tmp_path: Path,
) -> None:
    many = [tensor([1.0]) for _ in range(10_001)]
    calls = [{"args": [[symbolic("x"), *many]], "kwargs": {}}]
    path = written(tmp_path / "m.h5", "Add", calls, "3.5.0")

    with pytest.raises(ConfigError, match="10,000 constants"):
        open_model(path)


def test_a_mask_that_is_no_tensor_is_refused(tmp_path: Path) -> None:
    calls = [
        {"args": [symbolic("x")], "kwargs": {"mask": {"class_name": "Dense"}}}
    ]
    opened = open_model(
        written(tmp_path / "m.h5", "GlobalAveragePooling1D", calls, "3.5.0")
    )

    with pytest.raises(UnsupportedLayerError, match="its mask is no tensor"):
        opened.run(X)


def test_a_mask_of_one_sequence_is_for_all(tmp_path: Path) -> None:
    mask = [[True, False, True, False]]
    calls = [
        {"args": [symbolic("x")], "kwargs": {"mask": tensor(mask, "bool")}}
    ]
    opened = open_model(
        written(tmp_path / "m.h5", "GlobalAveragePooling1D", calls, "3.5.0")
    )

    np.testing.assert_allclose(
        opened.run(X).output, X[:, [0, 2]].mean(axis=1), rtol=1e-6
    )


def test_a_run_starts_at_what_reads_a_constant_but_not_at_a_constant(
    tmp_path: Path,
) -> None:
    opened = open_model(added(tmp_path / "m.h5", ROW))
    assert [info.name for info in opened.model.inputs_of("layer")] == ["x"]
    np.testing.assert_array_equal(
        opened.run(X, start_at="layer")["layer"].output, X + np.float32(ROW)
    )

    with pytest.raises(SequenceError, match="is a constant"):
        opened.run(X, start_at="constant")


def joined(path: Path, rows: int, axis: int) -> Path:
    """A model that joins what it reads with a constant of so many rows."""
    value = np.arange(rows * 12, dtype="float32").reshape(rows, 4, 3).tolist()
    calls = [{"args": [[symbolic("x"), tensor(value)]], "kwargs": {}}]
    return written(path, "Concatenate", calls, "3.5.0", axis=axis)


def test_one_sequence_is_run_with_each_row_of_a_constant_and_that_is_said(
    tmp_path: Path,
) -> None:
    opened = open_model(joined(tmp_path / "m.h5", 3, -1))
    said: list[str] = []
    trace = opened.run(X[0], warn=said.append)

    np.testing.assert_array_equal(
        trace.output, opened.run(np.stack([X[0]] * 3)).output
    )
    assert trace.batched
    assert said == [
        "the model holds numbers for 3 sequences at once: the one given is run with each"
    ]
    with pytest.raises(
        UnsupportedLayerError, match="'layer' can't be reproduced"
    ):
        opened.run(X)


@pytest.mark.parametrize(("rows", "axis"), [(1, -1), (3, 0)])
def test_rows_that_are_for_no_sequence_repeat_none(
    tmp_path: Path, rows: int, axis: int
) -> None:
    opened = open_model(joined(tmp_path / "m.h5", rows, axis))
    assert opened.model.at_once is None
