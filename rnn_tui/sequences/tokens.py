"""Tokens: `onehot: 4 7`, `text: hello` and `words: hello world` through a
vocabulary.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.core.text_reader import ids_of
from rnn_tui.engine.memory.large_arrays import BLOCK, release, roomy
from rnn_tui.errors import SequenceError, UnknownTokenError
from rnn_tui.sequences import limits
from rnn_tui.sequences.input_shapes import FIRST_VALUES
from rnn_tui.sequences.json_text import load_json
from rnn_tui.sequences.sequence_file import open_regular, read_text_file
from rnn_tui.sequences.signals import MOST_VALUES
from rnn_tui.sequences.typed_numbers import parse_numbers
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.core.text_reader import TextReader
    from rnn_tui.engine.model import InputInfo

CHARACTERS, WORDS = "text", "words"
"""The kinds of typed text: each character is a token, or each word."""
PLAIN_SIGNS = {
    "\n": " ",
    "\t": " ",
    "\u00a0": " ",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2013": "-",
    "\u2014": "-",
}
"""Signs of printed text, and the ones that a vocabulary has in their place."""
MOST_TOKENS = 1 << 20
"""Tokens of a vocabulary."""


def is_text(text: str) -> bool:
    """Whether `text` is `text: …` or `words: …`."""
    return text.lstrip().lower().startswith(("text:", "words:"))


def is_onehot(text: str) -> bool:
    """Whether `text` is `onehot: …`."""
    return text.lstrip().lower().startswith("onehot:")


def from_text(
    text: str,
    info: InputInfo,
    vocabulary: Mapping[str, int] | None,
) -> NDArray[Any]:
    """Return characters or words as token ids, or as one-hot rows where the
    input reads features.

    Where the model reads text itself, the typed text stays text, `text:` and
    `words:` alike: see `by_own_rules`.
    """
    kind, _, rest = text.lstrip().partition(":")
    check_length(rest)
    if info.text is not None:
        return np.array(rest.removeprefix(" "), dtype=object)
    if vocabulary is None:
        raise SequenceError(
            f"{kind}: needs to know which id a token has; give --vocab FILE "
            "(JSON list, or token → id)"
        )

    found = _split(kind, rest)
    if not found:
        raise SequenceError(f"there is nothing after {kind}:")

    if any(token not in vocabulary for token in found):
        raise _unknown(kind, rest, vocabulary)

    known = [vocabulary[token] for token in found]
    ids = np.array(known, dtype=np.int64)
    if info.tokens is not None:
        return ids

    return _one_hot(ids, info)


def _split(kind: str, text: str) -> list[str]:
    """Return the tokens of a text: its words or its characters."""
    if kind.lower() == WORDS:
        return text.split()

    return list(text.removeprefix(" "))


def _unknown(
    kind: str,
    text: str,
    vocabulary: Mapping[str, int],
) -> UnknownTokenError:
    """Return the error about the first token that the vocabulary lacks, with
    the text that it has tokens for: in words instead of characters, or the
    other way round, where it has more of those.
    """
    tokens = _split(kind, text)
    first = next(token for token in tokens if token not in vocabulary)
    message = f"the vocabulary has no token {clean(first, 40)!r}"
    other = CHARACTERS if kind.lower() == WORDS else WORDS
    share, known, lost = _known(kind, text, vocabulary)
    how = "in its own words" if other == CHARACTERS else "in its own characters"
    other_share, other_known, other_lost = _known(other, text, vocabulary)
    if other_share > share:
        kind, known, lost = other, other_known, other_lost
        how = "as words" if other == WORDS else "as characters"

    if not known:
        return UnknownTokenError(message, "")

    between = " " if kind.lower() == WORDS else ""
    offer = f"{kind}: {between.join(known)}"
    if lost:
        how += f", without {lost} that it lacks"

    return UnknownTokenError(f"{message}; {how}: {clean(offer, 60)}", offer)


def _known(
    kind: str,
    text: str,
    vocabulary: Mapping[str, int],
) -> tuple[float, list[str], int]:
    """Return the share of the tokens of a text that the vocabulary has in some
    form, these tokens, and the number of the others.
    """
    tokens = _split(kind, text)
    fitting = [_fitting(token, vocabulary) for token in tokens]
    known = [token for token in fitting if token is not None]

    return len(known) / max(len(tokens), 1), known, len(tokens) - len(known)


def _fitting(token: str, vocabulary: Mapping[str, int]) -> str | None:
    """Return a token as the vocabulary has it: itself, in lower case, or the
    plain sign that replaces it; None where it has none.
    """
    plain = PLAIN_SIGNS.get(token, token)
    for one in (token, token.lower(), plain):
        if one in vocabulary:
            return one

    return None


def check_length(text: str) -> None:
    """Raise SequenceError for a text that would become too many tokens to be
    held.
    """
    if len(text) > limits.TEXT_CHARACTERS:
        most = limits.TEXT_CHARACTERS
        raise SequenceError(
            f"the text has {len(text):,} characters; at most {most:,} are "
            "read: token ids in a .npy file may be more"
        )


def several_texts(text: str) -> NDArray[Any] | None:
    """Return a JSON list of texts as an array of them, None where `text` is
    something else.
    """
    if not text.lstrip().startswith("["):
        return None

    check_length(text)
    try:
        found = load_json(text)
    except SequenceError:
        return None

    sound = (
        isinstance(found, list)
        and found
        and all(isinstance(one, str) for one in found)
    )
    if sound:
        return np.array(found, dtype=object)

    return None


def in_a_row(texts: NDArray[Any]) -> NDArray[Any]:
    """Return one text, or a batch of them, without the axis of length 1 that a
    batch may have in Keras.

    Raises SequenceError for texts in any other shape.
    """
    if texts.ndim < 2:
        return texts
    if texts.size != len(texts):
        raise SequenceError(
            f"it holds texts in shape {clean(texts.shape, 60)}; each sequence "
            "is one text"
        )

    return texts.reshape(-1)


def by_own_rules(
    texts: NDArray[Any],
    reader: TextReader,
    vocabulary: Mapping[str, int] | None,
) -> tuple[NDArray[Any], str]:
    """Return the ids that a model's own rules make of one text, or of several,
    and in words the tokens of the first.

    `vocabulary` replaces the file's own.
    """
    if vocabulary is None and reader.why_not is None:
        known = reader.load()
    else:
        known = vocabulary or {}

    listed = ids_of(texts.tolist(), reader, known)
    ids = np.array(listed, dtype=np.int64)

    first = texts.reshape(-1)[0]
    tokens = reader.tokens(first)
    few = " ".join(tokens[:FIRST_VALUES])
    meaning = f" = {clean(few, 60)}"
    if len(tokens) > FIRST_VALUES:
        meaning += " …"

    unknown = sum(token not in known for token in tokens)
    if unknown:
        meaning += f" ({unknown} unknown)"

    return ids, meaning


def from_onehot(text: str, info: InputInfo) -> NDArray[Any]:
    """Return one-hot rows as wide as the input's features."""
    rest = text.partition(":")[2]
    if info.tokens is not None:
        raise SequenceError(
            f"the model reads token ids itself: type{clean(rest, 40)} without "
            "onehot:"
        )

    ids = np.atleast_1d(parse_numbers(rest.replace(";", " "), info))

    return _one_hot(ids, info)


