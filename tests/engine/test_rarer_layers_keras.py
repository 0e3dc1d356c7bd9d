"""Layers that few models have, beside both Keras: saved in both containers, opened and run here, equal to Keras."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import SequenceError

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

Case = tuple[tuple[int | None, ...], Callable[[Any], list[Any]]]

IN_BOTH = {
    "RandomFlip": (),
    "RandomRotation": (0.2,),
    "RandomTranslation": (0.2, 0.2),
    "RandomZoom": (0.2,),
    "RandomContrast": (0.3,),
    "RandomBrightness": (0.3,),
}
AUGMENTATION = {
    "keras": {
        **IN_BOTH,
        "AugMix": (),
        "CutMix": (),
        "MaxNumBoundingBoxes": (3,),
        "MixUp": (),
        "RandAugment": (),
        "RandomColorDegeneration": (0.5,),
        "RandomColorJitter": (),
        "RandomElasticTransform": (),
        "RandomErasing": (),
        "RandomGaussianBlur": (),
        "RandomGrayscale": (0.5,),
        "RandomHue": (0.3,),
        "RandomInvert": (0.5,),
        "RandomPerspective": (0.5,),
        "RandomPosterization": (4,),
        "RandomSaturation": (0.3,),
        "RandomSharpness": (0.3,),
        "RandomShear": (0.3, 0.3),
        "Solarization": (0.5, 0.5),
    },
    "tf_keras": {**IN_BOTH, "RandomHeight": (0.3,), "RandomWidth": (0.3,)},
}
NOT_IN_H5 = ("Brightness", "ColorDegeneration", "Posterization", "Saturation", "Sharpness", "Solarization")
"""What Keras 3 can't write into an .h5: it fails to copy their configuration."""

CASES: dict[str, Case] = {
    "the middle of a picture": ((9, 8, 3), lambda L: [L.CenterCrop(4, 5), L.Flatten(), L.Dense(2)]),
    "masked pictures of one line": ((6, 3), lambda L: [L.Masking(), L.RandomFlip(), L.LSTM(4)]),
    "normalisation over several axes": (
        (4, 5, 3),
        lambda L: [
            L.Normalization(axis=(1, 3), mean=[[0.1, -0.2, 0.3]] * 4, variance=[[1.0, 0.5, 2.0]] * 4),
            L.UnitNormalization(axis=(1, 2)),
            L.LayerNormalization(axis=(1, 3)),
            L.GroupNormalization(-1),
        ],
    ),
    "normalisation undone": (
        (4, 3),
        lambda L: [L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 0.5, 2.0], invert=True), L.LSTM(2)],
    ),
    "slopes and shares over several axes": (
        (4, 5, 3),
        lambda L: [L.PReLU(shared_axes=[1, 2]), L.PReLU(shared_axes=[3]), L.Softmax(axis=(1, 2))],
    ),
    "uneven margins": (
        (4, 5, 3),
        lambda L: [
            L.ZeroPadding2D(((0, 2), (3, 1))),
            L.Cropping2D(((0, 2), (1, 0))),
            L.UpSampling2D((2, 3), interpolation="bilinear"),
        ],
    ),
    "uneven margins, channels first": (
        (3, 4, 5),
        lambda L: [
            L.ZeroPadding2D(((0, 2), (3, 1)), data_format="channels_first"),
            L.Cropping2D(((0, 2), (1, 0)), data_format="channels_first"),
            L.UpSampling2D((2, 3), data_format="channels_first"),
            L.AveragePooling2D((2, 3), strides=1, data_format="channels_first"),
        ],
    ),
    "batch renormalisation": ((6, 3), lambda L: [L.BatchNormalization(renorm=True), L.GRU(2)]),
    "pictures in time": ((4, 6, 6, 3), lambda L: [L.TimeDistributed(L.RandomZoom(0.2)), L.Reshape((4, -1)), L.GRU(3)]),
}


