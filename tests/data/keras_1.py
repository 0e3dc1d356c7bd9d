"""Fixtures of Keras 1, written and computed by Keras 1 itself on Theano:
`python keras_1.py`.
"""

import os

os.environ["KERAS_BACKEND"] = "theano"
os.environ.setdefault("THEANO_FLAGS", "floatX=float32,optimizer=fast_compile")

import keras
from keras.models import Model, Sequential
from saving import HERE, expect, fill, ids, masked, numbers, save

L = keras.layers

VERSION = keras.__version__


def lstm():
    """Per-gate arrays (consume_less cpu and mem) and fused ones (gpu), both
    sigmoids.
    """
    model = Sequential()
    model.add(
        L.LSTM(4, input_shape=(6, 3), return_sequences=True, consume_less="cpu")
    )
    model.add(L.Dropout(0.3))
    model.add(
        L.LSTM(
            3,
            return_sequences=True,
            consume_less="mem",
            inner_activation="sigmoid",
            go_backwards=True,
        )
    )
    model.add(L.LSTM(3, consume_less="gpu", activation="relu"))
    model.add(L.Dense(2, activation="softmax"))
    fill(model)
    save(model, VERSION + "__lstm", [numbers(2, 6, 3)], keras)


def masks():
    """Masking, a Bidirectional GRU and TimeDistributed layers."""
    model = Sequential()
    model.add(L.Masking(0.0, input_shape=(6, 3)))
    model.add(
        L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum")
    )
    model.add(L.SimpleRNN(4, return_sequences=True, consume_less="gpu"))
    model.add(L.TimeDistributed(L.Dense(2)))
    model.add(L.Activation("tanh"))
    fill(model)
    save(model, VERSION + "__masks", [masked(2, 6, 3)], keras)


def words():
    """An Embedding with a mask, a GRU and a TimeDistributedDense."""
    model = Sequential()
    model.add(L.Embedding(9, 4, input_length=7, mask_zero=True))
    model.add(L.GRU(4, return_sequences=True, consume_less="gpu"))
    model.add(L.GRU(3, consume_less="mem", inner_activation="sigmoid"))
    model.add(L.Dense(2))
    fill(model)
    save(model, VERSION + "__words", [ids(2, 7, 9)], keras)


def convolution():
    """Convolution1D, pooling and batch normalisation before an LSTM."""
    model = Sequential()
    model.add(
        L.Convolution1D(
            4, 3, border_mode="same", activation="relu", input_shape=(8, 2)
        )
    )
    model.add(L.MaxPooling1D(2))
    model.add(L.BatchNormalization())
    model.add(L.LSTM(3, return_sequences=True))
    model.add(
        L.TimeDistributedDense(2)
        if hasattr(L, "TimeDistributedDense")
        else L.TimeDistributed(L.Dense(2))
    )
    model.add(L.Flatten())
    fill(model)
    positive(model)
    save(model, VERSION + "__convolution", [numbers(2, 8, 2)], keras)


def positive(model):
    """A variance is never below zero."""
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([abs(weight) for weight in layer.get_weights()])


def merge():
    """A Merge layer of two Sequentials at the head of a third."""
    left, right = Sequential(), Sequential()
    left.add(L.LSTM(3, input_shape=(4, 2)))
    right.add(L.SimpleRNN(2, input_shape=(5, 1)))
    model = Sequential()
    model.add(L.Merge([left, right], mode="concat"))
    model.add(L.Dense(2))
    fill(model)
    save(
        model, VERSION + "__merge", [numbers(2, 4, 2), numbers(2, 5, 1)], keras
    )


def functional():
    """Two inputs, a shared layer, two outputs."""
    a, b = L.Input(shape=(5, 2), name="a"), L.Input(shape=(5, 2), name="b")
    shared = L.LSTM(3, name="shared")
    joined = L.merge([shared(a), shared(b)], mode="mul", name="joined")
    model = Model(
        input=[a, b],
        output=[
            L.Dense(2, name="first")(joined),
            L.Activation("tanh", name="second")(joined),
        ],
    )
    fill(model)
    save(
        model,
        VERSION + "__functional",
        [numbers(2, 5, 2), numbers(2, 5, 2)],
        keras,
    )


def weights():
    """Weights alone, with the architecture as JSON beside them."""
    model = Sequential()
    model.add(L.LSTM(4, input_shape=(5, 2), return_sequences=True))
    model.add(L.GRU(3))
    model.add(L.Dense(1))
    fill(model)
    name = VERSION + "__weights"
    model.save_weights(os.path.join(HERE, name + ".h5"), overwrite=True)
    with open(os.path.join(HERE, name + ".json"), "w") as file:
        file.write(model.to_json())
    expect(model, name + ".h5", [numbers(2, 5, 2)], keras)


for make in (lstm, masks, words, convolution, merge, functional, weights):
    make()
