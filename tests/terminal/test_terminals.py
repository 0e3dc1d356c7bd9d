"""Every kind of terminal: none, dumb, colourless, of few colours, of another
encoding, of any size (P12–P15).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from scan import COLOUR, foreign
from session import BRACKETS, ROOT, Session

HEADLESS = ("layers", "weights", "trace")
TOUR = ("1", "2", "3", "4", "5", " ", "?", "\x1b")
OLD = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANG": "C"}


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RNN_TUI_STATE", str(tmp_path / "state.json"))


def toured(
    *arguments: str,
    tour: tuple[str, ...] = TOUR,
    size: tuple[int, int] = (24, 80),
    until: str = "lstm",
    **environ: str,
) -> bytes:
    """Go through every view, or where `tour` leads, and return what was
    written.
    """
    with Session(BRACKETS, *arguments, size=size, **environ) as session:
        session.wait_for(until)
        session.press_each(*tour)
        session.press("q")
        assert session.end() == 0
        assert session.is_restored()
        assert b"Traceback" not in session.output
        assert not foreign(session.output)
        return session.output


def test_no_color_means_no_colour_in_any_view_and_while_playing() -> None:
    written = toured("--play", NO_COLOR="1")
    assert not COLOUR.search(written)


def test_a_terminal_without_colours_gets_none() -> None:
    assert not COLOUR.search(toured(TERM="vt100"))


def test_an_empty_no_color_means_nothing() -> None:
    assert COLOUR.search(toured(tour=("3",), NO_COLOR=""))


@pytest.mark.parametrize("term", ["linux", "xterm-256color"])
def test_a_terminal_gets_no_more_colours_than_it_has(term: str) -> None:
    written = toured(TERM=term)
    assert b"38;2;" not in written
    assert (b"38;5;" in written) == (term == "xterm-256color")


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C", **OLD},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C"},
        {"LC_ALL": "", "LANG": ""},
    ],
    ids=["C without coercion", "latin-1", "C", "no locale"],
)
def test_where_utf8_is_not_understood_every_byte_is_ascii_and_nothing_a_row_of_question_marks(
    environ: dict[str, str],
) -> None:
    written = toured(**environ)
    assert written.isascii()
    assert b"??" not in written


@pytest.mark.parametrize(
    ("size", "until"),
    [((1, 1), "\x1b["), ((200, 500), "lstm")],
    ids=["smallest", "largest"],
)
def test_any_size(size: tuple[int, int], until: str) -> None:
    toured(size=size, until=until)


def test_a_storm_of_sizes() -> None:
    stale = {"COLUMNS": "200", "LINES": "60"}
    with Session(BRACKETS, "--play", "--view", "states", **stale) as session:
        session.wait_for("hidden state")
        for index in range(300):
            session.resize(1 + index * 37 % 70, 1 + index * 91 % 230)
            session.read(0.005)
        session.resize(9, 39)
        session.shows("the explorer needs 40")
        session.resize(1, 80)
        session.press_each("1", "2", "3", "4")
        session.resize(24, 80)
        session.press("5")
        session.shows("return_sequences")
        session.press("q")
        assert session.end() == 0
        assert session.is_restored()
        assert b"Traceback" not in session.output


def refused(how: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the explorer by a shell whose redirections are `how`, on a terminal
    that isn't one.
    """
    command = f"exec {sys.executable} -m rnn_tui {BRACKETS} {how}"
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, cwd=ROOT, **options
    )


@pytest.mark.parametrize(
    "how", ["</dev/null", "<&-", "</dev/null >/dev/null", ">&-"]
)
def test_without_a_terminal_it_is_refused_in_one_line(how: str) -> None:
    done = refused(how)
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert all(name in line for name in HEADLESS)
    assert b"\x1b" not in done.stderr + done.stdout
    assert done.stdout == b""


@pytest.mark.parametrize("how", ["2>&-", "2>/dev/null", ">&- 2>&- <&-"])
def test_without_a_standard_error_it_ends_all_the_same(how: str) -> None:
    done = refused(how)
    assert done.returncode == 2
    assert b"\x1b" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("| cat", "standard output"),
        ("2>&1 | cat", "standard error"),
        ("</dev/null", "standard input"),
    ],
)
def test_on_a_terminal_but_not_with_all_streams(how: str, said: str) -> None:
    command = [
        "bash",
        "-o",
        "pipefail",
        "-c",
        f"{sys.executable} -m rnn_tui {BRACKETS} {how}",
    ]
    with Session(command=command) as session:
        assert session.end() == 2
        assert said.encode() in session.output
        assert b"\x1b" not in session.output


def test_a_dumb_terminal_is_refused() -> None:
    with Session(BRACKETS, TERM="dumb") as session:
        assert session.end() == 2
        assert b"TERM is dumb" in session.output
        assert b"\x1b" not in session.output


def multiplexer(name: str, folder: Path) -> tuple[list[str], list[str]]:
    """Return how to run a shell command inside, and how to end it."""
    if name == "tmux":
        base = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]
        return [*base, "new-session"], [*base, "kill-server"]
    return ["screen", "-U", "-c", "/dev/null", "-S", "rnn", "sh", "-c"], [
        "screen",
        "-S",
        "rnn",
        "-X",
        "quit",
    ]


@pytest.mark.parametrize("name", ["tmux", "screen"])
def test_inside_a_multiplexer(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if which(name) is None:
        pytest.skip(f"{name} is not installed")
    (tmp_path / "screens").mkdir(mode=0o700)
    monkeypatch.setenv("SCREENDIR", str(tmp_path / "screens"))
    inside = f"{sys.executable} -m rnn_tui {BRACKETS} --view states; echo status $?; cat"
    begin, end = multiplexer(name, tmp_path)
    with Session(command=[*begin, inside], size=(30, 100)) as session:
        try:
            session.shows("hidden state")
            session.press("2")
            session.shows("kernel")
            session.resize(24, 80)
            session.press("3")
            session.shows("↑↓ unit")
            session.press("q")
            session.shows("status 0")
        finally:
            subprocess.run(end, check=False)
