"""A screen as SVG: grounds, hand-drawn characters, and text that is as wide as
its cells whatever font draws it. It names no font of the web's.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TypeAlias

from rnn_tui.pictures.glyphs import Dot, shapes
from rnn_tui.pictures.grid import RGB, Cell, Grid, Ink, cells, size_of

WIDTH, HEIGHT = 9, 18
"""A cell's width and height."""
BASELINE = 14
SIZE = 15
RADIUS = 1.4
FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"


def svg(grid: Grid, title: str = "") -> str:
    """Return a screen as one SVG picture."""
    columns, rows = size_of(grid)
    drawn = _Drawn()
    for y, row in enumerate(grid):
        line = cells(row)
        drawn.grounds(line, y)
        drawn.shapes(line, y)
        drawn.texts(line, y)

    width = columns * WIDTH
    height = rows * HEIGHT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">'
    )
    style = (
        f"text{{font:{SIZE}px {FONTS};white-space:pre}}"
        ".b{font-weight:bold}.i{font-style:italic}"
        ".u{text-decoration:underline}"
    )
    parts = [head, f"<title>{escape(title)}</title>", f"<style>{style}</style>"]
    parts += drawn.lines()
    parts.append("</svg>")

    return "\n".join(parts) + "\n"


Boxes: TypeAlias = "dict[tuple[str, float, float], tuple[float, float]]"
"""Where boxes begin and end along a row, by their fill, top and bottom."""


class _Drawn:
    """What is drawn, by colour: grounds first, then shapes, then text."""

    def __init__(self) -> None:
        self._grounds: dict[str, list[str]] = {}
        self._shapes: dict[str, list[str]] = {}
        self._texts: list[str] = []

    def grounds(self, line: list[Cell], y: int) -> None:
        """Draw the grounds of a row."""
        for first, last, ink in _stretches(line):
            path = _box(
                first * WIDTH,
                y * HEIGHT,
                (last - first) * WIDTH,
                HEIGHT,
            )
            self._grounds.setdefault(_hex(ink.ground), []).append(path)

    def shapes(self, line: list[Cell], y: int) -> None:
        """Draw the blocks, dots and lines of a row; a block goes on into the
        same one beside it.
        """
        open_boxes: Boxes = {}
        for x, (character, ink) in enumerate(line):
            going_on: Boxes = {}
            for shape in shapes(character) or ():
                if isinstance(shape, Dot):
                    self._add(_hex(ink.colour), _dot(shape, x, y))
                    continue

                key = (_hex(mixed(ink, shape.share)), shape.top, shape.bottom)
                left = (x + shape.left) * WIDTH
                right = (x + shape.right) * WIDTH
                begun = open_boxes.pop(key, None)
                if begun is not None:
                    begun_at, ended = begun
                    if ended == left:
                        left = begun_at
                    else:
                        self._close(key, begun, y)

                going_on[key] = (left, right)

            self._close_all(open_boxes, y)
            open_boxes = going_on

        self._close_all(open_boxes, y)

    def _close_all(self, boxes: Boxes, y: int) -> None:
        for key, span in boxes.items():
            self._close(key, span, y)

    def _close(
        self,
        key: tuple[str, float, float],
        span: tuple[float, float],
        y: int,
    ) -> None:
        fill, top, bottom = key
        path = _box(
            span[0],
            (y + top) * HEIGHT,
            span[1] - span[0],
            (bottom - top) * HEIGHT,
        )
        self._add(fill, path)

    def _add(self, fill: str, path: str) -> None:
        self._shapes.setdefault(fill, []).append(path)

    def texts(self, line: list[Cell], y: int) -> None:
        """Write the text of a row, word by word, each as wide as its cells."""
        for x, width, text, ink in _words(line):
            kinds = _classes(ink)
            self._texts.append(
                f'<text x="{x * WIDTH}" y="{y * HEIGHT + BASELINE}" '
                f'textLength="{width * WIDTH}" lengthAdjust='
                f'"spacingAndGlyphs" fill="{_hex(ink.colour)}"{kinds}>'
                f"{escape(text, quote=False)}</text>"
            )

    def lines(self) -> Iterator[str]:
        """Yield all that was drawn, from the lowest layer of the picture up."""
        for layer in (self._grounds, self._shapes):
            for fill, paths in layer.items():
                yield (
                    f'<path shape-rendering="crispEdges" fill="{fill}" '
                    f'd="{"".join(paths)}"/>'
                )

        yield from self._texts


def _stretches(line: list[Cell]) -> Iterator[tuple[int, int, Ink]]:
    """Yield the first cell, the one after the last, and the ink of each stretch
    with one ground.
    """
    first = 0
    inks = [ink for _, ink in line]
    for x in range(1, len(line) + 1):
        ink = inks[first]
        if x == len(line) or inks[x].ground != ink.ground:
            yield first, x, ink
            first = x


def _words(line: list[Cell]) -> Iterator[tuple[int, int, str, Ink]]:
    """Yield place, cells, text and ink of each word that a font draws."""
    begin = 0
    text = ""
    ink: Ink | None = None
    for x, (character, now) in enumerate(line):
        by_font = shapes(character) is None
        if by_font and now == ink and text:
            text += character
            continue
        if text and ink is not None:
            yield begin, x - begin, text, ink
            text = ""

        if by_font and character:
            begin, text, ink = x, character, now

    if text and ink is not None:
        yield begin, len(line) - begin, text, ink


def mixed(ink: Ink, share: float) -> RGB:
    """Return the colour over its ground, of which `share` is covered."""
    red, green, blue = (
        round(front * share + back * (1 - share))
        for front, back in zip(ink.colour, ink.ground, strict=True)
    )

    return (red, green, blue)


def _classes(ink: Ink) -> str:
    kinds = [
        name
        for name, wanted in (
            ("b", ink.bold),
            ("i", ink.italic),
            ("u", ink.underline),
        )
        if wanted
    ]
    if not kinds:
        return ""

    return f' class="{" ".join(kinds)}"'


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z"


def _dot(dot: Dot, x: int, y: int) -> str:
    left = (x + dot.x) * WIDTH - RADIUS
    middle = (y + dot.y) * HEIGHT
    across = 2 * RADIUS
    half_turn = f"a{RADIUS} {RADIUS} 0 1 0 "
    there = f"{half_turn}{across:g} 0"
    back = f"{half_turn}{-across:g} 0"

    return f"M{left:g} {middle:g}{there}{back}z"


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
