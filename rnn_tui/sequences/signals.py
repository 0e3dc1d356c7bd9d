"""Generated sequences: `random:50:7`, `sine:50`, `ramp:50`, `impulse:50`, `step:50`,
`zeros:50`, `ones:50`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.sequences.input_shapes import count, has_time
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

NAMES = ("random", "sine", "ramp", "impulse", "step", "zeros", "ones")

TIMESTEPS = 20
"""The length of a sequence when neither the text nor the model says one."""

OPEN_AXIS = 16
"""Rows or columns of an image whose size the model leaves open."""

PERIOD = 20
"""Timesteps of one period of the sine."""

MOST_VALUES = 1 << 28
"""Values a generated sequence may have: 1 GiB of float32."""

FIRST_WORD = 2
"""The id of a text layer's first word: 0 is its padding, 1 stands for unknown ones."""

MOST_OF_FILE = 1 << 22
"""Values it may have when the file alone says how many, not who typed it."""


def is_signal(text: str) -> bool:
    """Whether `text` names a generated sequence."""
    return text.partition(":")[0].strip().lower() in NAMES


def length_of(text: str) -> int | None:
    """Return the timesteps that are asked for; None leaves them to the model."""
    return _parse(text)[1]


def make(text: str, info: InputInfo) -> NDArray[Any]:
    """Return the sequence that `text` names, in every feature of the input; token ids
    for an Embedding.
    """
    name, _, seed = _parse(text)
    shape = shape_of(text, info)
    if name == "random":
        return _random(shape, seed, info)

    wave = _wave(name, shape[0] if has_time(info) else 1)
    if info.tokens is not None:
        wave = _to_ids(name, wave, info.tokens)

    if has_time(info):
        time = wave.reshape(-1, *[1] * (len(shape) - 1))
    else:
        time = wave[0]

    return np.broadcast_to(time, shape)


def shape_of(text: str, info: InputInfo) -> tuple[int, ...]:
    """Return the shape of the sequence that `text` names.

    Raises SequenceError when it is too large.
    """
    name, timesteps, _ = _parse(text)
    shape = _shape(name, timesteps, info)
    most = MOST_OF_FILE if timesteps is None else MOST_VALUES
    if math.prod(shape) > most:
        raise SequenceError(
            f"{clean(text, 40)} would make {math.prod(shape):,} values of shape "
            f"{shape}; the most is {most:,}"
        )

    return shape


def _parse(text: str) -> tuple[str, int | None, int]:
    name, *numbers = (part.strip() for part in text.lower().split(":"))
    if name == "random":
        usage = f"{name}:TIMESTEPS:SEED"
    else:
        usage = f"{name}:TIMESTEPS"

    if len(numbers) > (2 if name == "random" else 1):
        raise SequenceError(f"{clean(text, 40)!r} has too many parts; write {usage}")
    if not all(
        len(number) < 20 and number.isascii() and number.isdigit()
        for number in numbers
        if number
    ):
        raise SequenceError(f"{clean(text, 40)!r} needs whole numbers; write {usage}")

    values = [int(number) if number else None for number in numbers] + [None, None]
    if values[0] == 0:
        raise SequenceError(
            f"{clean(text, 40)!r} has no timesteps; write {name}:{TIMESTEPS}"
        )

    return name, values[0], values[1] or 0


def _shape(name: str, timesteps: int | None, info: InputInfo) -> tuple[int, ...]:
    if not has_time(info):
        return tuple(OPEN_AXIS if size is None else size for size in info.shape)

    own = info.shape[0]
    if info.fixed and None not in (own, timesteps) and own != timesteps:
        raise SequenceError(
            f"the model reads {count(own or 0, 'timestep')}; {name}:{timesteps} has "
            f"{timesteps}; {name}:{own} fits"
        )

    if len(info.shape) == 2:
        open_axis = 1
    else:
        open_axis = OPEN_AXIS

    rest = (open_axis if size is None else size for size in info.shape[1:])

    return (timesteps or own or TIMESTEPS, *rest)


def _random(shape: tuple[int, ...], seed: int, info: InputInfo) -> NDArray[Any]:
    """Return normals, true and false for an input that is declared so, or token ids.

    Where the ids stand for a text, they are those of words: no text is padded in its
    middle.
    """
    rng = np.random.default_rng(seed)
    if info.tokens is not None:
        if info.text is not None and info.tokens > FIRST_WORD:
            least = FIRST_WORD
        else:
            least = 0

        return rng.integers(least, max(1, info.tokens), shape, dtype=np.int32)

    if info.whole == "bool":
        return rng.random(shape) < 0.5

    return rng.standard_normal(shape, dtype=np.float32)


def _wave(name: str, timesteps: int) -> NDArray[np.float32]:
    t = np.arange(timesteps)
    match name:
        case "sine":
            wave = np.sin(2 * np.pi * t / PERIOD)
        case "ramp":
            wave = t / max(1, timesteps - 1)
        case "impulse":
            wave = t == 0
        case "step":
            wave = t >= timesteps // 2
        case _:
            wave = np.full(timesteps, name == "ones")

    return wave.astype(np.float32)


def _to_ids(name: str, wave: NDArray[np.float32], vocabulary: int) -> NDArray[Any]:
    """Return a wave as token ids: sine and ramp sweep the vocabulary, the others use
    the ids 0 and 1.
    """
    top = vocabulary - 1
    if name in ("sine", "ramp"):
        return np.rint((wave + 1) / 2 * top if name == "sine" else wave * top).astype(
            np.int32
        )

    return np.minimum(wave, top).astype(np.int32)
