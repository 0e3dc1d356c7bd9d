"""What each Keras does with a sequence of another length than a model declares,
in words.
"""

from __future__ import annotations

from typing import Any

import pytest

from rnn_tui.formats.architecture.parse import parse_model
from rnn_tui.formats.build.sequence_lengths import other_lengths
from rnn_tui.formats.data.spec import Era


def sequential(**first: Any) -> dict[str, Any]:
    lstm = {
        "class_name": "LSTM",
        "config": {"name": "lstm", "units": 4, **first},
    }
    return {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [lstm]},
    }


def functional() -> dict[str, Any]:
    x = {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, 12, 3]}, "name": "x",
         "inbound_nodes": []}  # fmt: skip
    lstm = {"class_name": "LSTM", "config": {"name": "lstm", "units": 4}, "name": "lstm",
            "inbound_nodes": [[["x", 0, 0, {}]]]}  # fmt: skip
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["lstm", 0, 0]]}
    return {
        "class_name": "Functional",
        "config": {"name": "f", "layers": [x, lstm], **ends},
    }


DECLARED = sequential(batch_input_shape=[None, 12, 3])


@pytest.mark.parametrize(
    ("version", "config", "words"),
    [
        ("1.2.2", DECLARED, "Keras 1.2.2 refuses it"),
        ("2.2.4", DECLARED, "Keras 2.2.4 refuses it"),
        ("2.2.4-tf", DECLARED, "tf.keras 2.2.4 refuses it"),
        ("2.3.0-tf", functional(), "tf.keras 2.3.0 runs it with a warning"),
        (
            "2.4.0",
            DECLARED,
            "tf.keras 2.4.0 runs it with a warning (TensorFlow 2.3) or refuses it (2.4)",
        ),
        ("2.15.0", DECLARED, "tf.keras 2.15.0 refuses it"),
        ("2.15.0", sequential(), "tf.keras 2.15.0 runs it, too"),
        ("3.5.0", DECLARED, "Keras 3.5.0 runs it, too"),
        ("3.5.0", functional(), "Keras 3.5.0 refuses it in a functional model"),
    ],
)
def test_each_keras_has_its_way_with_other_lengths(
    version: str, config: dict[str, Any], words: str
) -> None:
    era = Era.of(version)
    assert other_lengths(era, parse_model(config, era)) == words


@pytest.mark.parametrize("version", ["²", "9" * 5000, "2.²", "..", "-", "tf"])
def test_a_version_of_anything_is_some_version(version: str) -> None:
    assert Era.of(version).generation in (1, 2, 3)
