"""Fixtures of early Keras 3, where its rules on masks were others, written and
computed by it: `python keras_3.py`.
"""

import os

os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="3",
    CUDA_VISIBLE_DEVICES="-1",
    KERAS_BACKEND="tensorflow",
)

import keras
from saving import fill, ids, masked, numbers, save

L = keras.layers


def merged():
    """Masked branches in each merging layer, averaged over time: the average
    minds a mask.
    """
    a, b = keras.Input((6,), name="a"), keras.Input((6, 3), name="b")
    x = L.LSTM(3, return_sequences=True, name="left")(
        L.Embedding(9, 4, mask_zero=True)(a)
    )
    y = L.SimpleRNN(3, return_sequences=True, name="right")(L.Masking(0.0)(b))
    kinds = ("Add", "Multiply", "Maximum", "Minimum", "Average")
    merges = [getattr(L, kind)()([x, y]) for kind in kinds]
    merges += [getattr(L, kind)()([x, b]) for kind in kinds]
    model = keras.Model(
        [a, b], [L.GlobalAveragePooling1D()(each) for each in merges]
    )
    fill(model)
    save(
        model,
        keras.__version__ + "__merged",
        [ids(2, 6, 9), masked(2, 6, 3)],
        keras,
    )


def started():
    """A masked decoder that starts at an encoder's states, TimeDistributed
    behind it, a stateful layer.
    """
    a, b = keras.Input((5, 2), name="a"), keras.Input((6, 3), name="b")
    encoded, h, c = L.LSTM(3, return_state=True, name="encoder")(a)
    y = L.LSTM(3, return_sequences=True, name="decoder")(
        L.Masking(0.0)(b), initial_state=[h, c]
    )
    y = L.TimeDistributed(L.Dense(2))(y)
    y = L.SimpleRNN(2, return_sequences=True, zero_output_for_mask=True)(y)
    model = keras.Model(
        [a, b], [L.RNN([L.GRUCell(2), L.LSTMCell(2)])(y), encoded]
    )
    fill(model)
    save(
        model,
        keras.__version__ + "__started",
        [numbers(2, 5, 2), masked(2, 6, 3)],
        keras,
    )


if __name__ == "__main__":
    merged()
    started()
