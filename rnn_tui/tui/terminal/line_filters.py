"""The filters between the lines and the terminal: no control characters, and no
colour where none is wanted.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

CONTROL = "[\x00-\x1f\x7f-\x9f\ud800-\udfff]"
"""Control characters, and halves of characters, which no terminal's encoding
can say.
"""
HIDDEN = (
    "[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Characters that change the order of the text around them or can't be seen:
they take no cell.
"""


class ControlFilter(LineFilter):
    """The last line of defence: a control character in a segment's text is
    shown as a replacement character.

    Strings from files are cleaned where they are read; this one holds even if a
    path around that gate appears.
    """

    def apply(
        self,
        segments: list[Segment],
        background: Color,
    ) -> list[Segment]:
        """Return the segments with every C0, C1 and DEL character replaced, and
        nothing hidden.
        """
        return [
            segment
            if control or text.isprintable()
            else Segment(harmless(text), style)
            for segment in segments
            for text, style, control in (segment,)
        ]


@lru_cache(4096)
def harmless(text: str) -> str:
    """Return `text` as a terminal may have it."""
    shown = re.sub(CONTROL, "�", text)

    return re.sub(HIDDEN, "", shown)


PLAIN = str.maketrans(
    {
        "·": ".",
        "×": "x",
        "→": ">",
        "−": "-",
        "–": "-",
        "—": "-",
        "●": "*",
        "○": "o",
        "▸": ">",
        "▶": ">",
        "▾": "v",
        "›": ">",
        "…": "~",
        "┃": "|",
        "│": "|",
        "┤": "|",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "─": "-",
        "⏎": "/",
        "␣": "_",
        "⇥": ">",
        "≈": "~",
        "≤": "<",
        "≥": ">",
        "σ": "s",
        "φ": "f",
        "↑": "^",
        "↓": "v",
        "←": "<",
        "◂": "<",
        "‹": "<",
        "∗": "*",
        "∞": "8",
        "√": "V",
        "‖": "|",
        "✗": "x",
        "α": "a",
        "β": "b",
        "γ": "g",
        "ε": "e",
        "θ": "o",
        "µ": "u",
        "Σ": "S",
        "�": "?",
        "₋": "-",
        "₁": "1",
    }
)
"""The ASCII signs for the signs that the screens use."""


class AsciiFilter(LineFilter):
    """For terminals that can't show more than ASCII: each sign by one that
    resembles it, each cell still a cell.
    """

    def apply(
        self,
        segments: list[Segment],
        background: Color,
    ) -> list[Segment]:
        """Return the segments in ASCII."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(ascii_text(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(4096)
def ascii_text(text: str) -> str:
    """Return `text` in ASCII, as many cells wide."""
    return "".join(
        char if char.isascii() else _resembling(char)
        for char in text.translate(PLAIN)
    )


def _resembling(char: str) -> str:
    code = ord(char)
    if 0x2500 <= code < 0x2580:  # box drawing
        return "+"
    if 0x2580 <= code < 0x25A0:  # blocks
        return "#"

    if 0x2800 <= code < 0x2900:  # braille
        if code > 0x2800:
            return "*"

        return " "

    base = unicodedata.normalize("NFKD", char)[0]
    if base.isascii() and cell_len(char) == 1:
        return base

    return "_" * cell_len(char)


@lru_cache(4096)
def colourless(style: Style) -> Style:
    """Return the style with its attributes (bold, underline, reverse) and no
    colours.
    """
    return style.without_color


class ColourFilter(LineFilter):
    """No colour at all, as NO_COLOR asks: attributes stay, colours go."""

    def apply(
        self,
        segments: list[Segment],
        background: Color,
    ) -> list[Segment]:
        """Return the segments without any colour."""
        return [
            Segment(text, colourless(style) if style else style, control)
            for text, style, control in segments
        ]
