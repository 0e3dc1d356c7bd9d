"""The terminal shows the same with fewer bytes: frames through CellDiff and
without, on the same emulated terminal.
"""

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from rnn_tui.tui.terminal.cell_diff import SYNC_END, SYNC_START, CellDiff
from rnn_tui.tui.terminal.sgr import NOTHING, Colours, change

STYLES = [
    Style(color="#102030", bgcolor="#405060"),
    Style(color="#a0b0c0", bgcolor="#405060", bold=True),
    Style(bgcolor="#000000"),
    Style(color="red", underline=True),
    Style(color="color(120)", bgcolor="color(16)"),
    Style(reverse=True),
    Style(dim=False),
    Style(color="#a0b0c0", bgcolor="#405060"),
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
    return [
        [normal(screen.buffer[y][x]) for x in range(WIDTH)]
        for y in range(HEIGHT)
    ]


def normal(cell):
    """What the eye sees of a cell: on a blank one without underline or reverse,
    the ground alone.
    """
    if cell.data == " " and not cell.underscore and not cell.reverse:
        return (" ", cell.bg)
    return tuple(cell)


runs = st.tuples(
    st.integers(0, WIDTH - 8),
    st.integers(0, HEIGHT - 1),
    st.text("ab ▀█─é⠂", min_size=1, max_size=8),
    st.sampled_from(STYLES),
)
runs_at_the_edge = st.tuples(
    st.integers(WIDTH - 4, WIDTH - 1),
    st.integers(0, HEIGHT - 1),
    st.text("ab ▀█─é⠂", min_size=1, max_size=4),
    st.sampled_from(STYLES),
).map(lambda run: (run[0], run[1], run[2][: WIDTH - run[0]], run[3]))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.lists(runs | runs_at_the_edge, min_size=1, max_size=12),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, (WIDTH, HEIGHT)]),
)
def test_the_terminal_shows_the_same_as_without(frames, size):
    plain = [frame(*found) for found in frames]
    diff = CellDiff()
    diff.size = size
    assert shown([diff.feed(data) for data in plain]) == shown(plain)


def test_a_cell_further_on_the_line_is_reached_without_naming_its_place():
    diff = CellDiff()
    diff.size = (WIDTH, HEIGHT)
    cells = [(9, 1, "x", STYLES[2]), (12, 1, "x", STYLES[2])]
    cells.append((9, 2, "x", STYLES[2]))
    assert diff.feed(frame(*cells)) == (
        "\x1b[2;10H\x1b[m\x1b[48;2;0;0;0mx\x1b[2Cx\x1b[3;10Hx\x1b[m\x1b[1;1H"
    )


def test_after_the_last_cell_of_a_line_the_next_cell_is_named():
    diff = CellDiff()
    diff.size = (WIDTH, HEIGHT)
    last = [(WIDTH - 1, y, "x", STYLES[2]) for y in (1, 2)]
    assert f"x\x1b[3;{WIDTH}Hx" in diff.feed(frame(*last))


def test_an_attribute_is_switched_alone_where_the_colours_stay():
    diff = CellDiff()
    bold = (0, 0, "bold", STYLES[1])
    thin = (4, 0, "thin", STYLES[-1])
    assert "bold\x1b[22mthin" in diff.feed(frame(bold, thin))
    assert "thin\x1b[1mbold" in CellDiff().feed(
        frame((0, 0, "thin", STYLES[-1]), (4, 0, "bold", STYLES[1]))
    )


def test_of_two_attributes_that_end_together_the_other_stays():
    both, faint, other = (
        Colours(attributes, None, None)
        for attributes in (("1", "2"), ("2",), ("21",))
    )
    assert change(both, faint, False) == ("\x1b[0;2m", faint)
    coloured = Colours(("1", "2"), "38;2;1;2;3", "48;2;4;5;6")
    alone = coloured._replace(attributes=("2",))
    assert change(coloured, alone, False) == ("\x1b[22;2m", alone)
    assert change(other, NOTHING, False) == ("\x1b[m", NOTHING)


