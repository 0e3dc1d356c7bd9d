"""The user's configuration file: what it sets, what is said where it is wrong,
and keys of the user's own.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import string
from pathlib import Path
from typing import Any

import pytest
from exploring import Sample, Settle, explore, state_text
from textual.keys import _character_to_key
from textual.widgets import Input, Static

from rnn_tui import tui
from rnn_tui.cli import main
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.help import HelpScreen
from rnn_tui.tui.startup.config_file import config_path, read_config
from rnn_tui.tui.startup.key_names import key_list, key_name
from rnn_tui.tui.startup.keymap import EVERY, IDS
from rnn_tui.tui.startup.shown_keys import ShownKeys
from rnn_tui.tui.startup.view_keys import VIEW_KEYS
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.lines import FooterLine
from rnn_tui.tui.widgets.palette import Palette
from rnn_tui.tui.widgets.scrolled import Scrolled
from rnn_tui.tui.widgets.table import RowTable

RIGHT = """\
theme = "light"
fps = 15
[defaults]
view = "states"
loop = true
[keys]
play = ["f5", "space"]
view.step = "f3"
"step.on" = ">"
"""


def config_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_a_file_sets_theme_speed_defaults_and_keys(tmp_path: Path) -> None:
    config = read_config(config_of(tmp_path, RIGHT))
    assert config.problem == ""
    assert config.values == {
        "theme": "light",
        "fps": 15,
        "view": "states",
        "loop": True,
    }
    assert config.keys == {
        "play": "f5,space",
        "view.step": "f3",
        "step.on": "greater_than_sign",
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("fps = \n", 1, "Invalid value"),
        ("theme = 'light'\nfps = 'fast'\n", 2, "fps must be a number"),
        ("[defaults]\n\nview = 'stats'\n", 3, "view must be one of layers"),
        ("[keys]\nplai = 'p'\n", 2, "did you mean 'play'?"),
        ("[keys]\nplay = 7\n", 2, "play must be a key"),
        (
            "[keys]\nplay = 'f5'\nloop = 'f5'\n",
            3,
            "f5 is the key of play already",
        ),
        (
            "[keys]\nplay = 's'\n",
            2,
            "s is the key of sequence: give that another key too",
        ),
        ("[keys]\nplay = 'p'\n", 2, "p is the key of pixel.next"),
        ("[keys]\nmove.left = 'l'\n", 2, "l is the key of move.right"),
        ("[keys]\none_gate = 'f'\none_gait = 'g'\n", 3, "'one_gate'"),
        ("[keys]\nhelp = 'ctrl+c'\n", 2, "ctrl+c always leaves"),
        ("[keys]\nview.stats = 'p'\n", 2, "did you mean 'view.states'?"),
        ("colour = 1\n", 1, "there is no 'colour'"),
        ("keys = 3\n", 1, "[keys] is a table"),
        ("theme = 'x'\n[\n", 2, ""),
        ("theme = '\udcff'\n", 1, "UTF-8"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    problem = read_config(path).problem
    assert problem.startswith(f"{path}, line {line}: ")
    assert words in problem
    assert "\n" not in problem


def test_what_is_right_of_a_wrong_file_holds(tmp_path: Path) -> None:
    config = read_config(config_of(tmp_path, "theme = 'light'\nfps = -1\n"))
    assert config.theme == "light"
    assert config.fps is None


def test_the_path_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RNN_TUI_CONFIG", "/x/y.toml")
    assert config_path() == Path("/x/y.toml")
    monkeypatch.delenv("RNN_TUI_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "rnn-tui" / "config.toml"
    assert read_config() == read_config(config_path())
    assert not read_config().exists


@pytest.mark.parametrize("character", string.punctuation + " aZ7é")
def test_keys_have_the_names_that_textual_gives_them(character: str) -> None:
    assert key_name(character) == _character_to_key(character)


def test_several_keys_are_a_list_or_apart_by_commas() -> None:
    assert key_list("p, ctrl+/") == ["p", "ctrl+slash"]
    assert key_list([",", "."]) == ["comma", "full_stop"]
    assert key_list(",") == ["comma"]
    assert key_list("ctrl++") == ["ctrl+plus"]
    assert key_list(7) is None
    assert key_list([]) is None


def test_every_command_has_an_id_of_its_own() -> None:
    assert len(IDS) == len(EVERY)


def test_the_keys_of_a_text_are_the_users_own() -> None:
    chosen = {"play": "f5", "faster": "equals_sign", "one_gate": "f"}
    keys = ShownKeys({**chosen, "move.left": "a,left", "move.up": "w"})
    assert keys.by_id("play") == "f5"
    assert keys.by_id("faster") == "="
    assert keys.words("space") == "f5"
    assert keys.words(", .") == ", ."
    assert keys.words("← → h l") == "a ← → l"
    assert keys.words("↑↓") == "w↓"
    assert keys.words("m", "step") == "f"
    assert keys.words("m M", "states") == "m M"


def test_every_binding_of_the_explorer_has_an_id_of_the_table() -> None:
    """But those of the dialogs in which text is typed, and of the system."""
    fixed = {"LineDialog", "ChoiceDialog", "ReadingPrompt", "PathPrompt"}
    unnamed = {}
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        for thing in vars(importlib.import_module(module.name)).values():
            if not isinstance(thing, type) or thing.__name__ in fixed:
                continue
            if not thing.__module__.startswith("rnn_tui."):
                continue

            for binding in vars(thing).get("BINDINGS", ()):
                known = IDS.get(binding.id or "")
                if known is None or known.keys != binding.key:
                    unnamed[thing.__name__] = binding.key

    assert unnamed == {"RnnTuiApp": "ctrl+z"}


def test_no_id_is_the_beginning_of_another_in_the_table_of_view_keys() -> None:
    """Unquoted names of TOML make tables, which can't be values too."""
    for key in VIEW_KEYS:
        first = key.id.partition(".")[0]
        assert first == key.id or first not in IDS


