"""After any keys and sizes the terminal shows what it would if all of it were
drawn anew: no cell is forgotten.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from named import write_named
from session import SAMPLES, Session

KEYS = [
    *"12345mMcxntaz[]LbN.,hjkl+-", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F",
    "\t", "\r", "\x1b", "?", "\x1b", "sgru", "\x1b", "s0.1 0.2", "\x1b", "/l", "\x1b", "\x10th", "\x1b", "e", "\x1b",
    "\x1b[<0;20;9M\x1b[<0;20;9m", "\x1b[<35;30;12M", "\x1b[<65;30;12M",
]  # fmt: skip
SIZES = [(24, 80), (30, 100), (12, 44), (40, 130)]
ROUNDS = int(os.environ.get("RNN_TUI_REPAINTS", "6"))
CLOSE = ("\x1b", "\x1b", "\x1b")
"""Out of dialogs, where cursors blink and searches wait for a moment."""
REPAINT = "\x0c"
Cells = list[list[tuple[object, ...]]]


def cells(session: Session) -> Cells:
    """What the eye sees: of a blank cell the ground alone, unless it is
    underlined or reversed.
    """
    screen = session.screen()
    rows = [
        [screen.buffer[y][x] for x in range(screen.columns)]
        for y in range(screen.lines)
    ]
    return [
        [
            (" ", c.bg)
            if c.data == " " and not c.underscore and not c.reverse
            else tuple(c)
            for c in r
        ]
        for r in rows
    ]


def differing(
    first: Cells, second: Cells
) -> list[tuple[int, int, object, object]]:
    """Return the places that differ, and what stands there."""
    pairs = [
        list(zip(*rows, strict=True))
        for rows in zip(first, second, strict=True)
    ]
    return [
        (y, x, *pair)
        for y, row in enumerate(pairs)
        for x, pair in enumerate(row)
        if pair[0] != pair[1]
    ]


@pytest.mark.parametrize(
    ("model", "options", "environ"),
    [
        ("bilstm-4.keras", [], {"COLORTERM": "truecolor"}),
        ("hostile", ["--low-bandwidth"], {"TERM": "screen-256color"}),
        ("lstm-25.h5", ["--theme", "light"], {"TERM": "linux"}),
        ("gru-reset-after.keras", ["--ascii"], {"NO_COLOR": "1"}),
    ],
    ids=[
        "truecolor",
        "256 colours and hostile names",
        "16 colours",
        "no colour",
    ],
)
def test_partial_updates_leave_what_a_full_repaint_draws(
    model: str, options: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    path, chance = tmp_path / "model.h5", random.Random(model)
    if model == "hostile":
        write_named(path, random.Random(6), runs=True)
    else:
        shutil.copy(SAMPLES / model, path)
    with Session(
        str(path),
        *options,
        RNN_TUI_STATE=str(tmp_path / "state.json"),
        **environ,
    ) as session:
        session.shows("Layers")
        session.rest()
        for _ in range(ROUNDS):
            if chance.random() < 0.4:
                session.resize(*chance.choice(SIZES))
            pressed = "".join(chance.choices(KEYS, k=8))
            session.press_each(pressed, *CLOSE)
            shown, before = cells(session), len(session.output)
            session.press_each(REPAINT)
            assert len(session.output) - before > 300, "it was not drawn anew"
            assert not differing(shown, cells(session))[:5], pressed
        session.press("\x03")
        assert session.end() == 130
