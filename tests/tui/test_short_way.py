"""Cells painted past the compositor are those it would have drawn; what can't
be painted so goes the long way.
"""

import asyncio
import io

import pyte
import pytest
from made_traces import lstm_trace
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from test_states_view import Hosting

from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.terminal.cell_diff import CellDiff
from rnn_tui.tui.terminal.direct_paint import told
from rnn_tui.tui.views.states import StatesView
from rnn_tui.tui.views.step import StepView
from rnn_tui.tui.widgets.drawn import difference

WIDTH, HEIGHT = 120, 30


class Terminal:
    """A driver's place: what is painted goes to an emulated terminal."""

    def __init__(self, driver):
        self.driver = driver
        self.diff = CellDiff()
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)
        self.frames = 0

    def __getattr__(self, name):
        if name in ("driver", "short_way"):
            raise AttributeError(name)
        return getattr(self.driver, name)

    def paint(self, runs):
        self.frames += 1
        self.stream.feed(self.diff.paint(runs))

    def draw(self, app):
        """Draw all of the screen as the compositor has it."""
        for y, line in enumerate(app.screen._compositor.render_strips()):
            text = line.render(app.console)
            self.stream.feed(self.diff.feed(f"\x1b[{y + 1};1H{text}"))

    def cells(self):
        rows = range(HEIGHT)
        found = [[self.screen.buffer[y][x] for x in range(WIDTH)] for y in rows]
        return [
            [(c.data, c.bg, c.fg if c.data != " " else "", c.bold) for c in row]
            for row in found
        ]


@pytest.mark.parametrize("playing", [False, True])
@pytest.mark.parametrize("view", [StatesView, StepView])
def test_painted_cells_are_those_of_the_compositor(view, playing):
    asyncio.run(painted_and_drawn(view, playing))


async def painted_and_drawn(view, playing):
    app = Hosting(view(), lstm_trace(units=7, timesteps=90), Place(t=3, unit=2))
    app.console = Console(
        file=io.StringIO(), color_system="truecolor", force_terminal=True
    )
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        app.host.playing = playing
        await pilot.pause()
        app._driver = terminal = Terminal(app._driver)
        terminal.draw(app)
        for t, unit in (
            (4, 2),
            (5, 2),
            (5, 3),
            (14, 6),
            (13, 6),
            (25, 0),
            (30, 1),
        ):
            app.host.place = app.host.place._replace(t=t, unit=unit)
            await pilot.pause()
            painted = terminal.cells()
            app.screen.refresh()
            await pilot.pause()
            terminal.draw(app)
            assert painted == terminal.cells()
        assert terminal.frames >= 7
        app._driver = terminal.driver


def test_a_style_is_told_as_textual_tells_it():
    style = Style(color="#102030", bgcolor="#405060", bold=True)
    assert told(style, ColorSystem.TRUECOLOR) == (
        ("1",),
        "38;2;16;32;48",
        "48;2;64;80;96",
    )
    assert told(None, ColorSystem.TRUECOLOR) == ((), None, None)


def test_of_a_line_only_what_differs_is_painted():
    before = [Segment("ab"), Segment("cde"), Segment("f")]
    assert difference(
        before, [Segment("ab"), Segment("xyz"), Segment("f")]
    ) == (
        2,
        [Segment("xyz")],
    )
    assert difference(before, [Segment("ab"), Segment("xy"), Segment("zf")])[
        1
    ] == [
        Segment("xy"),
        Segment("zf"),
    ]
    assert (
        difference(before, [Segment("ab"), Segment("xyzw"), Segment("f")])[1]
        is None
    )
