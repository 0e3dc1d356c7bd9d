"""A cell that a stranger adds: one file with its page and one row of the table
of kinds make it run, listed, drawn and exported.

The toy is made here, in a test, and its row is put into the table for the time
of each test. Nothing else knows it.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

from exploring import explore
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.analysis.gates import gate_blocks
from rnn_tui.analysis.step import unit_step
from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.kinds import (
    KINDS,
    CellKind,
    Gate,
    State,
    UnknownKindError,
    kind_of,
)
from rnn_tui.engine.cells.scans import fast_scan
from rnn_tui.engine.core.activations import Activation, activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import VerifyError
from rnn_tui.export import Selection, write_csv, write_json, write_trace
from rnn_tui.verify import verify

UNITS, FEATURES, TIMESTEPS = 4, 3, 7
RNG = np.random.default_rng(5)
KERNEL = RNG.normal(0, 0.6, (FEATURES, 2 * UNITS)).astype("f4")
RECURRENT = RNG.normal(0, 0.6, (UNITS, 2 * UNITS)).astype("f4")
BIAS = RNG.normal(0, 0.6, 2 * UNITS).astype("f4")
X = RNG.normal(size=(TIMESTEPS, FEATURES)).astype("f4")


class ToyStep(NamedTuple):
    """Every value of one timestep."""

    pre_k: Array
    pre_h_tilde: Array
    k: Array
    h_tilde: Array
    m: Array
    h: Array


@dataclass(frozen=True, eq=False)
class ToyCell(Cell):
    """A gate k that scales what the candidate reads of h, and a memory m beside
    h.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None
    activation: Activation
    recurrent_activation: Activation

    kind: ClassVar[str] = "toy"
    quantities: ClassVar[tuple[str, ...]] = ToyStep._fields

    def step(self, x: Array, h: Array, m: Array) -> ToyStep:
        """Read one timestep."""
        W_k, W_h = np.split(self.kernel, 2, axis=-1)
        U_k, U_h = np.split(self.recurrent_kernel, 2, axis=-1)
        b_k, b_h = (0, 0) if self.bias is None else np.split(self.bias, 2)
        pre_k = x @ W_k + h @ U_k + b_k
        k = self.recurrent_activation(pre_k)
        pre_h_tilde = x @ W_h + (k * h) @ U_h + b_h
        h_tilde = self.activation(pre_h_tilde)
        m = k * m + h_tilde
        h = self.activation(m)
        return ToyStep(pre_k, pre_h_tilde, k, h_tilde, m, h)


ROW = CellKind(
    class_name="Toy",
    name="toy",
    cell=f"{__name__}:ToyCell",
    gates=(
        Gate("k", "k", "keep gate", "keep: what stays"),
        Gate(
            "h", "h_tilde", "toy candidate", "new", share=False, scaled_by="k"
        ),
    ),
    states=(State("h", "hidden state"), State("m", "memory")),
    first=("h", "m"),
    equations=("m = k · m₋₁ + h̃", "h = φ(m)"),
    sentence="A cell of a test.",
)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "Toy", ROW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A model of a Toy layer and a Dense, as an `.h5` file names a class of its
    own.
    """
    path = tmp_path / "toy.h5"
    keys = {"name": "toy", "units": UNITS, "return_sequences": True}
    entry = {"batch_input_shape": [None, None, FEATURES]}
    toy_layer = {"class_name": "Mine>Toy", "config": {**keys, **entry}}
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 1}}
    config = {
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": [toy_layer, dense]},
    }
    weights = {
        "toy": {
            "toy/kernel:0": KERNEL,
            "toy/recurrent:0": RECURRENT,
            "toy/b:0": BIAS,
        },
        "dense": {
            "dense/kernel:0": np.ones((UNITS, 1), "f4"),
            "dense/bias:0": np.zeros(1, "f4"),
        },
    }
    write_h5(path, weights, config=config)
    return path


def page() -> dict[str, Array]:
    """The toy's page in a plain loop: each quantity `(timesteps, units)`."""
    cell = ToyCell(
        KERNEL, RECURRENT, BIAS, activation("tanh"), activation("sigmoid")
    )
    h = m = np.zeros((1, UNITS), "f4")
    rows = []
    for x_t in X[:, None]:
        step = cell.step(x_t, h, m)
        h, m = step.h, step.m
        rows.append(step._asdict())
    return {
        name: np.concatenate([row[name] for row in rows]) for name in rows[0]
    }


