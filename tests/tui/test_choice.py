"""Dialogs that offer a list: the command palette, the themes, the layers."""

from __future__ import annotations

from typing import Any

from exploring import Sample, Settle, explore
from textual.widgets import Static

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.prompts import FindPrompt
from rnn_tui.tui.startup.keymap import COMMANDS, MAP_COMMANDS
from rnn_tui.tui.widgets.palette import Palette, ThemePalette


def listed(screen: Any) -> list[str]:
    """The lines of the dialog's list."""
    return str(screen.query_one("#meaning", Static).content).splitlines()


def test_every_key_has_a_command_in_the_palette_and_nothing_writes_a_screenshot(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        titles = [
            command.title for command in pilot.app.get_system_commands(explorer)
        ]
        for key in (*COMMANDS, *MAP_COMMANDS):
            assert any(title.startswith(key.title) for title in titles)
        assert not any("screenshot" in title.lower() for title in titles)

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_command_is_found_by_its_words_and_done(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p", *"weights view")
        assert [
            line.split("  ")[0]
            for line in listed(pilot.app.screen)
            if line.strip()
        ] == ["› Weights view"]
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.screen is explorer
        assert explorer.view == "weights"

    explore(scenario, sample("lstm-1.h5"), settle)


def test_names_come_before_what_is_said_about_them(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p", *"layer")
        found = [line[2:] for line in listed(pilot.app.screen)]
        named = [
            "layer" in line.split("(")[0].lower()
            for line in found
            if "(" in line
        ]
        assert any(named)
        assert not all(named)
        assert named == sorted(named, reverse=True)

    explore(scenario, sample("lstm-1.h5"), settle, size=(160, 48))


def test_the_list_follows_the_choice_and_a_click_takes_an_entry(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        first = listed(pilot.app.screen)[0]
        await pilot.press("pagedown", "pagedown")
        lines = listed(pilot.app.screen)
        assert lines[0] != first
        assert [line.startswith("› ") for line in lines].count(True) == 1
        row = next(k for k, line in enumerate(lines) if "Loop" in line)
        before = explorer.transport.player.loop
        await pilot.click("#meaning", offset=(5, row))
        await settle(pilot)
        assert pilot.app.screen is explorer
        assert explorer.transport.player.loop is not before

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_click_beside_the_entries_and_a_list_without_entries_do_nothing(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p", *"help for this view")
        await pilot.click("#meaning", offset=(5, 1))
        await pilot.click("#title")
        assert isinstance(pilot.app.screen, Palette)
        await pilot.press(*"zzz", "down", "pageup", "enter")
        assert listed(pilot.app.screen) == ["no command has this in it"]
        assert isinstance(pilot.app.screen, Palette)

    explore(scenario, sample("lstm-1.h5"), settle)


def test_keys_that_arrive_while_a_palette_opens_or_goes_are_no_harm(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for _ in range(4):
            pilot.app.action_command_palette()
            pilot.app.simulate_key("down")
            pilot.app.simulate_key("escape")
        await settle(pilot)
        pilot.app.action_command_palette()
        await settle(pilot)
        pilot.app.pop_screen()
        pilot.app.action_command_palette()
        await settle(pilot)
        assert isinstance(pilot.app.screen, Palette)

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_theme_is_chosen_from_the_palette(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p", *"theme", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ThemePalette)
        assert [line[2:].strip() for line in listed(pilot.app.screen)[:3]] == [
            "dark",
            "light",
            "high-contrast",
        ]
        await pilot.press("down", "enter")
        await settle(pilot)
        assert pilot.app.theme == "light"

    explore(scenario, sample("lstm-1.h5"), settle)


def test_the_list_has_as_many_entries_as_there_is_room_for(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await pilot.resize_terminal(60, 14)
        for _ in range(500):  # a resize is passed on by a timer
            await pilot.pause(0.02)
            lines = listed(pilot.app.screen)
            if len(lines) < 15:
                break
        await settle(pilot)
        assert len(lines) == 6
        assert lines[-1].strip().startswith("and ")
        place = pilot.app.screen.query_one("#meaning", Static)
        assert place.region.height == 6
        assert pilot.app.screen.region.contains_region(place.region)

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_layer_is_found_by_its_class(sample: Sample, settle: Settle) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("slash", *"dense")
        assert isinstance(pilot.app.screen, FindPrompt)
        lines = listed(pilot.app.screen)
        assert all("Dense" in line for line in lines if line.strip())
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.place.layer == lines[0][2:].split()[0]

    explore(scenario, sample("char-lstm.h5"), settle)


def test_before_the_first_entry_comes_the_last_but_the_wheel_stops_there(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p", *"weights")
        palette = pilot.app.screen
        entries = palette._found
        assert len(entries) > 2
        await pilot.press("up")
        assert palette._at == len(entries) - 1
        await pilot.press("down")
        assert palette._at == 0
        palette._go(-1)
        assert palette._at == 0

    explore(scenario, sample("lstm-1.h5"), settle, size=(160, 48))
