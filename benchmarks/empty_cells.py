"""How much of a view is empty: the cells of the explorer's screen are read, and
those that hold nothing are counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from rich.style import Style
from textual.geometry import Region

from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.renderables.blockpage import LABEL
from rnn_tui.tui.renderables.palette import RGB
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.heat import HeatMap

GAP = 8
"""Blank cells between two written ones of a line that still belong to it."""

EDGES = "┤│"
"""The axis of a plot: what follows on its line is the plot, dots or not."""

AXIS = 7
"""Cells at the left of it for its numbers."""

TURN = 0.05
"""Seconds between two looks at what is under way."""

QUIET = 4
"""How often in a row the explorer must be found at rest."""


class Cell(NamedTuple):
    """One cell of the screen."""

    text: str
    colour: RGB
    ground: RGB


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


def inside(lines: list[list[Cell]], region: Region) -> Iterator[Cell]:
    """Yield the cells of a region."""
    for y in range(region.y, region.bottom):
        yield from lines[y][region.x : region.right]


def empty(app: RnnTuiApp) -> float:
    """Return the percentage of the view's cells that hold nothing: blank, in no
    map or plot (with the numbers beside it), and not in a short gap of a line
    of text.
    """
    lines = cells_of(app)
    explorer = app.screen
    assert isinstance(explorer, ExplorerScreen)
    view = explorer.current.region
    ground = explorer.current.background_colors[1].rgb
    used = np.zeros((view.height, view.width), bool)
    for y in range(view.height):
        line = lines[view.y + y][view.x : view.right]
        used[y] = _used(line, ground)

    for region in _maps(explorer):
        inner = region.translate((-view.x, -view.y))
        used[inner.y : inner.bottom, inner.x : inner.right] = True

    return 100 * float((~used).mean())


def _maps(explorer: ExplorerScreen) -> Iterator[Region]:
    """Yield the places of the maps that are shown: a value near zero has the
    colour of the ground.
    """
    for heat in explorer.current.query(HeatMap):
        width = sum(child.region.width for child in heat.children)
        yield Region(heat.region.x, heat.region.y, width, heat.region.height)

    for block in explorer.current.query(BlockMap):
        if block.region and block._page is not None:
            page = block._page
            rows, columns = page.shown.shape
            height, width = rows * page.tall, columns * page.wide
            yield Region(block.region.x + LABEL, block.region.y, width, height)


def _used(line: list[Cell], ground: RGB) -> Any:
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


async def at_rest(app: RnnTuiApp) -> None:
    """Wait until nothing is under way and all is drawn."""
    quiet = 0
    while quiet < QUIET:
        quiet += 1
        if any(not worker.is_finished for worker in app.workers):
            quiet = 0

        drawn = asyncio.Event()
        app.screen.call_after_refresh(drawn.set)
        await drawn.wait()
        await asyncio.sleep(TURN)
