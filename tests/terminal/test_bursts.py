"""Keys that arrive together, as over SSH: every one counts, in the order it was
typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from session import BRACKETS, Session

RIGHT, DOWN, UP, LEFT = "\x1b[C", "\x1b[B", "\x1b[A", "\x1b[D"
WHEEL_ON = "\x1b[<65;30;10M"
LONG = ("--input", "random:200:1")


@pytest.fixture
def explore() -> Iterator[object]:
    """Open the explorer on a terminal of 100 × 30 and wait until it rests."""
    opened: list[Session] = []

    def start(*arguments: str, **environ: str) -> Session:
        session = Session(
            *arguments, size=(30, 100), RNN_TUI_STATE="/dev/null", **environ
        )
        opened.append(session)
        session.shows("unit ")
        session.rest()
        return session

    yield start
    for session in opened:
        session.__exit__()


def state_line(session: Session) -> str:
    """The line above the footer."""
    return session.picture()[-2]


def place(session: Session) -> tuple[int, int]:
    """The timestep and the unit that the state line names."""
    found = re.search(r" t +(\d+)/\d+ .*unit +(\d+)", state_line(session))
    assert found, state_line(session)
    return int(found[1]), int(found[2])


def burst(session: Session, keys: str) -> None:
    """Deliver keys in one packet and wait until they have had their effect."""
    session.press(keys)
    session.rest()


@pytest.mark.parametrize(
    ("view", "key"), [("3", RIGHT), ("4", RIGHT), ("5", RIGHT), ("3", "."), ("1", ".")]
)
@pytest.mark.parametrize("count", [10, 60])
def test_keys_of_one_packet_move_as_many_timesteps(explore, view, key, count) -> None:
    session = explore(BRACKETS, *LONG)
    burst(session, view)
    burst(session, key * count)
    assert place(session) == (count, 0)
