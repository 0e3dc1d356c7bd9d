"""Random models that hold tensors of their own, and models whose masks have an
axis more: words in sentences.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from random_parts import Draw
from random_steps import BATCH, attempt, head, recur

Shaped = tuple[Any, list[np.ndarray]]
TIMESTEPS = 5


def constants(draw: Draw) -> Shaped:
    """A constant as a recurrent layer's state or mask, and another that is
    merged with what it returns.
    """
    features, units = draw.small(), draw.small(2, 4)
    entry = draw.K.Input((TIMESTEPS, features), batch_size=BATCH, name="x")
    kind = draw.one("LSTM", "GRU", "SimpleRNN")

    given: dict[str, Any] = {}
    if draw.chance(0.6):
        states = [
            _held(draw, BATCH, units) for _ in range(2 if kind == "LSTM" else 1)
        ]
        given["initial_state"] = states
    if draw.chance(0.5):
        given["mask"] = _tensor(draw, draw.rng.random((BATCH, TIMESTEPS)) < 0.7)

    layer = getattr(draw.L, kind)(
        units, **draw.cell_options(kind), return_sequences=True, name="reader"
    )
    x = _merged(draw, layer(entry, **given), units)
    values = draw.rng.normal(size=(BATCH, TIMESTEPS, features)).astype(
        "float32"
    )
    return draw.K.Model(entry, head(draw, recur(draw, x, draw.chance(0.4)))), [
        values
    ]


def _merged(draw: Draw, x: Any, units: int) -> Any:
    """Return a sequence after it has met a constant."""
    how = draw.one(
        "Add", "Multiply", "Concatenate", "Attention", "plus", "matmul"
    )
    if how == "plus":
        return x + _held(draw, TIMESTEPS, units)
    if how == "matmul":
        matmul = draw.K.ops.matmul if draw.three else _tensorflow().matmul
        return matmul(x, _held(draw, units, 3))
    length = draw.small(2, 6) if how == "Attention" else TIMESTEPS
    return getattr(draw.L, how)()([x, _held(draw, BATCH, length, units)])


def _held(draw: Draw, *shape: int) -> Any:
    return _tensor(
        draw, draw.rng.normal(size=shape).astype(draw.K.backend.floatx())
    )


def _tensor(draw: Draw, value: np.ndarray) -> Any:
    return (
        draw.K.ops.convert_to_tensor(value)
        if draw.three
        else _tensorflow().constant(value)
    )


def _tensorflow() -> Any:
    import tensorflow

    return tensorflow


def words_in_time(draw: Draw) -> Shaped:
    """Sentences of words, both padded: each layer over the words hands its mask
    on, or what is left of it.
    """
    sentences, words, width = (
        draw.small(2, 3),
        draw.small(3, 5),
        draw.small(2, 3),
    )
    batch = BATCH if draw.chance(0.3) else None
    each = draw.L.TimeDistributed
    if draw.chance(0.6):
        entry = draw.K.Input((sentences, words), batch_size=batch, name="x")
        values = draw.rng.integers(0, 6, (BATCH, sentences, words)).astype(
            "float32"
        )
        x = each(draw.L.Embedding(6, width, mask_zero=True))(entry)
    else:
        entry = draw.K.Input(
            (sentences, words, width), batch_size=batch, name="x"
        )
        values = draw.rng.normal(size=(BATCH, sentences, words, width)).astype(
            "float32"
        )
        values[draw.rng.random((BATCH, sentences, words)) < 0.4] = 0
        masking = (
            draw.L.Masking()
            if draw.three or draw.chance(0.5)
            else each(draw.L.Masking())
        )
        x = masking(entry)
    values[:, -1] = 0 if draw.chance(0.5) else values[:, -1]

    if draw.chance(0.5):
        x = draw.one(lambda y: each(draw.L.Dense(3))(y), draw.L.Dropout(0.2))(x)
    if draw.chance(0.4):
        x = each(draw.recurrent(return_sequences=True))(x)
    reader = (
        draw.bidirectional(False)
        if draw.chance(0.3)
        else draw.recurrent(return_sequences=False)
    )
    x = each(reader)(x)
    # Keras 3 hands the words' mask on to the sentences, where no recurrent
    # layer can read it.
    x = (
        draw.L.Flatten()(x)
        if draw.three
        else attempt(x, lambda: draw.L.Dropout(0.1))
    )
    return draw.K.Model(
        entry, head(draw, x if draw.three else recur(draw, x, False))
    ), [values]


HELD = (constants, words_in_time)
