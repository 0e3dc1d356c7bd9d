"""A long run as a whole: which stretch a timestep falls in, what its column
shows.
"""

import numpy as np
import pytest
from made_traces import bidirectional_trace, lstm_trace

from rnn_tui.engine.trace.downsampled import whole, zoomed_out
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.cursor import Place, column_of
from rnn_tui.tui.states_page.layout import build


def lines_of(shown, place, name):
    return [
        "".join(segment.text for segment in line)
        for line in shown.lanes(place)[name]
    ]


@pytest.mark.parametrize(
    ("timesteps", "columns"), [(10, 3), (100, 97), (1000, 7), (5, 5)]
)
def test_every_timestep_falls_in_the_stretch_that_holds_it(timesteps, columns):
    starts = [k * timesteps // columns for k in range(columns)] + [timesteps]
    for k in range(columns):
        assert {
            column_of(t, timesteps, columns)
            for t in range(starts[k], starts[k + 1])
        } == {k}


def test_a_column_is_the_mean_of_its_stretch():
    cell = lstm_trace(timesteps=30).cells[0]
    seen = zoomed_out(cell, 10)
    assert (seen.timesteps, seen.units) == (10, cell.units)
    np.testing.assert_allclose(
        seen.read("c")[0, 4], cell.read("c")[0, 12:15].mean(axis=0), rtol=1e-5
    )
    np.testing.assert_array_equal(seen.x[0, 4], cell.x[0, 12])


def test_short_cells_are_left_as_they_are():
    trace = lstm_trace(timesteps=9)
    assert whole(trace, 10).cells[0] is trace.cells[0]


@pytest.mark.parametrize(
    "trace", [lstm_trace(timesteps=360), bidirectional_trace(timesteps=360)]
)
def test_a_long_run_has_a_strip_of_the_whole_until_it_is_seen_as_one(trace):
    place = Place(t=150, cell=len(trace.cells) - 1)
    cell = trace.cells[place.cell]
    page = build(trace, cell, ("", ""), (90, 30), Look(), rail_beside=True)
    assert page.heights()["strip"] == 1
    assert lines_of(page, place, "strip")[0].startswith("whole ")
    everything = build(
        trace, cell, ("", ""), (90, 30), Look(), rail_beside=True, zoom=True
    )
    assert everything.heights()["strip"] == 0
    assert everything.seen(place).t == 37
    assert any(
        "means of 4 timesteps" in line
        for line in lines_of(everything, place, "upper-caption")
    )
    assert (
        "▾148" in lines_of(everything, place, "ruler")[0]
        or len(trace.cells) > 1
    )
    assert everything.copied(place)[1] == page.copied(place)[1]
    # what is written is the run, not the means
    assert everything.table(place).rows == page.table(place).rows
    assert everything.table(place).rows[-1][4] == 359


@pytest.mark.parametrize("room", [(0, 30), (-7, 1), (1, 0)])
def test_a_run_seen_as_a_whole_stands_a_terminal_without_room(room):
    trace = lstm_trace(timesteps=360)
    page = build(
        trace,
        trace.cells[0],
        ("", ""),
        room,
        Look(),
        rail_beside=False,
        zoom=True,
    )
    assert page.lanes(Place(t=150))["ruler"]
    assert page.heights()["upper"] >= 1
