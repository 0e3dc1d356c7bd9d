"""However the explorer ends, the terminal is given back, the status is right
and no process is left (P10, P11).
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import is_alive, state
from session import BRACKETS, PATIENCE, Session

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks into /proc"
)
PLAYING = ("--view", "states", "--play", "--input", "random:2000")


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RNN_TUI_STATE", str(tmp_path / "state.json"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def playing(*arguments: str, **options: object) -> Session:
    """The explorer, playing."""
    session = Session(BRACKETS, *PLAYING, *arguments, **options)  # type: ignore[arg-type]
    session.wait_for("hidden state")
    session.wait_for("▶")
    return session


@pytest.mark.parametrize(
    ("key", "status"), [("q", 0), ("\x11", 0), ("\x03", 130)]
)
def test_a_key_ends_it(key: str, status: int) -> None:
    with playing() as session:
        session.press(key)
        assert session.end() == status
        assert session.is_restored()
        assert b"Traceback" not in session.output


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("\x03", 130)])
def test_a_key_ends_it_on_the_start_screen_too(key: str, status: int) -> None:
    with Session() as session:
        session.shows("samples")
        session.rest()
        session.press(key)
        assert session.end() == status
        assert session.is_restored()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_ends_it_with_its_status(name: str) -> None:
    number = getattr(signal, name)
    with playing() as session:
        session.signal(number)
        assert session.end() == 128 + number
        assert session.is_restored()


def test_a_signal_ends_it_even_when_the_terminal_takes_no_more() -> None:
    with playing() as session:
        session.fill()
        time.sleep(
            1.0
        )  # it goes on playing: the next frame waits for room, for ever
        session.signal(signal.SIGTERM)
        assert (
            session.process.wait(PATIENCE)
            == session.end()
            == 128 + signal.SIGTERM
        )
        assert session.is_restored()


@pytest.mark.parametrize(
    "deaf", [False, True], ids=["with SIGHUP", "without SIGHUP"]
)
def test_a_lost_line_ends_it(deaf: bool) -> None:
    quiet = [
        "sh",
        "-c",
        f"trap '' HUP; exec {sys.executable} -m rnn_tui {BRACKETS} {' '.join(PLAYING)}",
    ]
    with Session(
        BRACKETS, *PLAYING, command=quiet if deaf else None
    ) as session:
        session.wait_for("hidden state")
        session.hang_up()
        assert session.process.wait(PATIENCE) == 129


def test_on_a_slow_line_frames_that_wait_are_dropped() -> None:
    with playing(
        "--fps", "30", size=(48, 160), rate=20_000, COLORTERM="truecolor"
    ) as session:
        session.read(2)
        before = len(session.output)
        session.press("q")
        assert session.end(sip=512) == 0
        assert session.is_restored()
        assert len(session.output) - before < 40_000, (
            "what was queued was written"
        )


def test_ctrl_z_gives_the_terminal_back_and_coming_back_draws_all_at_the_new_size() -> (
    None
):
    with playing() as session:
        session.press(" \x1a")
        session.until(lambda: state(session.process.pid) == "T", "the stop")
        session.until(session.is_restored, "the terminal")
        session.resize(30, 100)
        session.signal(signal.SIGCONT)
        session.until(
            lambda: "help" in session.picture()[29],
            "the footer in the last line",
        )
        session.rest()
        lines = session.picture()
        assert "Layers" in lines[0]
        assert "hidden state" in "\n".join(lines[:8])
        assert "help" in lines[29]
        session.press("q")
        assert session.end() == 0
        assert session.is_restored()


@linux
@pytest.mark.tensorflow
@pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
@pytest.mark.parametrize(
    ("key", "number", "status"),
    [("q", None, 0), ("", signal.SIGTERM, 143)],
    ids=["q", "SIGTERM"],
)
def test_while_keras_runs_beside_it_too(
    key: str, number: int | None, status: int
) -> None:
    with Session(BRACKETS) as session:
        session.shows("lstm")
        session.rest()
        session.press("v")
        session.until(lambda: bool(session.children()), "Keras")
        children = session.children()
        if number is None:
            session.press(key)
        else:
            session.signal(number)
        assert session.end() == status
        assert session.is_restored()
        assert not any(map(is_alive, children))


CRASH = """
import sys
from rnn_tui.tui.views.layers import LayersView
from rnn_tui.cli import main
def crash(self, before, session):
    if session.subject.trace is not None:
        raise ValueError("\\x1b]0;title\\x07 [bold]")
