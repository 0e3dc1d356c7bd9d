"""What the frame and its views look like, at the two sizes they are designed
for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.startup.options import ExplorerOptions

SIZES = [(80, 24), (160, 48)]
SCREENS: list[tuple[str, str, list[str]]] = [
    ("layers", "brackets.h5", []),
    ("weights", "brackets.h5", []),
    ("output", "bilstm-4.keras", ["full_stop", "full_stop"]),
    ("states", "brackets.h5", ["right"] * 9),
    ("step", "brackets.h5", ["right"] * 3),
    ("units", "counter.keras", []),
]
DETAILS: list[tuple[str, str, list[str], dict[str, Any]]] = [
    ("heat map", "lstm-4-last.h5", ["2", "down", "enter", "right", "down"], {}),
    ("numbers", "lstm-4-last.h5", ["2", "enter", "tab", "right"], {}),
    ("light output", "sine-gru.keras", ["5"], {"theme": "light"}),
    ("high contrast layers", "lstm-4-state.h5", [], {"theme": "high-contrast"}),
    ("ascii heat map", "lstm-4-last.h5", ["2", "enter"], {"ascii": True}),
    ("no colour weights", "gru-reset-after.keras", ["2"], {"no_color": True}),
    ("help", "lstm-1.h5", ["question_mark"], {}),
    ("influence", "brackets.h5", ["3", "end", "i"], {}),
    ("influence map", "brackets.h5", ["3", "end", "I"], {}),
    ("difference", "brackets.h5", ["3", "down", "down", "x"], {}),
    ("what if", "brackets.h5", ["3", "right", "w"], {}),
    ("trajectory", "counter.keras", ["T"], {}),
    ("gru states", "sine-gru.keras", ["3", "end"], {}),
    ("gru step", "gru-reset-after.keras", ["4", "right", "right"], {}),
    ("masked states", "lstm-masked.h5", ["3", "right", "right"], {}),
    ("masked step", "lstm-masked.h5", ["4", "end"], {}),
    ("both directions", "bilstm-4.keras", ["3", "right", "right"], {}),
    (
        "no colour states",
        "brackets.h5",
        ["3", "right", "right"],
        {"no_color": True},
    ),
    ("ascii states", "brackets.h5", ["3", "right", "right"], {"ascii": True}),
    ("ascii step", "brackets.h5", ["4", "right", "right"], {"ascii": True}),
    ("light states", "brackets.h5", ["3", "end"], {"theme": "light"}),
    ("sequence", "lstm-1.h5", ["s"], {}),
    ("find", "bilstm-4.keras", ["slash", "b", "a"], {}),
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("view", "name", "keys"), SCREENS, ids=[screen[0] for screen in SCREENS]
)
def test_a_view_looks_as_designed(
    view: str,
    name: str,
    keys: list[str],
    size: tuple[int, int],
    snap_compare: Any,
    sample: Callable[[str], str],
    settle: Callable[[Any], Awaitable[None]],
) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    app = RnnTuiApp(
        sample(name), None, ExplorerOptions(view=view, theme="dark")
    )
    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize(
    ("name", "keys", "options"),
    [d[1:] for d in DETAILS],
    ids=[d[0] for d in DETAILS],
)
def test_a_detail_looks_as_designed(
    name: str,
    keys: list[str],
    options: dict[str, Any],
    snap_compare: Any,
    sample: Callable[[str], str],
    settle: Callable[[Any], Awaitable[None]],
) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    app = RnnTuiApp(
        sample(name), None, ExplorerOptions(**{"theme": "dark", **options})
    )
    assert snap_compare(app, terminal_size=(80, 24), run_before=before)
