"""The model's outputs: bars for classes, as many as there is room for; lines
over time for few values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.renderables.bars import bar
from rnn_tui.tui.renderables.mosaic import fitting, tiles
from rnn_tui.tui.renderables.numbers import aligned, short
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import ramp, signed_scale
from rnn_tui.tui.session.tokens import fitting_names
from rnn_tui.tui.text.curves import HIGHEST, LOWEST, legend, over_time
from rnn_tui.tui.text.other_run import Other, of_sequence

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.tui.session.cursor import Place

Part = tuple[str, str]
"""Text and its style."""

FEWEST_BARS = 10
"""Bars that are drawn in any case; more have to fit, the largest first."""
MOST_LINES = 4
LONGEST_BAR = 96
NUMBER = 10
"""Cells of the value behind a bar."""
WIDE = 110
"""Width from which on bars that don't fit below each other have two columns."""
PICTURE = 16
"""Lines of a picture."""


def lines_wanted(value: NDArray[Any], columns: int = 1) -> int:
    """Return the lines that the figure of an output of one sequence fills, its
    bars in so many columns.
    """
    if value.ndim > 2:
        return PICTURE

    if is_over_time(value):
        return HIGHEST

    if not value.ndim:
        return 1

    classes = int(value.shape[-1])
    if classes <= FEWEST_BARS:
        return classes

    return -(-classes // columns)


def is_over_time(value: NDArray[Any]) -> bool:
    """Whether an output of one sequence is drawn as lines over time."""
    few = value.ndim == 2 and value.shape[1] <= MOST_LINES

    return few and value.shape[0] > 1


def predictions(
    trace: ModelTrace,
    place: Place,
    width: int,
    heights: Sequence[int],
    ascii_only: bool,
    names: Mapping[int, str],
    others: Sequence[Other | None] = (),
) -> Iterator[Part]:
    """Yield every output of the model as a figure with its numbers, in
    `heights` lines each; `others` are those of the run that it is compared
    with.
    """
    for index, output in enumerate(trace.outputs):
        own = of_sequence(output, place.sequence)
        value = np.asarray(own, dtype=np.float64)
        title = ""
        if len(trace.outputs) > 1:
            title = f"output {index}   "

        room = (width, heights[index])
        other = None
        if index < len(others):
            other = others[index]

        if value.ndim <= 1:
            found = fitting_names(names, value.size)
            bars_title = _most(value.size, room, other).lstrip(", ")
            yield (f"{title}{bars_title}\n", "$muted")
            yield from bars(value.ravel(), room, ascii_only, found, other)
        elif value.ndim > 2:
            t = min(place.t, len(value) - 1)
            yield from _pictured(trace, value, t, title, room, ascii_only)
        elif is_over_time(value):
            yield (f"{title}over time", "$muted")
            yield from legend(other, value.shape[1], ascii_only)
            yield ("\n", "")
            yield from over_time(value, place.t, *room, ascii_only, other)
        else:
            t = min(place.t, len(value) - 1)
            found = fitting_names(names, value.shape[1])
            most = _most(value.shape[1], room, other)
            yield (f"{title}at t {t}{most}\n", "$muted")
            there = None
            if other is not None:
                there = other.at(t)

            yield from bars(value[t], room, ascii_only, found, there)

        yield ("\n", "")


def _pictured(
    trace: ModelTrace,
    value: NDArray[Any],
    t: int,
    title: str,
    room: tuple[int, int],
    ascii_only: bool,
) -> Iterator[Part]:
    """Yield an output of more than two axes: where it goes over time, that of
    one timestep.
    """
    width, height = room
    timed = any(cell.timesteps == value.shape[0] for cell in trace.cells)
    if timed:
        title += f"at t {t}"
        value = value[t]

    yield (title, "$muted")
    yield from picture(
        value, width, max(LOWEST, min(height, PICTURE)), ascii_only
    )


def picture(
    values: NDArray[Any],
    width: int,
    height: int,
    ascii_only: bool,
) -> Iterator[Part]:
    """Yield an image (of its channels the first) or a table of values as
    glyphs, with its scale.
    """
    which = ""
    first = values
    if values.ndim > 2:
        first = values[..., 0]
        if values.shape[-1] > 1:
            which = f", channel 0 of {values.shape[-1]}"

    matrix = first.reshape(-1, first.shape[-1])
    flat = np.asarray(matrix, np.float32)
    rows, columns = flat.shape
    pairs = (width - 4) // 2
    factor = fitting((rows, columns), (height, pairs))
    shown = tiles(flat, factor, "mean")
    scale = signed_scale(flat)
    look = Look(colours="none", ascii=ascii_only)
    drawn = ramp(look, signed=True)
    sides = " × ".join(map(str, values.shape))
    yield (f"   {sides} values{which}\n", "$muted")
    for row in scale.levels(shown, drawn.count):
        line = "".join(drawn.glyphs[level] * 2 for level in row.tolist())
        yield (f"  {line}\n", "$foreground")

    legend = "".join(drawn.glyphs[: drawn.count])
    low = short(scale.low, 2)
    high = short(scale.high, 2)
    yield (f"  {low} {legend} {high}\n", "$muted")


def _bar_columns(
    classes: int,
    room: tuple[int, int],
    other: Other | None,
) -> int:
    """Return in how many columns the bars of so many classes are drawn; of two
    runs each has one.
    """
    width, height = room
    wide = width >= WIDE and other is None
    if wide and classes > max(height, FEWEST_BARS):
        return 2

    return 1


def _bars_drawn(
    classes: int,
    room: tuple[int, int],
    other: Other | None,
) -> int:
    """Return how many bars are drawn in `room`."""
    columns = _bar_columns(classes, room, other)

    return min(classes, max(FEWEST_BARS, room[1] * columns))


def _most(size: int, room: tuple[int, int], other: Other | None) -> str:
    if size <= FEWEST_BARS:
        return ""

    drawn = _bars_drawn(size, room, other)
    if drawn < size:
        return f", the {drawn} largest of {size}"

    return f", all {size}, the largest first"


def bars(
    values: NDArray[Any],
    room: tuple[int, int],
    ascii_only: bool,
    names: Mapping[int, str],
    other: Other | None = None,
) -> Iterator[Part]:
    """Yield one bar a value; of more than FEWEST_BARS as many as there is room
    for, in falling order, column by column. Those of another run are beside
    them.
    """
    order = list(range(values.size))
    if values.size > FEWEST_BARS:
        drawn = _bars_drawn(values.size, room, other)
        order = np.argsort(-values, kind="stable")[:drawn].tolist()

    columns = _bar_columns(values.size, room, other)
    rows = -(-len(order) // columns)
    labels = {k: names.get(k, str(k)) for k in order}
    lengths = map(len, labels.values())
    label_room = max([4, *lengths])
    width, _ = room
    if other is not None:
        shown = [(k, labels[k].rjust(label_room)) for k in order]
        yield from _pairs(values, other, shown, width, ascii_only)
        return

    around = label_room + 18
    free = width // columns - around
    length = max(8, min(LONGEST_BAR, free))
    full = _full_bar(values)
    for row in range(rows):
        for k in order[row::rows]:
            yield (f"  {labels[k]:>{label_room}}  ", "$muted")
            yield from _bar(values, k, full, length, ascii_only)

        yield ("\n", "")


def _pairs(
    values: NDArray[Any],
    other: Other,
    labels: Sequence[tuple[int, str]],
    width: int,
    ascii_only: bool,
) -> Iterator[Part]:
    """Yield the bars of both runs side by side, below their names."""
    theirs = other.values.ravel()
    full = _full_bar(np.concatenate([values, theirs]))
    _, first_label = labels[0]
    beside = 4 + len(first_label)
    each = (width - beside - 2) // 2
    length = max(8, min(LONGEST_BAR, each - NUMBER))
    name_room = length + NUMBER
    mine, their_name = (name[:name_room] for name in other.names)
    yield (f"{'':{beside}}{mine:<{name_room}}  {their_name}\n", "$foreground")
    for k, label in labels:
        yield (f"  {label}  ", "$muted")
        yield from _bar(values, k, full, length, ascii_only)
        yield ("  ", "")
        yield from _bar(theirs, k, full, length, ascii_only)
        yield ("\n", "")


def _bar(
    values: NDArray[Any],
    k: int,
    full: float,
    length: int,
    ascii_only: bool,
) -> Iterator[Part]:
    """Yield the bar of value `k`, and the value; the largest is told by its
    colour.
    """
    value = float(values[k])
    tone = "$foreground"
    weight = ""
    if values.size > 1 and k == int(np.argmax(values)):
        tone = "$accent"
        weight = "bold"

    if value < 0:
        tone = "$muted"

    yield (bar(abs(value) / full, length, ascii_only=ascii_only), tone)
    yield (f" {aligned(value, 4, whole=4, room=4)}", weight)


def _full_bar(values: NDArray[Any]) -> float:
    """Return the value whose bar is full: 1 where all are shares."""
    if bool(np.all(values >= 0) and np.all(values <= 1 + 1e-6)):
        return 1.0

    return float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
