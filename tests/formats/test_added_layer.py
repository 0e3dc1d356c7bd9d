"""A feed-forward layer that no Keras has: a class and its line in the table of
names open it from a file that registers it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.engine.layers import names, registry
from rnn_tui.engine.layers.base import Elementwise
from rnn_tui.engine.layers.keys import NUMBER
from rnn_tui.engine.layers.schema import ALONE, KEEPS, Schema
from rnn_tui.errors import UnsupportedLayerError

SCHEMA = Schema(
    "Multiplies by one number and adds another.",
    keys={"scale": NUMBER, "shift": NUMBER},
    needs=("scale",),
    reach=ALONE,
    mask=KEEPS,
)


class ScaleShift(Elementwise):
    """Returns x · scale + shift."""

    def compute(self, x: Any, run: Any) -> Any:
        return x * self.config["scale"] + self.config["shift"]


@pytest.fixture
def scale_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer is in the tables for the time of one test."""
    monkeypatch.setitem(names._MODULE_OF, "ScaleShift", "scale_shift")
    monkeypatch.setitem(registry._SCHEMAS, "ScaleShift", SCHEMA)
    monkeypatch.setitem(registry._CLASSES, "ScaleShift", ScaleShift)


def file_with(path: Path, name: str = "ScaleShift", **config: Any) -> Path:
    layer = {
        "class_name": name,
        "registered_name": f"Mine>{name}",
        "module": "mine",
        "config": {"name": "scaled", "batch_input_shape": [None, 3], **config},
    }
    model = {
        "class_name": "Sequential",
        "config": {"name": "m", "layers": [layer]},
    }
    write_h5(path, {"scaled": {}}, config=json.dumps(model))
    return path


@pytest.mark.usefixtures("scale_shift")
def test_an_added_layer_is_computed(tmp_path: Path) -> None:
    path = file_with(tmp_path / "m.h5", scale=2.0, shift=0.5)
    model = open_model(path).model
    x = np.array([[1.0, 2.0, 3.0]], "f4")
    (output,) = model.run(x).outputs
    np.testing.assert_array_equal(output, x * 2 + 0.5)


@pytest.mark.usefixtures("scale_shift")
def test_a_key_it_does_not_declare_makes_it_another_class(
    tmp_path: Path,
) -> None:
    path = file_with(tmp_path / "m.h5", scale=2.0, shift=0.5, twist=1)
    layer = open_model(path).layers[-1]
    assert layer.why_not is not None
    assert "has twist" in layer.why_not


def test_a_class_that_is_not_in_the_table_is_not_computed(
    tmp_path: Path,
) -> None:
    path = file_with(tmp_path / "m.h5", "OfNoTable", scale=2.0, shift=0.5)
    why_not = open_model(path).layers[-1].why_not
    assert why_not is not None
    assert "Mine>OfNoTable" in why_not


def test_arrays_that_stretch_the_input_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number for each feature, and one feature too few."""

    class Stretching(ScaleShift):
        def compute(self, x: Any, run: Any) -> Any:
            return x * np.array([1.0, 2.0, 3.0], "f4")

    monkeypatch.setitem(names._MODULE_OF, "Stretching", "scale_shift")
    monkeypatch.setitem(registry._SCHEMAS, "Stretching", SCHEMA)
    monkeypatch.setitem(registry._CLASSES, "Stretching", Stretching)
    path = file_with(tmp_path / "m.h5", "Stretching", scale=1.0)
    model = open_model(path).model
    (output,) = model.run(np.ones((1, 3), "f4")).outputs
    np.testing.assert_array_equal(output, [[1, 2, 3]])

    narrow = file_with(
        tmp_path / "narrow.h5",
        "Stretching",
        scale=1.0,
        batch_input_shape=[None, 1],
    )
    with pytest.raises(UnsupportedLayerError, match="its arrays don't fit"):
        open_model(narrow).model.run(np.ones((1, 1), "f4"))
