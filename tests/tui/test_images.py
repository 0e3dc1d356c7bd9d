"""A cell that works on pictures shows its states as pictures."""

import numpy as np
import pytest
from made_traces import model_trace
from test_states_view import run

from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.trace.trace import CellTrace
from rnn_tui.engine.trace.values import GivenValues
from rnn_tui.tui.renderables.image import ImageGrid, image_lines
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import STATE_SCALE, ramp
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.widgets.drawn import Drawn


def text(line):
    return "".join(segment.text for segment in line)


def conv_trace(timesteps=6, rows=5, columns=7, filters=3):
    rng = np.random.default_rng(4)
    W, U = (
        rng.normal(0, 0.4, (3, 3, n, 4 * filters)).astype("f4")
        for n in (2, filters)
    )
    cell = ConvLSTMCell(
        W,
        U,
        rng.normal(size=4 * filters).astype("f4"),
        activation("tanh"),
        activation("sigmoid"),
        (1, 1),
        "same",
        (1, 1),
    )
    x = rng.normal(size=(1, timesteps, rows, columns, 2)).astype("f4")
    state = {name: np.zeros((1, rows, columns, filters), "f4") for name in "hc"}
    initial = dict(state)
    found = {name: [] for name in cell.quantities}
    for t in range(timesteps):
        step = cell.step(x[:, t], state["h"], state["c"])
        for name in cell.quantities:
            found[name].append(getattr(step, name))

        state = {name: found[name][-1] for name in "hc"}

    values = {name: np.stack(each, axis=1) for name, each in found.items()}
    traced = CellTrace("conv", "conv", cell, x, GivenValues(values), initial)

    return model_trace(traced)


@pytest.mark.parametrize(
    ("size", "room", "pixel", "lines"),
    [
        ((8, 8), (20, 10), 2, 8),
        ((5, 7), (20, 20), 2, 5),
        ((3, 3), (60, 60), 8, 12),
        ((64, 64), (20, 10), 1, 8),
    ],
)
def test_a_pixel_is_square_and_the_picture_fits(size, room, pixel, lines):
    grid = ImageGrid(size, room)
    assert (grid.pixel, grid.lines) == (pixel, lines)
    assert grid.width <= room[0]
    assert grid.lines <= room[1]


def test_every_cell_of_a_picture_is_the_pixel_drawn_there():
    values = np.linspace(-1, 1, 35).reshape(5, 7)
    grid = ImageGrid((5, 7), (21, 20))
    lines = image_lines(values, grid, STATE_SCALE, Look())
    colours = ramp(Look(), True).rgb
    levels = STATE_SCALE.levels(values)
    assert grid.pixel == 3
    assert len(lines) == grid.lines
    for y, line in enumerate(lines):
        x = 0
        for part, style, _ in line:
            for _ in part:
                row, column = grid.at(x, y)
                level = levels[row, column]
                front = style.color or style.bgcolor
                assert tuple(front.triplet) == colours[level]
                x += 1

        assert x == 21

    assert grid.at(21, 0) is None
    assert grid.at(0, grid.lines) is None


def test_a_picture_that_is_too_large_shows_the_largest_of_its_tiles():
    values = np.zeros((64, 64))
    values[37, 22] = -1.0
    grid = ImageGrid((64, 64), (16, 8), half=False)
    assert grid.factor == (8, 4)
    lines = image_lines(values, grid, STATE_SCALE, Look("none"))
    found = [(y, text(line).find("⣿")) for y, line in enumerate(lines)]
    shown = [(y, x) for y, x in found if x >= 0]
    assert shown == [(37 // 8, 22 // 4)]
    assert grid.at(22 // 4, 37 // 8) == (32, 20)


def test_without_colour_a_picture_is_glyphs():
    values = np.array([[1.0, 0.0], [-1.0, 0.5]])
    grid = ImageGrid((2, 2), (4, 2), half=False)
    lines = image_lines(values, grid, STATE_SCALE, Look("none"))
    assert [text(line) for line in lines] == ["██··", "⣿⣿▓▓"]


def rail(host):
    return host.query_one("#rail", Drawn)._drawn_lines


def test_the_states_of_the_selected_filter_are_pictures_that_follow_time():
    async def act(pilot, host):
        first = [text(line) for line in rail(host)]
        assert first[1].startswith("h  ")
        assert "c  " in first[1]
        before = list(rail(host)[2:8])
        await pilot.press("right")
        assert rail(host)[2:8] != before
        at_one = list(rail(host)[2:8])
        await pilot.press("down")
        assert rail(host)[2:8] != at_one
        host.playing = True
        await pilot.pause()

    run(act, trace=conv_trace(), size=(160, 44))


def test_a_click_on_a_picture_chooses_its_pixel():
    async def act(pilot, host):
        images = host.view.stage.images(
            host.query_one("#rail").size.width, host.view.size.height
        )
        pixel = images.grid.pixel
        x = 1 + 4 * pixel
        y = 2 + (2 * pixel) // 2
        await pilot.click("#rail", offset=(x, y))
        assert host.session.cursor.pixel == 2 * 7 + 4
        value = float(host.session.cell.read("h")[0, 3, 2, 4, 1])
        shown = text(rail(host)[1])
        assert f"{value:.3g}".replace("-", "−")[:5] in shown

    run(act, trace=conv_trace(), size=(160, 44), place=Place(t=3, unit=1))


@pytest.mark.parametrize("size", [(160, 44), (112, 20), (80, 24), (40, 9)])
def test_pictures_fit_every_size(size):
    async def act(pilot, host):
        await pilot.press("p", "u", "right", "u", "p")

    run(act, trace=conv_trace(rows=40, columns=60), size=size)
