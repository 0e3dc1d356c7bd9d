"""`/` in every view, on the start screen and in the help."""

from __future__ import annotations

from typing import Any

from exploring import Sample, Settle, explore
from textual.widgets import Input, Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.help import HelpScreen
from rnn_tui.tui.screens.path import PathPrompt
from rnn_tui.tui.screens.prompts import FindPrompt
from rnn_tui.tui.screens.start import StartScreen
from rnn_tui.tui.views.step import StepView
from rnn_tui.tui.widgets.table import RowTable


async def typed(pilot: Any, settle: Settle, text: str) -> str:
    """Type into the dialog and return what it says."""
    await pilot.press("slash")
    await settle(pilot)
    pilot.app.screen.query_one(Input).value = text
    await settle(pilot)
    return str(pilot.app.screen.query_one("#meaning", Static).render())


def test_weights_find_layers_gates_and_parts(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "recurrent kernel o" in await typed(pilot, settle, "recurrent o")
        assert isinstance(pilot.app.screen, FindPrompt)
        await pilot.press("enter")
        await settle(pilot)
        table = explorer.query_one("#gates", RowTable)
        assert table.rows[table.row][0] == ("  o", "accent")
        assert table.row > 5

        # a layer without gates stays in the view
        await typed(pilot, settle, "next")
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.view == "weights"
        assert str(explorer.query_one("#heading", Static).render()).startswith(
            "next  Dense"
        )

    explore(scenario, sample("char-lstm.h5"), settle, view="weights")


def test_step_finds_a_summand_with_its_value(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        view = explorer.current
        assert isinstance(view, StepView)
        assert view.arithmetic is not None
        gate = view.arithmetic.gates[1]
        term = next(t for t in gate.terms if t.label.startswith("h[7]"))
        said = await typed(pilot, settle, f"h[7] in {gate.name}")
        assert f"{term.value:+.6f}".replace("-", "−") in said
        await pilot.press("enter")
        await settle(pilot)
        assert view.gate == gate.name

    explore(
        scenario,
        sample("brackets.h5"),
        settle,
        view="step",
        at=9,
    )


def test_the_start_screen_finds_samples_by_what_they_are(
    settle: Settle, sample: Sample
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert isinstance(pilot.app.screen, StartScreen)
        said = await typed(pilot, settle, "bracket")
        assert isinstance(pilot.app.screen, PathPrompt)
        assert said.splitlines()[0].startswith("› brackets")
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.path.endswith("brackets.h5")

    explore(scenario, None, settle)


def test_help_leaves_the_lines_that_have_the_words(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("question_mark")
        await settle(pilot)
        await pilot.press("slash", *"faster")
        await settle(pilot)
        help_screen = pilot.app.screen
        assert isinstance(help_screen, HelpScreen)
        page = str(help_screen.query_one(Static).render())
        assert page.splitlines() == ["  +            Play faster"]

        await pilot.press(*"xyz")
        assert "no key" in str(help_screen.query_one(Static).render())
        await pilot.press("escape")
        await settle(pilot)
        assert "Layers view" in str(help_screen.query_one(Static).render())
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen is explorer

    explore(scenario, sample("lstm-1.h5"), settle)
