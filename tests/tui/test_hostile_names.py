"""Names that a stranger chose: shown as they are, never obeyed by Textual or by
the terminal.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fakes import FakeModel, opened
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session import session
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.terminal.line_filters import (
    CONTROL,
    ColourFilter,
    ControlFilter,
)

BLACK = Color(0, 0, 0)
NAMES = [
    "a[/]b [@click=app.quit]x[/] [red",
    "] [link=http://x]y[/link] $accent",
    "\x1b]0;title\x07\x9b31m",
]


def written(app: RnnTuiApp) -> str:
    """What the screen would send: every line through the app's filters."""
    lines = app.screen._compositor.render_strips()
    for line_filter in app.get_line_filters():
        lines = [line.apply_filter(line_filter, BLACK) for line in lines]
    return "\n".join(line.text for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_shown_in_every_view_and_dialog_and_does_nothing(
    name: str, settle: Callable[[Any], Awaitable[None]]
) -> None:
    app = RnnTuiApp(None, None, ExplorerOptions())
    model = FakeModel(name)
    *others, dense = model.layers
    dense = dense._replace(
        why_not=f"class {name} is unknown",
        reproducible=False,
        words=(name,),
    )
    model.layers = (*others, dense)

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            await pilot.press("escape")
            await settle(pilot)
            explorer = app.screen
            assert isinstance(explorer, ExplorerScreen)
            found = opened(model, warnings=(f"odd: {name}",))
            explorer.session = session.opened(explorer.session, found)
            trace = found.run([[0.1, 0.2]] * 4)
            explorer.session = session.filled(explorer.session, trace)
            seen = ""
            for key in (
                "1",
                "down",
                "2",
                "enter",
                "3",
                "4",
                "5",
                "slash",
                "escape",
                "e",
                "escape",
                "question_mark",
            ):
                await pilot.press(key)
                await settle(pilot)
                text = written(app)
                seen += text
                assert not re.search(CONTROL, text.replace("\n", ""))
            await pilot.press("escape")
            explorer.say(f"error: {name}", error=True)
            explorer.frame.refuse(name)
            await settle(pilot)
            assert not re.search(CONTROL, written(app).replace("\n", ""))
            assert re.sub(CONTROL, "�", name) in seen
            for y in range(2, 12):
                await pilot.click(offset=(3, y))
            assert app.is_running
            assert app.return_code is None

    asyncio.run(run())


def test_the_control_filter_replaces_every_control_character_and_leaves_the_rest() -> (
    None
):
    raw = "".join(map(chr, range(0x100)))
    (shown,) = ControlFilter().apply([Segment(raw, Style(bold=True))], BLACK)
    assert not re.search(CONTROL, shown.text)
    assert shown.text.replace("�", "") == re.sub(CONTROL, "", raw)
    assert shown.style == Style(bold=True)


def test_the_colour_filter_keeps_attributes_and_drops_colours() -> None:
    (shown,) = ColourFilter().apply(
        [Segment("x", Style(color="red", bgcolor="blue", bold=True))], BLACK
    )
    assert shown.style == Style(bold=True)
