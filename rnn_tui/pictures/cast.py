"""Screens one after the other as an asciicast, version 2: the bytes that a
terminal would have been sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from rnn_tui.pictures.grid import RGB, Cell, Grid, Ink, cells, size_of

CLEAR = "\x1b[?25l\x1b[2J"
"""Hides the cursor and empties the screen."""
REST = 2.0
"""Seconds for which the last picture stays."""


def cast(frames: Iterable[tuple[float, Grid]], title: str) -> Iterator[str]:
    """Yield the lines of an asciicast of screens that are shown at these
    seconds.
    """
    before: list[list[Cell]] = []
    last = 0.0
    for seconds, grid in frames:
        now = [cells(row) for row in grid]
        text = "".join(_changed(before, now))
        if not before:
            yield _header(grid, title)
            text = CLEAR + text

        if text:
            yield json.dumps([round(seconds, 4), "o", text]) + "\n"

        before = now
        last = seconds

    end = round(last + REST, 4)
    event = json.dumps([end, "o", "\x1b[0m"])
    yield f"{event}\n"


def _header(grid: Grid, title: str) -> str:
    width, height = size_of(grid)
    header = {
        "version": 2,
        "width": width,
        "height": height,
        "title": title,
        "env": {"TERM": "xterm-256color"},
    }

    return json.dumps(header, ensure_ascii=False) + "\n"


def _changed(
    before: list[list[Cell]],
    now: list[list[Cell]],
) -> Iterator[str]:
    """Yield the output that writes the changed cells."""
    for y, line in enumerate(now):
        old: list[Cell] = []
        if y < len(before):
            old = before[y]

        if line == old:
            continue

        first, stop = _span(old, line)
        yield f"\x1b[{y + 1};{first + 1}H{_written(line[first:stop])}"


def _span(old: list[Cell], line: list[Cell]) -> tuple[int, int]:
    """Return the first cell that differs, and the one after the last."""
    if len(old) != len(line):
        return 0, len(line)

    differing = [
        x
        for x, pair in enumerate(zip(old, line, strict=True))
        if pair[0] != pair[1]
    ]
    first = differing[0]
    # a wide character begins a cell before the one it reaches into
    while first and not line[first][0]:
        first -= 1

    return first, differing[-1] + 1


def _written(line: list[Cell]) -> str:
    written = []
    ink: Ink | None = None
    for character, now in line:
        if now != ink:
            written.append(_style(now))
            ink = now

        written.append(character)

    return "".join(written)


def _style(ink: Ink) -> str:
    codes = ["0"]
    for code, wanted in (
        ("1", ink.bold),
        ("3", ink.italic),
        ("4", ink.underline),
    ):
        if wanted:
            codes.append(code)

    front = _colour(38, ink.colour)
    back = _colour(48, ink.ground)

    return f"\x1b[{';'.join(codes)};{front};{back}m"


def _colour(code: int, colour: RGB) -> str:
    red, green, blue = colour

    return f"{code};2;{red};{green};{blue}"
