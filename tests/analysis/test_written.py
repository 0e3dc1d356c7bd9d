"""Written and still there: the parts of a state, by the timestep that wrote
them.
"""

from __future__ import annotations

import numpy as np
import pytest
from sample_runs import given_cell, sample_cell, sample_run

from rnn_tui.analysis.written import written, written_map
from rnn_tui.errors import RnnTuiError


def test_the_last_writings_of_the_bracket_counter() -> None:
    found = written(sample_cell("brackets"), 2)

    assert found.values[-5:] == pytest.approx(
        [0.00093564, 0.00131667, 0.08359472, 0.03241741, 0.04070124], abs=1e-8
    )
    assert found.sum == pytest.approx(0.19758828, abs=1e-8)
    assert (found.quantity, found.at) == ("c", 21)


def test_the_writings_of_a_gru() -> None:
    found = written(sample_cell("gru-reset-before"), 0)

    golden = [
        0.00426457,
        0.01239892,
        0.01538402,
        0.01384443,
        -0.04693624,
        0.16942545,
    ]
    assert found.values == pytest.approx(golden, abs=1e-8)
    assert found.quantity == "h"


@pytest.mark.parametrize(
    "name",
    ["brackets", "counter", "gru-reset-after", "lstm-masked", "bilstm-4"],
)
def test_the_writings_add_up_to_the_state_in_every_unit(name: str) -> None:
    for cell in sample_run(name).cells:
        for unit in range(cell.units):
            found = written(cell, unit)
            assert found.sum == pytest.approx(found.state, abs=1e-14)


def test_the_writings_before_a_timestep_add_up_to_the_state_there() -> None:
    for cell in sample_run("bilstm-4").cells:
        for at in range(5):
            found = written(cell, 1, at)
            assert found.state == cell.read("c", at, at + 1)[0, 0, 1]
            assert found.sum == pytest.approx(found.state, abs=1e-15)
            later = slice(0, at) if cell.reverse else slice(at + 1, None)
            assert not found.values[later].any()


def test_a_skipped_timestep_writes_nothing_and_keeps_all() -> None:
    i, f = np.array([[0.5], [0.9], [0.25]]), np.array([[0.5], [0.1], [0.5]])
    candidate = np.ones((3, 1))
    values = {"i": i, "f": f, "c_tilde": candidate, "o": i}
    c = np.array([[1.5], [1.5], [1.0]])  # 0.5·2 + 0.5, held, 0.5·1.5 + 0.25
    initial = {"h": np.zeros((1, 1)), "c": np.full((1, 1), 2.0)}
    cell = given_cell({**values, "c": c}, mask=[1, 0, 1], initial=initial)

    found = written(cell, 0)

    assert found.values.tolist() == [0.25, 0, 0.25]
    assert found.initial == 0.5  # 2 · 0.5 · 0.5
    assert found.sum == found.state == 1


def test_a_stretch_of_the_map_is_that_of_each_unit() -> None:
    for cell in sample_run("bilstm-4").cells:
        everything = np.stack(
            [written(cell, unit, 3).values for unit in range(cell.units)],
            axis=1,
        )
        for start, stop in ((0, 5), (1, 3), (4, 5)):
            np.testing.assert_array_equal(
                written_map(cell, start, stop, 3), everything[start:stop]
            )


def test_a_long_sequence_gives_what_its_whole_arrays_give() -> None:
    cell = sample_cell("brackets", "random:5000", dtype="float32")
    f, i, candidate = (
        cell.read(name)[0, :, 5].astype(np.float64)
        for name in ("f", "i", "c_tilde")
    )

    found = written(cell, 5)

    after = np.append(np.cumprod(f[::-1])[::-1][1:], 1.0)
    assert found.values == pytest.approx(after * i * candidate, rel=1e-12)
    assert found.sum == pytest.approx(found.state, abs=1e-6)
    np.testing.assert_array_equal(
        written_map(cell, 4900, 5000)[:, 5], found.values[4900:]
    )
    assert not written_map(cell, 0, 10).any()  # below the smallest number


def test_a_cell_whose_state_no_gate_keeps_is_refused_with_the_reason() -> None:
    with pytest.raises(RnnTuiError, match="no gate that keeps its state"):
        written(sample_cell("simplernn-1"), 0)