BINS = [-1.0, 0.1, 1.0]
CODES: dict[str, Case] = {
    **{
        f"ids of a row: {mode}": ((4,), lambda L, mode=mode: [L.CategoryEncoding(5, output_mode=mode), L.Dense(3)])
        for mode in ("multi_hot", "count")
    },
    "one id": ((1,), lambda L: [L.CategoryEncoding(5, output_mode="one_hot")]),
    "bins": ((4, 2), lambda L: [L.Discretization(BINS), L.Rescaling(0.5), L.LSTM(3)]),
    "bins as tokens": ((6,), lambda L: [L.Discretization(BINS), L.Embedding(4, 3), L.GRU(2)]),
    "a bin of one value": ((1,), lambda L: [L.Discretization(BINS, output_mode="one_hot")]),
    **{
        f"bins of a row: {mode}": ((4,), lambda L, mode=mode: [L.Discretization(BINS, output_mode=mode), L.Dense(3)])
        for mode in ("multi_hot", "count")
    },
}
CODES_OF_KERAS_3: dict[str, Case] = {
    "ids in time": ((6,), lambda L: [L.CategoryEncoding(5, output_mode="one_hot"), L.GRU(3)]),
    "ids in time, an axis each": ((6, 1), lambda L: [L.CategoryEncoding(5, output_mode="one_hot"), L.GRU(3)]),
    "bins in time": ((6,), lambda L: [L.Discretization(BINS, output_mode="one_hot"), L.GRU(3)]),
    "bins in time, two axes": (
        (6, 2),
        lambda L: [L.Discretization(BINS, output_mode="one_hot"), L.TimeDistributed(L.Flatten()), L.GRU(3)],
    ),
}
ADAPTIVE: dict[str, Case] = {
    f"{what} {rank} {order}": (
        (*(7, 5, 6)[:rank], 3) if order == "channels_last" else (3, *(7, 5, 6)[:rank]),
        lambda L, what=what, rank=rank, order=order: [
            getattr(L, f"Adaptive{what}Pooling{rank}D")((3, 7, 2)[:rank], data_format=order)
        ],
    )
    for what, rank, order in product(("Average", "Max"), (1, 2, 3), ("channels_last", "channels_first"))
}


SPECTRAL: dict[str, Case] = {
    "a scaled kernel": ((6, 3), lambda L: [L.Masking(), L.SpectralNormalization(L.Dense(4, "relu")), L.GRU(3)]),
    "a scaled convolution": (
        (8, 3),
        lambda L: [L.SpectralNormalization(L.Conv1D(4, 3, strides=2, use_bias=False)), L.BatchNormalization()],
    ),
    "scaled pictures in time": (
        (3, 6, 6, 2),
        lambda L: [L.TimeDistributed(L.SpectralNormalization(L.Conv2D(3, 2))), L.Reshape((3, -1)), L.LSTM(2)],
    ),
    "a frozen scaled kernel": (
        (6, 3),
        lambda L: [L.SpectralNormalization(L.Dense(4), name="frozen"), L.LSTM(3), L.Dense(2)],
    ),
}


def connected(rank: int, **options: Any) -> Case:
    """Return a LocallyConnected layer among others."""
    first = options.get("data_format") == "channels_first"
    shape = {(1, False): (9, 3), (1, True): (3, 9), (2, False): (7, 6, 2), (2, True): (2, 7, 6)}[rank, first]
    return shape, lambda L: [
        L.Activation("tanh"),
        getattr(L, f"LocallyConnected{rank}D")(4, 3 if rank == 1 else (3, 2), activation="softsign", **options),
        L.Flatten(),
        L.Dense(2),
    ]


LOCAL: dict[str, Case] = {
    f"{rank} {way} {options}": connected(rank, implementation=way, **options)
    for rank, way, options in product(
        (1, 2),
        (1, 2, 3),
        (
            {},
            {"strides": 2},
            {"padding": "same"},
            {"padding": "same", "strides": 2, "data_format": "channels_first"},
            {"data_format": "channels_first"},
            {"use_bias": False},
        ),
    )
    if way > 1 or "padding" not in options
}


