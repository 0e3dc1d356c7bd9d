"""The lines below the selected unit's plots: how long it remembers, what it is
worth, what it goes with.
"""

from __future__ import annotations

from typing import Any

from exploring import Sample, Settle, explore

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.states_page.unit_notes import unit_notes


def text_of(explorer: ExplorerScreen) -> list[str]:
    lines = unit_notes(explorer.session, 60, Look())
    return ["".join(segment.text for segment in line) for line in lines]


def test_the_selected_unit_is_told_with_three_numbers_of_memory(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "down", "down")
        await settle(pilot)
        gate, cell, off, r = text_of(explorer)
        # the golden numbers of brackets
        assert "half for 1.9 timesteps" in gate
        assert "× 1.7 after 21" in cell
        assert "feels 0.80 at lag 21" in cell
        assert "0.0828 → −0.317" in off
        assert "open[0] +0.96" in r
        assert "(n 22)" in r
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
        assert "the cell ×" in lines

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