def test_it_runs_and_every_value_is_its_pages(file: Path) -> None:
    trace = open_model(str(file)).run(X)
    for name, expected in page().items():
        np.testing.assert_allclose(
            trace["toy"][name], expected, rtol=1e-6, atol=1e-7
        )
    assert trace.output.shape == (TIMESTEPS, 1)


def test_it_runs_as_the_cell_of_an_rnn_layer(tmp_path: Path) -> None:
    cell = {"class_name": "Mine>ToyCell", "config": {"units": UNITS}}
    entry = {"batch_input_shape": [None, None, FEATURES]}
    keys = {"name": "rnn", "cell": cell, "return_sequences": True, **entry}
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [{"class_name": "RNN", "config": keys}],
        },
    }
    arrays = {
        "rnn/kernel:0": KERNEL,
        "rnn/recurrent:0": RECURRENT,
        "rnn/bias:0": BIAS,
    }
    path = tmp_path / "rnn.h5"
    write_h5(path, {"rnn": arrays}, config=config)
    trace = open_model(str(path)).run(X)
    np.testing.assert_allclose(
        trace["rnn"].m, page()["m"], rtol=1e-6, atol=1e-7
    )


def test_it_is_listed(file: Path) -> None:
    model = open_model(str(file)).model
    info = next(layer for layer in model.layers if layer.path == "toy")
    assert info.reproducible, info.why_not
    assert info.recurrent
    assert info.formula == f"2 × (({FEATURES} + {UNITS}) × {UNITS} + {UNITS})"
    assert info.parameters == KERNEL.size + RECURRENT.size + BIAS.size
    assert [weight[0] for weight in info.weights] == [
        "kernel",
        "recurrent_kernel",
        "bias",
    ]


def test_its_weights_are_listed_gate_by_gate(file: Path) -> None:
    blocks = gate_blocks(open_model(str(file)).model)
    found = {(block.part, block.gate): block for block in blocks}
    assert [gate for part, gate in found if part == "kernel"] == ["k", "h"]
    np.testing.assert_array_equal(
        found["kernel", "h"].values, KERNEL[:, UNITS:]
    )
    np.testing.assert_array_equal(found["bias", "k"].values, BIAS[:UNITS])


def test_the_arithmetic_of_a_unit_adds_up(file: Path) -> None:
    trace = open_model(str(file)).run(X)
    values = page()
    step = unit_step(trace.cells[0], 2, 4)
    assert [gate.meaning for gate in step.gates] == [
        "keep gate",
        "toy candidate",
    ]
    for gate in step.gates:
        total = sum(term.value for term in (*gate.terms, *gate.biases))
        assert total == pytest.approx(
            float(values[f"pre_{gate.name}"][4, 2]), abs=2e-6
        )
    makes_m, makes_h = step.equations
    assert [symbol.text for symbol in makes_m] == [
        "m",
        "=",
        "k",
        "·",
        "m₋₁",
        "+",
        "h̃",
    ]
    m, _, k, _, before, _, candidate = (symbol.value or 0 for symbol in makes_m)
    assert m == pytest.approx(k * before + candidate, abs=1e-6)
    assert before == pytest.approx(float(values["m"][3, 2]), abs=1e-6)
    assert makes_h[-1].text == "tanh(m)"
    assert makes_h[-1].value == pytest.approx(makes_h[0].value, abs=1e-6)


