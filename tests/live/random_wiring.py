"""Random models where states, masks and calls are wired in the less usual
ways.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from random_parts import Draw
from random_steps import BATCH, attempt, head, recur, source, through

Shaped = tuple[Any, list[np.ndarray]]


def _normal(draw: Draw, *shape: int) -> np.ndarray:
    return draw.rng.normal(size=shape).astype("float32")


def stateful(draw: Draw) -> Shaped:
    """Stateful layers over a batch of fixed size: a run starts from zeros."""
    timesteps, features = draw.small(3, 6), draw.small()
    entry = draw.K.Input((timesteps, features), batch_size=BATCH, name="x")
    x = draw.L.Masking(0.0)(entry) if draw.chance(0.4) else entry
    x = draw.recurrent(return_sequences=True, stateful=True)(x)
    if draw.chance(0.5):
        x = draw.bidirectional(True, stateful=True)(x)
    x = draw.recurrent(return_sequences=draw.chance(0.5), stateful=True)(x)
    values = _normal(draw, BATCH, timesteps, features)
    values[:, draw.small(0, timesteps - 1)] = 0
    return draw.K.Model(entry, head(draw, x)), [values]


def time_first(draw: Draw) -> Shaped:
    """Layers of tf.keras that read the time axis first; Keras 3 has none and
    gets a plain chain.
    """
    if draw.three:
        return stateful(draw)
    features = draw.small()
    entry = draw.K.Input((None, features), name="x")
    options = {
        "time_major": True,
        "return_state": draw.chance(0.4),
        "go_backwards": draw.chance(0.3),
    }
    kind = draw.one("LSTM", "GRU", "SimpleRNN")
    x = getattr(draw.L, kind)(
        draw.small(),
        **draw.cell_options(kind),
        **options,
        return_sequences=True,
    )(entry)
    x, *states = x if isinstance(x, (list, tuple)) else [x]
    kind = draw.one("LSTM", "GRU", "SimpleRNN")
    last = getattr(draw.L, kind)(
        draw.small(),
        **draw.cell_options(kind),
        time_major=True,
        return_sequences=draw.chance(0.5),
    )
    y = draw.L.Bidirectional(last) if draw.chance(0.3) else last
    return draw.K.Model(entry, [y(x), *states]), [
        _normal(draw, 5, BATCH, features)
    ]


def two_directions(draw: Draw) -> Shaped:
    """A Bidirectional that leaves its directions apart, states too, or merges
    two of different widths.
    """
    entry, x, values = source(draw)
    sequences, states = draw.chance(0.6), draw.chance(0.5)
    apart = draw.chance(0.6)
    forward = draw.recurrent(
        return_sequences=sequences, return_state=states, go_backwards=False
    )
    kind = draw.one("LSTM", "GRU", "SimpleRNN")
    back = {
        "go_backwards": True,
        "return_sequences": sequences,
        "return_state": states,
    }
    backward = (
        getattr(draw.L, kind)(draw.small(), **draw.cell_options(kind), **back)
        if draw.chance(0.4)
        else None
    )
    layer = draw.L.Bidirectional(
        forward,
        merge_mode=None if apart else "concat",
        backward_layer=backward,
        name=draw.name("both"),
    )
    out = layer(x)
    out = list(out) if isinstance(out, (list, tuple)) else [out]
    if apart and draw.chance(0.5):
        out[:2] = [draw.L.Concatenate()(out[:2])]
    return draw.K.Model(entry, [head(draw, out[0]), *out]), [values]


def cells_and_states(draw: Draw) -> Shaped:
    """RNN over one cell or several, its states returned and handed on."""
    entry, x, values = source(draw)
    cells = [draw.cell() for _ in range(draw.small(1, 3))]
    copies = [
        type(cell).from_config(cell.get_config() | {"name": f"copy_{k}"})
        for k, cell in enumerate(cells)
    ]
    options = {
        "return_state": True,
        "return_sequences": True,
        "go_backwards": draw.chance(0.4),
    }
    options |= {"zero_output_for_mask": True} if draw.chance(0.2) else {}
    y, *states = draw.L.RNN(cells if len(cells) > 1 else cells[0], **options)(x)
    again = draw.L.RNN(
        copies if len(cells) > 1 else copies[0],
        return_sequences=draw.chance(0.5),
        name="again",
    )
    flat = [
        s
        for state in states
        for s in (state if isinstance(state, (list, tuple)) else [state])
    ]
    z = again(x, initial_state=states)
    return draw.K.Model(entry, [head(draw, y), z, *flat]), [values]


def states_from(draw: Draw) -> Shaped:
    """Initial states from Inputs, from Dense layers, or from another layer's
    states.
    """
    entry, x, values = source(draw)
    kind, units = draw.one("LSTM", "GRU", "SimpleRNN"), draw.small()
    count = 2 if kind == "LSTM" else 1
    inputs, fed = [entry], [values]
    if draw.chance(0.5):
        states = [
            draw.K.Input((units,), name=f"state_{k}") for k in range(count)
        ]
        inputs, fed = (
            [*inputs, *states],
            [*fed, *(_normal(draw, BATCH, units) for _ in states)],
        )
    else:
        features = draw.small()
        about = draw.K.Input((features,), name="about")
        states = [
            draw.L.Dense(units, activation="tanh", name=f"start_{k}")(about)
            for k in range(count)
        ]
        inputs, fed = [*inputs, about], [*fed, _normal(draw, BATCH, features)]
    options = draw.cell_options(kind) | {
        "return_state": True,
        "go_backwards": draw.chance(0.3),
    }
    layer = getattr(draw.L, kind)(
        units, **options, return_sequences=draw.chance(0.6), name="reader"
    )
    y, *ends = layer(x, initial_state=states)
    second = getattr(draw.L, kind)(
        units, **draw.cell_options(kind), return_sequences=True, name="second"
    )
    z = second(x, initial_state=list(ends))
    return draw.K.Model(inputs, [head(draw, y), z, *ends]), fed


def siamese(draw: Draw) -> Shaped:
    """One Sequential with recurrent layers that reads two inputs."""
    timesteps, ids = draw.small(4, 6), draw.chance(0.5)
    first: list[Any] = (
        [draw.L.Embedding(7, draw.small(), mask_zero=draw.chance(0.6))]
        if ids
        else []
    )
    layers = [
        draw.recurrent(return_sequences=True),
        draw.over_time() if draw.chance(0.3) else draw.L.Dropout(0.1),
    ]
    encoder = draw.K.Sequential(
        [*first, *layers, draw.recurrent(return_sequences=False)],
        name="encoder",
    )
    shape = (timesteps,) if ids else (timesteps, 3)
    left, right = (draw.K.Input(shape, name=name) for name in ("left", "right"))
    a, b = encoder(left), encoder(right)
    merge = draw.one("Subtract", "Multiply", "Concatenate", "Dot")
    merged = getattr(draw.L, merge)(
        **({"axes": -1, "normalize": True} if merge == "Dot" else {})
    )([a, b])
    fed = [
        draw.rng.integers(0, 7, size=(BATCH, *shape)).astype("float32")
        if ids
        else _normal(draw, BATCH, *shape)
        for _ in range(2)
    ]
    return draw.K.Model(
        [left, right], [draw.L.Dense(2, name="head")(merged), a]
    ), fed


def inside_time(draw: Draw) -> Shaped:
    """TimeDistributed around a recurrent layer, or around a model that holds
    some.
    """
    outer, inner, features = draw.small(2, 3), draw.small(3, 4), draw.small()
    entry = draw.K.Input((outer, inner, features), name="x")
    reader = (
        draw.bidirectional(False)
        if draw.chance(0.3)
        else draw.recurrent(return_sequences=False)
    )
    if draw.chance(0.5):
        reader = draw.K.Sequential(
            [
                draw.recurrent(return_sequences=True),
                reader,
                draw.L.Dense(2, name="inner_dense"),
            ],
            name="reader",
        )
    elif draw.chance(0.4):
        start = draw.K.Input((inner, features), name="start")
        reader = draw.K.Model(
            start,
            draw.L.Dense(3, name="inner_dense")(reader(start)),
            name="reader",
        )
    x = draw.L.TimeDistributed(reader, name="each")(entry)
    return draw.K.Model(entry, head(draw, recur(draw, x, draw.chance(0.5)))), [
        _normal(draw, BATCH, outer, inner, features)
    ]


def called_often(draw: Draw) -> Shaped:
    """A model with two outputs inside another, called several times, and the
    other called again.
    """
    width = draw.small(2, 4)
    start = draw.K.Input((5, width), name="inner_x")
    layer = draw.recurrent(return_sequences=True)
    y = draw.L.Dense(width, name="inner_dense")(layer(start))
    inner = draw.K.Model(
        start, [y, draw.recurrent(return_sequences=False)(y)], name="inner"
    )
    middle = draw.K.Input((5, width), name="middle_x")
    a, _ = inner(middle)
    b, last = inner(a)
    outer = (
        draw.K.Model(middle, [b, last], name="outer")
        if draw.chance(0.6)
        else inner
    )
    left, right = (
        draw.K.Input((5, width), name=name) for name in ("left", "right")
    )
    a, u = outer(left)
    b, v = outer(draw.L.Add()([a, right]))
    c, w = outer(b) if draw.chance(0.5) else (b, v)
    merged = draw.L.Concatenate(name="merged")([u, v, w])
    return draw.K.Model([left, right], [head(draw, c), merged]), [
        _normal(draw, BATCH, 5, width) for _ in range(2)
    ]


def masked_branches(draw: Draw) -> Shaped:
    """Sequences of two inputs, masked or not, merged or attended, and read
    on.
    """
    timesteps = draw.small(4, 6)
    (a, x, u), (b, y, v) = (
        source(draw, timesteps, "a"),
        source(draw, timesteps, "b"),
    )
    units = draw.small(2, 4)
    kinds = [draw.one("LSTM", "GRU") for _ in range(2)]
    x, y = (
        getattr(draw.L, kind)(
            units,
            **draw.cell_options(kind),
            return_sequences=True,
            name=draw.name(kind.lower()),
        )(z)
        for kind, z in zip(kinds, (x, y), strict=True)
    )
    how = draw.one(
        "Add",
        "Multiply",
        "Average",
        "Maximum",
        "Concatenate",
        "Subtract",
        "time",
        "Attention",
        "heads",
    )
    if how == "heads":
        merged = draw.L.MultiHeadAttention(2, 2, value_dim=draw.one(None, 3))(
            x, y
        )
    elif how == "Attention":
        merged = draw.L.Attention(
            use_scale=draw.chance(0.5), score_mode=draw.one("dot", "concat")
        )([x, y])
    elif how == "time":
        merged = draw.L.Concatenate(axis=1)([x, y])
    else:
        merged = getattr(draw.L, how)()([x, y])
    merged = through(draw, merged, 1)
    return draw.K.Model(
        [a, b], head(draw, recur(draw, merged, draw.chance(0.5)))
    ), [
        u,
        v,
    ]


def filtered(draw: Draw) -> Shaped:
    """Token ids with a mask through a convolution, where the mask ends or not,
    then recurrent layers.
    """
    entry = draw.K.Input((draw.one(6, None),), name="x")
    x = draw.L.Embedding(7, draw.small(2, 4), mask_zero=True)(entry)
    x = attempt(x, lambda: draw.L.SpatialDropout1D(0.2))
    x = attempt(x, lambda: draw.one(*draw.time_layers())())
    x = recur(draw, x, True)
    x = through(draw, x, 1)
    ids = draw.rng.integers(0, 7, size=(BATCH, 6)).astype("float32")
    return draw.K.Model(entry, head(draw, recur(draw, x, draw.chance(0.4)))), [
        ids
    ]


WIRED = (
    stateful,
    time_first,
    two_directions,
    cells_and_states,
    states_from,
    siamese,
    inside_time,
    called_often,
    masked_branches,
    filtered,
)
