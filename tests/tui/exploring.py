"""The explorer under a pilot, opened on a file and at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.widgets.lines import StateLine

Settle = Callable[[Any], Awaitable[None]]
Sample = Callable[[str], str]


def explore(
    scenario: Callable[[Any, ExplorerScreen], Awaitable[None]],
    path: str | None,
    settle: Settle,
    size: tuple[int, int] = (100, 30),
    **options: Any,
) -> RnnTuiApp:
    """Run `scenario(pilot, explorer screen)` on an explorer that has opened
    `path` and shown its first run.
    """
    app = RnnTuiApp(path, None, ExplorerOptions(**options))

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            explorer = next(
                screen
                for screen in app.screen_stack
                if isinstance(screen, ExplorerScreen)
            )
            await scenario(pilot, explorer)

    asyncio.run(run())
    return app


def state_text(explorer: ExplorerScreen) -> str:
    """What the left of the state line says by now."""
    explorer.frame.catch_up()
    return "".join(text for text, _ in explorer.query_one(StateLine).left)
