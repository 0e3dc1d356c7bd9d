"""The state line of a session: the place at the left; at the right the speed,
the assumptions, and the verdict on exactness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.tui.terminal.text_width import (
    ELLIPSIS,
    by_parts,
    shortened,
    width_of,
)
from rnn_tui.tui.text.status_line import (
    FREE,
    Part,
    StateValues,
    has_room,
    state_parts,
    token_text,
)

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.session.session import Session, Subject

WIDE, NARROW = 100, 60
"""From the first width on the state line says more, below the second less."""
USUAL = 80
"""Below this width a key that isn't pressed yet isn't named: the values are
seen.
"""
WIDEST = 140
"""From this width on the numerics are named in full."""
LEAST_DECIMALS = 2
"""Digits after the point where there is little room."""
GAP = "   "
"""The blanks before a remark."""
SHORTEST = 9
"""Cells that are left of a layer's name where there is no room for it."""


class Playing(NamedTuple):
    """How time runs: `speed` timesteps a second, None while it is held; `held`
    is how fast it would run then. `ascii` draws its sign.
    """

    speed: float | None = None
    ascii: bool = False
    held: float | None = None

    @property
    def words(self) -> Part | None:
        """The sign and the speed, None where nothing is known of them."""
        if self.speed is not None:
            return f"{'>' if self.ascii else '▶'} {self.speed:g}/s", "$accent"
        if self.held is not None:
            return f"{'||' if self.ascii else '❚❚'} {self.held:g}/s", "$muted"

        return None


