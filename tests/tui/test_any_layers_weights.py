"""The Weights view of layers without gates: their arrays in numbers, as a heat
map, and as a table to export.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Static

from rnn_tui import open_model
from rnn_tui.analysis.arrays import layer_arrays
from rnn_tui.cli import main
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session.jobs import write_table
from rnn_tui.tui.views.weights import WeightsView
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.table import RowTable


def heading(explorer: ExplorerScreen) -> str:
    return str(explorer.query_one("#heading", Static).render())


def test_enter_on_a_dense_layer_shows_its_arrays(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("2")
        await settle(pilot)
        assert heading(explorer).startswith("lstm")

        await pilot.press("1", "end", "enter")
        await settle(pilot)
        assert explorer.view == "weights"
        assert heading(explorer).startswith("next  Dense")
        rows = explorer.query_one("#gates", RowTable).rows
        assert [row[0][0] for row in rows] == ["kernel", "bias"]
        assert rows[0][1][0] == "64 × 36"

        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert heading(explorer).startswith("lstm")

    explore(scenario, sample("char-lstm.h5"), settle)


def test_an_array_opens_as_a_heat_map_and_as_numbers(
    sample: Sample, settle: Settle
) -> None:
    values = layer_arrays(open_model(sample("char-lstm.h5")).model, "embedding")
    embeddings = values[0].values

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("down", "right", "right")
        assert explorer.query_one(BlockMap).cursor == (1, 2)
        view = explorer.current
        assert isinstance(view, WeightsView)
        name, value = view.copied() or ("", "")
        assert name == "embedding embeddings[1, 2]"
        assert float(value) == float(embeddings[1, 2])
        assert "of embeddings" in str(
            explorer.query_one("#where", Static).render()
        )

    explore(
        scenario,
        sample("char-lstm.h5"),
        settle,
        size=(160, 60),
        view="weights",
        layer="embedding",
    )


def test_a_model_without_recurrent_layers_has_weights_to_show(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert heading(explorer).startswith("dense  Dense")

    explore(scenario, sample("dense-1.h5"), settle, view="weights")


@pytest.mark.parametrize("layer", ["lstm", "next"])
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_explorer_and_command_line_write_the_same(
    sample: Sample, settle: Settle, tmp_path: Path, layer: str, kind: str
) -> None:
    ours, theirs = tmp_path / f"ours.{kind}", tmp_path / f"theirs.{kind}"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        table = explorer.current.shown_table()
        assert table is not None
        write_table(table, str(ours), False)

    path = sample("char-lstm.h5")
    explore(scenario, path, settle, view="weights", layer=layer)
    assert main(["weights", path, "--layer", layer, "-o", str(theirs)]) == 0
    if kind == "csv":
        assert ours.read_text() == theirs.read_text()
        return

    found, expected = (
        json.loads(ours.read_text()),
        json.loads(theirs.read_text()),
    )
    assert found["gates"] == expected["gates"]
    if layer == "next":
        assert found["arrays"] == expected["arrays"]
