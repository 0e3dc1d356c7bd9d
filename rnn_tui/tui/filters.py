"""What stands between the lines and the terminal: no control characters, and no colour where none is wanted."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class ControlFilter(LineFilter):
    """The last line of defence: a control character in a segment's text is shown as a replacement character.

    Strings from files are cleaned where they are read; this one holds even if a path around that gate appears.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with every C0, C1 and DEL character replaced."""
        return [
            Segment(CONTROL.sub("�", text), style, control) if not control and CONTROL.search(text) else segment
            for segment in segments
            for text, style, control in (segment,)
        ]


@lru_cache(4096)
def colourless(style: Style) -> Style:
    """Return the style with its attributes (bold, underline, reverse) and no colours."""
    return style.without_color


class ColourFilter(LineFilter):
    """No colour at all, as NO_COLOR asks: attributes stay, colours go."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without any colour."""
        return [Segment(text, colourless(style) if style else style, control) for text, style, control in segments]
