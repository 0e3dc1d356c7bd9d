"""Random models around recurrent layers, from a seed: chains, branches, wired
states, nested, shared.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from random_constants import HELD
from random_operators import operators
from random_parts import Draw
from random_steps import BATCH, attempt, head, recur, source, through
from random_wiring import WIRED


class Made(NamedTuple):
    """A model, one array for each of its inputs, and the dtype policy its
    layers were built under.
    """

    model: Any
    inputs: list[np.ndarray]
    policy: str = ""


def random_model(
    K: Any, seed: int, exact: bool = False, own: bool = False
) -> Made:
    """Return a model of the Keras `K` with every weight filled, and what to
    feed it.

    With `exact` the same model in float64, whatever policy the seed draws; with
    `own` the same model and weights with recurrent classes of somebody's own.
    """
    draw = Draw(K, seed, own)
    policy = (
        draw.one("mixed_float16", "mixed_bfloat16", "bfloat16")
        if draw.chance(0.06)
        else ""
    )
    usual = (
        chain,
        chain,
        chain,
        chain,
        two_branches,
        encoder_decoder,
        nested,
        shared,
        frames,
        movie,
        attentive,
    )
    shape = draw.one(*usual, *usual, *WIRED, operators, operators, *HELD)
    under(K, "float64" if exact else policy)
    try:
        model, inputs = shape(draw)
        freeze(draw, model)
        fill(model, draw.rng)
    finally:
        under(K, "")
    return Made(model, inputs, policy)


def under(K: Any, policy: str) -> None:
    """Let layers be built under a dtype policy; "" stands for the usual one."""
    K.backend.set_floatx("float64" if policy == "float64" else "float32")
    setter = (
        K.config.set_dtype_policy
        if K.__name__ == "keras"
        else K.mixed_precision.set_global_policy
    )
    setter(policy or "float32")


def freeze(draw: Draw, model: Any) -> None:
    """Freeze layers now and then, those of nested models too: their arrays move
    to the end of what is saved.
    """
    for layer in model.layers if draw.chance(0.3) else ():
        if draw.chance(0.3):
            layer.trainable = False
        elif hasattr(layer, "layers"):
            freeze(draw, layer)


def fill(model: Any, rng: np.random.Generator) -> None:
    """Give every weight values, biases too: a zero would hide mistakes.

    Variances stay above zero.
    """
    for weight in model.weights:
        name = getattr(weight, "path", weight.name)
        if "seed" in name:
            continue
        value = rng.normal(scale=0.4, size=tuple(weight.shape))
        weight.assign(np.abs(value) + 0.3 if "variance" in name else value)


def chain(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """A chain of layers, as a Sequential or as a graph."""
    entry, x, values = source(draw)
    x = through(draw, x)
    for _ in range(draw.small(0, 2)):
        x = through(draw, recur(draw, x, True), 1)
    x = recur(draw, x, draw.chance(0.4))
    x = head(draw, x) if draw.chance(0.8) else x
    model = draw.K.Model(entry, x)
    if draw.chance(0.6):
        layers = [
            entry,
            *[
                layer
                for layer in model.layers
                if type(layer).__name__ != "InputLayer"
            ],
        ]
        if not any(
            "NotEqual" in type(layer).__name__ or type(layer).__name__ == "Any"
            for layer in layers
        ):
            model = draw.K.Sequential(layers)
    return model, [values]


def two_branches(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """Two inputs, each through a recurrent layer of as many units, merged; two
    outputs.
    """
    timesteps = draw.small(4, 6)
    (a, x, u), (b, y, v) = (
        source(draw, timesteps, "a"),
        source(draw, timesteps, "b"),
    )
    units, sequences = draw.small(2, 4), draw.chance(0.5)
    x, y = (
        getattr(draw.L, kind)(
            units,
            **draw.cell_options(kind),
            return_sequences=sequences,
            name=draw.name(kind.lower()),
        )(z)
        for kind, z in (
            (draw.one("LSTM", "GRU", "SimpleRNN"), z) for z in (x, y)
        )
    )
    merge = draw.one(
        "Add",
        "Subtract",
        "Multiply",
        "Average",
        "Maximum",
        "Minimum",
        "Concatenate",
        "Dot",
    )
    options = (
        {"axes": -1, "normalize": draw.chance(0.5)} if merge == "Dot" else {}
    )
    merged = getattr(draw.L, merge)(**options)([x, y])
    if draw.chance(0.3):
        merged = merged * 2.0 + 0.5
    return draw.K.Model([a, b], [head(draw, merged), x]), [u, v]


def encoder_decoder(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """An encoder whose states start a decoder; the states are outputs too."""
    (a, x, u), (b, y, v) = (
        source(draw, tag="encoder_inputs"),
        source(draw, tag="decoder_inputs"),
    )
    kind, units = draw.one("LSTM", "GRU", "SimpleRNN"), draw.small()
    options = draw.cell_options(kind)
    if draw.chance(0.25):
        both = draw.L.Bidirectional(
            getattr(draw.L, kind)(units, **options, return_state=True),
            name="encoder",
        )(x)
        again = getattr(draw.L, kind)(
            units,
            **options,
            return_sequences=True,
            return_state=draw.chance(0.5),
        )
        y = draw.L.Bidirectional(again, name="decoder")(
            y, initial_state=list(both[1:])
        )
    else:
        both = getattr(draw.L, kind)(
            units, **options, return_state=True, name="encoder"
        )(x)
        again = draw.cell_options(kind) | {
            "return_sequences": draw.chance(0.7),
            "return_state": draw.chance(0.5),
        }
        y = getattr(draw.L, kind)(units, **again, name="decoder")(
            y, initial_state=list(both[1:])
        )
    outputs = list(y) if isinstance(y, (list, tuple)) else [y]
    return draw.K.Model(
        [a, b], [head(draw, outputs[0]), *outputs[1:], *both[1:]]
    ), [
        u,
        v,
    ]


def nested(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """A model inside a model, called once or twice, with layers frozen now and
    then.
    """
    entry, x, values = source(draw)
    width = x.shape[-1]
    start = draw.K.Input((None, width), name=draw.name("inner_input"))
    y = recur(draw, attempt(start, draw.over_time), True)
    inner = draw.K.Model(
        start,
        draw.L.Dense(width, name=draw.name("inner_dense"))(y),
        name="inner",
    )
    if draw.chance(0.4):
        inner.layers[1].trainable = False
    if draw.chance(0.3):
        inner = draw.K.Sequential(
            [inner, draw.L.BatchNormalization(name=draw.name("outer_norm"))],
            name="outer",
        )
    x = inner(x)
    if draw.chance(0.4):
        x = inner(x)
    return draw.K.Model(entry, head(draw, recur(draw, x, draw.chance(0.5)))), [
        values
    ]


def shared(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """One recurrent layer that reads two inputs."""
    timesteps, features = draw.small(4, 6), draw.small()
    a, b = (
        draw.K.Input((timesteps, features), name=name)
        for name in ("left", "right")
    )
    layer = (
        draw.bidirectional(True)
        if draw.chance(0.3)
        else draw.recurrent(return_sequences=True)
    )
    merged = draw.one(draw.L.Concatenate, draw.L.Subtract)()(
        [layer(a), layer(b)]
    )
    inputs = [
        draw.rng.normal(size=(BATCH, timesteps, features)).astype("float32")
        for _ in range(2)
    ]
    return draw.K.Model([a, b], head(draw, recur(draw, merged, False))), inputs


def frames(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """Pictures over time: Conv2D and pooling at each timestep, then a recurrent
    layer.
    """
    L, each = draw.L, draw.L.TimeDistributed
    entry = draw.K.Input((draw.one(4, None), 6, 5, 2), name="frames")
    padding = draw.one("same", "valid")
    x = each(
        L.Conv2D(
            draw.small(),
            2,
            padding=padding,
            strides=draw.small(1, 2),
            activation=draw.activation(),
        )
    )(entry)
    if draw.chance(0.5):
        x = each(
            draw.one(L.MaxPooling2D, L.AveragePooling2D)(2, padding="same")
        )(x)
    x = each(
        L.Flatten()
        if draw.chance(0.6)
        else draw.one(L.GlobalMaxPooling2D, L.GlobalAveragePooling2D)()
    )(x)
    values = draw.rng.normal(size=(BATCH, 4, 6, 5, 2)).astype("float32")
    return draw.K.Model(entry, head(draw, recur(draw, x, draw.chance(0.5)))), [
        values
    ]


def movie(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """ConvLSTM of one, two or three dimensions, alone or in both directions."""
    rank = draw.one(1, 2, 2, 3)
    sides = (5, 4, 3)[:rank]
    entry = draw.K.Input((draw.one(3, None), *sides, 2), name="movie")
    padding, dilation = draw.one("same", "valid"), draw.one(1, 1, 2)
    options = draw.cell_options("LSTM") | {
        "padding": padding,
        "return_sequences": draw.chance(0.5),
    }
    if padding == "valid" and rank == 3:
        dilation = 1
    options |= (
        {"strides": draw.one(1, 2)}
        if dilation == 1
        else {"dilation_rate": dilation}
    )
    options.pop("dropout", None), options.pop("recurrent_dropout", None)
    layer = getattr(draw.L, f"ConvLSTM{rank}D")(draw.small(1, 2), 2, **options)
    if draw.chance(0.3):
        layer = draw.L.Bidirectional(
            layer, merge_mode=draw.one("concat", "sum", "ave")
        )
    values = draw.rng.normal(size=(BATCH, 3, *sides, 2)).astype("float32")
    return draw.K.Model(entry, layer(entry)), [values]


def attentive(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """Attention over what a recurrent layer returned at every timestep."""
    entry, x, values = source(draw)
    x = recur(draw, x, True)
    kind = draw.one("Attention", "AdditiveAttention", "MultiHeadAttention")
    if kind == "MultiHeadAttention":
        y = draw.L.MultiHeadAttention(2, 3, use_bias=draw.chance(0.7))(x, x)
    else:
        y = getattr(draw.L, kind)(use_scale=draw.chance(0.5))([x, x])
    y = draw.L.Concatenate()([x, y]) if draw.chance(0.5) else y
    return draw.K.Model(entry, head(draw, y)), [values]
