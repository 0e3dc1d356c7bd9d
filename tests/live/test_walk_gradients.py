"""The lists that Keras itself has: the gradient through each operation and each
layer is that of a GradientTape, in float64, or the operation is named.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.engine.gradients.graph_back import Seeds, graph_back
from rnn_tui.errors import NotThroughError

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]
PARTS = 4

STEPS = """
ceil floor floor_div floor_divide heaviside math.ceil math.floor math.floordiv
math.rint math.round math.sign math.zero_fraction nextafter round sign
stop_gradient trunc
"""
"""Operations whose gradient is 0 or none in TensorFlow too."""
NOT_YET = """
i0 math.bessel_i0 nn.moments norm normalize
"""
"""Operations of which a call is named as one that isn't differentiated."""
IN_FLOAT32 = ("quantile 1",)
"""Calls that Keras computes with a list of shares rounded to float32, whatever
the dtype of the run.
"""


def gradients_of_tape(model: Any, fed: list[Any], bars: list[Any]) -> list[Any]:
    """Return by output the gradient of its weighted sum by the first input, as
    Keras has it.
    """
    import tensorflow as tf

    x = tf.constant(fed[0])
    rest = [tf.constant(one) for one in fed[1:]]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = model([x, *rest], training=False)
        sums = [
            None if bar is None else tf.reduce_sum(tf.cast(y, "float64") * bar)
            for y, bar in zip(outputs, bars, strict=True)
        ]
    found = []
    for total in sums:
        try:
            gradient = None if total is None else tape.gradient(total, x)
        except LookupError:  # TensorFlow itself has none
            gradient = np.full(fed[0].shape, np.nan)
        if gradient is not None:  # indexed slices too
            gradient = np.asarray(tf.convert_to_tensor(gradient))
        found.append(gradient)
    return found


def saved_end(K: Any, x: Any, y: Any) -> Any:
    """Return a vector for each sequence that needs an operation's output: a
    model returns no bare numbers.
    """
    import tensorflow as tf

    if K.__name__ == "keras":
        o = K.ops
        return o.sum(x, axis=(1, 2)) + o.sum(o.cast(y, "float64"))

    return tf.reduce_sum(x, axis=[1, 2]) + tf.reduce_sum(tf.cast(y, "float64"))


def random_bars(model: Any, fed: list[Any]) -> list[Any]:
    """Return a random cotangent for each output of fractions."""
    rng = np.random.default_rng(3)
    made = [np.asarray(y) for y in model(fed, training=False)]
    return [
        rng.normal(size=y.shape) if y.dtype.kind == "f" else None for y in made
    ]


