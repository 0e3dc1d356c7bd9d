"""What the five views have in common: the model, the trace and the place come down, a wish to move goes up."""

from __future__ import annotations

from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive

from rnn_tui.engine.trace import ModelTrace
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.tui.place import Place


class View(Container):
    """One of the five views. The screen binds `opened`, `trace`, `place` and `playing` down (`data_bind`)."""

    opened: reactive[OpenedModel | None] = reactive(None)
    trace: reactive[ModelTrace | None] = reactive(None)
    place: reactive[Place] = reactive(Place)
    playing: reactive[bool] = reactive(False)

    class Moved(Message):
        """The user wants to look at another place; the screen clamps it and hands it down to every view."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place
