"""What the explorer's tests stand on: a terminal of known colours, no remembered state, samples and fakes."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"  # Textual reads it once, at its import
os.environ["TEXTUAL_ANIMATIONS"] = "none"

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_models"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")  # a plugin may have imported Textual before us
    monkeypatch.setenv("RNN_TUI_STATE", str(tmp_path / "state.json"))


@pytest.fixture
def sample() -> Callable[[str], str]:
    """The path of a bundled sample by its file name."""
    return lambda name: str(SAMPLES / name)


async def _settle(pilot: Any) -> None:
    for _ in range(3):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@pytest.fixture
def settle() -> Callable[[Any], Awaitable[None]]:
    """Wait until every worker is done and what it posted is shown."""
    return _settle