def test_keys_that_change_places_are_no_conflict(tmp_path: Path) -> None:
    text = "[keys]\nplay = 's'\nsequence = 'space'\norder = 'f9'\n"
    config = read_config(config_of(tmp_path, text))
    assert config.problem == ""
    assert config.keys["sequence"] == "space"


def test_one_key_may_do_two_things_in_two_views(tmp_path: Path) -> None:
    text = "[keys]\none_gate = 'f9'\npin = 'f9'\n"
    assert read_config(config_of(tmp_path, text)).problem == ""


def test_a_key_given_back_is_taken_no_more(tmp_path: Path) -> None:
    """`play` keeps its own key, so that `sequence` can't have it."""
    text = "[keys]\nplay = 'o'\nsequence = 'space'\n"
    config = read_config(config_of(tmp_path, text))
    assert config.keys == {}
    assert "o is the key of open" in config.problem
    assert "(and 1 more)" in config.problem


MOVED = {
    "move.left": "a",
    "move.right": "d",
    "move.up": "n",
    "move.down": "r",
    "move.last_unit": "B",
    "move.line_end": "E",
    "move.page_down": "ctrl+f",
    "part.next": "f8",
    "choose": "f7",
    "cancel": "f6",
    "assume": "f2",
    "numerics": "f3",
    "reload": "f4",
}


