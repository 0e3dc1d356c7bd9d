"""A layer's values over time, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.engine.cells.kinds import kind_of, symbol
from rnn_tui.errors import RnnTuiError
from rnn_tui.pictures.colour_tables import CIVIDIS, VIK, colours_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rnn_tui.engine.trace.trace import CellTrace

NO_MATPLOTLIB = (
    "plot() needs matplotlib, which isn't installed: pip install "
    "'rnn-tui[notebook]'"
)


def plot(
    cell: CellTrace,
    quantities: Sequence[str] | None = None,
    sequence: int = 0,
) -> Figure:
    """Return a figure with a heat map, units × timesteps, of each quantity: the
    states and gates where none is named.

    Raises RnnTuiError where matplotlib is missing or there is no such quantity.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.colors import ListedColormap
    except ImportError:
        raise RnnTuiError(NO_MATPLOTLIB) from None

    names = _chosen(cell, quantities)
    gates = kind_of(cell.cell).gates
    shares = {gate.value for gate in gates if gate.share}
    figure, grid = pyplot.subplots(
        len(names),
        1,
        sharex=True,
        squeeze=False,
        figsize=(8, 1.2 + 1.5 * len(names)),
        layout="constrained",
    )
    # a notebook shows the figure returned, not the open ones as well
    pyplot.close(figure)
    axes = grid[:, 0]
    for axis, name in zip(axes, names, strict=True):
        values: Any = cell.read(name)[sequence]
        flat = values.reshape(len(values), -1).T  # (units, timesteps)
        table = VIK
        low, high = _about_zero(flat)
        if name in shares:
            table = CIVIDIS
            low, high = 0.0, 1.0

        colours = [
            tuple(side / 255 for side in rgb) for rgb in colours_of(table)
        ]
        image = axis.imshow(
            flat,
            aspect="auto",
            interpolation="nearest",
            cmap=ListedColormap(colours),
            vmin=low,
            vmax=high,
        )
        axis.set_ylabel(f"{symbol(name)}  unit")
        figure.colorbar(image, ax=axis)

    axes[0].set_title(cell.key)
    axes[-1].set_xlabel("timestep")

    return figure


def _chosen(
    cell: CellTrace,
    quantities: Sequence[str] | None,
) -> Sequence[str]:
    if quantities is None:
        states = list(cell.cell.states)
        gates = [
            name
            for name in cell.names
            if not name.startswith("pre_") and name not in states
        ]
        return [*states, *gates]

    if isinstance(quantities, str):
        quantities = [quantities]

    for name in quantities:
        if name not in cell.names:
            raise RnnTuiError(
                f"{cell.key!r} has no quantity {name!r}; there are "
                f"{' '.join(cell.names)}"
            )

    return quantities


def _about_zero(values: Any) -> tuple[float, float]:
    finite = np.abs(values[np.isfinite(values)])
    most = 1.0
    if finite.size and finite.max():
        most = float(finite.max())

    return -most, most
