"""The model's outputs: bars for classes, the ten largest; lines over time for
few values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.renderables.bars import bar
from rnn_tui.tui.renderables.braille_plot import axis, plot
from rnn_tui.tui.renderables.mosaic import fitting, tiles
from rnn_tui.tui.renderables.numbers import aligned, short
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import ramp, signed_scale

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.tui.session.cursor import Place

Part = tuple[str, str]
"""Text and its style."""

MOST_BARS = 10
MOST_LINES = 4
SERIES = ("$accent", "$warning", "$foreground", "$muted")


def predictions(
    trace: ModelTrace,
    place: Place,
    width: int,
    height: int,
    ascii_only: bool,
    names: Mapping[int, str],
) -> Iterator[Part]:
    """Yield every output of the model as a picture with its numbers."""
    for index, output in enumerate(trace.outputs):
        value = np.asarray(
            of_sequence(output, place.sequence),
            dtype=np.float64,
        )
        title = ""
        if len(trace.outputs) > 1:
            title = f"output {index}   "

        if value.ndim:
            t = min(place.t, len(value) - 1)
        else:
            t = 0

        if value.ndim <= 1:
            classes = value.ravel()
            yield (f"{title}{_most(value.size).lstrip(', ')}\n", "$muted")
            found = fitting_names(names, value.size)
            yield from bars(classes, width, ascii_only, found)
        elif value.ndim > 2:
            yield from _pictured(
                trace,
                value,
                t,
                title,
                (width, height),
                ascii_only,
            )
        elif value.shape[1] <= MOST_LINES and value.shape[0] > 1:
            yield (f"{title}over time\n", "$muted")
            yield from over_time(value, place.t, width, height, ascii_only)
        else:
            yield (f"{title}at t {t}{_most(value.shape[1])}\n", "$muted")
            found = fitting_names(names, value.shape[1])
            yield from bars(value[t], width, ascii_only, found)

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
    yield from picture(value, width, max(4, min(height, 16)), ascii_only)


def of_sequence(output: NDArray[Any], sequence: int) -> NDArray[Any]:
    """Return what a model returns for a sequence; one result may stand for
    several.
    """
    value: NDArray[Any] = output[min(sequence, len(output) - 1)]
    return value


def fitting_names(names: Mapping[int, str], classes: int) -> Mapping[int, str]:
    """Return what the classes are called, nothing where the vocabulary isn't as
    long as the output is wide.
    """
    if names and max(names) < classes <= max(names) + 2:
        return names

    return {}


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

    flat = np.asarray(first.reshape(-1, first.shape[-1]), np.float32)
    rows, columns = flat.shape
    factor = fitting((rows, columns), (height, (width - 4) // 2))
    shown = tiles(flat, factor, "mean")
    scale = signed_scale(flat)
    drawn = ramp(Look(colours="none", ascii=ascii_only), signed=True)
    sides = " × ".join(map(str, values.shape))
    yield (f"   {sides} values{which}\n", "$muted")
    for row in scale.levels(shown, drawn.count):
        line = "".join(drawn.glyphs[level] * 2 for level in row.tolist())
        yield (f"  {line}\n", "$foreground")

    legend = "".join(drawn.glyphs[: drawn.count])
    yield (
        f"  {short(scale.low, 2)} {legend} {short(scale.high, 2)}\n",
        "$muted",
    )


def _most(size: int) -> str:
    if size > MOST_BARS:
        return f", the {MOST_BARS} largest of {size}"

    return ""


def bars(
    values: NDArray[Any],
    width: int,
    ascii_only: bool,
    names: Mapping[int, str],
) -> Iterator[Part]:
    """One bar a value; long rows are cut to the largest, in falling order."""
    order = list(range(values.size))
    if values.size > MOST_BARS:
        order = np.argsort(-values, kind="stable")[:MOST_BARS].tolist()

    best = -1
    if values.size > 1:
        best = int(np.argmax(values))

    largest = _full_bar(values)
    labels = {k: names.get(k, str(k)) for k in order}
    room = max([4, *map(len, labels.values())])
    length = max(8, min(44, width - room - 18))
    for k, label in labels.items():
        value = float(values[k])
        if k == best:
            tone = "$accent"
            weight = "bold"
        else:
            tone = "$foreground"
            weight = ""

        if value < 0:
            tone = "$muted"

        filled = bar(abs(value) / largest, length, ascii_only=ascii_only)
        yield (f"  {label:>{room}}  ", "$muted")
        yield (filled, tone)
        yield (f" {aligned(value, 4, whole=4, room=4)}\n", weight)


def _full_bar(values: NDArray[Any]) -> float:
    """Return the value whose bar is full: 1 where all are shares."""
    if bool(np.all(values >= 0) and np.all(values <= 1 + 1e-6)):
        return 1.0

    return float(np.nanmax(np.abs(values), initial=0.0)) or 1.0


def over_time(
    values: NDArray[Any],
    t: int,
    width: int,
    height: int,
    ascii_only: bool,
) -> Iterator[Part]:
    """Lines over time with their scale, and the values at t."""
    low = float(np.nanmin(values))
    high = float(np.nanmax(values))
    if low == high:
        low -= 0.5
        high += 0.5

    across = max(10, min(width - 14, 100))
    down = max(4, min(height, 12))
    lines = list(values.T)
    drawn = plot(lines, across, down, low, high, ascii_only=ascii_only)
    marks = axis(low, high, down)
    last = len(values) - 1
    at = round(t / max(last, 1) * (across - 1))
    cursor = "|" if ascii_only else "│"
    for y, row in enumerate(drawn.rows):
        if y in marks:
            number = short(marks[y])
        else:
            number = ""

        yield (f"{number:>9} ", "$muted")
        series = drawn.series[y].tolist()
        for x, (glyph, one) in enumerate(zip(row, series, strict=True)):
            if x == at and glyph == " ":
                yield (cursor, "$faint")
            elif one >= 0:
                yield (glyph, SERIES[one])
            else:
                yield (glyph, "")

        yield ("\n", "")

    t = min(t, last)
    when = f"t {t}"
    yield (f"{when:>9} ", "$muted")
    for tone, value in zip(SERIES, values[t].tolist(), strict=False):
        yield (f"{aligned(value, 5, whole=4, room=5)}  ", tone)

    yield ("\n", "")
