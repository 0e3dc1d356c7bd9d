"""The parts a random model is drawn from: a source, what a sequence goes
through, and what closes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from random_parts import Draw

BATCH = 2


def source(
    draw: Draw, timesteps: int | None = None, tag: str = "x"
) -> tuple[Any, Any, np.ndarray]:
    """Return an input, the sequence that comes from it (embedded or masked),
    and an array to feed.
    """
    K, rng = draw.K, draw.rng
    timesteps = timesteps or draw.small(4, 8)
    declared = None if draw.chance(0.25) else timesteps
    if draw.chance(0.3):
        entry = K.Input(
            (declared,), name=draw.name(tag), dtype=draw.one("int32", "float32")
        )
        options = (
            {}
            if draw.three or declared is None or draw.chance(0.5)
            else {"input_length": declared}
        )
        x = draw.L.Embedding(
            7, draw.small(), mask_zero=draw.chance(0.6), **options
        )(entry)
        ids = rng.integers(0, 7, size=(BATCH, timesteps))
        return (
            entry,
            x,
            ids.astype(
                entry.dtype
                if isinstance(entry.dtype, str)
                else entry.dtype.name
            ),
        )
    features = draw.small()
    entry = K.Input((declared, features), name=draw.name(tag))
    values = rng.normal(size=(BATCH, timesteps, features)).astype("float32")
    x = entry
    if draw.chance(0.4):
        values[rng.random((BATCH, timesteps)) < 0.3] = 0
        x = draw.L.Masking(0.0)(entry)
    return entry, x, values


def attempt(x: Any, make: Callable[[], Any]) -> Any:
    """Return the layer's output, or `x` where this Keras refuses the layer here
    (a mask, a shape too small).
    """
    try:
        y = make()(x)
    except (ValueError, TypeError, NotImplementedError, ArithmeticError):
        return x
    return (
        x
        if isinstance(y, (list, tuple)) or len(y.shape) != 3 or 0 in y.shape
        else y
    )


def through(draw: Draw, x: Any, most: int = 2) -> Any:
    """Send a sequence through a few layers that aren't recurrent."""
    for _ in range(draw.small(0, most)):
        if draw.chance(0.15) and None not in x.shape[1:]:
            x = attempt(x, lambda: draw.fixed_length(*x.shape[1:]))  # noqa: B023 - called at once
        else:
            x = attempt(x, draw.over_time)
    return x


def recur(draw: Draw, x: Any, sequences: bool) -> Any:
    """Send a sequence through a recurrent layer."""
    layer = (
        draw.bidirectional(sequences)
        if draw.chance(0.3)
        else draw.recurrent(return_sequences=sequences)
    )
    return layer(x)


def head(draw: Draw, x: Any) -> Any:
    """Close with what follows recurrent layers in real files."""
    L = draw.L
    if len(x.shape) == 3 and draw.chance(0.4):
        if None not in x.shape[1:] and draw.chance(0.5):
            x = L.Flatten()(x)
        else:
            x = draw.one(L.GlobalAveragePooling1D, L.GlobalMaxPooling1D)()(x)
    elif len(x.shape) == 2 and draw.chance(0.2):
        x = recur(draw, L.RepeatVector(3)(x), True)
    return L.Dense(
        draw.small(), activation=draw.activation(), name=draw.name("head")
    )(x)
