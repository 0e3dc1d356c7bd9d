"""Frames are sent no faster than the line carries them, so that hardly anything
waits before the terminal.
"""

import pytest

from rnn_tui.tui.terminal.throughput import NEARLY_EMPTY, TRUSTED, Pace

PIECE, FRAME, SCREEN = 1024, 5_000, 130_000


class Line:
    """A line of so many bytes a second behind a buffer, and a program that
    computes for a while before each write.

    A write that has to wait goes on when so much of the buffer is free again:
    Linux frees it in lumps.
    """

    def __init__(self, rate, buffer=20_480, lump=1, computing=0.0):
        self.rate, self.buffer, self.lump = rate, buffer, lump
        self.computing = computing
        self.now = self.used = self.held = 0.0
        self.pace = Pace(lambda: self.now, lambda: self.used)

    def sleep(self, seconds):
        self.now += seconds
        self.held = max(0.0, self.held - self.rate * seconds)

    def write(self, size):
        """Write in pieces; each waits until the buffer has room for it."""
        while size > 0:
            piece = min(PIECE, size)
            begun = self.pace.begin()
            self.sleep(self.computing)
            self.used += self.computing
            if self.held + piece > self.buffer:
                self.sleep(
                    (self.held + max(piece, self.lump) - self.buffer)
                    / self.rate
                )
            self.held += piece
            self.pace.wrote(piece, begun)
            size -= piece

    def send(self, size):
        """Send so much in shares, each when the line is ready, as the driver
        does; return the most that waited.
        """
        most = 0.0
        while size > 0:
            if self.pace.ready():
                share = min(self.pace.share() or size, size)
                self.write(share)
                size -= share
                most = max(most, self.held)
            self.sleep(0.01)
        return most

    def play(self, seconds, fps=60):
        """Send a frame whenever there is one and the line is ready; return how
        many, and the most that waited.
        """
        frames, most = 0, 0.0
        until = self.now + seconds
        while self.now < until:
            if self.pace.ready():
                self.write(FRAME)
                frames, most = frames + 1, max(most, self.held)
            self.sleep(1 / fps)
        return frames / seconds, most


@pytest.mark.parametrize("lump", [1, 12_000])
@pytest.mark.parametrize("rate", [20_000, 50_000, 100_000])
def test_on_a_slow_line_hardly_more_than_a_frame_waits_and_the_line_is_used(
    rate, lump
):
    line = Line(rate, lump=lump)
    line.write(SCREEN)
    line.play(2)
    frames, most = line.play(20)
    assert most <= FRAME + 2 * NEARLY_EMPTY
    assert frames >= 0.7 * rate / FRAME


@pytest.mark.parametrize("computing", [0.0, 0.005])
def test_a_fast_line_gets_every_frame_however_long_the_program_computes(
    computing,
):
    line = Line(20e6, computing=computing)
    line.write(SCREEN)
    assert line.pace.rate is None
    assert line.play(10, fps=60)[0] >= 58 / (1 + 60 * 5 * computing)


@pytest.mark.parametrize("lump", [1, 12_000])
def test_a_line_too_slow_for_the_playing_is_learnt_without_a_full_screen(lump):
    line = Line(50_000, lump=lump)
    line.play(5, fps=30)
    assert line.play(10, fps=30)[1] <= FRAME + 2 * NEARLY_EMPTY


def test_a_terminal_that_stops_for_once_is_not_taken_for_slow():
    line = Line(20e6)
    line.write(SCREEN)
    for pause in (0.5, 1.0):
        line.held, line.rate = line.buffer, line.buffer / pause
        line.write(PIECE)
        line.rate = 20e6
        line.write(SCREEN)
        assert line.pace.rate is None
    assert line.play(10, fps=60)[0] >= 58


def test_a_line_that_makes_two_pictures_in_turn_wait_is_slow():
    line = Line(10_000, lump=16_000)
    line.write(33_000)
    assert line.pace.rate is None
    line.sleep(4)
    line.write(33_000)
    assert line.pace.rate == pytest.approx(10_000, rel=0.6)


def test_a_terminal_that_stops_twice_and_is_fast_between_is_not_slow():
    line = Line(20e6, lump=16_000)
    for pause in (0.5, 1.0):
        line.sleep(4)
        line.held = line.buffer - 8 * PIECE
        line.rate = line.buffer / pause
        line.write(9 * PIECE)
        assert line.pace.rate is None
        line.rate = 20e6
        line.sleep(4)
        line.write(SCREEN)
        assert line.pace.rate is None


def test_before_anything_made_it_wait_a_line_is_taken_for_fast():
    assert Pace().ready()


def test_a_line_that_gets_faster_or_slower_is_learnt_anew_from_the_next_full_screen():
    line = Line(50_000)
    line.write(SCREEN)
    assert line.pace.rate == pytest.approx(50_000, rel=0.05)
    line.sleep(3)
    line.rate = 20e6
    line.write(SCREEN)
    assert line.pace.rate is None
    line.rate = 20_000
    line.play(5)
    assert line.pace.rate == pytest.approx(20_000, rel=0.2)


@pytest.mark.parametrize("lump", [1, 12_000])
def test_a_screen_sent_in_shares_leaves_room_for_a_key(lump):
    line = Line(50_000, lump=lump)
    line.write(SCREEN)
    line.sleep(1)
    before = line.now
    assert line.send(SCREEN) <= 0.1 * 50_000 * 1.3 + 2 * NEARLY_EMPTY
    assert line.now - before <= 1.5 * SCREEN / line.rate


def test_a_line_that_got_slower_is_found_out_by_what_has_to_wait():
    line = Line(50_000)
    line.write(SCREEN)
    line.sleep(1)
    line.rate = 30_000
    line.send(6 * SCREEN)
    assert line.pace.rate <= 1.3 * 30_000
    line.sleep(1)
    assert line.send(SCREEN) <= 0.2 * 30_000 + 2 * NEARLY_EMPTY


def test_a_line_that_got_faster_is_given_more_and_more_as_long_as_there_is_something_to_send():
    line = Line(20_000)
    line.write(SCREEN)
    line.sleep(1)
    line.rate = 200_000
    line.play(TRUSTED)
    assert line.pace.rate == pytest.approx(20_000, rel=0.2)
    line.sleep(TRUSTED)
    line.send(5 * SCREEN)
    assert line.pace.rate > 40_000
