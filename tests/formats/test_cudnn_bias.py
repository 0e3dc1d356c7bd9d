"""Weights as cuDNN reads them under the name of a plain layer, and the reverse:
the bias tells, as in Keras 2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from test_build import layer, write

from rnn_tui import open_model

GATES = {"LSTM": 4, "GRU": 3}
X = np.random.default_rng(2).normal(size=(2, 5, 3)).astype("float32")


def as_cudnn(
    kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> list[np.ndarray]:
    """A plain layer's weights as its cuDNN twin keeps them."""
    gates = recurrent.shape[1] // recurrent.shape[0]
    blocks = np.split(kernel, gates, axis=1)
    # Each block is read along its other axis: the shape stays.
    turned = np.hstack(
        [block.T.ravel().reshape(block.shape) for block in blocks]
    )
    recurrent = np.hstack(
        [block.T for block in np.split(recurrent, gates, axis=1)]
    )
    return [
        turned,
        recurrent,
        np.concatenate([bias, 0 * bias]) if bias.ndim == 1 else bias.ravel(),
    ]


def rewritten(path: Path, name: str, values: list[np.ndarray]) -> None:
    """Put other arrays in the places of a layer's, in their order."""
    with h5py.File(path, "r+") as file:
        group = file["model_weights"][name]
        for key, value in zip(group.attrs["weight_names"], values, strict=True):
            del group[key]
            group[key] = value


def stored(path: Path, name: str) -> list[np.ndarray]:
    """A layer's arrays, in their order."""
    with h5py.File(path, "r") as file:
        group = file["model_weights"][name]
        return [np.asarray(group[key]) for key in group.attrs["weight_names"]]


def plain(
    path: Path, class_name: str, version: str = "2.4.0", **config: Any
) -> Path:
    """A model of one recurrent layer of four units on three features."""
    gates = GATES[class_name]
    bias = (4 * gates,) if class_name == "LSTM" else (2, 4 * gates)
    usual = {
        "units": 4,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
    }
    usual |= {"reset_after": True} if class_name == "GRU" else {}
    made = layer(
        config.pop("named", class_name),
        name="rnn",
        batch_input_shape=[None, 5, 3],
        **{**usual, **config},
    )
    return write(
        path, [made], {"rnn": [(3, 4 * gates), (4, 4 * gates), bias]}, version
    )


@pytest.mark.parametrize("class_name", GATES)
def test_a_bias_of_both_sides_says_that_the_weights_are_cudnns(
    class_name: str, tmp_path: Path
) -> None:
    path = plain(tmp_path / "m.h5", class_name)
    wanted = open_model(path)
    theirs = wanted.run(X).output
    rewritten(path, "rnn", as_cudnn(*stored(path, "rnn")))

    opened = open_model(path)
    np.testing.assert_allclose(
        opened.run(X).output, theirs, rtol=1e-6, atol=1e-7
    )
    assert opened.model.parameters == wanted.model.parameters
    assert any("as cuDNN reads them" in note for note in opened.layers[0].notes)


@pytest.mark.parametrize("class_name", GATES)
def test_plain_weights_under_a_cudnn_name_are_taken_as_they_are(
    class_name: str, tmp_path: Path
) -> None:
    theirs = open_model(plain(tmp_path / "a.h5", class_name)).run(X).output
    opened = open_model(
        plain(tmp_path / "b.h5", class_name, named=f"CuDNN{class_name}")
    )

    np.testing.assert_array_equal(opened.run(X).output, theirs)
    assert any("taken as they are" in note for note in opened.layers[0].notes)


@pytest.mark.parametrize(
    ("class_name", "version", "config", "why"),
    [
        (
            "GRU",
            "2.4.0",
            {"reset_after": False},
            "with reset_after=True, not with False",
        ),
        ("GRU", "3.5.0", {}, "doesn't convert"),
        ("LSTM", "3.5.0", {}, "doesn't convert"),
    ],
)
def test_where_keras_converts_nothing_the_layer_is_refused(
    class_name: str,
    version: str,
    config: dict[str, Any],
    why: str,
    tmp_path: Path,
) -> None:
    path = plain(tmp_path / "m.h5", class_name, version, **config)
    rewritten(path, "rnn", as_cudnn(*stored(path, "rnn")))
    assert why in (open_model(path).layers[0].why_not or "")


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("class_name", GATES)
def test_tf_keras_loads_the_same(
    class_name: str, wrapped: bool, tmp_path: Path
) -> None:
    K = pytest.importorskip("tf_keras")
    K.backend.clear_session()
    made = getattr(K.layers, class_name)(4, recurrent_activation="hard_sigmoid")
    model = K.Sequential(
        [
            K.layers.Input((5, 3)),
            K.layers.Bidirectional(made, name="both") if wrapped else made,
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )
    path = tmp_path / "m.h5"
    model.save(path)

    name = model.layers[-1].name
    halves = [
        stored(path, name)[k : k + 3] for k in range(0, 6 if wrapped else 3, 3)
    ]
    rewritten(
        path, name, [value for half in halves for value in as_cudnn(*half)]
    )
    theirs = K.models.load_model(path)(X)
    np.testing.assert_allclose(
        np.asarray(theirs), np.asarray(model(X)), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        open_model(path).run(X).output, np.asarray(theirs), rtol=1e-5, atol=1e-6
    )
