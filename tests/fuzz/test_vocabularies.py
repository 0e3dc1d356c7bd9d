"""Hostile vocabularies and rules of text layers: what is listed and what a text
becomes is clean, or refused.
"""

from __future__ import annotations

import os
import random
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from forked import forking
from model_files import write_keras
from mutants import mutant
from test_hostile import FORBIDDEN
from text_files import model

from rnn_tui import open_model
from rnn_tui.errors import RnnTuiError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.sequences import parse_sequence
from rnn_tui.tui.session.tokens import visible

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

PIECES = [
    b"", b"[UNK]", b"the", b"movie", b"\x1b]0;x\x07", b"\x1b[2J", b"\xc2\x9b31m", "\u202eevil\u2066".encode(),
    "\u200b\u200d\ufeff".encode(), b"\xff\xfe", b"\xed\xa0\x80", b"\x00", b"a" * 5000,
    "e\u0301\u0301\u0301\u0301".encode(), b"[@click=app.quit]x[/]", b"$(touch PWNED)", b"../../etc/passwd",
    b"/etc/passwd", b"\r", b"\x85", "\u2028".encode(), b"-1", b"0", b" ", b"\t",
]  # fmt: skip
TEXT = "text: the \x1b]0;x\x07 movie \u202eevil\u2066 \x00 zzz"
SECONDS = 5.0


def vocabulary(rng: random.Random) -> bytes:
    start = b"\n[UNK]\n" if rng.random() < 0.7 else b""
    return start + b"\n".join(
        rng.choice(PIECES) for _ in range(rng.randrange(30))
    )


def looked_at(path: Path) -> str:
    """Open a file, list it, feed it text and ids; return how the text ended."""
    try:
        opened = open_model(path)
    except RnnTuiError as error:
        _fit_to_show(str(error))
        return "refused"
    for layer in opened.layers:
        for line in (
            *layer.notes,
            *layer.words,
            layer.why_not or "",
            repr(layer.config),
        ):
            _fit_to_show(line)
    ended = "ids"
    for typed in (TEXT, '["the", "movie the"]', "2 3"):
        ended = "text" if _ran(opened, typed) and typed == TEXT else ended
    reader = opened.model.inputs[0].text if opened.model.inputs else None
    if ended == "text" and reader is not None:
        for token in reader.load():
            _fit_to_show(visible(token))
    return ended


def _ran(opened: OpenedModel, typed: str) -> bool:
    try:
        found = parse_sequence(typed, opened.model.inputs)
        _fit_to_show(found.understood)
        opened.run(found.arrays)
    except RnnTuiError as error:
        _fit_to_show(str(error))
        return False
    return True


def _fit_to_show(line: str) -> None:
    assert FORBIDDEN.search(line) is None, ascii(line)
    assert len(line) < 8000


def test_no_vocabulary_reaches_the_screen_as_it_is(tmp_path: Path) -> None:
    rng = random.Random(0)
    ends = set()
    with forking():
        for _ in range(60):
            write_keras(tmp_path / "m.keras", model(vocabulary(rng)))
            ends.add(looked_at(tmp_path / "m.keras"))
    assert ends >= {"text", "ids"}
    assert os.listdir(tmp_path) == ["m.keras"]


def test_no_mutant_of_a_text_model_breaks_the_parent(tmp_path: Path) -> None:
    """Of the archive whole, whose checksums see most of it, and of its
    directory and its configuration.
    """
    rng = random.Random(1)
    write_keras(tmp_path / "m.keras", model(b"\n[UNK]\nthe\nmovie\nwas\ngreat"))
    sound = (tmp_path / "m.keras").read_bytes()
    ends = set()
    with forking():
        for _ in range(60):
            (tmp_path / "m").write_bytes(mutant(sound, rng)[1])
            ends.add(looked_at(tmp_path / "m"))
    assert ends >= {"text", "refused"}


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1, 3, 10**30, 1.5, float("nan"), "", "x", "int", "\x1b[2J", [], [2], [2, 3], [None], ["a", "b"],
    {}, {"a": 1}, "/etc/passwd", "gs://x/y", [["a"]], ["a", None], ["\x1b[2J", "\u202e"], list(range(50)), ["a"] * 3,
)  # fmt: skip
KEYS = (
    "standardize", "split", "ngrams", "output_mode", "output_sequence_length", "max_tokens", "vocabulary", "ragged",
    "encoding", "vocabulary_size", "idf_weights", "name", "sparse", "pad_to_max_tokens",
)  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_any_value_of_any_rule_is_followed_or_refused(
    key: str, tmp_path: Path
) -> None:
    with forking():
        for value in ODD:
            begun = time.process_time()
            write_keras(
                tmp_path / "m.keras",
                model(b"\n[UNK]\nthe\nmovie", **{key: value}),
            )
            assert looked_at(tmp_path / "m.keras") in ("text", "ids", "refused")
            assert time.process_time() - begun < SECONDS


def test_a_vocabulary_that_unpacks_to_gigabytes_is_refused_by_what_it_declares(
    tmp_path: Path,
) -> None:
    members = model(b"\n[UNK]\nthe")
    with zipfile.ZipFile(
        tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED
    ) as archive:
        for name, data in members.items():
            if "_lookup_layer" not in name:
                archive.writestr(
                    name,
                    data
                    if not name.endswith(".txt")
                    else b"ab\n" * (100 << 20),
                )
    with forking():
        opened = open_model(tmp_path / "m.keras")
    assert any("at most 16,777,216" in note for note in opened.layers[0].notes)
