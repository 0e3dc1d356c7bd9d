"""A sequence of another length than the model declares runs in the explorer,
and the state line says so.
"""

from __future__ import annotations

from typing import Any

from exploring import Sample, Settle, explore, state_text

from rnn_tui.tui.screens.explorer import ExplorerScreen


def test_another_length_runs_and_is_said(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        assert explorer.trace.cells[0].timesteps == 300
        assert (
            "3 timesteps in the model and is fed 300 timesteps"
            in state_text(explorer)
        )

    explore(scenario, sample("lstm-25.h5"), settle, inputs=("random:300",))
