"""A screen as pixels, drawn by Pillow: blocks, dots and lines by hand, all
other characters by a monospaced font of the system's.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rnn_tui.errors import ExportError
from rnn_tui.pictures.glyphs import Box, shapes
from rnn_tui.pictures.grid import Cell, Grid, cells, size_of
from rnn_tui.pictures.svg import mixed

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 9, 18
"""A cell in pixels, at scale 1."""
DOT = 0.16
"""A braille dot's radius, in parts of a cell's width."""
REST = 2000
"""Milliseconds for which an animation's last picture stays."""
COLOURS = 255
"""Colours of a GIF."""
LOOKED_AT = 12
"""Pictures of an animation that say which colours it has."""

NO_PILLOW = (
    "PNG and GIF need Pillow: pip install 'rnn-tui[images]'; .svg and .cast "
    "need nothing"
)
NO_FONT = (
    "PNG and GIF need a monospaced font, and none was found: install DejaVu "
    "Sans Mono (Debian: fonts-dejavu-core), or name a font's file with "
    "RNN_TUI_FONT; .svg and .cast need none"
)
FONT_NAMES = (
    "DejaVuSansMono",
    "NotoSansMono-Regular",
    "LiberationMono-Regular",
    "Menlo",
    "SFNSMono",
    "consola",
    "FreeMono",
    "UbuntuMono-R",
)
"""The fonts that are looked for, the ones with most characters first."""
BOLD_NAMES = {
    "DejaVuSansMono": "DejaVuSansMono-Bold",
    "NotoSansMono-Regular": "NotoSansMono-Bold",
    "LiberationMono-Regular": "LiberationMono-Bold",
    "consola": "consolab",
    "FreeMono": "FreeMonoBold",
    "UbuntuMono-R": "UbuntuMono-B",
}


class Raster:
    """Draws one screen after the other on one image: only the cells that are
    others than before. Raises ExportError without Pillow or a font.
    """

    def __init__(self, columns: int, rows: int, scale: int = 1) -> None:
        try:
            from PIL import Image, ImageDraw
        except ImportError:
            raise ExportError(NO_PILLOW) from None

        self._width = WIDTH * scale
        self._height = HEIGHT * scale
        self._fonts = [
            _font(path, self._width) for path in _font_paths(bold=False)
        ]
        if not self._fonts:
            raise ExportError(NO_FONT)

        self._image_of = Image
        size = (columns * self._width, rows * self._height)
        self.image: Image.Image = Image.new("RGB", size)
        self._pen = ImageDraw.Draw(self.image)
        self._shown: list[list[Cell]] = []
        self._masks: dict[tuple[str, bool], Any] = {}

    @cached_property
    def _bold(self) -> list[FreeTypeFont]:
        found = [_font(path, self._width) for path in _font_paths(bold=True)]

        return found or self._fonts

    def draw(self, grid: Grid) -> Image:
        """Draw a screen and return the image, which the next one changes."""
        now = [cells(row) for row in grid]
        for y, line in enumerate(now):
            before: list[Cell] = []
            if y < len(self._shown):
                before = self._shown[y]

            if line == before:
                continue

            for x, cell in enumerate(line):
                if x >= len(before) or before[x] != cell:
                    self._cell(x, y, cell)

        self._shown = now

        return self.image

    def _cell(self, x: int, y: int, cell: Cell) -> None:
        character, ink = cell
        if not character:  # a wide character has drawn it
            return

        left = x * self._width
        top = y * self._height
        right = left + self._width - 1
        bottom = top + self._height - 1
        corners = ((left, top), (right, bottom))
        self._pen.rectangle(corners, fill=ink.ground)
        drawn = shapes(character)
        if drawn is None:
            mask = self._mask(character, ink.bold)
            self.image.paste(ink.colour, (left, top), mask)
        else:
            for shape in drawn:
                self._shape(left, top, shape, cell)

        if ink.underline:
            below = max(1, self._height // 9)
            line = top + self._height - below
            ends = ((left, line), (right, line))
            self._pen.line(ends, fill=ink.colour)

    def _shape(self, left: int, top: int, shape: Any, cell: Cell) -> None:
        if isinstance(shape, Box):
            self._box(left, top, shape, cell)
        else:
            self._dot(left, top, shape, cell)

    def _box(self, left: int, top: int, box: Box, cell: Cell) -> None:
        """Draw a box of a cell, at least one pixel wide and high."""
        width = self._width
        height = self._height
        x0 = left + round(box.left * width)
        x1 = left + round(box.right * width)
        y0 = top + round(box.top * height)
        y1 = top + round(box.bottom * height)
        # Pillow draws the last pixel, too
        last_x = max(x1 - 1, x0)
        last_y = max(y1 - 1, y0)
        colour = mixed(cell[1], box.share)
        corners = ((x0, y0), (last_x, last_y))
        self._pen.rectangle(corners, fill=colour)

    def _dot(self, left: int, top: int, dot: Any, cell: Cell) -> None:
        """Draw a dot of a cell as a disc."""
        radius = max(DOT * self._width, 1.0)
        x = left + dot.x * self._width
        y = top + dot.y * self._height
        first = (x - radius, y - radius)
        across = radius - 1
        last = (x + across, y + across)
        self._pen.ellipse((first, last), fill=cell[1].colour)

    def _mask(self, character: str, bold: bool) -> Any:
        """Return how much of each pixel of a cell a character covers."""
        key = (character, bold)
        known = self._masks.get(key)
        if known is not None:
            return known

        from PIL import ImageDraw

        fonts = self._fonts
        if bold:
            fonts = self._bold

        font = next((one for one in fonts if _has(one, character)), fonts[0])
        ascent, descent = font.getmetrics()
        above = (self._height - ascent - descent) // 2
        middle = self._width / 2
        baseline = above + ascent

        mask = self._image_of.new("L", (self._width, self._height), 0)
        pen = ImageDraw.Draw(mask)
        place = (middle, baseline)
        pen.text(place, character, fill=255, font=font, anchor="ms")
        self._masks[key] = mask

        return mask


def png(grid: Grid, file: BinaryIO) -> None:
    """Write a screen as PNG, at twice the size of a terminal's cells."""
    raster = Raster(*size_of(grid), scale=2)
    raster.draw(grid).save(file, "PNG", optimize=True)


def gif(frames: Iterable[tuple[float, Grid]], file: BinaryIO) -> None:
    """Write screens that are shown at these seconds as an animation that goes
    round.
    """
    shown = list(frames)
    durations = [
        max(20, round(1000 * (later[0] - now[0])))
        for now, later in pairwise(shown)
    ]
    grids = [grid for _, grid in shown]
    images = _images(grids, _palette(grids))
    first = next(images)
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=images,
        duration=[*durations, REST],
        loop=0,
        optimize=False,
    )


