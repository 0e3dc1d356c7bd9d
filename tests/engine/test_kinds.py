"""Every row of the table of cell kinds tells the truth about its cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_tui.analysis.step import has_arithmetic, unit_step
from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.kinds import (
    GATED,
    KINDS,
    CellKind,
    UnknownKindError,
    cell_classes,
    find_kind,
    kind_for,
    kind_of,
    named_class,
    with_article,
)
from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.factory import Recurrent, recurrent_layer
from rnn_tui.engine.trace.trace import CellTrace

UNITS, FEATURES, TIMESTEPS = 3, 2, 6


def layer_of(kind: CellKind, rows: int) -> Recurrent:
    """A layer of random weights whose bias has so many rows."""
    rng = np.random.default_rng(len(kind.gates) + rows)
    wide = len(kind.gates) * UNITS
    size = (2,) * kind.rank
    bias = (wide,) if rows == 1 else (rows, wide)
    shapes = [(*size, FEATURES, wide), (*size, UNITS, wide), bias]
    weights = []
    for name, shape in zip(kind.arrays, shapes, strict=True):
        values = rng.normal(0, 0.6, shape).astype("f4")
        weights.append(
            Weight(name, shape, "float32", lambda values=values: values)
        )
    config: dict[str, Any] = {kind.size_key: UNITS, "kernel_size": list(size)}
    return recurrent_layer("one", kind.class_name, config, weights)


def traced(layer: Recurrent, kind: CellKind) -> CellTrace:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, TIMESTEPS, *(4,) * kind.rank, FEATURES)).astype(
        "f4"
    )
    left: dict[str, Any] = {}
    run = Run(
        np.dtype("f4"), left.__setitem__, lambda: None, lambda done, all_: None
    )
    run.path = "one"
    layer.call([_tensor(x)], run)
    cell: CellTrace = left["one"].cells[0]
    return cell


def _tensor(x: Any) -> Any:
    from rnn_tui.engine.core.arrays import Tensor

    return Tensor(x)


ROWS = [
    pytest.param(kind, rows, id=f"{kind.class_name}-{rows}")
    for kind in KINDS.values()
    for rows in kind.bias_rows
]


@pytest.mark.parametrize(("kind", "rows"), ROWS)
def test_a_row_names_everything_its_cell_computes(
    kind: CellKind, rows: int
) -> None:
    layer = layer_of(kind, rows)
    assert layer.why_not is None
    cell = layer.sources[0].load()
    assert isinstance(cell, Cell)
    assert isinstance(cell, named_class(kind.cell))
    assert issubclass(named_class(kind.scan), Scan)
    assert kind_of(cell).gates == kind.gates
    assert cell.units == UNITS
    values = {gate.value for gate in kind.gates}
    before = {f"pre_{value}" for value in values}
    assert set(cell.quantities) == values | before | set(kind.state_names)
    assert kind.state_names[0] == "h"
    assert set(kind.meanings) == values | set(kind.state_names)
    assert set(kind.first) <= {*cell.quantities, ""}
    assert {gate.scaled_by for gate in kind.gates} <= {*values, ""}
    assert sorted(kind.keras_1_order) in ([], sorted(kind.letters))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_key_of_a_row_beyond_the_activations_is_read_by_its_cell(
    kind: CellKind,
) -> None:
    """A key that no cell reads would be ignored without a word."""
    activations = {key.name for key in GATED}
    beyond = {key.name for key in kind.keys} - activations
    own_made = "made" in vars(named_class(kind.cell))
    assert own_made or not beyond, f"{kind.cell} reads none of {beyond}"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_no_version_of_keras_decides_what_a_class_that_is_not_its_own_computes(
    kind: CellKind,
) -> None:
    eras = {key.name for key in kind.keys if key.era}
    assert kind.keras or not eras


@pytest.mark.parametrize(("kind", "rows"), ROWS)
def test_the_value_of_a_gate_is_the_activation_of_its_sum(
    kind: CellKind, rows: int
) -> None:
    """That is how Step shows it."""
    layer = layer_of(kind, rows)
    source = layer.sources[0]
    cell = traced(layer, kind)
    for gate in kind.gates:
        activation = source.σ if gate.share else source.φ
        assert activation is not None
        value = cell.read(gate.value, 0, TIMESTEPS)
        before = cell.read(f"pre_{gate.value}", 0, TIMESTEPS)
        np.testing.assert_allclose(
            value, activation(before), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize(("kind", "rows"), ROWS)
def test_a_cell_runs_as_its_page_says(kind: CellKind, rows: int) -> None:
    layer = layer_of(kind, rows)
    trace = traced(layer, kind)
    states = {name: trace.previous(name, 0) for name in kind.state_names}
    for t in range(TIMESTEPS):
        step = trace.cell.step(trace.x[:, t], *states.values())._asdict()
        for name in trace.names:
            found = trace.read(name, t, t + 1)[:, 0]
            np.testing.assert_allclose(found, step[name], rtol=1e-5, atol=1e-6)
        states = {name: step[name] for name in states}


@pytest.mark.parametrize(("kind", "rows"), ROWS)
def test_the_arithmetic_of_a_row_makes_the_traced_values(
    kind: CellKind, rows: int
) -> None:
    trace = traced(layer_of(kind, rows), kind)
    assert has_arithmetic(trace)
    for unit in range(UNITS):
        step = unit_step(trace, unit, 4, sequence=1)
        assert [gate.name for gate in step.gates] == [
            g.value for g in kind.gates
        ]
        for gate in step.gates:
            total = sum(term.value for term in (*gate.terms, *gate.biases))
            assert total == pytest.approx(gate.total, rel=1e-5, abs=2e-6)
        for equation in step.equations:
            left, equals, *right = equation
            assert equals.text == "="
            assert result(right) == pytest.approx(
                left.value, rel=1e-5, abs=1e-6
            )


def result(symbols: list[Any]) -> float:
    """What the right side of an equation makes: products, added up."""
    total, product = 0.0, 1.0
    for symbol in symbols:
        if symbol.text == "+":
            total, product = total + product, 1.0
        elif symbol.text != "·":
            product *= symbol.value
    return total + product


def test_a_class_without_a_row_is_refused_and_never_taken_for_another() -> None:
    for name in ("MGUNet", "", "Cell", "LSTMP", "ConvLSTM2DCell"):
        assert find_kind(name) is None
        with pytest.raises(UnknownKindError, match=r"kinds\.py"):
            kind_for(name)
    with pytest.raises(UnknownKindError):
        recurrent_layer("one", "MGUNet", {"units": 3}, ())


def test_an_rnn_layer_holds_plain_cells_only() -> None:
    assert cell_classes()[:3] == ("SimpleRNNCell", "LSTMCell", "GRUCell")
    assert not any("Conv" in name for name in cell_classes())
    cell = {"class_name": "ConvLSTM2D", "config": {"filters": 3}}
    layer = recurrent_layer("one", "RNN", {"cell": cell}, ())
    assert "not one of Keras's own" in (layer.why_not or "")


def test_a_class_has_the_article_that_is_spoken() -> None:
    spoken = [
        with_article(name)
        for name in ("LSTM", "GRU", "SimpleRNN", "MGU", "Elman")
    ]
    assert spoken == ["an LSTM", "a GRU", "a SimpleRNN", "an MGU", "an Elman"]