LayersView.watch_session = crash
sys.exit(main(sys.argv[1:]))
"""


def test_an_internal_error_is_one_line_and_a_report(tmp_path: Path) -> None:
    with Session(BRACKETS, code=CRASH) as session:
        assert session.end() == 70
        assert session.is_restored()
        shown = session.output.rpartition(b"\x1b[?1006l")[2].decode()
        assert re.fullmatch(
            r"rnn-tui: error: internal error: ValueError: .*; the report is in \S+\r\n",
            shown,
        )
        assert "Traceback" not in shown
        assert "\x1b" not in shown
        (report,) = (tmp_path / "rnn-tui").glob("crash-*.txt")
        text = report.read_text(encoding="utf-8")
        assert "in crash" in text
        assert "\x1b" not in text


HANGING = """
import sys
from rnn_tui.cli import main
from rnn_tui.formats.client import process
from rnn_tui.formats.wire.limits import Limits
process._START = "import time; time.sleep(900) #{path}"
process.Limits = lambda: Limits(seconds=900)
sys.exit(main(sys.argv[1:]))
"""


@linux
def test_a_reader_that_hangs_is_ended_with_the_explorer() -> None:
    with Session(BRACKETS, code=HANGING) as session:
        session.shows("reading the file")
        session.until(lambda: bool(session.children()), "a reader")
        children = session.children()
        session.press("q")
        assert session.end() == 0
        assert session.is_restored()
        assert not any(map(is_alive, children))


@linux
def test_a_reader_that_dies_is_said_and_the_explorer_lives(
    tmp_path: Path,
) -> None:
    with Session(BRACKETS, code=HANGING) as session:
        session.shows("reading the file")
        session.until(lambda: bool(session.children()), "a reader")
        for pid in session.children():
            os.kill(pid, signal.SIGKILL)
        session.shows("open another file")
        session.press("q")
        assert session.end() == 0


ORPHAN = """
import sys, time
from rnn_tui.formats.client import process
process._START = ("import sys; sys.path[:] = {path!r}; from rnn_tui.formats import child; import time; "
                  "child.answer = lambda *a: time.sleep(900); child.main()")
from rnn_tui.formats.wire.limits import Limits
reading = process.start_reading(sys.argv[1], limits=Limits(seconds=1.0))
print(reading._job.process.pid, flush=True)
time.sleep(900)
"""


@linux
def test_a_reader_whose_parent_is_killed_ends_by_itself() -> None:
    assert _outlives(Session(BRACKETS, code=ORPHAN))


WATCHED = """
import subprocess, sys, time
code = '''
import os, time
from rnn_tui.formats.client.child_processes import end_with_parent
end_with_parent()
print(os.getpid(), flush=True)
time.sleep(900)
'''
subprocess.Popen([sys.executable, "-c", code])
time.sleep(900)
"""


@linux
def test_the_comparison_with_keras_ends_with_its_parent() -> None:
    assert _outlives(Session(code=WATCHED))


def _outlives(session: Session) -> bool:
    """Kill a program that has written the number of its child; wait until that
    has ended, too.
    """
    with session:
        session.wait_for("\n")
        child = int(session.output.split()[0])
        assert is_alive(child)
        session.signal(signal.SIGKILL)
        session.process.wait()
        end = time.monotonic() + PATIENCE
        while is_alive(child):
            assert time.monotonic() < end, "it lives on"
            time.sleep(0.05)
        return True
