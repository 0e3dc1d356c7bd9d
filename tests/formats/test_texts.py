"""Models that begin with text: Keras's ids and outputs, whose vocabulary it is,
and vocabularies that are bad.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_keras
from text_files import model

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.engine.core.text_reader import LONGEST, TextReader
from rnn_tui.errors import RnnTuiError, SequenceError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.formats.wire.problems import ProblemError
from rnn_tui.formats.wire.vocabulary import lines_of
from rnn_tui.sequences import parse_sequence

TEXTS = Path(__file__).parent.parent / "data" / "texts"
WRITTEN = sorted(path.stem for path in TEXTS.glob("*.json"))
RTOL, ATOL = 1e-5, 1e-6
WORDS = ["", "[UNK]", "the", "movie", "was", "gre\u200dat"]


def parsed(opened: OpenedModel, text: str, **options: Any) -> Any:
    return parse_sequence(text, opened.model.inputs, **options)


@pytest.mark.parametrize("name", WRITTEN)
def test_ids_and_outputs_are_those_of_the_keras_that_wrote_the_file(
    name: str,
) -> None:
    known = json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))
    opened = open_model(TEXTS / f"{name}.keras")
    for text, ids, output in zip(
        known["texts"], known["ids"], known["outputs"], strict=True
    ):
        found = parsed(opened, f"text: {text}")
        (array,) = found.arrays.values()
        assert array.tolist() == ids, repr(text)
        assert list(found.texts.values()) == [(text,)]
        np.testing.assert_allclose(
            opened.run(found.arrays).outputs[0][0], output, rtol=RTOL, atol=ATOL
        )
        np.testing.assert_allclose(
            opened.run(text).outputs[0][0], output, rtol=RTOL, atol=ATOL
        )


def test_the_goldens_are_of_both_keras_and_of_every_rule() -> None:
    assert len(WRITTEN) == 12
    assert {name.partition("__")[0] for name in WRITTEN} == {
        "keras",
        "tf_keras",
    }


def test_several_texts_are_a_batch_padded_to_the_longest() -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    known = json.loads(
        (TEXTS / "keras__plain.json").read_text(encoding="utf-8")
    )
    found = parsed(opened, json.dumps(known["texts"]))
    (array,) = found.arrays.values()
    assert found.batched
    assert [
        row[: len(ids)]
        for row, ids in zip(array.tolist(), known["ids"], strict=True)
    ] == known["ids"]
    assert not any(
        any(row[len(ids) :])
        for row, ids in zip(array.tolist(), known["ids"], strict=True)
    )
    np.testing.assert_allclose(
        opened.run(found.arrays).outputs[0],
        known["outputs"],
        rtol=RTOL,
        atol=ATOL,
    )
    np.testing.assert_allclose(
        opened.run(known["texts"]).outputs[0],
        known["outputs"],
        rtol=RTOL,
        atol=ATOL,
    )


@pytest.mark.parametrize("suffix", [".txt", ".json", "-"])
def test_texts_may_come_from_a_file(suffix: str, tmp_path: Path) -> None:
    opened = open_model(TEXTS / "keras__character.keras")
    for content, texts in (
        ("text: The\n", ("The",)),
        ('["The", "movie\\n"]\n', ("The", "movie\n")),
    ):
        if suffix == ".json" and content.startswith("text"):
            continue
        path = tmp_path / f"t{suffix}"
        path.write_text(content, encoding="utf-8")
        with path.open("rb") as stream:
            found = parsed(
                opened, "-" if suffix == "-" else str(path), stdin=stream
            )
        assert list(found.texts.values()) == [texts]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
@pytest.mark.parametrize("kind", ["<U", ">U"])
def test_texts_may_come_as_an_array_of_numpys(
    kind: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    texts = ["The movie", "was", "gre\u200dat 😀"]
    np.save(tmp_path / "t.npy", np.array(texts, dtype=kind).reshape(shape))
    found = parsed(opened, str(tmp_path / "t.npy"))
    assert list(found.texts.values()) == [tuple(texts)]
    assert (
        found.arrays["input_layer"].tolist()
        == parsed(opened, json.dumps(texts)).arrays["input_layer"].tolist()
    )

    np.save(tmp_path / "one.npy", np.array(texts[0]))
    one = parsed(opened, str(tmp_path / "one.npy"))
    assert not one.batched
    assert (
        one.arrays["input_layer"].tolist()
        == parsed(opened, f"text: {texts[0]}").arrays["input_layer"].tolist()
    )


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (
            np.array([["a", "b"]]),
            r"texts in shape \(1, 2\); each sequence is one text",
        ),
        (np.array([], "U4"), "it holds no text"),
        (np.full((3,), "x").view("u4").astype("u4"), "0 to"),
        (np.array([0xD800], "<u4").view("<U1"), "no character"),
        (np.array([0x110000], "<u4").view("<U1"), "no character"),
        (np.zeros((1 << 13, 1), "<U1025"), "8,396,800 characters; at most"),
        (np.array([b"a"]), "it holds text, not numbers"),
    ],
)
def test_an_array_that_holds_no_texts_is_refused(
    texts: Any, problem: str, tmp_path: Path
) -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    np.save(tmp_path / "t.npy", texts)
    with pytest.raises(SequenceError, match=problem):
        opened.run(parsed(opened, str(tmp_path / "t.npy")).arrays)


def test_texts_for_a_model_of_numbers_are_refused_as_what_they_are(
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "t.npy", np.array(["a"]))
    with pytest.raises(SequenceError, match="it holds text, not numbers"):
        parsed(
            open_model(TEXTS.parents[2] / "sample_models" / "brackets.h5"),
            str(tmp_path / "t.npy"),
        )


def test_words_means_what_text_does_and_ids_are_fed_as_they_are() -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    ids = parsed(opened, "text: the movie").arrays["input_layer"].tolist()
    assert (
        parsed(opened, "words: The, movie").arrays["input_layer"].tolist()
        == ids
    )
    assert (
        parsed(opened, " ".join(map(str, ids))).arrays["input_layer"].tolist()
        == ids
    )


def test_random_ids_are_those_of_words() -> None:
    (array,) = parsed(
        open_model(TEXTS / "keras__plain.keras"), "random:500"
    ).arrays.values()
    assert array.min() == 2


def test_the_layer_says_its_rules() -> None:
    (layer,) = [
        one
        for one in open_model(TEXTS / "keras__ngrams.keras").layers
        if "Vector" in one.class_name
    ]
    assert (
        "texts are standardised by lower_and_strip_punctuation" in layer.words
    )
    assert "split by whitespace" in layer.words
    assert "every text is cut or padded to 7 ids" in layer.words


def test_ids_are_padded_to_the_length_of_every_text_and_longer_ones_refused() -> (
    None
):
    opened = open_model(TEXTS / "tf_keras__ngrams.keras")
    (array,) = parsed(opened, "2 3 4").arrays.values()
    assert array.tolist() == [2, 3, 4, 0, 0, 0, 0]
    with pytest.raises(SequenceError, match="7 timesteps; the sequence has 8"):
        parsed(opened, "2 3 4 5 6 7 8 9")


def test_a_wrong_array_is_told_what_the_model_reads() -> None:
    with pytest.raises(
        SequenceError, match=r"reads text, or token ids; this has shape"
    ):
        parsed(open_model(TEXTS / "keras__plain.keras"), "[[[1, 2], [3, 4]]]")
    with pytest.raises(
        SequenceError, match=r"reads text, or 7 token ids; this has shape"
    ):
        parsed(open_model(TEXTS / "keras__ngrams.keras"), "[[[1, 2], [3, 4]]]")


@pytest.mark.parametrize(
    "name", ["keras__plain", "keras__ngrams", "keras__nested"]
)
def test_the_layers_behind_have_shapes(name: str) -> None:
    opened = open_model(TEXTS / f"{name}.keras")
    assert all(layer.output_shape is not None for layer in opened.layers)
    length = 7 if name == "keras__ngrams" else None
    assert (None, length, 5) in [layer.output_shape for layer in opened.layers]


def test_a_run_can_start_at_the_layer_that_reads_text() -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    found = parse_sequence(
        "text: the movie", opened.model.inputs_of("text_vectorization")
    )
    whole = opened.run("the movie").outputs[0]
    np.testing.assert_array_equal(
        opened.run(found.arrays, start_at="text_vectorization").outputs[0],
        whole,
    )


def test_text_for_a_model_of_numbers_is_refused() -> None:
    from rnn_tui.samples import samples

    with pytest.raises(SequenceError, match="'the' is not a number"):
        open_model(samples()[0].path).run("the movie")


# Vocabularies and configurations written by hand, in a model of a
# TextVectorization, an Embedding and an LSTM.


def opened_with(path: Path, members: dict[str, bytes]) -> OpenedModel:
    write_keras(path / "m.keras", members)
    return open_model(path / "m.keras")


def first_note(opened: OpenedModel) -> str:
    return next(note for note in opened.layers[0].notes if "reads text" in note)


def test_a_token_is_matched_as_it_is_and_shown_clean(tmp_path: Path) -> None:
    opened = opened_with(tmp_path, model("\n".join(WORDS).encode()))
    found = parsed(opened, "text: The gre\u200dat great")
    assert found.arrays["review"].tolist() == [2, 5, 1]
    assert found.understood.endswith("= the gre\\u200dat great (1 unknown)")


BAD = {
    "isn't UTF-8 text": b"\n[UNK]\nthe\xff\n",
    "holds the token 'the' twice": b"\n[UNK]\nthe\nmovie\nthe",
    "is empty": b"\n[UNK]",
    r"holds the token '\x1b[31m' twice": b"\n[UNK]\nthe\n\x1b[31m\n\x1b[31m",
}


@pytest.mark.parametrize("problem", BAD)
def test_a_bad_vocabulary_is_named_and_ids_still_run(
    problem: str, tmp_path: Path
) -> None:
    opened = opened_with(tmp_path, model(BAD[problem]))
    assert problem in first_note(opened)
    assert opened.run(np.array([2, 3])).outputs[0].shape == (1, 2)
    with pytest.raises(SequenceError, match="--vocab") as refused:
        parsed(opened, "text: the movie")
    assert problem in str(refused.value)
    assert parsed(opened, "text: the movie", vocab=WORDS).arrays[
        "review"
    ].tolist() == [
        2,
        3,
    ]


def test_an_absent_vocabulary_is_named(tmp_path: Path) -> None:
    opened = opened_with(tmp_path, model())
    assert "the file holds no vocabulary" in first_note(opened)
    with pytest.raises(
        SequenceError,
        match="holds no vocabulary: give --vocab FILE, or token ids",
    ):
        parsed(opened, "text: the movie")


def test_two_vocabularies_that_differ_are_refused(tmp_path: Path) -> None:
    members = model(b"\n[UNK]\nthe\nmovie")
    members["assets/layers/text_vectorization/vocabulary.txt"] = (
        b"\n[UNK]\nmovie\nthe"
    )
    assert "two vocabularies for it that differ" in first_note(
        opened_with(tmp_path, members)
    )


def test_a_vocabulary_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    write_keras(tmp_path / "m.keras", model(b"\n[UNK]\nthe\nmovie\nwonderful"))
    data = (
        (tmp_path / "m.keras").read_bytes().replace(b"wonderful", b"wonderfUl")
    )
    (tmp_path / "m.keras").write_bytes(data)
    opened = open_model(tmp_path / "m.keras")
    assert "checksum" in first_note(opened)
    with pytest.raises(SequenceError, match="checksum"):
        parsed(opened, "text: the movie")


@pytest.mark.parametrize("count", [2_000_000, 30_000_000])
def test_a_vocabulary_that_is_too_long_is_refused_before_it_is_unpacked(
    count: int, tmp_path: Path
) -> None:
    with zipfile.ZipFile(
        tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED
    ) as archive:
        for name, data in model(b"\n[UNK]\n" + b"a\n" * count).items():
            archive.writestr(name, data)
    opened = open_model(tmp_path / "m.keras")
    with pytest.raises(
        RnnTuiError, match=r"at most|more than|twice"
    ) as refused:
        parsed(opened, "text: a")
    assert "\n" not in str(refused.value)


def test_a_path_in_the_configuration_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    opened = opened_with(
        tmp_path,
        model(b"\n[UNK]\nthe\nmovie", vocabulary=str(tmp_path / "words.txt")),
    )
    assert "is a path" in first_note(opened)
    with pytest.raises(SequenceError, match="nothing outside the file is read"):
        parsed(opened, "text: the movie")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            {"class_name": "__tensor__", "config": {"value": ["the"]}},
            "no list of texts",
        ),
        (["the", 7], "no list of texts"),
        (["the", ["a"]], "no list of texts"),
        (["the", "the"], "'the' twice"),
        (["the", "the\0"], "'the' twice"),
        (["the", ""], "padding among its tokens"),
        ([], "is empty"),
        (["", "[UNK]"], "is empty"),
        (list("abcdefgh"), "its max_tokens is 9"),
    ],
)
def test_a_bad_list_in_the_configuration_is_named(
    words: Any, problem: str, tmp_path: Path
) -> None:
    opened = opened_with(tmp_path, model(vocabulary=words, max_tokens=9))
    with pytest.raises(SequenceError, match=problem):
        parsed(opened, "text: the movie")
    assert opened.run(np.array([2, 3])).outputs[0].shape == (1, 2)


def test_a_list_in_the_configuration_goes_before_the_file_and_needs_no_special_tokens(
    tmp_path: Path,
) -> None:
    opened = opened_with(
        tmp_path, model(b"\n[UNK]\nmovie\nthe", vocabulary=["the", "movie"])
    )
    assert parsed(opened, "text: the movie").arrays["review"].tolist() == [2, 3]


OWN = {
    "module": "builtins",
    "class_name": "function",
    "config": "mine",
    "registered_name": "function",
}


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"standardize": OWN},
            "its standardize is a function of its author's own",
        ),
        ({"split": OWN}, "its split is a function of its author's own"),
        ({"split": None}, "doesn't split its text"),
        ({"encoding": "latin-1"}, "isn't UTF-8"),
    ],
)
def test_rules_that_cannot_be_followed_leave_the_ids(
    config: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    opened = opened_with(tmp_path, model("\n".join(WORDS).encode(), **config))
    with pytest.raises(SequenceError, match=problem):
        parsed(opened, "text: the movie")
    assert opened.run(np.array([2, 3])).outputs[0].shape == (1, 2)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"output_mode": "multi_hot"}, "output_mode 'multi_hot'"),
        ({"output_mode": None}, "output_mode"),
        ({"ragged": True}, "ragged"),
        ({"output_sequence_length": 1 << 40}, "output_sequence_length"),
        ({"output_sequence_length": "x"}, "output_sequence_length"),
        ({"ngrams": 0}, "ngrams"),
        ({"ngrams": [2, "x"]}, "ngrams"),
        ({"max_tokens": -1}, "max_tokens"),
    ],
)
def test_a_layer_that_gives_no_sequence_of_ids_says_so(
    config: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    opened = opened_with(tmp_path, model(b"\n[UNK]\nthe", **config))
    assert problem in str(opened.layers[0].why_not)
    assert opened.run(np.array([2, 3]), start_at="embedding").outputs[
        0
    ].shape == (1, 2)


def wired(
    *layers: dict[str, Any], outputs: str
) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """A functional model of these layers instead of the chain."""

    def change(members: dict[str, bytes]) -> dict[str, bytes]:
        config = json.loads(members["config.json"])["config"]
        known = {layer["config"]["name"]: layer for layer in config["layers"]}
        made = [{**known.get(layer["name"], {}), **layer} for layer in layers]
        inside = {
            "name": "m",
            "layers": made,
            "input_layers": [["review", 0, 0]],
            "output_layers": [[outputs, 0, 0]],
        }
        return {
            **members,
            "config.json": json.dumps(
                {"class_name": "Functional", "config": inside}
            ).encode(),
        }

    return change


def call(name: str) -> list[Any]:
    return [[[name, 0, 0, {}]]]


CHAIN = (
    {"name": "review", "inbound_nodes": []},
    {"name": "embedding", "inbound_nodes": call("text_vectorization")},
    {"name": "lstm", "inbound_nodes": call("embedding")},
)


@pytest.mark.parametrize(
    "between",
    [
        [
            {
                "name": "a",
                "class_name": "Activation",
                "config": {"name": "a", "activation": "linear"},
            }
        ],
        [{"name": "a", "class_name": "Lambda", "config": {"name": "a"}}],
    ],
)
def test_text_that_has_been_through_another_layer_is_refused(
    between: list[Any], tmp_path: Path
) -> None:
    first = {**between[0], "inbound_nodes": call("review")}
    reading = {"name": "text_vectorization", "inbound_nodes": call("a")}
    opened = opened_with(
        tmp_path,
        wired(*CHAIN, first, reading, outputs="lstm")(model(b"\n[UNK]\nthe")),
    )
    why_not = next(
        layer.why_not
        for layer in opened.layers
        if layer.class_name == "TextVectorization"
    )
    assert "straight" in str(why_not)


def test_text_that_another_layer_reads_too_is_refused(tmp_path: Path) -> None:
    twin = {
        "name": "twin",
        "class_name": "TextVectorization",
        "inbound_nodes": call("review"),
    }
    twin["config"] = {"name": "twin", "split": "character"}
    reading = {"name": "text_vectorization", "inbound_nodes": call("review")}
    opened = opened_with(
        tmp_path,
        wired(*CHAIN, reading, twin, outputs="lstm")(model(b"\n[UNK]\nthe")),
    )
    reasons = [
        layer.why_not
        for layer in opened.layers
        if layer.class_name == "TextVectorization"
    ]
    assert all("for it alone" in str(reason) for reason in reasons)


def test_a_text_layer_within_a_wrapper_is_refused(tmp_path: Path) -> None:
    members = model(b"\n[UNK]\nthe")
    config = json.loads(members["config.json"])
    layers = config["config"]["layers"]
    layers[1] = {
        "class_name": "TimeDistributed",
        "config": {"name": "td", "layer": layers[1]},
    }
    members["config.json"] = json.dumps(config).encode()
    opened = opened_with(tmp_path, members)
    assert "straight" in str(opened.layers[0].why_not)


def test_ngrams_without_end_are_refused_or_cut() -> None:
    text = "a b " * 3000
    assert len(TextReader("t", ngrams=5000, length=10).tokens(text)) == 10
    with pytest.raises(SequenceError, match=r"n-grams|token ids"):
        TextReader("t", ngrams=5000).tokens(text)
    with pytest.raises(SequenceError, match="token ids"):
        TextReader("t", split="character").tokens("x" * (LONGEST + 1))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(SequenceError, match="valid UTF-8"):
        TextReader("t").tokens("caf\udce9")


@pytest.mark.parametrize(
    ("version", "tokens"),
    [
        ((3, 14, 0), ["a", "b", "c"]),
        ((3, 13, 2), ["a\u2028b", "c", "", ""]),
        ((), ["a\u2028b", "c", "", ""]),
    ],
)
def test_lines_end_where_the_keras_of_that_version_ends_them(
    version: tuple[int, ...], tokens: list[str]
) -> None:
    assert lines_of("a\u2028b\r\nc\n\n".encode(), version, 100) == tokens
    with pytest.raises(ProblemError, match="more than 3 tokens"):
        lines_of(b"a\nb\nc\nd", version, 3)


def test_the_commands_say_what_they_understood(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = str(TEXTS / "keras__plain.keras")
    assert main(["trace", path, "--input", "text: The movie, zzz"]) == 0
    assert "3 timesteps × token ids" in (found := capsys.readouterr().out)
    assert "= the movie zzz (1 unknown)" in found
    assert main(["layers", path]) == 0
    assert (
        "reads text; the ids of its tokens may be given instead"
        in capsys.readouterr().out
    )
    assert main(["trace", path, "--input", "text: ..."]) == 2
    assert "it has no tokens" in capsys.readouterr().err
    words = tmp_path / "words.json"
    words.write_text(json.dumps(["", "[UNK]", "movie"]), encoding="utf-8")
    assert (
        main(
            ["trace", path, "--vocab", str(words), "--input", "text: The movie"]
        )
        == 0
    )
    assert "token ids: 1 2 " in capsys.readouterr().out
