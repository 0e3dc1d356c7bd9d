"""A file that shows only in part says so in the explorer: how many warnings,
where, and what isn't a number.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from exploring import Settle, explore

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

from model_files import arrays, write_h5

from rnn_tui import open_model
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.text.layer_help import explanation
from rnn_tui.tui.widgets.lines import TitleLine

KERNEL = "model_weights/lstm/lstm/lstm_cell/kernel:0"


def test_the_title_counts_the_warnings_and_says_where_they_are(
    tmp_path: Path, settle: Settle
) -> None:
    path = tmp_path / "m.h5"
    write_h5(path, edit=lambda root: root.__delitem__(KERNEL))

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "! 1 warning: 1 Layers" in explorer.query_one(TitleLine).facts

    explore(scenario, str(path), settle)


def test_the_layers_view_shows_each_warning_and_how_much_is_readable(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.h5"
    write_h5(path, edit=lambda root: root.__delitem__(KERNEL))
    opened = open_model(path)
    parts = explanation(opened.layers[0], [], 400, opened)
    shown = "".join(
        part if isinstance(part, str) else part[0] for part in parts
    )
    assert opened.warnings[0] in shown
    assert "90 of 138 parameters readable" in shown


def test_a_run_on_weights_that_are_no_numbers_says_which(
    tmp_path: Path, settle: Settle
) -> None:
    weights = arrays()
    weights["dense"]["dense/bias:0"][0] = np.nan
    path = tmp_path / "m.h5"
    write_h5(path, weights)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert (
            "layer 'dense': its array 'bias' holds 1 NaN of 2 values"
            in explorer.frame.message
        )

    explore(scenario, str(path), settle)


def test_a_model_on_assumptions_says_so_in_the_title_and_what_is_assumed(
    settle: Settle,
) -> None:
    data = Path(__file__).parents[1] / "data"

    async def weights(pilot: Any, explorer: ExplorerScreen) -> None:
        facts = explorer.query_one(TitleLine).facts
        assert "! assumed" in facts
        assert "Keras version unknown" not in facts

    async def own_class(pilot: Any, explorer: ExplorerScreen) -> None:
        explorer.commands.questions.assumptions()
        await settle(pilot)
        assert "order of its attributes is assumed" in explorer.frame.message

    explore(weights, str(data / "pytorch" / "tagger.safetensors"), settle)
    explore(own_class, str(data / "tensorflow" / "own"), settle)