def test_it_is_exported(file: Path, tmp_path: Path) -> None:
    trace = open_model(str(file)).run(X)
    write_trace(trace, tmp_path / "toy.npz")
    text = io.StringIO()
    write_json(trace, text, Selection())
    nested = json.loads(text.getvalue())["toy"]
    table = io.StringIO()
    write_csv(trace, table, Selection())
    rows = list(csv.DictReader(io.StringIO(table.getvalue())))
    with np.load(tmp_path / "toy.npz") as archive:
        for name, expected in page().items():
            near = {"rtol": 1e-6, "atol": 1e-7}
            np.testing.assert_allclose(
                archive[f"toy/{name}"][0], expected, **near
            )
            np.testing.assert_allclose(nested[name][0], expected, **near)
            column = [
                float(row["value"]) for row in rows if row["quantity"] == name
            ]
            assert len(column) == expected.size
            np.testing.assert_allclose(column, expected.ravel(), **near)


DRAWN = {
    "layers": "A cell of a test.",
    "weights": "keep: what stays",
    "states": "memory",
    "step": "keep gate",
    "output": "dense",
}
"""Words that each view shows of the toy."""


@pytest.mark.parametrize("view", DRAWN)
def test_it_is_drawn(
    file: Path, view: str, settle: Callable[[Any], Awaitable[None]]
) -> None:
    async def scenario(pilot: Any, explorer: Any) -> None:
        await settle(pilot)
        strips = explorer._compositor.render_strips()
        shown = "\n".join(strip.text for strip in strips)
        assert DRAWN[view] in shown, shown

    sequence = ("random:7",)
    # a narrower one has no room for purposes beside the heat map
    explore(scenario, str(file), settle, (160, 40), view=view, inputs=sequence)


def test_keras_is_not_asked_about_it(file: Path) -> None:
    opened = open_model(str(file))
    with pytest.raises(VerifyError, match="its author's own class"):
        verify(file, {"toy_input": X[None]}, opened=opened)


def test_without_its_row_it_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(KINDS, "Toy")
    info = open_model(str(file)).model.layers[0]
    assert not info.reproducible
    assert "not one of Keras's own" in (info.why_not or "")
    with pytest.raises(UnknownKindError):
        recurrent_layer("toy", "Toy", {}, ())
    cell = ToyCell(
        KERNEL, RECURRENT, BIAS, activation("tanh"), activation("sigmoid")
    )
    with pytest.raises(UnknownKindError):
        kind_of(cell)
    with pytest.raises(UnknownKindError):
        fast_scan(cell, np.dtype("f4"))


def test_keys_that_the_row_does_not_have_are_somebodys_own(
    tmp_path: Path,
) -> None:
    keys = {"name": "toy", "units": UNITS, "peephole": True}
    entry = {"batch_input_shape": [None, None, FEATURES]}
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [{"class_name": "Toy", "config": {**keys, **entry}}],
        },
    }
    path = tmp_path / "other.h5"
    arrays = {
        "toy/kernel:0": KERNEL,
        "toy/recurrent:0": RECURRENT,
        "toy/bias:0": BIAS,
    }
    write_h5(path, {"toy": arrays}, config=config)
    info = open_model(str(path)).model.layers[0]
    assert "peephole" in (info.why_not or "")


@pytest.mark.parametrize(
    ("gates", "proposed"), [("koh", "Coupled"), ("kioh", "LSTM")]
)
def test_for_a_key_of_its_own_the_row_of_its_name_is_proposed_where_it_fits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gates: str,
    proposed: str,
) -> None:
    three = tuple(Gate(name, name, name, name) for name in "koh")
    row = ROW._replace(class_name="Coupled", name="coupled", gates=three)
    monkeypatch.setitem(KINDS, "Coupled", row)
    keys = {"name": "toy", "units": UNITS, "peephole": True}
    entry = {"batch_input_shape": [None, None, FEATURES]}
    layer = {"class_name": "Mine>Coupled", "config": {**keys, **entry}}
    config = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [layer]},
    }
    columns = UNITS * len(gates)
    arrays = {
        "toy/kernel:0": np.ones((FEATURES, columns), "f4"),
        "toy/recurrent:0": np.ones((UNITS, columns), "f4"),
        "toy/bias:0": np.ones(columns, "f4"),
    }
    path = tmp_path / "coupled.h5"
    write_h5(path, {"toy": arrays}, config=config)
    info = open_model(str(path)).model.layers[0]
    assert f"--as toy={proposed} " in (info.why_not or "")