def compared(keras: Any, container: str, case: Case, tmp_path: Path, x: np.ndarray | None = None) -> None:
    """Fail unless the layers, saved by this Keras, give what it gives at inference."""
    shape, layers = case
    model = keras.Sequential([keras.layers.Input(shape=shape), *layers(keras.layers)])
    for layer in model.layers:
        layer.trainable = layer.name != "frozen"
    random = np.random.default_rng(0)
    model.set_weights([np.abs(random.normal(size=w.shape)).astype("float32") * 0.4 for w in model.get_weights()])
    if x is None:
        x = random.normal(size=(2, *(side or 5 for side in shape))).astype("float32")
        x[0, -2:] = 0
    path = tmp_path / f"model.{container}"
    model.save(path)
    opened = open_model(path)
    expected = np.asarray(model(x, training=False))
    np.testing.assert_allclose(opened.run(x).output, expected, rtol=1e-5, atol=2e-6)
    assert opened.model.parameters == model.count_params()
    assert opened.model.trainable == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert opened.layers[-1].output_shape == tuple(model.output_shape)


@pytest.mark.parametrize(("which", "container", "case"), [*product(["keras", "tf_keras"], ["h5", "keras"], CASES)])
def test_equals_keras(which: str, container: str, case: str, tmp_path: Path) -> None:
    compared(pytest.importorskip(which), container, CASES[case], tmp_path)


@pytest.mark.parametrize(
    ("which", "container", "case"),
    [*product(["keras", "tf_keras"], ["h5", "keras"], CODES), *product(["keras"], ["h5", "keras"], CODES_OF_KERAS_3)],
)
def test_codes_equal_keras(which: str, container: str, case: str, tmp_path: Path) -> None:
    made = {**CODES, **CODES_OF_KERAS_3}[case]
    x = np.random.default_rng(1).normal(size=(3, *made[0])).astype("float32")
    if "id" in case:
        x = np.floor(np.abs(x) * 2).clip(0, 4)
    else:
        x.ravel()[:2] = 0.1, -1.0
    compared(pytest.importorskip(which), container, made, tmp_path, x)


def attending(options: dict[str, Any], call: dict[str, Any], masked: bool) -> Callable[[Any], Any]:
    def model(keras: Any) -> Any:
        L = keras.layers
        a, b = L.Input((4, 5), name="a"), L.Input((6, 5), name="b")
        read = [L.Masking()(a), L.Masking()(b)] if masked else [a, b]
        kind = getattr(L, options.get("kind", "GroupQueryAttention"))
        return keras.Model([a, b], kind(**{k: v for k, v in options.items() if k != "kind"})(*read, **call))

    return model


GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
HEADS = {"kind": "MultiHeadAttention", "num_heads": 2, "key_dim": 3}
ATTENDING = {
    "groups": (GROUPS, {}, False),
    "groups behind masks": ({**GROUPS, "use_bias": False}, {}, True),
    "groups with dropout behind masks": ({**GROUPS, "dropout": 0.2}, {"return_attention_scores": True}, True),
    "gated groups that see the past": ({**GROUPS, "use_gate": True}, {"use_causal_mask": True}, False),
    "groups of a window": ({**GROUPS, "sliding_window": 2, "use_gate": True}, {}, True),
    "scores of heads behind masks": (HEADS, {"return_attention_scores": True}, True),
    "heads with dropout behind masks": ({**HEADS, "dropout": 0.2}, {}, True),
}


@pytest.mark.parametrize(("container", "case"), [*product(["h5", "keras"], ATTENDING)])
def test_attention_equals_keras_where_all_is_masked(container: str, case: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = attending(*ATTENDING[case])(keras)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=w.shape).astype("float32") * 0.5 for w in model.get_weights()])
    a, b = (random.normal(size=(2, steps, 5)).astype("float32") for steps in (4, 6))
    a[0, -2:], b[1, :2] = 0, 0
    model.save(tmp_path / f"model.{container}")
    opened = open_model(tmp_path / f"model.{container}")
    expected = model([a, b], training=False)
    found = opened.run({"a": a, "b": b}).outputs
    for one, other in zip(found, expected if isinstance(expected, (list, tuple)) else [expected], strict=True):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-5, atol=2e-6)
    assert opened.model.parameters == model.count_params()


