"""A layer's weights at a glance: for each gate's block or each array its shape,
its statistics, its histogram and a small heat map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.tui.renderables.gates import dimensions
from rnn_tui.tui.renderables.heatmap import legend, painter_of
from rnn_tui.tui.renderables.histogram import bars
from rnn_tui.tui.renderables.mosaic import fitting, tiles
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import BLANK, Scale, signed_scale
from rnn_tui.tui.renderables.sharing import shared_lines
from rnn_tui.tui.renderables.symbols import PARTS

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.statistics_job import Measured

Line = list[Segment]

NARROWEST = 26
"""Cells of a gate's column at least."""
ARRAY_WIDTH = 48
"""Cells of an array's column at least."""
GAP = 3
"""Cells between two columns."""
LEGEND = 17
"""Cells of a scale."""
WIDEST_CELL = 8
"""Cells that a value is wide at most."""
LOWEST = 2
"""Lines of a matrix's map at least."""
ABOVE = 2
"""Lines of text above a map."""


@dataclass(frozen=True, eq=False)
class _Band:
    """Blocks side by side: the gates of one part, or some arrays."""

    part: str
    blocks: list[Measured]

    @property
    def rows(self) -> int:
        """The rows of its highest map."""
        return max(len(_picture(block)) for block in self.blocks)

    @property
    def lines_around(self) -> int:
        """The lines beside the maps: the title of gates, the text above, a
        blank one.
        """
        return ABOVE + 1 + bool(self.part)

    def lines_wanted(self, look: Look) -> int:
        """The lines that its maps fill."""
        if self.rows == 1:
            return 1

        if look.half:
            return 2 * self.rows

        return 4 * self.rows

    @property
    def fewest_lines(self) -> int:
        """The lines without which it isn't drawn."""
        if self.rows == 1:
            return self.lines_around + 1

        return self.lines_around + LOWEST


def glance(
    rows: Sequence[Measured],
    path: str,
    size: tuple[int, int],
    look: Look,
) -> list[Line]:
    """Return the page of the layer at `path` in `size` cells, empty where there
    is no room for its first blocks.
    """
    width, height = size
    bands = _bands(rows, width)
    fitting_bands = _fitting(bands, height - 1)
    if not fitting_bands:
        return []

    around = sum(band.lines_around for band in fitting_bands)
    wanted = [band.lines_wanted(look) for band in fitting_bands]
    shares = shared_lines(wanted, height - 1 - around)
    lines = [_heading(bands, fitting_bands, look)]
    columns = max(len(band.blocks) for band in fitting_bands)
    column = (width - GAP * (columns - 1)) // columns
    for band, share in zip(fitting_bands, shares, strict=True):
        lines += _band_lines(band, path, (column, max(share, 1)), look)
        lines.append([])

    return lines[:-1]


