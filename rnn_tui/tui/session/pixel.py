"""The selected pixel of the pictures that a cell holds its state in: the one
of the place, and the ways to another.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.analysis.pixels import middle, number_of, position

if TYPE_CHECKING:
    from rnn_tui.tui.session.cursor import Place
    from rnn_tui.tui.session.session import Session

NO_PIXEL = -1


def with_pixel_inside(session: Session, place: Place) -> Place:
    """Return a place with the pixel at the same row and column in the pictures
    of its cell; none where they have no such pixel. Where there are no pictures
    it is kept for those that come again.
    """
    cells = session.subject.cells
    if not cells:
        return place

    sides = cells[place.cell].sides
    before = picture_of(session) or sides
    if not sides or (before == sides and place.pixel < math.prod(sides)):
        return place

    pixel = NO_PIXEL
    if len(before) == len(sides) and place.pixel < math.prod(before):
        where = position(place.pixel, before)
        pixel = _number_inside(where, sides)

    return place._replace(pixel=pixel)


def _number_inside(where: tuple[int, ...], sides: tuple[int, ...]) -> int:
    """Return the number of a pixel, that of none where it is outside."""
    if any(at >= side for at, side in zip(where, sides, strict=True)):
        return NO_PIXEL

    return number_of(where, sides)


def picture_of(session: Session) -> tuple[int, ...]:
    """Return the size of the pictures of the cell in question, empty where it
    has none.
    """
    cell = session.cell
    if cell is None:
        return ()

    return cell.sides


def selected(session: Session) -> int | None:
    """Return the selected pixel of the cell in question, None for none."""
    if session.cursor.pixel < 0:
        return None

    return session.cursor.pixel


def with_next_pixel(session: Session, by: int) -> Session:
    """Return the session `by` pixels on; before the first one and after the
    last there is none: the mean of all.
    """
    sides = picture_of(session)
    if not sides:
        return session

    count = math.prod(sides) + 1
    pixel = (session.cursor.pixel + 1 + by) % count - 1

    return with_pixel(session, pixel)


def with_neighbour(session: Session, down: int, right: int) -> Session:
    """Return the session at the pixel beside the selected one, as far as the
    picture goes; where none is selected at the middle one.
    """
    sides = picture_of(session)
    if not sides:
        return session

    if session.cursor.pixel < 0:
        return with_pixel(session, middle(sides))

    # a line of pixels has one axis, a volume moves in its last two
    steps = (0, down, right)[-len(sides) :]
    where = position(session.cursor.pixel, sides)
    to = [
        min(max(at + step, 0), side - 1)
        for at, step, side in zip(where, steps, sides, strict=True)
    ]

    return with_pixel(session, number_of(to, sides))


def with_pixel(session: Session, pixel: int) -> Session:
    """Return the session at a pixel of the pictures."""
    return replace(session, cursor=session.cursor._replace(pixel=pixel))


def typed_pixel(text: str, sides: tuple[int, ...]) -> int | None:
    """Return the pixel that is typed as `4,2`, or with a `p` before it, None
    where it is none; without a comma it takes the `p`.
    """
    written = text.strip().lower()
    numbers = written.removeprefix("p")
    if numbers == written and "," not in written:
        return None

    parts = [part.strip() for part in numbers.split(",")]
    if len(parts) != len(sides):
        return None
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None

    where = [int(part[:9]) for part in parts]
    if any(at >= side for at, side in zip(where, sides, strict=True)):
        return None

    return number_of(where, sides)
