"""Looks: how much of the States view's picture can be seen, and how much of
every view is empty.

Each model is opened in the explorer itself and the cells on its screen are
read: their lightness L* (CIE Lab) beside that of the ground. Random models have
the seeds of `benchmarks/models.py` (a layer's units), random sequences seed 0.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from benchmarks.calls import _shown
from benchmarks.empty_cells import at_rest, cells_of, empty, inside
from benchmarks.measure import Figure, alone
from benchmarks.models import bidirectional_file, layer_file, stacked_file
from rnn_tui.samples import find_sample
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.renderables.colormaps import lightness
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.startup.view_table import NAMES
from rnn_tui.tui.views.states import StatesView
from rnn_tui.tui.widgets.heat import Tile

NEAR = 12.0
"""A cell whose L* is nearer to the ground's than this is hardly seen."""

BRIGHT_SIZE = (160, 48)
SIZES = ((160, 48), (220, 60), (120, 32), (80, 24))


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


def hardly_seen(app: RnnTuiApp) -> float:
    """Return the percentage of the maps' values that are hardly seen."""
    lines = cells_of(app)
    view = app.screen.query_one(StatesView)
    ground = lightness(view.background_colors[1].rgb)
    values = []
    for tile in app.screen.query(Tile):
        for cell in inside(lines, tile.region):
            # two values share a cell of half-blocks
            upper = cell.colour if cell.text == "▀" else cell.ground
            values += [lightness(upper), lightness(cell.ground)]

    near = np.abs(np.array(values) - ground) < NEAR

    return 100 * float(near.mean())


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


async def emptiness(
    work: Work,
    size: tuple[int, int],
    views: Sequence[str] = ("states",),
) -> list[float]:
    """Return how much of each view is empty once all it asks for is there."""
    app = _app(work)
    shares = []
    async with app.run_test(size=size) as pilot:
        explorer = await _shown(pilot)
        for view in views:
            explorer.view = view
            await at_rest(app)
            shares.append(empty(app))

    return shares


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

        for work in (models[0], models[2], models[-1]):
            for size in SIZES:
                shares = asyncio.run(emptiness(work, size, NAMES))
                for view, share in zip(NAMES, shares, strict=True):
                    named = f"{view.title()} of {work.name}"
                    sized = f"{named}, empty at {size[0]}×{size[1]}"
                    yield _percent(sized, share, 10)


def _percent(work: str, share: float, most: float) -> Figure:
    against: Any = f"{most:g} %"
    return alone("looks", work, against, share, most, "%")
