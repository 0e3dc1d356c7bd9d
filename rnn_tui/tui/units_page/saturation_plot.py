"""How often each unit's gates are nearly shut and nearly open, as a plot for
each gate: a dot for each unit (Karpathy, Johnson and Fei-Fei 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment

from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.trajectory import Path, drawn

if TYPE_CHECKING:
    from rnn_tui.analysis.saturation import Saturation, Shares

Line = list[Segment]

WIDTH, HEIGHT = 22, 7
"""Cells of a plot."""
GAP = 3

WHOLE = np.array([[0.0, 0.0], [1.0, 1.0]])
"""Both shares, from none of the timesteps to all."""


def saturation_plots(
    saturation: Saturation,
    unit: int,
    width: int,
    look: Look,
) -> list[Line]:
    """Return the plots side by side, as many as there is room for, and how to
    read them; nothing where no gate was saturated at any timestep.
    """
    most = (width + GAP) // (WIDTH + GAP)
    every = list(saturation.gates.items())
    gates = every[:most]
    if not gates or not saturation.anywhere:
        return []

    plots = [_plot(shares, unit, look) for _, shares in gates]
    titles: Line = []
    for name, shares in gates:
        text = f"{symbol(name)}  <{shares.below:g} →  >{shares.above:g} ↑"
        titles.append(Segment(_fitted(text), ink(look.muted)))
        titles.append(Segment(" " * GAP))

    lines = [titles]
    for row in range(HEIGHT):
        line: Line = []
        for plot in plots:
            line += [_edge(look), *plot[row], Segment(" " * GAP)]

        lines.append(line)

    corner = "└"
    line_of_floor = "─"
    if look.ascii:
        corner = "+"
        line_of_floor = "-"

    floor = corner + line_of_floor * (WIDTH - 1) + " " * GAP
    ends = [Segment(floor, ink(look.faint)) for _ in plots]

    return [*lines, ends]


def _plot(shares: Shares, unit: int, look: Look) -> list[Line]:
    points = np.stack([shares.low, shares.high], axis=1)
    groups = np.zeros(len(points), np.int64)
    path = Path(points, groups, WHOLE, joined=False)

    return drawn(path, unit, WIDTH - 1, HEIGHT, look)


def _edge(look: Look) -> Segment:
    return Segment("|" if look.ascii else "│", ink(look.faint))


def _fitted(text: str) -> str:
    return text[:WIDTH].ljust(WIDTH)
