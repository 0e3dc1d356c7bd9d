"""Pasted lines as one line to type in: a column of numbers is a sequence."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\s,;]+")
NUMBER = r"[-+]?[\d.][\d.eE+-]*"
ROW = re.compile(rf" *{NUMBER}(?:[ ,;]+{NUMBER})*[ ,;]*\r")
"""A line of numbers, as keys."""


def on_one_line(text: str) -> str:
    """Return pasted text on one line.

    A column, one word a line, becomes words in a row: timesteps of one value
    each. Rows of several words stay rows, apart by `;`.
    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) < 2:
        return "".join(lines)

    # JSON, of which a line is no row
    if lines[0][0] in "[{":
        return " ".join(lines)

    if all(len(WORD.findall(line)) == 1 for line in lines):
        return " ".join(WORD.findall(text))

    return "; ".join(line.rstrip(";, ") for line in lines)


def joint(ahead: str, goes_on: bool) -> str | None:
    """Return the separator of two lines that replaces Enter, where the keys
    typed `ahead` of it go on with another line of numbers; None where they
    don't, and Enter is Enter.

    A terminal without bracketed paste delivers a column so. One digit alone is
    a key of the view, unless the line `goes_on` already or another one follows.
    """
    row = ROW.match(ahead)
    if row is None:
        return None

    words = WORD.findall(row.group())
    if len(words) > 1:
        return "; "

    is_key = len(words[0]) == 1 and not goes_on
    if is_key and ROW.match(ahead, row.end()) is None:
        return None

    return " "
