"""A signal at any stage of the start ends the program with 128 + its number,
quietly, the terminal as it was.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import is_alive
from session import BRACKETS, ROOT, Session

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")

AT_IMPORT = """
import importlib.abc, os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
    number = getattr(signal, name)
    signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)

class Stage(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {stage!r}:
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Stage())
from rnn_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program, sent a signal in the moment in which it begins to import a
module.
"""

EXPLORER_STAGES = {
    "the command line's module is imported": "rnn_tui.cli.run",
    "the arguments are parsed": "rnn_tui.cli.arguments",
    "the explorer's command is imported": "rnn_tui.cli.explore",
    "the reader is imported": "rnn_tui.formats.client.process",
    "the engine is imported in its thread": "rnn_tui.formats.opened",
    "a layer is imported in its thread": "rnn_tui.engine.layers.dense",
    "the app is imported": "rnn_tui.tui.app",
    "Textual is imported": "textual.app",
    "Textual's screen is imported": "textual.screen",
    "the explorer's screen is imported": "rnn_tui.tui.screens.explorer",
    "Textual's driver is imported": "textual.drivers.linux_driver",
}
HEADLESS_STAGES = {
    "the command line's module is imported": "rnn_tui.cli.run",
    "the arguments are parsed": "rnn_tui.cli.arguments",
    "the command is imported": "rnn_tui.cli.trace",
    "the reader is imported": "rnn_tui.formats.client.process",
    "the model is built": "rnn_tui.formats.build.build",
    "NumPy is imported": "numpy",
    "the result is shown": "rnn_tui.cli.tables",
}


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RNN_TUI_STATE", str(tmp_path / "state.json"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stage", EXPLORER_STAGES)
def test_the_explorer_ends_at_every_stage_of_its_start(
    stage: str, name: str
) -> None:
    number = getattr(signal, name)
    code = AT_IMPORT.format(stage=EXPLORER_STAGES[stage], number=int(number))

    with Session(BRACKETS, code=code) as session:
        assert session.end() == 128 + number
        assert session.is_restored()
        assert b"Traceback" not in session.output


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stage", HEADLESS_STAGES)
def test_a_command_ends_at_every_stage(stage: str, name: str) -> None:
    number = getattr(signal, name)
    code = AT_IMPORT.format(stage=HEADLESS_STAGES[stage], number=int(number))

    command = [sys.executable, "-c", code, "trace", "brackets"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


AT_CALL = """
import os, signal, sys
import rnn_tui.tui.app, rnn_tui.tui.terminal.driver, rnn_tui.tui.screens.explorer, rnn_tui.tui.terminal.shutdown
import textual.app, textual.drivers.linux_driver

owner, name = {place}, {function!r}
original = getattr(owner, name)

def called(*arguments, **options):
    os.kill(os.getpid(), {number})
    return original(*arguments, **options)

setattr(owner, name, called)
from rnn_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program, sent a signal in the moment in which it calls a function."""

CALLS = {
    "the app is made": ("rnn_tui.tui.app.RnnTuiApp", "__init__"),
    "the app begins to run": ("rnn_tui.tui.app.RnnTuiApp", "run"),
    "the driver takes the terminal": (
        "textual.drivers.linux_driver.LinuxDriver",
        "start_application_mode",
    ),
    "the screen is composed": (
        "rnn_tui.tui.screens.explorer.ExplorerScreen",
        "compose",
    ),
    "the app ends": ("rnn_tui.tui.terminal.shutdown.WayOut", "done"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stage", CALLS)
def test_the_explorer_ends_while_it_takes_and_gives_back_the_terminal(
    stage: str, name: str
) -> None:
    number = getattr(signal, name)
    place, function = CALLS[stage]

    with Session(
        BRACKETS,
        code=AT_CALL.format(place=place, function=function, number=int(number)),
    ) as session:
        if stage == "the app ends":
            session.shows("lstm")
            session.press("q")
        assert session.end() == 128 + number
        assert session.is_restored()
        assert b"Traceback" not in session.output


SLOW_TO_UNWIND = """
import sys, time
from rnn_tui.cli import ending, trace
ending.PATIENCE = 0.2

def run(arguments):
    print("begun", flush=True)
    while True:
        try:
            time.sleep(900)
        except BaseException:
            pass

trace.run = run
from rnn_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_loses_the_exception_ends_all_the_same(
    name: str,
) -> None:
    number = getattr(signal, name)

    with Session("trace", "brackets", code=SLOW_TO_UNWIND) as session:
        session.wait_for("begun")
        session.signal(number)
        assert session.end() == 128 + number


READING = """
import sys
from rnn_tui.cli import main
from rnn_tui.formats.client import process
from rnn_tui.formats.wire.limits import Limits
process._START = "import time; time.sleep(900) #{path}"
process.Limits = lambda: Limits(seconds=900)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks into /proc"
)
@pytest.mark.parametrize("name", NAMES)
def test_no_reader_outlives_a_command_that_was_ended(name: str) -> None:
    number = getattr(signal, name)

    with Session("layers", BRACKETS, code=READING) as session:
        session.until(
            lambda: bool(session.children()) and session.waits(),
            "a reader that is waited for",
        )
        children = session.children()
        session.signal(number)
        assert session.end() == 128 + number
        assert not any(map(is_alive, children))


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    command = f"trap '' HUP; {sys.executable} -c \"$CODE\" layers brackets"
    code = AT_IMPORT.partition("class Stage")
    ignoring = "import importlib.abc, os, signal, sys\nclass Stage" + code[2]
    environ = {
        "PYTHONPATH": str(ROOT),
        "CODE": ignoring.format(
            stage="rnn_tui.cli.layers", number=int(signal.SIGHUP)
        ),
    }

    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
    )

    assert done.returncode == 0
    assert "lstm" in done.stdout
