"""Pasted lines as one line to type in: a column of numbers is a sequence."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\s,;]+")


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
