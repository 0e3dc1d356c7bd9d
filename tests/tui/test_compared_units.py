"""Pinned units are drawn over the selected one's course, on one axis, each with
a stroke of its own.
"""

import numpy as np
import pytest
from made_traces import lstm_trace
from test_states_view import run

from rnn_tui.tui.renderables.braille_plot import Stroke, plot
from rnn_tui.tui.renderables.compared_units import Compared, colour, legend
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import STATE_SCALE
from rnn_tui.tui.renderables.unit_column import (
    Course,
    course_lines,
    drawing,
    value_line,
)
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.widgets.drawn import Drawn

FLAT = np.zeros(20, np.float32)


def text(line):
    return "".join(segment.text for segment in line)


def course(*others, seen=20, ends=(-1.0, 1.0)):
    compared = tuple(
        Compared(unit, FLAT + value) for unit, value in enumerate(others, 5)
    )
    return Course(
        "c",
        STATE_SCALE,
        FLAT,
        3,
        np.arange(20) < seen,
        ends,
        compared=compared,
    )


def rows(shown, look, height=5):
    return course_lines(drawing(shown, look, 49, height), shown.seen, look)


def test_a_stroke_leaves_columns_of_dots_out():
    (full,) = plot([FLAT], 6, 1, -1, 1).rows
    (dotted,) = plot([FLAT], 6, 1, -1, 1, strokes=[Stroke(1, 1)]).rows
    (dashed,) = plot([FLAT], 6, 1, -1, 1, strokes=[Stroke(4, 2)]).rows
    assert full == "⠒" * 6 or full == "⠤" * 6
    assert len(set(dotted)) == 1
    assert dotted != full
    assert dashed[2] == " "
    assert dashed[:2] + dashed[3:5] == full[:4]


@pytest.mark.parametrize("colours", ["truecolor", "16", "none"])
def test_curves_are_told_apart_by_their_strokes_alone(colours):
    lines = [text(line)[9:] for line in rows(course(1.0, -1.0), Look(colours))]
    top, middle, bottom = lines[0], lines[2], lines[4]
    assert len(set(middle)) == 1
    assert len(set(top)) == 1
    assert " " in bottom
    dots = [bin(ord(line[0]) - 0x2800).count("1") for line in (top, middle)]
    assert dots == [1, 2]


def test_each_curve_has_its_colour_where_time_has_been():
    look = Look()
    lines = rows(course(1.0, -1.0, seen=10), look)
    for y, index in ((0, 1), (2, 0), (4, 2)):
        curve = [segment for segment in lines[y][1:] if segment.text.strip(" ")]
        tones = {tuple(s.style.color.triplet) for s in curve}
        assert tones == {colour(index, look), look.faint}


def test_in_ascii_each_has_its_letter():
    look = Look("none", ascii=True)
    lines = [text(line)[9:] for line in rows(course(1.0, -1.0), look)]
    assert [set(lines[y]) for y in (0, 2, 4)] == [{"o"}, {"*"}, {"+"}]
    assert text(legend((0, 5, 6), look, 40)) == "  * 0  o 5  + 6"


def test_the_legend_names_every_unit_behind_its_stroke():
    look = Look()
    assert text(legend((3, 1, 12), look, 40)) == "  ⠤⠤ 3  ⠄⠄ 1  ⠤ ⠤ 12"
    assert legend((3, 1, 12), look, 10) == []


@pytest.mark.parametrize("width", [46, 60, 90])
def test_the_numbers_of_all_units_are_on_the_line(width):
    line = value_line(course(0.5, -0.25), Look("none"), width, 3)
    assert "0.500" in text(line)
    assert "−0.250" in text(line)
    assert len(text(line)) == width


def test_the_selected_unit_is_drawn_over_the_others():
    look = Look()
    line = rows(course(0.0), look)[2]
    tones = {tuple(segment.style.color.triplet) for segment in line[1:]}
    assert tones == {look.foreground}


def rail(host):
    return [text(line) for line in host.query_one("#rail", Drawn)._drawn_lines]


@pytest.mark.parametrize("size", [(160, 48), (120, 32)])
def test_pinned_units_are_drawn_over_the_selected_one_on_one_axis(size):
    async def act(pilot, host):
        alone = rail(host)
        await pilot.press("c")
        # a unit isn't compared with itself
        assert rail(host) == alone
        host.place = Place(unit=4, t=7)
        await pilot.pause()
        shown = rail(host)
        assert shown[0].startswith("unit 4 at t 7  ⠤⠤ 4  ⠄⠄ 2")
        h = host.session.cell.read("h")[0]
        assert "⠄⠄ 2" in shown[1]
        assert f"{h[7, 2]:.3g}"[-4:] in shown[1]
        plotted = shown[2 : next(k for k in range(2, 99) if shown[k][0] == "c")]
        low, high = h[:, [2, 4]].min(), h[:, [2, 4]].max()
        ends = [
            float(line[:7].replace("−", "-"))
            for line in (plotted[-1], plotted[0])
        ]
        assert ends[0] <= low < ends[0] + 0.1 * (high - low)
        assert ends[1] >= high > ends[1] - 0.1 * (high - low)
        await pilot.press("c")
        host.place = Place(unit=0, t=7)
        await pilot.pause()
        assert "⠄⠄ 2  ⠤ ⠤ 4" in rail(host)[0]

    place = Place(unit=2, t=7)
    run(act, trace=lstm_trace(6, 40), place=place, size=size)
