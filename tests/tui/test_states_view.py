"""The States and Step views under a pilot: keys, mouse, maps, directions, every
colour mode.
"""

from dataclasses import replace

import numpy as np
import pytest
from fakes import opened
from made_traces import (
    bidirectional_trace,
    lstm_trace,
    model_trace,
    random_cell,
    smooth,
    trace_cell,
)
from textual.app import App
from textual.reactive import reactive
from textual.screen import Screen

from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.session import Session, clamped
from rnn_tui.tui.terminal.line_filters import ColourFilter
from rnn_tui.tui.theme.themes import FALLBACK, OURS
from rnn_tui.tui.views.states import StatesView
from rnn_tui.tui.views.step import StepView
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.heat import HeatMap, Tile


class Host(Screen):
    session = reactive(Session, repaint=False)
    playing = reactive(False, repaint=False)

    def __init__(self, view):
        super().__init__()
        self.view = view

    def compose(self):
        self.view.session = self.session
        yield self.view

    def watch_session(self, session):
        self.view.follow(session)

    def watch_playing(self, playing):
        self.view.set_playing(playing)

    def on_mount(self):
        self.view.focus()

    def on_moved(self, event):
        self.session = event.move(self.session)

    @property
    def place(self):
        return self.session.cursor

    @place.setter
    def place(self, place):
        self.session = clamped(replace(self.session, cursor=place))

    def look_at(self, **subject):
        """Show another model, run or vocabulary."""
        subject = replace(self.session.subject, **subject)
        self.session = clamped(replace(self.session, subject=subject))


class Hosting(App):
    def __init__(self, view, trace, place, *, ascii_only=False, no_color=False):
        super().__init__()
        self.ascii, self.no_color = ascii_only, no_color
        self.host = Host(view)
        self.host.look_at(trace=trace)
        self.host.place = place
        for theme in OURS:
            self.register_theme(theme)
        self.theme = "dark"

    def get_theme_variable_defaults(self):
        return FALLBACK

    def get_line_filters(self):
        return [
            *super().get_line_filters(),
            *([ColourFilter()] if self.no_color else []),
        ]

    def on_mount(self):
        self.push_screen(self.host)


