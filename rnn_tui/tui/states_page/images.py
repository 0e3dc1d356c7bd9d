"""The states of a cell that works on pictures, as pictures: those of the
selected filter at the timestep in question, beside each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.caption import ends_of
from rnn_tui.tui.renderables.image import ImageGrid, image_lines
from rnn_tui.tui.renderables.numbers import MOVING, short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.channels import Quantity
from rnn_tui.tui.states_page.input_lane import Line
from rnn_tui.tui.states_page.moments import PageCache

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

GAP = 2
FOR_IMAGES = 12
"""Lines of the rail from which on there is room for pictures."""
PLAIN = Style(dim=False)


class Spot(NamedTuple):
    """A pixel of a picture with rows and columns."""

    row: int
    column: int


class StateImages:
    """The pictures of a run's states in a room of cells and lines."""

    def __init__(
        self,
        run: CellTrace,
        room: tuple[int, int],
        look: Look,
        pixel: int | None,
    ) -> None:
        self._run = run
        self._look = look
        self._states = run.cell.states
        size = run.sides
        # the slices of a deeper picture are below each other
        self._columns = size[-1]
        rows = int(np.prod(size[:-1], dtype=int))
        count = len(self._states)
        each = (room[0] - GAP * (count - 1)) // count
        self.grid = ImageGrid(
            (rows, self._columns),
            (max(each, 1), max(room[1] - 1, 1)),
            look.half,
        )
        self._marked = None
        if pixel is not None:
            self._marked = Spot(*divmod(pixel, self._columns))

    @property
    def height(self) -> int:
        """The lines of the titles and the pictures."""
        return 1 + self.grid.lines

    def lines(self, place: Place, t: int) -> list[Line]:
        """Return titles and pictures at timestep t of the run."""
        parts = [self._one(name, place, t) for name in self._states]
        gap = Segment(" " * GAP, PLAIN)
        found = []
        for pieces in zip(*parts, strict=True):
            line: Line = []
            for piece in pieces:
                line += [*piece, gap]

            found.append(line[:-1])

        return found

    def _one(self, name: str, place: Place, t: int) -> list[Line]:
        sequence = place.sequence
        values = self._run.read_rows(name, (sequence,), t, t + 1)[0, 0]
        image = values[..., place.unit].reshape(self.grid.size)
        # one scale for all pixels of the run
        scale = Quantity(self._run, name, 0).scale()
        low, high = ends_of(scale, self._look)
        words = f"  {low} … {high}"
        if self._marked is not None:
            value = float(image[self._marked])
            words = f"  {short(value, MOVING)}"

        width = self.grid.width
        text = words[: max(width - cell_len(name), 0)]
        title = [
            Segment(name[:width], ink(self._look.foreground, bold=True)),
            Segment(text.ljust(max(width - cell_len(name), 0)), self._muted),
        ]
        drawn = image_lines(image, self.grid, scale, self._look, self._marked)

        return [title, *drawn]

    @property
    def _muted(self) -> Style:
        return ink(self._look.muted)

    def pixel_at(self, x: int, y: int) -> int | None:
        """Return the pixel, counted row by row, at a cell of these lines; None
        beside the pictures.
        """
        each = self.grid.width + GAP
        spot = self.grid.at(x % each, y - 1)
        if spot is None or not 0 <= x < each * len(self._states):
            return None

        return spot[0] * self._columns + spot[1]


def state_images(
    run: CellTrace,
    room: tuple[int, int],
    look: Look,
    pixel: int | None,
    kept: PageCache,
) -> StateImages | None:
    """Return the pictures of a cell that works on some in a rail of this size,
    in half of its height; None where there is no room.
    """
    width, height = room
    if height < FOR_IMAGES:
        return None

    return kept.keep(
        ("images", width, height),
        lambda: StateImages(run, (width, height // 2), look, pixel),
    )
