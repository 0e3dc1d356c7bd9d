"""The parts of a page, in plain values: its maps, the lines around them, a
moment of it, and what else it is asked to show.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.channels import (
    Further,
    Offer,
    nothing_further,
    quantities,
)
from rnn_tui.tui.states_page.rows import Lane, Row

NAMES = ("upper", "lower")
"""The maps of units, from above; below them is the third map, of rows."""


class Extras(NamedTuple):
    """What a page shows beside a cell's own quantities: the channels there are
    for its maps and further ones, lanes below its input, rows in its third map
    above the gates, and marks on its axis of time, each (timestep, sign).
    """

    offer: Offer = quantities
    further: Further = nothing_further
    lanes: tuple[Lane, ...] = ()
    rows: tuple[Row, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    instead: bool = False
    """Whether a lane takes the line of the selected unit's values."""


class Pointer(NamedTuple):
    """What the mouse is over: a map, a row of it and a column of time."""

    which: str
    row: int
    t: int


class Lines(NamedTuple):
    """Lines of everything but the two maps and their captions."""

    rail_beside: bool
    """Whether the selected unit has its place beside the maps."""
    input: int = 0
    extra: int = 0
    """Those of the lanes that were asked for."""
    mask: int = 0
    now: int = 0
    """The selected unit's values, where it hasn't."""
    strip: int = 0
    """The whole run, where it is longer than a page."""
    ruler: int = 1
    third: int = 0
    """Those of the rows, where there is room for them."""
    gaps: int = 0
    """Free lines above captions."""

    @property
    def taken(self) -> int:
        """Lines that are taken from the maps."""
        lanes = self.input + self.extra + self.mask + self.now
        return lanes + self.strip + self.ruler

    def heights(self, maps: int, used: int, third: int) -> dict[str, int]:
        """Return the height of every part with so many maps, each `used` lines
        high, and a third one of `third`; 0 for those that aren't shown.
        """
        two = maps > 1
        below = [1 + (self.gaps > index) for index in range(2)]

        return {
            "input": self.input,
            "extra": self.extra,
            "mask": self.mask,
            "ruler": self.ruler,
            "strip": self.strip,
            "upper-caption": 1,
            "upper": used,
            "lower-caption": below[0] if two else 0,
            "lower": used if two else 0,
            "third-caption": below[1] if self.third else 0,
            "third": third if self.third else 0,
            "now": self.now,
        }


class Moment(NamedTuple):
    """A place as it is drawn, and what follows from it."""

    place: Place
    step: int
    """How many timesteps the cell has read before."""
    span: tuple[int, int]
    """The first timestep of the place's page, and the one after its last."""
    seen: NDArray[np.bool_]
    """Which timesteps of the page the cell has read."""
    filled: int
    """How many timesteps of the run had been computed."""
    reveals: bool
    """Whether time had run, so that what it hasn't reached is dim."""
    row: int = 0
    """The row of the place's unit in the maps."""
