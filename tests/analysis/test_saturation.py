"""The share of timesteps at which a gate is nearly shut or nearly open."""

from __future__ import annotations

import numpy as np
import pytest
from sample_runs import alice_run, given_cell, sample_cell

from rnn_tui.analysis.saturation import saturation


def gates(**given: list[float]) -> dict[str, np.ndarray]:
    half = [0.5] * len(next(iter(given.values())))
    return {
        name: np.array(given.get(name, half))[:, None]
        for name in ("i", "f", "c_tilde", "o")
    }


def test_shares_worked_by_hand() -> None:
    cell = given_cell(gates(i=[0.05, 0.1, 0.95, 0.99], c_tilde=[-1, 0, 1, 1]))

    found = saturation(cell)

    assert found.timesteps == 4
    assert found.gates["i"].low.tolist() == [0.25]  # 0.1 itself is not below
    assert found.gates["i"].high.tolist() == [0.5]
    assert found.gates["c_tilde"].low.tolist() == [0.25]
    assert found.gates["c_tilde"].high.tolist() == [0.5]
    assert found.gates["f"].low.tolist() == [0]


def test_skipped_timesteps_are_left_out() -> None:
    values = gates(f=[0.95, 0.05, 0.05, 0.5])
    masked = saturation(given_cell(values, mask=[1, 0, 0, 1]))

    assert masked.timesteps == 2
    assert masked.gates["f"].high.tolist() == [0.5]
    assert masked.gates["f"].low.tolist() == [0]


def test_a_sequence_that_is_never_read_has_no_shares() -> None:
    found = saturation(given_cell(gates(f=[0.95, 0.05]), mask=[0, 0]))

    assert found.timesteps == 0
    assert np.isnan(found.gates["f"].high).all()
    assert found.note == "no timestep was read"


def test_none_is_said_where_there_is_none() -> None:
    found = saturation(sample_cell("brackets"))

    assert not found.anywhere
    assert found.note.startswith("none: no value of i, f, c̃, o was below 0.1")
    assert "22 timesteps read, one of them is a share of 0.045" in found.note


def test_a_candidate_saturates_only_with_a_tanh() -> None:
    values = gates(i=[0.5, 0.5])

    assert "c_tilde" not in saturation(given_cell(values, φ="relu")).gates
    simple = given_cell(
        {"h": np.array([[0.999], [0.5]])}, kind="simple_rnn", φ="tanh"
    )
    assert saturation(simple).gates["h"].high.tolist() == [0.5]
    bare = given_cell({"h": np.ones((2, 1))}, kind="simple_rnn", φ="relu")
    assert saturation(bare).gates == {}
    assert "no gates" in saturation(bare).note


def test_a_long_run_has_the_shares_of_its_whole_arrays() -> None:
    trace = sample_cell("char-lstm", "random:3000", dtype="float32")

    found = saturation(trace)

    for name in ("i", "f", "o"):
        values = trace.read(name)[0]
        np.testing.assert_array_equal(
            found.gates[name].low, (values < 0.1).mean(axis=0)
        )
        np.testing.assert_array_equal(
            found.gates[name].high, (values > 0.9).mean(axis=0)
        )


def test_the_reader_of_alice_is_saturated_as_good_models_are() -> None:
    trace, _ = alice_run()
    found = saturation(trace.cells[0])

    means = {
        name: (shares.low.mean(), shares.high.mean())
        for name, shares in found.gates.items()
    }
    assert found.timesteps == 2372
    assert means["i"] == pytest.approx((0.039, 0.726), abs=5e-4)
    assert means["f"] == pytest.approx((0.090, 0.460), abs=5e-4)
    assert means["o"] == pytest.approx((0.189, 0.455), abs=5e-4)
    assert (found.gates["i"].high > 0.5).sum() == 51


def test_of_pictures_every_pixel_counts() -> None:
    values = {
        name: np.full((2, 3, 3, 1), 0.5) for name in ("i", "f", "c_tilde", "o")
    }
    values["f"][0, 0, 0] = 0.99

    found = saturation(given_cell(values))

    assert found.gates["f"].high.tolist() == [pytest.approx(1 / 18)]
    assert found.timesteps == 2


def test_the_table_has_a_row_for_each_gate_and_unit() -> None:
    found = saturation(sample_cell("lstm-25"))

    table = found.table()

    assert len(table.rows) == 4 * 25
    assert table.columns[:3] == ("layer", "gate", "unit")
    assert table.rows[0][:3] == ["lstm", "i", 0]
