"""Lines of which whole parts are left out: no number is cut into another."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rnn_tui.tui.terminal.text_width import by_parts

LINE = "dense[0] = 0.288 · t 47: +0.129 · [0] +0.139  [1] +0.136"


def test_whole_parts_are_left_out_from_the_end():
    assert by_parts(LINE, 80) == LINE
    assert by_parts(LINE, 50) == "dense[0] = 0.288 · t 47: +0.129 · [0] +0.139"
    assert by_parts(LINE, 35) == "dense[0] = 0.288 · t 47: +0.129"
    assert by_parts(LINE, 20) == "dense[0] = 0.288"


def test_a_part_that_is_too_long_itself_is_cut_between_words_and_says_so():
    assert by_parts("nothing of this fits", 12) == "nothing of…"
    assert by_parts("unbroken", 4) == "unb…"


@given(st.text(alphabet="a1 ·,;日", max_size=40), st.integers(0, 50))
def test_no_line_is_wider_than_its_room(line, room):
    assert cell_len(by_parts(line, room)) <= room
