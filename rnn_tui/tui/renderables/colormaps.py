"""Colours of maps on a terminal: mixed with its ground, and the nearest ones of
a terminal of 256 colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rnn_tui.pictures.colour_tables import BERLIN as BERLIN
from rnn_tui.pictures.colour_tables import CIVIDIS as CIVIDIS
from rnn_tui.pictures.colour_tables import STEPS as STEPS
from rnn_tui.pictures.colour_tables import VIK as VIK
from rnn_tui.pictures.colour_tables import colours_of as colours_of
from rnn_tui.tui.renderables.palette import RGB


def blend(colour: RGB, background: RGB, share: float) -> RGB:
    """Return `colour` with `share` of it kept and the rest taken from the
    background.
    """
    red, green, blue = (
        round(b + (c - b) * share)
        for c, b in zip(colour, background, strict=True)
    )
    return red, green, blue


LIGHT = 3.0
"""How much more a difference in lightness counts than one in hue: the order of
a map's steps is in their lightness.
"""

COLOURED = 8.0
"""The chroma from which on a colour is no grey: it must not become one of
another hue, for hue tells the sign.
"""


LEAST_RISE = 0.4
"""The share of the difference in lightness of two steps that those which stand
for them have at least.
"""

HUE = 0.5
"""The cosine of the angle up to which two hues are one."""


@lru_cache(maxsize=1024)
def nearest_256(colour: RGB) -> RGB:
    """Return the colour of the xterm 256 palette that serves best for `colour`
    in a map: nearest in CIE Lab, lightness above all, and of no other hue.

    Only the fixed part of the palette counts (the 6×6×6 cube and the greys):
    the first sixteen are the user's own.
    """
    wanted = lab_of(np.array([colour]))[0]
    distance = _distances(lab_of(_palette()), wanted)

    return _of_palette(int(distance.argmin()))


def branch_256(branch: Sequence[RGB]) -> list[RGB]:
    """Return the colours of the xterm 256 palette that serve best for a branch
    of a map, one for each of its steps: near them as in `nearest_256`, and
    always further from its first one in lightness, so that a larger value never
    looks smaller.

    The palette's colours that together are nearest are found by dynamic
    programming over the steps.
    """
    steps = lab_of(_palette())
    wanted = lab_of(np.array(branch))
    rises = steps[None, :, 0] - steps[:, None, 0]  # from one colour to another

    best = _distances(steps, wanted[0])
    came_from = []
    for before, now in pairwise(wanted):
        gap = float(now[0] - before[0])
        is_far_enough = rises * np.sign(gap) >= LEAST_RISE * abs(gap)
        reached = np.where(is_far_enough, best[:, None], np.inf)
        came_from.append(reached.argmin(axis=0))
        best = reached.min(axis=0) + _distances(steps, now)

    if not np.isfinite(best).any():
        return [nearest_256(colour) for colour in branch]

    place = int(best.argmin())
    path = [place]
    for before in reversed(came_from):
        place = int(before[place])
        path.append(place)

    return [_of_palette(place) for place in reversed(path)]


def _of_palette(place: int) -> RGB:
    red, green, blue = _palette()[place].tolist()

    return red, green, blue


def _distances(
    steps: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how far each colour is from the wanted one, infinitely where it is
    of another hue; all in CIE Lab.
    """
    apart = steps - wanted
    weighted = apart * (LIGHT, 1, 1)
    distance = (weighted**2).sum(axis=1)

    hues = steps[:, 1:]  # a*, b*
    own_hue = wanted[1:]
    chroma = np.hypot(hues[:, 0], hues[:, 1])
    own_chroma = float(np.hypot(own_hue[0], own_hue[1]))
    if own_chroma >= COLOURED:
        along = hues @ own_hue
        is_grey = chroma < COLOURED
        is_near = along > HUE * chroma * own_chroma
        distance = np.where(is_grey | is_near, distance, np.inf)

    found: NDArray[np.float64] = distance

    return found


@lru_cache(maxsize=1)
def _palette() -> NDArray[np.int64]:
    cube = [0, 95, 135, 175, 215, 255]
    colours = [(r, g, b) for r in cube for g in cube for b in cube]
    return np.array(
        colours + [(8 + 10 * k,) * 3 for k in range(24)],
        dtype=np.int64,
    )


def lightness(colour: RGB) -> float:
    """Return a colour's lightness L* in CIE Lab, 0 to 100."""
    return float(lab_of(np.array([colour]))[0, 0])


def at_lightness(branch: Sequence[RGB], wanted: Sequence[float]) -> list[RGB]:
    """Return the colours at which a branch of a map has these lightnesses L*,
    between its steps by a straight line in CIE Lab; beyond its ends the end.
    """
    steps = lab_of(np.array(branch))
    steps = steps[steps[:, 0].argsort()]
    lab = np.stack(
        [np.interp(wanted, steps[:, 0], steps[:, k]) for k in range(3)],
        axis=1,
    )

    return [_whole(colour) for colour in _rgb(lab)]


def _whole(colour: NDArray[np.float64]) -> RGB:
    """Return a colour of float parts as whole ones."""
    red, green, blue = np.rint(np.clip(colour, 0, 255)).astype(int).tolist()

    return red, green, blue


WHITE = np.array([0.95047, 1.0, 1.08883])
"""The white point D65."""

TO_XYZ = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)


def _rgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """SRGB, 0 to 255, from CIE L*a*b* under D65."""
    y = (lab[:, 0] + 16) / 116
    x = y + lab[:, 1] / 500
    z = y - lab[:, 2] / 200
    f = np.stack([x, y, z], axis=1)
    near_black = (f - 16 / 116) / 7.787
    xyz = np.where(f > 6 / 29, f**3, near_black) * WHITE
    to_rgb = np.linalg.inv(TO_XYZ)
    linear = np.clip(xyz @ to_rgb.T, 0, 1)
    value = np.where(
        linear > 0.0031308,
        1.055 * linear ** (1 / 2.4) - 0.055,
        12.92 * linear,
    )

    scaled: NDArray[np.float64] = 255 * value

    return scaled


def lab_of(rgb: NDArray[np.int64]) -> NDArray[np.float64]:
    """CIE L*a*b* under D65, from sRGB."""
    value = rgb / 255.0
    linear = np.where(
        value > 0.04045,
        ((value + 0.055) / 1.055) ** 2.4,
        value / 12.92,
    )
    xyz = linear @ TO_XYZ.T / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x = f[:, 0]
    y = f[:, 1]
    z = f[:, 2]

    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
