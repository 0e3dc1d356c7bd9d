"""The Step view's page, as text."""

import sys
from pathlib import Path

import pytest
from rich.segment import Segment

sys.path.insert(0, str(Path(__file__).parents[1]))

from made_traces import random_cell, smooth, trace_cell

from rnn_tui.analysis.step import unit_step
from rnn_tui.tui.renderables.arithmetic import Precision, board
from rnn_tui.tui.renderables.palette import Look

STILL = Precision(6, 6)


def page(
    kind="lstm",
    width=80,
    height=21,
    digits=STILL,
    gate=None,
    look=None,
    **options,
):
    look = look or Look("none")
    step = unit_step(
        trace_cell(random_cell(kind, 6, 3, **options), smooth(5)), 2, 3
    )
    lines = board(step, look, width, height, digits, gate)
    return ["".join(segment.text for segment in line) for line in lines]


@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn"])
@pytest.mark.parametrize("size", [(156, 43), (76, 20), (38, 9)])
def test_the_page_fits_its_room(kind, size):
    lines = page(kind, *size)
    assert len(lines) <= size[1]
    assert all(len(line.replace("\u0303", "")) <= size[0] for line in lines)


def test_all_four_gates_stand_side_by_side_at_eighty_columns():
    title = page()[0]
    assert (
        title.index("input gate")
        < title.index("forget gate")
        < title.index("candidate")
        < title.index("output gate")
    )


def test_the_equations_stand_below_with_their_numbers():
    lines = page(width=156, height=43)
    assert lines[-2].split()[:7] == ["c", "=", "f", "·", "c₋₁", "+", "i"]
    assert len(lines[-1].split()) == len(lines[-2].split())


def test_digits_change_in_place_between_playing_and_standing():
    moving, still = page(digits=Precision(3, 6)), page()
    assert [len(line) for line in moving] == [len(line) for line in still]
    point = still[-1].index(".")
    assert moving[-1].index(".") == point


def test_one_gate_alone_shows_factors_as_they_are_stored():
    lines = page(gate="f")
    assert "forget gate" in lines[0]
    assert (
        "×" in lines[1].partition("× W")[2]
        or "×" in lines[1].partition("× U")[2]
    )


def test_the_smallest_page_still_says_what_goes_in_and_comes_out():
    lines = page(width=38, height=9)
    assert lines[0].startswith("i sigmoid(")
    assert lines[4].split()[:3] == ["c", "=", "f"]


def test_ascii_pages_are_ascii_but_for_signs():
    allowed = set("×−·")
    for line in page(width=156, height=43, look=Look("none", ascii=True)):
        assert all(char.isascii() or char in allowed for char in line), line


def test_no_label_loses_its_end():
    step = unit_step(
        trace_cell(random_cell("gru", 6, 3, reset_after=False), smooth(5)), 2, 3
    )
    for width in range(55, 120):
        lines = [
            "".join(s.text for s in line)
            for line in board(step, Look("none"), width, 21, STILL)
        ]
        each = (width - 4) // 3
        candidate = [line[2 * each + 4 :] for line in lines[1:8]]
        products = [line for line in candidate if line.startswith("r")]
        assert products, width
        assert all(
            "U" in line or "…" in line
            for line in products
            if "rounding" not in line
        ), (width, products)
        assert width < 70 or not any("…" in line for line in products)


@pytest.mark.parametrize("width", [142, 146, 156])
def test_every_summand_shows_its_factors_where_one_does(width):
    lines = page(width=width, height=43)
    each = (width - 6) // 4
    products = [
        line[k * (each + 2) :][:each] for line in lines[1:] for k in range(4)
    ]
    products = [
        text for text in products if text.lstrip().startswith(("x[", "h["))
    ]
    assert len(products) == 4 * 9
    assert all(
        text.count("×") == 2 or (text.count("·") == 1 and "×" in text)
        for text in products
    ), products


def test_a_summand_lies_on_a_bar_of_its_share_and_sign():
    step = unit_step(trace_cell(random_cell("lstm", 6, 3), smooth(5)), 2, 3)
    look = Look()
    lines = board(step, look, 76, 24, STILL)
    gate = step.gates[0]
    grounds = []
    for line in lines[1:4]:
        own = Segment.adjust_line_length(line, 17)
        grounds.append(
            [
                segment.style.bgcolor
                for segment in own
                for _ in segment.text
                if segment.style is not None
            ]
        )
    shares = [abs(term.value) for term in gate.terms[:3]]
    lengths = [sum(ground is not None for ground in line) for line in grounds]
    assert lengths[0] == 17
    assert lengths == sorted(lengths, reverse=True)
    assert abs(lengths[1] - round(17 * shares[1] / shares[0])) <= 1
    signs = {
        term.value < 0: line[0]
        for term, line in zip(gate.terms, grounds, strict=False)
    }
    assert len(set(map(str, signs.values()))) == len(signs)


def test_without_colours_there_are_no_bars():
    step = unit_step(trace_cell(random_cell("lstm", 6, 3), smooth(5)), 2, 3)
    for look in (Look("none"), Look("16"), Look(ascii=True)):
        for line in board(step, look, 76, 24, STILL):
            assert all(segment.style.bgcolor is None for segment in line)
