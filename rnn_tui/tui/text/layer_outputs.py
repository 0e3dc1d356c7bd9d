"""Which arrays a recurrent layer returns in Keras, and why: in words, from its
configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnn_tui.tui.renderables.numbers import aligned
from rnn_tui.tui.renderables.shapes import shape_text

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.engine.trace.trace import LayerTrace
    from rnn_tui.tui.session.cursor import Place

Part = tuple[str, str]
"""Text and its style."""

TABLE_WIDTH = 74
"""Below this width only the layer's own choice is written."""

MOST_NUMBERS = 8
FEWEST_BESIDE = 4
"""Numbers of an array that are shown; where fewer fit beside its name they are
below it.
"""
MOST_BELOW = 2
"""Arrays up to which there is a line more for each: the model's output comes
after them.
"""

LAST, WHOLE = "h at the last timestep", "h at every timestep"


def returns_sequences(layer: LayerInfo) -> bool:
    """Whether the layer was configured with return_sequences."""
    return bool(layer.config.get("return_sequences"))


def returns_state(layer: LayerInfo) -> bool:
    """Whether the layer was configured with return_state."""
    return bool(layer.config.get("return_state"))


def choice_table(
    layer: LayerInfo,
    states: tuple[str, ...],
    width: int,
) -> Iterator[Part]:
    """Yield the table of return_sequences × return_state, the layer's own
    choice marked.
    """
    sequences = returns_sequences(layer)
    state = returns_state(layer)
    if width < TABLE_WIDTH:
        yield (
            f"return_sequences={sequences}\nreturn_state={state}\n",
            "$muted",
        )
        text = ", ".join(
            [WHOLE if sequences else LAST, *(states if state else ())]
        )
        yield (f"● {text}\n", "$accent bold")
        return

    yield (
        f"{'return_sequences':<18}{'return_state=False':<26}return_state=True\n",
        "$muted",
    )
    for whole in (False, True):
        yield (f"{whole!s:<16}", "$muted")
        for with_state in (False, True):
            text = ", ".join(
                [WHOLE if whole else LAST, *(states if with_state else ())]
            )
            here = whole == sequences and with_state == state
            yield (
                f"{'● ' if here else '  '}{text:<24}",
                "$accent bold" if here else "$muted",
            )

        yield ("\n", "")


def array_names(layer: LayerInfo, trace: LayerTrace) -> list[str]:
    """Return the name of each array of the layer."""
    cells = trace.cells
    states = [
        _state_name(name, cell.direction, cell.index)
        for cell in cells
        for name in cell.cell.states
    ]
    if returns_state(layer):
        ends = states
    else:
        ends = []

    if returns_sequences(layer):
        main = WHOLE
    else:
        main = LAST

    count = len(trace.outputs) - len(ends)
    if count == 1:
        joined = layer.class_name == "Bidirectional"
        return [main + (", both directions joined" if joined else ""), *ends]

    return [f"{main}, {direction}" for direction in ("forward", "backward")][
        :count
    ] + ends


def _state_name(name: str, direction: str | None, index: int | None) -> str:
    if direction:
        where = f", {direction}"
    elif index is not None:
        where = f", cell {index}"
    else:
        where = ""

    return f"last {name}{where}"


def arrays(
    layer: LayerInfo,
    trace: LayerTrace,
    place: Place,
    width: int,
) -> Iterator[Part]:
    """Yield one line for each array the layer returned: its name, its shape,
    its first values (at timestep t).
    """
    names = array_names(layer, trace)
    longest = max(len(name) for name in names)
    room = longest + 2
    shapes = [shape_text((None, *value.shape[1:])) for value in trace.outputs]
    lengths = [len(shape) + 2 for shape in shapes]
    sizes = max(16, *lengths)
    timed = returns_sequences(layer)
    for index, (name, value) in enumerate(
        zip(names, trace.outputs, strict=False)
    ):
        yield (f"[{index}] ", "$muted")
        yield (f"{name:<{room}}", "")
        yield (f"{shapes[index]:<{sizes}}", "$muted")
        row = value[place.sequence]
        when = ""
        if timed and value.ndim > 2:
            t = min(place.t, value.shape[1] - 1)
            row = row[t]
            when = f"t {t}"

        if timed:
            when = f"{when:<7}"

        count = (width - room - sizes - 12) // 9
        if len(names) <= MOST_BELOW and count < min(row.size, FEWEST_BESIDE):
            when = f"\n    {when}"
            count = (width - 13) // 9

        count = max(1, min(MOST_NUMBERS, count))
        first = row.ravel()[:count]
        numbers = [aligned(float(x), 3, whole=3, room=3) for x in first]
        if row.size > count:
            numbers.append("…")

        line = " ".join(numbers)
        yield (when, "$muted")
        yield (f"{line}\n", "")
