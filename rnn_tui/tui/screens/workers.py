"""The threads of the explorer's screen: which work is under way, and that each
ends in a message to the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.screens.thread_work import ThreadWork
from rnn_tui.tui.session import jobs, messages
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.startup.view_table import entry
from rnn_tui.tui.widgets.first_paint import after_picture

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.question import Question
    from rnn_tui.tui.session.session import Fed, Subject

SHORT_OPEN, SHORT_RUN = 1.0, 5.0
"""Seconds for which typed keys wait for a file or a run that has just begun:
most are done by then, and the keys are meant for them. A run that is long says
before how far it is.
"""

LARGE = 20_000_000
"""Parameters beyond which a model is not run unasked: reading them alone takes
seconds.
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
        self._options = options
        self._work = ThreadWork(screen, options, pending)
        self._run_waits = False
        """Whether a very large model runs when a view shows it."""
        self._until: float | None = None
        self._answering: dict[str, tuple[Subject, Question]] = {}
        """For each kind of question the one that is being answered."""

    @property
    def just_begun(self) -> bool:
        """Whether a file is being opened, or a sequence run, since a moment."""
        return self._until is not None and monotonic() < self._until

    def ended(self) -> None:
        """The outcome of the work is known, or that it takes long."""
        self._until = None

    def keep_assumptions(self, assumed: Mapping[str, str]) -> None:
        """Assume the same of the file that the command line named when it is
        read again.
        """
        work = self._work
        if self._screen.path == work.path:
            work.options = work.options._replace(assume=dict(assumed))

    def open(self, path: str) -> None:
        """Read a file and build its model."""
        self._until = monotonic() + SHORT_OPEN
        self._start("open", partial(self._work.open, path))

    def start_run(self, typed: jobs.Typed | None = None) -> None:
        """Run the model on the session's texts, parsed already where `typed` is
        given; the first run of a very large one waits for a view that shows it.
        """
        screen = self._screen
        subject = screen.session.subject
        self._run_waits = _can_wait(subject, self._options, screen.view)
        if self._run_waits:
            self.ended()
            screen.say(
                "a large model: it runs when States, Step or Output is shown, "
                "or on a sequence (s)"
            )
        else:
            screen.say("running …")
            self._run(subject, typed)

    def view_shown(self, view: str) -> None:
        """Begin the run that waited for a view like this one."""
        if self._run_waits and not entry(view).before_run:
            self.start_run()

    def _run(self, subject: Subject, typed: jobs.Typed | None) -> None:
        """Begin a run after the picture: it begins by loading NumPy, which
        would share the processor with it.
        """
        self._until = monotonic() + SHORT_RUN
        after_picture(self._screen, partial(self._run_if_open, subject, typed))

    def _run_if_open(self, subject: Subject, typed: jobs.Typed | None) -> None:
        opened = subject.opened
        if opened is not None and self._screen.opened is opened:
            self._start("run", partial(self._work.run, opened, subject, typed))

    def compare(self, subject: Subject) -> None:
        """Run the model in Keras and compare."""
        self._start("verify", partial(self._work.compare, subject))

    def rebuild(
        self,
        subject: Subject,
        change: Callable[[OpenedModel], OpenedModel],
    ) -> None:
        """Build the model on other assumptions, run it on the same sequence and
        compare.
        """
        self._start("run", partial(self._work.rebuild, subject, change))

    def change(self, base: Subject, changes: tuple[Change, ...]) -> None:
        """Run the model of `base` on its sequence with the user's changes."""
        self._start("run", partial(self._work.change, base, changes))

    def compare_models(self, subject: Subject) -> None:
        """Run the other model that the command line names on the same sequence,
        and compare.
        """
        path = self._work.options.compared
        if path is not None and self._screen.path == self._work.path:
            self._start("beside", partial(self._work.beside, path, subject))

    def compare_sequences(self, subject: Subject, fed: Fed) -> None:
        """Run the model on another sequence, and compare."""
        self._start("beside", partial(self._work.other_sequence, fed, subject))

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
        self._start(
            question.group, partial(self._work.answer, subject, question)
        )

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
                outcome = messages.Failed(self._work.options.note([error]))

            if outcome is not None and not worker.is_cancelled:
                self._screen.post_message(outcome)

        self._screen.run_worker(
            do,
            thread=True,
            exclusive=True,
            group=group,
            exit_on_error=True,
        )


def _can_wait(subject: Subject, options: ExplorerOptions, view: str) -> bool:
    """Whether a run that wasn't asked for takes long and wouldn't be seen
    yet.
    """
    unasked = (
        subject.trace is None and not subject.own_texts and not options.play
    )
    large = (
        subject.opened is not None and subject.opened.model.parameters > LARGE
    )

    return large and unasked and entry(view).before_run
