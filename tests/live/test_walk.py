"""The lists that Keras itself has: each operation and layer is computed as
Keras does, or refused in one line.
"""

from __future__ import annotations

import inspect
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.operations.functions import FUNCTIONS
from rnn_tui.engine.operations.keras_table import (
    KERAS,
    KERAS_REFUSED,
    is_operation,
)
from rnn_tui.engine.operations.rows import signature_of
from rnn_tui.engine.operations.tensorflow_table import (
    TENSORFLOW,
    TENSORFLOW_REFUSED,
    function_of,
    tensorflow_why_not,
)

live = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]
PARTS = 4
EVERY_FORM = bool(os.environ.get("RNN_TUI_LIVE"))
FORMS = ("keras", "h5") if EVERY_FORM else ("keras",)
TF_FORMS = ("keras", "h5") if EVERY_FORM else ("h5",)


def test_an_operation_is_computed_or_refused_not_both() -> None:
    assert not set(KERAS) & set(KERAS_REFUSED)
    assert not set(TENSORFLOW) & set(TENSORFLOW_REFUSED)


@pytest.mark.parametrize("name", [*KERAS, *TENSORFLOW])
def test_each_row_names_a_function_and_its_parameters(name: str) -> None:
    row = KERAS.get(name) or TENSORFLOW[name]
    if not row.own:
        assert callable(getattr(np, row.function))
        return
    signature = signature_of(row)
    params = {
        term.ours: None
        for term in signature.params
        if not term.unread and term.ours != "dtype"
    }
    inspect.signature(FUNCTIONS[row.function]).bind(
        *[None] * len(signature.operands), **params
    )


def operations_of(keras: Any) -> dict[str, type]:
    """Return the classes of operations this Keras has."""
    from keras.src.ops import core, einops, image, linalg, math, nn
    from keras.src.ops import numpy as numpy_ops
    from keras.src.ops.operation import Operation

    modules = (core, numpy_ops, math, nn, einops, linalg, image)
    classes = [
        item
        for module in modules
        for item in vars(module).values()
        if inspect.isclass(item)
    ]
    return {
        cls.__name__: cls
        for cls in classes
        if issubclass(cls, Operation)
        and cls is not Operation
        and ".ops" in cls.__module__
    }


class TestKeras:
    """keras.ops."""

    pytestmark = live

    @pytest.mark.parametrize("part", range(PARTS))
    def test_every_computed_operation_is_exact(
        self, part: int, tmp_path: Path
    ) -> None:
        keras: Any = pytest.importorskip("keras")
        from operations_keras import calls_by_name
        from walking import Made, N, X, differences, share

        keras.backend.clear_session()
        o = keras.ops
        x = keras.Input((6, 4), name="x", batch_size=2)
        n = keras.Input((6,), dtype="int32", name="n", batch_size=2)
        ways = [
            (label, way)
            for label, way in share(calls_by_name(), part, PARTS)
            if hasattr(o, label.split()[0])
        ]
        outputs = [way(o, x, n) for _, way in ways]
        theirs = keras.Model([x, n], outputs)([X, N])
        made = []
        for (label, _), output, value in zip(
            ways, outputs, theirs, strict=True
        ):
            history = output._keras_history
            made.append(
                Made(
                    label,
                    history.operation.name,
                    history.tensor_index,
                    np.asarray(value),
                    output.shape,
                )
            )
        anchor = o.sum(x, axis=(1, 2)) + o.cast(o.sum(n, axis=1), "float32")
        model = keras.Model(
            [x, n],
            [anchor, *(o.sum(o.cast(y, "float32")) + anchor for y in outputs)],
        )
        for form in FORMS:
            model.save(tmp_path / f"model.{form}")
            assert differences(tmp_path / f"model.{form}", made) == []

    def test_every_computed_operation_is_walked(self) -> None:
        keras: Any = pytest.importorskip("keras")
        from operations_keras import calls_by_name

        o = keras.ops
        x = keras.Input((6, 4), name="x", batch_size=2)
        n = keras.Input((6,), dtype="int32", name="n", batch_size=2)
        ways = [
            way
            for name, several in calls_by_name().items()
            if hasattr(o, name)
            for way in several
        ]
        walked = {
            type(way(o, x, n)._keras_history.operation).__name__ for way in ways
        }
        here = set(operations_of(keras))
        # other names of Absolute and Conjugate
        assert (set(KERAS) & here) - walked <= {"Abs", "Conj"}

    def test_every_other_operation_is_refused_by_its_name(
        self, tmp_path: Path
    ) -> None:
        keras: Any = pytest.importorskip("keras")
        names = sorted({*operations_of(keras), "Newer"} - set(KERAS))
        reasons = refusals_of(names, tmp_path)
        for name in names:
            assert name in (reasons[name] or "")
            assert "\n" not in (reasons[name] or "")
            assert is_operation(name) is (name in KERAS_REFUSED)


