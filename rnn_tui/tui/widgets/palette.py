"""The command palette, safe from keys and clicks that arrive before its list is filled or after it has gone."""

from __future__ import annotations

from contextlib import suppress

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.worker import Worker


class Palette(CommandPalette):
    """Textual's palette; it answers once, and passes no key on to a list without entries."""

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
