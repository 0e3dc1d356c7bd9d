"""A trace as a long table:
`layer,direction,quantity,batch,timestep,unit,value`, one value a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import release
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.export.members import Member, Selection, groups, windows_of
from rnn_tui.export.numbers import digits
from rnn_tui.export.table import row

COLUMNS = (
    "layer",
    "direction",
    "quantity",
    "batch",
    "timestep",
    "unit",
    "value",
)


def write_csv(
    trace: ModelTrace,
    file: TextIO,
    selection: Selection,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Write the trace and return how many arrays there were; units of images
    are counted row by row.

    The conditions of the numbers beside the file come first, in lines whose
    layer is `warning` and whose value is empty.
    """
    file.write(",".join(COLUMNS) + "\n")
    file.writelines(
        f"{row(['warning', '', line])},,,,\n" for line in trace.warnings
    )
    count = 0
    for group in groups(trace, selection):
        count += len(group)
        for start, windows in windows_of(group):
            for member, window in zip(group, windows, strict=True):
                check()
                file.writelines(_lines(member, start, window))
                release(window)

    return count


def _lines(member: Member, first: int, window: NDArray[Any]) -> Iterator[str]:
    """Yield the lines of a window, those of one timestep together."""
    head = row([member.layer, member.direction, member.quantity])
    steps = window  # (batch, timesteps, …)
    if not member.timed:
        steps = window[:, None]

    batch, timesteps, *inside = steps.shape
    width = int(np.prod(inside))
    units = [","]
    if inside:
        units = [f"{unit}," for unit in range(width)]

    values = digits(steps)
    place = 0
    for index in range(batch):
        for number in range(timesteps):
            t = ""
            if member.timed:
                t = str(first + number)

            start = f"{head},{index},{t},"
            stop = place + width
            cells = map(str.__add__, units, values[place:stop])
            place = stop
            yield start + f"\n{start}".join(cells) + "\n"
