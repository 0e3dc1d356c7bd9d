"""Fixtures of Keras 2.0 to 2.3, written and computed by that Keras on
TensorFlow 1.15: `python keras_2.py`.
"""

import os
import sys
from functools import partial

os.environ.update(
    KERAS_BACKEND="tensorflow",
    TF_CPP_MIN_LOG_LEVEL="3",
    CUDA_VISIBLE_DEVICES="-1",
)

import keras
import tensorflow
from keras.models import Model, Sequential
from saving import HERE, expect, fill, ids, masked, numbers, save

L = keras.layers

VERSION = keras.__version__
OLD = VERSION < "2.1"


def sequence():
    """What most files of the time are: an Embedding, an LSTM with hard_sigmoid
    gates, a Dense.
    """
    model = Sequential()
    model.add(L.Embedding(9, 4, input_length=7, mask_zero=True))
    model.add(
        L.LSTM(
            4,
            return_sequences=True,
            recurrent_activation="hard_sigmoid",
            implementation=2,
        )
    )
    model.add(L.Dropout(0.2))
    model.add(L.LSTM(3, activation="relu", unit_forget_bias=False))
    model.add(L.Dense(2, activation="softmax"))
    fill(model)
    save(model, VERSION + "__sequence", [ids(2, 7, 9)], keras)


def gru():
    """GRU as it was by default, before and after the key reset_after came; a
    mask and a Bidirectional.
    """
    model = Sequential()
    model.add(L.Masking(0.0, input_shape=(6, 3)))
    model.add(
        L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="concat")
    )
    model.add(
        L.GRU(3, return_sequences=True, go_backwards=True, use_bias=False)
    )
    model.add(L.TimeDistributed(L.Dense(2)))
    fill(model)
    save(model, VERSION + "__gru", [masked(2, 6, 3)], keras)


def cells():
    """Stacked cells that return their states, in the order of that age."""
    x = L.Input((5, 2), name="x")
    cells = [L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(2)]
    y = L.RNN(cells, return_state=True, return_sequences=True, name="stacked")(
        x
    )
    model = Model(x, y)
    fill(model)
    save(model, VERSION + "__cells", [numbers(2, 5, 2)], keras)


def wired():
    """An encoder whose states start a decoder, a shared layer, a nested model
    called twice, two outputs.
    """
    a, b = L.Input((5, 2), name="a"), L.Input((4, 2), name="b")
    inner = Sequential(name="inner")
    inner.add(L.LSTM(3, input_shape=(4, 2), return_sequences=True))
    inner.add(L.Dense(2))
    inner.layers[0].trainable = False
    encoded, h, c = L.LSTM(3, return_state=True, name="encoder")(a)
    decoded = L.LSTM(3, return_sequences=True, name="decoder")(
        inner(b), initial_state=[h, c]
    )
    again = inner(b)
    joined = L.concatenate([decoded, again], name="joined")
    model = Model(
        [a, b],
        [
            L.Dense(2, name="first")(encoded),
            L.TimeDistributed(L.Dense(1), name="second")(joined),
        ],
    )
    fill(model)
    save(
        model, VERSION + "__wired", [numbers(2, 5, 2), numbers(2, 4, 2)], keras
    )


def movie():
    """ConvLSTM2D both ways, then Conv2D frame by frame."""
    model = Sequential()
    model.add(
        L.ConvLSTM2D(
            2,
            (3, 2),
            padding="same",
            return_sequences=True,
            input_shape=(4, 5, 4, 1),
        )
    )
    model.add(L.BatchNormalization())
    model.add(
        L.ConvLSTM2D(
            2,
            2,
            go_backwards=True,
            recurrent_activation="sigmoid",
            use_bias=False,
        )
    )
    model.add(L.Flatten())
    model.add(L.Dense(2))
    fill(model)
    norm = model.layers[1]
    norm.set_weights([abs(weight) + 0.1 for weight in norm.get_weights()])
    save(model, VERSION + "__movie", [numbers(2, 4, 5, 4, 1)], keras)


def weights():
    """Weights alone, with the architecture beside them."""
    model = Sequential()
    model.add(L.Conv1D(3, 2, padding="causal", input_shape=(6, 2)))
    model.add(L.Bidirectional(L.LSTM(3), merge_mode="ave"))
    model.add(L.RepeatVector(3))
    model.add(L.SimpleRNN(2, return_sequences=True))
    fill(model)
    name = VERSION + "__weights"
    model.save_weights(os.path.join(HERE, name + ".h5"))
    with open(os.path.join(HERE, name + ".json"), "w") as file:
        file.write(model.to_json())
    expect(model, name + ".h5", [numbers(2, 6, 2)], keras)


def gpu():
    """CuDNN layers, which need a GPU to run: saved without one, computed by
    Keras's own conversion to plain layers.
    """

    def build(lstm, gru):
        model = Sequential()
        model.add(
            L.Bidirectional(
                lstm(3, return_sequences=True), input_shape=(5, 2), name="both"
            )
        )
        model.add(gru(4, name="last"))
        model.add(L.Dense(2, name="dense"))
        return model

    # without a GPU TensorFlow can't even place these layers, unless it leaves
    # out what isn't run
    options = tensorflow.GraphOptions(place_pruned_graph=True)
    keras.backend.set_session(
        tensorflow.Session(config=tensorflow.ConfigProto(graph_options=options))
    )
    written = build(L.CuDNNLSTM, L.CuDNNGRU)
    fill(written)
    sigmoid = {"recurrent_activation": "sigmoid"}
    run = build(
        partial(L.LSTM, **sigmoid), partial(L.GRU, reset_after=True, **sigmoid)
    )
    name = VERSION + "__gpu"
    written.save(os.path.join(HERE, name + ".h5"))
    written.save_weights(os.path.join(HERE, "scratch.h5"))
    run.load_weights(os.path.join(HERE, "scratch.h5"))
    os.remove(os.path.join(HERE, "scratch.h5"))
    expect(run, name + ".h5", [numbers(2, 5, 2)], keras, written)


made = [sequence, gru, wired, movie, weights]
if not OLD:
    made.append(cells)
if VERSION in ("2.2.4", "2.3.1"):
    made.append(gpu)
for make in made:
    if len(sys.argv) == 1 or make.__name__ in sys.argv:
        make()
