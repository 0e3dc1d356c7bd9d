"""The sequence that a model reads, in plain words, with an example that works
for this model.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

SHORT = 6
"""Timesteps, and features, of an example that is written out."""
NUMBERS = ("0.1", "0.2", "-0.3", "0.4", "-0.5", "0.6")
LETTERS = 8
"""Characters of an example in text."""
WORDS = 3
"""Words of an example in words."""
LOOKED_AT = 1000
"""Tokens of a vocabulary that say whether it has words or characters."""


def reads(info: InputInfo, vocabulary: Mapping[str, int] | None) -> str:
    """Return the input's description, a sentence without its end."""
    if info.text is not None:
        return "a text, which the model cuts into tokens by its own rules"
    if not info.has_time:
        return f"{counted(info.shape[0] or 1, 'number')}, without timesteps"

    what = _a_timestep(info)
    if vocabulary and _takes_text(info, vocabulary):
        if _has_words(vocabulary):
            what += ", or words: of the vocabulary"
        else:
            what += ", or text: of the vocabulary's characters"

    length = info.shape[0]
    if length is None:
        return f"{what}; any number of timesteps"

    return f"{what}; {counted(length, 'timestep')} in the file, any number runs"


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

    first, *inner = info.shape
    if not info.has_time:
        return _row(first or 1)

    length = first or 3
    if vocabulary and _takes_text(info, vocabulary):
        if _has_words(vocabulary):
            words = islice(filter(_is_word, vocabulary), WORDS)
            return f"words: {' '.join(words)}"

        known = [token for token in vocabulary if _is_letter(token)]
        if known:
            letters = "".join(known[:LETTERS])
            return f"text: {letters}"

    drawn = f"random:{length}"
    if length > SHORT:
        return drawn
    if info.tokens is not None:
        most = max(info.tokens - 1, 0)
        ids = [str(min(1 + k, most)) for k in range(length)]
        return " ".join(ids)

    width = 1
    if inner:
        width = inner[0] or 1

    if len(inner) > 1 or width > SHORT:
        return drawn
    if width == 1:
        return " ".join(NUMBERS[:length])

    rows = [_row(width, start) for start in range(length)]

    return "; ".join(rows)


def _row(width: int, start: int = 0) -> str:
    """Return the numbers of one timestep."""
    count = len(NUMBERS)
    places = [(start + k) % count for k in range(width)]

    return " ".join(NUMBERS[place] for place in places)


def _has_words(vocabulary: Mapping[str, int]) -> bool:
    """Whether most tokens of a vocabulary are words, not characters."""
    first = list(islice(vocabulary, LOOKED_AT))
    words = sum(map(_is_word, first))

    return 2 * words > len(first)


def _is_word(token: str) -> bool:
    return len(token) > 1 and token.isalpha()


def _is_letter(token: str) -> bool:
    return len(token) == 1 and token.isprintable() and token != " "
