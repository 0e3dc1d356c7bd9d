"""The work of a TextVectorization on a text: the standardised text, its tokens,
their ids, as TensorFlow's ops do it.

The ops work on UTF-8 bytes: `tf.strings.lower` without an encoding and
`tf.strings.split` know ASCII's letters and blanks only, whatever Python would
call a letter or a blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from rnn_tui.errors import SequenceError
from rnn_tui.text import clean

PADDING, UNKNOWN = 0, 1
"""The ids of a TextVectorization's padding and of every token its vocabulary
doesn't have.
"""
UNKNOWN_TOKEN = "[UNK]"
LONGEST = 1 << 22
"""Ids one text may become."""
MOST_JOINED = 1 << 26
"""Tokens that n-grams may take together."""

STANDARDS = ("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
SPLITS = ("whitespace", "character")
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_PUNCTUATION = dict.fromkeys(map(ord, "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"))
_BLANKS = re.compile("[ \t\n\v\f\r]+")


def no_vocabulary() -> Mapping[str, int]:
    """Raise SequenceError: the file holds no vocabulary."""
    raise SequenceError(
        "the file holds no vocabulary: give --vocab FILE (JSON list, or token "
        "→ id), or token ids"
    )


@dataclass(frozen=True, eq=False)
class TextReader:
    """How one layer reads text.

    `layer` is the key of the call; `size` counts its ids, None where the file
    is silent.

    `load` brings the file's vocabulary, token → id, and raises SequenceError
    where it can't. `why_not` says why the layer's own rules can't be followed:
    ids can be given all the same.
    """

    layer: str
    standardize: str | None = "lower_and_strip_punctuation"
    split: str | None = "whitespace"
    ngrams: int | Sequence[int] | None = None
    length: int | None = None
    size: int | None = None
    load: Callable[[], Mapping[str, int]] = no_vocabulary
    why_not: str | None = None

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a text, as many as the layer reads.

        Raises SequenceError.
        """
        if self.why_not is not None:
            raise SequenceError(
                f"layer {self.layer!r} can't be given text here: "
                f"{self.why_not}; give token ids"
            )
        if not text.isascii() and any(
            "\ud800" <= char <= "\udfff" for char in text
        ):
            raise SequenceError("the text isn't valid UTF-8")

        if self.standardize in ("lower", "lower_and_strip_punctuation"):
            text = text.translate(_LOWER)

        if self.standardize in (
            "strip_punctuation",
            "lower_and_strip_punctuation",
        ):
            text = text.translate(_PUNCTUATION)

        if self.split == "character":
            found = list(text)
        else:
            found = [word for word in _BLANKS.split(text) if word]

        most = LONGEST if self.length is None else self.length
        found = list(islice(self._joined(found), most + 1))
        if self.length is None and len(found) > most:
            raise SequenceError(
                f"the text becomes more than {most:,} token ids"
            )

        return found[:most]

    def _joined(self, tokens: list[str]) -> Iterator[str]:
        """Yield the n-grams, those of the first width first; without n-grams
        the tokens themselves.
        """
        if self.ngrams is None:
            yield from tokens
            return

        widths: range | Sequence[int]
        if isinstance(self.ngrams, int):
            widths = range(1, self.ngrams + 1)
        else:
            widths = self.ngrams

        joined = 0
        for width in widths:
            if width > len(tokens) and isinstance(self.ngrams, int):
                return

            for place in range(len(tokens) - width + 1):
                joined += width
                if joined > MOST_JOINED:
                    raise SequenceError(
                        "the text has too many n-grams; a shorter one has fewer"
                    )

                yield " ".join(tokens[place : place + width])

    def ids(
        self,
        text: str,
        vocabulary: Mapping[str, int] | None = None,
    ) -> list[int]:
        """Return the ids of a text, padded as the layer pads; `vocabulary`
        takes the place of for the file's own.

        Raises SequenceError when there is no vocabulary, or nothing to read.
        """
        tokens = self.tokens(text)
        if vocabulary is None:
            known = self.load()
        else:
            known = vocabulary

        ids = [
            known.get(token, UNKNOWN) if token else PADDING for token in tokens
        ]
        if self.length is None and not ids:
            raise SequenceError(
                f"nothing is left of the text {clean(text, 40)!r}: it has no "
                "tokens"
            )

        length = self.length or 0
        lacking = length - len(ids)

        return ids + [PADDING] * lacking


def ids_of(
    value: str | Sequence[str],
    reader: TextReader,
    vocabulary: Mapping[str, int] | None = None,
) -> list[int] | list[list[int]]:
    """Return the ids of a text, or of a batch of them, the shorter padded at
    their ends. Raises SequenceError.
    """
    if isinstance(value, str):
        return reader.ids(value, vocabulary)

    rows = [reader.ids(text, vocabulary) for text in value]
    longest = max(map(len, rows), default=0)
    padded = []
    for row in rows:
        lacking = longest - len(row)
        padded.append(row + [PADDING] * lacking)

    return padded