def _bands(rows: Sequence[Measured], width: int) -> list[_Band]:
    """Return gates by their parts, arrays in bands of as many as fit; where
    they take several bands, these are about equally long.
    """
    by_part: dict[str, list[Measured]] = {}
    for row in rows:
        part = ""
        if row.block.gate:
            part = row.block.part

        by_part.setdefault(part, []).append(row)

    bands = []
    for part, blocks in by_part.items():
        narrowest = NARROWEST if part else ARRAY_WIDTH
        most = max(1, (width + GAP) // (narrowest + GAP))
        count = -(-len(blocks) // most)
        each = -(-len(blocks) // count)
        starts = range(0, len(blocks), each)
        bands += [_Band(part, blocks[at : at + each]) for at in starts]

    return bands


def _fitting(bands: Sequence[_Band], height: int) -> list[_Band]:
    """Return the first bands, as many as have room."""
    found = []
    for band in bands:
        height -= band.fewest_lines
        # the last one needs no blank line
        if height < -1:
            break

        found.append(band)

    return found


def _heading(
    bands: Sequence[_Band],
    shown: Sequence[_Band],
    look: Look,
) -> Line:
    muted = ink(look.muted)
    hidden = sum(len(band.blocks) for band in bands[len(shown) :])
    text = "the weights at a glance"
    if hidden:
        text += f", {hidden} more: enter"

    return [Segment(text, muted)]


def _band_lines(
    band: _Band,
    path: str,
    size: tuple[int, int],
    look: Look,
) -> list[Line]:
    """Return a band's title, and its blocks in columns of `size`."""
    width, height = size
    lines = []
    if band.part:
        scales = [_scale(band.blocks)] * len(band.blocks)
        all_columns = len(band.blocks) * (width + GAP) - GAP
        title = _title(band.part, scales[0], all_columns, look)
        lines.append(_filled(title, all_columns))
    else:
        scales = [_scale([block]) for block in band.blocks]

    columns = []
    for block, scale in zip(band.blocks, scales, strict=True):
        texts = _texts(block, path, width, look)
        if not band.part:
            texts[1] = _with_legend(texts[1], scale, width, look)

        picture = _map(_picture(block), scale, (width, height), look)
        columns.append([*texts, *picture])

    for y in range(ABOVE + height):
        line: Line = []
        for column in columns:
            line += _filled(column[y], width)
            line.append(Segment(" " * GAP))

        lines.append(line[:-1])

    return lines


def _title(part: str, scale: Scale, width: int, look: Look) -> Line:
    """Return a part's name, its purpose where there is room for it, and the
    scale of its maps.
    """
    product, meaning = PARTS.get(part, ("", ""))
    name = Segment(part.replace("_", " "), ink(look.foreground))
    scale_of_maps = _legend(scale, look)
    purposes = (f"   {product}   {meaning}   ", f"   {product}   ", "   ")
    lines = [
        [name, Segment(purpose, ink(look.muted)), *scale_of_maps]
        for purpose in purposes
    ]

    return next((line for line in lines if _width(line) <= width), lines[-1])


def _legend(scale: Scale, look: Look) -> Line:
    muted = ink(look.muted)
    painter = painter_of(look, signed=True)

    return [
        Segment(f"{short(scale.low, 2)} ", muted),
        *legend(painter, scale, LEGEND),
        Segment(f" {short(scale.high, 2)}", muted),
    ]


def _with_legend(line: Line, scale: Scale, width: int, look: Look) -> Line:
    """Return a line with a scale at its end, where there is room."""
    longer = [*line, Segment("   "), *_legend(scale, look)]
    if _width(longer) <= width:
        return longer

    return line


def _texts(block: Measured, path: str, width: int, look: Look) -> list[Line]:
    """Return the two lines above a map: the name, the shape and the histogram;
    the statistics.
    """
    muted = ink(look.muted)
    name = _name(block, path)
    shape = dimensions(block.block.shape)
    counts = bars(list(block.counts), ascii_only=look.ascii)
    first = [
        Segment(name, ink(look.accent)),
        Segment(f"  {shape}  ", muted),
        Segment(counts, ink(look.foreground)),
    ]

    return [first, [Segment(_numbers(block, width), muted)]]


def _name(block: Measured, path: str) -> str:
    """Return the gate with its cell's place in the layer, or the array's name
    with that of the layer inside.
    """
    inner = block.block.key.removeprefix(path).strip("/")
    name = block.block.gate or block.block.part

    return f"{inner} {name}".strip()


def _numbers(block: Measured, width: int) -> str:
    """Return the statistics in as many words as fit."""
    s = block.statistics
    if s is None or s.mean is None or s.std is None:
        return "no finite value"

    mean = short(s.mean)
    std = short(s.std)
    ends = f"{short(s.min or 0.0)} … {short(s.max or 0.0)}"
    odd = ""
    if s.nan or s.inf:
        odd = f"   {s.nan} NaN, {s.inf} inf"

    for text in (
        f"mean {mean}  std {std}  {ends}{odd}",
        f"{mean} ± {std}  {ends}{odd}",
        f"{mean} ± {std}{odd}",
    ):
        if len(text) <= width:
            return text

    return f"{mean} ± {std}"


def _picture(block: Measured) -> NDArray[Any]:
    """Return the block in tiles; one without values is a NaN."""
    if block.picture is None:
        return np.full((1, 1), np.nan)

    return block.picture


def _scale(blocks: Sequence[Measured]) -> Scale:
    """Return one scale for all of some blocks."""
    return signed_scale(
        np.concatenate([_picture(block).ravel() for block in blocks])
    )


def _map(
    values: NDArray[Any],
    scale: Scale,
    size: tuple[int, int],
    look: Look,
) -> list[Line]:
    """Return a heat map in `size` cells: `(rows, columns)` values, two below
    each other in a cell where the terminal can show that.
    """
    width, height = size
    each = 1 + look.half
    rows = height * each
    shape = (values.shape[0], values.shape[1])
    factor = fitting(shape, (rows, width))
    shown = tiles(values, factor, "largest")
    down, across = shown.shape
    room_across = width // across
    room_down = rows // down
    wide = max(1, min(WIDEST_CELL, room_across))
    tall = max(1, min(4 * each, room_down))
    if look.half and down == 1:
        tall = 2

    painter = painter_of(look, signed=True)
    levels = scale.levels(shown, painter.ramp.count)
    levels = np.repeat(levels, wide, axis=1)
    levels = np.repeat(levels, tall, axis=0)
    blank = np.full((rows, levels.shape[1]), BLANK, np.uint8)
    filled = np.concatenate([levels, blank])
    levels = filled[:rows]
    if look.half:
        pairs = zip(levels[::2], levels[1::2], strict=True)
        return [painter.half_row(upper, lower) for upper, lower in pairs]

    return [painter.row(row) for row in levels]


def _width(line: Line) -> int:
    return sum(len(segment.text) for segment in line)


def _filled(line: Line, width: int) -> Line:
    """Return a line cut or filled to `width` cells."""
    found: Line = []
    left = width
    for text, style, _ in line:
        found.append(Segment(text[:left], style))
        left -= len(text[:left])

    return [*found, Segment(" " * left)]
