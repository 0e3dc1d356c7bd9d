"""The room of the Weights view: the selected block beside the table, and its
distribution below it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from rnn_tui.tui.renderables.blockpage import BlockPage
from rnn_tui.tui.renderables.histogram import tall_bars
from rnn_tui.tui.renderables.mosaic import fitting, survey
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.views.distribution import Distribution, joined
from rnn_tui.tui.views.gate_table import GateTable
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.openblock import OpenBlock
from tests.tui.exploring import explore

Settle = Callable[[Any], Awaitable[None]]


def test_the_selected_block_is_beside_the_table_and_follows_the_cursor(
    sample: Callable[[str], str], settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        table = explorer.query_one(GateTable)
        block = explorer.query_one(OpenBlock)
        assert block.region.x > table.region.right
        assert block.region.y <= table.region.y
        assert block.block.gate == "i"

        await pilot.press("down")
        await settle(pilot)
        assert block.block.gate == "f"
        assert block.query_one(BlockMap)._values.shape == (3, 16)

        distribution = explorer.query_one(Distribution)
        assert distribution.region.y > table.region.bottom
        assert distribution.text()[0] == "kernel f   48 values by size"

        await pilot.press("enter")
        await settle(pilot)
        assert not table.region.width
        assert explorer.query_one(BlockMap).has_focus

    explore(scenario, sample("brackets.h5"), settle, (132, 40), view="weights")


def test_keys_that_come_together_show_one_block(
    sample: Callable[[str], str],
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = []
    show = OpenBlock.show

    def counted(self: OpenBlock, block: Any) -> None:
        shown.append(block.gate)
        show(self, block)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        monkeypatch.setattr(OpenBlock, "show", counted)
        table = explorer.query_one(GateTable)
        for _ in range(3):
            table.action_move(1)

        await settle(pilot)
        assert shown == ["o"]

    explore(scenario, sample("brackets.h5"), settle, (160, 48), view="weights")


def test_a_narrow_terminal_has_the_block_below_the_table(
    sample: Callable[[str], str], settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        table = explorer.query_one(GateTable)
        block = explorer.query_one(OpenBlock)
        assert block.region.y > table.region.y
        assert not explorer.query_one(Distribution).region.height

    explore(scenario, sample("brackets.h5"), settle, (100, 48), view="weights")


def test_tall_bars_have_the_heights_of_their_amounts() -> None:
    assert tall_bars([0, 1, 8, 16], 2) == ["   █", " ▁██"]
    assert tall_bars([0, 0], 2) == ["  ", "  "]
    assert tall_bars([1, 1000], 1, ascii_only=True) == [".@"]


def test_few_values_are_counted_in_larger_parts() -> None:
    few = [1, 0, 2, 1] * 16
    found = joined(few)
    assert len(found) == 16
    assert sum(found) == sum(few)
    many = [100] * 64
    assert joined(many) == many


def test_a_narrow_page_says_in_the_line_of_columns_how_large_a_tile_is() -> (
    None
):
    values = np.ones((4, 64), np.float32)
    size = (46, 20)
    factor = fitting((4, 64), (16, 25))
    whole = survey(values, factor, "largest")
    page = BlockPage.at(values, whole, factor, (0, 0), size, Look())
    below = page.rows * page.tall
    said = "".join(segment.text for segment in page.line(below + 1, None))
    assert said.strip() == "column 0 … 63   largest |w| of 1 × 3"
