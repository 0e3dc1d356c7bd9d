"""The explorer behind textual-serve: its own driver steps aside, keys come in
and pictures go out by the web driver's packets; and once in a real browser.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest

from rnn_tui.tui.startup.options import (
    WEB_DRIVER,
    ExplorerOptions,
    prepare_environment,
    served_in_browser,
)

if os.name != "posix":
    pytest.skip("pipes are read by select", allow_module_level=True)

COMMAND = [sys.executable, "-m", "rnn_tui", "brackets", "--view", "states"]
PATIENCE = 60.0


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "RNN_TUI_STATE": str(tmp_path / "state.json"),
        "RNN_TUI_CONFIG": str(tmp_path / "config.toml"),
        **more,
    }


class Served:
    """The explorer as textual-serve starts it, and what a browser would
    show.
    """

    def __init__(self, tmp_path: Path) -> None:
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(
                tmp_path,
                TEXTUAL_DRIVER=WEB_DRIVER,
                TEXTUAL_COLOR_SYSTEM="truecolor",
                COLUMNS="100",
                ROWS="30",
            ),
        )
        self.screen = pyte.Screen(100, 30)
        self._stream = pyte.ByteStream(self.screen)
        self._bytes = b""

    def shows(self, text: str) -> bool:
        """Read until the screen has a text on it, or the program ends."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if any(text in line for line in self.screen.display):
                return True
            if not self._read():
                return False
        return False

    def type(self, keys: str) -> None:
        payload = keys.encode()
        assert self.process.stdin is not None
        self.process.stdin.write(
            b"D" + len(payload).to_bytes(4, "big") + payload
        )
        self.process.stdin.flush()

    def close_tab(self) -> None:
        """Send what textual-serve sends once the page is gone."""
        payload = b'{"type": "quit"}'
        assert self.process.stdin is not None
        self.process.stdin.write(
            b"M" + len(payload).to_bytes(4, "big") + payload
        )
        self.process.stdin.flush()

    def _read(self) -> bool:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        data = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
        self._bytes += data
        while packet := self._packet():
            kind, payload = packet
            if kind == b"D":
                self._stream.feed(payload)
        return bool(data)

    def _packet(self) -> tuple[bytes, bytes] | None:
        start = b"__GANGLION__\n"
        if self._bytes.startswith(start):
            self._bytes = self._bytes[len(start) :]
        size = int.from_bytes(self._bytes[1:5], "big")
        if len(self._bytes) < 5 + size or not self._bytes:
            return None
        packet = self._bytes[:1], self._bytes[5 : 5 + size]
        self._bytes = self._bytes[5 + size :]
        return packet


@contextlib.contextmanager
def serving(tmp_path: Path) -> Iterator[Served]:
    """Start the explorer as textual-serve does, and end it."""
    one = Served(tmp_path)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()
        for pipe in (one.process.stdin, one.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as one:
        yield one


def test_it_draws_and_takes_keys_through_the_web_driver(served: Served) -> None:
    assert served.shows("brackets.h5")
    assert served.shows("hidden state")
    served.type("5")
    assert served.shows("Keras returns")
    served.type("q")
    assert served.process.wait(PATIENCE) == 0


def test_a_closed_tab_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(tmp_path) as served:
        assert served.shows("hidden state")
        served.close_tab()
        assert served.process.wait(PATIENCE) == 0

    assert not list(tmp_path.rglob("crash-*"))


def test_a_pipe_without_the_web_driver_is_refused(tmp_path: Path) -> None:
    found = subprocess.run(
        COMMAND,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(tmp_path, TEXTUAL_DRIVER="some.other:Driver"),
        check=False,
    )
    assert found.returncode == 2
    assert "needs a terminal" in found.stderr


def test_another_driver_in_the_environment_is_left_out() -> None:
    environ = {"TEXTUAL_DRIVER": "some.other:Driver", "COLUMNS": "80"}
    assert not served_in_browser(environ)
    prepare_environment(ExplorerOptions(), environ)
    assert "TEXTUAL_DRIVER" not in environ
    assert "COLUMNS" not in environ


def browser() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


def test_it_is_seen_in_a_browser(tmp_path: Path) -> None:
    pytest.importorskip("textual_serve")
    image = pytest.importorskip("PIL.Image")
    program = browser()
    if program is None:
        pytest.skip("there is no Chromium")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    command = " ".join(COMMAND)
    code = (
        "from textual_serve.server import Server; "
        f"Server({command!r}, host='127.0.0.1', port={port}).serve()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(tmp_path),
    )
    try:
        wait_for(port)
        asyncio.run(
            look(program, f"http://127.0.0.1:{port}/", tmp_path, seen_by(image))
        )
    finally:
        server.terminate()
        server.wait(PATIENCE)


def seen_by(image: Any) -> Callable[[bytes], bool]:
    """Return what says whether a heat map is on a picture of the page."""

    def seen(picture: bytes) -> bool:
        page = image.open(io.BytesIO(picture)).convert("RGB")
        colours = page.getcolors(1 << 24)
        many = {colour for count, colour in colours if count > 40}
        blue = any(blue > red + 60 for red, _, blue in many)
        red = any(red > blue + 60 for red, _, blue in many)
        return blue and red

    return seen


async def look(
    program: str, url: str, tmp_path: Path, seen: Callable[[bytes], bool]
) -> None:
    """Open a page in headless Chromium and look at it until `seen` says so."""
    import aiohttp

    profile = tmp_path / "profile"
    chromium = subprocess.Popen(
        [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--window-size=1200,700",
            "--remote-debugging-port=0",
            url,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + PATIENCE
    try:
        place = profile / "DevToolsActivePort"
        while not place.exists() or not place.read_text().count("\n"):
            assert time.monotonic() < until, "the browser didn't start"
            await asyncio.sleep(0.05)
        port = place.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            address = f"http://127.0.0.1:{port}/json"
            async with session.get(address) as answer:
                pages = await answer.json()
            (page,) = [one for one in pages if one["url"] == url]
            async with session.ws_connect(
                page["webSocketDebuggerUrl"], max_msg_size=1 << 26
            ) as line:
                while time.monotonic() < until:
                    shot = {"id": 1, "method": "Page.captureScreenshot"}
                    await line.send_json(shot)
                    answer = await line.receive_json(timeout=PATIENCE)
                    picture = base64.b64decode(answer["result"]["data"])
                    if seen(picture):
                        return
                    await asyncio.sleep(0.3)
        raise AssertionError("the heat map isn't seen in the browser")
    finally:
        chromium.kill()
        chromium.wait(PATIENCE)


def wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server didn't start")
