"""The explorer on a model that begins with text: its tokens label the
timesteps, whatever was typed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.tui.session.jobs import Ran, first_text, parse_texts, run_typed
from rnn_tui.tui.session.tokens import shown_names, tokens

TEXTS = Path(__file__).parents[1] / "data" / "texts"


def ran(opened: OpenedModel, text: str) -> Ran:
    typed = parse_texts(opened, [text], None)
    return run_typed(opened, typed, lambda done, total: None, lambda: False)


def labels(found: Ran) -> list[str] | None:
    (ids,) = found.trace.inputs.values()
    return tokens(np.asarray(ids[0]), found.vocabulary)


def test_a_text_is_labelled_with_the_tokens_the_model_knows() -> None:
    found = ran(
        open_model(TEXTS / "keras__plain.keras"), "text: The movie, zzz"
    )
    assert labels(found) == ["the", "movie", "[UNK]"]
    assert list(found.parsed.texts.values()) == [("The movie, zzz",)]


def test_the_first_sequence_is_labelled_too() -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    text, vocab = first_text(opened)
    assert (text, vocab) == ("random:20", None)
    words = labels(ran(opened, text))
    assert words is not None
    assert len(words) == 20
    assert not set(words) & {"?", "[UNK]", ""}


def test_padding_is_shown_as_a_blank() -> None:
    assert labels(
        ran(open_model(TEXTS / "keras__ngrams.keras"), "text: movie")
    ) == [
        "movie",
        *["·"] * 6,
    ]


def test_a_vocabulary_that_cannot_be_read_leaves_the_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = open_model(TEXTS / "keras__plain.keras")
    reader = opened.model.inputs[0].text
    assert reader is not None
    from rnn_tui.errors import FileError

    def gone() -> bytes:
        raise FileError("the file has changed")

    for name, stored in opened.file.vocabularies.items():
        monkeypatch.setitem(
            opened.file.vocabularies, name, stored._replace(read=gone)
        )  # type: ignore[arg-type]
    from rnn_tui.formats.build.build import build

    changed = OpenedModel(opened.file, build(opened.file)[0])
    found = ran(changed, "2 3 4")
    assert found.vocabulary is None
    assert labels(found) is None


def test_shown_names_are_fit_to_show_and_follow_the_vocabulary() -> None:
    assert shown_names({"\x1b[2J": 3, " ": 4}) == {3: "\\x1b[2J", 4: "␣"}
    assert shown_names({"a": 3}) == {3: "a"}