def differing(
    path: Path,
    fed: dict[str, Any],
    calls: list[tuple[str, tuple[str, int], Any, Any]],
    first: str,
) -> tuple[list[str], set[str]]:
    """Return the labels of calls whose gradients differ from the tape's, and
    those that are named as not differentiated.
    """
    model = open_model(path).model
    trace = model.run(fed, dtype="float64", partial=True)
    wrong, named = [], set()
    for label, place, bar, wanted in calls:
        if bar is None or place[0] not in trace.layers or label in IN_FLOAT32:
            continue
        try:
            seeds = Seeds(1, {place: bar[None]})
            found = graph_back(model.graph, trace, seeds).inputs.get(first)
        except NotThroughError:
            named.add(label)
            continue
        ours = np.zeros(fed[first].shape) if found is None else found[0]
        theirs = np.zeros(fed[first].shape) if wanted is None else wanted
        if np.isnan(theirs).all():
            continue
        if not np.allclose(ours, theirs, 1e-6, 1e-8, equal_nan=True):
            wrong.append(f"{label}: {np.nanmax(np.abs(ours - theirs))}")
    return wrong, named


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_the_gradient_of_every_operation(
    flavour: str, part: int, tmp_path: Path
) -> None:
    K: Any = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from random_models import under
    from walking import N, X, share

    if flavour == "keras":
        from operations_keras import calls_by_name
    else:
        from operations_tensorflow import calls_by_name

    K.backend.clear_session()
    under(K, "float64")
    try:
        x = K.Input((6, 4), name="x", batch_size=2, dtype="float64")
        n = K.Input((6,), dtype="int32", name="n", batch_size=2)
        ways = [
            (label, way)
            for label, way in share(calls_by_name(), part, PARTS)
            if "in_top_k" not in label  # which reads float32 alone
        ]
        if flavour == "keras":
            ways = [one for one in ways if hasattr(K.ops, one[0].split()[0])]
        outputs, labels, places = [], [], []
        for label, way in ways:
            given = (K.ops, x, n) if flavour == "keras" else (x, n)
            try:
                output = way(*given)
            except (TypeError, ValueError):
                continue  # it mixes float32 in
            history = output._keras_history
            layer = history.operation if flavour == "keras" else history.layer
            outputs.append(output)
            labels.append(label)
            places.append((layer.name, history.tensor_index))
        assert len(outputs) > 0.8 * len(ways)
        model = K.Model([x, n], outputs)
        fed = [X.astype("f8"), N]
        bars = random_bars(model, fed)
        wanted = gradients_of_tape(model, fed, bars)
        path = tmp_path / "model.h5"
        ends = [saved_end(K, x, y) for y in outputs]
        K.Model([x, n], ends).save(path)
    finally:
        under(K, "")

    calls = list(zip(labels, places, bars, wanted, strict=True))
    wrong, named = differing(path, {"x": fed[0], "n": N}, calls, "x")
    assert wrong == []
    assert {label.split()[0] for label in named} <= {
        *STEPS.split(),
        *NOT_YET.split(),
    }


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_the_gradient_of_every_layer(flavour: str, tmp_path: Path) -> None:
    K: Any = pytest.importorskip(flavour)
    tf: Any = pytest.importorskip("tensorflow")
    import layers_walked
    from random_models import under

    K.backend.clear_session()
    K.utils.set_random_seed(3)
    under(K, "float64")
    try:
        fed = {
            name: x.astype("f8") if x.dtype.kind == "f" else x
            for name, x in layers_walked.INPUTS.items()
        }
        inputs = {
            name: K.Input(x.shape[1:], dtype=str(x.dtype), name=name)
            for name, x in fed.items()
        }
        layers, outputs = [], []
        for cls in layers_walked.classes(K).values():
            layer = layers_walked.made(K, cls)
            found = None
            if layer is not None:
                found = layers_walked.called(layer, inputs)
            if found is None:
                continue
            first = found[0] if isinstance(found, (list, tuple)) else found
            if "float" in str(first.dtype):
                layers.append(layer)
                outputs.append(first)
        anchor = [K.layers.Flatten()(x) for x in inputs.values()]
        model = K.Model(inputs, [*outputs, *anchor])
        model.save(tmp_path / "model.keras")
        given = {name: tf.constant(x) for name, x in fed.items()}
        floats = {k: x for k, x in given.items() if x.dtype.is_floating}
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(floats)
            made = model(given, training=False)
            rng = np.random.default_rng(3)
            bars = [rng.normal(size=y.shape) for y in made[: len(layers)]]
            sums = [
                tf.reduce_sum(tf.cast(y, "float64") * bar)
                for y, bar in zip(made, bars, strict=False)
            ]
        theirs = [tape.gradient(total, floats) for total in sums]
    finally:
        under(K, "")

    opened = open_model(tmp_path / "model.keras").model
    trace = opened.run(fed, dtype="float64", partial=True)
    named, compared = set(), set()
    for layer, bar, wanted in zip(layers, bars, theirs, strict=True):
        name = type(layer).__name__
        if layer.name not in trace.layers:
            continue
        try:
            seeds = Seeds(1, {(layer.name, 0): bar[None]})
            found = graph_back(opened.graph, trace, seeds).inputs
        except NotThroughError:
            named.add(name)
            continue
        compared.add(name)
        for key, gradient in wanted.items():
            ours = found.get(key, np.zeros((1, *fed[key].shape)))[0]
            if gradient is None:
                gradient = tf.zeros(fed[key].shape, "float64")
            np.testing.assert_allclose(
                ours, np.asarray(gradient), 1e-6, 1e-8, err_msg=name
            )
    assert {"LSTM", "Conv1DTranspose", "Attention"} <= compared
    assert len(compared) > 60
    assert named <= {"CategoryEncoding", "Discretization"}


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_the_gradient_through_a_quantized_layer(
    mode: str, tmp_path: Path
) -> None:
    """Keras itself passes it straight through, by the dequantized kernel."""
    keras: Any = pytest.importorskip("keras")
    tf: Any = pytest.importorskip("tensorflow")
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 4)),
            layers.Dense(5, activation="tanh"),
            layers.LSTM(4, return_sequences=True),
            layers.Dense(3),
        ]
    )
    model.quantize(mode)
    x = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("f4")
    bar = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("f4")
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = tf.reduce_sum(model(given, training=False) * bar)
    wanted = np.asarray(tape.gradient(total, given))

    model.save(tmp_path / "model.keras")
    opened = open_model(tmp_path / "model.keras").model
    trace = opened.run(x)
    last = opened.graph.outputs[0]
    found = graph_back(
        opened.graph, trace, Seeds(1, {(last.layer, 0): bar[None]})
    )
    (ours,) = found.inputs.values()
    np.testing.assert_allclose(ours[0], wanted, 1e-4, 1e-5)
    assert len(found.notes) == 2
