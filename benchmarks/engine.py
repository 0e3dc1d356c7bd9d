"""The engine, recording every gate, pre-activation and state, against the floor
and the peers.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.measure import CPU, Figure, compared, in_turn, load
from benchmarks.models import configuration, write
from benchmarks.peers import Problem, problem
from rnn_tui import open_model


def ours(p: Problem, folder: Path) -> Callable[[], object]:
    """Return a run of the problem through open_model, weights read before."""
    return opened_run(layer_written(p, folder), p.x)


def layer_written(p: Problem, folder: Path) -> Path:
    """Write the problem's layer as a model and return its path."""
    path = folder / f"{p.kind}-{p.units}-{p.timesteps}.h5"
    layer = ("layer", p.kind, configuration(p.kind, p.units), list(p.weights))
    return write(path, [layer], [None, None, p.x.shape[2]])


def figures() -> Iterator[Figure]:
    """Measure the engine."""
    with (
        tempfile.TemporaryDirectory() as name,
        peers.quiet_tensorflow() as tensorflow,
    ):
        folder = Path(name)
        yield from against_floor(folder)
        yield from against_onnxruntime(folder)
        yield from against_pytorch(folder)
        yield from batched(folder)
        # TensorFlow works in threads of its own, whatever is asked of it
        if tensorflow and not CPU:
            yield from against_keras(folder)
        elif not tensorflow:
            left_out("Keras: tensorflow")


def left_out(peer: str) -> None:
    """Say that a peer isn't there."""
    print(f"left out, not installed: {peer}", file=sys.stderr)


def against_floor(folder: Path) -> Iterator[Figure]:
    """The same matrix products alone."""
    for kind in ("LSTM", "GRU"):
        for units, timesteps, target in ((512, 100, 1.2), (1024, 50, 1.2)):
            p = problem(kind, units, timesteps)
            work = f"{kind}, {units} units, T {timesteps}"
            yield compared(
                "engine",
                work,
                "floor: its matrix products",
                ours(p, folder),
                peers.floor(p),
                target,
            )
    p = problem("LSTM", 128, 1000)
    yield compared(
        "engine",
        "LSTM, 128 units, T 1,000",
        "floor: its matrix products",
        ours(p, folder),
        peers.floor(p),
        2,
    )
    for units in (1, 8, 25, 32):
        p = problem("LSTM", units, 1000, features=8)
        a, b, _ = in_turn(ours(p, folder), peers.floor(p))
        each = a / p.timesteps * 1e6
        work = f"LSTM, {units} unit{'s' * (units > 1)}, T 1,000"
        yield Figure(
            "engine", work, "a timestep", a, b, each, 8, "µs", load=load()
        )


def against_onnxruntime(folder: Path) -> Iterator[Figure]:
    """The fastest peer, which keeps hidden states only."""
    try:
        import onnx  # noqa: F401 -- both are needed to build the peer
        import onnxruntime  # noqa: F401
    except ImportError:
        left_out("ONNX Runtime: onnx, onnxruntime")
        return
    for kind, units, timesteps, target in (
        ("LSTM", 512, 100, 1.0),
        ("GRU", 512, 100, 1.0),
        ("LSTM", 128, 1000, 2.0),
        ("LSTM", 25, 1000, None),
    ):
        p = problem(kind, units, timesteps)
        work = f"{kind}, {units} units, T {timesteps:,}"
        yield compared(
            "engine",
            work,
            "ONNX Runtime (h only)",
            ours(p, folder),
            peers.onnxruntime(p),
            target,
        )


def against_pytorch(folder: Path) -> Iterator[Figure]:
    """The library most of the field uses."""
    if find_spec("torch") is None:
        left_out("PyTorch: torch")
        return
    for kind, units, timesteps in (
        ("LSTM", 512, 100),
        ("GRU", 512, 100),
        ("LSTM", 128, 1000),
        ("LSTM", 25, 1000),
    ):
        p = problem(kind, units, timesteps)
        work = f"{kind}, {units} units, T {timesteps:,}"
        yield compared(
            "engine",
            work,
            "PyTorch (h only)",
            ours(p, folder),
            peers.pytorch(p),
        )