def run(act, view=None, trace=None, place=None, size=(100, 30), **options):
    """Run `act(pilot, host)` on a view."""
    import asyncio

    async def go():
        app = Hosting(
            view or StatesView(),
            trace or lstm_trace(6, 30),
            place or Place(),
            **options,
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.pause()
            await act(pilot, app.host)

    asyncio.run(go())


def lines(host, name):
    return host.query_one(f"#{name}", Drawn).text()


def test_arrows_and_letters_move_in_time_and_units_and_stop_at_the_ends():
    async def act(pilot, host):
        await pilot.press("right", "l", "down", "j", "up")
        assert (host.place.t, host.place.unit) == (2, 1)
        await pilot.press("end")
        assert host.place.t == 29
        await pilot.press("right", "home", "left", "k", "k")
        assert (host.place.t, host.place.unit) == (0, 0)

    run(act)


def test_pages_turn_and_nothing_scrolls_in_between():
    async def act(pilot, host):
        await pilot.press("pagedown")
        columns = host.place.t
        assert columns > 50
        before = lines(host, "ruler")[0].split()
        await pilot.press("right")
        assert [
            tick for tick in lines(host, "ruler")[0].split() if "▾" not in tick
        ][:1] == before[:1]

    run(act, trace=lstm_trace(6, 200))


def test_a_click_picks_unit_and_timestep():
    async def act(pilot, host):
        tile = host.query(Tile).first()
        await pilot.click(tile, offset=(7, 1))
        assert (host.place.t, host.place.unit) != (0, 0)
        assert host.place.t == 7 // 3

    run(act, trace=lstm_trace(4, 30))


def test_m_goes_through_every_quantity_and_never_shows_one_twice():
    async def act(pilot, host):
        seen = set()
        for _ in range(12):
            upper, lower = (
                lines(host, f"{name}-caption")[-1].split()[1:3]
                for name in ("upper", "lower")
            )
            assert upper != lower
            seen.add(" ".join(upper))
            await pilot.press("m")
        assert len(seen) == 10

    run(act)


def test_both_directions_are_shown_in_input_time_and_the_backward_one_fills_from_the_right():
    async def act(pilot, host):
        host.playing = True
        await pilot.pause()
        forward, backward = (
            host.query_one(f"#{name}", HeatMap) for name in ("upper", "lower")
        )
        assert forward._dim.tolist() == [t > 3 for t in range(12)]
        assert backward._dim.tolist() == [t < 8 for t in range(12)]
        assert "▸3" in lines(host, "ruler")[0]
        assert "◂8" in lines(host, "ruler")[0]
        host.place = host.place._replace(cell=1, t=8)
        await pilot.pause()
        assert forward._dim.tolist() == [t > 3 for t in range(12)]

    run(act, trace=bidirectional_trace(), place=Place(t=3))


def test_a_step_of_time_repaints_one_tile_of_each_map():
    async def act(pilot, host):
        host.playing = True
        await pilot.pause()
        painted = []
        for tile in host.query(Tile):
            tile.refresh = lambda *regions, tile=tile, **_: painted.append(tile)
        await pilot.press("right")
        assert len(painted) == 3

    run(act, trace=lstm_trace(6, 90))


def dim(host):
    return host.query_one("#upper", HeatMap)._dim.tolist()


def test_the_whole_run_is_shown_until_it_is_played():
    async def act(pilot, host):
        await pilot.press("right")
        assert not any(dim(host))
        host.playing = True
        await pilot.pause()
        assert dim(host) == [t > 1 for t in range(30)]
        host.playing = False
        await pilot.press("left")
        assert dim(host) == [t > 0 for t in range(30)]
        host.look_at(texts=("random:30",))
        await pilot.pause()
        assert not any(dim(host))

    run(act)


def test_masked_timesteps_have_a_lane():
    mask = np.array([[True, False, True, True]])
    trace = model_trace(trace_cell(random_cell("lstm"), smooth(4), mask=mask))

    async def act(pilot, host):
        assert "━" in lines(host, "mask")[0]
        assert "·" in lines(host, "mask")[0]

    run(act, trace=trace)


def test_characters_are_shown_where_a_vocabulary_is_known():
    async def act(pilot, host):
        host.look_at(vocabulary={"(": 0, ")": 1, " ": 2})
        await pilot.pause()
        assert lines(host, "input")[0].split()[1:] == ["(", ")", "␣", "("]

    run(
        act,
        trace=model_trace(
            trace_cell(random_cell("lstm"), smooth(4)), inputs=[[0, 1, 2, 0]]
        ),
    )


@pytest.mark.parametrize("view", [StatesView, StepView])
@pytest.mark.parametrize(
    "size", [(160, 45), (80, 21), (40, 9), (20, 5), (2, 2)]
)
@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn"])
def test_every_view_stands_every_size(view, size, kind):
    async def act(pilot, host):
        await pilot.press("right", "down", "m", "M")
        host.playing = True
        await pilot.pause()

    run(
        act,
        view=view(),
        trace=model_trace(trace_cell(random_cell(kind, 20), smooth(40))),
        size=size,
    )


@pytest.mark.parametrize("view", [StatesView, StepView])
@pytest.mark.parametrize(
    "options",
    [
        {"no_color": True},
        {"ascii_only": True},
        {"no_color": True, "ascii_only": True},
    ],
)
def test_every_view_stands_without_colour_and_in_ascii(view, options):
    async def act(pilot, host):
        await pilot.press("right", "down")

    run(act, view=view(), **options)


def test_without_a_run_the_view_says_what_to_do():
    async def act(pilot, host):
        host.look_at(opened=opened(), trace=None)
        await pilot.pause()
        assert "press s" in lines(host, "input")[0].lower()

    run(act)


def test_what_is_copied_is_the_value_under_the_cross():
    async def act(pilot, host):
        name, value = host.view.copied()
        assert name == "h of unit 2 at t 5"
        assert float(value) == float(host.session.cell.read("h")[0, 5, 2])

    run(act, place=Place(t=5, unit=2))


def test_m_in_step_shows_one_gate_alone_and_then_all_again():
    async def act(pilot, host):
        assert "forget gate" in lines(host, "board")[0]
        await pilot.press("m")
        assert "forget gate" not in lines(host, "board")[0]
        await pilot.press("m", "m", "m", "m")
        assert "forget gate" in lines(host, "board")[0]

    run(act, view=StepView())


def test_step_says_that_a_masked_timestep_was_held():
    mask = np.array([[True, False, True, True]])
    trace = model_trace(trace_cell(random_cell("lstm"), smooth(4), mask=mask))

    async def act(pilot, host):
        assert "held" in lines(host, "board")[0]

    run(act, view=StepView(), trace=trace, place=Place(t=1))


def test_without_room_nothing_is_drawn_of_a_run_that_is_over():
    async def act(pilot, host):
        # too narrow for the rail: one line says what the unit is now
        await pilot.resize_terminal(60, 20)
        host.view.styles.width = 0
        await pilot.pause()
        assert not host.view.size.width
        host.look_at(trace=lstm_trace(6, 300))
        host.place = Place(t=250)
        await pilot.pause()
        host.view.styles.width = "100%"
        await pilot.pause()
        await pilot.pause()
        assert any("250" in line for line in lines(host, "ruler"))

    run(act)


def test_the_axis_is_clicked_and_dragged():
    async def act(pilot, host):
        ruler = host.query_one("#ruler")
        width = host.view.stage.grid.widths[0]
        await pilot.mouse_down(ruler, offset=(6 + 1 + 5 * width, 0))
        assert host.place.t == 5
        await pilot.hover(ruler, offset=(6 + 1 + 9 * width, 0))
        assert host.place.t == 9
        await pilot.mouse_up(ruler, offset=(6 + 1 + 9 * width, 0))
        await pilot.hover(ruler, offset=(6 + 1 + 2 * width, 0))
        assert host.place.t == 9
        await pilot.click("#input", offset=(6 + 1, 0))
        assert host.place.t == 0

    run(act)


def test_the_strip_of_a_long_run_goes_to_any_of_its_timesteps():
    async def act(pilot, host):
        strip = host.query_one("#strip")
        cells = host.view.stage._lines.strip.cells
        await pilot.click(strip, offset=(6 + cells, 0))
        assert host.place.t == 999
        await pilot.click(strip, offset=(6 + cells // 2, 0))
        assert 480 < host.place.t < 520
        await pilot.press("z")
        await pilot.click(strip, offset=(7, 0))
        assert host.place.t < 20
        assert "h of unit 0" in lines(host, "strip")[0]

    run(act, trace=lstm_trace(6, 1000))


def test_under_the_mouse_unit_timestep_and_value_are_said():
    async def act(pilot, host):
        heat = host.query_one("#lower", HeatMap)
        grid = host.view.stage.grid
        x = 6 + grid.edges[7]
        await pilot.hover(heat, offset=(x, grid.line_of(3)))
        value = float(host.session.cell.read("c")[0, 7, 3])
        said = lines(host, "lower-caption")[-1]
        assert f"unit 3 · t 7 · {short(value, 6)}" in said
        assert "unit 3 · t 7" not in lines(host, "upper-caption")[-1]
        await pilot.hover("#ruler")
        assert "cell state" in lines(host, "lower-caption")[-1]

    run(act)


def test_a_click_on_a_gate_goes_to_its_timestep_and_keeps_the_unit():
    async def act(pilot, host):
        third = host.query_one("#third", HeatMap)
        x = 6 + host.view.stage.grid.edges[7]
        await pilot.click(third, offset=(x, 1))
        assert (host.place.t, host.place.unit) == (7, 2)

    run(act, place=Place(unit=2), size=(100, 44))


def column_of_time(host, name):
    """The columns of a map in which a cell has the mark of time."""
    heat = host.query_one(f"#{name}", HeatMap)
    grid = host.view.stage.grid
    found = set()
    for y in range(grid.used_lines):
        x = 0
        for text, _style, _ in heat.cells(y, 0, grid.used_width):
            if "▏" in text:
                found.add(grid.column_at(x + text.index("▏")))

            x += len(text)

    return found


def test_the_column_of_time_is_marked_in_the_maps_while_time_is_held():
    async def act(pilot, host):
        assert column_of_time(host, "upper") == {4}
        await pilot.press("right")
        assert column_of_time(host, "upper") == {5}
        assert column_of_time(host, "lower") == {5}
        host.playing = True
        await pilot.pause()
        assert column_of_time(host, "upper") == set()

    run(act, place=Place(t=4))
