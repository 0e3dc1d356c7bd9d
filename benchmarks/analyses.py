"""What the states and gates of a run say, against the run: memory, saturation,
the units' statistics, the principal components.

What takes runs of its own is in gradients.py (swaps) and what_if.py (units that
are off, all in one batch).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Figure, compared
from benchmarks.models import layer_file
from rnn_tui.analysis.components import component_series
from rnn_tui.analysis.felt import input_norms
from rnn_tui.analysis.gate_memory import gate_memory
from rnn_tui.analysis.saturation import saturation
from rnn_tui.analysis.series import beside
from rnn_tui.analysis.state_memory import state_memory
from rnn_tui.analysis.target import parse_target
from rnn_tui.analysis.units import unit_statistics
from rnn_tui.analysis.written import written
from rnn_tui.engine.model import Model
from rnn_tui.formats.opened import open_model

TIMESTEPS, UNITS, FEATURES = 200, 128, 16
KINDS = ("LSTM", "GRU")


def figures() -> Iterator[Figure]:
    """Yield the figures of an LSTM and a GRU."""
    x = np.random.default_rng(0).standard_normal(
        (TIMESTEPS, FEATURES), np.float32
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = layer_file(Path(folder), kind, FEATURES, UNITS)
            yield from _of(open_model(path).model, kind, x)


def _of(model: Model, kind: str, x: np.ndarray) -> Iterator[Figure]:
    trace = model.run(x)
    (cell,) = trace.cells
    state = cell.cell.states[-1]
    target = parse_target(f"{cell.key}.h[0]", model)
    series = beside(model, trace, cell).series
    found = unit_statistics(cell).states[state].components

    works: dict[str, Callable[[], object]] = {
        "kept by the gate": lambda: gate_memory(cell),
        "kept by the whole cell": lambda: state_memory(cell),
        "felt by lag": lambda: input_norms(model, trace, target),
        "written and still there": lambda: written(cell, 0),
        "saturation": lambda: saturation(cell),
        "std, peak and components": lambda: unit_statistics(cell),
        f"the same and r with {len(series.names)} series": (
            lambda: unit_statistics(cell, series)
        ),
        "the state along its components": (
            lambda: component_series(cell, state, found)
        ),
    }
    for words, work in works.items():
        yield compared(
            "analyses",
            f"{kind} {UNITS}, {TIMESTEPS} timesteps: {words}",
            "its run",
            work,
            lambda: model.run(x),
        )
