"""A matrix as a heat map in SVG, for a page: one picture for light and for dark
grounds, its colours in classes that the page's style decides.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.pictures.colour_tables import (
    BERLIN,
    CIVIDIS,
    STEPS,
    VIK,
    colours_of,
)

MOST_ROWS, MOST_COLUMNS = 64, 160
"""Cells of a map; a larger matrix is shown by the extreme values of its
tiles.
"""
WIDTH, HEIGHT = 640, 6
"""Pixels that a map is wide at most, and a row is high at least."""
HIGHEST = 14


def style() -> str:
    """Return the page's style: a class for each step of each colour map, and
    those of the dark ones where the page is dark.
    """
    light = _rules("", VIK, "s") + _rules("", CIVIDIS, "g")
    text = (
        ".rnn-tui table{border-collapse:collapse}"
        ".rnn-tui td,.rnn-tui th{padding:1px 12px 1px 0;text-align:left}"
        ".rnn-tui svg{display:block;margin:2px 0 8px 0}"
        ".rnn-tui .n{fill:#888}"
    )
    dark_signs = [
        f"@media (prefers-color-scheme: dark){{{_dark('')}}}",
        _dark('[data-jp-theme-light="false"] '),
        _dark("body.vscode-dark "),
        _rules('[data-jp-theme-light="true"] ', VIK, "s"),
        _rules("body.vscode-light ", VIK, "s"),
    ]

    return f"<style>{text}{light}{''.join(dark_signs)}</style>"


def _dark(where: str) -> str:
    return _rules(where, BERLIN, "s")


def _rules(where: str, table: bytes, name: str) -> str:
    return "".join(
        f"{where}.rnn-tui .{name}{k}{{fill:#{red:02x}{green:02x}{blue:02x}}}"
        for k, (red, green, blue) in enumerate(colours_of(table))
    )


def heat_map(values: NDArray[Any], words: str, *, share: bool = False) -> str:
    """Return rows × columns as SVG, with a line of `words` and the scale above;
    with `share` the scale is from 0 to 1, otherwise about zero.
    """
    if not values.size:
        return f"<div>{escape(words)}: empty</div>"

    shown = _reduced(np.asarray(values, dtype=np.float64))
    rows, columns = shown.shape
    finite = np.isfinite(shown)
    low = 0.0
    high = 1.0
    name = "g"
    if not share:
        largest = np.abs(shown[finite]).max(initial=0.0)
        high = float(largest) or 1.0
        low = -high
        name = "s"

    scaled = (shown - low) / (high - low) * (STEPS - 1)
    levels = np.where(finite, np.rint(scaled), -1)
    levels = np.clip(levels, -1, STEPS - 1).astype(int)

    width = min(WIDTH, max(columns * HIGHEST, 160))
    row_height = min(HIGHEST, max(HEIGHT, 280 // rows))
    height = rows * row_height
    size = ""
    if shown.shape != values.shape:
        size = f", shown in {rows} × {columns}"

    legend = f"{words} · {low:.3g} … {high:.3g}{size}"

    return (
        f"<div><small>{escape(legend)}</small>"
        f'<svg width="{width}" height="{height}" '
        f'viewBox="0 0 {columns} {rows}" preserveAspectRatio="none" '
        f'shape-rendering="crispEdges" role="img" '
        f'aria-label="{escape(words, quote=True)}">'
        f"{_paths(levels, name)}</svg></div>"
    )


def _reduced(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values, or of a large matrix the ones farthest from zero in
    its tiles.
    """
    rows, columns = values.shape
    down = -(-rows // MOST_ROWS)
    across = -(-columns // MOST_COLUMNS)
    if down == across == 1:
        return values

    tile_rows = -(-rows // down)
    tile_columns = -(-columns // across)
    padded = np.zeros((tile_rows * down, tile_columns * across))
    padded[:rows, :columns] = values

    tiles = padded.reshape(tile_rows, down, tile_columns, across)
    tiles = tiles.transpose(0, 2, 1, 3)
    flat = tiles.reshape(tile_rows, tile_columns, -1)
    places = np.abs(flat).argmax(axis=-1)
    farthest = np.take_along_axis(flat, places[..., None], axis=-1)

    return farthest[..., 0]


def _paths(levels: NDArray[np.int_], name: str) -> str:
    """Return a path for each level, its cells joined along the rows."""
    found: dict[int, list[str]] = {}
    for y, line in enumerate(levels.tolist()):
        start = 0
        for x in range(1, len(line) + 1):
            level = line[start]
            if x == len(line) or line[x] != level:
                long = x - start
                path = f"M{start} {y}h{long}v1h-{long}z"
                found.setdefault(level, []).append(path)
                start = x

    drawn = []
    for level, parts in sorted(found.items()):
        kind = "n"
        if level >= 0:
            kind = f"{name}{level}"

        drawn.append(f'<path class="{kind}" d="{"".join(parts)}"/>')

    return "".join(drawn)