def test_after_bold_letters_and_blanks_the_colour_of_letters_is_told_again():
    plain = frame(
        (0, 0, "bold", STYLES[1]),
        (4, 0, "  ", STYLES[2]),
        (6, 0, "thin", STYLES[-1]),
    )
    assert shown([CellDiff().feed(plain)]) == shown([plain])


def test_a_frame_that_changes_nothing_writes_nothing():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]), (9, 1, "there", STYLES[1]))
    assert diff.feed(data)
    assert diff.feed(data) == ""


def test_marks_of_an_empty_frame_are_not_written():
    diff = CellDiff()
    data = frame((2, 1, "hello", STYLES[0]))
    diff.feed(data)
    assert [diff.feed(part) for part in (SYNC_START, data, SYNC_END)] == [
        "",
        "",
        "",
    ]
    other = frame((2, 1, "hullo", STYLES[0]))
    first, second, last = (
        diff.feed(part) for part in (SYNC_START, other, SYNC_END)
    )
    assert (first, last) == ("", SYNC_END)
    assert second.startswith(SYNC_START)


def test_only_the_cells_that_differ_are_written():
    diff = CellDiff()
    diff.feed(frame((2, 1, "hello", STYLES[2])))
    assert (
        diff.feed(frame((2, 1, "hallo", STYLES[2])))
        == "\x1b[2;4H\x1b[48;2;0;0;0ma\x1b[m\x1b[1;1H"
    )


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


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(runs, max_size=12), st.none() | st.integers(0, 60)),
        min_size=1,
        max_size=8,
    )
)
def test_on_a_slow_line_the_terminal_shows_the_same_in_the_end(frames):
    plain = [frame(*found) for found, _ in frames]
    diff = CellDiff()
    written = [
        diff.feed(data, limit)
        for data, (_, limit) in zip(plain, frames, strict=True)
    ]
    while diff.waits:
        written.append(diff.paint((), 20))
    assert shown(written) == shown(plain)


def test_on_a_slow_line_a_late_change_comes_before_the_rest_of_a_screen():
    diff = CellDiff()
    screen = [
        (x, y, "▀", STYLES[(x + y) % 2])
        for y in range(HEIGHT)
        for x in range(WIDTH)
    ]
    written = diff.feed(frame(*screen), 100)
    assert len(written) < len(frame(*screen)) / 3
    assert "pause" in diff.feed(frame((0, HEIGHT - 1, "pause", STYLES[3])), 10)
    assert diff.waits


def test_on_a_slow_line_a_cell_that_changes_again_before_its_turn_is_sent_once():
    diff = CellDiff()
    for text in ("first", "other", "third"):
        assert not diff.feed(frame((0, 0, text, STYLES[0])), 0)
    written = diff.paint((), 1)
    assert "third" in written
    assert not diff.waits
    assert not any(text in written for text in ("first", "other"))


def test_what_the_terminal_is_told_of_its_modes_doesnt_drop_what_waits():
    for told in ("\x1b[?25l", "\x1b[2J\x1b[3;3Hnew"):
        diff = CellDiff()
        plain = frame((0, 1, "hello", STYLES[0]))
        written = [diff.feed(plain, 0), diff.feed(told, 0), diff.paint((), 99)]
        assert shown(written) == shown([plain, told])


def test_what_lies_beyond_the_edge_is_not_written():
    plain = frame(
        (WIDTH - 3, 1, "abcdef", STYLES[0]),
        (WIDTH + 2, 1, "never", STYLES[1]),
        (0, HEIGHT, "below", STYLES[1]),
    )
    inside = frame((WIDTH - 3, 1, "abc", STYLES[0]))
    for limit in (None, 99):
        diff = CellDiff()
        diff.size = (WIDTH, HEIGHT)
        assert shown([diff.feed(plain, limit)]) == shown([inside])


def test_a_text_that_takes_no_cell_leaves_the_row_as_it_is():
    diff = CellDiff()
    data = frame((0, 0, "abc", STYLES[0]))
    diff.feed(data)
    assert diff.feed(frame((1, 0, "\u200b", STYLES[0]))) == ""
    assert diff.feed(data) == ""
