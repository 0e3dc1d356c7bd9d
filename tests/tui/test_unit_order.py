"""Which units are shown and in which order: the rules, the maps, the keys."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from exploring import explore
from made_traces import lstm_trace
from textual.widgets import Input

from rnn_tui.tui.renderables.heat_page import Picture
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.session import Session, clamped, ordered, stepped
from rnn_tui.tui.session.unit_order import UnitOrder, numbers
from rnn_tui.tui.states_page.layout import build
from rnn_tui.tui.widgets.drawn import Drawn


def test_ranking_filter_and_pins_go_together():
    order = UnitOrder("lstm", 6).by("spread", (5, 3, 1, 0, 2, 4))
    assert order.units == (5, 3, 1, 0, 2, 4)
    assert order.with_only((1, 2, 3)).units == (3, 1, 2)
    pinned = order.with_only((1, 2, 3)).with_pinned(4).with_pinned(2)
    assert pinned.units == (4, 2, 3, 1)
    assert pinned.with_pinned(4).units == (2, 3, 1)
    assert pinned.with_pinned(0).pinned == (2, 0)
    assert pinned.words() == ["by spread", "4 of 6 units", "pinned: 4 and 2"]
    assert UnitOrder("lstm", 3).is_stored
    assert not pinned.is_stored


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("0 2 7", (0, 2, 7)),
        ("0,2 , 7", (0, 2, 7)),
        ("3-5, 1", (3, 4, 5, 1)),
        ("5–3", (5, 4, 3)),
        ("1..3 2", (1, 2, 3)),
        ("8", None),
        ("2-9", None),
        ("two", None),
        ("-1", None),
    ],
)
def test_units_are_typed_as_numbers_and_ranges(text, found):
    assert numbers(text, 8) == found


def session_of(trace, **place):
    session = Session()
    subject = replace(session.subject, trace=trace)
    session = replace(session, subject=subject, cursor=Place(**place))
    return clamped(session)


def test_a_step_goes_to_the_next_unit_that_is_shown():
    session = session_of(lstm_trace(6, 9), unit=3)
    session = ordered(session, lambda order: order.by("x", (5, 3, 1, 0, 2, 4)))
    assert stepped(session, unit=1).cursor.unit == 1
    assert stepped(session, unit=-1).cursor.unit == 5
    assert stepped(session, unit=-9).cursor.unit == 5
    assert stepped(session, unit=9).cursor.unit == 4


def test_a_unit_that_is_no_longer_shown_is_left():
    session = session_of(lstm_trace(6, 9), unit=3)
    session = ordered(session, lambda order: order.with_only((4, 1)))
    assert session.cursor.unit == 1
    assert session.order.units == (1, 4)


def test_another_cell_has_its_own_order():
    session = session_of(lstm_trace(6, 9))
    session = ordered(session, lambda order: order.with_only((4, 1)))
    other = session_of(lstm_trace(8, 9))
    other = replace(other, unit_order=session.unit_order)
    assert other.order.units == tuple(range(8))


def test_the_maps_have_the_units_in_their_order():
    trace = lstm_trace(6, 30)
    order = UnitOrder(trace.cells[0].key, 6).by("spread", (5, 3, 1, 0, 2, 4))
    order = order.with_only((0, 3, 5))
    page = build(
        trace,
        trace.cells[0],
        ("", ""),
        (90, 30),
        Look(),
        rail_beside=True,
        order=order,
    )
    shown = page.pages(Place(unit=3))["upper"]
    picture = Picture(shown)
    values = trace.cells[0].read(shown.channel.name)[0]
    np.testing.assert_array_equal(picture.values, values[:, [5, 3, 0]].T)
    assert (shown.framed, shown.number(shown.framed)) == (1, 3)
    caption = page.lanes(Place(unit=3))["upper-caption"][0]
    words = "".join(segment.text for segment in caption)
    assert "by spread · 3 of 6 units" in words


def test_cells_of_one_colour_are_painted_after_each_other():
    trace = lstm_trace(64, 30)
    page = build(
        trace,
        trace.cells[0],
        ("", ""),
        (90, 80),
        Look(),
        rail_beside=True,
    )
    picture = Picture(page.pages(Place())["upper"])
    order = picture.by_colour(3)
    assert sorted(order) == list(range(picture.grid.used_lines))
    painted = picture.column(3, np.zeros(30, bool))

    def changes(lines):
        """How often the colour of the upper halves changes."""
        styles = [painted[y][0].style for y in lines]
        return sum(
            one.color != other.color
            for one, other in pairwise(styles)
            if one.color and other.color
        )

    assert changes(order) < changes(range(len(order)))


def numbers_beside(explorer):
    """The units' numbers beside the upper map, from above."""
    gutter = explorer.query_one("#upper").query_one(".gutter", Drawn)
    found = [line.strip(" ▸") for line in gutter.text()]
    return [int(text) for text in found if text]


def test_s_goes_through_the_rankings_of_the_units_view(sample, settle):
    async def scenario(pilot, explorer):
        stored = numbers_beside(explorer)
        assert stored == list(range(16))
        await pilot.press("S")
        await settle(pilot)
        for _ in range(50):
            if explorer.session.order.ranking:
                break

            await asyncio.sleep(0.05)

        await settle(pilot)
        assert explorer.session.order.ranking == "spread"
        c = explorer.session.cell.read("c")[0]
        by_spread = np.argsort(-c.std(axis=0), kind="stable").tolist()
        assert numbers_beside(explorer) == by_spread
        names = set()
        for _ in range(40):
            await pilot.press("S")
            await settle(pilot)
            if not explorer.session.order.ranking:
                break

            names.add(explorer.session.order.ranking)

        assert "peak" in names
        assert numbers_beside(explorer) == stored

    explore(
        scenario, sample("brackets.h5"), settle, size=(160, 56), view="states"
    )


def test_units_are_chosen_by_number_and_pinned(sample, settle):
    async def scenario(pilot, explorer):
        await pilot.press("U")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = "3-5 9"
        await pilot.press("enter")
        await settle(pilot)
        assert numbers_beside(explorer) == [3, 4, 5, 9]
        assert explorer.session.cursor.unit == 3
        await pilot.press("down", "down", "c")
        await settle(pilot)
        assert numbers_beside(explorer) == [5, 3, 4, 9]
        await pilot.press("c")
        await settle(pilot)
        assert numbers_beside(explorer) == [3, 4, 5, 9]

    explore(
        scenario, sample("brackets.h5"), settle, size=(160, 48), view="states"
    )
