"""The explorer over a real pseudo-terminal: it starts, plays, quits, and always gives the terminal back."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "sample_models" / "brackets.h5"
HEADLESS = ("layers", "weights", "trace")
COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m")


class Session:
    """A child on its own pseudo-terminal; everything it writes is kept."""

    def __init__(
        self, *arguments: str, size: tuple[int, int] = (24, 80), code: str | None = None, **environ: str
    ) -> None:
        self.parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.settings = termios.tcgetattr(child)
        self.child = child
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("TEXTUAL", "NO_COLOR"))}
        base = {**keep, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            [sys.executable, *(("-m", "rnn_tui") if code is None else ("-c", code)), *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            env={**base, **environ},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.output = b""

    def read(self, seconds: float) -> None:
        """Take what comes for at most this long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and select.select([self.parent], [], [], max(0.0, end - time.monotonic()))[0]:
            with contextlib.suppress(OSError):
                self.output += os.read(self.parent, 1 << 16)

    def wait_for(self, text: bytes, since: int = 0, seconds: float = 40) -> None:
        end = time.monotonic() + seconds
        while text not in self.output[since:]:
            assert time.monotonic() < end, f"{text!r} never came; the end is {self.output[-400:]!r}"
            self.read(0.2)

    def press(self, keys: str) -> None:
        os.write(self.parent, keys.encode())

    def end(self, seconds: float = 20) -> int:
        """Wait for the exit status, reading on."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "the process doesn't end"
            self.read(0.05)
        self.read(0.2)
        return self.process.returncode

    def is_restored(self) -> bool:
        """Whether the screen, the cursor, the mouse, the keys and the settings are as they were."""
        tail = self.output
        pairs = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?2004h", b"\x1b[?2004l")]
        pairs += [(b"\x1b[?1003h", b"\x1b[?1003l"), (b"\x1b[?1000h", b"\x1b[?1000l")]
        undone = all(tail.rfind(off) > tail.rfind(on) for on, off in pairs if on in tail)
        return undone and termios.tcgetattr(self.child) == self.settings

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.parent)
        os.close(self.child)


def test_it_starts_plays_quits_and_gives_the_terminal_back() -> None:
    with Session(str(SAMPLE), "--view", "states", "--theme", "dark") as session:
        session.wait_for(b"hidden state")
        before = len(session.output)
        session.press(" ")
        session.wait_for("▶".encode(), before)
        session.press("q")
        assert session.end() == 0
        assert session.is_restored()
        assert b"Traceback" not in session.output


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_ends_it_with_its_status_and_the_terminal_restored(name: str) -> None:
    number = getattr(signal, name)
    with Session(str(SAMPLE), "--play") as session:
        session.wait_for(b"lstm")
        session.process.send_signal(number)
        assert session.end(5) == 128 + number
        assert session.is_restored()


def test_a_signal_ends_it_even_when_the_terminal_takes_no_more() -> None:
    with Session(str(SAMPLE), "--play", "--view", "states") as session:
        session.wait_for(b"hidden state")
        for key in "12345" * 40:
            session.press(key)
        time.sleep(1.0)  # nobody reads: the terminal's buffer fills
        session.process.send_signal(signal.SIGTERM)
        assert session.process.wait(10) == 128 + signal.SIGTERM


def test_ctrl_c_leaves_with_130() -> None:
    with Session(str(SAMPLE)) as session:
        session.wait_for(b"lstm")
        session.press("\x03")
        assert session.end() == 130
        assert session.is_restored()


def test_no_color_means_no_colour_at_all() -> None:
    with Session(str(SAMPLE), "--view", "states", NO_COLOR="1") as session:
        session.wait_for(b"hidden state")
        session.press("q")
        assert session.end() == 0
        assert not COLOUR.search(session.output)


CRASH = """
import sys
from rnn_tui.tui import app, views
from rnn_tui.tui.options import ExplorerOptions
from rnn_tui.tui.views.layers import LayersView
LayersView.watch_trace = lambda self, trace: 1 / 0 if trace is not None else None
sys.exit(app.run_explorer(sys.argv[1], None, ExplorerOptions()))
"""


def test_an_internal_error_is_a_short_message_and_a_report_and_the_terminal_is_restored() -> None:
    with Session(str(SAMPLE), code=CRASH) as session:
        assert session.end(40) == 70
        assert session.is_restored()
        shown = session.output.rpartition(b"\x1b[?1049l")[2]
        found = re.search(rb"rnn-tui: internal error; please report it with (\S+\.txt)", shown)
        assert found is not None
        assert b"Traceback" not in shown
        report = Path(found.group(1).decode())
        assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
        report.unlink()


def test_in_ascii_every_byte_of_the_screen_is_ascii() -> None:
    with Session(str(SAMPLE), "--ascii", "--view", "states") as session:
        session.wait_for(b"hidden state")
        for key in "1245?\x1b":
            session.press(key)
            session.read(0.4)
        session.press("q")
        assert session.end() == 0
        assert session.output.isascii()


def refused(**streams: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "rnn_tui", str(SAMPLE)],
        capture_output="stdout" not in streams,
        timeout=30,
        cwd=ROOT,
        **streams,
    )


def test_without_a_terminal_it_is_refused_in_one_line_that_names_the_headless_commands() -> None:
    done = refused(stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert all(name in lines[0] for name in HEADLESS)
    assert b"\x1b" not in done.stderr


def test_a_dumb_terminal_is_refused() -> None:
    with Session(str(SAMPLE), TERM="dumb") as session:
        assert session.end() == 2
        assert b"TERM is dumb" in session.output
        assert b"\x1b" not in session.output