@pytest.mark.parametrize("drops", [0.5, 0.0])
def test_dropout_called_as_in_training_is_refused_where_it_would_drop(drops: float, tmp_path: Path) -> None:
    """Keras 3's predict overrules the argument, tf.keras's doesn't."""
    for which in ("keras", "tf_keras"):
        L = pytest.importorskip(which).layers
        x = L.Input((4, 3), name="x")
        y = L.Dropout(drops, name="drop")(L.LSTM(4)(x), training=True)
        pytest.importorskip(which).Model(x, y).save(tmp_path / "model.h5")
        trace = open_model(tmp_path / "model.h5").run(np.ones((4, 3)), partial=True)
        refused = ("drop", "the model calls it as in training (training=True)")
        assert trace.stopped == (refused if drops and which == "tf_keras" else None)


def test_shares_where_all_is_masked_are_0(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    x = keras.layers.Input((4,), name="x")
    model = keras.Model(x, keras.layers.Softmax()(x, mask=keras.ops.not_equal(x, 0)))
    model.save(tmp_path / "model.keras")
    values = np.array([[1, 0, 2, 0], [0, 0, 0, 0]], "f4")
    found = open_model(tmp_path / "model.keras").run(values).output
    np.testing.assert_allclose(found, np.asarray(model(values)), rtol=1e-6)


@pytest.mark.parametrize("case", ADAPTIVE)
def test_adaptive_pooling_equals_keras(case: str, tmp_path: Path) -> None:
    compared(pytest.importorskip("keras"), "keras", ADAPTIVE[case], tmp_path)


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_ids_that_are_none(mode: str, tmp_path: Path) -> None:
    """Keras 3 leaves out ids that are too large, tf.keras refuses them; so do both with ids below 0 in a row."""
    for which in ("keras", "tf_keras"):
        keras = pytest.importorskip(which)
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.CategoryEncoding(5, output_mode=mode)])
        model.save(tmp_path / "model.h5")
        opened = open_model(tmp_path / "model.h5")
        x = np.array([[7], [2], [2.7]], "f4")
        if which == "keras":
            np.testing.assert_array_equal(opened.run(x).output, np.asarray(model(x)))
        else:
            with pytest.raises(SequenceError, match="the id 7 is outside"):
                opened.run(x)
        if which == "tf_keras" or mode != "one_hot":
            with pytest.raises(SequenceError, match="the id -1 is outside"):
                opened.run(-np.ones((1, 1), "f4"))


@pytest.mark.parametrize(("container", "case"), [*product(["h5"], LOCAL), ("keras", "1 2 {}"), ("keras", "2 3 {}")])
def test_a_kernel_for_each_place_equals_keras(container: str, case: str, tmp_path: Path) -> None:
    compared(pytest.importorskip("tf_keras"), container, LOCAL[case], tmp_path)


@pytest.mark.parametrize(("which", "container", "case"), [*product(["keras", "tf_keras"], ["h5", "keras"], SPECTRAL)])
def test_spectral_normalisation_equals_keras(
    which: str, container: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras = pytest.importorskip(which)
    if which == "tf_keras":  # its own asks tf.keras for an InputSpec, which is Keras 3's by now
        import tensorflow

        monkeypatch.setattr(tensorflow.keras.layers, "InputSpec", keras.layers.InputSpec)
    compared(keras, container, SPECTRAL[case], tmp_path)


@pytest.mark.parametrize(("which", "container"), [*product(AUGMENTATION, ["h5", "keras"])])
def test_augmentation_passes_everything_on(which: str, container: str, tmp_path: Path) -> None:
    keras = pytest.importorskip(which)
    made = {
        name: arguments
        for name, arguments in AUGMENTATION[which].items()
        if container == "keras" or which == "tf_keras" or not name.endswith(NOT_IN_H5)
    }
    layers = [getattr(keras.layers, name)(*arguments) for name, arguments in made.items()]
    compared(keras, container, ((8, 6, 3), lambda L: layers), tmp_path)


def test_a_picture_smaller_than_its_crop_is_refused(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input(shape=(None, 4, 3)), keras.layers.CenterCrop(5, 4)])
    model.save(tmp_path / "model.h5")
    trace = open_model(tmp_path / "model.h5").run(np.ones((3, 4, 3)), partial=True)
    assert trace.stopped is not None
    assert "a picture of height 3 would be enlarged to 5" in trace.stopped[1]
