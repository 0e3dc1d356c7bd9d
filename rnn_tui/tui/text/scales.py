"""The scales on which a softmax or a sigmoid is explained, in words: the dialog
and the command palette offer those that the output has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.tui.session.influence import scales_of

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

SEARCHED = "logit margin runner-up probability p softmax sigmoid class"
"""The words that people look for them by."""

ABOUT: Mapping[tuple[str, str], str] = {
    ("softmax", "logit"): "the pre-activation of the class it predicts",
    ("softmax", "margin"): "the distance of that logit to the runner-up's",
    ("softmax", "probability"): "p itself, which hardly moves near 0 and 1",
    ("sigmoid", "probability"): "p itself, which hardly moves near 0 and 1",
    ("sigmoid", "logit"): "its pre-activation, log(p / (1 − p)), without ends",
}


class OfferedScale(NamedTuple):
    """A scale, the activation whose output has it, and what it is."""

    name: str
    activation: str
    about: str


def offered_scales(session: Session) -> Iterator[OfferedScale]:
    """Yield the scales on which the output of the run can be explained, the
    default first.
    """
    found = scales_of(session)
    for name in found.names:
        about = ABOUT[found.activation, name]
        yield OfferedScale(name, found.activation, about)
