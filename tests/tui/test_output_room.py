"""The room of the Output view: as many bars as fit, and plots as high as the
lines that are left.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnn_tui.tui.renderables.sharing import shared_lines
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.text.model_outputs import bars, over_time
from tests.tui.exploring import explore

Settle = Callable[[Any], Awaitable[None]]


def lines_of(parts: Any) -> list[str]:
    return "".join(text for text, _ in parts).splitlines()


def test_figures_share_the_lines_and_leave_what_they_do_not_want() -> None:
    assert shared_lines([48, 1], 20) == [19, 1]
    assert shared_lines([48, 48], 20) == [10, 10]
    assert shared_lines([4, 48, 48], 24) == [4, 10, 10]
    assert shared_lines([5], -3) == [0]


@pytest.mark.parametrize(
    ("room", "rows", "drawn"),
    [((78, 12), 12, 12), ((158, 12), 12, 24), ((158, 40), 36, 36)],
)
def test_there_are_as_many_bars_as_there_is_room_for(
    room: tuple[int, int], rows: int, drawn: int
) -> None:
    values = np.linspace(0.5, 0.001, 36)
    lines = lines_of(bars(values, room, False, {}))
    assert len(lines) == rows
    assert sum(line.count(".") for line in lines) == drawn
    assert all(len(line) <= room[0] for line in lines)
    # column by column, the largest first
    assert lines[0].split()[0] == "0"
    assert lines[1].split()[0] == "1"


def test_a_plot_over_time_is_as_wide_and_high_as_its_room() -> None:
    values = np.sin(np.arange(50))[:, None]
    lines = lines_of(over_time(values, 3, 200, 40, False))
    assert len(lines) == 41
    assert max(map(len, lines)) == 200 - 4


@pytest.mark.parametrize(
    ("name", "size"),
    [("brackets.h5", (160, 48)), ("lstm-4-last.h5", (120, 40))],
)
def test_the_page_fills_the_view_without_scrolling(
    sample: Callable[[str], str],
    settle: Settle,
    name: str,
    size: tuple[int, int],
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        scroll = explorer.query_one(VerticalScroll)
        assert scroll.max_scroll_y == 0
        said = explorer.query("OutputView Static.-said")
        bottom = max(part.region.bottom for part in said)
        assert scroll.region.bottom - bottom <= 4

    explore(scenario, sample(name), settle, size, view="output")


def test_every_class_of_a_text_model_is_shown(
    sample: Callable[[str], str], settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        text = str(explorer.query_one("#outputs", Static).content)
        assert "all 36, the largest first" in text

    explore(scenario, sample("char-lstm.h5"), settle, (160, 48), view="output")
