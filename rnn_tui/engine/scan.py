"""A cell over a whole sequence: windows of time, one after the other, each from the states the last one left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rnn_tui.engine.arrays import Array, Mask
from rnn_tui.engine.fast import Scan
from rnn_tui.engine.layer import Run


class Scanned(NamedTuple):
    """What a cell went through, in the order it read: quantities `(batch, timesteps, units)`, last states by name.

    `raw` is h as computed at every timestep, before a mask held it: what the next of stacked cells reads.
    """

    values: Mapping[str, Array]
    final: Mapping[str, Array]
    raw: Array


def window_length(units: int) -> int:
    """Return how many timesteps make a window: some milliseconds of work, whatever the width."""
    return 256 if units <= 128 else 64 if units <= 1024 else 16


def scan(scan: Scan, x: Array, initial: Mapping[str, Array], mask: Mask | None, run: Run) -> Scanned:
    """Read `x`, `(batch, timesteps, features)` in processing order, starting at `initial`."""
    batch, timesteps, _ = x.shape
    width = scan.units * batch
    states = [np.array(initial[name].T, dtype=run.dtype, order="C") for name in scan.states]
    record = np.empty((timesteps, len(scan.slots) * width), run.dtype)
    raw = None if mask is None else np.empty((timesteps, width), run.dtype)
    steps, masks = x.transpose(1, 0, 2), None if mask is None else mask.T
    length = window_length(scan.units)
    for start in range(0, timesteps, length):
        run.check()
        window = slice(start, start + length)
        scan.window(
            steps[window],
            states,
            record[window],
            None if masks is None else masks[window],
            None if raw is None else raw[window],
        )
        run.progress(min(start + length, timesteps), timesteps)

    def quantity(flat: Array) -> Array:
        return flat.reshape(timesteps, scan.units, batch).transpose(2, 0, 1)

    values = {name: quantity(record[:, k * width : (k + 1) * width]) for k, name in enumerate(scan.slots)}
    final = {name: np.ascontiguousarray(state.T) for name, state in zip(scan.states, states, strict=True)}
    return Scanned(values, final, values["h"] if raw is None else quantity(raw))
