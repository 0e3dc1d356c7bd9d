"""A map's caption: its symbol, its facts, and its scale."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from rnn_tui.tui.renderables.heatmap import legend, painter_of
from rnn_tui.tui.renderables.numbers import bare, short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import Scale

Line = list[Segment]

WIDE, NARROW = 17, 9
"""Cells of the scale where there is room, and where there isn't."""
ROOMY = 60
"""Cells of a caption from which on there may be."""
GAP = 2
"""Cells around the text."""


def caption(
    title: str,
    about: Sequence[str],
    scale: Scale,
    look: Look,
    width: int,
    *,
    current: bool = False,
    ends: tuple[str, str] | None = None,
) -> Line:
    """Return a map's title, as many of its facts as fit, and its scale at the
    right edge; `ends` is written at the scale's ends instead of their numbers.
    """
    low, high = ends or ends_of(scale, look)
    written = len(low) + len(high) + 2
    said = " · ".join(about)
    needed = cell_len(title) + cell_len(said) + 2 * GAP + written
    if width >= max(ROOMY, needed + WIDE):
        cells = WIDE
    else:
        cells = NARROW

    room = width - written - cells
    if current:
        name = ink(look.accent, bold=True)
    else:
        name = ink(look.foreground, bold=True)

    if room <= cell_len(title) + GAP:
        return [Segment(set_cell_size(title, width), name)]

    muted = ink(look.muted)
    words = _words(about, room - cell_len(title) - GAP)

    return [
        Segment(title, name),
        Segment(words, muted),
        *_legend(scale, look, cells, (low, high)),
    ]


def scale_legend(scale: Scale, look: Look, cells: int) -> Line:
    """Return a scale in `cells` cells between its ends."""
    return _legend(scale, look, cells, ends_of(scale, look))


def _legend(
    scale: Scale,
    look: Look,
    cells: int,
    ends: tuple[str, str],
) -> Line:
    low, high = ends
    muted = ink(look.muted)

    return [
        Segment(f"{low} ", muted),
        *legend(painter_of(look, scale.signed), scale, cells),
        Segment(f" {high}", muted),
    ]


def ends_of(scale: Scale, look: Look) -> tuple[str, str]:
    """Return the text at both ends of a scale."""
    low = bare(short(scale.low))
    high = bare(short(scale.high))
    if scale.signed:
        high = f"+{high}"

    if not scale.beyond:
        return low, high

    high = bare(short(scale.high))
    if look.ascii:
        return f"<{low}", f">{high}"

    return f"≤{low}", f"≥{high}"


def _words(about: Sequence[str], free: int) -> str:
    """Return as many of the facts as fit whole into `free` cells, filled with
    blanks, and a gap.
    """
    said = list(about)
    while said and len(" · ".join(said)) + GAP > free:
        said.pop()

    gap = " " * GAP

    return set_cell_size(gap + " · ".join(said), max(0, free)) + gap
