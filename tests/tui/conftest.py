"""What the explorer's tests stand on: a terminal of known colours, no
remembered state, samples and fakes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.worker import WorkerCancelled

os.environ["TEXTUAL_COLOR_SYSTEM"] = (
    "truecolor"  # Textual reads it once, at its import
)
os.environ["TEXTUAL_ANIMATIONS"] = "none"

PATIENCE = 60.0
"""Seconds after which the screen is looked at as it is."""
SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_models"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    # a plugin may have imported Textual before us
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")
    monkeypatch.setattr("textual.pilot.wait_for_idle", _idle)
    monkeypatch.setattr("textual.app.wait_for_idle", _idle)
    monkeypatch.setenv("RNN_TUI_STATE", str(tmp_path / "state.json"))
    monkeypatch.setenv("RNN_TUI_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def sample() -> Callable[[str], str]:
    """The path of a bundled sample by its file name."""
    return lambda name: str(SAMPLES / name)


async def _idle(*_: Any) -> None:
    """Return when no task of the event loop can go on and the screen is drawn.

    Textual's own pilot asks how much of the processor the tests use, which
    tells little on a machine that is busy with something else: what was typed
    may still stand in a queue.
    """
    from textual._context import active_app

    loop, app = asyncio.get_running_loop(), active_app.get()
    quiet, until = 0, time.monotonic() + PATIENCE
    while quiet < 3:
        await asyncio.sleep(0)
        quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]
        if quiet == 3 and _undrawn(app) and time.monotonic() < until:
            await asyncio.sleep(0.002)
            quiet = 0


def _undrawn(app: Any) -> bool:
    if not app.screen_stack or not app.is_running:
        return False
    screen = app.screen
    waiting = any(
        node._message_queue.qsize()
        for node in (app, *screen.walk_children(with_self=True))
    )
    return bool(
        waiting
        or getattr(getattr(app, "typed", None), "busy", False)
        or getattr(screen, "reading", False)
        or screen._dirty_widgets
        or screen._layout_required
        or screen._callbacks
    )


async def _settle(pilot: Any) -> None:
    await pilot.pause()
    while any(not worker.is_finished for worker in pilot.app.workers):
        # one that was cancelled is done, too
        with contextlib.suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete()

        await pilot.pause()
    await pilot.pause()


@pytest.fixture
def settle() -> Callable[[Any], Awaitable[None]]:
    """Wait until every worker is done and what it posted is shown."""
    return _settle
