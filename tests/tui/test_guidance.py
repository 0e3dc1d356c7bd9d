"""What the explorer says where there is little to show: why, and which keys
lead on; and that no key is silent.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from exploring import Sample, Settle, explore, state_text
from textual import events
from textual.widgets import Input, Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.startup.view_table import NAMES as VIEWS
from rnn_tui.tui.text.nothing import NO_STATE
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.explained import Explained
from rnn_tui.tui.widgets.lines import FooterLine, StateLine, TitleLine
from rnn_tui.tui.widgets.table import RowTable


def shown(explorer: ExplorerScreen) -> str:
    """What the current view says where it has nothing to draw."""
    view = explorer.current
    drawn = [
        line
        for part in view.query(Drawn)
        if part.display
        for line in part.text()
    ]
    return " ".join(
        " ".join(
            [*drawn, *(str(part.content) for part in view.query(Static))]
        ).split()
    )


def test_escape_on_the_start_screen_leads_to_a_page_that_says_how_to_go_on(
    settle: Settle,
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("escape")
        assert pilot.app.screen is explorer
        notice = explorer.query_one("#notice")
        assert notice.display
        assert "No model is open." in str(notice.content)
        for key in "34":
            await pilot.press(key)
            assert explorer.query_one(FooterLine).keys == (
                ("o", "open a file"),
                ("?", "help"),
                ("q", "quit"),
            )

    explore(scenario, None, settle)


def test_a_file_that_can_not_be_opened_leaves_no_title_and_no_keys_of_another(
    tmp_path: Path, sample: Sample, settle: Settle
) -> None:
    bad = tmp_path / "notes.h5"
    bad.write_text("hello")
    own = tmp_path / "own.h5"
    shutil.copy(sample("lstm-1.h5"), own)

    digits = f"1–{len(VIEWS)}"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for name, keys in (
            (str(bad), ["o", "r", "?", "q"]),
            (str(own), ["space", "↑↓", "enter", "tab", digits]),
        ):
            explorer.commands.questions.take_file(name)
            await settle(pilot)
            assert explorer.query_one(TitleLine).facts[0] == Path(name).name
            assert [key for key, _ in explorer.query_one(FooterLine).keys][
                :5
            ] == keys

    explore(scenario, sample("brackets.h5"), settle)


@pytest.mark.parametrize("view", ["states", "step"])
def test_a_model_without_a_recurrent_layer_is_not_said_to_wait_for_a_run(
    view: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert shown(explorer) == NO_STATE
        for key in ("space", "g", "right_square_bracket"):
            explorer.clear_message()
            await pilot.press(key)
            assert state_text(explorer) == NO_STATE
        await pilot.press("5")
        await settle(pilot)
        assert "the model's output" in shown(explorer)

    explore(scenario, sample("dense-1.h5"), settle, size=(80, 24), view=view)


@pytest.mark.parametrize("view", ["states", "step"])
def test_what_is_longer_than_a_line_is_said_in_two(
    view: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        (said,) = [
            part
            for part in explorer.current.query(Drawn)
            if part.display and part.text()
        ]
        assert shown(explorer) == NO_STATE
        assert said.size.height >= len(said.text()) == 2
        assert max(map(len, said.text())) <= said.size.width

    explore(scenario, sample("dense-1.h5"), settle, size=(40, 12), view=view)


def test_an_error_has_the_state_line_to_itself_until_the_user_moves_on(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        line = explorer.query_one(StateLine)
        assert line.right
        explorer.say("something went wrong", error=True)
        assert (state_text(explorer), line.right) == (
            "something went wrong",
            (),
        )
        await pilot.press("3")
        assert state_text(explorer).startswith("lstm")
        assert line.right

    explore(scenario, sample("lstm-1.h5"), settle, size=(80, 24))


def test_a_key_that_changes_nothing_seen_says_what_it_did(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("plus")
        assert state_text(explorer) == "playing takes 15 timesteps a second"
        await pilot.press("plus", "plus", "plus")
        assert (
            state_text(explorer)
            == "playing takes 60 timesteps a second, the fastest"
        )
        await pilot.press("right_square_bracket")
        assert state_text(explorer) == "this is the only recurrent layer"

    explore(scenario, sample("lstm-1.h5"), settle)


def test_all_of_a_layers_explanation_can_be_read_with_keys(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        page, table = (
            explorer.query_one(Explained),
            explorer.query_one(RowTable),
        )
        assert page.max_scroll_y > 0
        await pilot.press("tab", "end")
        await settle(pilot)
        assert not table.display or not table.size.height
        assert page.scroll_y == page.max_scroll_y
        await pilot.press("escape")
        await settle(pilot)
        assert table.has_focus
        assert table.display
        await pilot.press("down")
        assert (table.row, page.scroll_y) == (1, 0)

    explore(scenario, sample("brackets.h5"), settle, size=(80, 20))


def test_a_layer_without_arrays_has_no_weights_to_go_to_and_says_so(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("home", "enter")
        assert explorer.view == "layers"
        assert state_text(explorer) == "frames has no arrays"
        await pilot.press("end", "enter")
        assert explorer.view == "weights"

    explore(scenario, sample("conv-lstm-video.keras"), settle)


@pytest.mark.parametrize("view", ["states", "step"])
def test_the_wheel_goes_through_time_and_with_shift_through_the_units(
    view: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for kind, shift, place in (
            (events.MouseScrollDown, False, (1, 0)),
            (events.MouseScrollDown, False, (2, 0)),
            (events.MouseScrollUp, False, (1, 0)),
            (events.MouseScrollDown, True, (1, 1)),
            (events.MouseScrollUp, True, (1, 0)),
        ):
            await pilot._post_mouse_events(
                [kind], explorer.current, offset=(20, 8), shift=shift
            )
            assert (explorer.place.t, explorer.place.unit) == place

    explore(scenario, sample("brackets.h5"), settle, view=view)


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize(
    "name", ["bilstm-4.keras", "lstm-32-tagger.h5", "char-lstm.h5"]
)
def test_every_state_is_seen_in_the_state_line(
    width: int, name: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        line = explorer.query_one(StateLine).text()[0]
        assert explorer.cell is not None
        assert all(
            re.search(rf"  {state} +−?\d+\.\d{{4}}", line)
            for state in explorer.cell.cell.states
        )

    explore(scenario, sample(name), settle, size=(width, 30), view="states")


def test_an_open_block_has_keys_of_its_own_and_is_exported_under_its_name(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        def keys() -> dict[str, str]:
            return dict(explorer.query_one(FooterLine).keys)

        assert keys()["enter"] == "heat map"
        await pilot.press("down", "enter")
        await settle(pilot)
        assert (keys()["esc"], keys()["tab"]) == ("table", "map or numbers")
        assert "enter" not in keys()
        await pilot.press("e")
        assert (
            pilot.app.screen.query_one(Input).value
            == "lstm-4-last-lstm-kernel-f.csv"
        )
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert keys()["enter"] == "heat map"
        await pilot.press("e")
        assert (
            pilot.app.screen.query_one(Input).value == "lstm-4-last-weights.csv"
        )

    explore(scenario, sample("lstm-4-last.h5"), settle, view="weights")


def title_line(pilot: Any) -> str:
    return str(pilot.app.screen.query_one("#title", Static).content)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("g", "enter takes it"),
        ("slash", "esc goes back"),
        ("e", "enter writes"),
    ],
)
def test_a_dialog_says_which_keys_lead_out(
    key: str, words: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press(key)
        assert words in title_line(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is explorer

    explore(scenario, sample("lstm-1.h5"), settle)


def test_what_help_says_of_a_key_stays_beside_it(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("question_mark")
        page = pilot.app.screen.query_one(Static)
        lines = str(page.content).splitlines()
        keys = lines[
            next(k for k, line in enumerate(lines) if line.startswith("  ←")) :
        ]
        assert any(line.startswith(" " * 14) for line in keys)
        assert max(map(len, keys)) <= page.size.width
        assert "esc goes back" in lines[0]

    explore(scenario, sample("lstm-1.h5"), settle, size=(80, 24), view="states")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_laid_out_once_it_knows_its_width(
    view: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("5")
        await settle(pilot)
        explorer.current.drawing.now()
        assert (
            "return_sequences  return_state=False        return_state=True"
            in "".join(
                str(part.content) for part in explorer.current.query(Static)
            )
        )

    explore(
        scenario, sample("lstm-4-last.h5"), settle, size=(80, 24), view=view
    )
