"""The trajectory of a cell's state: its first two principal components at each
timestep, grouped by the token that was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.components import component_series
from rnn_tui.analysis.stretches import read_times
from rnn_tui.analysis.table import Table
from rnn_tui.analysis.units import unit_statistics
from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.renderables.trajectory import DARK, Path

if TYPE_CHECKING:
    from rnn_tui.analysis.series import Tokens
    from rnn_tui.engine.trace.trace import CellTrace

PLANE = 2
"""The components that are drawn."""
MOST = 5000
"""Timesteps that are drawn, at most: of a longer run every second, third …"""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The path of a state and the words beside it.

    `every` timesteps have one point; `names` are the tokens that have a colour
    of their own, `tokens` the token of each point, empty where the model reads
    numbers.
    """

    key: str
    state: str
    path: Path
    shares: tuple[float, float]
    names: tuple[str, ...]
    tokens: tuple[str, ...]
    every: int = 1

    @property
    def title(self) -> str:
        """The components that are drawn, and their share of the state."""
        whole = sum(self.shares)
        line = (
            f"{self.key}: the path of {self.state} in its first two principal "
            f"components, {whole:.0%} of its variance"
        )
        if self.every > 1:
            line += f" (one of {self.every} timesteps)"

        return line

    def table(self) -> Table:
        """Return a row for each point."""
        points = self.path.points.tolist()
        rows = []
        for index, (x, y) in enumerate(points):
            token = self.tokens[index] if self.tokens else ""
            rows.append((index * self.every, token, x, y))

        return Table(
            f"{self.key}-trajectory",
            ("timestep", "token", "PC1", "PC2"),
            rows,
            self.state,
            frozenset(("timestep", "PC1", "PC2")),
        )


def trajectory(
    cell: CellTrace,
    tokens: Tokens | None,
    sequence: int = 0,
) -> Trajectory:
    """Return the trajectory of the state that carries the memory.

    Raises RnnTuiError where the state has one unit, or doesn't vary.
    """
    statistics = unit_statistics(cell, sequence=sequence)
    state = statistics.main
    found = statistics.states[state].components
    if len(found.share) < PLANE:
        raise RnnTuiError(
            "a trajectory needs two units; this layer has one: its map shows "
            "all there is"
        )
    if not np.isfinite(found.effective_dimension):
        raise RnnTuiError(f"{state} doesn't vary: there is no path to draw")

    every = -(-cell.timesteps // MOST)
    points = np.full((cell.timesteps, PLANE), np.nan)
    for start in range(0, cell.timesteps, MOST):
        stop = min(start + MOST, cell.timesteps)
        series = component_series(cell, state, found, start, stop, sequence)
        points[start:stop] = series[:, :PLANE]

    points[~read_times(cell, sequence)] = np.nan
    groups, names, words = _groups(tokens, cell.timesteps)

    return Trajectory(
        cell.key,
        state,
        Path(points[::every], groups[::every]),
        (float(found.share[0]), float(found.share[1])),
        names,
        words[::every],
        every,
    )


def _groups(
    tokens: Tokens | None,
    timesteps: int,
) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Return the group of each timestep, the names of the groups, and the token
    of each timestep: the most frequent tokens are groups.
    """
    if tokens is None:
        return np.zeros(timesteps, np.int64), (), ()

    shown: list[int] = tokens.shown.tolist()
    named = dict(zip(shown, tokens.names, strict=True))
    present, counts = np.unique(tokens.ids, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    by_count = present[order]
    frequent: list[int] = by_count[: len(DARK)].tolist()

    groups = np.full(timesteps, -1, np.int64)
    for group, token in enumerate(frequent):
        is_token = tokens.ids == token
        groups[is_token] = group

    read: list[int] = tokens.ids.tolist()
    names = tuple(named.get(one, str(one)) for one in frequent)
    words = tuple(named.get(one, str(one)) for one in read)

    return groups, names, words
