"""Generated sequences: `random:50:7`, `sine:50`, `ramp:50`, `impulse:50`,
`step:50`, `zeros:50`, `ones:50`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.text import clean, counted

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
"""The id of a text layer's first word: 0 is its padding, 1 means unknown
ones.
"""

MOST_OF_FILE = 1 << 22
"""Values it may have when the file alone says how many, not who typed it."""


def is_signal(text: str) -> bool:
    """Whether `text` names a generated sequence."""
    return text.partition(":")[0].strip().lower() in NAMES


def length_of(text: str) -> int | None:
    """Return the timesteps that are asked for; None leaves them to the
    model.
    """
    return _parse(text)[1]


def make(text: str, info: InputInfo) -> NDArray[Any]:
    """Return the sequence that `text` names, in every feature of the input;
    token ids for an Embedding.
    """
    name, _, seed = _parse(text)
    shape = shape_of(text, info)
    if name == "random":
        return _random(shape, seed, info)

    wave = _wave(name, shape[0] if info.has_time else 1)
    if info.tokens is not None:
        wave = _to_ids(name, wave, info.tokens)

    if info.has_time:
        ones = [1] * (len(shape) - 1)
        time = wave.reshape(-1, *ones)
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
            f"{clean(text, 40)} would make {math.prod(shape):,} values of "
            f"shape {shape}; the most is {most:,}"
        )

    return shape


def _parse(text: str) -> tuple[str, int | None, int]:
    """Return a signal's name, its timesteps (None where the text says none),
    its seed.
    """
    name, *numbers = (part.strip() for part in text.lower().split(":"))
    shown = repr(clean(text, 40))
    usage = f"{name}:TIMESTEPS"
    most = 1
    if name == "random":
        usage = f"{name}:TIMESTEPS:SEED"
        most = 2

    if len(numbers) > most:
        raise SequenceError(f"{shown} has too many parts; write {usage}")
    if not all(_is_whole(number) for number in numbers if number):
        raise SequenceError(f"{shown} needs whole numbers; write {usage}")

    values = [int(number) if number else None for number in numbers]
    timesteps, seed = [*values, None, None][:2]
    if timesteps == 0:
        raise SequenceError(
            f"{shown} has no timesteps; write {name}:{TIMESTEPS}"
        )

    return name, timesteps, seed or 0


def _is_whole(number: str) -> bool:
    return len(number) < 20 and number.isascii() and number.isdigit()


def _shape(
    name: str,
    timesteps: int | None,
    info: InputInfo,
) -> tuple[int, ...]:
    """Return the shape of a signal in every feature of the input."""
    if not info.has_time:
        return _with_open_axes(info.shape, OPEN_AXIS)

    own, *rest = info.shape
    if info.fixed and own is not None and timesteps not in (None, own):
        raise SequenceError(
            f"the model reads {counted(own, 'timestep')}; {name}:{timesteps} "
            f"has {timesteps}; {name}:{own} fits"
        )

    length = timesteps or own or TIMESTEPS
    if len(info.shape) == 2:
        features = _with_open_axes(rest, 1)
    else:
        features = _with_open_axes(rest, OPEN_AXIS)

    return (length, *features)


def _with_open_axes(shape: Sequence[int | None], size: int) -> tuple[int, ...]:
    """Return a shape with a size for the axes that the model leaves open."""
    return tuple(size if axis is None else axis for axis in shape)


def _random(shape: tuple[int, ...], seed: int, info: InputInfo) -> NDArray[Any]:
    """Return normals, true and false for an input that is declared so, or token
    ids.

    Where the ids are a text's, they are those of words: no text is padded
    in its middle.
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


def _to_ids(
    name: str,
    wave: NDArray[np.float32],
    vocabulary: int,
) -> NDArray[Any]:
    """Return a wave as token ids: sine and ramp sweep the vocabulary, the
    others use the ids 0 and 1.
    """
    top = vocabulary - 1
    ids: NDArray[Any]
    if name == "sine":
        ids = np.rint((wave + 1) / 2 * top)
    elif name == "ramp":
        ids = np.rint(wave * top)
    else:
        ids = np.minimum(wave, top)

    return ids.astype(np.int32)
