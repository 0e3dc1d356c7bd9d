"""The room of the Layers view: the selected layer's weights at a glance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from rnn_tui.formats.opened import open_model
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.views.glance import Glance
from rnn_tui.tui.views.layer_table import LayerTable
from rnn_tui.tui.weights_page.glance_page import glance
from rnn_tui.tui.weights_page.statistics_job import PICTURE, measure
from tests.tui.exploring import Sample, explore

Settle = Callable[[Any], Awaitable[None]]


def test_the_room_below_the_explanation_has_the_selected_layers_weights(
    sample: Callable[[str], str], settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        below = explorer.query_one("#below", Glance)
        text = "\n".join(below.text())
        assert "kernel   x·W   input → gates" in text
        assert "i  3 × 16" in text
        assert "−0.101 ± 0.362  −0.878 … 0.885" in text

        await pilot.press("down")
        await settle(pilot)
        assert "kernel  16 × 1" in "\n".join(below.text())

    explore(scenario, sample("brackets.h5"), settle, (160, 48), view="layers")


def test_without_room_there_is_no_glance(
    sample: Callable[[str], str], settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert not any(place.display for place in explorer.query(Glance))

    explore(scenario, sample("brackets.h5"), settle, (80, 24), view="layers")


@pytest.mark.parametrize("size", [(156, 24), (110, 40), (60, 30), (156, 9)])
@pytest.mark.parametrize("ascii", [False, True])
def test_a_glance_keeps_to_its_room(
    sample: Callable[[str], str], size: tuple[int, int], ascii: bool
) -> None:
    model = open_model(sample("bilstm-4.keras")).model
    layer = next(info for info in model.layers if info.recurrent)
    *_, rows = measure(model, layer.path, lambda: False, pictured=True)
    lines = glance(rows, layer.path, size, Look(ascii=ascii))
    widths = [sum(len(part.text) for part in line) for line in lines]
    assert 0 < len(lines) <= size[1]
    assert max(widths) <= size[0]


def test_a_measured_picture_has_the_largest_values_of_a_large_block(
    sample: Callable[[str], str],
) -> None:
    model = open_model(sample("lstm-120-relu.keras")).model
    layer = next(info for info in model.layers if info.recurrent)
    *_, rows = measure(model, layer.path, lambda: False, pictured=True)
    for row in rows:
        assert row.picture is not None
        assert row.picture.shape[0] <= PICTURE[0]
        assert row.picture.shape[1] <= PICTURE[1]
        largest = np.abs(row.picture).max()
        assert largest == np.abs(row.block.values).max()


def test_a_small_terminal_shows_the_table_up_to_half_of_the_view(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        table = explorer.current.query_one(LayerTable)
        half = explorer.current.size.height // 2
        assert table.size.height == min(len(table.rows) + 1, half)
        assert table.size.height > 4

    explore(look, sample("bilstm-4.keras"), settle, (80, 24))
