"""Keys are read without looking for them in between."""

import os
from threading import Event, Thread

import pytest

from rnn_tui.tui.terminal.key_reader import Bell, read_keys


class Letters:
    """A parser that sends what it is fed."""

    def feed(self, data):
        return list(data)

    def tick(self):
        return []


@pytest.fixture
def line():
    closed = []
    ends = os.pipe()
    yield *ends, closed
    for end in ends:
        if end not in closed:
            os.close(end)


def reading(source):
    bell, stop, sent, result = Bell(), Event(), [], []
    arrived = Event()

    def send(letter):
        sent.append(letter)
        arrived.set()

    thread = Thread(
        target=lambda: result.append(
            read_keys(source, Letters(), bell, stop, send)
        )
    )
    thread.start()
    return thread, bell, stop, sent, arrived, result


def test_what_is_typed_arrives_and_the_bell_ends_it(line):
    thread, bell, stop, sent, arrived, result = reading(line[0])
    os.write(line[1], "aé".encode())
    assert arrived.wait()
    bell.ring()
    stop.set()
    thread.join()
    assert (sent, result) == (["a", "é"], [True])


def test_bytes_that_are_no_text_end_nothing(line):
    thread, bell, stop, sent, arrived, result = reading(line[0])
    os.write(line[1], b"\xff!")
    assert arrived.wait()
    stop.set()
    bell.ring()
    thread.join()
    assert (sent, result) == (["\N{REPLACEMENT CHARACTER}", "!"], [True])


def test_a_terminal_that_is_gone_is_told(line):
    thread, _, _, _, _, result = reading(line[0])
    os.close(line[1])
    line[2].append(line[1])
    thread.join()
    assert result == [False]
