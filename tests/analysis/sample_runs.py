"""Runs of the bundled samples on their own sequences, and traces of values made
by hand.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnn_tui import open_model
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.trace.trace import CellTrace
from rnn_tui.engine.trace.values import GivenValues
from rnn_tui.samples import find_sample


def sample_run(name: str, x: Any = None, dtype: str = "float64") -> Any:
    """The trace of a sample, on its own sequence unless another is given."""
    sample = find_sample(name)
    assert sample is not None
    return open_model(sample.path).run(
        sample.input if x is None else x, vocab=sample.vocab, dtype=dtype
    )


def sample_cell(name: str, x: Any = None, dtype: str = "float64") -> CellTrace:
    """The first cell of that trace."""
    return sample_run(name, x, dtype).cells[0]


def depth_of(trace: Any) -> np.ndarray:
    """The number of open brackets after each character."""
    characters = trace.inputs["characters"][0]
    return np.cumsum(characters[:, 0] - characters[:, 1])


def given_cell(
    values: dict[str, np.ndarray],
    *,
    kind: str = "lstm",
    mask: Any = None,
    reverse: bool = False,
    φ: str = "tanh",
    initial: dict[str, np.ndarray] | None = None,
) -> CellTrace:
    """A trace of given values, each `(timesteps, units)`, of one sequence."""
    first = next(iter(values.values()))
    timesteps, units = first.shape[0], first.shape[-1]
    quantities = {
        "lstm": ("i", "f", "c_tilde", "o", "c", "h"),
        "gru": ("z", "r", "h_tilde", "h"),
        "simple_rnn": ("pre_h", "h"),
    }[kind]
    states = ("h", "c") if kind == "lstm" else ("h",)
    cell = SimpleNamespace(
        kind=kind,
        units=units,
        states=states,
        quantities=quantities,
        activation=activation(φ, 3),
    )
    return CellTrace(
        "layer",
        "layer",
        cell,  # type: ignore[arg-type]
        np.zeros((1, timesteps, 1)),
        GivenValues({name: value[None] for name, value in values.items()}),
        initial or {state: np.zeros((1, units)) for state in states},
        mask=None if mask is None else np.asarray(mask, bool)[None],
        reverse=reverse,
    )


def page_run(
    cell: Any, x: np.ndarray, *, mask: Any = None, reverse: bool = False
) -> CellTrace:
    """A cell's run by its page over one sequence `(timesteps, features)`, in
    float64.
    """
    timesteps = len(x)
    state = {name: np.zeros((1, cell.units)) for name in cell.states}
    initial = dict(state)
    values = {
        name: np.zeros((timesteps, cell.units)) for name in cell.quantities
    }
    order = range(timesteps)[:: -1 if reverse else 1]
    for t in order:
        with np.errstate(all="ignore"):
            step = cell.step(x[None, t], *state.values())
        for name in cell.quantities:
            values[name][t] = getattr(step, name)[0]
        if mask is None or mask[t]:
            state = {name: getattr(step, name) for name in cell.states}
        for name in cell.states:
            values[name][t] = state[name][0]
    return CellTrace(
        "layer",
        "layer",
        cell,
        x[None],
        GivenValues({name: value[None] for name, value in values.items()}),
        initial,
        mask=None if mask is None else np.asarray(mask, bool)[None],
        reverse=reverse,
    )


def alice_run() -> Any:
    """The trace of the reader of Alice on the whole page, 2,372 letters."""
    home = find_sample("char-lstm").path.parent
    letters = json.loads((home / "char-lstm.vocab.json").read_text("utf-8"))
    page = " ".join((home / "alice.txt").read_text("utf-8").lower().split())
    ids = np.array([letters.index(letter) for letter in page])
    return sample_run("char-lstm", ids, dtype="float32"), letters
