"""Anything that has a value for each unit at each timestep is drawn as a
quantity of the run is: the difference of two runs, defined here.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from made_traces import lstm_trace

from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.heat_page import Picture
from rnn_tui.tui.renderables.numbers import MOVING, STILL, aligned, short
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import (
    GATE_SCALE,
    STATE_SCALE,
    signed_scale,
)
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.channels import Quantity, quantities
from rnn_tui.tui.states_page.layout import build
from rnn_tui.tui.states_page.parts import Extras
from rnn_tui.tui.states_page.rows import Lane, Row

ASCII = Look("none", ascii=True)


@dataclass(frozen=True, eq=False)
class Difference:
    """What one channel has more than another."""

    a: Channel
    b: Channel

    @property
    def key(self):
        return "difference", self.a.key, self.b.key

    @property
    def name(self):
        return f"delta_{self.a.name}"

    @property
    def title(self):
        return f"{self.a.title}-difference"

    @property
    def symbol(self):
        return f"Δ{self.a.symbol}"

    @property
    def ascii_symbol(self):
        return f"d{self.a.ascii_symbol}"

    @property
    def meaning(self):
        return f"{self.a.meaning} less the other run's"

    @property
    def direction(self):
        return self.a.direction

    @property
    def where(self):
        return self.a.where

    @property
    def units(self):
        return self.a.units

    @property
    def timesteps(self):
        return self.a.timesteps

    @property
    def reverse(self):
        return self.a.reverse

    def read(self, start, stop, sequence=0):
        mine = self.a.read(start, stop, sequence)
        return mine - self.b.read(start, stop, sequence)

    def scale(self):
        return signed_scale(self.read(0, self.timesteps))


@pytest.fixture
def traces():
    return lstm_trace(units=6, timesteps=40, seed=1), lstm_trace(
        units=6, timesteps=40, seed=2
    )


@pytest.fixture
def page(traces):
    """A page that shows the difference of two runs above and the cell state
    below.
    """
    return build(
        traces[0],
        traces[0].cells[0],
        ("delta_h", "c"),
        (90, 30),
        Look("none"),
        rail_beside=False,
        extras=Extras(offering(traces[1])),
    )


def offering(other):
    def offer(cell, pixel):
        difference = Difference(
            Quantity(cell, "h"), Quantity(other.cells[0], "h")
        )
        return [*quantities(cell, pixel), difference]

    return offer


def difference_of(traces):
    mine, other = (trace.cells[0].read("h")[0] for trace in traces)
    return mine - other


def text(line):
    return "".join(segment.text for segment in line)


def test_its_map_has_its_values_on_its_scale(page, traces):
    wanted = difference_of(traces)
    shown = page.pages(Place(t=5))["upper"]
    picture = Picture(shown)
    np.testing.assert_array_equal(picture.values, wanted.T)
    assert picture.scale == signed_scale(wanted)
    assert picture.scale != Quantity(traces[0].cells[0], "h").scale()


def test_its_caption_names_it_and_both_ends_of_its_scale(page, traces):
    caption = text(page.lanes(Place(t=5))["upper-caption"][0])
    high = short(signed_scale(difference_of(traces)).high).rstrip("0")
    assert caption.strip().startswith(
        "unit Δh  hidden state less the other run's"
    )
    assert caption.rstrip().endswith(f"+{high}")


def test_its_value_is_among_the_units_numbers(page, traces):
    place = Place(t=5, unit=3)
    value = float(difference_of(traces)[5, 3])
    assert f"Δh {short(value, MOVING)}" in text(page.lanes(place)["now"][0])
    rail = "\n".join(text(line) for line in page.rail(place, 46, 40, STILL))
    assert aligned(value, STILL).strip() in rail


def test_it_is_copied_and_exported_by_its_name(page, traces):
    wanted = difference_of(traces)
    what, value = page.copied(Place(t=5, unit=3))
    assert what == "delta_h of unit 3 at t 5"
    assert float(value) == wanted[5, 3]
    table = page.table(Place(t=5))
    assert table.title.endswith("-h-difference")
    shown = [row for row in table.rows if row[2] == "delta_h"]
    assert [row[4:6] for row in shown[:7]] == [
        *((0, unit) for unit in range(6)),
        (1, 0),
    ]
    values = np.array([row[-1] for row in shown], np.float32)
    np.testing.assert_array_equal(values.reshape(wanted.shape), wanted)


def test_m_comes_to_it(page):
    names = []
    for _ in range(12):
        name = page.next_name("lower")
        names.append(name)
        if name == "pre_o":
            break
        page.maps[1] = page.maps[1]._replace(
            channel=next(c for c in page.offered if c.name == name)
        )
    assert "delta_h" not in names  # the upper map shows it
    assert page.next_name("upper") == "h"


def test_letters_alone_are_enough_to_name_it(traces):
    page = build(
        traces[0],
        traces[0].cells[0],
        ("delta_h", "c"),
        (90, 30),
        ASCII,
        rail_beside=False,
        extras=Extras(offering(traces[1])),
    )
    assert text(page.lanes(Place())["upper-caption"][0]).startswith(
        " unit dh  "
    )


def test_of_a_long_run_seen_as_a_whole_the_value_copied_is_the_runs_own():
    mine, other = (
        lstm_trace(units=6, timesteps=360, seed=seed) for seed in (1, 2)
    )

    def offer(cell, pixel):
        # the other run is as long as what is drawn of this one
        there = other.cells[0]
        if cell.timesteps != there.timesteps:
            from rnn_tui.engine.trace.downsampled import zoomed_out

            there = zoomed_out(there, cell.timesteps)
        return [
            *quantities(cell, pixel),
            Difference(Quantity(cell, "h"), Quantity(there, "h")),
        ]

    page = build(
        mine,
        mine.cells[0],
        ("delta_h", ""),
        (90, 30),
        Look(),
        rail_beside=True,
        zoom=2,
        extras=Extras(offer),
    )
    assert page.pages(Place(t=150))["upper"].channel.timesteps == 90
    _, value = page.copied(Place(t=150, unit=2))
    assert float(value) == difference_of((mine, other))[150, 2]


def row(values, label="PC1"):
    """A row of given values."""

    def read(start, stop, sequence):
        return values[start:stop]

    return Row((label, id(values)), label, label, read, STATE_SCALE)


def with_extras(trace, height=44, **extras):
    return build(
        trace,
        trace.cells[0],
        ("", ""),
        (90, height),
        Look(),
        rail_beside=True,
        extras=Extras(**extras),
    )


def test_a_lane_has_its_line_and_its_caption_below_the_input(traces):
    values = np.linspace(-1, 1, 40, dtype=np.float32)
    lane = Lane(row(values, "moved"), "red raises, blue lowers")
    page = with_extras(traces[0], lanes=(lane,))
    line, caption = (text(one) for one in page.lanes(Place(t=5))["extra"])
    assert line.startswith(("moved ▇", "moved █"))
    assert len(line) == 6 + page.grid.used_width
    assert caption.strip() == "red raises, blue lowers"
    assert page.heights()["extra"] == 2
    assert page.grid.used_lines < with_extras(traces[0]).grid.used_lines + 1


def test_rows_are_in_the_third_map_above_the_gates(traces):
    values = np.linspace(-1, 1, 40, dtype=np.float32)
    page = with_extras(traces[0], rows=(row(values),))
    third = page.pages(Place(t=5, unit=2))["third"]
    assert third.names == ("PC1", "i", "f", "c̃", "o")
    picture = Picture(third)
    np.testing.assert_array_equal(picture.values[0], values)
    gate = traces[0].cells[0].read("f")[0, :, 2]
    np.testing.assert_array_equal(picture.values[2], gate)
    assert third.scales[0] == STATE_SCALE
    assert third.scales[2] == GATE_SCALE
    assert page.heights()["third"] >= 5


def test_marks_are_on_the_axis(traces):
    page = with_extras(traces[0], marks=((20, "Δ"),))
    assert "Δ20" in text(page.lanes(Place(t=5))["ruler"][0])


def test_each_unit_can_have_its_own_scale(traces):
    trace = traces[0]
    page = build(
        trace,
        trace.cells[0],
        ("c", "i"),
        (90, 30),
        Look(),
        rail_beside=True,
        fit=True,
    )
    shown = page.pages(Place())
    c, i = (Picture(shown[name]) for name in ("upper", "lower"))
    values = trace.cells[0].read("c")[0]
    for unit, scale in enumerate(c.scales):
        largest = np.abs(values[:, unit]).max()
        assert largest <= scale.high <= 1.11 * largest
    assert (c.levels[:6, :40].max(axis=1) >= 15).all() or (
        c.levels[:6, :40].min(axis=1) <= 1
    ).any()
    # shares run from the smallest to the largest
    assert (i.levels[:6, :40].min(axis=1) <= 1).all()
    assert (i.levels[:6, :40].max(axis=1) >= 15).all()
    caption = text(page.lanes(Place())["upper-caption"][0])
    assert "each unit on its own scale" in caption
    assert caption.rstrip().endswith("+max")


def test_lanes_rows_and_marks_follow_a_run_that_is_seen_from_afar():
    trace = lstm_trace(units=6, timesteps=360, seed=1)
    values = np.zeros(360, np.float32)
    values[201] = -1.0
    extras = Extras(
        lanes=(Lane(row(values, "moved")),),
        rows=(row(values),),
        marks=((201, "Δ"),),
    )
    page = build(
        trace,
        trace.cells[0],
        ("", ""),
        (90, 44),
        Look("none"),
        rail_beside=True,
        zoom=2,
        extras=extras,
    )
    place = Place(t=5)
    lane = text(page.lanes(place)["extra"][0])
    assert lane.index("⣿") == 6 + 201 // 4
    assert "Δ200" in text(page.lanes(place)["ruler"][0])
    picture = Picture(page.pages(place)["third"])
    assert picture.values[0].nonzero()[0].tolist() == [201 // 4]
