"""Calls: how many functions run for one timestep of playback, and how many
bytes reach the terminal for it.

Unlike a time the number is the same on every machine, busy or not.
"""

from __future__ import annotations

import asyncio
import cProfile
import io
import pstats
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import Figure, alone
from benchmarks.models import stacked_file
from rnn_tui.samples import find_sample
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.terminal.cell_diff import CellDiff, Run

SIZE = (100, 30)
STEPS = 30
FIRST = 10
"""The first timestep that is counted: those before it fill the caches."""


class CountingDriver:
    """A driver's place: what is painted becomes the bytes a terminal would
    get.
    """

    def __init__(self, driver: Any, size: tuple[int, int]) -> None:
        self._driver = driver
        self._cell_diff = CellDiff()
        self._cell_diff.size = size
        self.bytes = 0
        self.painted = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        if name in ("_driver", "short_way"):
            raise AttributeError(name)
        return getattr(self._driver, name)

    def paint(self, runs: Sequence[Run]) -> None:
        """Count what these runs of cells change."""
        self.bytes += len(self._cell_diff.paint(runs).encode())
        self.painted.set()


def profile_playback(
    path: str, size: tuple[int, int] = SIZE
) -> tuple[pstats.Stats, float, float]:
    """Return the profile of `STEPS` timesteps of the States view, and the calls
    and the bytes of one of them.
    """
    return asyncio.run(_profile_playback(path, size))


async def _profile_playback(
    path: str, size: tuple[int, int]
) -> tuple[pstats.Stats, float, float]:
    options = ExplorerOptions(
        view="states", inputs=(f"random:{FIRST + STEPS + 5}",)
    )
    app = RnnTuiApp(path, None, options)
    app.console = Console(
        file=io.StringIO(), color_system="truecolor", force_terminal=True
    )
    async with app.run_test(size=size) as pilot:
        explorer = await _shown(pilot)
        app._driver = driver = CountingDriver(app._driver, size)  # type: ignore[assignment]
        player = explorer.transport.player
        explorer.playing = True
        for step in range(FIRST):
            await _show(player, driver, step)
        profile, before = cProfile.Profile(builtins=False), driver.bytes
        for step in range(FIRST, FIRST + STEPS):
            profile.enable()
            await _show(player, driver, step)
            profile.disable()
        app._driver = driver._driver
    # not the total of `pstats`: of the functions of one name and line, as those
    # of named tuples are, it keeps one
    calls = sum(entry.callcount for entry in profile.getstats())
    return pstats.Stats(profile), calls / STEPS, (driver.bytes - before) / STEPS


async def _shown(pilot: Any) -> ExplorerScreen:
    """Return the explorer once its first run is on the screen and it rests."""
    explorer = pilot.app.screen
    assert isinstance(explorer, ExplorerScreen)
    while explorer.session.subject.trace is None or not all(
        worker.is_finished for worker in pilot.app.workers
    ):
        await pilot.pause(0.05)
    await pilot.pause(0.5)
    return explorer


async def _show(player: Any, driver: CountingDriver, step: int) -> None:
    """Show a timestep as the player does, until it is painted."""
    driver.painted.clear()
    player._show(step)
    await driver.painted.wait()
    await asyncio.sleep(0)  # for what else follows from it


def figures() -> Iterator[Figure]:
    """Count the calls of a timestep of two models."""
    with tempfile.TemporaryDirectory() as folder:
        stacked = stacked_file(Path(folder), "LSTM", 8, 128, 2)
        for name, path in (
            ("lstm-25", str(find_sample("lstm-25").path)),
            ("two LSTM of 128 units", str(stacked)),
        ):
            _, calls, size = profile_playback(path)
            work = f"calls a timestep of States, {name}"
            yield alone(
                "calls", work, "600", calls, 600, "", f"{size:.0f} bytes"
            )
