"""The floor and the peers: NumPy's own products, Keras (compiled, predict, a
cell stepped in Python), ONNX Runtime, PyTorch, and keract, the tool that reads
activations out of a live Keras 2 model.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import CPU

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


@dataclass(frozen=True, eq=False)
class Problem:
    """A layer and a sequence `x` `(batch, timesteps, features)`; weights in
    Keras's order.
    """

    kind: str
    x: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], ...]

    @property
    def units(self) -> int:
        return int(self.weights[1].shape[0])

    @property
    def timesteps(self) -> int:
        return int(self.x.shape[1])


def problem(
    kind: str, units: int, timesteps: int, features: int = 32, batch: int = 1
) -> Problem:
    """Return a problem with weights of a trained layer's size (Glorot), always
    the same.
    """
    rng = np.random.default_rng(7)
    columns = GATES[kind] * units

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape, np.float32) / np.float32(
            np.sqrt(shape[0])
        )

    bias = (2, columns) if kind == "GRU" else (columns,)
    weights = (
        normal(features, columns),
        normal(units, columns),
        np.zeros(bias, np.float32),
    )
    return Problem(
        kind,
        rng.standard_normal((batch, timesteps, features)).astype(np.float32),
        weights,
    )


def floor(p: Problem) -> Callable[[], object]:
    """The same matrix products alone: x·W once, h·U at each timestep, into
    preallocated arrays.
    """
    W, U, _ = p.weights
    h = np.zeros((p.x.shape[0], p.units), np.float32)
    out = np.empty((p.x.shape[0], U.shape[1]), np.float32)

    def run() -> None:
        p.x @ W
        for _ in range(p.timesteps):
            np.matmul(h, U, out=out)

    return run


def onnxruntime(p: Problem) -> Callable[[], object]:
    """ONNX Runtime's LSTM or GRU (hidden states only): the fastest peer."""
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    u, order = (
        p.units,
        {"LSTM": [0, 3, 1, 2], "GRU": [0, 1, 2]}[p.kind],
    )  # iofc, zrh

    def gates(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        blocks = [matrix[..., k * u : (k + 1) * u] for k in order]
        return np.ascontiguousarray(np.concatenate(blocks, axis=-1).T)[None]

    W, U, b = p.weights
    bias = (
        np.zeros((1, 2 * U.shape[1]), np.float32)
        if b.ndim == 1
        else b.reshape(1, -1)
    )
    constants = [
        numpy_helper.from_array(a, n)
        for n, a in (("W", gates(W)), ("R", gates(U)), ("B", bias))
    ]
    extra: dict[str, Any] = (
        {"linear_before_reset": 1} if p.kind == "GRU" else {}
    )
    node = helper.make_node(
        p.kind, ["X", "W", "R", "B"], ["Y"], hidden_size=u, **extra
    )
    shape = [p.timesteps, p.x.shape[0], p.x.shape[2]]
    graph = helper.make_graph(
        [node],
        "peer",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(
                "Y", TensorProto.FLOAT, ["t", 1, "b", "u"]
            )
        ],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 14)]
    )
    model.ir_version = min(model.ir_version, 9)
    onnx.checker.check_model(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1 if CPU else 0
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    fed = {"X": np.ascontiguousarray(p.x.transpose(1, 0, 2))}
    return lambda: session.run(None, fed)


def pytorch(p: Problem) -> Callable[[], object]:
    """PyTorch's LSTM or GRU (hidden states only)."""
    import torch

    u, order = (
        p.units,
        {"LSTM": [0, 1, 2, 3], "GRU": [1, 0, 2]}[p.kind],
    )  # ifgo, rzn

    def gates(matrix: NDArray[np.float32]) -> Any:
        blocks = [matrix[..., k * u : (k + 1) * u] for k in order]
        return torch.from_numpy(
            np.ascontiguousarray(np.concatenate(blocks, axis=-1).T)
        )

    W, U, b = p.weights
    bias = b if b.ndim == 2 else np.stack([b, np.zeros_like(b)])
    layer = getattr(torch.nn, p.kind)(p.x.shape[2], u, batch_first=True)
    with torch.no_grad():
        parts = {
            "weight_ih_l0": gates(W),
            "weight_hh_l0": gates(U),
            "bias_ih_l0": gates(bias[0]),
            "bias_hh_l0": gates(bias[1]),
        }
        for name, values in parts.items():
            getattr(layer, name).copy_(values)
    if CPU:
        torch.set_num_threads(1)
    fed = torch.from_numpy(p.x)

    def run() -> object:
        with torch.inference_mode():
            return layer(fed)[0].numpy()

    return run


def keract(p: Problem) -> Callable[[], object]:
    """keract's `get_activations` (hidden states only) of a model of Keras 2,
    the one it works with.
    """
    import keract as tool
    import tf_keras

    layer = getattr(tf_keras.layers, p.kind)(p.units, return_sequences=True)
    model = tf_keras.Sequential(
        [tf_keras.Input((p.timesteps, p.x.shape[2])), layer]
    )
    model.compile("adam", "mse")
    layer.set_weights(list(p.weights))
    return lambda: tool.get_activations(model, p.x, layer_names=layer.name)[
        layer.name
    ]


def keras_layer(p: Problem) -> Any:
    """Return the Keras model of the problem."""
    import keras

    layer = getattr(keras.layers, p.kind)(p.units, return_sequences=True)
    model = keras.Sequential([keras.Input((p.timesteps, p.x.shape[2])), layer])
    layer.set_weights(list(p.weights))
    return model


def keras_function(p: Problem) -> Callable[[], object]:
    """Keras `model(x)` compiled by `tf.function`: hidden states only."""
    return compiled(keras_layer(p), p.x)


def compiled(model: Any, x: NDArray[Any]) -> Callable[[], object]:
    """Return a run of a Keras model, compiled by `tf.function`."""
    import tensorflow as tf

    function = tf.function(lambda v: model(v, training=False))
    fed = tf.constant(x)
    return lambda: function(fed).numpy()


def keras_gradient(p: Problem) -> Callable[[], object]:
    """The gradient of one unit's last h by the input, by a GradientTape in a
    `tf.function`.
    """
    import tensorflow as tf

    model = keras_layer(p)

    @tf.function
    def gradient(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            target = model(x, training=False)[0, -1, 0]

        return tape.gradient(target, x)

    fed = tf.constant(p.x)
    return lambda: gradient(fed).numpy()


def keras_jacobian(p: Problem) -> Callable[[], object]:
    """The gradient of one unit's h at every timestep by the input: a
    GradientTape's Jacobian in a `tf.function`.
    """
    import tensorflow as tf

    model = keras_layer(p)

    @tf.function
    def jacobian(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            target = model(x, training=False)[0, :, 0]

        return tape.jacobian(target, x)

    fed = tf.constant(p.x)
    return lambda: jacobian(fed).numpy()


def keras_swaps(p: Problem) -> Callable[[], object]:
    """The last h of the sequence with each timestep set to zeros: one batch in
    a `tf.function`.
    """
    import tensorflow as tf

    model = keras_layer(p)
    variants = np.repeat(p.x, p.timesteps, axis=0)
    each = np.arange(p.timesteps)
    variants[each, each] = 0
    compiled = tf.function(lambda x: model(x, training=False)[:, -1, 0])
    fed = tf.constant(variants)

    return lambda: compiled(fed).numpy()


def keras_integrated(p: Problem, nodes: int) -> Callable[[], object]:
    """The gradients of one unit's last h at nodes between zeros and the input,
    as one batch, by a GradientTape in a `tf.function`.
    """
    import tensorflow as tf

    model = keras_layer(p)

    @tf.function
    def gradients(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            target = tf.reduce_sum(model(x, training=False)[:, -1, 0])

        return tape.gradient(target, x)

    shares = np.linspace(0, 1, nodes, dtype=np.float32)
    fed = tf.constant(shares[:, None, None] * p.x)

    return lambda: gradients(fed).numpy()


def keras_predict(p: Problem) -> Callable[[], object]:
    """Keras `model.predict`: hidden states only."""
    model = keras_layer(p)
    return lambda: model.predict(p.x, verbose=0)


def keras_stepped(p: Problem) -> Callable[[], object]:
    """The Keras way to get at the states: its cell stepped in Python."""
    import tensorflow as tf

    cell = keras_layer(p).layers[-1].cell
    x = tf.constant(p.x)

    def run() -> None:
        states = [tf.zeros((p.x.shape[0], p.units))] * (
            2 if p.kind == "LSTM" else 1
        )
        for t in range(p.timesteps):
            _, states = cell(x[:, t], states)

    return run


@contextlib.contextmanager
def quiet_tensorflow() -> Iterator[bool]:
    """Make TensorFlow keep its log to itself; yields whether it is
    installed.
    """
    import importlib.util
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # keract asks TensorFlow for its Keras, and needs Keras 2
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    yield importlib.util.find_spec("tensorflow") is not None
