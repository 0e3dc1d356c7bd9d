"""A vocabulary that is named in the prompt, in the line of the sequence."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Input, Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session.typed_vocabulary import (
    Line,
    needs_vocabulary,
    split_line,
    vocabulary_beside,
)

WORDS = {"low": 0, "mid": 1, "high": 2, "top": 3}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("0.1 0.2", Line(None, "0.1 0.2")),
        ("words: a b", Line(None, "words: a b")),
        ("vocab: v.json words: a b", Line("v.json", "words: a b")),
        (" VOCAB:v.json  text: a  b", Line("v.json", "text: a  b")),
        ("vocab: my file.json words: a", Line("my file.json", "words: a")),
        ("vocab: v.json", Line(None, "vocab: v.json")),
        (
            "words: vocab: v.json text: a",
            Line(None, "words: vocab: v.json text: a"),
        ),
    ],
)
def test_a_line_is_a_vocabulary_and_a_sequence(
    text: str, line: tuple[str | None, str]
) -> None:
    assert split_line(text, "model.h5") == line


def test_a_path_is_looked_for_here_and_then_beside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    beside = tmp_path / "models"
    here.mkdir()
    beside.mkdir()
    (beside / "v.json").write_text("[]")
    monkeypatch.chdir(here)
    model = str(beside / "m.h5")
    typed = "vocab: v.json words: a"
    assert split_line(typed, model).vocab == str(beside / "v.json")
    (here / "v.json").write_text("[]")
    assert split_line(typed, model).vocab == "v.json"


def test_the_one_usual_file_beside_the_model_is_offered(tmp_path: Path) -> None:
    model = str(tmp_path / "m.h5")
    assert vocabulary_beside(model) is None
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "word_index\x1b.json").write_text("{}")
    assert vocabulary_beside(model) is None
    (tmp_path / "word_index.json").write_text("{}")
    assert vocabulary_beside(model) == "word_index.json"
    # of two none is the obvious one
    (tmp_path / "vocab.json").write_text("{}")
    assert vocabulary_beside(model) is None
    assert vocabulary_beside(str(tmp_path / "none" / "m.h5")) is None


def test_only_typed_text_needs_a_vocabulary() -> None:
    assert needs_vocabulary("words: a")
    assert needs_vocabulary(" Text:a")
    assert not needs_vocabulary("words")
    assert not needs_vocabulary("sine:50")


async def typed(pilot: Any, settle: Settle, text: str) -> str:
    """Type a line into the prompt and return what is said of it."""
    await pilot.press("s")
    await settle(pilot)
    pilot.app.screen.query_one(Input).value = text
    await settle(pilot)
    return str(pilot.app.screen.query_one("#meaning", Static).render())


def test_words_run_with_the_vocabulary_that_tab_offers(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    model = tmp_path / "m.h5"
    shutil.copy(sample("lstm-masked.h5"), model)
    (tmp_path / "vocab.json").write_text(json.dumps(WORDS))

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        said = await typed(pilot, settle, "words: high low top")
        assert "vocab: vocab.json words: high low top" in said
        await pilot.press("tab")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        subject = explorer.session.subject
        assert subject.trace is not None
        (ids,) = subject.trace.inputs.values()
        assert np.asarray(ids).ravel().tolist() == [2, 0, 3]
        assert subject.texts == ("words: high low top",)
        assert subject.vocab == str(tmp_path / "vocab.json")

        # it stays: the next line needs no vocabulary, nor does another reading
        await typed(pilot, settle, "words: mid")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert explorer.session.subject.trace is not None
        (ids,) = explorer.session.subject.trace.inputs.values()
        assert np.asarray(ids).ravel().tolist() == [1]

    explore(look, str(model), settle)


def test_a_vocabulary_that_is_none_is_said_and_the_prompt_stays(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    model = tmp_path / "m.h5"
    shutil.copy(sample("lstm-masked.h5"), model)

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        said = await typed(pilot, settle, "words: a")
        assert "vocab: FILE words: a" in said
        assert "tab takes it so" not in said
        await pilot.press("escape")
        gone = os.fspath(tmp_path / "gone.json")
        said = await typed(pilot, settle, f"vocab: {gone} words: a")
        await pilot.press("enter")
        await settle(pilot)
        assert "gone.json" in said
        assert pilot.app.screen is not explorer

    explore(look, str(model), settle)
