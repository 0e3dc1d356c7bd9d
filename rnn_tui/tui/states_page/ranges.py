"""The range of each unit's own values over a run, and the scales that follow
from it.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.scales import Scale, nice_limit
from rnn_tui.tui.states_page.channels import FULL_SCAN, WINDOW, spread

KEPT = 64
"""Channels whose ranges are kept."""


class Ranges(NamedTuple):
    """The smallest and the largest value of each unit, each `(units,)`."""

    low: Array
    high: Array


class _Asked:
    """A channel as the key of what is kept for it."""

    def __init__(self, channel: Channel, sequence: int, filled: int) -> None:
        self.channel = channel
        self.sequence = sequence
        self._key: Hashable = (channel.key, sequence, filled)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key


def ranges_of(channel: Channel, sequence: int, filled: int = 0) -> Ranges:
    """Return the range of each unit in a sequence, kept; of a long run what
    windows spread over it have. `filled` tells stages of a run that goes on
    apart.
    """
    return _ranges(_Asked(channel, sequence, filled))


@lru_cache(maxsize=KEPT)
def _ranges(asked: _Asked) -> Ranges:
    channel = asked.channel
    timesteps = channel.timesteps
    if timesteps * channel.units <= FULL_SCAN:
        starts = [0]
        length = timesteps
    else:
        starts = spread(timesteps, WINDOW)
        length = WINDOW

    lows = []
    highs = []
    for start in starts:
        values = channel.read(start, start + length, asked.sequence)
        # a NaN or an infinity is no end of a range
        finite = np.isfinite(values)
        lows.append(np.where(finite, values, np.inf).min(axis=0))
        highs.append(np.where(finite, values, -np.inf).max(axis=0))

    low = np.min(lows, axis=0)
    high = np.max(highs, axis=0)
    known = low <= high

    return Ranges(np.where(known, low, 0.0), np.where(known, high, 0.0))


@lru_cache(maxsize=KEPT)
def _scales(asked: _Asked, signed: bool) -> tuple[Scale, ...]:
    low, high = _ranges(asked)
    pairs = zip(low.tolist(), high.tolist(), strict=True)

    return tuple([own_scale(one, other, signed) for one, other in pairs])


def own_scales(
    channel: Channel,
    sequence: int,
    filled: int = 0,
) -> tuple[Scale, ...]:
    """Return the scale of each unit's own values, the same object for the same
    question.
    """
    asked = _Asked(channel, sequence, filled)

    return _scales(asked, channel.scale().signed)


def own_scale(low: float, high: float, signed: bool) -> Scale:
    """Return the scale of values between two ends: around zero where they are
    signed, from end to end where they are shares.
    """
    if signed:
        limit = nice_limit(max(abs(low), abs(high)))
        return Scale(-limit, limit, signed=True)

    low, high = axis_ends(low, high)

    return Scale(low, high, signed=False)


def axis_ends(low: float, high: float) -> tuple[float, float]:
    """Return the short numbers at or beyond both ends of a range, for an axis;
    around a single value some room.
    """
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        room = abs(low) / 2 or 1.0
        low, high = low - room, high + room

    # the step of two digits of the whole range
    step = 10.0 ** (np.floor(np.log10(high - low)) - 1)
    first = np.floor(low / step + 1e-9) * step
    last = np.ceil(high / step - 1e-9) * step

    return float(f"{first:.6g}"), float(f"{last:.6g}")
