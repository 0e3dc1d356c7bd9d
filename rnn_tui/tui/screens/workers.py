"""The slow work of the explorer's screen: threads that open, run and verify, and what
their outcomes change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message
from textual.reactive import reactive
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.session import jobs
from rnn_tui.tui.session import messages as outcomes
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.text.status_line import first_of
from rnn_tui.tui.widgets.first_paint import HeldScreen, after_picture

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.verify import Verification

Part = tuple[str, str]


class WorkScreen(HeldScreen):
    """Owns the opened model and its trace.

    Each kind of work has one thread at most; a stale result never wins.
    """

    opened: reactive[OpenedModel | None] = reactive(None)
    trace: reactive[ModelTrace | None] = reactive(None)

    def __init__(
        self, path: str, options: ExplorerOptions, pending: PendingRead | None = None
    ) -> None:
        super().__init__()
        self.path = path
        self._given = path
        self.options = options
        self.texts: tuple[str, ...] = options.inputs
        self.typed = bool(options.inputs)
        """Whether the sequence is the user's own, to be kept when the file is read
        again.
        """
        self.vocab: str | None = options.vocab
        self.vocabulary: Mapping[str, int] | None = None
        self.read: Mapping[str, Sequence[str]] = {}
        """The texts behind the ids of the run that is shown, where the model reads
        text.
        """
        self.verdict: Verification | None = None
        self.partial = False
        """Whether the trace is the beginning of a run that goes on or was cancelled."""
        self.message_line = ""
        self.message_is_error = False
        self._pending = pending
        self._fingerprint: tuple[object, ...] | None = None
        self._looked = 0.0

    def say(self, line: str, error: bool = False) -> None:
        """Write a line where the state stands, until the user moves on."""
        self.message_line = line
        self.message_is_error = error
        self.write_state()

    def clear_message(self) -> None:
        """Show the state again."""
        if self.message_line:
            self.say("")

    def write_state(self) -> None:
        """Write the state line."""

    def refuse(self, line: str) -> None:
        """Say why there is nothing to show."""

    def remember_file(self) -> None:
        """Keep the file among those opened lately."""

    def say_news(self) -> None:
        """Say, after a run, what the user should know once."""

    def redraw(self) -> None:
        """Let the shown view draw itself again."""

    def enter(self, trace: ModelTrace) -> None:
        """Show a new trace."""
        self.trace = trace

    @work(thread=True, exclusive=True, group="open", exit_on_error=True)
    def open_file(self) -> None:
        """Read the file and build its model."""
        worker = get_current_worker()
        pending = self._pending
        self._pending = None
        fingerprint = jobs.fingerprint(self.path)
        try:
            if self.path == self._given:
                config = self.options.config
                assume = self.options.assume
            else:
                config, assume = (None, None)

            memory = self.options.max_memory
            opened = jobs.open_file(
                self.path, pending, lambda: worker.is_cancelled, config, assume, memory
            )
        except RunCancelledError:
            return
        except RnnTuiError as error:
            if not worker.is_cancelled:
                self.post_message(outcomes.Failed(str(error), opening=True))

            return

        if not worker.is_cancelled:
            self._fingerprint = fingerprint
            self.post_message(outcomes.Opened(opened))

    @work(thread=True, exclusive=True, group="run", exit_on_error=True)
    def run_model(self, opened: OpenedModel, texts: tuple[str, ...]) -> None:
        """Run the model on what was typed."""
        worker = get_current_worker()

        def post(message: Message) -> None:
            if not worker.is_cancelled:
                self.post_message(message)

        from rnn_tui.tui.session.partial_run import Filling

        filling = Filling(
            lambda line: post(outcomes.Progressed(line)),
            lambda trace: post(outcomes.Filled(trace)),
        )
        try:
            ran = jobs.run_texts(
                opened,
                texts,
                self.vocab,
                filling.progress,
                lambda: worker.is_cancelled,
                filling.watch,
                filling.begin,
            )
        except RunCancelledError:
            return
        except RnnTuiError as error:
            post(outcomes.Failed(str(error)))
            return
        except Exception as error:  # a bug: it ends this run, not the explorer
            post(outcomes.Failed(self.options.note([error])))
            return

        post(outcomes.Finished(ran))

    @work(thread=True, exclusive=True, group="verify", exit_on_error=True)
    def run_keras(self, opened: OpenedModel, trace: ModelTrace) -> None:
        """Run the model in Keras and compare."""
        worker = get_current_worker()
        try:
            result = jobs.compare(opened, trace, lambda: worker.is_cancelled, self.read)
        except RunCancelledError:
            return
        except RnnTuiError as error:
            if not worker.is_cancelled:
                self.post_message(outcomes.Failed(str(error)))

            return

        if not worker.is_cancelled:
            self.post_message(outcomes.Verified(result))

    def start_run(self, texts: tuple[str, ...]) -> None:
        """Run the model on another sequence."""
        if self.opened is None:
            return

        self.verdict = None
        self.say("running …")
        # The picture first: the run begins by loading NumPy, which would share the
        # processor with it.
        after_picture(self, partial(self._run, self.opened, texts))

    def _run(self, opened: OpenedModel, texts: tuple[str, ...]) -> None:
        if self.opened is opened:
            self.run_model(opened, texts)

    def look_at_the_file(self, patience: float = 0.0) -> None:
        """Notice that the file has changed since it was opened, unless it was looked at
        so many seconds ago.
        """
        if (
            self._fingerprint is None
            or self.opened is None
            or monotonic() - self._looked < patience
        ):
            return

        self._looked = monotonic()
        now = jobs.fingerprint(self.path)
        if now != self._fingerprint:
            self._fingerprint = None
            self.say(
                "the file is gone"
                if now is None
                else "the file has changed: r reads it again",
                error=True,
            )
            self.mark_file("gone" if now is None else "changed on disk")

    def mark_file(self, word: str) -> None:
        """Say beside the file's name what has become of it, until it is read again."""

    def cancel_work(self) -> bool:
        """Stop what is under way; say whether there was anything."""
        workers = [
            worker
            for worker in self.workers
            if worker.group in ("run", "verify") and not worker.is_finished
        ]
        for worker in workers:
            worker.cancel()

        if workers:
            self.say("cancelled")

        return bool(workers)

    @on(outcomes.Opened)
    def _show_opened(self, event: outcomes.Opened) -> None:
        event.stop()
        self.trace = None
        self.verdict = None
        self.opened = event.opened.noting(self.options.note)
        self.remember_file()
        if not event.opened.model.inputs:
            self.say("the model has no input that can be fed")
            return

        if not self.typed:
            text, vocab = jobs.first_text(event.opened)
            self.texts, self.vocab = (text,), self.vocab or vocab

        self.start_run(self.texts)

    @on(outcomes.Finished)
    def _show_run(self, event: outcomes.Finished) -> None:
        event.stop()
        self.texts = event.ran.texts
        self.vocabulary = event.ran.vocabulary
        self.read = event.ran.parsed.texts
        self.message_line = ""
        self.partial = False
        self.enter(event.ran.trace)
        if event.ran.trace.stopped is not None:
            layer, reason = event.ran.trace.stopped
            self.say(f"stopped at {layer}: {reason}", error=True)
        elif event.ran.odd:
            self.say(first_of(event.ran.odd), error=True)
        elif said := _news_of_the_run(event.ran.trace, self.opened):
            self.say("; ".join(said))
        else:
            self.say_news()

        self.write_state()

    @on(outcomes.Progressed)
    def _show_progress(self, event: outcomes.Progressed) -> None:
        event.stop()
        self.say(event.line)

    @on(outcomes.Filled)
    def _show_part(self, event: outcomes.Filled) -> None:
        event.stop()
        wanted = self.options.at or 0
        # else wait for the place that was asked for
        if wanted < min(cell.timesteps for cell in event.trace.cells):
            self.partial = True
            self.enter(event.trace)

    @on(outcomes.Failed)
    def _show_failure(self, event: outcomes.Failed) -> None:
        event.stop()
        self.release()
        if event.opening and self.opened is None:
            self.refuse(event.line)
        else:
            self.say(event.line, error=True)

    @on(outcomes.Verified)
    def _show_verdict(self, event: outcomes.Verified) -> None:
        event.stop()
        self.verdict = event.result
        self.say("")
        self.redraw()


def _news_of_the_run(trace: ModelTrace, opened: OpenedModel | None) -> list[str]:
    """Return what is said of this run alone: what was assumed of the file was said when
    it was opened.
    """
    if opened is not None:
        known = opened.assumptions
    else:
        known = ()

    return [line for line in trace.warnings if line not in known]
