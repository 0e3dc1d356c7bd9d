"""A thousand keys in packets of any size: the explorer ends where a plain model
of it does.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from session import Session
from stacked import write_stack

NAMES = ("first", "second", "third")
UNITS, TIMESTEPS, FEWEST = 6, 40, 5
RIGHT, LEFT, UP, DOWN = "\x1b[C", "\x1b[D", "\x1b[A", "\x1b[B"
HOME, END = "\x1b[H", "\x1b[F"
VIEWS = {
    "1": "1 Layers",
    "2": "2 Weights",
    "3": "3 States",
    "4": "4 Step",
    "5": "5 Output",
}


@dataclass(frozen=True)
class Expected:
    """Where the user looks: the row of the layer table is the layer's index."""

    view: str = "1"
    layer: int = 0
    t: int = 0
    unit: int = 0
    timesteps: int = TIMESTEPS


def go(at: Expected, t: int = 0, unit: int = 0) -> Expected:
    """So many timesteps and units on, as far as there are any."""
    return replace(
        at,
        t=min(max(at.t + t, 0), at.timesteps - 1),
        unit=min(max(at.unit + unit, 0), UNITS - 1),
    )


def to_layer(at: Expected, layer: int) -> Expected:
    """At a layer; no row is before the first and after the last."""
    return replace(at, layer=min(max(layer, 0), len(NAMES) - 1))


def pressed(at: Expected, key: str) -> Expected:
    """What a key does in the view that is shown."""
    moves = at.view in "345"
    if key in VIEWS:
        return replace(at, view=key)
    if key in ",.":
        return go(at, t=1 if key == "." else -1)
    if key in "[]":
        by = 1 if key == "]" else -1
        return to_layer(at, (at.layer + by) % len(NAMES))
    if key.startswith("g"):
        return replace(at, t=int(key[1:-1]))
    if key.startswith("s"):
        count = len(key.split(";"))
        return go(replace(at, timesteps=count))
    if key.startswith("/"):
        layer = NAMES.index(key[1:-1])
        return to_layer(at, layer)
    if key in (LEFT, RIGHT) and moves:
        return go(at, t=1 if key == RIGHT else -1)
    if key in (UP, DOWN) and at.view in "34":
        return go(at, unit=1 if key == DOWN else -1)
    if key in (UP, DOWN) and at.view == "1":
        return to_layer(at, at.layer + (1 if key == DOWN else -1))
    if key in (HOME, END) and at.view == "1":
        return to_layer(at, 0 if key == HOME else len(NAMES))
    if key in (HOME, END) and at.view in "34":
        return replace(at, t=0 if key == HOME else at.timesteps - 1)
    return at


def keys(rng: random.Random, count: int) -> list[str]:
    """Keys a user may press, most of them moves."""
    often = [*(RIGHT, LEFT, UP, DOWN) * 6, *",.[]" * 2, HOME, END, *"12345" * 2]
    found = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.02:
            found.append(f"g{rng.randrange(FEWEST)}\r")
        elif kind < 0.03:
            rows = ";".join(["0.1 0.2"] * rng.randint(FEWEST, TIMESTEPS))
            found.append(f"s{rows}\r")
        elif kind < 0.05:
            found.append(f"/{rng.choice(NAMES)}\r")
        elif kind < 0.07:
            found.append("?q")
        else:
            found.append(rng.choice(often))
    return found


def shown(session: Session) -> Expected:
    """What the tab that is underlined and the state line say."""
    screen = session.screen()
    title = screen.buffer[0]
    tab = "".join(title[x].data for x in range(100) if title[x].underscore)
    line = session.picture()[-2]
    found = re.search(r"^ (\w+) .*\bt +(\d+)/(\d+) .*unit +(\d+)", line)
    assert found, line
    return Expected(
        tab[:1],
        NAMES.index(found[1]),
        int(found[2]),
        int(found[4]),
        int(found[3]) + 1,
    )


@pytest.mark.parametrize("seed", [1])
def test_the_session_ends_where_a_plain_model_of_it_does(
    seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    path = write_stack(tmp_path / "m.h5", *NAMES, units=UNITS)
    typed = keys(rng, 1000)
    at = Expected()
    with Session(
        path,
        "--input",
        f"random:{TIMESTEPS}:1",
        size=(30, 100),
        RNN_TUI_STATE="/dev/null",
    ) as session:
        session.shows("unit ")
        session.rest()
        while typed:
            count = rng.choice([1, 1, 2, 3, 8, 20, 60])
            packet, typed = typed[:count], typed[count:]
            session.press("".join(packet))
            for key in packet:
                at = pressed(at, key)
            if rng.random() < 0.2:
                session.read(rng.random() / 5)
            if rng.random() < 0.1:
                session.rest()
                session.press_each("\x1b")
                assert shown(session) == at
        session.rest()
        session.press_each("\x1b")
        assert shown(session) == at