class StateText:
    """Writes the state line of a session; parts that time doesn't change are
    kept.
    """

    def __init__(self) -> None:
        self._right: tuple[object, tuple[Part, ...]] = (None, ())
        """The right end, after the values that it was made of."""
        self._states = StateValues()

    def line(
        self,
        session: Session,
        width: int,
        playing: Playing,
    ) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """Return the line's left and right end for a terminal so wide."""
        wide = width >= WIDE
        right = self._right_end(session, width, wide, playing)
        cell = session.cell
        if cell is None:
            return (), right

        place = session.cursor
        states = self._states.at(cell, place)
        decimals = _decimals(width, playing)
        token = ""
        if wide:
            token = _token(session, cell)

        narrow = width < NARROW
        left = state_parts(cell, place, states, decimals, wide, token, narrow)
        if wide:
            # beside a name of usual length there is room for all that is said
            # of a wide line
            name, style = left[0]
            left = ((shortened(name, width // 4), style), *left[1:])

        if wide and not has_room(cell, (*left, *right), token, width):
            wide = False
            right = self._right_end(session, width, wide, playing)
            left = state_parts(cell, place, states, min(decimals, 4), wide)

        # the layer's name is as long as there is room for: the timestep, the
        # unit and its values are always seen
        room = width - parts_width(right) - FREE
        free = room - parts_width(left[1:])
        name, style = left[0]
        if free < SHORTEST and free < width_of(name):
            decimals = LEAST_DECIMALS
            left = state_parts(cell, place, states, decimals, False, "", True)
            free = room - parts_width(left[1:])

        shown = shortened(name, max(free, SHORTEST))

        return ((shown, style), *left[1:]), right

    def _right_end(
        self,
        session: Session,
        width: int,
        wide: bool,
        playing: Playing,
    ) -> tuple[Part, ...]:
        """Return the right end, made anew only where it says something else."""
        made_of = (
            session.subject,
            session.reference,
            len(session.changes),
            session.differing,
            width,
            wide,
            playing,
        )
        if self._right[0] != made_of:
            self._right = made_of, right_end(session, width, wide, playing)

        return self._right[1]


def _token(session: Session, cell: CellTrace) -> str:
    subject = session.subject
    if subject.trace is None:
        return ""

    return token_text(subject.trace, cell, session.cursor, subject.vocabulary)


def _decimals(width: int, playing: Playing) -> int:
    if width < NARROW:
        return LEAST_DECIMALS
    if playing.speed is not None:
        return 3
    if width >= WIDE:
        return 6

    return 4


def with_remark(
    left: tuple[Part, ...],
    right: tuple[Part, ...],
    remark: str,
    width: int,
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return the ends of a line with the parts of a remark that fit behind the
    timestep, instead of the unit and its values; where none fits beside the
    right end, instead of that as well.
    """
    ends = [at for at, (text, _) in enumerate(left) if text.startswith("/")]
    begun = left[: ends[0] + 1] if ends else ()
    room = width - FREE - parts_width(begun) - len(GAP)
    shown = by_parts(remark, room - parts_width(right))
    if not shown or shown.endswith(ELLIPSIS):
        right = ()
        shown = by_parts(remark, room)

    return (*begun, (GAP, ""), (shown, "$muted")), right


def parts_width(parts: tuple[Part, ...]) -> int:
    """Return the cells that parts of the line take."""
    return sum([width_of(text) for text, _ in parts])


def right_end(
    session: Session,
    width: int,
    wide: bool,
    playing: Playing,
) -> tuple[Part, ...]:
    """Return the speed while time runs, the changes or assumptions, and the
    verdict.
    """
    subject = session.subject
    groups: list[tuple[Part, ...]] = []
    words = playing.words
    is_shown = playing.speed is not None or width >= WIDE
    if words is not None and is_shown and subject.trace is not None:
        groups.append((words,))

    if session.reference is not None:
        from rnn_tui.tui.text.changes import in_force

        changed = in_force(session, session.reference, width >= WIDEST)
        groups.append(((changed, "$warning bold"),))

    groups.append(assumed_classes(subject, width >= WIDE))
    if width >= NARROW:
        groups.append(numerics(subject, width >= WIDEST))

    if width >= USUAL or subject.verdict is not None:
        groups.append(badge(subject, wide))

    gap = "   " if wide else "  "
    parts: list[Part] = []
    for group in filter(None, groups):
        if parts:
            parts.append((gap, ""))

        parts += group

    return tuple(parts)


def badge(subject: Subject, wide: bool) -> tuple[Part, ...]:
    """Return the state of exactness: the verdict, where the run stopped, or
    that the run wasn't compared yet.
    """
    if subject.trace is None:
        return ()

    stopped = subject.trace.stopped
    verdict = subject.verdict
    if stopped is not None and (verdict is None or not wide):
        return ((f"stopped at {stopped[0]}", "$warning"),)
    if verdict is None:
        return (
            ("○ v compares with Keras" if wide else "v verifies", "$faint"),
        )

    largest = verdict.largest.absolute
    if not verdict.agrees():
        words = "● differs"
        if wide:
            words = f"● differs from {verdict.asked} by {largest:.1e}"

        return ((words, "$error bold"),)

    words = "● as Keras"
    if wide:
        words = f"● equals {verdict.asked} to {largest:.0e}"
        if verdict.rebuilt is not None:
            words += ", rebuilt"

        if stopped is not None:
            words += f", as far as {stopped[0]}"

    return ((words, "$accent"),)


def numerics(subject: Subject, wide: bool) -> tuple[Part, ...]:
    """Return which hard_sigmoid is in force; loud when it isn't the file's
    own.
    """
    opened = subject.opened
    if opened is None or opened.hard_sigmoid is None:
        return ()

    if "hard_sigmoid" in opened.assumed:
        tone = "$warning"
    else:
        tone = "$muted"

    if wide:
        return ((f"hard_sigmoid: Keras {opened.hard_sigmoid}", tone),)

    return ((f"hσ {opened.hard_sigmoid}", tone),)


def assumed_classes(subject: Subject, wide: bool) -> tuple[Part, ...]:
    """Return which layers of a custom class are computed as Keras's."""
    if subject.opened is None:
        return ()

    taken = [own for own in subject.opened.own if own.taken is not None]
    if not taken:
        return ()

    words = f"as {taken[0].taken}"
    if wide:
        words = f"{taken[0].written} {words}"

    if len(taken) > 1:
        words += f" +{len(taken) - 1}"

    return ((words, "$warning"),)
