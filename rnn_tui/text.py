"""The one gate for strings that come from a file or a sequence: nothing passes
that a terminal would obey. Numbers of things, in words.
"""

from __future__ import annotations

import unicodedata

LONGEST = 200
"""Cells of a name that are shown before it is cut."""

MOST_MARKS = 2
"""Combining marks on one character; more would reach over the lines above."""

_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters, marks and symbols by their class that show nothing at all."""


def clean(text: object, limit: int = LONGEST) -> str:
    r"""Return `text` cut to `limit`, its control, bidi and invisible characters
    as visible escapes (`\x1b`).
    """
    whole = str(text)
    if len(whole) <= limit and whole.isascii() and whole.isprintable():
        return whole

    out: list[str] = []
    marks = 0
    for char in whole[: limit + 1]:
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            marks = marks + 1
        else:
            marks = 0

        if (
            category[0] == "C"
            or category in ("Zl", "Zp")
            or marks > MOST_MARKS
            or char in _INVISIBLE
        ):
            out.append(_escape(char))
        else:
            out.append(char)

    shown = "".join(out)
    if len(shown) <= limit:
        return shown

    return shown[: limit - 1] + "…"


def clean_name(text: object) -> str:
    """Return `text` clean, and different from every other name's: a shortened
    name ends in a fingerprint of the whole.
    """
    name = str(text)
    if len(name) <= LONGEST and name.isascii() and name.isprintable():
        return name
    if (
        len(name) <= LONGEST
        and len(shown := clean(name, 10 * LONGEST)) <= LONGEST
    ):
        return shown

    # few files need it, and it takes as long to import as a small file to read
    from hashlib import sha256

    print_ = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]

    return f"{clean(name, LONGEST - 9)}#{print_}"


def counted(number: int, word: str) -> str:
    """Return `1 timestep`, `2 timesteps`, `10,000 timesteps`."""
    if number == 1:
        return f"{number:,} {word}"

    return f"{number:,} {word}s"


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"

    return f"\\U{code:08x}"