def refusals_of(names: list[str], folder: Path) -> dict[str, str | None]:
    """Return by its name why each of these operations of Keras 3 in a model
    isn't computed.
    """
    keras: Any = pytest.importorskip("keras")
    x = keras.Input((6, 4), name="x")
    source, changed = folder / "source.keras", folder / "changed.keras"
    keras.Model(x, keras.ops.tanh(x)).save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "config.json":
                config = json.loads(content)
                layers = config["config"]["layers"]
                layers += [
                    {
                        **layers[1],
                        "class_name": name,
                        "name": name,
                        "config": {"name": name},
                    }
                    for name in names
                ]
                content = json.dumps(config).encode()
            new.writestr(member, content)
    return {info.path: info.why_not for info in open_model(changed).layers}


class TestTensorFlow:
    """The functions of TensorFlow that tf.keras records."""

    pytestmark = live

    @pytest.mark.parametrize("part", range(PARTS))
    def test_every_computed_function_is_exact(
        self, part: int, tmp_path: Path
    ) -> None:
        keras: Any = pytest.importorskip("tf_keras")
        tf: Any = pytest.importorskip("tensorflow")
        from operations_tensorflow import calls_by_name
        from walking import Made, N, X, differences, share

        keras.backend.clear_session()
        x = keras.Input((6, 4), name="x")
        n = keras.Input((6,), dtype="int32", name="n")
        made, outputs = [], []
        for label, way in share(calls_by_name(), part, PARTS):
            output = way(x, n)
            history = output._keras_history
            assert (
                tensorflow_why_not(history.layer.get_config()["function"])
                is None
            )
            value = np.asarray(way(tf.constant(X), tf.constant(N)))
            rank = output.shape.rank
            shape = None if rank is None else tuple(output.shape)
            made.append(
                Made(
                    label,
                    history.layer.name,
                    history.tensor_index,
                    value,
                    shape,
                )
            )
            outputs.append(output)
        anchor = tf.reduce_sum(x, axis=[1, 2]) + tf.cast(
            tf.reduce_sum(n, axis=1), "float32"
        )
        for form in TF_FORMS:
            # the .keras format of tf.keras has no word for `...`
            kept = [
                k
                for k, one in enumerate(made)
                if form == "h5" or one.label != "__operators__.getitem 1"
            ]
            ends = [
                tf.reduce_sum(tf.cast(outputs[k], "float32")) + anchor
                for k in kept
            ]
            keras.Model([x, n], [anchor, *ends]).save(
                tmp_path / f"model.{form}"
            )
            assert (
                differences(tmp_path / f"model.{form}", [made[k] for k in kept])
                == []
            )

    def test_every_computed_function_is_walked(self) -> None:
        pytest.importorskip("tf_keras")
        from operations_tensorflow import calls_by_name

        assert {function_of(name) for name in TENSORFLOW} - set(
            calls_by_name()
        ) <= NOT_RECORDED

    @pytest.mark.parametrize(
        "name",
        sorted(
            {
                *TENSORFLOW_REFUSED,
                "random.normal",
                "image.resize",
                "newer.function",
            }
        ),
    )
    def test_every_other_function_is_refused_by_its_name(
        self, name: str
    ) -> None:
        why_not = tensorflow_why_not(name)
        assert why_not is not None
        assert name in why_not
        assert "\n" not in why_not


