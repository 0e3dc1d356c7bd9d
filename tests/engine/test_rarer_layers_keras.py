"""Layers that few models have, beside both Keras: saved in both containers,
opened and run here, equal to Keras.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rarer_layers import (
    ADAPTIVE,
    ATTENDING,
    AUGMENTATION,
    CASES,
    CODES,
    CODES_OF_KERAS_3,
    LOCAL,
    NOT_IN_H5,
    SPECTRAL,
    Case,
    attending,
)

from rnn_tui import open_model
from rnn_tui.errors import SequenceError

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")


def compared(
    keras: Any,
    container: str,
    case: Case,
    tmp_path: Path,
    x: np.ndarray | None = None,
) -> None:
    """Fail unless the layers, saved by this Keras, give what it gives at
    inference.
    """
    shape, layers = case
    model = keras.Sequential(
        [keras.layers.Input(shape=shape), *layers(keras.layers)]
    )
    for layer in model.layers:
        layer.trainable = layer.name != "frozen"
    random = np.random.default_rng(0)
    model.set_weights(
        [
            np.abs(random.normal(size=w.shape)).astype("float32") * 0.4
            for w in model.get_weights()
        ]
    )
    if x is None:
        x = random.normal(size=(2, *(side or 5 for side in shape))).astype(
            "float32"
        )
        x[0, -2:] = 0
    path = tmp_path / f"model.{container}"
    model.save(path)
    opened = open_model(path)
    expected = np.asarray(model(x, training=False))
    np.testing.assert_allclose(
        opened.run(x).output, expected, rtol=1e-5, atol=2e-6
    )
    assert opened.model.parameters == model.count_params()
    assert opened.model.trainable == sum(
        int(np.prod(w.shape)) for w in model.trainable_weights
    )
    assert opened.layers[-1].output_shape == tuple(model.output_shape)


@pytest.mark.parametrize(
    ("which", "container", "case"),
    [*product(["keras", "tf_keras"], ["h5", "keras"], CASES)],
)
def test_equals_keras(
    which: str, container: str, case: str, tmp_path: Path
) -> None:
    compared(pytest.importorskip(which), container, CASES[case], tmp_path)


@pytest.mark.parametrize(
    ("which", "container", "case"),
    [
        *product(["keras", "tf_keras"], ["h5", "keras"], CODES),
        *product(["keras"], ["h5", "keras"], CODES_OF_KERAS_3),
    ],
)
def test_codes_equal_keras(
    which: str, container: str, case: str, tmp_path: Path
) -> None:
    made = {**CODES, **CODES_OF_KERAS_3}[case]
    x = np.random.default_rng(1).normal(size=(3, *made[0])).astype("float32")
    if "id" in case:
        x = np.floor(np.abs(x) * 2).clip(0, 4)
    else:
        x.ravel()[:2] = 0.1, -1.0
    compared(pytest.importorskip(which), container, made, tmp_path, x)


@pytest.mark.parametrize(
    ("container", "case"), [*product(["h5", "keras"], ATTENDING)]
)
def test_attention_equals_keras_where_all_is_masked(
    container: str, case: str, tmp_path: Path
) -> None:
    keras = pytest.importorskip("keras")
    model = attending(*ATTENDING[case])(keras)
    random = np.random.default_rng(0)
    model.set_weights(
        [
            random.normal(size=w.shape).astype("float32") * 0.5
            for w in model.get_weights()
        ]
    )
    a, b = (
        random.normal(size=(2, steps, 5)).astype("float32") for steps in (4, 6)
    )
    a[0, -2:], b[1, :2] = 0, 0
    model.save(tmp_path / f"model.{container}")
    opened = open_model(tmp_path / f"model.{container}")
    expected = model([a, b], training=False)
    found = opened.run({"a": a, "b": b}).outputs
    for one, other in zip(
        found,
        expected if isinstance(expected, (list, tuple)) else [expected],
        strict=True,
    ):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-5, atol=2e-6)
    assert opened.model.parameters == model.count_params()


@pytest.mark.parametrize("drops", [0.5, 0.0])
def test_dropout_called_as_in_training_is_refused_where_it_would_drop(
    drops: float, tmp_path: Path
) -> None:
    """Keras 3's predict overrules the argument, tf.keras's doesn't."""
    for which in ("keras", "tf_keras"):
        L = pytest.importorskip(which).layers
        x = L.Input((4, 3), name="x")
        y = L.Dropout(drops, name="drop")(L.LSTM(4)(x), training=True)
        pytest.importorskip(which).Model(x, y).save(tmp_path / "model.h5")
        trace = open_model(tmp_path / "model.h5").run(
            np.ones((4, 3)), partial=True
        )
        refused = ("drop", "the model calls it as in training (training=True)")
        assert trace.stopped == (
            refused if drops and which == "tf_keras" else None
        )


