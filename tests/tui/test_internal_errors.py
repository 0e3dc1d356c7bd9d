"""An error of our own ends a run and is said with its report; the explorer goes
on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from exploring import Sample, Settle, explore, state_text

from rnn_tui.engine.layers.dense import Dense
from rnn_tui.tui.screens.explorer import ExplorerScreen


def typo(self: Dense, *args: Any) -> Any:
    """What a slip of the pen in the engine does."""
    return self.kernell  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["compute", "output_shapes"])
def test_an_error_of_ours_ends_the_run_and_not_the_explorer(
    sample: Sample, settle: Settle, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(Dense, method, typo)
    reported: list[BaseException] = []

    def note(errors: Sequence[BaseException]) -> str:
        reported.extend(errors)
        return "internal error, report in /tmp/crash.txt"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert state_text(explorer).startswith(
            "internal error, report in /tmp/crash.txt"
        )
        assert explorer.trace is None
        assert explorer.opened is not None
        assert "kernell" in str(reported[-1])

        listed = next(
            layer for layer in explorer.opened.layers if layer.path == "open"
        )
        assert (listed.why_not is None) is (method == "compute")

        await pilot.press("2")
        await settle(pilot)
        assert explorer.view == "weights"

    explore(scenario, sample("brackets.h5"), settle, note=note)