NOT_RECORDED = {
    "abs",
    "add",
    "linalg.l2_normalize",
    "nn.batch_normalization",
    "nn.moments",
    "linalg.matvec",
    "eye",
}
"""Functions that this TensorFlow records by their parts, or by another name;
older ones recorded them whole.
"""

CALLED: tuple[tuple[str, list[Any], dict[str, Any]], ...] = (
    ("nn.moments", ["x"], {"axes": [1], "keepdims": True}),
    ("linalg.matvec", ["x", "row"], {}),
    (
        "nn.batch_normalization",
        ["x", "row", "row2", "row", "row2"],
        {"variance_epsilon": 1e-3},
    ),
    ("eye", [3], {"num_columns": 4, "batch_shape": [2]}),
)


@pytest.mark.tensorflow
@pytest.mark.parametrize(("name", "args", "kwargs"), CALLED)
def test_a_function_recorded_whole_is_exact(
    name: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    tf: Any = pytest.importorskip("tensorflow")
    from walking import X

    from rnn_tui.engine.core.arrays import Tensor
    from rnn_tui.engine.layers.call_arguments import WithArguments
    from rnn_tui.engine.layers.probing import quiet_run

    arrays = {"x": X, "row": X[:, 0], "row2": np.abs(X[:, 1])}
    if name == "nn.batch_normalization":
        arrays = {"x": X, "row": X[:, :1], "row2": np.abs(X[:, 1:2])}
    function = tf
    for part in name.split("."):
        function = getattr(function, part)
    theirs = function(
        *[
            arrays.get(arg, arg) if isinstance(arg, str) else arg
            for arg in args
        ],
        **kwargs,
    )
    made = class_for("TFOpLambda")
    assert made is not None
    layer = made("t", "TFOpLambda", {"function": name})
    assert isinstance(layer, WithArguments)
    given = [
        Tensor(arrays[arg]) if isinstance(arg, str) else arg for arg in args
    ]
    ours = layer.call_with(given, kwargs, quiet_run())
    parts = theirs if isinstance(theirs, (list, tuple)) else [theirs]
    for tensor, value in zip(ours, parts, strict=True):
        np.testing.assert_allclose(
            tensor.value, np.asarray(value), rtol=1e-5, atol=1e-6
        )


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_every_layer_is_exact_or_refused_in_one_line(
    flavour: str, tmp_path: Path
) -> None:
    K: Any = pytest.importorskip(flavour)
    from layers_walked import INPUTS, called, classes, made

    K.backend.clear_session()
    K.utils.set_random_seed(3)
    inputs = {
        name: K.Input(x.shape[1:], dtype=str(x.dtype), name=name)
        for name, x in INPUTS.items()
    }
    layers = {}
    for name, cls in classes(K).items():
        layer = made(K, cls)
        found = None if layer is None else called(layer, inputs)
        if found is not None:
            layers[name] = (layer, found)
    anchor = [K.layers.Flatten()(tensor) for tensor in inputs.values()]
    model = K.Model(
        inputs, [*(output for _, output in layers.values()), *anchor]
    )
    model.save(tmp_path / "model.keras")
    theirs = model(INPUTS, training=False)
    opened = open_model(tmp_path / "model.keras")
    trace = opened.run(dict(INPUTS), partial=True)
    reasons = {info.path: info.why_not for info in opened.layers}
    refused = set()
    for (name, (layer, _)), values in zip(layers.items(), theirs, strict=False):
        if reasons[layer.name] is not None:
            assert "\n" not in str(reasons[layer.name])
            refused.add(name)
            continue
        assert layer.name in trace, (name, trace.stopped)
        several = values if isinstance(values, (list, tuple)) else [values]
        for ours, value in zip(trace[layer.name].outputs, several, strict=True):
            np.testing.assert_allclose(
                ours, np.asarray(value), rtol=1e-5, atol=1e-5, err_msg=name
            )
    assert "LSTM" in layers
    assert not refused & {
        "LSTM",
        "GRU",
        "Dense",
        "Bidirectional",
        "TimeDistributed",
        "Embedding",
        "Attention",
    }
