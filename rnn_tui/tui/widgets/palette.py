"""The command palette, safe from keys and clicks that arrive before its list is filled or after it has gone."""

from __future__ import annotations

from contextlib import suppress

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandInput, CommandList, CommandPalette, SearchIcon
from textual.containers import Horizontal, Vertical
from textual.widgets import LoadingIndicator
from textual.worker import Worker


class Entries(CommandList):
    """Textual's list of commands; a click on an entry that has gone meanwhile does nothing."""

    def _on_click(self, event: events.Click) -> None:  # type: ignore[override]
        clicked = event.style.meta.get("option")
        if clicked is not None and clicked >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette):
    """Textual's palette; it answers once, passes no key on to a list without entries, and nothing in it blinks."""

    def compose(self) -> ComposeResult:
        """The line and the list, as Textual's own."""
        with Vertical(id="--container"):
            with Horizontal(id="--input"):
                yield SearchIcon()
                line = CommandInput(placeholder=self._placeholder, select_on_focus=False)
                line.cursor_blink = False
                yield line
            with Vertical(id="--results"):
                yield Entries()
                yield LoadingIndicator()

    def dismiss(self, result: object = None) -> AwaitComplete:
        """Answer and go away."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()  # type: ignore[arg-type]

    def _action_command_list(self, action: str) -> None:
        if any(entries.option_count for entries in self.query(CommandList)):
            with suppress(KeyError):  # Textual pages through a list that had no room to be laid out
                super()._action_command_list(action)

    def _gather_commands(self, search_value: str) -> Worker[None] | None:  # type: ignore[override]
        if self.app.screen is not self or not self.query(CommandList):
            return None
        found: Worker[None] = super()._gather_commands(search_value)
        return found
