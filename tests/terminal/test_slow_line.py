"""On a line of 10 KB/s and 300 ms a view can be used before its picture is
there, and what is outdated is never sent: told by the order and the number of
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyte
import pytest
from session import BRACKETS, Session
from slow_line import SlowLine, offset_of

RIGHT = "\x1b[C"
HALF_BLOCK = "▀".encode()
"""The character of a picture: two timesteps or units in one cell."""
SIZE = (30, 120)
OPTIONS = ("--input", "random:200:1")
ENVIRONMENT = {"RNN_TUI_STATE": "/dev/null", "COLORTERM": "truecolor"}
TABS, STATE_LINE, FOOTER = 0, -2, -1


class Beside:
    """An explorer on a slow line, and the same on a fast one, which tells when
    the slow one has shown everything.
    """

    def __init__(self) -> None:
        self.fast = Session(BRACKETS, *OPTIONS, size=SIZE, **ENVIRONMENT)
        self.slow = SlowLine(
            BRACKETS,
            *OPTIONS,
            rate=10_000,
            delay=0.3,
            size=SIZE,
            **ENVIRONMENT,
        )
        for session in (self.fast, self.slow):
            session.shows("unit ")
            session.rest()

        # a line that makes two pictures wait is known to be slow
        self.whole = self.visit("3").count(HALF_BLOCK)
        """How many half blocks a picture has."""
        for view in "151":
            self.visit(view)

        self.visit("3")
        self.visit("1")

    def press(self, *packets: str) -> int:
        """Type packets on both and return the bytes the slow one had shown
        before.
        """
        before = len(self.slow.output)
        for packet in packets:
            self.slow.press(packet)
            self.fast.press(packet)

        return before

    def shown(self, before: int) -> bytes:
        """Return what arrives until both show the same."""
        self.fast.rest()
        wanted = self.fast.picture()
        self.slow.until(
            lambda: self.slow.picture() == wanted, "the picture in full"
        )

        return self.slow.output[before:]

    def visit(self, *packets: str) -> bytes:
        """Type packets and return all that arrives."""
        return self.shown(self.press(*packets))


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    """Both, once the line is known to be slow."""
    both = Beside()
    yield both
    for session in (both.fast, both.slow):
        session.__exit__()


@pytest.fixture
def both(beside: Beside) -> Iterator[Beside]:
    """Both, in the Layers view at the first timestep."""
    yield beside
    beside.visit("3\x1b[H1")


def test_the_words_of_a_view_arrive_before_its_picture(both: Beside) -> None:
    before = both.press("3")
    whole = both.shown(before)
    final = both.slow.picture()

    words = whole[: whole.index(HALF_BLOCK)]
    screen = pyte.Screen(SIZE[1], SIZE[0])
    pyte.ByteStream(screen).feed(both.slow.output[:before] + words)
    shown = list(screen.display)

    assert len(whole) > 20_000
    assert len(words) < 6_000
    for row in (TABS, STATE_LINE, FOOTER):
        assert shown[row] == final[row]


def test_a_picture_is_given_up_for_the_view_that_is_asked_for_meanwhile(
    both: Beside,
) -> None:
    before = both.press("3")
    both.slow.until(
        lambda: both.slow.output[before:].count(HALF_BLOCK) > 10,
        "the beginning of a picture",
    )
    both.press("5")
    sent = both.shown(before)

    newer = offset_of(
        both.slow.output,
        before,
        SIZE,
        lambda screen: "Keras returns" in "".join(screen.display),
    )
    assert 10 < sent.count(HALF_BLOCK) < both.whole
    assert HALF_BLOCK not in sent[newer:]


def test_of_two_pictures_passed_in_one_packet_not_one_is_sent(
    both: Beside,
) -> None:
    assert both.visit("3435").count(HALF_BLOCK) < both.whole


def test_moves_are_seen_before_the_rest_of_a_picture(both: Beside) -> None:
    before = both.press("3")
    both.slow.until(
        lambda: both.slow.output[before:].count(HALF_BLOCK) > 10,
        "the beginning of a picture",
    )
    both.press(RIGHT * 5, RIGHT * 5)
    sent = both.shown(before)
    seen = offset_of(
        both.slow.output,
        before,
        SIZE,
        lambda screen: "t  10/199" in screen.display[STATE_LINE],
    )
    assert HALF_BLOCK in sent[seen:]