def test_moving_has_the_users_own_keys_in_every_view(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        async def press(*keys: str) -> None:
            await pilot.press(*keys)
            await settle(pilot)

        await press("d", "d", "a", "right", "h")
        assert explorer.place.t == 1
        await press("r", "r", "n", "down", "j")
        assert explorer.place.unit == 1
        await press("B")
        assert explorer.place.unit == 24
        await press("E")
        assert explorer.place.t == 8

        await press("4", "a", "n")
        assert (explorer.place.t, explorer.place.unit) == (7, 23)

        await press("6", "n")
        assert explorer.place.unit != 23

    explore(
        scenario,
        sample("lstm-25.h5"),
        settle,
        view="states",
        inputs=("ramp:9",),
        keys=MOVED,
    )


def test_tables_and_maps_have_the_users_own_keys(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        async def press(*keys: str) -> None:
            await pilot.press(*keys)
            await settle(pilot)

        await press("r", "down")
        table = explorer.current.query_one(RowTable)
        assert table.row == 1
        assert ("nr", "layer") in explorer.query_one(FooterLine).keys
        await press("n", "f7")
        assert explorer.view == "weights"
        await press("f7", "r", "d")
        assert explorer.current.query_one(BlockMap).cursor == (1, 1)
        await press("f6")
        assert not explorer.current.open

    explore(
        scenario,
        sample("brackets.h5"),
        settle,
        view="layers",
        size=(160, 40),
        keys=MOVED,
    )


def test_a_page_is_scrolled_by_the_users_own_keys(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        page = explorer.current.query_one(Scrolled)
        for key, place in (("down", 0), ("r", 1), ("n", 0), ("ctrl+f", 5)):
            await pilot.press(key)
            await settle(pilot)
            if key == "ctrl+f":
                assert page.scroll_y > place
            else:
                assert page.scroll_y == place

    explore(
        scenario,
        sample("brackets.h5"),
        settle,
        view="output",
        size=(60, 14),
        keys=MOVED,
    )


def test_the_keys_of_a_dialog_are_the_users_own(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("T")
        await settle(pilot)
        keys = pilot.app.screen.query_one("#keys", Static)
        assert "a d timestep" in str(keys.render())
        assert "f6 goes back" in str(keys.render())
        await pilot.press("f6")
        await settle(pilot)
        assert pilot.app.screen is explorer

    explore(
        scenario,
        sample("lstm-25.h5"),
        settle,
        view="states",
        inputs=("ramp:9",),
        keys=MOVED,
    )


def test_a_rebound_key_acts_and_is_shown_in_footer_help_and_palette(
    sample: Sample, settle: Settle
) -> None:
    keys = {"view.step": "f3", "step.on": "greater_than_sign", "goto": "G"}

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("greater_than_sign")
        assert explorer.place.t == 1
        await pilot.press("full_stop")
        assert explorer.place.t == 1
        shown = dict(explorer.query_one(FooterLine).keys)
        assert ", >" in shown

        await pilot.press("f3")
        await settle(pilot)
        assert explorer.view == "step"

        await pilot.press("question_mark")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        page = str(pilot.app.screen.query_one(Static).render())
        assert "  f3           Show the arithmetic" in page
        assert "  >            Move one timestep on" in page
        await pilot.press("escape")

        await pilot.press("ctrl+p")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = "step view"
        await settle(pilot)
        meaning = pilot.app.screen.query_one("#meaning", Static)
        assert "Step view  (f3)" in str(meaning.render())

    explore(scenario, sample("brackets.h5"), settle, view="output", keys=keys)


def test_a_wrong_file_is_said_in_the_explorer_and_nothing_breaks(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "line 3" in state_text(explorer)
        await pilot.press("right")
        assert explorer.place.t == 1

    explore(
        scenario,
        sample("lstm-25.h5"),
        settle,
        view="states",
        inputs=("ramp:5",),
        trouble="/c.toml, line 3: no",
    )


def test_a_theme_that_there_isnt_is_said_with_its_line(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    config = read_config(config_of(tmp_path, "\ntheme = 'neon'\n"))

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert pilot.app.theme == "dark"
        words = f"{tmp_path}/config.toml, line 2: there is no theme 'neon'"
        assert words in state_text(explorer)

    explore(
        scenario,
        sample("lstm-1.h5"),
        settle,
        own_theme=config.theme,
        own_theme_at=config.theme_at,
    )


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("forget", "Upper map: f"),
        ("remember", "States view"),
        ("mask", "Layers view"),
        ("saturated", "States view"),
        ("screenshot", "Export"),
        ("softmax", "Output view"),
        ("candidate", "Upper map: c̃"),
        ("checkpoint", "Compare with another model"),
    ],
)
def test_the_palette_knows_the_words_that_people_use(
    sample: Sample, settle: Settle, words: str, first: str
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await settle(pilot)
        palette = pilot.app.screen
        assert isinstance(palette, Palette)
        palette.query_one(Input).value = words
        await settle(pilot)
        shown = str(palette.query_one("#meaning", Static).render())
        assert f"› {first}" in shown or f"  {first}" in shown

    explore(scenario, sample("lstm-25.h5"), settle)


def test_a_quantity_of_the_palette_is_shown_in_the_upper_map(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = "forget gate upper"
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.view == "states"
        name, _ = explorer.current.copied() or ("", "")
        assert name.startswith("f of unit 0")

    explore(scenario, sample("lstm-25.h5"), settle)


def test_a_high_terminal_shows_more_of_the_palette(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await settle(pilot)
        palette = pilot.app.screen
        assert isinstance(palette, Palette)
        assert palette.shown == 39
        meaning = palette.query_one("#meaning", Static)
        assert meaning.size.height >= palette.shown

    explore(scenario, sample("lstm-25.h5"), settle, size=(120, 48))


def test_vis_keys_lead_to_the_ends(sample: Sample, settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("dollar_sign")
        assert explorer.place.t == 8
        await pilot.press("G")
        assert explorer.place.unit == 24
        await pilot.press("0")
        assert explorer.place.t == 0

    explore(
        scenario,
        sample("lstm-25.h5"),
        settle,
        view="states",
        inputs=("ramp:9",),
    )


def test_the_command_says_where_and_what(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = config_of(tmp_path, RIGHT)
    assert main(["config", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["config"]["path"] == str(path)
    assert found["config"]["values"]["fps"] == 15
    assert found["state"]["path"] == str(tmp_path / "state.json")
    keys = {key["id"]: key["key"] for key in found["keys"]}
    assert keys["play"] == "f5"
    assert keys["quit"] == "q"

    path.write_text("fps = x")
    assert main(["config"]) == 0
    captured = capsys.readouterr()
    assert "line 1" in captured.err
    assert captured.err.count("\n") == 1
    assert str(path) in captured.out
