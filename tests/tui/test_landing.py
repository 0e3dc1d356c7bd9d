"""Where a file opens and what moves then, footers that lead on, and the prompt
in plain words.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from exploring import Sample, Settle, explore, state_text
from textual.widgets import Input, Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.startup.options import ExplorerOptions, may_play_unasked
from rnn_tui.tui.startup.view_table import NAMES as VIEWS
from rnn_tui.tui.widgets.lines import FooterLine


def footer(explorer: ExplorerScreen) -> str:
    return str(explorer.query_one(FooterLine).render())


def runs(explorer: ExplorerScreen) -> bool:
    """Whether time runs, or has run to the end on a slow machine."""
    return explorer.playing or explorer.place.t > 0


def test_a_sample_opens_in_states_and_plays_once(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.view == "states"
        assert runs(explorer)
        assert not explorer.transport.player.loop
        # a file that is read again doesn't begin anew
        explorer.transport.pause()
        await pilot.press("r")
        await settle(pilot)
        assert not explorer.playing

    explore(scenario, sample("brackets.h5"), settle, lands=True, play_once=True)


def test_a_sample_says_what_it_does_until_the_user_moves(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        line = state_text(explorer)
        # the timestep stays in sight
        assert re.match(r"lstm +t +\d+/21 +Counts brackets: many units", line)
        assert len(line) <= 80
        await pilot.press("left")
        assert "Counts" not in state_text(explorer)
        # nor after the next run
        await pilot.press("r")
        await settle(pilot)
        assert explorer.frame.remark == ""

    path = sample("brackets.h5")
    explore(scenario, path, settle, size=(80, 24), lands=True)


def test_a_sample_in_a_view_that_was_asked_for_shows_the_place(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.frame.remark == ""

    path = sample("brackets.h5")
    explore(scenario, path, settle, lands=True, view="states")


def test_a_sample_on_a_slow_line_opens_in_states_at_rest(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.view == "states"
        assert not explorer.playing

    explore(scenario, sample("brackets.h5"), settle, lands=True)


def test_a_file_of_ones_own_opens_in_layers_where_space_plays(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    own = tmp_path / "brackets.h5"
    shutil.copy(sample("brackets.h5"), own)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.view == "layers"
        assert not explorer.playing
        assert footer(explorer).lstrip().startswith("space plays")
        await pilot.press("space")
        assert explorer.view == "states"
        assert runs(explorer)

    explore(scenario, str(own), settle, size=(80, 24), play_once=True)


def test_a_sample_without_a_recurrent_layer_opens_in_layers(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.view == "layers"
        assert not explorer.playing
        assert "plays" not in footer(explorer)

    explore(scenario, sample("dense-1.h5"), settle, lands=True, play_once=True)


@pytest.mark.parametrize("view", [None, "states", "output"])
def test_play_shows_what_moves(
    sample: Sample, settle: Settle, view: str | None
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.view == (view or "states")
        assert runs(explorer)

    explore(scenario, sample("lstm-25.h5"), settle, play=True, view=view)


def test_a_sample_chosen_on_the_start_screen_plays_too(settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("slash", *"brackets", "enter")
        await settle(pilot)
        assert explorer.view == "states"
        assert runs(explorer)

    explore(scenario, None, settle, lands=True, play_once=True)


@pytest.mark.parametrize(
    ("options", "environ", "plays"),
    [
        ({}, {}, True),
        ({"view": "states"}, {}, False),
        ({"at": 3}, {}, False),
        ({"low_bandwidth": True}, {}, False),
        ({}, {"SSH_CONNECTION": "1 2 3 4"}, False),
        ({}, {"TEXTUAL_ANIMATIONS": "none"}, False),
    ],
)
def test_nothing_plays_unasked_where_that_isnt_wanted(
    options: dict[str, Any], environ: dict[str, str], plays: bool
) -> None:
    assert may_play_unasked(ExplorerOptions(**options), environ) is plays


@pytest.mark.parametrize("view", VIEWS)
def test_every_footer_names_the_keys_that_lead_on_and_out_at_80_columns(
    view: str, sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        text = footer(explorer).rstrip()
        assert len(text) <= 80
        for words in ("views", "s sequence", "? help"):
            assert words in text
        assert text.endswith("q quit")
        own = explorer.current.footer[0]
        assert f"{own[0]} {own[1]}" in text

    explore(scenario, sample("brackets.h5"), settle, size=(80, 24), view=view)


def test_the_prompt_says_in_plain_words_what_the_model_reads(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("s")
        await settle(pilot)
        said = str(pilot.app.screen.query_one("#meaning", Static).render())
        assert said.splitlines()[:2] == [
            "reads one number a timestep; 5 timesteps in the file, any number runs",
            "for example: 0.1 0.2 -0.3 0.4 -0.5",
        ]

    explore(scenario, sample("lstm-1.h5"), settle, size=(80, 24))


def test_text_that_the_vocabulary_lacks_is_offered_as_it_reads_it(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("s")
        prompt = pilot.app.screen
        prompt.query_one(Input).value = "text: Alice"
        await pilot.pause(0.1)
        await settle(pilot)
        said = str(prompt.query_one("#meaning", Static).render())
        assert "no token 'A'" in said
        assert "tab takes it so" in said
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert explorer.session.subject.texts == ("text: alice",)

    explore(
        scenario,
        sample("char-lstm.h5"),
        settle,
        vocab=sample("char-lstm.vocab.json"),
    )


def test_a_run_that_was_not_compared_says_which_key_compares_it(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        from rnn_tui.tui.widgets.lines import StateLine

        explorer.frame.catch_up()
        right = explorer.query_one(StateLine).right
        assert ("v verifies", "$faint") in right
        assert "lstm" in state_text(explorer)

    explore(scenario, sample("lstm-1.h5"), settle, size=(80, 24))


def test_a_layer_that_there_is_not_is_said_and_nothing_plays_over_it(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "no layer 'foo'" in explorer.frame.message
        assert explorer.frame.message.count("'lstm'") == 1
        assert not explorer.playing

    path = sample("brackets.h5")
    explore(scenario, path, settle, lands=True, play_once=True, layer="foo")
