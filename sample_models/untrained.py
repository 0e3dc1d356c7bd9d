"""The untrained samples: small models with seeded weights, each showing one
thing about recurrent layers.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import Input, Sequential, layers
from sample import Sample

RNG = np.random.default_rng(2025)


def literal(x: np.ndarray) -> str:
    """Return `x` `(timesteps, features)` as a user would type it."""
    rows = [" ".join(f"{value:g}" for value in row) for row in x]
    return " ".join(rows) if x.shape[1] == 1 else "; ".join(rows)


def numbers(*shape: int) -> np.ndarray:
    """Return numbers with one decimal, so that the sequence can be typed as it
    stands.
    """
    return RNG.normal(size=shape).round(1).astype("float32")


def stack(*parts: keras.Layer) -> Callable[[], keras.Model]:
    """Return a maker of a Sequential of `parts`."""
    return lambda: Sequential(list(parts), name="model")


def branch(
    layer: keras.Layer, shape: tuple[int | None, ...]
) -> Callable[[], keras.Model]:
    """Return a maker of a model of one layer that gives back everything the
    layer returns.
    """

    def make() -> keras.Model:
        x = Input(shape, name="input")
        return keras.Model(x, layer(x), name="model")

    return make


def notebook() -> keras.Model:
    """Return the one-unit LSTM of the worked example: two features in, weights
    short enough to follow by hand.
    """
    model = Sequential(
        [Input((None, 2), name="input"), layers.LSTM(1, name="lstm")],
        name="model",
    )
    kernel = [
        [-0.7879, -0.7968972, 0.9924617, -0.6057646],
        [-0.14056396, -0.34560132, 0.9574034, 0.7960496],
    ]
    recurrent_kernel = [[-0.0660542, -0.32508007, -0.8477706, 0.41381747]]
    model.layers[0].set_weights(
        [np.array(kernel), np.array(recurrent_kernel), np.array([0, 1, 0, 0])]
    )
    return model


def video() -> keras.Model:
    """Return a model that looks at each 8 × 8 frame with a Conv2D and reads the
    frames with an LSTM.
    """
    frames = [
        Input((6, 64), name="input"),
        layers.Reshape((6, 8, 8, 1), name="frames"),
        layers.TimeDistributed(
            layers.Conv2D(4, 3, activation="relu"), name="conv"
        ),
        layers.TimeDistributed(layers.MaxPooling2D(2), name="pool"),
        layers.TimeDistributed(layers.Flatten(), name="flatten"),
        layers.LSTM(8, name="lstm"),
        layers.Dense(3, activation="softmax", name="direction"),
    ]
    return Sequential(frames, name="model")


def _four(name: str, look: str, sequences: bool, state: bool) -> Sample:
    layer = layers.LSTM(
        4, return_sequences=sequences, return_state=state, name="lstm"
    )
    return sample(
        name, f"{name}.h5", look, branch(layer, (3, 3)), numbers(3, 3)
    )


def sample(
    name: str,
    file: str,
    look: str,
    make: Callable[[], keras.Model],
    x: np.ndarray,
    typed: str = "",
) -> Sample:
    """Return a sample whose weights and biases are seeded by its name and whose
    input is `x`.
    """

    def seeded() -> keras.Model:
        keras.utils.set_random_seed(sum(name.encode()))
        model = make()
        if make is not notebook:
            _fill_biases(model)
        return model

    return Sample(name, file, look, typed or literal(x), seeded, x)


def _fill_biases(model: keras.Model) -> None:
    """Give every bias seeded values: a zero bias would hide the mistakes that
    goldens are there to find.
    """
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if "bias" in weight.name:
            weight.assign(
                np.asarray(weight) + rng.normal(scale=0.2, size=weight.shape)
            )


def samples() -> list[Sample]:
    """Return every untrained sample, the simplest first."""
    hundred = [
        layers.Dense(100, "relu", name="dense"),
        layers.Dense(50, "relu", name="dense_1"),
    ]
    ids = np.array([3, 1, 0, 0, 4, 2, 0, 5])
    noise = RNG.normal(size=(6, 64)).astype("float32")
    words = RNG.normal(size=(10, 64)).astype("float32")
    return [
        sample(
            "dense-1",
            "dense-1.h5",
            "One neuron, no memory: y = w·x + b at each of three timesteps, on its own.",
            stack(Input((3, 1), name="input"), layers.Dense(1, name="dense")),
            numbers(3, 1),
        ),
        sample(
            "lstm-notebook",
            "lstm-notebook.h5",
            "One unit, two features: follow the four gates by hand in the Step view.",
            notebook,
            np.array([[1.0, 10]]),
        ),
        sample(
            "lstm-1",
            "lstm-1.h5",
            "One unit over five timesteps: a whole LSTM as a single row of numbers.",
            stack(Input((5, 1), name="input"), layers.LSTM(1, name="lstm")),
            numbers(5, 1),
        ),
        sample(
            "lstm-25",
            "lstm-25.h5",
            "Why 25 units on one feature have 2,700 parameters: 4 × ((1 + 25) × 25 + 25).",
            stack(Input((3, 1), name="input"), layers.LSTM(25, name="lstm")),
            numbers(3, 1),
        ),
        _four(
            "lstm-4-last",
            "return_sequences off: only the last timestep's h leaves the layer.",
            False,
            False,
        ),
        _four(
            "lstm-4-sequences",
            "return_sequences on: h leaves the layer at every timestep.",
            True,
            False,
        ),
        _four(
            "lstm-4-state",
            "return_state: three arrays, and the first two are the same h.",
            False,
            True,
        ),
        _four(
            "lstm-4-sequences-state",
            "Both: every h, then the last h and the last c.",
            True,
            True,
        ),
        sample(
            "bilstm-4",
            "bilstm-4.keras",
            "Five arrays: the merged output, then h and c of the forward and of the backward direction.",
            branch(
                layers.Bidirectional(
                    layers.LSTM(4, return_state=True), name="bidirectional"
                ),
                (5, 2),
            ),
            numbers(5, 2),
        ),
        sample(
            "simplernn-1",
            "simplernn-1.h5",
            "The smallest memory: h = tanh(w·x + u·h + b), fading after the impulse.",
            stack(
                Input((None, 1), name="input"),
                layers.SimpleRNN(1, name="simple_rnn"),
            ),
            np.eye(12, 1, dtype="float32"),
            "impulse:12",
        ),
        sample(
            "gru-reset-before",
            "gru-reset-before.h5",
            "The GRU of the paper: r scales h before U; one bias.",
            stack(
                Input((6, 2), name="input"),
                layers.GRU(3, reset_after=False, name="gru"),
            ),
            numbers(6, 2),
        ),
        sample(
            "gru-reset-after",
            "gru-reset-after.keras",
            "The GRU of cuDNN: r scales h·U + b; two rows of bias.",
            stack(
                Input((6, 2), name="input"),
                layers.GRU(3, reset_after=True, name="gru"),
            ),
            numbers(6, 2),
        ),
        sample(
            "lstm-masked",
            "lstm-masked.h5",
            "Id 0 is padding: the mask is off there and the state stands still.",
            stack(
                Input((8,), name="input", dtype="int32"),
                layers.Embedding(6, 3, mask_zero=True, name="embedding"),
                layers.LSTM(6, return_sequences=True, name="lstm"),
                layers.Dense(2, name="dense"),
            ),
            ids,
            " ".join(map(str, ids)),
        ),
        sample(
            "lstm-120-relu",
            "lstm-120-relu.keras",
            "relu instead of tanh: c and h have no ceiling, watch them grow.",
            stack(
                Input((None, 5), name="input"),
                layers.LSTM(120, activation="relu", name="lstm"),
                *hundred,
                layers.Dense(1, name="dense_2"),
            ),
            numbers(4, 5),
        ),
        sample(
            "lstm-32-tagger",
            "lstm-32-tagger.h5",
            "A label for every timestep: the same Dense(15) at each of ten.",
            stack(
                Input((10, 64), name="input"),
                layers.LSTM(32, return_sequences=True, name="lstm"),
                layers.TimeDistributed(
                    layers.Dense(15, activation="softmax"), name="tags"
                ),
            ),
            words,
            "random:10",
        ),
        sample(
            "conv-lstm-video",
            "conv-lstm-video.keras",
            "Six 8 × 8 frames: a Conv2D looks at each timestep, the LSTM at their order.",
            video,
            noise,
            "random:6",
        ),
    ]
