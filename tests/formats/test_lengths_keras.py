"""What is said of other lengths is what Keras does with them: saved, loaded and
run, live.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model

pytestmark = pytest.mark.tensorflow
keras = pytest.importorskip("keras", exc_type=ImportError)
tf_keras = pytest.importorskip("tf_keras", exc_type=ImportError)

DECLARED, FED = 12, 30


def functional(K: Any) -> Any:
    x = K.Input((DECLARED, 3))
    return K.Model(x, K.layers.Dense(2)(K.layers.LSTM(4)(x)))


def sequential(K: Any) -> Any:
    return K.Sequential([K.Input((DECLARED, 3)), K.layers.GRU(4)])


def undeclared(K: Any) -> Any:
    model = K.Sequential([K.layers.LSTM(4)])
    model(np.zeros((1, DECLARED, 3), "f4"))
    return model


def around_a_functional(K: Any) -> Any:
    return K.Sequential([K.Input((DECLARED, 3)), functional(K)])


def around_an_open_one(K: Any) -> Any:
    x = K.Input((None, 3))
    return K.Sequential(
        [K.Input((DECLARED, 3)), K.Model(x, K.layers.LSTM(4)(x))]
    )


def around_a_sequential(K: Any) -> Any:
    x = K.Input((DECLARED, 3))
    return K.Model(x, sequential(K)(x))


@pytest.mark.parametrize("K", [keras, tf_keras], ids=["keras", "tf_keras"])
@pytest.mark.parametrize("extension", ["keras", "h5"])
@pytest.mark.parametrize(
    "make",
    [
        functional,
        sequential,
        undeclared,
        around_a_functional,
        around_an_open_one,
        around_a_sequential,
    ],
)
def test_the_warning_says_what_keras_does(
    K: Any, extension: str, make: Callable[[Any], Any], tmp_path: Path
) -> None:
    path = tmp_path / f"model.{extension}"
    model = make(K)
    model.save(path)
    x = np.random.default_rng(0).normal(size=(2, FED, 3)).astype("f4")

    lines: list[str] = []
    ours = open_model(path).run(x, warn=lines.append)
    try:
        theirs = np.asarray(
            K.models.load_model(path, compile=False).predict(x, verbose=0)
        )
    except ValueError:
        theirs = None

    if lines:  # a model that was never told a length may say none in its file
        (line,) = lines
        assert ("refuses it" in line) is (theirs is None), line
    else:
        assert make is undeclared
    if theirs is not None:
        np.testing.assert_allclose(
            ours.outputs[0], theirs, rtol=1e-5, atol=1e-6
        )


def test_what_keras_refuses_is_what_it_computes_without_a_length(
    tmp_path: Path,
) -> None:
    """The oracle of a functional model at another length: the same layers
    behind an input that is open.
    """
    path = tmp_path / "model.keras"
    model = functional(keras)
    model.save(path)
    x = np.random.default_rng(1).normal(size=(1, FED, 3)).astype("f4")

    free = keras.Input((None, 3))
    theirs = free
    for layer in model.layers[1:]:
        theirs = layer(theirs)
    with pytest.warns(UserWarning, match="is fed 30 timesteps: Keras 3"):
        ours = open_model(path).run(x)
    np.testing.assert_allclose(
        ours.outputs[0],
        keras.Model(free, theirs).predict(x, verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )
