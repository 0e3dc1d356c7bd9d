"""The terminal shows the same with fewer bytes: frames through CellDiff and without, on the same emulated terminal."""

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from rnn_tui.tui.celldiff import SYNC_END, SYNC_START, CellDiff

STYLES = [
    Style(color="#102030", bgcolor="#405060"),
    Style(color="#a0b0c0", bgcolor="#405060", bold=True),
    Style(bgcolor="#000000"),
    Style(color="red", underline=True),
    Style(color="color(120)", bgcolor="color(16)"),
    Style(reverse=True),
    Style(dim=False),
]
WIDTH, HEIGHT = 30, 6


def frame(*runs):
    """A frame as Textual writes it: a move, then styled text, for each run."""
    parts = []
    for x, y, text, style in runs:
        parts.append(f"\x1b[{y + 1};{x + 1}H")
        parts.append(style.render(text, color_system=ColorSystem.TRUECOLOR))
    return "".join(parts) + "\x1b[1;1H"


def shown(writes):
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for data in writes:
        stream.feed(data)
    return [[normal(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def normal(cell):
    """What the eye sees of a cell: on a blank one without underline or reverse, the ground alone."""
    if cell.data == " " and not cell.underscore and not cell.reverse:
        return (" ", cell.bg)
    return tuple(cell)


runs = st.tuples(
    st.integers(0, WIDTH - 8),
    st.integers(0, HEIGHT - 1),
    st.text("ab ▀█─é⠂", min_size=1, max_size=8),
    st.sampled_from(STYLES),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(runs, min_size=1, max_size=12), min_size=1, max_size=6))
def test_the_terminal_shows_the_same_as_without(frames):
    plain = [frame(*found) for found in frames]
    diff = CellDiff()
    assert shown([diff.feed(data) for data in plain]) == shown(plain)


def test_a_frame_that_changes_nothing_writes_nothing():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]), (9, 1, "there", STYLES[1]))
    assert diff.feed(data)
    assert diff.feed(data) == ""


def test_marks_of_an_empty_frame_are_not_written():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]))
    diff.feed(data)
    assert [diff.feed(part) for part in (SYNC_START, data, SYNC_END)] == ["", "", ""]
    other = frame((2, 1, "hullo", STYLES[0]))
    first, second, last = (diff.feed(part) for part in (SYNC_START, other, SYNC_END))
    assert (first, last) == ("", SYNC_END)
    assert second.startswith(SYNC_START)


def test_only_the_cells_that_differ_are_written():
    diff = CellDiff()
    diff.feed(frame((2, 1, "hello", STYLES[2])))
    assert diff.feed(frame((2, 1, "hallo", STYLES[2]))) == "\x1b[2;4H\x1b[48;2;0;0;0ma\x1b[m\x1b[1;1H"


def test_what_is_unknown_passes_and_makes_it_forget():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]))
    diff.feed(data)
    assert diff.feed("\x1b]0;title\x07") == "\x1b]0;title\x07"
    assert "hello" in diff.feed(data)


def test_terminal_modes_pass_and_are_no_reason_to_forget():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]))
    diff.feed(data)
    assert diff.feed("\x1b[?1003h") == "\x1b[?1003h"
    assert diff.feed(data) == ""


def test_another_screen_is_drawn_anew():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]))
    diff.feed(data)
    diff.feed("\x1b[?1049h")
    assert "hello" in diff.feed(data)


def test_wide_and_combined_characters_are_written_whole():
    diff = CellDiff()
    diff.feed(frame((0, 0, "c̃ 0.5", STYLES[0])))
    assert "c̃ 0.6" in diff.feed(frame((0, 0, "c̃ 0.6", STYLES[0])))
    assert diff.feed(frame((0, 0, "c̃ 0.6", STYLES[0]))) == ""
