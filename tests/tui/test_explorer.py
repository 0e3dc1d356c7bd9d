"""The explorer as a whole: keys, the shared place, messages, errors in
place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore, state_text
from textual.widgets import Input, Static

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.exporting import ExportPrompt
from rnn_tui.tui.screens.help import HelpScreen
from rnn_tui.tui.screens.start import StartScreen
from rnn_tui.tui.session.session import moved
from rnn_tui.tui.startup.keymap import COMMANDS
from rnn_tui.tui.startup.options import SPEEDS, ExplorerOptions
from rnn_tui.tui.startup.view_table import NAMES as VIEWS
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.lines import FooterLine, TitleLine
from rnn_tui.tui.widgets.openblock import OpenBlock
from rnn_tui.tui.widgets.table import RowTable


def test_a_file_opens_and_runs_on_its_first_sequence(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.opened is not None
        assert explorer.trace is not None
        assert explorer.query_one(TitleLine).facts[0] == "lstm-25.h5"
        assert state_text(explorer).startswith("lstm")

    explore(scenario, sample("lstm-25.h5"), settle)


def test_digits_show_the_views_each_built_when_first_shown_with_its_footer_and_help(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert len(explorer.query("#view > *")) == 1
        for digit, view in enumerate(VIEWS, 1):
            await pilot.press(str(digit))
            await settle(pilot)
            assert explorer.view == view
            assert explorer.current.display
            assert explorer.current.first_focus().has_focus
            assert len(explorer.query("#view > *")) == digit
            footer = explorer.query_one(FooterLine)
            assert len(footer.keys) <= footer.MOST
            assert footer.keys[-2:] == (("?", "help"), ("q", "quit"))
            assert str(footer.render()).rstrip().endswith("? help   q quit")
            await pilot.press("question_mark")
            assert isinstance(pilot.app.screen, HelpScreen)
            text = str(pilot.app.screen.query_one(Static).content)
            assert text.startswith(f"{view.title()} view")
            assert all(key.help in text for key in COMMANDS)
            await pilot.press("escape")

    explore(scenario, sample("brackets.h5"), settle, size=(80, 24))


def test_a_click_on_a_tab_shows_its_view(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        last_tab = explorer.query_one(TitleLine).size.width - 4
        await pilot.click(TitleLine, offset=(last_tab, 0))
        await settle(pilot)
        assert explorer.view == VIEWS[-1]

    explore(scenario, sample("lstm-1.h5"), settle)


def test_comma_and_full_stop_move_in_time_and_stop_at_the_ends(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("full_stop", "full_stop", "comma")
        assert explorer.place.t == 1
        await pilot.press("comma", "comma", "comma")
        assert explorer.place.t == 0
        assert explorer.cell is not None
        await pilot.press(*["full_stop"] * (explorer.cell.timesteps + 2))
        assert explorer.place.t == explorer.cell.timesteps - 1

    explore(scenario, sample("lstm-1.h5"), settle)


def test_brackets_go_round_the_recurrent_cells(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        directions = []
        for _ in range(3):
            assert explorer.cell is not None
            directions.append(explorer.cell.direction)
            await pilot.press("right_square_bracket")
        assert directions == ["forward", "backward", "forward"]
        await pilot.press("left_square_bracket")
        assert explorer.cell is not None
        assert explorer.cell.direction == "forward"

    explore(scenario, sample("bilstm-4.keras"), settle)


def test_plus_and_minus_change_the_speed_within_its_range(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press(*["plus"] * 10)
        assert explorer.speed == SPEEDS[-1]
        await pilot.press(*["minus"] * 10)
        assert explorer.speed == SPEEDS[0]

    explore(scenario, sample("lstm-1.h5"), settle)


def test_space_plays_to_the_end_and_space_pauses(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("space")
        assert explorer.playing
        await pilot.press("space")
        assert not explorer.playing
        explorer.session = moved(explorer.session, t=99_990)
        explorer.speed = SPEEDS[-1]
        await pilot.press("space")
        await _until(lambda: not explorer.playing, pilot)
        assert explorer.cell is not None
        assert explorer.place.t == explorer.cell.timesteps - 1 == 99_999

    explore(
        scenario,
        sample("sine-gru.keras"),
        settle,
        inputs=("ramp:100000",),
        fps=SPEEDS[0],
    )


async def _until(done: Callable[[], bool], pilot: Any) -> None:
    """Wait for what must happen; the time limit of the test is the only one."""
    while not done():
        await pilot.pause(0.01)


def test_a_sequence_is_typed_understood_and_run(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("s")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = "0.1 0.2 0.3 0.4 0.5"
        await settle(pilot)
        assert "5 timesteps" in str(
            pilot.app.screen.query_one("#meaning", Static).content
        )
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.trace is not None
        np.testing.assert_allclose(
            np.ravel(next(iter(explorer.trace.inputs.values()))),
            [0.1, 0.2, 0.3, 0.4, 0.5],
        )
        await pilot.press("s")
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "0.1 0.2 0.3 0.4 0.5"

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_hostile_file_is_refused_while_its_path_is_typed(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00\x01\x00(")

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("s")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = str(tmp_path / "x.npy")
        await settle(pilot)
        assert "none that NumPy writes" in str(
            pilot.app.screen.query_one("#meaning", Static).content
        )

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_wrong_sequence_is_refused_in_place_and_history_comes_back(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        before = explorer.trace
        await pilot.press("s")
        await settle(pilot)
        line = pilot.app.screen.query_one(Input)
        first = line.value
        line.value = "a [b] [/] \x1b]0;x"
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.screen is not explorer
        await pilot.press("up")
        await pilot.press("down")
        assert line.value == first
        await pilot.press("escape")
        assert explorer.trace is before

    explore(scenario, sample("lstm-1.h5"), settle)


def test_go_to_a_timestep(sample: Sample, settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("g", "9", "9", "enter")
        assert "timesteps go from 0 to" in str(
            pilot.app.screen.query_one("#meaning", Static).content
        )
        await pilot.press("backspace", "backspace", "3", "enter")
        await settle(pilot)
        assert explorer.place.t == 3

    explore(scenario, sample("lstm-1.h5"), settle)


def test_find_a_layer_by_a_part_of_its_name(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("slash", "n", "e", "x", "enter")
        await settle(pilot)
        assert explorer.place.layer == "next"
        assert (
            explorer.query_one(RowTable)
            .rows[explorer.query_one(RowTable).row][0][0]
            .strip()
            == "next"
        )

    explore(scenario, sample("char-lstm.h5"), settle)


def test_a_file_that_is_no_model_is_refused_in_one_line_and_another_opens(
    tmp_path: Path, sample: Sample, settle: Settle
) -> None:
    bad = tmp_path / "bad.h5"
    bad.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        notice = str(explorer.query_one("#notice", Static).content)
        assert explorer.has_class("-empty")
        assert "LFS" in notice
        explorer.commands.questions.take_file(sample("lstm-1.h5"))
        await settle(pilot)
        assert explorer.opened is not None
        assert not explorer.has_class("-empty")

    explore(scenario, str(bad), settle)


def test_export_asks_before_it_replaces_a_file(
    tmp_path: Path, sample: Sample, settle: Settle
) -> None:
    target = tmp_path / "layers.csv"
    target.write_text("mine")

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("e")
        pilot.app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await settle(pilot)
        assert target.read_text() == "mine"
        await pilot.press("enter")
        await settle(pilot)
        assert target.read_text().startswith("name,class")
        await pilot.press("e")
        pilot.app.screen.query_one(Input).value = str(tmp_path / "run.npz")
        await pilot.press("enter")
        await settle(pilot)
        assert {"output/0", "lstm/h", "lstm/c"} <= set(
            np.load(tmp_path / "run.npz").files
        )
        assert "run.npz" in state_text(explorer)

    explore(scenario, sample("lstm-25.h5"), settle)


def test_an_export_is_stopped_by_escape_and_leaves_nothing(
    tmp_path: Path, sample: Sample, settle: Settle
) -> None:
    begun, stopped = Event(), Event()

    def write(path: str, force: bool, check: Callable[[], None]) -> str:
        begun.set()
        try:
            while True:
                check()
        except RunCancelledError:
            stopped.set()
            raise

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        prompt = ExportPrompt(str(tmp_path / "run.npz"), "words", write)
        await pilot.app.push_screen(prompt)
        await pilot.press("enter")
        await _until(begun.is_set, pilot)
        await pilot.press("escape")
        await _until(stopped.is_set, pilot)
        assert "nothing was written" in str(
            prompt.query_one("#meaning", Static).content
        )
        assert pilot.app.screen is prompt
        await pilot.press("escape")
        assert pilot.app.screen is explorer

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_large_model_runs_only_when_a_view_shows_the_run(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, settle: Settle
) -> None:
    monkeypatch.setattr("rnn_tui.tui.screens.workers.LARGE", 10)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is None
        assert "a large model" in state_text(explorer)
        await pilot.press("2")
        await settle(pilot)
        assert explorer.trace is None
        assert explorer.query_one("#gates", RowTable).rows
        await pilot.press("3")
        await settle(pilot)
        assert explorer.trace is not None

    explore(scenario, sample("lstm-25.h5"), settle)


def test_a_block_without_room_is_shown_in_tiles_that_open(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, settle: Settle
) -> None:
    monkeypatch.setattr("rnn_tui.tui.widgets.block.AT_ONCE", 10)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        explorer.query_one("#gates", RowTable).row = 7
        await pilot.press("enter")
        await settle(pilot)
        block = explorer.query_one(BlockMap)
        assert block.factor == block.whole != (1, 1)
        rows, columns, value = block.under()
        tile = block._values[rows, columns]
        assert abs(value) == np.abs(tile).max()
        await pilot.press("right", "enter")
        await settle(pilot)
        assert block.factor == (1, 1)
        assert block.cursor == (0, columns.stop)
        await pilot.press("minus", "m")
        await settle(pilot)
        assert block.factor == block.whole
        assert block.kind == "mean"
        await pilot.press("tab", "right")
        assert explorer.query_one(OpenBlock).numbers
        await pilot.press("escape")
        assert explorer.query_one("#gates", RowTable).has_focus

    explore(
        scenario, sample("char-lstm.h5"), settle, size=(80, 24), view="weights"
    )


def test_a_block_that_is_not_surveyed_yet_has_no_pages_and_no_cells_to_click(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, settle: Settle
) -> None:
    monkeypatch.setattr("rnn_tui.tui.widgets.block.AT_ONCE", 0)
    monkeypatch.setattr(BlockMap, "_look", lambda *_: None)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        explorer.query_one("#gates", RowTable).row = 7
        await pilot.press("enter", "pagedown", "pageup")
        await pilot.click(BlockMap, offset=(30, 2))
        block = explorer.query_one(BlockMap)
        assert block.has_focus
        assert block.cursor == (0, 0)
        assert "computing" in block.render_line(0).text

    explore(scenario, sample("lstm-25.h5"), settle, view="weights")


def test_low_bandwidth_is_suggested_once_over_ssh_and_remembered_when_chosen(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, settle: Settle
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")
    said = []

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        said.append(state_text(explorer))

    explore(scenario, sample("lstm-1.h5"), settle)
    explore(scenario, sample("lstm-1.h5"), settle)
    assert ["low-bandwidth" in line for line in said] == [True, False]
    app = explore(scenario, sample("lstm-1.h5"), settle, low_bandwidth=True)
    assert app.remembered.low_bandwidth is True


def test_copy_says_what_it_copied(sample: Sample, settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("y")
        assert "copied layer" in state_text(explorer)
        assert pilot.app.clipboard.startswith("lstm\tLSTM")

    explore(scenario, sample("lstm-25.h5"), settle)


def test_a_view_that_is_still_being_built_has_nothing_to_copy_and_no_table(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for view in VIEWS[1:]:
            explorer.commands.show(view)
            explorer.commands.copy()
            assert "nothing to copy" in state_text(explorer)
            explorer.commands.export()
            await pilot.press("escape")

    explore(scenario, sample("lstm-25.h5"), settle)


def test_a_changed_file_is_noticed_and_reloaded(
    tmp_path: Path, sample: Sample, settle: Settle
) -> None:
    copy = tmp_path / "model.h5"
    copy.write_bytes(Path(sample("lstm-1.h5")).read_bytes())

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        copy.write_bytes(Path(sample("lstm-25.h5")).read_bytes())
        explorer.look_at_the_file()
        assert "r reads it again" in state_text(explorer)
        await pilot.press("r")
        await settle(pilot)
        assert explorer.cell is not None
        assert explorer.cell.units == 25

    explore(scenario, str(copy), settle)


def test_a_changed_file_is_noticed_while_the_user_moves(
    tmp_path: Path,
    sample: Sample,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many terminals, and tmux as it comes, don't say that the user comes back
    to them.
    """
    monkeypatch.setattr("rnn_tui.tui.screens.explorer.LOOKS", 0.0)
    copy = tmp_path / "model.h5"
    copy.write_bytes(Path(sample("lstm-25.h5")).read_bytes())

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        title = explorer.query_one(TitleLine)
        await pilot.press("3", "down")
        assert title.facts[1] != "changed on disk"
        copy.write_bytes(Path(sample("lstm-1.h5")).read_bytes())
        await pilot.press("down")
        assert "r reads it again" in state_text(explorer)
        await pilot.press("down")
        assert title.facts[:2] == ("model.h5", "changed on disk")
        copy.unlink()
        await pilot.press("r")
        await settle(pilot)
        copy.write_bytes(Path(sample("lstm-25.h5")).read_bytes())
        await pilot.press("r")
        await settle(pilot)
        assert "changed on disk" not in title.facts
        copy.unlink()
        await pilot.press("2")
        assert title.facts[:2] == ("model.h5", "gone")

    explore(scenario, str(copy), settle)


