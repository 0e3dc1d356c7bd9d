"""Classes of somebody's own as Keras saves them: none is run unasked, and the
rest goes on behind it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

pytestmark = pytest.mark.tensorflow

X = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("tf_keras")


@pytest.fixture(scope="module")
def own(keras: Any) -> tuple[type, type]:
    """An LSTM that reads its input doubled, and a layer of its author's own."""

    class MyLSTM(keras.layers.LSTM):  # type: ignore[misc]
        def call(self, x: Any, *args: Any, **kwargs: Any) -> Any:
            return super().call(2 * x, *args, **kwargs)

    class CRF(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.transitions = self.add_weight(
                shape=(shape[-1], 3), name="transitions"
            )
            super().build(shape)

        def call(self, x: Any) -> Any:
            return x @ self.transitions

        def compute_output_shape(self, shape: Any) -> Any:
            return (*shape[:-1], 3)

    return MyLSTM, CRF


def saved(keras: Any, path: Path, *layers: Any) -> Any:
    model = keras.Sequential([keras.Input((5, 3)), *layers])
    model.save(path)
    return model


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("both_ways", [False, True])
def test_a_subclassed_lstm_is_computed_as_keras_own_where_the_user_says_so_and_never_else(
    keras: Any,
    own: tuple[type, type],
    tmp_path: Path,
    suffix: str,
    both_ways: bool,
) -> None:
    """Its arithmetic differs: what Keras's own LSTM makes of the same weights
    is what is computed.
    """
    layer, plain = (
        own[0](4, return_sequences=True),
        keras.layers.LSTM(4, return_sequences=True),
    )
    if both_ways:
        layer, plain = (
            keras.layers.Bidirectional(one, name="both")
            for one in (layer, plain)
        )
    model = saved(keras, tmp_path / f"m{suffix}", layer, keras.layers.Dense(2))
    other = keras.Sequential(
        [keras.Input((5, 3)), plain, keras.layers.Dense(2)]
    )
    other.set_weights(model.get_weights())
    theirs = other.predict(X, verbose=0)
    assert not np.allclose(theirs, model.predict(X, verbose=0), atol=1e-3)

    path, name = tmp_path / f"m{suffix}", layer.name
    with pytest.raises(
        UnsupportedLayerError, match=f"can't be reproduced.*--as {name}=LSTM"
    ):
        open_model(path).run(X)
    opened = open_model(path, as_={name: "LSTM"})
    np.testing.assert_allclose(
        opened.run(X).outputs[0], theirs, rtol=1e-5, atol=1e-6
    )
    assert any("MyLSTM is a custom one" in line for line in opened.warnings)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_foreign_layer_stops_the_run_and_the_rest_goes_on_behind_it(
    keras: Any,
    own: tuple[type, type],
    tmp_path: Path,
    suffix: str,
    wrapped: bool,
) -> None:
    layer = own[1](name="crf")
    layer = (
        keras.layers.TimeDistributed(layer, name="crf") if wrapped else layer
    )
    model = saved(
        keras,
        tmp_path / f"m{suffix}",
        keras.layers.LSTM(4, return_sequences=True),
        layer,
        keras.layers.LSTM(2, name="b"),
    )
    opened = open_model(tmp_path / f"m{suffix}")
    assert opened.model.parameters == model.count_params()
    trace = opened.run(X, partial=True)
    # where the class comes from; .h5 files say it of what stands inside another
    said = suffix == ".keras" or wrapped
    named = f"{__name__}>CRF" if said else "CRF"
    assert trace.stopped == (
        "crf",
        f"the class {named} is not one of Keras's own",
    )
    between = keras.Model(model.input, model.get_layer("crf").output).predict(
        X, verbose=0
    )
    behind = opened.run(between, start_at="b")
    np.testing.assert_allclose(
        behind.outputs[0], model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )
