"""The content of the state line: layer and direction, timestep and its input,
unit and its values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnn_tui.text import clean, counted
from rnn_tui.tui.renderables.numbers import aligned
from rnn_tui.tui.renderables.shapes import thousands
from rnn_tui.tui.terminal.text_width import width_of

if TYPE_CHECKING:
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.session.cursor import Place

Part = tuple[str, str]
"""Text and its style."""

KEPT, LONGEST = 1 << 14, 64
"""Values of a state, and timesteps, that are read at once."""

TOKEN, MASKED, FREE = 10, 8, 3
"""Cells of the state line for a token, for the word that it was masked, and
around and between its ends.
"""

CONTAINERS = {
    "keras-h5": "HDF5",
    "keras-zip": ".keras",
    "keras-folder": ".keras folder",
    "weights-h5": "weights only",
    "savedmodel": "SavedModel",
    "tf-checkpoint": "TF checkpoint",
    "tfjs": "TF.js",
    "pytorch": "PyTorch",
    "safetensors": "safetensors",
}


def file_name(path: str) -> str:
    """Return a file's name as it is shown."""
    return clean(path.rpartition("/")[2])


def first_of(lines: Sequence[str]) -> str:
    """Return the first of several warnings, and how many there are besides."""
    if len(lines) == 1:
        return lines[0]

    return f"{lines[0]} (and {len(lines) - 1:,} more)"


def title_facts(opened: OpenedModel) -> tuple[str, ...]:
    """Return the facts of the title line about the file, the most important
    first.
    """
    file = opened.file
    model = opened.model
    layers = sum(1 for layer in model.layers if layer.depth == 0)
    facts = [file.path.rpartition("/")[2]]
    if opened.lacks:
        count = len(opened.warnings)
        facts.append(f"! {counted(count, 'warning')}: 1 Layers")
    elif opened.deduced:
        facts.append("! assumed")

    facts.append(counted(layers, "layer"))
    facts.append(f"{thousands(model.parameters)} parameters")
    if file.keras_version:
        facts.append(f"Keras {file.keras_version}")
    elif file.layout != "modules":
        facts.append("Keras version unknown")

    facts.append(CONTAINERS[file.container])

    return tuple(facts)


def state_parts(
    cell: CellTrace,
    place: Place,
    states: Sequence[tuple[str, float]],
    decimals: int,
    wide: bool,
    token: str = "",
    narrow: bool = False,
) -> tuple[Part, ...]:
    """Return the place in words and numbers; widths don't change while time
    moves.

    `states` are the names and values of the states there, `token` is the input
    as text.
    """
    last = cell.timesteps - 1
    last_unit = cell.units - 1
    t_width = len(str(last))
    unit_width = len(str(last_unit))
    t = f"{place.t:>{t_width}}"
    unit = f"{place.unit:>{unit_width}}"
    if wide:
        gap = "    "
        between = "  "
    elif narrow:
        gap = between = " "
    else:
        gap = between = "  "

    parts: list[Part] = [*_names(cell, wide)]
    parts += [(f"{gap}t ", "$muted"), (t, "bold"), (f"/{last}", "$muted")]
    if cell.batch > 1:
        which = "seq"
        if wide:
            which = "sequence"

        numbers = f"{place.sequence}/{cell.batch - 1}"
        parts.append((f" {which} {numbers}", "$muted"))

    if wide:
        parts.append((f"  {token or input_text(cell, place)}", ""))

    word = "unit"
    whole = 3
    if narrow:
        word = "u"
        whole = 2

    parts += [(f"{gap}{word} ", "$muted"), (unit, "bold")]
    if place.pixel >= 0:
        parts += _pixel(cell, place, narrow)

    for name, value in states:
        text = aligned(value, decimals, whole=whole, room=decimals)
        parts += [(f"{between}{name} ", "$muted"), (text, "")]

    if cell.mask is not None:
        was_read = cell.mask[place.sequence, place.t]
        if not was_read:
            parts.append(("  masked", "$warning"))

    return tuple(parts)


