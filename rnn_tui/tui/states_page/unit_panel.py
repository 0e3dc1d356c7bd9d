"""What is shown of the selected unit beside or below the maps: its channels
now, and their course over the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.compared_units import Compared
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.numbers import MOVING, short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.unit_column import Course
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.channels import (
    without_pre_activations,
    written,
)
from rnn_tui.tui.states_page.moments import PageCache
from rnn_tui.tui.states_page.ranges import axis_ends, ranges_of

FIELD = 9
"""Cells for a number and what follows it."""


@dataclass(frozen=True, eq=False)
class UnitPage:
    """One unit's channels over the page of a place, each page of values read
    once.
    """

    channels: Sequence[Channel]
    grid: Grid
    look: Look
    kept: PageCache

    @cached_property
    def followed(self) -> list[Channel]:
        """The channels that are followed: states and gates."""
        return without_pre_activations(self.channels)

    @cached_property
    def drawn(self) -> Sequence[Channel]:
        """The channels that have a course; all of them where one is
        followed.
        """
        if len(self.followed) > 1:
            return self.followed

        return self.channels

    def now(self, place: Place) -> list[Segment]:
        """Return the unit's values on one line, where there is no room for the
        rail.
        """
        column = place.t - self.grid.first_timestep(place.t)
        unit = place.unit
        labels = self.kept.keep("labels", self._labels)
        windows = self.kept.keep(
            "now",
            lambda: self._windows(self.followed, place),
        )
        style = ink(self.look.foreground)
        line = []
        for label, values in zip(labels, windows, strict=True):
            number = short(float(values[column, unit]), MOVING)
            line.append(label)
            line.append(Segment(number.ljust(FIELD), style))

        return line

    def courses(
        self,
        place: Place,
        seen: NDArray[np.bool_],
        filled: int,
        *,
        marked: bool = False,
        compared: tuple[int, ...] = (),
    ) -> list[Course]:
        """Return the course of each channel between the ends of the unit's own
        range, or of the range that it has with the units that it is `compared`
        with; `seen` says which timesteps of the page have been read, and the
        column of time may be `marked`.
        """
        column = place.t - self.grid.first_timestep(place.t)
        drawn = self.drawn
        windows = self.kept.keep("courses", lambda: self._windows(drawn, place))
        ascii_only = self.look.ascii
        unit = place.unit
        ranges = self.kept.keep(
            ("ranges", unit),
            lambda: [
                self._range(channel, place, filled, (unit, *compared))
                for channel in drawn
            ],
        )

        scales = self.kept.keep(
            "scales",
            lambda: [channel.scale() for channel in drawn],
        )

        courses = [
            Course(
                written(channel, ascii_only=ascii_only),
                scale,
                values[:, unit],
                column,
                seen,
                ends,
                marked,
            )
            for channel, scale, values, ends in zip(
                drawn,
                scales,
                windows,
                ranges,
                strict=True,
            )
        ]
        if not compared:
            return courses

        return [
            replace(course, compared=_compared(values, compared))
            for course, values in zip(courses, windows, strict=True)
        ]

    def _range(
        self,
        channel: Channel,
        place: Place,
        filled: int,
        units: tuple[int, ...],
    ) -> tuple[float, float]:
        """Return the ends of the axis of some units."""
        low, high = ranges_of(channel, place.sequence, filled)
        chosen = list(units)

        return axis_ends(float(low[chosen].min()), float(high[chosen].max()))

    def _labels(self) -> list[Segment]:
        """Return each channel's symbol as the line of values has it."""
        style = ink(self.look.muted)
        symbols = [
            written(one, ascii_only=self.look.ascii) for one in self.followed
        ]

        return [Segment(f"{symbol} ", style) for symbol in symbols]

    def _windows(
        self,
        channels: Sequence[Channel],
        place: Place,
    ) -> list[Array]:
        """Return a page of each of these channels, read once: in a long run
        reading may mean computing.
        """
        start = self.grid.first_timestep(place.t)
        stop = min(start + self.grid.columns, self.grid.timesteps)

        return [
            channel.read(start, stop, place.sequence) for channel in channels
        ]


def _compared(values: Array, units: tuple[int, ...]) -> tuple[Compared, ...]:
    """Return the courses of the units that are compared, `values` being
    `(timesteps, units)`.
    """
    return tuple([Compared(unit, values[:, unit]) for unit in units])
