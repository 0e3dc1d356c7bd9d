"""Fixtures of tf.keras (TensorFlow 2.3 to 2.15), written and computed by that
TensorFlow: `python keras_tf.py`.
"""

import os
import sys
from importlib import import_module

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import tensorflow as tf
from saving import HERE, expect, fill, ids, masked, numbers, save
from tensorflow import keras

L = keras.layers
MINOR = int(tf.__version__.split(".")[1])
VERSION = import_module(
    "keras" if MINOR >= 6 else "tensorflow.python.keras"
).__version__


def sequence():
    """Embedding with a mask, Bidirectional LSTM (zeros where masked), GRU as
    cuDNN has it, Dense.
    """
    model = keras.Sequential(
        [
            L.Embedding(9, 4, mask_zero=True, input_length=7),
            L.Bidirectional(
                L.LSTM(
                    3,
                    return_sequences=True,
                    recurrent_activation="hard_sigmoid",
                )
            ),
            L.SpatialDropout1D(0.2),
            L.GRU(3, return_sequences=True),
            L.LSTM(2, activation=tf.nn.relu if MINOR < 4 else "swish"),
            L.Dense(2, activation="softmax"),
        ]
    )
    fill(model)
    save(model, VERSION + "__sequence", [ids(2, 7, 9)], keras)


def wired():
    """States that start a decoder, a nested model with a frozen layer called
    twice, operators in the graph.
    """
    a, b = keras.Input((5, 2), name="a"), keras.Input((4, 2), name="b")
    frozen = L.LSTM(3, return_sequences=True, trainable=False)
    inner = keras.Sequential(
        [keras.Input((4, 2)), frozen, L.BatchNormalization(), L.Dense(2)],
        name="inner",
    )
    encoded, h, c = L.LSTM(3, return_state=True, name="encoder")(a)
    decoded = L.LSTM(3, return_sequences=True, name="decoder")(
        inner(b), initial_state=[h, c]
    )
    joined = L.Concatenate(name="joined")([decoded, inner(b)])
    look = L.Attention(name="look")([joined, joined])
    outputs = [
        L.Dense(2, name="first")(encoded),
        L.TimeDistributed(L.Dense(1), name="second")(look),
    ]
    model = keras.Model([a, b], outputs)
    fill(model)
    norm = inner.layers[1]
    norm.set_weights([abs(weight) + 0.1 for weight in norm.get_weights()])
    save(
        model, VERSION + "__wired", [numbers(2, 5, 2), numbers(2, 4, 2)], keras
    )


def kinds():
    """Stacked cells, time_major, go_backwards, zero_output_for_mask, a backward
    layer of its own.
    """
    x = keras.Input((6, 3), name="x")
    y = L.Masking(0.0)(x)
    both = L.Bidirectional(
        L.LSTM(3, return_sequences=True),
        backward_layer=L.GRU(
            2, return_sequences=True, go_backwards=True, reset_after=False
        ),
        merge_mode="concat",
        name="both",
    )(y)
    stacked = L.RNN(
        [L.LSTMCell(3), L.GRUCell(2)],
        return_sequences=True,
        return_state=True,
        name="stacked",
    )(both)
    zeros = L.SimpleRNN(
        2, return_sequences=True, zero_output_for_mask=True, name="zeros"
    )(stacked[0])
    back = L.GRU(2, return_sequences=True, go_backwards=True, name="back")(
        zeros
    )
    model = keras.Model(x, [back, *stacked[1:]])
    fill(model)
    save(model, VERSION + "__kinds", [masked(2, 6, 3)], keras)


def halves():
    """mixed_bfloat16 would need other hardware: mixed_float16, stored in
    float32, computed in float16.
    """
    keras.mixed_precision.set_global_policy("mixed_float16")
    model = keras.Sequential(
        [
            keras.Input((5, 2)),
            L.LSTM(3, return_sequences=True),
            L.Dense(2, dtype="float32"),
        ]
    )
    keras.mixed_precision.set_global_policy("float32")
    fill(model)
    save(model, VERSION + "__halves", [numbers(2, 5, 2)], keras)


def movie():
    """ConvLSTM2D both ways at once."""
    model = keras.Sequential(
        [
            keras.Input((4, 5, 4, 1)),
            L.Bidirectional(
                L.ConvLSTM2D(
                    2, 2, padding="same", return_sequences=True, dilation_rate=2
                )
            ),
            L.MaxPooling3D((1, 2, 2)),
            L.ConvLSTM2D(2, 1, activation="relu"),
            L.GlobalAveragePooling2D(),
        ]
    )
    fill(model)
    save(model, VERSION + "__movie", [numbers(2, 4, 5, 4, 1)], keras)


def archive():
    """The first `.keras` archives and `.weights.h5` files (TensorFlow 2.12 to
    2.15).
    """
    x = keras.Input((6, 3), name="x")
    one = L.LSTM(3, return_sequences=True, name="enc")(x)
    two = L.Bidirectional(L.GRU(2, return_sequences=True), name="both")(one)
    three = L.LSTM(3, return_sequences=True, name="dec")(two)
    inner = keras.Sequential(
        [keras.Input((6, 3)), L.LSTM(2, return_sequences=True), L.Dense(2)],
        name="inner",
    )
    stacked = L.RNN([L.LSTMCell(2), L.GRUCell(2)], name="stacked")(inner(three))
    model = keras.Model(
        x,
        [
            L.TimeDistributed(L.Dense(2), name="each")(three),
            L.Dense(1, name="last")(stacked),
        ],
    )
    fill(model)
    x = [numbers(2, 6, 3)]
    save(model, VERSION + "__archive", x, keras, extension=".keras")
    name = VERSION + "__alone"
    model.save_weights(os.path.join(HERE, name + ".weights.h5"))
    with open(os.path.join(HERE, name + ".json"), "w") as file:
        file.write(model.to_json())
    expect(model, name + ".weights.h5", x, keras)


made = [sequence, wired, kinds, movie]
if MINOR >= 4:
    made.append(halves)
if MINOR >= 12:
    made.append(archive)
for make in made:
    if len(sys.argv) == 1 or make.__name__ in sys.argv:
        make()