def test_without_a_file_the_start_screen_lists_samples_and_opens_one(
    settle: Settle,
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert isinstance(pilot.app.screen, StartScreen)
        names = [
            row[0] for row in pilot.app.screen.query_one(RowTable).rows if row
        ]
        assert ("lstm-notebook", "accent") in names
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.opened is not None

    explore(scenario, None, settle)


def test_a_row_chosen_in_a_list_that_has_given_way_to_another_is_none_of_that_one(
    tmp_path: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(9):
        (tmp_path / "long" / f"folder{k}").mkdir(parents=True)
    (tmp_path / "short").mkdir()
    monkeypatch.chdir(tmp_path / "long")

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        start = pilot.app.screen
        table = start.query_one(RowTable)
        table.row = len(table.rows) - 1
        chosen = RowTable.Chosen(table, table.row, 0)
        start._enter(str(tmp_path / "short"))
        start.post_message(chosen)
        await settle(pilot)
        assert pilot.app.screen is start
        assert any("short" in str(row[0]) for row in table.rows if row)
        start._enter(str(tmp_path / "gone"))
        start._enter(str(tmp_path))  # the folder it comes from isn't there
        await settle(pilot)
        assert any("long" in str(row[0]) for row in table.rows if row)

    explore(scenario, None, settle)


def test_theme_and_files_are_remembered(sample: Sample, settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        pilot.app.theme = "light"
        await pilot.pause()

    explore(scenario, sample("lstm-1.h5"), settle)
    again = RnnTuiApp(None, None, ExplorerOptions())
    assert again.theme == "light"
    assert again.remembered.files == [sample("lstm-1.h5")]


def test_a_state_directory_that_cannot_be_written_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, settle: Settle
) -> None:
    monkeypatch.setenv("RNN_TUI_STATE", "/proc/none/state.json")

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None

    explore(scenario, sample("lstm-1.h5"), settle)


def test_an_unknown_theme_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(RnnTuiError, match="no theme 'neon'"):
        RnnTuiApp(None, None, ExplorerOptions(theme="neon"))


def test_any_size_is_drawn(sample: Sample, settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for size in [(200, 60), (40, 12), (39, 9), (1, 1)]:
            await pilot.resize_terminal(*size)
            for digit in "12345":
                await pilot.press(digit)
                await pilot.pause()
            assert explorer.has_class("-small") == (
                size[0] < 40 or size[1] < 10
            )
        assert len(explorer.query("#view > *")) == 5

    explore(scenario, sample("brackets.h5"), settle)


@pytest.mark.parametrize(
    "options", [{"no_color": True, "ascii": True}, {"theme": "high-contrast"}]
)
def test_every_view_is_drawn_without_colour_in_ascii_and_in_high_contrast(
    options: dict[str, Any], sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for digit in "12345":
            await pilot.press(digit)
            await settle(pilot)
        if options.get("no_color"):
            strips = pilot.app.screen._compositor.render_strips()
            lines = [
                pilot.app._last_filters[-1].apply(list(strip), None)
                for strip in strips
            ]
            assert all(
                s.style is None
                or (s.style.color is None and s.style.bgcolor is None)
                for l in lines
                for s in l
            )

    explore(scenario, sample("bilstm-4.keras"), settle, **options)
