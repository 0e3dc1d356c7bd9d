"""Why a view has no cell to show, and which keys lead on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.session.session import Session

NOT_YET = "No run to show yet. Press s to type a sequence; Enter runs it."
REFUSED = "No run to show: {}. Press s to type a sequence; Enter runs it."
NO_STATE = "This model has no recurrent layer; 5 shows what it returns."
NOT_COMPUTED = "{} ({}) can't be computed: {}. 1 Layers says more."
STOPPED = "The run stopped at {}, before any recurrent layer: {}."


def why_nothing(session: Session) -> str:
    """Return why there is no cell to show, in words; empty while the file is
    read.
    """
    opened = session.subject.opened
    trace = session.subject.trace
    if opened is None:
        return ""
    if trace is None:
        trouble = session.subject.trouble
        return REFUSED.format(trouble) if trouble else NOT_YET
    if not opened.model.cells:
        return no_cell(opened)
    if trace.stopped is not None:
        return STOPPED.format(*trace.stopped)

    return NO_STATE


def no_cell(opened: OpenedModel) -> str:
    """Return why a model has no cell: it has no recurrent layer, or the one it
    has can't be computed.
    """
    for layer in opened.model.layers:
        if layer.recurrent and layer.why_not:
            reason = layer.why_not.rstrip(".")
            return NOT_COMPUTED.format(layer.path, layer.class_name, reason)

    return NO_STATE
