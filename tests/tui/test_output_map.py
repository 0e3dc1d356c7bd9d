"""The outputs over time as a map in the Output view: which outputs have a row,
which cell shows which value, and when there is one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore

from rnn_tui.tui.renderables.output_map import (
    AROUND,
    WITH_TOKENS,
    OverTime,
    output_map,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import GATE_SCALE
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.views.output import OutputView
from rnn_tui.tui.widgets.drawn import Drawn

GLYPHS = Look(colours="none")


def over(values: Any, **given: Any) -> OverTime:
    said = {"title": "out", "names": {}, "tokens": lambda start, stop: ()}
    return OverTime(np.asarray(values, np.float64), **{**said, **given})


def text_of(lines: Any) -> list[str]:
    return ["".join(segment.text for segment in line) for line in lines]


def test_each_output_has_its_row_and_each_timestep_its_column() -> None:
    values = np.zeros((6, 5))
    values[2, 3] = 1.0
    drawn = text_of(output_map(over(values), 4, (66, 12), GLYPHS))
    caption, ruler, *rows = drawn
    assert caption.strip().startswith("out")
    assert "▾4" in ruler
    by_label = {row[:6].strip(): row[6:] for row in rows if row[:6].strip()}
    assert list(by_label) == list("01234")
    full = {k: set(cells.rstrip()) for k, cells in by_label.items()}
    shown = by_label["3"]
    cell = (66 - 6) // 6
    assert set(shown[2 * cell : 3 * cell]) == {"█"}
    assert "█" not in shown[: 2 * cell] + shown[3 * cell :]
    assert all("█" not in found for k, found in full.items() if k != "3")


def test_shares_are_drawn_from_0_to_1_and_other_values_by_the_farthest() -> (
    None
):
    shares = np.full((4, 6), 1 / 6)
    assert over(shares).scale == GATE_SCALE
    values = shares.copy()
    values[1, 2] = -3.0
    found = over(values).scale
    assert (found.low, found.high, found.signed) == (-3.0, 3.0, True)


def test_of_many_outputs_those_that_go_farthest_are_shown_in_their_order() -> (
    None
):
    rng = np.random.default_rng(5)
    values = rng.normal(size=(40, 50)) * 0.1
    for output, size in ((7, 9.0), (31, -8.0), (44, 7.0)):
        values[11, output] = size

    found = over(values)
    assert len(found.shown(10)) == 20
    assert {7, 31, 44} <= set(found.shown(10))
    assert list(found.shown(10)) == sorted(found.shown(10))
    # a name is read only on a line of its own
    named = over(values, names={k: f"w{k}" for k in range(50)})
    assert len(named.shown(10)) == 10
    assert list(over(values).shown(25)) == list(range(50))


def test_no_number_has_no_part_in_the_extremes() -> None:
    values = np.array([[np.nan, 1.0], [np.inf, -2.0], [0.5, np.nan]])
    found = over(values).extremes
    assert found.tolist() == [[0.5, -2.0], [0.5, 1.0]]
    nothing = over(np.full((3, 5), np.nan))
    assert nothing.extremes.tolist() == [[0.0] * 5, [0.0] * 5]
    assert output_map(nothing, 0, (60, 12), GLYPHS)


def test_the_page_is_the_one_that_holds_the_timestep() -> None:
    values = np.arange(3000.0).reshape(500, 6)
    _, first, *_ = text_of(output_map(over(values), 3, (86, 12), GLYPHS))
    _, later, *_ = text_of(output_map(over(values), 411, (86, 12), GLYPHS))
    assert "▾3" in first
    assert "▾411" in later
    assert "400" in later


def test_tokens_have_a_line_of_their_own() -> None:
    read = list("abcdef")
    found = over(np.eye(6), tokens=lambda start, stop: read[start:stop])
    lines = text_of(output_map(found, 0, (70, 12), GLYPHS))
    assert lines[1].split() == ["input", *read]
    assert len(lines) == WITH_TOKENS + 6


@pytest.mark.parametrize("lines", [AROUND + 3, 0, 1])
def test_where_there_is_no_room_there_is_no_map(lines: int) -> None:
    assert output_map(over(np.eye(6)), 0, (70, lines), GLYPHS) == []


def test_a_text_model_shows_which_character_it_expected_when(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("5")
        await settle(pilot)
        drawn = explorer.query_one(OutputView).query_one("#map", Drawn)
        assert drawn.display
        caption, tokens, *_ = drawn.text()
        assert "the model's output over time" in caption
        assert tokens.split()[:4] == ["input", "s", "o", "␣"]
        # nothing of the page is below the fold
        page = explorer.current.first_focus()
        assert page.max_scroll_y == 0

    explore(
        look,
        sample("char-lstm.h5"),
        settle,
        (160, 48),
        inputs=("text: so she was",),
        vocab=sample("char-lstm.vocab.json"),
    )


@pytest.mark.parametrize(
    ("name", "size"), [("brackets.h5", (160, 48)), ("char-lstm.h5", (80, 24))]
)
def test_few_values_are_lines_and_a_small_page_has_its_bars_alone(
    sample: Sample, settle: Settle, name: str, size: tuple[int, int]
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("5")
        await settle(pilot)
        assert not explorer.query_one(OutputView).query_one("#map").display

    explore(look, sample(name), settle, size)
