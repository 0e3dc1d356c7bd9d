"""The commands that change what is assumed: the model is built anew, run again, and
what moved is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.screens.commands import DialogScreen
from rnn_tui.tui.screens.workers import Part
from rnn_tui.tui.session import jobs
from rnn_tui.tui.session import messages as outcomes

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel

OTHERWISE: Mapping[int | None, str] = {
    2: ("Keras 2: clip(x / 5 + 1/2, 0, 1)"),
    3: ("Keras 3: clip(x / 6 + 1/2, 0, 1)"),
}
"""Which hard_sigmoid is in force."""


class AssumeScreen(DialogScreen):
    """Switches hard_sigmoid between its two definitions, and changes what is assumed of
    layers and their classes.
    """

    class Rebuilt(Message):
        """The model has been built on other assumptions and has run; `line` says how
        far its numbers moved.
        """

        def __init__(
            self, opened: OpenedModel, trace: ModelTrace | None, line: str
        ) -> None:
            super().__init__()
            self.opened = opened
            self.trace = trace
            self.line = line

    def numerics(self, wide: bool) -> tuple[Part, ...]:
        """Return the badge that says which hard_sigmoid is in force; loud when it isn't
        the file's own.
        """
        if self.opened is None or self.opened.hard_sigmoid is None:
            return ()

        if wide:
            text = f"hard_sigmoid: Keras {self.opened.hard_sigmoid}"
        else:
            text = f"hσ {self.opened.hard_sigmoid}"

        return (
            (text, "$warning" if "hard_sigmoid" in self.opened.assumed else "$muted"),
        )

    def assumed_classes(self, wide: bool) -> tuple[Part, ...]:
        """Return the badge that says which layers of somebody's own class are computed
        as Keras's.
        """
        if self.opened is None:
            taken = []
        else:
            taken = [own for own in self.opened.own if own.taken is not None]

        if not taken:
            return ()

        if wide:
            text = f"{taken[0].written} as {taken[0].taken}"
        else:
            text = f"as {taken[0].taken}"

        if len(taken) > 1:
            text += f" +{len(taken) - 1}"

        return ((text, "$warning"),)

    def action_numerics(self) -> None:
        """Take the other hard_sigmoid, and say how far the outputs move."""
        if self.opened is None:
            return

        if self.opened.hard_sigmoid is None:
            self.say("no layer uses hard_sigmoid: there is nothing to switch")
            return

        from rnn_tui.tui.session.assumptions import other_numerics

        self.say("running with the other hard_sigmoid …     esc cancels")
        self.rebuild(self.opened, self.trace, other_numerics)

    def action_assume(self) -> None:
        """Show what is assumed, to choose otherwise."""
        if self.opened is None:
            return

        from rnn_tui.tui.session.assumptions import assumptions

        found = assumptions(self.opened)
        if not found:
            self.say("the file says how every layer is configured: nothing is assumed")
            return

        from rnn_tui.tui.screens.assumption_dialog import AssumptionsDialog

        layer = self.place.layer.partition("/")[0]
        self.app.push_screen(AssumptionsDialog(found, layer), self._assume)

    def _assume(self, changes: Mapping[str, str] | None) -> None:
        if changes and self.opened is not None:
            from rnn_tui.tui.session.assumptions import assuming

            self.say("running on other assumptions …     esc cancels")
            self.rebuild(
                self.opened, self.trace, lambda opened: assuming(opened, changes)
            )

    @work(thread=True, exclusive=True, group="run", exit_on_error=True)
    def rebuild(
        self,
        opened: OpenedModel,
        before: ModelTrace | None,
        change: Callable[[OpenedModel], OpenedModel],
    ) -> None:
        """Build the model on other assumptions, run it on the same sequence and
        compare.
        """
        from rnn_tui.tui.session.assumptions import moved, moved_text, run_again

        worker = get_current_worker()
        try:
            other = change(opened)
            trace = None
            line = "the model was built again"
            if before is not None:
                trace = run_again(
                    other, before, lambda done, total: None, lambda: worker.is_cancelled
                )
                ran = (
                    trace
                    or jobs.run_texts(
                        other, (), None, lambda a, b: None, lambda: worker.is_cancelled
                    ).trace
                )
                trace, line = ran, moved_text(before, ran, moved(before, ran))
        except RunCancelledError:
            return
        except RnnTuiError as error:
            if not worker.is_cancelled:
                self.post_message(outcomes.Failed(str(error)))

            return
        except Exception as error:  # a bug: it ends this run, not the explorer
            self.post_message(outcomes.Failed(self.options.note([error])))
            return

        if not worker.is_cancelled:
            if other.hard_sigmoid != opened.hard_sigmoid:
                if other.hard_sigmoid:
                    line = f"hard_sigmoid of {OTHERWISE[other.hard_sigmoid]}: {line}"
                else:
                    line = line

            self.post_message(self.Rebuilt(other, trace, line))

    @on(Rebuilt)
    def _show_rebuilt(self, event: Rebuilt) -> None:
        event.stop()
        self.verdict = None
        self.opened = event.opened.noting(self.options.note)
        if self.path == self._given:  # reading the file again keeps what was chosen
            self.options = self.options._replace(assume=dict(event.opened.assumed))

        if event.trace is not None:
            self.enter(event.trace)

        self.say(event.line)
