"""Variables that only their names tell: joined to a configuration, put in
order, and none left out in silence.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_weights
from tensorflow_files import field, object_graph, write_bundle

from rnn_tui import open_model
from rnn_tui.errors import ConfigError, FileError
from rnn_tui.formats.opened import OpenedModel

pytestmark = pytest.mark.skipif(
    os.name != "posix",
    reason="folders are opened where files open below a folder",
)
DATA = Path(__file__).parents[1] / "data" / "tensorflow"
LEFT_OUT = "of which the configuration says nothing"


def lstm(name: str, **settings: Any) -> dict[str, Any]:
    """An LSTM of two units in a configuration."""
    config = {"name": name, "units": 2, **settings}
    return {"class_name": "LSTM", "config": config}


def dense(name: str) -> dict[str, Any]:
    """A Dense layer of two units in a configuration."""
    return {"class_name": "Dense", "config": {"name": name, "units": 2}}


def sequential(path: Path, *layers: Mapping[str, Any]) -> Path:
    """Write the configuration of a Sequential that reads three features."""
    first, *others = layers
    first = {
        **first,
        "config": {**first["config"], "batch_input_shape": [None, None, 3]},
    }
    config = {"name": "s", "layers": [first, *others]}
    path.write_text(json.dumps({"class_name": "Sequential", "config": config}))
    return path


def cell(path: str, features: int = 3) -> dict[str, np.ndarray]:
    """The variables of an LSTM of two units, by their names."""
    return {
        f"{path}/kernel": np.full((features, 8), 0.1, "f4"),
        f"{path}/recurrent_kernel": np.full((2, 8), 0.2, "f4"),
        f"{path}/bias": np.full(8, 0.3, "f4"),
    }


def head(path: str) -> dict[str, np.ndarray]:
    """The variables of a Dense layer of two units, by their names."""
    return {
        f"{path}/kernel": np.full((2, 2), 0.4, "f4"),
        f"{path}/bias": np.full(2, 0.5, "f4"),
    }


def assert_whole(opened: OpenedModel) -> None:
    """Every parameter of the model is in the file, and it runs."""
    assert opened.readable is not None
    assert opened.readable.whole
    assert not any(LEFT_OUT in line for line in opened.warnings)
    trace = opened.run(np.ones((1, 4, 3), "f4"))
    assert np.isfinite(trace.outputs[0]).all()


def test_variables_below_the_models_name_are_given_to_its_layers(
    tmp_path: Path,
) -> None:
    variables = {**cell("model/lstm/lstm_cell"), **head("model/dense")}
    write_bundle(tmp_path / "ckpt", variables)
    config = sequential(tmp_path / "c.json", lstm("lstm"), dense("dense"))
    opened = open_model(tmp_path / "ckpt", config=config)
    assert opened.model.parameters == 48 + 6
    assert_whole(opened)


def test_what_keras_3_exported_is_joined_to_its_configuration(
    tmp_path: Path,
) -> None:
    alone = open_model(DATA / "exported")
    recurrent, last = (layer.path for layer in alone.layers)
    assert "/" in recurrent
    units = alone.layers[0].weights[1][1][0]
    width = alone.layers[1].weights[0][1][1]
    features = alone.layers[0].weights[0][1][0]
    named = [path.rpartition("/")[2] for path in (recurrent, last)]
    first = lstm(named[0])
    first["config"] |= {
        "units": units,
        "batch_input_shape": [None, None, features],
    }
    second = dense(named[1])
    second["config"]["units"] = width
    config = {"name": "s", "layers": [first, second]}
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"class_name": "Sequential", "config": config}))
    opened = open_model(DATA / "exported", config=path)
    assert opened.model.parameters == alone.model.parameters
    x = np.ones((1, 3, features), "f4")
    np.testing.assert_array_equal(opened.run(x).outputs, alone.run(x).outputs)


def test_layers_in_lists_of_their_own_are_found_by_their_names(
    tmp_path: Path,
) -> None:
    # Keras 3 keeps them in `model/_functional/_operations`
    variables = {**cell("lstm_7/lstm_cell"), **head("dense_9")}
    nodes: list[tuple[dict[str, int], dict[str, str]]] = [
        ({"model": 1}, {}),
        ({"_operations": 2}, {}),
        ({"1": 3, "2": 5}, {}),
        ({"cell": 4}, {}),
        ({"kernel": 6, "recurrent_kernel": 7, "bias": 8}, {}),
        ({"kernel": 9, "bias": 10}, {}),
    ]
    nodes += [({}, {"VARIABLE_VALUE": name}) for name in variables]
    graph = object_graph(nodes, named=True)
    mark = "_CHECKPOINTABLE_OBJECT_GRAPH"
    write_bundle(tmp_path / "ckpt", {**variables, mark: graph})
    config = sequential(tmp_path / "c.json", lstm("lstm_7"), dense("dense_9"))
    assert_whole(open_model(tmp_path / "ckpt", config=config))


def test_an_order_that_the_widths_give_is_searched(tmp_path: Path) -> None:
    write_bundle(tmp_path / "ckpt", {**head("a"), **cell("lstm/lstm_cell")})
    opened = open_model(tmp_path / "ckpt")
    assert [layer.path for layer in opened.layers] == ["lstm", "a"]
    assert len(opened.model.inputs) == 1


def test_both_halves_of_a_gru_of_tensorflow_1_are_one_layer(
    tmp_path: Path,
) -> None:
    path = "rnn/gru_cell"
    variables = {
        f"{path}/candidate/bias": np.zeros(4, "f4"),
        f"{path}/candidate/kernel": np.zeros((7, 4), "f4"),
        f"{path}/gates/bias": np.zeros(8, "f4"),
        f"{path}/gates/kernel": np.zeros((7, 8), "f4"),
    }
    write_bundle(tmp_path / "ckpt", variables)
    (layer,) = open_model(tmp_path / "ckpt").layers
    assert layer.class_name == "GRUCell"
    assert layer.parameters == 7 * 12 + 12
    assert layer.config["units"] == 4


@pytest.mark.parametrize("container", ["checkpoint", "h5"])
def test_a_layer_that_the_configuration_lacks_is_named(
    container: str, tmp_path: Path
) -> None:
    config = sequential(tmp_path / "c.json", lstm("lstm"))
    if container == "h5":
        path = tmp_path / "m.weights.h5"
        write_weights(path)
    else:
        path = DATA / "checkpoints" / "chain"
    try:
        warnings = open_model(path, config=config).warnings
    except (ConfigError, FileError) as error:
        pytest.fail(str(error))
    assert any(LEFT_OUT in line for line in warnings)


def test_a_models_own_variables_are_listed_and_counted(tmp_path: Path) -> None:
    whole = open_model(DATA / "own")
    folder = Path(shutil.copytree(DATA / "own", tmp_path / "own"))
    graph = (folder / "saved_model.pb").read_bytes()
    layers = [layer.class_name for layer in whole.layers]
    assert "Variables" not in layers
    # the model's table becomes a variable of a list that is no layer
    renamed = graph.replace(b"_tf_keras_layer", b"_tf_other_layer")
    (folder / "saved_model.pb").write_bytes(renamed)
    metadata = (folder / "keras_metadata.pb").read_bytes()
    (folder / "keras_metadata.pb").write_bytes(
        metadata.replace(b"_tf_keras_layer", b"_tf_other_layer")
    )
    opened = open_model(folder)
    assert opened.model.parameters == whole.model.parameters
    own = [layer for layer in opened.layers if layer.class_name == "Variables"]
    assert own
    assert all("variables of the model" in (one.why_not or "") for one in own)


def test_a_saved_model_of_tensorflow_1_has_names_and_no_objects(
    tmp_path: Path,
) -> None:
    variables = {**head("dense"), **cell("lstm")}
    write_bundle(tmp_path / "m" / "variables" / "variables", variables)
    written_by = field(1, field(5, b"1.15.0"))
    model = field(1, 1) + field(2, written_by + field(2, b""))
    (tmp_path / "m" / "saved_model.pb").write_bytes(model)
    opened = open_model(tmp_path / "m")
    assert [layer.path for layer in opened.layers] == ["lstm", "dense"]
    # as the Keras in TensorFlow 1 has it
    assert opened.hard_sigmoid == 2


def test_the_rules_of_a_checkpoint_are_those_of_the_keras_its_paths_are_of(
    tmp_path: Path,
) -> None:
    names = cell("lstm_7/lstm_cell")
    for home, rule in (("layer", 2), ("_operations", 3)):
        nodes: list[tuple[dict[str, int], dict[str, str]]] = [
            ({home: 1}, {}),
            ({"1": 2}, {}),
            ({"cell": 3}, {}),
            ({"kernel": 4, "recurrent_kernel": 5, "bias": 6}, {}),
        ]
        nodes += [({}, {"VARIABLE_VALUE": name}) for name in names]
        graph = object_graph(nodes, named=True)
        mark = "_CHECKPOINTABLE_OBJECT_GRAPH"
        write_bundle(tmp_path / home, {**names, mark: graph})
        assume = {"recurrent_activation": "hard_sigmoid"}
        opened = open_model(tmp_path / home, assume=assume)
        assert opened.hard_sigmoid == rule
        assert any(f"(keras {rule})" in line for line in opened.warnings)
