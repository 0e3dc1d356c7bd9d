"""The order of numbered names: lstm, lstm_1, lstm_2, lstm_10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sorting key that counts: lstm, lstm_1, lstm_2, lstm_10."""
    return [
        (int(part), "") if part.isdecimal() and len(part) < 19 else (-1, part)
        for part in _DIGITS.split(name)
    ]
