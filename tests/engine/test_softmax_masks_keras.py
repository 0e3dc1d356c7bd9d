"""Masks that reach a Softmax by the way: laid over the last axes, as Keras's
arithmetic has it.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(5).normal(size=(5, 5, 3)).astype("float32")
X[0, 3:] = X[2, 1] = 0


def shared(K: Any, units: int, axis: int = -1) -> Any:
    L = K.layers
    x = L.GRU(units, return_sequences=True, name="gru")(
        L.Masking()(entry := K.Input((5, 3)))
    )
    return K.Model(entry, L.Softmax(axis=axis)(x))


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("axis", [-1, 1])
def test_a_mask_of_as_many_timesteps_as_features_is_laid_over_the_features(
    flavour: str, count: int, axis: int, tmp_path: Path
) -> None:
    model = shared(import_module(flavour), 5, axis)
    model.save(tmp_path / "m.h5")
    expected = np.asarray(model(X[:count]))
    found = open_model(tmp_path / "m.h5").run(X[:count]).output
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_mask_that_keras_cannot_lay_over_the_values_is_refused(
    flavour: str, tmp_path: Path
) -> None:
    model = shared(import_module(flavour), 5)
    model.save(tmp_path / "m.h5")
    with pytest.raises(Exception, match=r"roadcast|must be equal|ncompatible"):
        model(X[:2])
    with pytest.raises(
        UnsupportedLayerError, match="the mask that it is given"
    ):
        open_model(tmp_path / "m.h5").run(X[:2])


@pytest.mark.parametrize(
    ("version", "asked"),
    [("2.3.1", False), ("2.2.4-tf", False), ("2.4.0", True)],
)
def test_a_softmax_of_before_tensorflow_2_4_takes_no_notice(
    version: str, asked: bool, tmp_path: Path
) -> None:
    model = shared(import_module("tf_keras"), 5)
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        for group in (file, file["model_weights"]):
            group.attrs["keras_version"] = version
        assert (
            json.loads(file.attrs["model_config"])["class_name"] == "Functional"
        )

    trace = open_model(tmp_path / "m.h5").run(X)
    plain = np.exp(trace["gru"].output)
    plain /= plain.sum(axis=-1, keepdims=True)
    assert np.allclose(trace.output, plain, atol=1e-6) is not asked
