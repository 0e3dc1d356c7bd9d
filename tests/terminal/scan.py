"""Whatever a program wrote to a terminal that isn't the explorer's own: no
string of a file may become control.
"""

from __future__ import annotations

import re

OWN = re.compile(
    r"\x1b\[\d+;\d+H|\x1b\[\d*C"  # moves
    r"|\x1b\[[\d;]*m"  # colours
    # modes
    r"|\x1b\[\?(?:25|7|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p|\x1b\[>\d+u|\x1b\[<u"  # questions, kitty keys
    # the way out, and progress on one line
    r"|\x1b\[\?10(?:02|01)l|\x1b\[2J|\x1b\[K|\r|\n"
)
FOREIGN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
CLIPBOARD = re.compile(r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
COLOUR = re.compile(
    rb"\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m"
)


def foreign(output: bytes, *, copied: bool = False) -> list[str]:
    """Return the places where something foreign was written, with a little
    around each.
    """
    text = output.decode("utf-8", "surrogateescape")
    rest = OWN.sub("", CLIPBOARD.sub("", text) if copied else text)
    broken = [
        rest[max(0, m.start() - 20) : m.end() + 20]
        for m in re.finditer("[\udc80-\udcff]", rest)
    ]
    return broken + [
        rest[max(0, m.start() - 20) : m.end() + 20]
        for m in FOREIGN.finditer(rest)
    ]


def headless_foreign(output: bytes) -> list[str]:
    """The same for what the headless commands write: text and line ends,
    nothing else.
    """
    text = output.decode("utf-8", "surrogateescape")
    return [
        text[max(0, m.start() - 20) : m.end() + 20]
        for m in re.finditer(f"{FOREIGN.pattern}|\r", text)
    ]
