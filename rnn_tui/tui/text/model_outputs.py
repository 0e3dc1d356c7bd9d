"""The model's outputs: bars for classes, the ten largest; lines over time for few
values.
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
        value = np.asarray(of_sequence(output, place.sequence), dtype=np.float64)
        if len(trace.outputs) > 1:
            title = f"output {index}   "
        else:
            title = ""

        if value.ndim == 2 and value.shape[1] <= MOST_LINES and value.shape[0] > 1:
            yield (f"{title}over time\n", "$muted")
            yield from _over_time(value, place.t, width, height, ascii_only)
        elif value.ndim == 2:
            t = min(place.t, len(value) - 1)
            yield (f"{title}at t {t}{_most(value.shape[1])}\n", "$muted")
            yield from _bars(
                value[t], width, ascii_only, fitting_names(names, value.shape[1])
            )
        elif value.ndim <= 1:
            yield (f"{title}{_most(value.size).lstrip(', ')}\n", "$muted")
            yield from _bars(
                value.ravel(), width, ascii_only, fitting_names(names, value.size)
            )
        else:
            timed = any(cell.timesteps == value.shape[0] for cell in trace.cells)
            t = min(place.t, len(value) - 1)
            yield (f"{title}{'at t ' + str(t) if timed else ''}", "$muted")
            yield from picture(
                value[t] if timed else value, width, max(4, min(height, 16)), ascii_only
            )

        yield ("\n", "")


def of_sequence(output: NDArray[Any], sequence: int) -> NDArray[Any]:
    """Return what a model returns for a sequence; one result may stand for several."""
    value: NDArray[Any] = output[min(sequence, len(output) - 1)]
    return value


def fitting_names(names: Mapping[int, str], classes: int) -> Mapping[int, str]:
    """Return what the classes are called, nothing where the vocabulary isn't as long as
    the output is wide.
    """
    if names and max(names) < classes <= max(names) + 2:
        return names

    return {}


def picture(
    values: NDArray[Any], width: int, height: int, ascii_only: bool
) -> Iterator[Part]:
    """Yield an image (of its channels the first) or a table of values as glyphs, with
    its scale.
    """
    if values.ndim > 2:
        channels = values.shape[-1]
    else:
        channels = 1

    if values.ndim > 2:
        flat = values[..., 0]
    else:
        flat = values

    flat = np.asarray(flat.reshape(-1, flat.shape[-1]), np.float32)
    shown = tiles(
        flat,
        fitting((flat.shape[0], flat.shape[1]), (height, (width - 4) // 2)),
        "mean",
    )
    scale = signed_scale(flat)
    glyphs = ramp(Look(colours="none", ascii=ascii_only), signed=True)
    if channels > 1:
        which = f", channel 0 of {channels}"
    else:
        which = ""

    yield (
        f"   {' × '.join(str(side) for side in values.shape)} values{which}\n",
        "$muted",
    )
    for row in scale.levels(shown, glyphs.count):
        yield (
            "  " + "".join(glyphs.glyphs[level] * 2 for level in row.tolist()) + "\n",
            "$foreground",
        )

    legend = "".join(glyphs.glyphs[: glyphs.count])
    yield (f"  {short(scale.low, 2)} {legend} {short(scale.high, 2)}\n", "$muted")


def _most(size: int) -> str:
    if size > MOST_BARS:
        return f", the {MOST_BARS} largest of {size}"

    return ""


def _bars(
    values: NDArray[Any], width: int, ascii_only: bool, names: Mapping[int, str]
) -> Iterator[Part]:
    """One bar a value; long rows are cut to the largest, in falling order."""
    shares = bool(np.all(values >= 0) and np.all(values <= 1 + 1e-6))
    if values.size > MOST_BARS:
        order = np.argsort(-values, kind="stable")[:MOST_BARS]
    else:
        order = np.arange(values.size)

    if shares:
        top = 1.0
    else:
        top = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0

    if values.size > 1:
        best = int(np.argmax(values))
    else:
        best = -1

    room = max((len(names.get(int(k), str(k))) for k in order), default=1)
    room = max(room, 4)
    length = max(8, min(44, width - room - 18))
    for k in order.tolist():
        value = float(values[k])
        tone = "$accent" if k == best else "$foreground"
        yield (f"  {names.get(k, str(k)):>{room}}  ", "$muted")
        filled = bar(abs(value) / top, length, ascii_only=ascii_only)
        yield (filled, tone if value >= 0 else "$muted")
        yield (f" {aligned(value, 4, whole=4, room=4)}\n", "bold" if k == best else "")


def _over_time(
    values: NDArray[Any], t: int, width: int, height: int, ascii_only: bool
) -> Iterator[Part]:
    """Lines over time with their scale, and the values at t."""
    low = float(np.nanmin(values))
    high = float(np.nanmax(values))
    if low == high:
        low = low - 0.5
        high = high + 0.5

    across = max(10, min(width - 14, 100))
    down = max(4, min(height, 12))
    drawn = plot(
        [values[:, k] for k in range(values.shape[1])],
        across,
        down,
        low,
        high,
        ascii_only=ascii_only,
    )
    marks = axis(low, high, down)
    at = round(t / max(len(values) - 1, 1) * (across - 1))
    for y, row in enumerate(drawn.rows):
        yield (f"{short(marks[y]) if y in marks else '':>9} ", "$muted")
        for x, glyph in enumerate(row):
            series = int(drawn.series[y, x])
            if x == at and glyph == " ":
                yield ("|" if ascii_only else "│", "$faint")
            else:
                yield (glyph, SERIES[series] if series >= 0 else "")

        yield ("\n", "")

    t = min(t, len(values) - 1)
    yield (f"{'t ' + str(t):>9} ", "$muted")
    for k in range(values.shape[1]):
        yield (f"{aligned(float(values[t, k]), 5, whole=4, room=5)}  ", SERIES[k])

    yield ("\n", "")
