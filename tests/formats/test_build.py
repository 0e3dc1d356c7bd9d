"""A description becomes a model: damage stays where it is, weights win, what
isn't written is assumed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import ConfigError, FileError

LSTM = {
    "name": "lstm",
    "units": 3,
    "activation": "tanh",
    "recurrent_activation": "hard_sigmoid",
    "use_bias": True,
}


def write(
    path: Path,
    layers: list[dict[str, Any]] | None,
    arrays: dict[str, list[tuple[int, ...]]],
    version: str = "2.2.4",
) -> Path:
    random = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        root: Any = file
        if layers is not None:
            config = {
                "class_name": "Sequential",
                "config": {"name": "m", "layers": layers},
            }
            file.attrs["model_config"] = json.dumps(config)
            root = file.create_group("model_weights")
        for place in {file, root}:
            place.attrs["keras_version"], place.attrs["backend"] = (
                version,
                "tensorflow",
            )
        root.attrs["layer_names"] = np.array(list(arrays), dtype="S")
        for name, shapes in arrays.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = np.array(
                [f"{name}/w{k}" for k in range(len(shapes))], dtype="S"
            )
            for k, shape in enumerate(shapes):
                group[f"{name}/w{k}"] = random.normal(size=shape).astype(
                    "float32"
                )
    return path


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"trainable": True, **config}}


FULL = [(2, 12), (3, 12), (12,)]


def test_a_missing_group_leaves_the_rest_alive(tmp_path: Path) -> None:
    layers = [
        layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2]),
        layer("Dense", name="dense", units=1),
    ]
    opened = open_model(write(tmp_path / "m.h5", layers, {"lstm": FULL}))
    assert [info.reproducible for info in opened.layers] == [True, False]
    assert "no group" in (opened.layers[1].why_not or "")
    assert opened.run(np.ones((5, 2)), partial=True)["lstm"].c.shape == (5, 3)


def test_the_weights_win_over_the_configuration_with_a_warning(
    tmp_path: Path,
) -> None:
    layers = [
        layer("LSTM", **{**LSTM, "units": 7}, batch_input_shape=[None, 5, 2])
    ]
    opened = open_model(write(tmp_path / "m.h5", layers, {"lstm": FULL}))
    assert opened.layers[0].output_shape == (None, 3)
    assert any(
        "units is 7 in the configuration, 3 in the weights" in line
        for line in opened.warnings
    )


def test_arrays_that_make_no_cell_are_named_with_what_was_expected(
    tmp_path: Path,
) -> None:
    layers = [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])]
    opened = open_model(
        write(tmp_path / "m.h5", layers, {"lstm": [(2, 12), (4, 12), (12,)]})
    )
    assert "don't make an LSTM" in (opened.layers[0].why_not or "")


def test_the_other_hard_sigmoid_can_be_tried(tmp_path: Path) -> None:
    layers = [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])]
    opened = open_model(write(tmp_path / "m.h5", layers, {"lstm": FULL}))
    other = opened.assuming(hard_sigmoid="3")
    assert (opened.hard_sigmoid, other.hard_sigmoid) == (2, 3)
    x = np.linspace(-2, 2, 10).reshape(5, 2)
    assert not np.allclose(opened.run(x).output, other.run(x).output)
    with pytest.raises(ConfigError, match="hard_sigmoid is 2"):
        opened.assuming(hard_sigmoid="4")


def test_weights_alone_are_told_by_their_shapes(tmp_path: Path) -> None:
    arrays = {
        "embedding": [(9, 2)],
        "both": [*FULL, *FULL],
        "gru": [(6, 15), (5, 15), (2, 15)],
        "rnn": [(5, 4), (4, 4), (4,)],
        "dense": [(4, 2), (2,)],
    }
    opened = open_model(write(tmp_path / "w.h5", None, arrays))
    assert [info.class_name for info in opened.layers if not info.depth] == [
        "Embedding",
        "Bidirectional",
        "GRU",
        "SimpleRNN",
        "Dense",
    ]
    assert [cell.key for cell in opened.cells] == [
        "both/forward",
        "both/backward",
        "gru",
        "rnn",
    ]
    assert opened.run(np.array([1, 2, 3])).output.shape == (2,)
    relu = open_model(tmp_path / "w.h5", assume={"gru.activation": "relu"})
    assert any(
        "activation relu" in note
        for info in relu.layers
        if info.path == "gru"
        for note in info.notes
    )


def test_cudnn_weights_alone_are_told_by_their_bias(tmp_path: Path) -> None:
    opened = open_model(
        write(tmp_path / "w.h5", None, {"fast": [(2, 12), (3, 12), (24,)]})
    )
    assert opened.layers[0].class_name == "CuDNNLSTM"
    assert opened.layers[0].parameters == 24 + 36 + 24


def test_weights_without_a_recurrent_layer_say_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no recurrent layer"):
        open_model(write(tmp_path / "w.h5", None, {"dense": [(4, 2), (2,)]}))


def test_a_configuration_beside_the_weights_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "w.h5", None, {"lstm": FULL})
    inner = {
        "name": "m",
        "layers": [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])],
    }
    (tmp_path / "w.json").write_text(
        json.dumps({"class_name": "Sequential", "config": inner})
    )
    opened = open_model(path)
    assert opened.model.inputs[0].shape == (5, 2)
    assert any("w.json" in line for line in opened.warnings)
    with pytest.raises(FileError, match="no such file"):
        open_model(path, config=tmp_path / "other.json")


def test_a_model_that_never_says_its_input_takes_it_from_its_weights(
    tmp_path: Path,
) -> None:
    opened = open_model(
        write(tmp_path / "m.h5", [layer("LSTM", **LSTM)], {"lstm": FULL})
    )
    assert opened.model.inputs[0].shape == (None, 2)
    assert opened.run(np.ones((5, 2))).output.shape == (3,)
