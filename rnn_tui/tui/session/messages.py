"""The messages of the threads to the explorer's screen: one for each outcome of
their work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.session.jobs import Ran
    from rnn_tui.tui.session.question import Question
    from rnn_tui.tui.session.session import Reference, Subject
    from rnn_tui.verify import Verification


class Outcome(Message):
    """The outcome of the work of a thread."""


class Opened(Outcome):
    """The file is open.

    `mark` is its fingerprint before it was read, `first` the sequence it starts
    on with the vocabulary that needs, None for a model that can't be fed.
    """

    def __init__(
        self,
        path: str,
        opened: OpenedModel,
        mark: tuple[object, ...] | None,
        first: tuple[str, str | None] | None,
    ) -> None:
        super().__init__()
        self.path = path
        self.opened = opened
        self.mark = mark
        self.first = first


class Finished(Outcome):
    """The run is done."""

    def __init__(self, ran: Ran) -> None:
        super().__init__()
        self.ran = ran


class Verified(Outcome):
    """Keras has run, too."""

    def __init__(self, result: Verification) -> None:
        super().__init__()
        self.result = result


class Rebuilt(Outcome):
    """The model has been built on other assumptions and has run; `line` says
    how far its numbers moved.
    """

    def __init__(
        self,
        opened: OpenedModel,
        trace: ModelTrace | None,
        line: str,
    ) -> None:
        super().__init__()
        self.opened = opened
        self.trace = trace
        self.line = line


class Progressed(Outcome):
    """A run goes on."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line = line


class Filled(Outcome):
    """Part of a long run can be shown."""

    def __init__(self, trace: ModelTrace) -> None:
        super().__init__()
        self.trace = trace


class Answered(Outcome):
    """A question about a run is answered; `trace` is the run."""

    def __init__(
        self,
        trace: ModelTrace | None,
        question: Question,
        answer: object,
    ) -> None:
        super().__init__()
        self.trace = trace
        self.question = question
        self.answer = answer


class Compared(Outcome):
    """Another model has run on the sequence of `trace`."""

    def __init__(self, trace: ModelTrace, reference: Reference) -> None:
        super().__init__()
        self.trace = trace
        self.reference = reference


class Changed(Outcome):
    """The run with the user's changes is done, and compared with the run
    without.
    """

    def __init__(
        self,
        changes: tuple[Change, ...],
        subject: Subject,
        reference: Reference,
    ) -> None:
        super().__init__()
        self.changes = changes
        self.subject = subject
        self.reference = reference


class Unchangeable(Outcome):
    """A change can't be made; `line` says why, `changes` are the ones that were
    asked for.
    """

    def __init__(self, changes: tuple[Change, ...], line: str) -> None:
        super().__init__()
        self.changes = changes
        self.line = line


class Failed(Outcome):
    """Work could not be done; `line` says why."""

    def __init__(self, line: str, opening: bool = False) -> None:
        super().__init__()
        self.line = line
        self.opening = opening
