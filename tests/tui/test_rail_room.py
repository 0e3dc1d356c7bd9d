"""The room that a short run leaves free in a narrow view is used: by the
selected unit's rail, and by wider columns.
"""

import pytest
from made_traces import lstm_trace
from test_states_view import run

from rnn_tui.tui.renderables.grid import NUMBERED, Grid
from rnn_tui.tui.states_page.layout import (
    NARROW_RAIL,
    RAIL_FROM,
    RAIL_WIDTH,
    rail_beside,
)
from rnn_tui.tui.widgets.drawn import Drawn


def text(line):
    return "".join(segment.text for segment in line)


@pytest.mark.parametrize("timesteps", range(1, 73))
def test_no_more_than_a_quarter_of_a_narrow_view_is_free(timesteps):
    room = 72
    beside = rail_beside(timesteps, (80, 22))
    used = Grid(room - beside, 1, timesteps, 1).used_width
    if beside:
        assert beside == NARROW_RAIL
        # the captions' room is beside a few timesteps
        assert used <= 40
    elif timesteps > 40:
        # one cell a timestep, too many for a rail beside them
        assert used == timesteps
    else:
        assert 4 * (room - used) <= room


@pytest.mark.parametrize("timesteps", range(1, 6))
def test_columns_with_numbers_keep_them_beside_a_rail(timesteps):
    assert rail_beside(timesteps, (80, 22)) == NARROW_RAIL
    assert Grid(40, 1, timesteps, 1).cells >= NUMBERED


def test_a_wide_view_has_its_rail_and_a_low_or_very_narrow_one_none():
    assert rail_beside(500, (RAIL_FROM, 10)) == RAIL_WIDTH
    assert rail_beside(3, (80, 10)) == 0
    assert rail_beside(3, (60, 40)) == 0
    assert rail_beside(500, (80, 22)) == 0


@pytest.mark.parametrize(
    ("timesteps", "used"),
    [(19, 72), (20, 72), (21, 72), (22, 66), (24, 72), (25, 50), (18, 72)],
)
def test_columns_of_three_cells_are_stretched_where_much_would_be_free(
    timesteps, used
):
    assert Grid(72, 1, timesteps, 1).used_width == used


@pytest.mark.parametrize("timesteps", [1, 3, 5, 25, 40])
def test_the_rail_has_plots_and_the_line_of_values_gives_way(timesteps):
    async def act(pilot, host):
        rail = host.query_one("#rail", Drawn)
        assert rail.display
        assert not host.query_one("#now").display
        lines = [text(line) for line in rail._drawn_lines]
        assert lines[0].startswith("unit 0 at t 0")
        names = [line[0] for line in lines if line[:1] in "hcifo"]
        assert names[:2] == ["h", "c"]
        assert sum("┤" in line for line in lines) >= 6
        width = host.view.size.width
        assert rail.region.right <= width
        before = lines
        await pilot.press("down")
        assert [text(line) for line in rail._drawn_lines] != before

    run(act, trace=lstm_trace(4, timesteps), size=(80, 22))


def test_a_run_that_fills_the_view_has_the_line_of_values():
    async def act(pilot, host):
        assert not host.query_one("#rail").display
        assert host.query_one("#now").display

    run(act, trace=lstm_trace(4, 12), size=(80, 22))
