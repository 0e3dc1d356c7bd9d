"""Strings a stranger chose, through every view and command: nothing foreign is
written, nothing runs (P8, P9).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from named import NASTY, write_named
from rich.cells import cell_len
from scan import FOREIGN, foreign, headless_foreign
from session import BRACKETS, ROOT, Session

from rnn_tui.text import clean, clean_name
from rnn_tui.tui.terminal.line_filters import ascii_text, harmless

KEYS = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "/",
    "\x1b",
    "s\x1b[A",
    "\x1b",
    "e",
    "\x1b",
    "?",
    "\x1b",
    "\x10ver",
    "\x1b",
    "y",
]
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(codec=None), max_size=80),
    st.lists(
        st.sampled_from(
            [
                "\x1b",
                "\x9b",
                "]",
                "[",
                "0;",
                "\x07",
                "\u202e",
                "m",
                "/]",
                "\u0301",
            ]
        ),
        max_size=30,
    ).map("".join),
)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_the_gate_and_the_filters_let_nothing_foreign_through(
    text: str,
) -> None:
    for shown in (clean(text), clean_name(text), harmless(text)):
        assert not FOREIGN.search(shown)
        shown.encode("utf-8")
    assert ascii_text(harmless(text)).isascii()
    assert cell_len(clean(text)) <= 2 * 200


@pytest.mark.parametrize("seed", range(2))
def test_hostile_names_in_every_view(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "x[@click=app.quit]\u202e\x1b]0;T\x07.h5"
    write_named(path, random.Random(seed), runs=seed == 0)
    before = sorted(tmp_path.iterdir())
    environ = {"RNN_TUI_STATE": str(tmp_path.parent / f"state{seed}.json")}
    with Session(
        code=CHANGED.format(folder=str(tmp_path)),
        size=(30, 110),
        command=None,
        **environ,
    ) as session:
        session.shows("LSTM")
        session.rest()
        session.press_each(*KEYS, "1")
        for row in range(2, 12):
            for column in (2, 8, 30):
                session.click(column, row)
        session.rest()
        session.press_each("o", "\x1b")
        assert session.process.poll() is None
        session.press("v")
        session.press("\x03")
        assert session.end() == 130
        assert foreign(session.output, copied=True) == []
        assert session.is_restored()
    assert sorted(tmp_path.iterdir()) == before


CHANGED = """
import os, sys
os.chdir({folder!r})
from rnn_tui.cli import main
sys.exit(main([os.listdir(".")[0]]))
"""


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_hostile_names_in_the_headless_commands(
    form: str, tmp_path: Path
) -> None:
    path = tmp_path / "m\x1b]0;T\x07.h5"
    write_named(path, random.Random(3), runs=False)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for words in (
        ["layers"],
        ["weights"],
        ["trace", "--input", "random:3"],
        ["trace", "--input", "\x1b[2J"],
    ):
        command = [
            sys.executable,
            "-m",
            "rnn_tui",
            words[0],
            str(path),
            *words[1:],
            "--format",
            form,
        ]
        done = subprocess.run(
            command, capture_output=True, env=environ, check=False
        )
        assert done.returncode in (0, 2), done.stderr
        assert headless_foreign(done.stdout) == []
        assert headless_foreign(done.stderr) == []


def test_after_a_refusal_the_next_file_opens(tmp_path: Path) -> None:
    """P18: the explorer stays, and opens what can be opened."""
    (tmp_path / "a.h5").write_bytes(b"<html>")
    shutil.copy(BRACKETS, tmp_path / "b.h5")
    with Session(
        str(tmp_path / "a.h5"), RNN_TUI_STATE=str(tmp_path / "state.json")
    ) as session:
        session.shows("open another file")
        shutil.copy(tmp_path / "b.h5", tmp_path / "a.h5")
        session.press("r")
        session.shows("lstm")
        session.press("q")
        assert session.end() == 0


def test_the_scan_itself_sees_what_is_foreign() -> None:
    assert foreign(b"\x1b]0;title\x07")
    assert foreign(b"\x1b[6n")
    assert foreign("\u202e".encode())
    assert foreign(b"\xff")
    assert not foreign(b"\x1b[3;4H\x1b[38;5;7mx\x1b[m\x1b[?25l")