def _images(grids: Sequence[Grid], palette: Image) -> Iterator[Image]:
    from PIL import Image

    raster = Raster(*size_of(grids[0]))
    for grid in grids:
        drawn = raster.draw(grid)
        yield drawn.quantize(palette=palette, dither=Image.Dither.NONE)


def _palette(grids: Sequence[Grid]) -> Image:
    """Return an image with the colours of all pictures: the most frequent ones
    of some of them.

    With one palette a picture differs from the one before where its cells do,
    and only there it is written.
    """
    from PIL import Image

    counts: Counter[Any] = Counter()
    raster = Raster(*size_of(grids[0]))
    every = -(-len(grids) // LOOKED_AT)
    for grid in [*grids[::every], grids[-1]]:
        drawn = raster.draw(grid)
        pixels = drawn.width * drawn.height
        for count, colour in drawn.getcolors(pixels) or ():
            counts[colour] += count

    flat: list[Any] = []
    for colour, _ in counts.most_common(COLOURS):
        flat += colour

    palette = Image.new("P", (1, 1))
    palette.putpalette(flat)

    return palette


def _font(path: str, width: int) -> FreeTypeFont:
    """Return a font in the size at which its characters are `width` wide."""
    from PIL import ImageFont

    try:
        size = width / 0.6
        wide = ImageFont.truetype(path, 100).getlength("0")
        if wide:
            size = 100 * width / wide

        return ImageFont.truetype(path, max(1, int(size)))
    except OSError as error:
        raise ExportError(f"{path}: this is no font: {error}") from None


def _font_paths(bold: bool) -> list[str]:
    """Return the files of the fonts there are, the one that was chosen
    first.
    """
    found = []
    chosen = os.environ.get("RNN_TUI_FONT")
    if chosen:
        found.append(os.path.expanduser(chosen))

    names = list(FONT_NAMES)
    if bold:
        names = [BOLD_NAMES.get(name, name) for name in names]

    by_name = _installed(names)
    found += [by_name[name] for name in names if name in by_name]

    return found


def _installed(names: Iterable[str]) -> dict[str, str]:
    """Return the files of fonts by their names without an extension."""
    wanted = set(names)
    found: dict[str, str] = {}
    for folder in _folders():
        for kind in ("ttf", "otf", "ttc"):
            for path in sorted(folder.rglob(f"*.{kind}")):
                if path.stem in wanted:
                    found.setdefault(path.stem, str(path))

    return found


def _folders() -> list[Path]:
    """Return where fonts are on this system."""
    if sys.platform == "darwin":
        return [
            Path("/System/Library/Fonts"),
            Path("/Library/Fonts"),
            Path.home() / "Library/Fonts",
        ]
    if os.name == "nt":
        return [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"]

    return [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".local/share/fonts",
        Path.home() / ".fonts",
    ]


def _has(font: FreeTypeFont, character: str) -> bool:
    """Whether a font draws a character otherwise than one that it lacks."""
    lacking = font.getmask("\uffff")
    drawn = font.getmask(character[0])

    same_size = drawn.size == lacking.size
    same_pixels = bytes(drawn) == bytes(lacking)

    return not (same_size and same_pixels)