def _names(cell: CellTrace, wide: bool) -> list[Part]:
    """Return which cell it is: its layer, its kind where there is room, its
    direction.
    """
    parts: list[Part] = [(cell.layer, "$accent bold")]
    if wide:
        kind = type(cell.cell).__name__.removesuffix("Cell")
        parts.append((f" · {kind}({cell.units})", "$muted"))

    if cell.direction:
        parts.append((f" ▸ {cell.direction}", "$muted"))

    if cell.index is not None:
        parts.append((f" ▸ cell {cell.index}", "$muted"))

    return parts


def _pixel(cell: CellTrace, place: Place, narrow: bool) -> list[Part]:
    """Return which pixel it is, nothing where there are no pictures."""
    from rnn_tui.analysis.pixels import position

    sides = cell.sides
    if not sides:
        return []

    where = ",".join(map(str, position(place.pixel, sides)))
    if narrow:
        return [(" px ", "$muted"), (where, "bold")]

    return [("  pixel ", "$muted"), (where, "bold")]


class StateValues:
    """Reads the states at a place; those of the timesteps around it are kept,
    for time mostly goes on from there.
    """

    def __init__(self) -> None:
        self._window: tuple[object, ...] = ()
        """The cell and the place of the kept values."""
        self._kept: list[Array] = []
        """Of each state `(timesteps, …, units)`."""

    def at(self, cell: CellTrace, place: Place) -> list[tuple[str, float]]:
        """Return the name and the value of each state at a place; of a picture
        that of the selected pixel, or the mean of all.
        """
        names = cell.cell.states
        length = _window_length(cell)
        start = place.t // length * length
        window = cell, cell.filled, place.sequence, start
        if self._window != window:
            row = (place.sequence,)
            stop = start + length
            self._kept = [
                cell.read_rows(name, row, start, stop)[0] for name in names
            ]
            self._window = window

        found = []
        for name, values in zip(names, self._kept, strict=True):
            value = values[place.t - start, ..., place.unit]
            if value.ndim == 0:
                found.append((name, float(value)))
            elif place.pixel >= 0:
                found.append((name, float(value.ravel()[place.pixel])))
            else:
                found.append((f"mean {name}", float(value.mean())))

        return found


def _window_length(cell: CellTrace) -> int:
    """Return how many timesteps of the states are read at once."""
    values = int(cell.initial["h"][0].size)

    return max(1, min(LONGEST, KEPT // values))


def has_room(
    cell: CellTrace,
    parts: Sequence[Part],
    token: str,
    width: int,
) -> bool:
    """Say whether the whole line is seen, at other timesteps too: tokens differ
    in width, some may be masked.
    """
    needed = FREE
    masked = False
    for text, _ in parts:
        needed += width_of(text)
        masked = masked or "masked" in text

    if token:
        needed += max(TOKEN - width_of(token), 0)

    if cell.mask is not None and not masked:
        needed += MASKED

    return needed <= width


def token_text(
    trace: ModelTrace,
    cell: CellTrace,
    place: Place,
    vocabulary: Mapping[str, int] | None,
) -> str:
    """Return the token the model was fed at this timestep, empty where it
    wasn't fed tokens.
    """
    from rnn_tui.tui.session.tokens import token_ids, tokens

    ids = token_ids(trace, cell, place.t, place.t + 1, place.sequence)
    if ids is None:
        return ""

    words = tokens(ids, vocabulary)
    if words:
        return f"“{words[0]}”"

    return f"token {int(ids[0]):<4}"


def input_text(cell: CellTrace, place: Place, most: int = 3) -> str:
    """Return the input of the cell at this timestep, its first features."""
    x = cell.read_input(place.t, place.t + 1)[place.sequence, 0].ravel()
    numbers = [aligned(float(value), 2, whole=3, room=2) for value in x[:most]]
    if x.size > most:
        numbers.append("…")

    return f"x {' '.join(numbers)}"
