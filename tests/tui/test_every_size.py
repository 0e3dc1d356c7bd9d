"""A terminal of any size, also one that changes while a page is drawn."""

import pytest
from made_traces import lstm_trace

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.session import Session, Subject
from rnn_tui.tui.views.states_body import (
    Choice,
    rail_width,
    stage_of,
)

HEIGHTS = (1, 2, 3, 5, 8, 11, 16, 24, 60)


@pytest.mark.parametrize("timesteps", [1, 9, 60, 300])
@pytest.mark.parametrize("only_unit", [False, True])
def test_a_page_of_any_size_is_drawn(timesteps, only_unit):
    session = Session(Subject(trace=lstm_trace(timesteps=timesteps)))
    choice = Choice(only_unit=only_unit)
    place = Place()
    for width in (*range(1, 60), *range(60, 240, 17)):
        for height in HEIGHTS:
            stage = stage_of(session, choice, (width, height), Look())
            stage.heights()
            stage.lanes(place)
            stage.pages(place)
            lines = stage.rail(place, rail_width(stage) - 2, height, 3)

            assert len(lines) <= max(height, 1)


def test_the_rail_follows_the_size_that_its_page_was_laid_out_for():
    session = Session(Subject(trace=lstm_trace(timesteps=9)))
    wide = stage_of(session, Choice(), (160, 40), Look())

    assert wide.rail_beside
    assert 0 < rail_width(wide) < 160
