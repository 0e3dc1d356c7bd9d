"""Gradients through time and the influence of timesteps, against the run that
they are of and against TensorFlow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.engine import left_out
from benchmarks.measure import CPU, Figure, compared
from benchmarks.models import configuration, write
from benchmarks.peers import Problem, problem
from rnn_tui import open_model
from rnn_tui.analysis.gradients import gradients
from rnn_tui.analysis.influence import influence, influence_map
from rnn_tui.analysis.integrated import NODES
from rnn_tui.analysis.target import parse_target

KINDS = (("LSTM", 2), ("GRU", 3))
"""The kinds, and how many times the run their gradient may take."""
MAP, SWAPS, INTEGRATED = 87, 60, 77
"""How many times the run a map, the swaps of all timesteps and Integrated
Gradients may take.
"""


def opened(p: Problem, folder: Path) -> Any:
    """Return the model of a problem."""
    path = folder / f"{p.kind}-{p.units}-{p.timesteps}.h5"
    layer = ("layer", p.kind, configuration(p.kind, p.units), list(p.weights))
    shape = [None, None, p.x.shape[2]]
    return open_model(write(path, [layer], shape)).model


def figures() -> Iterator[Figure]:
    """Measure the gradients."""
    with (
        tempfile.TemporaryDirectory() as name,
        peers.quiet_tensorflow() as tensorflow,
    ):
        folder = Path(name)
        for kind, most in KINDS:
            p = problem(kind, 128, 200)
            yield from against_run(p, folder, most)
            # TensorFlow works in threads of its own, whatever is asked of it
            if tensorflow and not CPU:
                yield from against_tensorflow(p, folder)
            elif not tensorflow:
                left_out("Keras: tensorflow")


def against_run(p: Problem, folder: Path, most: int) -> Iterator[Figure]:
    """The run that keeps every gate, which a gradient reads."""
    model = opened(p, folder)
    name = model.cells[0].key
    trace = model.run(p.x)
    target = parse_target(f"{name}.h[0]@-1", model)
    work = f"{p.kind}, {p.units} units, T {p.timesteps}"
    run = f"its run: {work}"

    def forward() -> object:
        return model.run(p.x)

    def row(
        words: str, ours: Callable[[], object], target: float | None
    ) -> Figure:
        return compared(
            "gradients", f"{words}, {work}", run, ours, forward, target
        )

    yield row(
        "gradient of one unit", lambda: gradients(model, trace, target), most
    )
    yield row(
        "map of one unit",
        lambda: influence_map(model, p.x, f"{name}.h", trace=trace),
        MAP,
    )
    yield row(
        "each timestep swapped",
        lambda: influence(model, p.x, target, trace=trace),
        SWAPS,
    )
    yield row(
        f"Integrated Gradients, {NODES} nodes",
        lambda: influence(model, p.x, target, "ig", trace=trace),
        INTEGRATED,
    )


def against_tensorflow(p: Problem, folder: Path) -> Iterator[Figure]:
    """A GradientTape in a tf.function, which runs the layer as well, and one
    batch of all swaps; TensorFlow uses every core.
    """
    model = opened(p, folder)
    name = model.cells[0].key
    target = parse_target(f"{name}.h[0]@-1", model)
    work = f"{p.kind}, {p.units} units, T {p.timesteps}"
    tape = "Keras, GradientTape in a tf.function"

    yield compared(
        "gradients",
        f"run and gradient, {work}",
        tape,
        lambda: gradients(model, model.run(p.x), target),
        peers.keras_gradient(p),
        1,
    )
    yield compared(
        "gradients",
        f"run and map of one unit, {work}",
        tape,
        lambda: influence_map(model, p.x, f"{name}.h"),
        peers.keras_jacobian(p),
    )
    yield compared(
        "gradients",
        f"run and each timestep swapped, {work}",
        "Keras, one batch in a tf.function",
        lambda: influence(model, p.x, target),
        peers.keras_swaps(p),
    )
    yield compared(
        "gradients",
        f"run and Integrated Gradients, {NODES} nodes, {work}",
        tape,
        lambda: influence(model, p.x, target, "ig"),
        peers.keras_integrated(p, NODES),
    )
