"""Traces of small random cells, made by running the textbook page in a loop."""

from __future__ import annotations

import numpy as np

from rnn_tui.engine.cells.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace
from rnn_tui.engine.trace.values import GivenValues


def random_cell(
    kind,
    units=5,
    features=3,
    seed=0,
    *,
    φ="tanh",
    σ="sigmoid",
    bias=True,
    reset_after=True,
):
    rng = np.random.default_rng(seed)
    gates = {"simple_rnn": 1, "lstm": 4, "gru": 3}[kind]

    def draw(*shape):
        return (rng.standard_normal(shape) * 0.7).astype(np.float32)

    kernel, recurrent = (
        draw(features, gates * units),
        draw(units, gates * units) / np.sqrt(np.float32(units)),
    )
    b = draw(gates * units) if bias else None
    φ, σ = activation(φ, 3), activation(σ, 3)
    if kind == "simple_rnn":
        return SimpleRNNCell(kernel, recurrent, b, φ)
    if kind == "lstm":
        return LSTMCell(kernel, recurrent, b, φ, σ)
    b_rec = draw(gates * units) if bias and reset_after else None
    return GRUCell(kernel, recurrent, b, b_rec, φ, σ, reset_after)


def trace_cell(
    cell, x, *, key="layer", direction=None, mask=None, reverse=False
):
    """Run `cell` over x (batch, timesteps, features), forward or from the end,
    holding the state where masked.
    """
    x = np.asarray(x, np.float32)
    batch, timesteps = x.shape[:2]
    initial = {
        name: np.zeros((batch, cell.units), np.float32) for name in cell.states
    }
    state = dict(initial)
    values = {
        name: np.zeros((batch, timesteps, cell.units), np.float32)
        for name in cell.quantities
    }
    for t in range(timesteps)[:: -1 if reverse else 1]:
        step = cell.step(x[:, t], *(state[name] for name in cell.states))
        for name in cell.quantities:
            value = getattr(step, name)
            if mask is not None:
                held = state.get(name, np.zeros_like(value))
                value = np.where(mask[:, t, None], value, held)
            values[name][:, t] = value
        state = {name: values[name][:, t] for name in cell.states}
    layer = key.split("/")[0]
    return CellTrace(
        key,
        layer,
        cell,
        x,
        GivenValues(values),
        initial,
        direction,
        None,
        mask,
        reverse,
    )


def smooth(timesteps, features=3, seed=0, batch=1):
    rng = np.random.default_rng(seed)
    t = np.arange(timesteps)[None, :, None]
    phase = rng.uniform(0, 6.3, (batch, 1, features))
    return (
        1.5 * np.sin(t * rng.uniform(0.1, 0.5, (batch, 1, features)) + phase)
    ).astype(np.float32)


def model_trace(*cells, inputs=None):
    layers: dict[str, list] = {}
    for cell in cells:
        layers.setdefault(cell.layer, []).append(cell)
    made = {
        path: LayerTrace(path, (found[0].read("h"),), tuple(found))
        for path, found in layers.items()
    }
    fed = {"input": cells[0].x if inputs is None else np.asarray(inputs)}
    return ModelTrace(fed, (cells[-1].read("h"),), made, batched=False)


def lstm_trace(units=5, timesteps=20, features=3, seed=0, **options):
    return model_trace(
        trace_cell(
            random_cell("lstm", units, features, seed, **options),
            smooth(timesteps, features, seed),
        )
    )


def bidirectional_trace(units=4, timesteps=12, features=3, kind="lstm"):
    x = smooth(timesteps, features)
    return model_trace(
        trace_cell(
            random_cell(kind, units, features, 1),
            x,
            key="bidirectional/forward",
            direction="forward",
        ),
        trace_cell(
            random_cell(kind, units, features, 2),
            x,
            key="bidirectional/backward",
            direction="backward",
            reverse=True,
        ),
    )
