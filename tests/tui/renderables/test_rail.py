"""The selected unit's rail, as text."""

import numpy as np
import pytest

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import GATE_SCALE, STATE_SCALE, Scale
from rnn_tui.tui.renderables.unit_column import (
    TALLEST,
    Course,
    course_lines,
    drawing,
    rail,
    value_line,
)

PLAIN = Look("none")


def text(line):
    return "".join(segment.text for segment in line)


def course(values, scale=GATE_SCALE, now=0, symbol="i"):
    values = np.asarray(values, np.float32)
    return Course(symbol, scale, values, now, np.arange(len(values)) <= now)


def test_a_gate_is_a_number_and_a_bar_from_empty_to_full():
    assert (
        text(value_line(course([0.5]), PLAIN, 30, 3))
        == "i         0.500     █████     "
    )


def test_a_signed_value_grows_from_the_middle():
    line = text(value_line(course([-0.5], STATE_SCALE), PLAIN, 31, 3))
    assert line.rstrip().endswith("██│")


def test_nothing_moves_between_three_digits_and_six():
    for digits in (3, 6):
        line = text(
            value_line(course([-0.123456], STATE_SCALE), PLAIN, 40, digits)
        )
        assert line.index(".") == 11
        assert len(line) == 40


def test_the_course_has_its_axis():
    shown = course([0, 1, 0, 1], now=3)
    lines = [
        text(line)
        for line in course_lines(
            drawing(shown, PLAIN, 20, 3), shown.seen, PLAIN
        )
    ]
    assert [line[:9] for line in lines] == [
        "      1┤ ",
        "    0.5┤ ",
        "      0┤ ",
    ]
    assert {len(line) for line in lines} == {20}


@pytest.mark.parametrize(
    ("limit", "low"),
    [
        (0.29, "−0.29"),
        (0.032, "−0.032"),
        (0.0013, "−0.0013"),
        (1.2e-10, "−1e−10"),
        (45000, "−45000"),
    ],
)
def test_no_number_of_the_axis_is_cut_into_another(limit, low):
    shown = course([0.0, 0.0], Scale(-limit, limit, signed=True))
    labels = drawing(shown, PLAIN, 30, 5).labels
    assert labels[-1] == f"{low:>7}┤ "
    assert {len(label) for label in labels} == {9}


def test_plots_give_way_where_room_is_short():
    courses = [course([0.1, 0.2]) for _ in range(4)]
    assert len(rail(courses, PLAIN, 40, 4, 3)) == 4
    assert len(rail(courses, PLAIN, 40, 80, 3)) == 4 * (TALLEST + 1)


@pytest.mark.parametrize("height", [12, 13, 25, 31, 44])
def test_the_rail_fills_its_height(height):
    courses = [course([0.1, 0.2]) for _ in range(4)]
    assert len(rail(courses, PLAIN, 40, height, 3)) == height


def test_the_axis_and_the_bar_of_a_unit_are_those_of_its_own_range():
    values = np.array([0.02, 0.06], np.float32)
    shown = Course(
        "c", STATE_SCALE, values, 1, np.array([True, True]), (0.02, 0.06)
    )
    labels = drawing(shown, PLAIN, 30, 3).labels
    assert [label[:7].strip() for label in labels] == ["0.06", "0.04", "0.02"]
    assert text(value_line(shown, PLAIN, 31, 3)).endswith("│█████")


def test_ascii_has_no_other_glyphs():
    lines = rail(
        [course([0.1, 0.9], now=1)], Look("none", ascii=True), 40, 8, 3
    )
    assert all(segment.text.isascii() for line in lines for segment in line)


def test_the_column_of_time_crosses_a_plot():
    shown = course([0, 1, 0, 1], now=3)
    drawn = drawing(shown, PLAIN, 20, 3)
    marked = course_lines(drawn, shown.seen, PLAIN, now=0)
    cells = [text(line)[9] for line in marked]
    assert cells.count("┊") == 2
    assert len({len(text(line)) for line in marked}) == 1
    assert all(
        "┊" not in text(x) for x in course_lines(drawn, shown.seen, PLAIN)
    )
