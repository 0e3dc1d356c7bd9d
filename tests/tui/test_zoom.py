"""A long run as a whole: which stretch a timestep falls in, what its column
shows.
"""

from dataclasses import replace

import numpy as np
import pytest
from made_traces import bidirectional_trace, lstm_trace

from rnn_tui.engine.trace.downsampled import (
    Downsampled,
    whole,
    zoomed_out,
)
from rnn_tui.engine.trace.values import GivenValues
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.cursor import Place, column_of
from rnn_tui.tui.states_page.layout import build, columns_of, zoomed


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


def test_a_column_is_the_value_of_its_stretch_that_is_farthest_from_usual():
    cell = lstm_trace(timesteps=30).cells[0]
    seen = zoomed_out(cell, 10)
    assert (seen.timesteps, seen.units) == (10, cell.units)
    for name in ("c", "f"):
        values = cell.read(name)[0]
        usual = values.mean(axis=0)
        stretch = values[12:15]
        farthest = np.abs(stretch - usual).argmax(axis=0)
        np.testing.assert_allclose(
            seen.read(name)[0, 4], stretch[farthest, np.arange(cell.units)]
        )

    np.testing.assert_array_equal(seen.x[0, 4], cell.x[0, 12])


def test_one_event_among_many_timesteps_is_seen_from_afar():
    h = np.full((1, 1000, 2), 0.9, np.float32)
    h[0, 503, 0] = 0.1
    h[0, 700, 1] = 1.0
    cell = replace(
        lstm_trace(timesteps=4).cells[0],
        values=GivenValues({"h": h}),
    )
    seen = Downsampled(cell, 10).read("h")[0]
    np.testing.assert_allclose(seen[5], [0.1, 0.9])
    np.testing.assert_allclose(seen[7], [0.9, 1.0])


def test_each_step_out_doubles_the_timesteps_of_a_column_until_all_are_seen():
    assert [columns_of(1000, 90, zoom) for zoom in range(5)] == [
        1000,
        500,
        250,
        125,
        90,
    ]
    steps = [0]
    for _ in range(5):
        steps.append(zoomed(1000, 90, steps[-1], 1))

    assert steps == [0, 1, 2, 3, 4, 0]
    assert zoomed(1000, 90, 0, -1) == 4
    assert zoomed(50, 90, 0, 1) == 0


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
    assert lines_of(page, place, "strip")[0].lstrip().startswith("run ")
    everything = build(
        trace, cell, ("", ""), (90, 30), Look(), rail_beside=True, zoom=2
    )
    assert everything.heights()["strip"] == 0
    pairs = build(
        trace, cell, ("", ""), (90, 30), Look(), rail_beside=True, zoom=1
    )
    assert pairs.heights()["strip"] == 1
    assert pairs.grid.timesteps == 180
    assert everything.seen(place).t == 37
    assert any(
        "extremes of 4 timesteps" in line
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
        zoom=2,
    )
    assert page.lanes(Place(t=150))["ruler"]
    assert page.heights()["upper"] >= 1
