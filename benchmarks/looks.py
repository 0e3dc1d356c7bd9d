"""Looks: how much of the States view's picture can be seen, and how much of the
view is empty.

Each model is opened in the explorer itself and the cells on its screen are
read: their lightness L* (CIE Lab) beside that of the ground. Random models have
the seeds of `benchmarks/models.py` (a layer's units), random sequences seed 0.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from rich.style import Style
from textual.geometry import Region

from benchmarks.calls import _shown
from benchmarks.measure import Figure, alone
from benchmarks.models import bidirectional_file, layer_file, stacked_file
from rnn_tui.samples import find_sample
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.renderables.colormaps import lightness
from rnn_tui.tui.renderables.palette import RGB
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.views.states import StatesView
from rnn_tui.tui.widgets.heat import HeatMap, Tile

NEAR = 12.0
"""A cell whose L* is nearer to the ground's than this is hardly seen."""

GAP = 8
"""Blank cells between two written ones of a line that still belong to it."""

EDGES = "┤│"
"""The axis of a plot: what follows on its line is the plot, dots or not."""

AXIS = 7
"""Cells at the left of it for its numbers."""

BRIGHT_SIZE = (160, 48)
SIZES = ((160, 48), (220, 60), (120, 32))


class Cell(NamedTuple):
    """One cell of the screen."""

    text: str
    colour: RGB
    ground: RGB


class Work(NamedTuple):
    """A model, the sequence it reads (empty: its own), and the largest share
    of hardly seen cells of its whole run.
    """

    name: str
    path: str
    input: str
    most: float


class Shares(NamedTuple):
    """Percent of the maps' cells that are hardly seen: at the first look, with
    half the run reached, and with all of it.
    """

    first: float
    half: float
    whole: float


def works(folder: Path) -> list[Work]:
    """Return the models that are looked at, the random ones written to
    `folder`.
    """
    lstms = str(stacked_file(folder, "LSTM", 8, 128, 2))
    large = str(layer_file(folder, "LSTM", 8, 1024))
    both = str(bidirectional_file(folder, "GRU", 8, 16))

    return [
        Work("brackets", _sample("brackets"), "", 25),
        Work("char-lstm", _sample("char-lstm"), "", 40),
        Work("two LSTM of 128 units", lstms, "random:200", 40),
        Work("LSTM of 1,024 units", large, "random:200", 40),
        Work("Bidirectional GRU of 16", both, "random:50", 40),
    ]


def _sample(name: str) -> str:
    return str(find_sample(name).path)  # type: ignore[union-attr]


def cells_of(app: RnnTuiApp) -> list[list[Cell]]:
    """Return the cells on the screen, line by line."""
    lines = []
    for strip in app.screen._compositor.render_strips():
        line = []
        for text, style, _ in strip:
            colour, ground = _colours(style)
            line += [Cell(character, colour, ground) for character in text]

        lines.append(line)

    return lines


def _colours(style: Style | None) -> tuple[RGB, RGB]:
    found = []
    for colour in (style and style.color, style and style.bgcolor):
        triplet = colour.triplet if colour else None
        found.append(tuple(triplet) if triplet else (0, 0, 0))

    return found[0], found[1]


def hardly_seen(app: RnnTuiApp) -> float:
    """Return the percentage of the maps' values that are hardly seen."""
    lines = cells_of(app)
    view = app.screen.query_one(StatesView)
    ground = lightness(view.background_colors[1].rgb)
    values = []
    for tile in app.screen.query(Tile):
        for cell in _inside(lines, tile.region):
            # two values share a cell of half-blocks
            upper = cell.colour if cell.text == "▀" else cell.ground
            values += [lightness(upper), lightness(cell.ground)]

    near = np.abs(np.array(values) - ground) < NEAR

    return 100 * float(near.mean())


def _inside(lines: list[list[Cell]], region: Region) -> Iterator[Cell]:
    for y in range(region.y, region.bottom):
        yield from lines[y][region.x : region.right]


def empty(app: RnnTuiApp) -> float:
    """Return the percentage of the view's cells that hold nothing: blank, in no
    map or plot (with the numbers beside it), and not in a short gap of a line
    of text.
    """
    lines = cells_of(app)
    view = app.screen.query_one(StatesView).region
    ground = app.screen.query_one(StatesView).background_colors[1].rgb
    used = np.zeros((view.height, view.width), bool)
    for y in range(view.height):
        line = lines[view.y + y][view.x : view.right]
        used[y] = _used(line, ground)

    for heat in app.screen.query(HeatMap):
        region = heat.region.translate((-view.x, -view.y))
        stop = region.x + sum(child.region.width for child in heat.children)
        used[region.y : region.bottom, region.x : stop] = True

    return 100 * float((~used).mean())


def _used(line: list[Cell], ground: RGB) -> np.ndarray:
    """Return which cells of a line outside the maps hold something."""
    written = np.array(
        [cell.text.strip() != "" or cell.ground != ground for cell in line]
    )
    places = written.nonzero()[0]
    for start, stop in pairwise(places.tolist()):
        if stop - start - 1 <= GAP:
            written[start:stop] = True

    edges = [x for x, cell in enumerate(line) if cell.text in EDGES]
    if edges:
        written[max(edges[0] - AXIS, 0) :] = True

    return written


async def _brightness(work: Work) -> Shares:
    """Return the shares of a model at three moments of its run."""
    app = _app(work)
    async with app.run_test(size=BRIGHT_SIZE) as pilot:
        explorer = await _shown(pilot)
        first = hardly_seen(app)
        cell = explorer.session.cell
        assert cell is not None
        player = explorer.transport.player
        explorer.playing = True
        shares = [first]
        for step in (cell.timesteps // 2, cell.timesteps - 1):
            player._show(step)
            await pilot.pause(0.3)
            shares.append(hardly_seen(app))

        explorer.playing = False

    return Shares(*shares)


async def _emptiness(work: Work, size: tuple[int, int]) -> float:
    app = _app(work)
    async with app.run_test(size=size) as pilot:
        await _shown(pilot)
        return empty(app)


def _app(work: Work) -> RnnTuiApp:
    inputs = (work.input,) if work.input else ()
    options = ExplorerOptions(view="states", theme="dark", inputs=inputs)
    # else the app would take the sixteen colours of no terminal at all
    with mock.patch("textual.constants.COLOR_SYSTEM", "truecolor"):
        return RnnTuiApp(work.path, None, options)


def figures() -> Iterator[Figure]:
    """Look at every model."""
    with tempfile.TemporaryDirectory() as folder:
        models = works(Path(folder))
        for work in models:
            shares = asyncio.run(_brightness(work))
            said = f"{work.name}, hardly seen"
            yield _percent(f"{said}: whole run", shares.whole, work.most)
            yield _percent(f"{said}: half reached", shares.half, 60)
            yield _percent(f"{said}: first look", shares.first, work.most)

        for work in (models[0], models[-1]):
            for size in SIZES:
                share = asyncio.run(_emptiness(work, size))
                sized = f"{work.name}, empty at {size[0]}×{size[1]}"
                yield _percent(sized, share, 10)


def _percent(work: str, share: float, most: float) -> Figure:
    against: Any = f"{most:g} %"
    return alone("looks", work, against, share, most, "%")
