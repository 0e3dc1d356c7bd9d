"""The work of the explorer's threads: open, run, verify, build anew and answer.

Each method returns the message that tells the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.worker import Worker, get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.session import jobs, messages
from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.startup.options import ExplorerOptions

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.question import Question
    from rnn_tui.tui.session.session import Fed, Subject


class ThreadWork:
    """One method for each kind of work, called in a thread of its own.

    Raises RnnTuiError for work that can't be done and RunCancelledError for
    work that was stopped.
    """

    def __init__(
        self,
        screen: ExplorerScreen,
        options: ExplorerOptions,
        pending: PendingRead | None,
    ) -> None:
        self._screen = screen
        self.options = options
        self.path = screen.path
        """The file that the command line named; its options hold for no
        other.
        """
        self._pending = pending
        self._other: OpenedModel | None = None
        """The model that runs are compared with, once it is open."""

    def _telling(self, worker: Worker[Any]) -> Callable[[Message], object]:
        """Return how a thread tells the screen how far it is: not once it was
        cancelled.
        """

        def post(message: Message) -> None:
            if not worker.is_cancelled:
                self._screen.post_message(message)

        return post

    def open(self, path: str) -> Message:
        """Read a file and build its model."""
        worker = get_current_worker()
        pending = self._pending
        self._pending = None
        mark = jobs.fingerprint(path)
        config = None
        assume = None
        if path == self.path:
            config = self.options.config
            assume = self.options.assume

        opened = jobs.open_file(
            path,
            pending,
            lambda: worker.is_cancelled,
            config,
            assume,
            self.options.max_memory,
        )
        first = None
        if opened.model.inputs:
            first = jobs.first_text(opened)

        return messages.Opened(path, opened, mark, first)

    def run(
        self,
        opened: OpenedModel,
        subject: Subject,
        typed: jobs.Typed | None,
    ) -> Message:
        """Run the model on the subject's texts and tell how far it is."""
        from rnn_tui.tui.session.partial_run import Filling

        worker = get_current_worker()

        post = self._telling(worker)
        if typed is None:
            typed = jobs.parse_texts(opened, subject.texts, subject.vocab)

        filling = Filling(
            lambda line: post(messages.Progressed(line)),
            lambda trace: post(messages.Filled(trace)),
        )
        ran = jobs.run_typed(
            opened,
            typed,
            filling.progress,
            lambda: worker.is_cancelled,
            filling.watch,
            filling.begin,
        )

        return messages.Finished(ran)

    def beside(self, path: str, subject: Subject) -> Message | None:
        """Run the other model on the subject's sequence."""
        from rnn_tui.tui.session.other_model import run_beside

        worker = get_current_worker()
        trace = subject.trace
        if trace is None:
            return None

        if self._other is None:
            self._other = jobs.open_file(
                path,
                None,
                lambda: worker.is_cancelled,
                self.options.config,
                self.options.assume,
                self.options.max_memory,
            )

        reference = run_beside(
            self._other,
            subject,
            lambda done, total: None,
            lambda: worker.is_cancelled,
        )

        return messages.Compared(trace, reference)

    def other_sequence(self, fed: Fed, subject: Subject) -> Message | None:
        """Run the subject's model on another sequence."""
        from rnn_tui.tui.session.other_sequence import run_other

        worker = get_current_worker()
        trace = subject.trace
        if trace is None:
            return None

        reference = run_other(
            fed,
            subject,
            lambda done, total: None,
            lambda: worker.is_cancelled,
        )

        return messages.Compared(trace, reference)

    def change(
        self,
        base: Subject,
        changes: tuple[Change, ...],
    ) -> Message:
        """Run the model with the user's changes."""
        from rnn_tui.tui.session.partial_run import Filling
        from rnn_tui.tui.session.what_if import run_changed

        worker = get_current_worker()

        post = self._telling(worker)
        filling = Filling(
            lambda line: post(messages.Progressed(line)),
            lambda trace: None,
        )
        try:
            found = run_changed(
                base,
                changes,
                filling.progress,
                lambda: worker.is_cancelled,
            )
        except RunCancelledError:
            raise
        except RnnTuiError as error:
            return messages.Unchangeable(changes, str(error))

        return messages.Changed(changes, *found)

    def answer(self, subject: Subject, question: Question) -> Message:
        """Answer a question about the subject's run."""
        from rnn_tui.tui.session import analyses

        worker = get_current_worker()
        answer: object
        try:
            asked = analyses.Asked(
                subject,
                question,
                lambda: worker.is_cancelled,
                None if self._other is None else self._other.model,
            )
            answer = analyses.answer(asked)
        except RunCancelledError:
            raise
        except RnnTuiError as error:
            answer = Refused(str(error))
        except Exception as error:
            # a bug: it ends this analysis, not the explorer, and isn't asked
            # for again
            answer = Refused(self.options.note([error]))

        return messages.Answered(subject.trace, question, answer)

    def compare(self, subject: Subject) -> Message | None:
        """Run the model in Keras and compare."""
        worker = get_current_worker()
        if subject.opened is None or subject.trace is None:
            return None

        result = jobs.compare(
            subject.opened,
            subject.trace,
            lambda: worker.is_cancelled,
            subject.read,
        )

        return messages.Verified(result)

    def rebuild(
        self,
        subject: Subject,
        change: Callable[[OpenedModel], OpenedModel],
    ) -> Message | None:
        """Build the model on other assumptions and run it again."""
        from rnn_tui.tui.session.assumptions import (
            moved,
            moved_text,
            numerics_text,
        )

        worker = get_current_worker()
        opened = subject.opened
        if opened is None:
            return None

        other = change(opened)
        if subject.trace is None:
            return messages.Rebuilt(other, None, "the model was built again")

        trace = self._run_again(
            other,
            subject.trace,
            lambda: worker.is_cancelled,
        )
        line = moved_text(subject.trace, trace, moved(subject.trace, trace))

        return messages.Rebuilt(
            other,
            trace,
            numerics_text(opened, other) + line,
        )

    @staticmethod
    def _run_again(
        other: OpenedModel,
        before: ModelTrace,
        cancelled: Callable[[], bool],
    ) -> ModelTrace:
        """Run a rebuilt model on the input it had before, or on its first
        sequence where it reads something else now.
        """
        from rnn_tui.tui.session.assumptions import run_again

        trace = run_again(other, before, lambda done, total: None, cancelled)
        if trace is not None:
            return trace

        typed = jobs.parse_texts(other, (), None)

        return jobs.run_typed(
            other,
            typed,
            lambda done, total: None,
            cancelled,
        ).trace
