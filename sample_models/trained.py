"""The trained samples, where a unit's state means something one can see: a
depth, a phase, a place in a text.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import Input, Sequential, layers
from sample import Sample

BRACKETS = ["(", ")", "x"]
TYPED_BRACKETS = "x(x(xx)(x((x)x)))xx(x)"
TEXT = " ".join(
    (Path(__file__).parent / "alice.txt")
    .read_text(encoding="utf-8")
    .lower()
    .split()
)
LETTERS = sorted(set(TEXT))
TYPED_LETTERS = "so she was considering in her own mind"


def brackets() -> keras.Model:
    """Return an LSTM(16) that has learnt to tell, at each character, how many
    brackets stand open.
    """
    ids, depths = bracket_strings(np.random.default_rng(1), 2000, 40)
    model = Sequential(
        [
            Input((None, len(BRACKETS)), name="characters"),
            layers.LSTM(16, return_sequences=True, name="lstm"),
            layers.Dense(1, name="open"),
        ],
        name="brackets",
    )
    return trained(
        model,
        np.eye(len(BRACKETS), dtype="float32")[ids],
        depths[..., None],
        "mse",
        epochs=40,
    )


def counter() -> keras.Model:
    """Return an LSTM(4) that counts the open brackets in one unit: a penalty on
    each weight leaves the others little to do.
    """
    ids, depths = bracket_strings(np.random.default_rng(1), 2000, 40)
    model = Sequential(
        [
            Input((None, len(BRACKETS)), name="characters"),
            layers.LSTM(
                4,
                activation="linear",
                kernel_regularizer=keras.regularizers.L1(1e-3),
                recurrent_regularizer=keras.regularizers.L1(1e-3),
                return_sequences=True,
                name="lstm",
            ),
            layers.Dense(
                1, kernel_regularizer=keras.regularizers.L1(1e-3), name="open"
            ),
        ],
        name="counter",
    )
    return trained(
        model,
        np.eye(len(BRACKETS), dtype="float32")[ids],
        depths[..., None],
        "mse",
        epochs=40,
        rate=0.02,
        falling=0.94,
    )


def bracket_strings(
    rng: np.random.Generator, count: int, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return random strings of brackets and `x` as ids, and how many brackets
    are open after each character.
    """
    ids = np.empty((count, length), int)
    depths = np.zeros((count, length), "float32")
    depth = np.zeros(count)
    for t in range(length):
        ids[:, t] = rng.choice(3, size=count, p=[0.4, 0.3, 0.3])
        ids[:, t] = np.where(
            (ids[:, t] == 1) & (depth == 0) | (ids[:, t] == 0) & (depth == 8),
            2,
            ids[:, t],
        )
        depth += (ids[:, t] == 0).astype(int) - (ids[:, t] == 1)
        depths[:, t] = depth
    return ids, depths


def sine_gru() -> keras.Model:
    """Return a GRU(8) that has learnt to tell the next value of sines of many
    periods, phases and heights.
    """
    rng = np.random.default_rng(2)
    period, phase, height = rng.uniform(
        [8, 0, 0.4], [50, 2 * np.pi, 1.2], (1500, 3)
    ).T[..., None]
    waves = (
        height * np.sin(2 * np.pi * np.arange(51) / period + phase)
    ).astype("float32")[..., None]
    model = Sequential(
        [
            Input((None, 1), name="signal"),
            layers.GRU(8, return_sequences=True, name="gru"),
            layers.Dense(1, name="next"),
        ],
        name="sine_gru",
    )
    return trained(model, waves[:, :-1], waves[:, 1:], "mse", epochs=40)


def char_lstm() -> keras.Model:
    """Return an LSTM(64) that has read the beginning of Alice and tells the
    next letter.
    """
    ids = np.array([LETTERS.index(letter) for letter in TEXT])
    windows = np.stack(
        [ids[start : start + 61] for start in range(0, len(ids) - 61, 2)]
    )
    model = Sequential(
        [
            Input((None,), name="letters", dtype="int32"),
            layers.Embedding(len(LETTERS), 12, name="embedding"),
            layers.LSTM(64, return_sequences=True, name="lstm"),
            layers.Dense(len(LETTERS), activation="softmax", name="next"),
        ],
        name="char_lstm",
    )
    return trained(
        model,
        windows[:, :-1],
        windows[:, 1:],
        "sparse_categorical_crossentropy",
        epochs=50,
        decay=0.3,
    )


def trained(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    loss: str,
    epochs: int,
    decay: float = 0,
    rate: float = 0.01,
    falling: float = 0.93,
) -> keras.Model:
    """Return a copy of `model` trained on `x` and `y`, without the optimizer it
    was trained with.

    `decay` keeps weights small: sums of large terms that cancel would round to
    more than the last digits. The learning rate is `rate`, multiplied by
    `falling` after each epoch.
    """
    model.compile(keras.optimizers.AdamW(rate, weight_decay=decay), loss)
    slower = keras.callbacks.LearningRateScheduler(
        lambda epoch: rate * falling**epoch
    )
    history = model.fit(
        x, y, batch_size=50, epochs=epochs, verbose=0, callbacks=[slower]
    )
    print(f"{model.name}: loss {history.history['loss'][-1]:.5f}")
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    return bare


def seeded(
    make: Callable[[], keras.Model], seed: int = 11
) -> Callable[[], keras.Model]:
    """Return `make` with every seed set before it runs."""

    def run() -> keras.Model:
        keras.utils.set_random_seed(seed)
        return make()

    return run


def samples() -> list[Sample]:
    """Return the trained samples."""
    sine = np.sin(2 * np.pi * np.arange(50) / 25).astype("float32")[:, None]
    shown = np.eye(len(BRACKETS), dtype="float32")[
        [BRACKETS.index(char) for char in TYPED_BRACKETS]
    ]
    letters = np.array([LETTERS.index(letter) for letter in TYPED_LETTERS])
    return [
        Sample(
            "brackets",
            "brackets.h5",
            "Counts brackets: many units share the count, none holds it alone; one direction of h is the count, c of units 0, 2, 7 follows it.",
            f"text: {TYPED_BRACKETS}",
            seeded(brackets),
            shown,
            BRACKETS,
        ),
        Sample(
            "counter",
            "counter.keras",
            "Counts brackets in unit 3 alone: its c falls at each ( and rises at each ); without it the count is lost.",
            f"text: {TYPED_BRACKETS}",
            seeded(counter, 3),
            shown,
            BRACKETS,
        ),
        Sample(
            "sine-gru",
            "sine-gru.keras",
            "Trained to forecast a sine: units of h swing at different phases, together they know where the wave is.",
            "sine:50",
            seeded(sine_gru),
            sine,
        ),
        Sample(
            "char-lstm",
            "char-lstm.h5",
            "Has read the first page of Alice: no unit alone marks spaces; h of 31 rises at most of them, 47 falls.",
            f"text: {TYPED_LETTERS}",
            seeded(char_lstm),
            letters,
            LETTERS,
        ),
    ]
