"""What a model reads in plain words, the example that goes with it, and text
with characters that a vocabulary lacks.
"""

from __future__ import annotations

import pytest

from rnn_tui import open_model
from rnn_tui.engine.graph.input_info import InputInfo
from rnn_tui.errors import UnknownTokenError
from rnn_tui.samples import Sample, find_sample, samples
from rnn_tui.sequences import parse_sequence
from rnn_tui.sequences.plain_words import example, reads
from rnn_tui.sequences.tokens import from_text, load_vocabulary


@pytest.mark.parametrize("sample", samples(), ids=lambda one: one.name)
def test_the_example_of_every_sample_runs(sample: Sample) -> None:
    model = open_model(sample.path)
    vocabulary = sample.vocab and load_vocabulary(sample.vocab)
    (info,) = model.model.inputs
    typed = example(info, vocabulary or None)
    parsed = parse_sequence(typed, (info,), vocab=vocabulary or None)
    assert model.run(parsed.arrays, warn=lambda line: None).output is not None


@pytest.mark.parametrize(
    ("info", "words", "typed"),
    [
        (
            InputInfo("x", (None, 1)),
            "one number a timestep; any",
            "0.1 0.2 -0.3",
        ),
        (
            InputInfo("x", (2, 3)),
            "3 numbers a timestep; 2 timesteps in the file",
            "0.1 0.2 -0.3; 0.2 -0.3 0.4",
        ),
        (
            InputInfo("x", (None,), tokens=3),
            "a token id from 0 to 2 a timestep",
            "1 2 2",
        ),
        (InputInfo("x", (50, 1)), "50 timesteps in the file", "random:50"),
        (InputInfo("x", (None, 8, 8, 1)), "8 × 8 × 1", "random:3"),
    ],
)
def test_an_input_is_told_in_words_with_an_example(
    info: InputInfo, words: str, typed: str
) -> None:
    assert words in reads(info, None)
    assert example(info, None) == typed


def test_a_vocabulary_makes_the_example_a_text() -> None:
    info = InputInfo("x", (None, 3))
    vocabulary = {"(": 0, ")": 1, " ": 2}
    assert "text:" in reads(info, vocabulary)
    assert example(info, vocabulary) == "text: ()"
    assert example(InputInfo("x", (None, 4)), vocabulary).startswith("0.1 ")


def test_a_vocabulary_of_words_is_told_from_one_of_characters() -> None:
    info = InputInfo("x", (None,), tokens=5)
    words = {"<pad>": 0, "not": 1, "good": 2, "bad": 3, "a": 4}
    assert "words: of the vocabulary" in reads(info, words)
    assert example(info, words) == "words: not good bad"
    assert len(from_text(example(info, words), info, words)) == 3
    letters = {"ab": 0, "(": 1, ")": 2, "x": 3}
    assert "text: of the vocabulary's characters" in reads(info, letters)


def test_characters_outside_the_vocabulary_are_offered_as_it_has_them() -> None:
    found = find_sample("char-lstm")
    assert found is not None
    assert found.vocab is not None
    vocabulary = load_vocabulary(found.vocab)
    info = InputInfo("x", (None,), tokens=len(vocabulary))
    with pytest.raises(UnknownTokenError) as raised:
        from_text("text: Alice\nß end", info, vocabulary)
    assert raised.value.offer == "text: alice  end"
    assert "no token 'A'" in str(raised.value)
    assert "without 1 that it lacks" in str(raised.value)
    ids = from_text(raised.value.offer, info, vocabulary)
    assert len(ids) == len("alice  end")


@pytest.mark.parametrize(
    ("typed", "vocabulary", "offer"),
    [
        ("text: a good film", ("a", "good", "film"), "words: a good film"),
        ("text: a Good day", ("a", "good", "film"), "words: a good"),
        ("words: abba", ("a", "b"), "text: abba"),
        ("words: ab cd", ("ab", "x"), "words: ab"),
    ],
)
def test_words_are_offered_for_characters_where_more_of_them_are_known(
    typed: str, vocabulary: tuple[str, ...], offer: str
) -> None:
    info = InputInfo("x", (None,), tokens=len(vocabulary))
    ids = {token: index for index, token in enumerate(vocabulary)}
    with pytest.raises(UnknownTokenError) as raised:
        from_text(typed, info, ids)
    assert raised.value.offer == offer
    assert len(from_text(offer, info, ids))


def test_nothing_is_offered_where_nothing_is_left() -> None:
    info = InputInfo("x", (None,), tokens=2)
    with pytest.raises(UnknownTokenError) as raised:
        from_text("words: one two", info, {"a": 0, "b": 1})
    assert raised.value.offer == ""
