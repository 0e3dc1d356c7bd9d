"""Weights gate by gate, on small cells made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnn_tui.analysis import gates
from rnn_tui.analysis.gates import gate_blocks, histogram, statistics
from rnn_tui.engine.model import CellEntry


def entry(
    cell: Any, key: str = "lstm", layer: str | None = None, **more: Any
) -> CellEntry:
    return CellEntry(
        key,
        layer or key,
        "LSTM",
        more.get("direction"),
        more.get("index"),
        lambda: cell,
    )


def lstm(features: int = 2, units: int = 3, bias: bool = True) -> Any:
    rng = np.random.default_rng(0)
    return SimpleNamespace(
        kernel=rng.normal(size=(features, 4 * units)).astype("f4"),
        recurrent_kernel=rng.normal(size=(units, 4 * units)).astype("f4"),
        bias=np.arange(4 * units, dtype="f4") if bias else None,
        gates=("i", "f", "c", "o"),
    )


def model_of(*entries: CellEntry) -> Any:
    return SimpleNamespace(cells=entries)


def test_an_lstm_has_a_block_for_each_gate_of_each_weight_in_column_order():
    cell = lstm()
    blocks = gate_blocks(model_of(entry(cell)))
    assert [(b.part, b.gate, b.columns) for b in blocks[:5]] == [
        ("kernel", "i", (0, 3)),
        ("kernel", "f", (3, 6)),
        ("kernel", "c", (6, 9)),
        ("kernel", "o", (9, 12)),
        ("recurrent_kernel", "i", (0, 3)),
    ]
    assert len(blocks) == 12
    assert [b.shape for b in blocks[::4]] == [(2, 3), (3, 3), (3,)]
    np.testing.assert_array_equal(blocks[2].values, cell.kernel[:, 6:9])


def test_a_missing_bias_has_no_block():
    assert {b.part for b in gate_blocks(model_of(entry(lstm(bias=False))))} == {
        "kernel",
        "recurrent_kernel",
    }


@pytest.mark.parametrize(
    ("recurrent", "parts"),
    [(np.zeros(6, "f4"), {"input_bias", "recurrent_bias"}), (None, {"bias"})],
)
def test_a_gru_names_its_biases_by_reset_after(recurrent: Any, parts: set[str]):
    cell = SimpleNamespace(
        input_bias=np.zeros(6, "f4"),
        recurrent_bias=recurrent,
        gates=("z", "r", "h"),
    )
    assert {b.part for b in gate_blocks(model_of(entry(cell)))} == parts


def test_blocks_of_one_layer_are_found_by_its_path_or_by_a_cells_key():
    model = model_of(
        entry(lstm(), "bi/forward", "bi", direction="forward"),
        entry(lstm(), "bi/backward", "bi", direction="backward"),
        entry(lstm(), "other"),
    )
    assert {b.key for b in gate_blocks(model, "bi")} == {
        "bi/forward",
        "bi/backward",
    }
    assert {b.direction for b in gate_blocks(model, "bi/backward")} == {
        "backward"
    }


def block_of(values: Any) -> gates.GateBlock:
    cell = SimpleNamespace(kernel=np.asarray(values, "f4"), gates=("h",))
    return gate_blocks(model_of(entry(cell)))[0]


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_statistics_equal_numpys_whatever_the_chunk(
    monkeypatch: pytest.MonkeyPatch, chunk: int
):
    monkeypatch.setattr(gates, "CHUNK", chunk)
    values = np.random.default_rng(1).normal(3, 2, size=(13, 5)).astype("f4")
    values[0, 0] = 0
    found = statistics(block_of(values))
    assert (found.count, found.zeros, found.nan, found.inf) == (65, 1, 0, 0)
    exact = values.astype("f8")
    expected = [
        exact.mean(),
        exact.std(),
        exact.min(),
        exact.max(),
        np.sqrt((exact**2).sum()),
    ]
    assert [
        found.mean,
        found.std,
        found.min,
        found.max,
        found.l2,
    ] == pytest.approx(expected, rel=1e-12)


def test_statistics_count_nan_and_inf_and_leave_them_out_of_the_mean():
    found = statistics(block_of([[1.0, np.nan, np.inf, -np.inf, 3.0]]))
    assert (found.count, found.nan, found.inf, found.mean, found.max) == (
        5,
        1,
        2,
        2.0,
        3.0,
    )


def test_statistics_of_nothing_finite_are_none():
    assert statistics(block_of([[np.nan, np.nan]])).mean is None
    assert statistics(block_of(np.zeros((0, 3)))).count == 0


def test_a_histogram_counts_finite_values():
    assert histogram(
        block_of([[0.1, 0.2, 0.9, np.nan]]), [0, 0.5, 1]
    ).tolist() == [
        2,
        1,
    ]


@pytest.mark.parametrize("size", [1e300, 1.7e308, 1e-300, 1e200, 3.0])
def test_statistics_of_any_numbers_there_are_stay_numbers(size):
    """Their squares may be beyond float64, their mean and deviation are not."""
    cell = lstm()
    cell.kernel = np.full((2, 12), size)
    cell.kernel[1] = -0.5 * size
    found = statistics(gate_blocks(model_of(entry(cell)))[0])
    np.testing.assert_allclose(
        [found.mean, found.std], [0.25 * size, 0.75 * size], rtol=1e-14
    )
    assert (found.min, found.max) == (-0.5 * size, size)
    if size < 1e308:
        np.testing.assert_allclose(found.l2, size * 3.75**0.5, rtol=1e-14)
    else:
        assert found.l2 is None
