"""A class of somebody's own that is called like one of Keras's is told apart by
where it comes from.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from model_files import CONFIG, write_h5

from rnn_tui import open_model
from rnn_tui.engine.core.activations import activation
from rnn_tui.formats.data.class_origin import told_apart

KERAS = (
    {"module": "keras.layers", "registered_name": None},
    {"module": "keras.src.layers.core.dense", "registered_name": "Dense"},
    {"module": "tf_keras.src.layers", "registered_name": None},
    {"module": None},
    {},
)
SOMEBODY = (
    (
        {"module": "mine.layers", "registered_name": "Dense"},
        "mine.layers>Dense",
    ),
    ({"module": "__main__"}, "__main__>Dense"),
    ({"module": None, "registered_name": "Mine>Dense"}, "Mine>Dense"),
    (
        {"module": "keras_hub.layers", "registered_name": "keras_hub>Dense"},
        "keras_hub>Dense",
    ),
    ({"class_name": "Mine>Dense", "module": "mine"}, "Mine>Dense"),
)


def opened(tmp_path: Path, **origin: Any) -> Any:
    config = copy.deepcopy(CONFIG)
    config["config"]["layers"][1].update(origin)
    write_h5(tmp_path / "m.h5", config=json.dumps(config))
    return open_model(tmp_path / "m.h5")


@pytest.mark.parametrize("origin", KERAS)
def test_a_class_of_keras_is_computed(
    tmp_path: Path, origin: dict[str, Any]
) -> None:
    assert all(
        layer.reproducible for layer in opened(tmp_path, **origin).layers
    )


@pytest.mark.parametrize(("origin", "name"), SOMEBODY)
def test_a_class_of_somebody_is_not_computed_as_one_of_keras(
    tmp_path: Path, origin: dict[str, Any], name: str
) -> None:
    dense = opened(tmp_path, **origin).layers[-1]
    assert (dense.class_name, dense.why_not) == (
        name,
        f"the class {name} is not one of Keras's own",
    )


def test_an_activation_of_somebody_is_not_computed_as_one_of_keras(
    tmp_path: Path,
) -> None:
    own = {
        "module": "mine",
        "class_name": "LeakyReLU",
        "config": {},
        "registered_name": "Mine>LeakyReLU",
    }
    lacking = (
        opened(
            tmp_path, config={"name": "dense", "units": 2, "activation": own}
        )
        .layers[-1]
        .why_not
    )
    assert (
        lacking == "the activation 'Mine>LeakyReLU' is not one of Keras's own"
    )
    assert activation(
        {**own, "module": "keras.layers", "registered_name": None}
    )


def test_a_function_by_its_name_is_none_of_somebody() -> None:
    spec = {
        "module": "builtins",
        "class_name": "function",
        "config": "relu",
        "registered_name": "function",
    }
    assert told_apart(spec) == spec


def test_a_cell_of_somebody_is_not_computed_as_one_of_keras(
    tmp_path: Path,
) -> None:
    cell = {
        "class_name": "LSTMCell",
        "registered_name": "Mine>LSTMCell",
        "module": "mine",
        "config": {"units": 4},
    }
    config = copy.deepcopy(CONFIG)
    config["config"]["layers"][0] = {
        "class_name": "RNN",
        "config": {
            "name": "lstm",
            "cell": cell,
            "batch_input_shape": [None, 3, 3],
        },
    }
    write_h5(tmp_path / "m.h5", config=json.dumps(config))
    lacking = open_model(tmp_path / "m.h5").layers[-2].why_not
    assert lacking is not None
    assert "Mine>LSTMCell" in lacking