def _one_hot(ids: NDArray[Any], info: InputInfo) -> NDArray[np.float32]:
    """Return a row for each id, `(timesteps, features)`."""
    width = None
    if len(info.shape) == 2:
        width = info.shape[1]

    if width is None:
        raise SequenceError(
            "one-hot rows need a model that reads (timesteps, features) with "
            "a known width"
        )

    ids = ids.reshape(-1)
    is_known = (ids >= 0) & (ids < width)
    is_whole = ids == np.floor(ids)
    sound = is_known & is_whole
    if not sound.all():
        value = ids[np.argmin(sound)]
        raise SequenceError(
            f"the model's features are {width} wide, so ids go from 0 to "
            f"{width - 1}; {value:g} doesn't"
        )

    values = len(ids) * width
    if values > MOST_VALUES:
        raise SequenceError(
            f"{len(ids):,} ids would make {values:,} values; the most is "
            f"{MOST_VALUES:,}"
        )

    # in blocks, so that no more than one is in memory where the rows are on
    # disk
    rows = roomy((len(ids), width), np.float32)
    step = max(1, BLOCK // (width * rows.itemsize))
    for start in range(0, len(ids), step):
        columns = ids[start : start + step].astype(np.int64)
        timesteps = np.arange(start, start + len(columns))
        rows[timesteps, columns] = 1
        release(rows)

    return rows


def load_vocabulary(
    source: str | os.PathLike[str] | Sequence[str] | Mapping[str, int],
) -> Mapping[str, int]:
    """Return token → id from a JSON file, a list of tokens (its order gives the
    ids) or a map.
    """
    name = ""
    value: Any = source
    if isinstance(source, (str, os.PathLike)):
        name = f"{clean(source)}: "
        value = _read(os.fspath(source), name)

    if isinstance(value, Mapping):
        pairs = value
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if all(isinstance(t, str) for t in value):
            pairs = {token: index for index, token in enumerate(value)}
        else:
            pairs = {}
    else:
        pairs = {}

    if len(pairs) > MOST_TOKENS:
        raise SequenceError(
            f"{name}this vocabulary has {len(pairs):,} tokens; at most "
            f"{MOST_TOKENS:,} are read"
        )

    sound = all(
        isinstance(token, str) and type(index) is int
        for token, index in pairs.items()
    )
    if (
        not pairs
        or not sound
        or not all(-1 < index < 1 << 31 for index in pairs.values())
    ):
        raise SequenceError(
            f"{name}a vocabulary is a JSON list of tokens, or an object of "
            "token → id"
        )

    return pairs


def _read(path: str, name: str) -> Any:
    with open_regular(path) as file:
        try:
            data = read_text_file(file, "a vocabulary")
            return load_json(data)
        except OSError as error:
            raise SequenceError(
                f"{name}{clean(error.strerror or error)}"
            ) from None
        except SequenceError as error:
            raise SequenceError(
                f"{name}{error}; a vocabulary is a JSON list of tokens, or "
                "token → id"
            ) from None
