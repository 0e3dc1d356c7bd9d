"""The start screen: where the cursor begins, its parts, and the prompt for a
path.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Input, Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.path import PathPrompt
from rnn_tui.tui.screens.start import StartScreen
from rnn_tui.tui.widgets.lines import FooterLine
from rnn_tui.tui.widgets.table import RowTable


@pytest.fixture
def here(
    tmp_path: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder of two models, a note and a folder with another model, as the
    working directory.
    """
    folder = tmp_path / "work"
    (folder / "deeper").mkdir(parents=True)
    (folder / "model.txt").write_text("a note")
    for name in ("model_a.h5", "model_b.h5", "deeper/third.h5"):
        shutil.copy(sample("lstm-1.h5"), folder / name)
    monkeypatch.chdir(folder)
    return folder


def selected(screen: StartScreen) -> str:
    cell = screen.query_one(RowTable).rows[screen.query_one(RowTable).row][0]
    return cell if isinstance(cell, str) else cell[0]


def about(screen: StartScreen) -> str:
    return str(screen.query_one("#about", Static).content)


def test_the_cursor_begins_on_the_folders_first_model_and_tab_goes_round_the_parts(
    here: Path, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        start = pilot.app.screen
        assert isinstance(start, StartScreen)
        table = start.query_one(RowTable)
        assert selected(start) == "model_a.h5"
        assert about(start) == str(here / "model_a.h5")
        # the samples stay in sight beside it
        assert table.scroll_y == 0
        names = [row[0] for row in table.rows if row and row[0]]
        assert names.index(("brackets", "accent")) < names.index("model_a.h5")
        await pilot.press("tab")
        assert (selected(start), table.scroll_y) == ("brackets", 0)
        assert about(start).startswith("Counts brackets")
        await pilot.press("shift+tab")
        assert selected(start) == "../"
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert explorer.path == str(here / "model_a.h5")

    explore(scenario, None, settle, size=(80, 24))


def test_where_there_is_no_model_the_first_sample_is_described(
    tmp_path: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert selected(pilot.app.screen) == "brackets"
        assert about(pilot.app.screen).startswith("Counts brackets")

    explore(scenario, None, settle)


def test_a_path_is_typed_completed_and_opened(
    here: Path, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("slash")
        prompt = pilot.app.screen
        assert isinstance(prompt, PathPrompt)
        line = prompt.query_one(Input)
        await pilot.press(*"mod", "tab")
        assert line.value == "model_"
        said = str(prompt.query_one("#meaning", Static).content).split()
        assert said == ["model_a.h5", "model_b.h5"], (
            "names that look like models come before others"
        )
        await pilot.press(*"x", "enter")
        assert str(prompt.query_one("#meaning", Static).content).endswith(
            "model_x: no such file or folder"
        )
        await pilot.press("backspace", *"b.h5", "enter")
        await settle(pilot)
        assert explorer.path == str(here / "model_b.h5")
        assert explorer.opened is not None

    explore(scenario, None, settle)


def test_a_folder_typed_is_looked_into_and_escape_leads_back(
    here: Path, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        start = pilot.app.screen
        await pilot.press("slash", "escape")
        assert pilot.app.screen is start
        await pilot.press("slash", *"dee", "tab", "enter")
        await settle(pilot)
        assert pilot.app.screen is start
        assert (str(here / "deeper"), "muted") in [
            row[0] for row in start.query_one(RowTable).rows if row
        ]

    explore(scenario, None, settle)


def test_the_footer_names_the_keys_that_matter_most_where_it_is_narrow(
    here: Path, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        text = str(pilot.app.screen.query_one(FooterLine).render())
        assert all(
            word in text
            for word in (
                "tab next part",
                "/ find, or a path",
                "esc back",
                "q quit",
            )
        )

    explore(scenario, None, settle, size=(80, 24))


@pytest.mark.parametrize("model", ["tensorflow/plain", "tfjs/words"])
def test_a_folder_that_is_a_model_and_a_checkpoint_are_in_the_list(
    here: Path, settle: Settle, model: str
) -> None:
    data = Path(__file__).parents[1] / "data"
    shutil.copytree(data / model, here / "a_folder")
    for path in (data / "tensorflow" / "checkpoints").glob("chain.*"):
        shutil.copy(path, here)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        start = pilot.app.screen
        assert isinstance(start, StartScreen)
        assert selected(start) == "a_folder"
        names = [row[0] for row in start.query_one(RowTable).rows]
        assert "chain.index" in names
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.path == str(here / "a_folder")

    explore(scenario, None, settle)


def test_all_samples_are_one_key_away_where_there_are_models_of_ones_own(
    here: Path, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        start = pilot.app.screen
        table = start.query_one(RowTable)
        before = len(table.rows)
        await pilot.press("tab", *["down"] * 5)
        assert selected(start).startswith("… all ")
        await pilot.press("enter")
        assert pilot.app.screen is start
        assert len(table.rows) > before + 10

    explore(scenario, None, settle, size=(80, 24))
