"""A recurrent class that no Keras has: a row in the table of cell kinds opens
it, and nothing of a file is ignored or guessed without a word.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.engine.cells import kinds
from rnn_tui.errors import VerifyError
from rnn_tui.verify import requests, verify

UNITS = FEATURES = 3
KEYS = {"units": UNITS, "activation": "tanh", "recurrent_activation": "sigmoid"}
ORDER = ("kernel", "recurrent_kernel", "bias")
X = np.linspace(-1, 1, 4 * FEATURES, dtype="f4").reshape(4, FEATURES)


@pytest.fixture(autouse=True)
def twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class with the cell of an LSTM is in the table for one test."""
    row = kinds.KINDS["LSTM"]._replace(
        class_name="Twin",
        keys=kinds.OWN_GATED,
        keras=False,
        cudnn="",
        keras_1_order="",
    )
    monkeypatch.setitem(kinds.KINDS, "Twin", row)


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    shapes = ((FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,))
    return {
        name: rng.normal(0, 0.6, shape).astype("f4")
        for name, shape in zip(ORDER, shapes, strict=True)
    }


def file_with(
    path: Path,
    class_name: str = "Mine>Twin",
    order: tuple[str, ...] = ORDER,
    version: str = "2.2.4",
    **config: Any,
) -> Path:
    settings = {
        "name": "one",
        "batch_input_shape": [None, 4, FEATURES],
        **config,
    }
    layer = {"class_name": class_name, "config": settings}
    model = {"class_name": "Sequential", "config": [layer]}
    stored = arrays()
    named = {f"one/{name}:0": stored[name] for name in order}
    text = json.dumps(model)
    write_h5(path, {"one": named}, config=text, version=version)
    return path


def last_h(path: Path, **options: Any) -> Any:
    return open_model(path, **options).run(X[None]).outputs[0]


@pytest.mark.parametrize(
    "key",
    [
        {"reset_after": True},
        {"inner_activation": "hard_sigmoid"},
        {"filters": 3},
        {"kernel_size": [3]},
        {"cell": {"class_name": "LSTMCell", "config": {"units": UNITS}}},
    ],
    ids=lambda key: next(iter(key)),
)
def test_a_key_of_another_class_of_keras_is_not_ignored(
    tmp_path: Path, key: dict[str, Any]
) -> None:
    path = file_with(tmp_path / "m.h5", **KEYS, **key)
    layer = open_model(path).layers[-1]
    assert layer.why_not is not None
    assert f"has {next(iter(key))}" in layer.why_not


@pytest.mark.parametrize("version", ["2.2.4", "2.15.0", "3.5.0"])
def test_no_version_of_keras_decides_what_a_missing_key_means(
    tmp_path: Path, version: str
) -> None:
    said = file_with(tmp_path / "said.h5", version=version, **KEYS)
    path = file_with(tmp_path / "m.h5", version=version, units=UNITS)
    np.testing.assert_array_equal(last_h(path), last_h(said))

    notes = open_model(path).layers[-1].notes
    assert (
        "no recurrent_activation in the file: sigmoid, as the table of cells "
        "has it" in notes
    )
    assert not any(
        "sigmoid" in note for note in open_model(said).layers[-1].notes
    )


def test_arrays_in_another_order_are_taken_by_their_names(
    tmp_path: Path,
) -> None:
    order = ("recurrent_kernel", "kernel", "bias")
    expected = last_h(file_with(tmp_path / "m.h5", **KEYS))
    path = file_with(tmp_path / "other.h5", order=order, **KEYS)
    np.testing.assert_array_equal(last_h(path), expected)

    (note,) = [n for n in open_model(path).layers[-1].notes if "order" in n]
    assert "recurrent_kernel, kernel, bias" in note


def test_so_are_those_of_a_class_that_is_computed_as_keras_s(
    tmp_path: Path,
) -> None:
    order = ("bias", "recurrent_kernel", "kernel")
    as_lstm = {"as_": {"one": "LSTM"}}
    expected = last_h(file_with(tmp_path / "m.h5", "Own", **KEYS), **as_lstm)
    path = file_with(tmp_path / "other.h5", "Own", order, **KEYS)
    np.testing.assert_array_equal(last_h(path, **as_lstm), expected)


def test_keras_s_own_classes_are_read_in_keras_s_order_whatever_the_names(
    tmp_path: Path,
) -> None:
    """Keras takes the arrays one after the other."""
    order = ("recurrent_kernel", "kernel", "bias")
    path = file_with(tmp_path / "m.h5", "LSTM", order, **KEYS)
    cell = open_model(path).cells[0].cell
    np.testing.assert_array_equal(cell.kernel, arrays()["recurrent_kernel"])


def test_keras_is_not_asked_for_and_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "find_spec", lambda name: None)
    path = file_with(tmp_path / "m.h5", **KEYS)
    with pytest.raises(VerifyError, match="Twin, its author's own class"):
        verify(path, {"input": X[None]})