def test_shares_where_all_is_masked_are_0(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    x = keras.layers.Input((4,), name="x")
    model = keras.Model(
        x, keras.layers.Softmax()(x, mask=keras.ops.not_equal(x, 0))
    )
    model.save(tmp_path / "model.keras")
    values = np.array([[1, 0, 2, 0], [0, 0, 0, 0]], "f4")
    found = open_model(tmp_path / "model.keras").run(values).output
    np.testing.assert_allclose(found, np.asarray(model(values)), rtol=1e-6)


@pytest.mark.parametrize("case", ADAPTIVE)
def test_adaptive_pooling_equals_keras(case: str, tmp_path: Path) -> None:
    compared(pytest.importorskip("keras"), "keras", ADAPTIVE[case], tmp_path)


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_ids_that_are_none(mode: str, tmp_path: Path) -> None:
    """Keras 3 leaves out ids that are too large, tf.keras refuses them; so do
    both with ids below 0 in a row.
    """
    for which in ("keras", "tf_keras"):
        keras = pytest.importorskip(which)
        model = keras.Sequential(
            [
                keras.layers.Input((1,)),
                keras.layers.CategoryEncoding(5, output_mode=mode),
            ]
        )
        model.save(tmp_path / "model.h5")
        opened = open_model(tmp_path / "model.h5")
        x = np.array([[7], [2], [2.7]], "f4")
        if which == "keras":
            np.testing.assert_array_equal(
                opened.run(x).output, np.asarray(model(x))
            )
        else:
            with pytest.raises(SequenceError, match="the id 7 is outside"):
                opened.run(x)
        if which == "tf_keras" or mode != "one_hot":
            with pytest.raises(SequenceError, match="the id -1 is outside"):
                opened.run(-np.ones((1, 1), "f4"))


@pytest.mark.parametrize(
    ("container", "case"),
    [*product(["h5"], LOCAL), ("keras", "1 2 {}"), ("keras", "2 3 {}")],
)
def test_a_kernel_for_each_place_equals_keras(
    container: str, case: str, tmp_path: Path
) -> None:
    compared(pytest.importorskip("tf_keras"), container, LOCAL[case], tmp_path)


@pytest.mark.parametrize(
    ("which", "container", "case"),
    [*product(["keras", "tf_keras"], ["h5", "keras"], SPECTRAL)],
)
def test_spectral_normalisation_equals_keras(
    which: str,
    container: str,
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keras = pytest.importorskip(which)
    # its own asks tf.keras for an InputSpec, which is Keras 3's by now
    if which == "tf_keras":
        import tensorflow

        monkeypatch.setattr(
            tensorflow.keras.layers, "InputSpec", keras.layers.InputSpec
        )
    compared(keras, container, SPECTRAL[case], tmp_path)


@pytest.mark.parametrize(
    ("which", "container"), [*product(AUGMENTATION, ["h5", "keras"])]
)
def test_augmentation_passes_everything_on(
    which: str, container: str, tmp_path: Path
) -> None:
    keras = pytest.importorskip(which)
    made = {
        name: arguments
        for name, arguments in AUGMENTATION[which].items()
        if container == "keras"
        or which == "tf_keras"
        or not name.endswith(NOT_IN_H5)
    }
    layers = [
        getattr(keras.layers, name)(*arguments)
        for name, arguments in made.items()
    ]
    compared(keras, container, ((8, 6, 3), lambda L: layers), tmp_path)


def test_a_picture_smaller_than_its_crop_is_refused(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [keras.layers.Input(shape=(None, 4, 3)), keras.layers.CenterCrop(5, 4)]
    )
    model.save(tmp_path / "model.h5")
    trace = open_model(tmp_path / "model.h5").run(
        np.ones((3, 4, 3)), partial=True
    )
    assert trace.stopped is not None
    assert "a picture of height 3 would be enlarged to 5" in trace.stopped[1]