def batched(folder: Path) -> Iterator[Figure]:
    """A batch of 64 sequences against 64 single runs; both keep every trace."""
    for units in (16, 64, 128):
        p = problem("LSTM", units, 200, batch=64)
        single = ours(Problem(p.kind, p.x[:1], p.weights), folder)

        def singles(single: Callable[[], object] = single) -> list[object]:
            return [single() for _ in range(64)]

        work = f"a batch of 64, LSTM, {units} units, T 200"
        yield compared(
            "engine", work, "64 single runs", ours(p, folder), singles, 1 / 8
        )


def against_keras(folder: Path) -> Iterator[Figure]:
    """Keras itself, which keeps hidden states only unless its cell is stepped
    in Python.
    """
    for kind, units, timesteps in (
        ("LSTM", 25, 100),
        ("LSTM", 128, 1000),
        ("GRU", 128, 300),
        ("LSTM", 512, 200),
    ):
        p = problem(kind, units, timesteps)
        work, run = f"{kind}, {units} units, T {timesteps:,}", ours(p, folder)
        yield compared(
            "engine",
            work,
            "Keras, tf.function (h only)",
            run,
            peers.keras_function(p),
            0.5,
        )
        if timesteps <= 100:
            yield compared(
                "engine",
                work,
                "Keras, model.predict (h only)",
                run,
                peers.keras_predict(p),
                0.1,
            )
    p = problem("LSTM", 25, 100)
    yield compared(
        "engine",
        "LSTM, 25 units, T 100",
        "Keras cell stepped in Python",
        ours(p, folder),
        peers.keras_stepped(p),
        1 / 20,
    )
    if find_spec("keract") is None:
        left_out("keract: keract, tf_keras")
    else:
        yield compared(
            "engine",
            "LSTM, 25 units, T 100",
            "keract, get_activations (h only)",
            ours(p, folder),
            peers.keract(p),
        )
    for work, model, x in surroundings():
        path = folder / f"{work}.h5"
        model.save(path)
        yield compared(
            "engine",
            work,
            "Keras, tf.function",
            opened_run(path, x),
            peers.compiled(model, x),
            1,
        )


def opened_run(path: Path, x: np.ndarray) -> Callable[[], object]:
    """Return a run of a file, weights read before."""
    opened = open_model(path)
    opened.run(x)
    return lambda: opened.run(x)


def surroundings() -> Iterator[tuple[str, Any, np.ndarray]]:
    """Keras models of the layers around recurrent ones, each with an input."""
    import keras
    from keras import layers

    rng = np.random.default_rng(3)

    def sequence(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    yield (
        "Bidirectional LSTM(64), T 200",
        keras.Sequential(
            [
                keras.Input((200, 16)),
                layers.Bidirectional(layers.LSTM(64, return_sequences=True)),
            ]
        ),
        sequence(1, 200, 16),
    )
    yield (
        "Conv1D(64) + LSTM(32), T 400",
        keras.Sequential(
            [keras.Input((400, 16)), layers.Conv1D(64, 5), layers.LSTM(32)]
        ),
        sequence(1, 400, 16),
    )
    yield (
        "ConvLSTM2D(8), 16×16, T 20",
        keras.Sequential(
            [
                keras.Input((20, 16, 16, 3)),
                layers.ConvLSTM2D(8, 3, padding="same"),
            ]
        ),
        sequence(1, 20, 16, 16, 3),
    )
    yield (
        "Embedding + LSTM(64) + Dense(1000), T 200",
        keras.Sequential(
            [
                keras.Input((200,)),
                layers.Embedding(1000, 64),
                layers.LSTM(64),
                layers.Dense(1000, "softmax"),
            ]
        ),
        rng.integers(0, 1000, (1, 200)).astype(np.int32),
    )
