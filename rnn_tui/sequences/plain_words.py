"""The sequence that a model reads, in plain words, with an example that works
for this model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rnn_tui.sequences.input_shapes import count, has_time

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

SHORT = 6
"""Timesteps, and features, of an example that is written out."""
NUMBERS = ("0.1", "0.2", "-0.3", "0.4", "-0.5", "0.6")
LETTERS = 8
"""Characters of an example in text."""


def reads(info: InputInfo, vocabulary: Mapping[str, int] | None) -> str:
    """Return what the input is, in a sentence without its end."""
    if info.text is not None:
        return "a text, which the model cuts into tokens by its own rules"
    if not has_time(info):
        return f"{count(info.shape[0] or 1, 'number')}, without timesteps"

    what = _a_timestep(info)
    if vocabulary and _takes_text(info, vocabulary):
        what += ", or text: of the vocabulary's characters"

    length = info.shape[0]
    if length is None:
        return f"{what}; any number of timesteps"

    return f"{what}; {count(length, 'timestep')} in the file, any number runs"


def _a_timestep(info: InputInfo) -> str:
    rest = info.shape[1:]
    if info.tokens is not None:
        return f"a token id from 0 to {info.tokens - 1} a timestep"
    if not rest or rest == (1,):
        return "one number a timestep"
    if len(rest) == 1:
        return f"{rest[0] or 'any number of'} numbers a timestep"

    sides = " × ".join(str(side or "any") for side in rest)

    return f"an array of {sides} a timestep, best from a .npy file"


def _takes_text(info: InputInfo, vocabulary: Mapping[str, int]) -> bool:
    """Whether text: is for this input: token ids, or one-hot rows as wide as
    the vocabulary.
    """
    if info.tokens is not None:
        return True

    return info.shape[1:] == (len(vocabulary),)


def example(info: InputInfo, vocabulary: Mapping[str, int] | None) -> str:
    """Return a sequence, as typed, that this input reads."""
    if info.text is not None:
        return "text: The movie was great!"
    if not has_time(info):
        return _row(info.shape[0] or 1)

    length = info.shape[0] or 3
    if vocabulary and _takes_text(info, vocabulary):
        known = [token for token in vocabulary if _is_letter(token)]
        if known:
            return f"text: {''.join(known[:LETTERS])}"

    if length > SHORT:
        return f"random:{length}"
    if info.tokens is not None:
        most = max(info.tokens - 1, 0)
        return " ".join(str(min(1 + k, most)) for k in range(length))

    width = 1
    if len(info.shape) > 1:
        width = info.shape[1] or 1

    if len(info.shape) > 2 or width > SHORT:
        return f"random:{length}"
    if width == 1:
        return " ".join(NUMBERS[:length])

    return "; ".join(_row(width, start) for start in range(length))


def _row(width: int, start: int = 0) -> str:
    """Return the numbers of one timestep."""
    return " ".join(NUMBERS[(start + k) % len(NUMBERS)] for k in range(width))


def _is_letter(token: str) -> bool:
    return len(token) == 1 and token.isprintable() and token != " "
