"""TextVectorization, the first layer of a model that reads text: a run is fed
the ids it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.core.text_reader import (
    SPLITS,
    STANDARDS,
    TextReader,
    no_vocabulary,
)
from rnn_tui.engine.layers.keys import Key, is_whole
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import Config, Schema
from rnn_tui.text import clean

MOST_TEXT_TOKENS = 1 << 22
"""Tokens that a text is made to have, at most."""


def _are_lengths(value: Any) -> bool:
    """Return whether a value is one length of n-grams, or a list of them."""
    if isinstance(value, list):
        listed = value
    else:
        listed = [value]

    return 0 < len(listed) <= 100 and all(
        isinstance(length, int) and is_whole(length, 1) for length in listed
    )


def _is_text_length(value: Any) -> bool:
    return is_whole(value, 1, MOST_TEXT_TOKENS)


def _no_sequence(config: Config) -> str | None:
    """Return why its output is no sequence of token ids; None when it is
    one.
    """
    mode = config.get("output_mode", "int")
    if mode != "int":
        return (
            f"its output_mode {clean(mode, 20)!r} gives no sequence of token "
            "ids"
        )
    if config.get("ragged"):
        return "it returns ragged tensors"

    return None


@computes(
    TextVectorization=Schema(
        "Turns a text into the ids of its tokens, by its own rules and "
        "vocabulary.",
        keys={
            "ngrams": Key(
                _are_lengths,
                "a whole number above 0, or a list of them",
            ),
            "output_sequence_length": Key(
                _is_text_length,
                f"1 to {MOST_TEXT_TOKENS:,}",
            ),
        },
        why_not=_no_sequence,
    )
)
@dataclass(eq=False)
class TextVectorization(Layer):
    """Returns its input, token ids: `reader` makes them of a text, before the
    run.
    """

    load: Callable[[], Mapping[str, int]] = no_vocabulary

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the ids."""
        return [Tensor(inputs[0].value)]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return `(batch, output_sequence_length)`."""
        return [(inputs[0][0], self.length)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return 0: its output is its input."""
        return 0

    @property
    def length(self) -> int | None:
        """How many ids every text becomes; None when that is its own number of
        tokens.
        """
        length: int | None = self.config.get("output_sequence_length")
        return length

    @property
    def size(self) -> int | None:
        """How many ids there are, as the file says; a layer that has seen no
        text yet has two.
        """
        size: Any = self.config.get("vocabulary_size")
        if isinstance(size, int) and size > 2:
            return size

        return None

    def reader(self, key: str) -> TextReader:
        """Return how its call `key` reads text."""
        config = self.config
        why_not = None
        standardize = config.get("standardize", STANDARDS[0])
        split = config.get("split", SPLITS[0])
        if standardize not in STANDARDS:
            why_not = (
                "its standardize is a function of its author's own, which is "
                "not in the file"
            )
        elif split is None:
            why_not = "it doesn't split its text"
        elif split not in SPLITS:
            why_not = (
                "its split is a function of its author's own, which is not in "
                "the file"
            )
        elif str(config.get("encoding", "utf-8")).lower() not in (
            "utf-8",
            "utf8",
        ):
            why_not = "its encoding isn't UTF-8"

        if why_not is not None:
            return TextReader(
                key,
                length=self.length,
                size=self.size,
                load=self.load,
                why_not=why_not,
            )

        return TextReader(
            key,
            standardize,
            split,
            config.get("ngrams"),
            self.length,
            self.size,
            self.load,
        )
