"""A live TextVectorization beside ours: random vocabularies, rules and texts,
and whole models in `verify`.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.sequences import parse_sequence
from rnn_tui.verify import verify

pytestmark = pytest.mark.tensorflow

ALPHABET = (
    "aAbBcCzZ  \t\n\r\v\f\x1c\x85\u00a0\u2028,.;:!?'\"`~@#$%^&*()[]{}<>|\\/_-+="
    "0äÄßİıéЖж日本\u0301\u200d👩\U0001f469\ufeff\x00"
)
RULES: tuple[dict[str, Any], ...] = (
    {},
    {"standardize": "lower"},
    {"standardize": "strip_punctuation"},
    {"standardize": None},
    {"split": "character"},
    {"split": "character", "standardize": None, "output_sequence_length": 4},
    {"ngrams": 2},
    {"ngrams": (2, 3), "output_sequence_length": 6},
    {"ngrams": (3, 1), "split": "character"},
    {"output_sequence_length": 3, "max_tokens": 6},
)


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def texts(rng: random.Random, count: int) -> list[str]:
    """Texts of odd characters, in part of few of them, so that tokens come
    again.
    """
    made = [
        "".join(rng.choices(ALPHABET, k=rng.randrange(1, 25)))
        for _ in range(count)
    ]
    return made + [
        " ".join(
            rng.choices(
                ["ab", "Ab", "c", "ä", "Ä", "d."], k=rng.randrange(1, 8)
            )
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("number", range(len(RULES)))
def test_the_ids_are_those_of_a_live_keras(
    keras: Any, number: int, tmp_path: Path
) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    rng = random.Random(number)
    layer = keras.layers.TextVectorization(**RULES[number])
    # Words of a vocabulary file can't hold what ends a line; what is looked up
    # may be anything.
    corpus = [
        text
        for text in texts(rng, 20)
        if not set(text) & set("\n\r\v\f\x1c\x85\u2028\x00")
    ]
    layer.adapt(tensorflow.constant(corpus))
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            layer,
            keras.layers.Embedding(500, 2),
        ]
    )
    model.save(tmp_path / "m.keras")
    opened = open_model(tmp_path / "m.keras")
    (info,) = opened.model.inputs
    assert info.text is not None
    asked = texts(rng, 60) + corpus
    theirs = layer(tensorflow.constant([[text] for text in asked])).numpy()
    for text, row in zip(asked, theirs.tolist(), strict=True):
        ids = info.text.ids(text) if info.text.length or any(row) else []
        assert ids + [0] * (len(row) - len(ids)) == row, repr(text)


def two_inputs(keras: Any, path: Path) -> Any:
    """A model of a text and of numbers, its text layer shared by two texts."""
    layer = keras.layers.TextVectorization(output_sequence_length=5)
    layer.adapt(["the movie was great", "it was long"])
    title = keras.Input((), dtype="string", name="title")
    review = keras.Input((1,), dtype="string", name="review")
    scores = keras.Input((5, 3), name="scores")
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    both = [embedding(layer(title)), embedding(layer(review)), scores]
    read = keras.layers.LSTM(4)(keras.layers.Concatenate(axis=-1)(both))
    model = keras.Model([title, review, scores], keras.layers.Dense(2)(read))
    model.save(path)
    return model


def test_a_model_of_two_texts_and_numbers_equals_keras(
    keras: Any, tmp_path: Path
) -> None:
    two_inputs(keras, tmp_path / "m.keras")
    opened = open_model(tmp_path / "m.keras")
    typed = [
        "title=text: The MOVIE",
        "review=text: zzz was great!",
        "scores=random:5:3",
    ]
    given = parse_sequence(typed, opened.model.inputs)
    assert given.texts == {
        "title": ("The MOVIE",),
        "review": ("zzz was great!",),
    }
    with_text = verify(
        tmp_path / "m.keras", given.arrays, opened=opened, texts=given.texts
    )
    assert with_text.agrees(), with_text.largest
    assert (
        sum(
            one.name.startswith("text_vectorization")
            for one in with_text.differences
        )
        == 2
    )
    mixed = parse_sequence(
        ["title=2 3", "review=text: was", "scores=random"], opened.model.inputs
    )
    with_ids = verify(
        tmp_path / "m.keras", mixed.arrays, opened=opened, texts=mixed.texts
    )
    assert with_ids.agrees(), with_ids.largest
    assert np.array_equal(mixed.arrays["title"], [2, 3, 0, 0, 0])


def test_a_wrong_id_is_found_by_verify(keras: Any, tmp_path: Path) -> None:
    layer = keras.layers.TextVectorization()
    layer.adapt(["the movie was great"])
    keras.Sequential(
        [keras.Input((1,), dtype="string"), layer, keras.layers.Embedding(9, 3)]
    ).save(tmp_path / "m.keras")
    opened = open_model(tmp_path / "m.keras")
    given = parse_sequence("text: the movie", opened.model.inputs)
    (name,) = given.arrays
    found = verify(
        tmp_path / "m.keras",
        {name: given.arrays[name][::-1]},
        opened=opened,
        texts=given.texts,
    )
    assert not found.agrees()


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_model_of_the_tutorials_has_no_input_layer_and_runs(
    keras: Any, suffix: str, tmp_path: Path
) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    # an .h5 keeps no other vocabulary
    words = ["the", "movie", "was", "great"] if suffix == ".h5" else None
    layer = keras.layers.TextVectorization(vocabulary=words)
    if words is None:
        layer.adapt(tensorflow.constant(["the movie was great", "it was long"]))
    sides = keras.layers.Bidirectional(keras.layers.LSTM(6))
    model = keras.Sequential(
        [
            layer,
            keras.layers.Embedding(9, 8, mask_zero=True),
            sides,
            keras.layers.Dense(1),
        ]
    )
    asked = ["The movie was long", "great!"]
    theirs = model(tensorflow.constant(asked)).numpy()
    model.save(tmp_path / f"m{suffix}")
    opened = open_model(tmp_path / f"m{suffix}")
    np.testing.assert_allclose(
        opened.run(asked).outputs[0], theirs, rtol=1e-5, atol=1e-6
    )
    assert all(info.output_shape is not None for info in opened.layers)
