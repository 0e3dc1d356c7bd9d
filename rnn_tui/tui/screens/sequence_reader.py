"""Reads a typed sequence for the model's inputs, with the vocabulary that the
session has, or that the line names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rnn_tui.errors import RnnTuiError, SequenceError, UnknownTokenError
from rnn_tui.text import clean
from rnn_tui.tui.screens.path_names import completed
from rnn_tui.tui.session.jobs import Typed, parse_texts
from rnn_tui.tui.session.typed_vocabulary import (
    needs_vocabulary,
    split_line,
    vocabulary_beside,
)

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Subject

GRAMMAR = (
    "0.1 0.2 0.3   0.1 0.2; 0.3 0.1   [[0.1, 0.2]]   4 7 8   onehot: 4 7\n"
    "random:50:7  sine:50  ramp:50  impulse:50  step:50  zeros:50  ones:50\n"
    "text: hello   words: hello world   vocab: FILE words: hello world\n"
    "data.npy .npz .csv .tsv .json .txt\n"
    "NAME=SEQ | NAME=SEQ   for a model of several inputs"
)


class SequenceReader:
    """The sequence that is typed, parsed."""

    grammar = GRAMMAR

    def __init__(
        self,
        subject: Subject,
        title: str = "Sequence",
        keys: str = "enter runs it · ↑↓ older · esc back",
    ) -> None:
        assert subject.opened is not None
        self.title = title
        self.keys = keys
        self._subject = subject
        self._opened = subject.opened
        self._vocab = subject.vocab
        self._words = subject.vocabulary if subject.vocab else None

    def reads(self) -> str:
        """Return the model's inputs in words, with an example for each."""
        from rnn_tui.sequences.plain_words import example, reads

        words = self._known_words()
        inputs = self._opened.model.inputs
        lines = []
        for info in inputs:
            name = f"{clean(info.name)}: " if len(inputs) > 1 else ""
            lines.append(f"{name}reads {reads(info, words)}")

        typed = " | ".join(
            (f"{info.name}=" if len(inputs) > 1 else "") + example(info, words)
            for info in inputs
        )

        return "\n".join([*lines, f"for example: {clean(typed, 200)}"])

    def look(self, text: str) -> tuple[str, Typed | None]:
        """Return the meaning of a text: a large file isn't read to the end."""
        from rnn_tui.sequences.preview import preview_sequence

        sequence = self._take_vocabulary(text)
        try:
            found = preview_sequence(
                sequence,
                self._opened.model.inputs,
                vocab=self._known(),
            )
        except SequenceError as error:
            raise self._explained(error, sequence) from error

        typed = None
        if found.parsed is not None:
            typed = Typed((sequence,), found.parsed, self._words, self._vocab)

        return found.line, typed

    def read(self, text: str) -> tuple[str, Typed]:
        """Return the meaning of a text, and all of it."""
        sequence = self._take_vocabulary(text)
        try:
            typed = parse_texts(
                self._opened,
                (sequence,),
                self._vocab,
                self._known(),
            )
        except SequenceError as error:
            raise self._explained(error, sequence) from error

        return typed.parsed.understood, typed._replace(vocab=self._vocab)

    def _take_vocabulary(self, text: str) -> str:
        """Take the vocabulary that a line names, and return its sequence; the
        session's own counts again where it names none.
        """
        line = split_line(text, self._opened.file.path)
        vocab = line.vocab or self._subject.vocab
        if vocab != self._vocab:
            self._vocab = vocab
            self._words = None

        return line.sequence

    def _explained(
        self,
        error: SequenceError,
        sequence: str,
    ) -> SequenceError:
        """Return an error about a text for which there is no vocabulary with
        the way to name one; other errors as they are.
        """
        has_text = any(
            info.text is not None for info in self._opened.model.inputs
        )
        known = self._vocab is not None or has_text
        if known or not needs_vocabulary(sequence):
            return error

        name = vocabulary_beside(self._opened.file.path)
        message = (
            "which id has a token? Name the vocabulary, a JSON list or token → "
            f"id: vocab: {name or 'FILE'} {clean(sequence, 60)}"
        )
        offer = ""
        if name is not None:
            offer = f"vocab: {name} {sequence}"

        return UnknownTokenError(message, offer)

    def completed(self, text: str) -> str:
        """Return the text with its path completed."""
        return completed(text)

    def _known_words(self) -> Mapping[str, int] | None:
        """Return the vocabulary, none where it can't be read: that is said when
        text is typed.
        """
        try:
            return self._known()
        except RnnTuiError:
            return None

    def _known(self) -> Mapping[str, int] | None:
        """Return the vocabulary, read once for all that is typed."""
        if self._vocab is not None and self._words is None:
            from rnn_tui.sequences.tokens import load_vocabulary

            self._words = load_vocabulary(self._vocab)

        return self._words
