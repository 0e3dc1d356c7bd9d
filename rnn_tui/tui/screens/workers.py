"""The slow work of the explorer's screen: threads that open, run, verify and
build anew, each of which ends in a message to the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.session import analyses, jobs, messages
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.widgets.first_paint import after_picture

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.analyses import Question
    from rnn_tui.tui.session.session import Subject

SHORT_OPEN, SHORT_RUN = 1.0, 5.0
"""Seconds for which what is typed waits for a file or a run that has just
begun: most are done by then, and the keys mean what they bring. A run that is
long says before how far it is.
"""

CANCELLABLE = ("run", "beside", "verify")
"""The groups of work that escape stops."""


class Workers:
    """Starts the work. Each kind has one thread at most; a stale result never
    wins.
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
        self._until: float | None = None
        self._other: OpenedModel | None = None
        """The model that runs are compared with, once it is open."""
        self._answering: dict[str, tuple[Subject, Question]] = {}
        """For each kind of question the one that is being answered."""

    @property
    def just_begun(self) -> bool:
        """Whether a file is being opened, or a sequence run, since a moment."""
        return self._until is not None and monotonic() < self._until

    def ended(self) -> None:
        """The outcome of the work is known, or that it takes long."""
        self._until = None

    def open(self, path: str) -> None:
        """Read a file and build its model."""
        self._until = monotonic() + SHORT_OPEN
        self._start("open", partial(self._open, path))

    def run(self, subject: Subject, typed: jobs.Typed | None = None) -> None:
        """Run the model on the subject's texts, parsed already where `typed` is
        given.

        The picture comes first: the run begins by loading NumPy, which would
        share the processor with it.
        """
        self._until = monotonic() + SHORT_RUN
        after_picture(self._screen, partial(self._run_if_open, subject, typed))

    def _run_if_open(self, subject: Subject, typed: jobs.Typed | None) -> None:
        opened = subject.opened
        if opened is not None and self._screen.opened is opened:
            self._start("run", partial(self._run, opened, subject, typed))

    def compare(self, subject: Subject) -> None:
        """Run the model in Keras and compare."""
        self._start("verify", partial(self._compare, subject))

    def rebuild(
        self,
        subject: Subject,
        change: Callable[[OpenedModel], OpenedModel],
    ) -> None:
        """Build the model on other assumptions, run it on the same sequence and
        compare.
        """
        self._start("run", partial(self._rebuild, subject, change))

    def change(self, base: Subject, changes: tuple[Change, ...]) -> None:
        """Run the model of `base` on its sequence with the user's changes."""
        self._start("run", partial(self._change, base, changes))

    def compare_models(self, subject: Subject) -> None:
        """Run the other model that the command line names on the same sequence,
        and compare.
        """
        path = self.options.compared
        if path is not None and self._screen.path == self.path:
            self._start("beside", partial(self._beside, path, subject))

    def answer(self, subject: Subject, question: Question) -> None:
        """Answer a question about the subject's run, unless that is being done
        or was done; the last of its kind wins.
        """
        under_way = self._answering.get(question.group)
        if under_way is not None:
            asked_of, asked = under_way
            if asked == question and asked_of.trace is subject.trace:
                return

        if question in subject.answers or subject.trace is None:
            return

        self._answering[question.group] = subject, question
        self._start(question.group, partial(self._answer, subject, question))

    def answered(self, question: Question) -> None:
        """A question has been answered: it can be asked of another run."""
        under_way = self._answering.get(question.group)
        if under_way is not None and under_way[1] == question:
            del self._answering[question.group]

    def cancel(self) -> bool:
        """Stop a run or a comparison; say whether there was one."""
        under_way = [
            worker
            for worker in self._screen.workers
            if worker.group in CANCELLABLE and not worker.is_finished
        ]
        for worker in under_way:
            worker.cancel()

        if under_way:
            self.ended()

        return bool(under_way)

    def _start(self, group: str, work: Callable[[], Message | None]) -> None:
        """Do some work in a thread; the message it returns goes to the screen
        unless it was cancelled. An error of ours becomes a message that says
        why.
        """

        def do() -> None:
            worker = get_current_worker()
            outcome: Message | None
            try:
                outcome = work()
            except RunCancelledError:
                return
            except RnnTuiError as error:
                outcome = messages.Failed(str(error), opening=group == "open")
            except Exception as error:
                if group not in ("run", "beside"):
                    raise

                # a bug: it ends this run, not the explorer
                outcome = messages.Failed(self.options.note([error]))

            if outcome is not None and not worker.is_cancelled:
                self._screen.post_message(outcome)

        self._screen.run_worker(
            do,
            thread=True,
            exclusive=True,
            group=group,
            exit_on_error=True,
        )

    def _open(self, path: str) -> Message:
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

    def _run(
        self,
        opened: OpenedModel,
        subject: Subject,
        typed: jobs.Typed | None,
    ) -> Message:
        from rnn_tui.tui.session.partial_run import Filling

        worker = get_current_worker()

        def post(message: Message) -> None:
            if not worker.is_cancelled:
                self._screen.post_message(message)

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

    def _beside(self, path: str, subject: Subject) -> Message | None:
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

    def _change(
        self,
        base: Subject,
        changes: tuple[Change, ...],
    ) -> Message:
        from rnn_tui.tui.session.partial_run import Filling
        from rnn_tui.tui.session.what_if import run_changed

        worker = get_current_worker()

        def post(message: Message) -> None:
            if not worker.is_cancelled:
                self._screen.post_message(message)

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

    def _answer(self, subject: Subject, question: Question) -> Message:
        worker = get_current_worker()
        answer: object
        try:
            asked = analyses.Asked(
                subject,
                question,
                lambda: worker.is_cancelled,
            )
            answer = analyses.answer(asked)
        except RunCancelledError:
            raise
        except RnnTuiError as error:
            answer = analyses.Refused(str(error))
        except Exception as error:
            # a bug: it ends this analysis, not the explorer, and isn't asked
            # for again
            answer = analyses.Refused(self.options.note([error]))

        return messages.Answered(subject.trace, question, answer)

    def _compare(self, subject: Subject) -> Message | None:
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

    def _rebuild(
        self,
        subject: Subject,
        change: Callable[[OpenedModel], OpenedModel],
    ) -> Message | None:
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
        """Run a rebuilt model on what it was fed before, or on its first
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
