"""A pixel of the pictures of a ConvLSTM: it is selected in States and in Step,
and Step shows its arithmetic.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exploring import Settle, explore, state_text
from made_traces import lstm_trace, model_trace
from test_images import conv_trace
from test_states_view import lines, run
from textual.widgets import Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.pixel import typed_pixel
from rnn_tui.tui.session.session import Session, Subject, at_cell, moved
from rnn_tui.tui.views.step import StepView
from rnn_tui.tui.widgets.lines import StateLine

MOVIE = Path(__file__).parents[1] / "data" / "2.13.1__movie.h5"


def test_keys_select_a_pixel_and_the_one_beside_it():
    async def act(pilot, host):
        cursor = lambda: host.session.cursor.pixel  # noqa: E731
        assert cursor() == -1
        await pilot.press("p")
        assert cursor() == 0
        await pilot.press("P", "P")
        assert cursor() == 34
        await pilot.press("p", "shift+right")
        assert cursor() == 2 * 7 + 3
        await pilot.press("shift+right", "shift+down", "shift+down")
        assert cursor() == 4 * 7 + 4
        await pilot.press("shift+down", "shift+left", "shift+up")
        assert cursor() == 3 * 7 + 3

    run(act, trace=conv_trace())


def test_the_keys_do_nothing_where_there_are_no_pictures():
    async def act(pilot, host):
        before = host.session
        await pilot.press("p", "P", "shift+right", "shift+down")
        assert host.session is before

    run(act)


def test_step_shows_the_arithmetic_of_the_selected_pixel():
    trace = conv_trace()

    async def act(pilot, host):
        page = lines(host, "board")
        assert page[0].startswith("pixel 2, 3 of 5 × 7, the middle one: p P")
        await pilot.press("p")
        page = lines(host, "board")
        assert page[0].startswith(
            "pixel 0, 0 of 5 × 7 · reads 4 of 9 pixels of x and 4 of 9 of h"
        )
        cell = host.session.cell
        for name in ("i", "f", "c_tilde", "o"):
            for quantity in (name, f"pre_{name}"):
                value = float(cell.read(quantity)[0, 3, 0, 0, 1])
                text = f"{value:.6f}".replace("-", "−")
                assert any(text in line for line in page)

        h = float(cell.read("h")[0, 3, 0, 0, 1])
        assert f"{h:.6f}".replace("-", "−") in page[-1]
        assert any("x[:,:,0] ∗ W" in line for line in page)
        # products of the largest channel are below it
        products = re.compile(r"^ +[xh]\[\d,\d,\d\]")
        assert any(products.match(line) for line in page)

    place = Place(t=3, unit=1)
    run(act, view=StepView(), trace=trace, place=place, size=(120, 34))


def test_one_gate_alone_has_its_products_with_their_factors():
    async def act(pilot, host):
        await pilot.press("p", "m")
        page = lines(host, "board")
        cell = host.session.cell
        x = float(cell.x[0, 3, 1, 1, 1])
        weight = float(cell.cell.kernel[2, 2, 1, 1])
        written = [
            np.format_float_positional(np.float32(number), trim="-")
            for number in (x, weight)
        ]
        line = next(line for line in page if "x[1,1,1] × W[2,2]" in line)
        assert " × ".join(written).replace("-", "−") in line

    place = Place(t=3, unit=1)
    run(act, view=StepView(), trace=conv_trace(), place=place, size=(120, 44))


@pytest.mark.parametrize("size", [(160, 44), (112, 20), (80, 24), (40, 9)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_arithmetic_of_a_pixel_fits_every_size(size, ascii_only):
    async def act(pilot, host):
        await pilot.press("p", "m", "m", "right")
        width = host.query_one("#board").size.width
        page = lines(host, "board")
        assert len(page) <= host.query_one("#board").size.height
        for line in page:
            assert len(line.replace("\u0303", "")) <= width

    run(
        act,
        view=StepView(),
        trace=conv_trace(filters=16),
        size=size,
        ascii_only=ascii_only,
    )


def test_what_step_exports_and_finds_has_every_product():
    async def act(pilot, host):
        await pilot.press("P")
        table = host.view.shown_table()
        assert table.title == "step-unit1-pixel4-6-t3"
        products = [row for row in table.rows if " × " in row[1]]
        # four taps of nine are inside at a corner
        assert len(products) == 4 * 4 * (2 + 3)
        assert len(host.view.findable()) == len(products) + 4 * (2 + 3 + 1)
        what, text = host.view.copied()
        assert what == "unit 1, pixel 4, 6, at t 3"
        assert "pixel 4, 6 of 5 × 7" in text

    place = Place(t=3, unit=1)
    run(act, view=StepView(), trace=conv_trace(), place=place, size=(120, 34))


def test_a_pixel_stays_at_its_row_and_column_in_pictures_of_another_size():
    (large,) = conv_trace().cells
    (small,) = conv_trace(rows=4, columns=4).cells
    small = replace(small, key="small", layer="small")
    (plain,) = lstm_trace(4, 6).cells
    trace = model_trace(large, small, plain)
    session = moved(Session(subject=Subject(trace=trace)), pixel=2 * 7 + 3)
    assert at_cell(session, 1).cursor.pixel == 2 * 4 + 3
    assert at_cell(at_cell(session, 1), -1).cursor.pixel == 2 * 7 + 3
    beyond = moved(session, pixel=2 * 7 + 6)
    assert at_cell(beyond, 1).cursor.pixel == -1
    assert moved(session, pixel=35).cursor.pixel == -1
    # a cell without pictures keeps it for those that come again
    assert at_cell(at_cell(session, 2), 1).cursor.pixel == 2 * 7 + 3


@pytest.mark.parametrize(
    ("text", "sides", "pixel"),
    [
        ("2,3", (5, 7), 17),
        (" p 2 , 3", (5, 7), 17),
        ("P0,0", (5, 7), 0),
        ("5,0", (5, 7), None),
        ("2", (5, 7), None),
        ("2,", (5, 7), None),
        ("1,2,3", (5, 7), None),
        ("−1,0", (5, 7), None),
        ("p4", (9,), 4),
        ("4", (9,), None),
        ("p9", (9,), None),
        ("1,0,2", (2, 3, 4), 14),
        ("99999999999999999999,0", (5, 7), None),
        ("²,0", (5, 7), None),
    ],
)
def test_a_pixel_is_typed_by_row_and_column(text, sides, pixel):
    assert typed_pixel(text, sides) == pixel


def test_the_values_of_a_pixel_are_seen_on_a_crowded_state_line(
    settle: Settle,
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        explorer.session = moved(explorer.session, pixel=5)
        await settle(pilot)
        shown = state_text(explorer)
        right = "".join(text for text, _ in explorer.query_one(StateLine).right)
        assert len(shown) + len(right) < 80
        place = explorer.session.cursor
        for name in ("h", "c"):
            values = explorer.session.cell.read(name)[0, place.t]
            value = float(values.reshape(-1, 2)[5, place.unit])
            assert f"{name} " in shown
            assert f"{abs(value):.2f}" in shown

    explore(scenario, str(MOVIE), settle, size=(80, 24))


def test_go_to_a_pixel_and_the_state_line_has_its_values(
    settle: Settle,
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert "mean h" in state_text(explorer)
        await pilot.press("g", "9", ",", "1", "enter")
        meaning = pilot.app.screen.query_one("#meaning", Static).content
        assert "row, column of 0–4, 0–3" in str(meaning)
        await pilot.press(*["backspace"] * 3, "2", ",", "1", "enter")
        await settle(pilot)
        assert explorer.session.cursor.pixel == 2 * 4 + 1
        text = state_text(explorer)
        assert "pixel 2,1" in text
        assert "mean" not in text
        place = explorer.session.cursor
        h = explorer.session.cell.read("h")[0, place.t, 2, 1, place.unit]
        assert f"{abs(float(h)):.4f}" in text
        await pilot.press("g", "1", "enter")
        await settle(pilot)
        assert explorer.session.cursor.t == 1
        assert explorer.session.cursor.pixel == 2 * 4 + 1

    explore(scenario, str(MOVIE), settle)
