"""Where Units has room left, it draws the selected unit over time, and the
output that it may go with.
"""

from __future__ import annotations

from typing import Any

import pytest
from exploring import Sample, Settle, explore

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.unit_column import TALLEST
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.units_page.course_plot import LOWEST, course_plots
from rnn_tui.tui.units_page.known import known_of
from rnn_tui.tui.widgets.drawn import Drawn


def texts(explorer: ExplorerScreen, size: tuple[int, int]) -> list[str]:
    session = explorer.session
    lines = course_plots(session, known_of(session), size, Look())
    return ["".join(segment.text for segment in line) for line in lines]


def test_the_state_and_the_output_are_drawn_between_their_own_ends(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        assert explorer.cell is not None
        unit = explorer.session.cursor.unit
        course = explorer.cell.read("c")[0, :, unit]

        lines = texts(explorer, (100, 30))
        assert lines[0] == f"c of unit {unit} over time"
        assert f"{course.max():.3g}" in lines[1]
        assert "open[0] over time" in lines
        assert "4.08" in lines[lines.index("open[0] over time") + 1]
        assert len(lines) == 30

        shown = explorer.query_one("#course", Drawn)
        assert shown.display
        assert len(shown.text()) <= 2 * (TALLEST + 1)

        await pilot.press("down")
        await settle(pilot)
        assert texts(explorer, (100, 30))[1:15] != lines[1:15]

    explore(look, sample("brackets.h5"), settle, (200, 60))


@pytest.mark.parametrize("height", range(-2, 12))
def test_no_plot_is_lower_than_it_can_be_read(
    sample: Sample, settle: Settle, height: int
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        lines = texts(explorer, (60, height))
        assert len(lines) <= max(height, 0)
        assert bool(lines) == (height >= LOWEST)
        assert texts(explorer, (5, height)) == []

    explore(look, sample("lstm-25.h5"), settle, (80, 24))
