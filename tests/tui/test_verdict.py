"""The verdict of `v`: how Keras came by the model, and how far the comparison
went, in the line and on the page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session import jobs
from rnn_tui.tui.text.state_line import badge
from rnn_tui.verify import Difference, Verification

FOUND = Verification(
    "tf_keras 2", "2", (Difference("lstm", "layer", (1, 3), 1e-7, 2e-7),)
)


@pytest.mark.parametrize(
    ("found", "expected", "page"),
    [
        (FOUND, "● equals Keras to 1e-07", "● equals Keras"),
        (
            replace(
                FOUND,
                rebuilt="no released Keras opens it any more",
                notes=("told Keras more",),
            ),
            "● equals Keras to 1e-07, rebuilt",
            "rebuilt from the configuration and the arrays: no released Keras opens it any more\ntold Keras more",
        ),
    ],
)
def test_the_verdict_says_how_keras_came_by_the_model(
    found: Verification,
    expected: str,
    page: str,
    sample: Sample,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "compare", lambda *_: found)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("5", "v")
        await settle(pilot)
        found = "".join(
            text for text, _ in badge(explorer.session.subject, True)
        )
        assert found == expected
        assert page in str(explorer.query_one("#verdict", Static).content)

    explore(scenario, sample("lstm-25.h5"), settle)


def test_a_run_that_stopped_is_compared_as_far_as_it_went(
    sample: Sample, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = ("code", "it is a Lambda")
    monkeypatch.setattr(
        jobs, "compare", lambda *_: replace(FOUND, stopped=stopped)
    )

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        before = explorer.session.subject
        subject = replace(
            before, trace=replace(explorer.trace, stopped=stopped)
        )
        explorer.session = replace(explorer.session, subject=subject)
        assert badge(subject, True)[0][0] == "stopped at code"
        await pilot.press("5", "v")
        await settle(pilot)
        subject = explorer.session.subject
        assert (
            badge(subject, True)[0][0]
            == "● equals Keras to 1e-07, as far as code"
        )
        assert badge(subject, False)[0][0] == "stopped at code"
        assert "it stopped at 'code', it is a Lambda" in str(
            explorer.query_one("#verdict", Static).content
        )

    explore(scenario, sample("lstm-25.h5"), settle)
