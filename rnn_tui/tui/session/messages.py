"""What the threads of the explorer's screen have to tell it: a message for each outcome
of their work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.session.jobs import Ran
    from rnn_tui.verify import Verification


class Opened(Message):
    """The file is open."""

    def __init__(self, opened: OpenedModel) -> None:
        super().__init__()
        self.opened = opened


class Finished(Message):
    """The run is done."""

    def __init__(self, ran: Ran) -> None:
        super().__init__()
        self.ran = ran


class Verified(Message):
    """Keras has run, too."""

    def __init__(self, result: Verification) -> None:
        super().__init__()
        self.result = result


class Progressed(Message):
    """A run goes on."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line = line


class Filled(Message):
    """Part of a long run can be shown."""

    def __init__(self, trace: ModelTrace) -> None:
        super().__init__()
        self.trace = trace


class Failed(Message):
    """Work could not be done; `line` says why."""

    def __init__(self, line: str, opening: bool = False) -> None:
        super().__init__()
        self.line = line
        self.opening = opening
