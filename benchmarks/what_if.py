"""What if, against the run as it is: a run by the page with edits, the effects
of switching off every unit, the prediction so far.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Figure, compared
from benchmarks.models import layer_file
from rnn_tui.analysis.effects import effects
from rnn_tui.analysis.so_far import so_far
from rnn_tui.analysis.target import parse_target
from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.model import Model
from rnn_tui.formats.opened import open_model

TIMESTEPS, UNITS, FEATURES = 200, 128, 16
EFFECTS_TARGET = 86.0
"""All units off as one batch, in runs of the model."""


def figures() -> Iterator[Figure]:
    """Yield the figures of an LSTM and a GRU."""
    x = np.random.default_rng(0).standard_normal(
        (TIMESTEPS, FEATURES), np.float32
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("LSTM", "GRU"):
            path = layer_file(Path(folder), kind, FEATURES, UNITS)
            yield from _of(open_model(path).model, kind, x)


def _of(model: Model, kind: str, x: np.ndarray) -> Iterator[Figure]:
    layer = model.called_cells()[0].key
    fed = {model.inputs[0].name: x}
    target = parse_target(f"{layer}.h[0]", model)
    mask = np.arange(UNITS) == 3
    edited = model.edited({layer: [Edit("h", mask, np.zeros(UNITS))]})
    trace = model.run(x)
    work = f"{kind} {UNITS}, {TIMESTEPS} timesteps"

    yield compared(
        "what if",
        f"{work}: one unit off",
        "the run as it is",
        lambda: edited.run(x),
        lambda: model.run(x),
    )
    yield compared(
        "what if",
        f"{work}: each of {UNITS} units off",
        "the run as it is",
        lambda: effects(model, fed, layer, target, trace=trace),
        lambda: model.run(x),
        EFFECTS_TARGET,
    )
    yield compared(
        "what if",
        f"{work}: the prediction so far",
        "the run as it is",
        lambda: so_far(model, trace),
        lambda: model.run(x),
    )
