"""The lines below the selected unit's plots: how long it remembers, what it is
worth, what it goes with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session.influence import map_question
from rnn_tui.tui.states_page.component_rows import component_rows
from rnn_tui.tui.states_page.so_far_lane import so_far_lanes
from rnn_tui.tui.states_page.unit_notes import unit_notes
from rnn_tui.tui.units_page.known import known_of


def text_of(explorer: ExplorerScreen) -> list[str]:
    lines = unit_notes(explorer.session, 60, Look())
    return ["".join(segment.text for segment in line) for line in lines]


def test_the_selected_unit_is_told_with_three_numbers_of_memory(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "down", "down")
        await settle(pilot)
        gate, cell, felt, off, r = text_of(explorer)
        # the golden numbers of brackets
        assert "half for 1.9 timesteps" in gate
        assert "× 1.7 after 21" in cell
        assert "moves 0.80 × input at lag 21" in felt
        assert "0.0828 → −0.317" in off
        assert "open[0] r +0.96" in r
        assert "n 22" in r
        assert {len(line) for line in text_of(explorer)} == {60}

    explore(look, sample("brackets.h5"), settle, (160, 48))


def test_a_unit_without_gates_has_the_other_two(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        lines = " ".join(text_of(explorer))
        assert "half for" not in lines
        assert "a change of the state ×" in lines

    explore(look, sample("simplernn-1.h5"), settle, (160, 48))


def test_where_there_is_no_rail_nothing_is_computed_unasked(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        kinds = {one.kind for one in explorer.session.subject.answers}
        assert not kinds & {"units", "memory", "effects"}

    explore(look, sample("brackets.h5"), settle, (80, 24))


def test_the_prediction_so_far_is_a_lane_below_the_input(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        [lane] = so_far_lanes(explorer.session)
        assert explorer.trace is not None
        output = explorer.trace.outputs[0][0]
        timesteps = explorer.trace.cells[0].timesteps
        shown = lane.row.read(0, timesteps, 0)
        assert shown[-1] == pytest.approx(output.max(), abs=1e-6)
        assert "had the sequence ended there" in lane.caption

    explore(look, sample("gru-reset-after.keras"), settle, (160, 48))


def test_a_model_that_returns_sequences_needs_no_such_lane(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert so_far_lanes(explorer.session) == ()

    explore(look, sample("brackets.h5"), settle, (160, 48))


def test_the_principal_components_are_rows_while_the_units_are_ordered(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert component_rows(explorer.session) == ()
        await pilot.press("S")
        await settle(pilot)
        first, *_ = component_rows(explorer.session)
        assert explorer.cell is not None
        states = explorer.cell.read("c")[0].astype("f8")
        _, _, directions = np.linalg.svd(states - states.mean(axis=0))
        wanted = (states - states.mean(axis=0)) @ directions[0]
        shown = first.read(0, len(states), 0)
        np.testing.assert_allclose(np.abs(shown), np.abs(wanted), atol=1e-5)

    explore(look, sample("brackets.h5"), settle, (160, 48))


def test_the_shares_of_the_units_add_up_to_the_output(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        share = known_of(explorer.session).share
        assert share is not None
        assert explorer.trace is not None
        output = float(explorer.trace.outputs[0][0, -1, 0])
        assert share.values.sum() + share.bias == pytest.approx(
            output, abs=1e-5
        )

    explore(look, sample("counter.keras"), settle, (160, 48))


def test_the_map_is_of_the_output_where_that_is_looked_at(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "i")
        await settle(pilot)
        asked = map_question(explorer.session)
        assert asked is not None
        assert asked.target == "open[0]"
        await pilot.press("i")
        await settle(pilot)
        asked = map_question(explorer.session)
        assert asked is not None
        assert asked.target == "lstm.c[0]"

    explore(look, sample("brackets.h5"), settle, (160, 48))


def test_a_unit_that_is_off_says_what_its_h_is_set_to(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6", "3")
        await settle(pilot)
        assert not any("set to" in line for line in text_of(explorer))
        assert any(line.startswith("if off") for line in text_of(explorer))
        await pilot.press("x")
        await settle(pilot)
        lines = text_of(explorer)
        assert lines[0].split(maxsplit=1)[0] == "h"
        assert "is set to 0 (off), not computed" in lines[0]
        # what switching it off does is what is shown
        assert not any(line.startswith("if off") for line in lines)

        await pilot.press("up")
        await settle(pilot)
        assert not any("set to" in line for line in text_of(explorer))

    explore(look, sample("counter.keras"), settle, (160, 48))
