"""The message line after a run: the most important news of the run, of the
files beside it, or of the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.startup.options import ExplorerOptions, over_ssh
from rnn_tui.tui.text.status_line import first_of

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.jobs import Ran


class RunNews:
    """Chooses the one message of each run that is done."""

    def __init__(
        self,
        screen: ExplorerScreen,
        options: ExplorerOptions,
    ) -> None:
        self._screen = screen
        self._options = options
        self._told = False
        """Whether the trouble with the configuration file was told."""
        self._suggested = False
        """Whether less to write was thought of: once in a session."""

    def say(self, ran: Ran, dropped: str) -> None:
        """Say the most important news of a run; `dropped` is the sentence about
        the user's columns that don't fit it, empty where all fit.
        """
        screen = self._screen
        stopped = ran.trace.stopped
        news = _news_of_the_run(ran.trace, screen.opened)
        if stopped is not None:
            screen.say(f"stopped at {stopped[0]}: {stopped[1]}", error=True)
        elif ran.odd:
            screen.say(first_of(ran.odd), error=True)
        elif self._options.trouble and not self._told:
            self._told = True
            screen.say(self._options.trouble, error=True)
        elif dropped or news:
            said = [line for line in (dropped, *news) if line]
            screen.say("; ".join(said))
        else:
            self._say_once()

    def _say_once(self) -> None:
        """Say once that less can be written over SSH, and that settings can't
        be kept.
        """
        if not self._suggested:
            self._suggested = True
            self._suggest_low_bandwidth()

        trouble = self._screen.remembered.trouble_to_tell()
        if trouble is not None:
            self._screen.say(
                f"recent files and settings can't be kept: {trouble} "
                "(RNN_TUI_STATE names another file)"
            )

    def _suggest_low_bandwidth(self) -> None:
        """Over SSH, say once that there is a way to write less; keep it when it
        was chosen.
        """
        if not over_ssh():
            return

        remembered = self._screen.remembered
        if self._options.low_bandwidth:
            remembered.keep_low_bandwidth(True)
        elif remembered.low_bandwidth is None:
            remembered.keep_low_bandwidth(False)
            self._screen.say(
                "over SSH --low-bandwidth writes far less; ctrl+p Low "
                "bandwidth remembers it"
            )


def _news_of_the_run(
    trace: ModelTrace,
    opened: OpenedModel | None,
) -> list[str]:
    """Return the warnings of this run alone: the assumptions of the file were
    said when it was opened.
    """
    known: tuple[str, ...] = ()
    if opened is not None:
        known = opened.assumptions

    return [line for line in trace.warnings if line not in known]
