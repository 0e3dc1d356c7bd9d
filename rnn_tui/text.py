"""The one gate for strings that come from a file or a sequence: nothing passes that a terminal would obey."""

from __future__ import annotations

import unicodedata

LONGEST = 200
"""Cells of a name that are shown before it is cut."""

MOST_MARKS = 2
"""Combining marks that may stand on one character; more would climb over the lines above."""


def clean(text: object, limit: int = LONGEST) -> str:
    r"""Return `text` cut to `limit`, its control, bidi and invisible characters as visible escapes (`\x1b`)."""
    out: list[str] = []
    marks = 0
    for char in str(text)[: limit + 1]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category[0] == "C" or category in ("Zl", "Zp") or marks > MOST_MARKS:
            out.append(_escape(char))
        else:
            out.append(char)
    shown = "".join(out)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
