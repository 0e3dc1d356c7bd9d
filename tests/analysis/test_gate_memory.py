"""What a gate keeps of a unit's state: half-lives and products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sample_runs import given_cell, sample_cell, sample_run

from rnn_tui import open_model
from rnn_tui.analysis.gate_memory import gate_memory, half_life
from rnn_tui.analysis.written import gate_of
from rnn_tui.errors import RnnTuiError


def lstm(f: list[float], mask: list[int] | None = None):
    gate = np.array(f)[:, None]
    values = {"i": gate, "f": gate, "c_tilde": gate, "o": gate}
    return given_cell(values, mask=mask)


def test_the_half_lives_of_the_samples() -> None:
    one = gate_memory(sample_cell("lstm-1"))
    assert one.half_life == pytest.approx([2.11182833], rel=1e-8)
    assert one.kept == pytest.approx([0.27718702], rel=1e-7)

    gru = gate_memory(sample_cell("gru-reset-before"))
    assert gru.half_life == pytest.approx(
        [1.62712924, 1.18828562, 0.82350288], rel=1e-8
    )
    assert gru.kept == pytest.approx(
        [0.10327533, 0.04056224, 0.01671004], rel=1e-6
    )
    assert (gru.gate, gru.state) == ("z", "h")

    brackets = gate_memory(sample_cell("brackets"))
    assert brackets.half_life[[0, 2, 7]] == pytest.approx(
        [2.89104295, 1.93218437, 2.47819748], rel=1e-8
    )
    assert int(np.argmax(brackets.kept)) == 5
    assert brackets.kept[5] == pytest.approx(0.01474898, rel=1e-6)


def test_a_gate_that_is_always_open_never_halves_and_a_shut_one_at_once() -> (
    None
):
    assert gate_memory(lstm([1, 1, 1])).half_life.tolist() == [np.inf]
    shut = gate_memory(lstm([0.5, 0, 0.5]))
    assert shut.half_life.tolist() == [0]
    assert not np.signbit(shut.half_life[0])
    assert shut.kept.tolist() == [0]


def test_the_first_timestep_writes_what_is_kept() -> None:
    found = gate_memory(lstm([0, 0.5, 0.5]))

    assert found.kept.tolist() == [0.25]


def test_a_product_below_the_smallest_number_is_nothing_kept() -> None:
    found = gate_memory(lstm([1e-3] * 200))

    assert found.kept.tolist() == [0]
    assert found.half_life == pytest.approx([np.log(2) / np.log(1e3)])


def test_skipped_timesteps_keep_all() -> None:
    masked = gate_memory(lstm([0.5, 0.1, 0.25, 0.9], mask=[1, 0, 1, 0]))
    plain = gate_memory(lstm([0.5, 0.25]))

    assert masked.half_life.tolist() == plain.half_life.tolist()
    assert masked.kept.tolist() == plain.kept.tolist() == [0.25]
    assert masked.timesteps == 2


def test_nothing_read_keeps_nothing_to_tell() -> None:
    assert gate_memory(lstm([0.5, 0.5], mask=[0, 0])) is None


def test_a_simple_rnn_has_no_gate() -> None:
    assert gate_memory(sample_cell("simplernn-1")) is None


def test_a_backward_direction_keeps_from_its_own_first_timestep() -> None:
    backward = sample_run("bilstm-4").cells[1]
    f = backward.read("f")[0]

    found = gate_memory(backward)

    assert found.kept == pytest.approx(np.prod(f[:-1], axis=0), rel=1e-12)


def test_a_half_life_is_of_the_mean_of_the_logarithms() -> None:
    gates = np.array([0.9, 0.1])

    found = half_life(np.array([np.log(gates).mean()]))

    # the geometric mean, not the mean: 0.3, not 0.5
    assert found == pytest.approx([np.log(2) / -np.log(0.3)])


def test_a_gate_that_amplifies_never_halves_and_nan_stays_nan() -> None:
    found = half_life(np.array([0.5, np.nan, -np.inf]))

    assert found[0] == np.inf
    assert np.isnan(found[1])
    assert found[2] == 0


def pictures(file: str):
    path = Path(__file__).parents[1] / "data" / file
    return open_model(path).run("random:5", warn=str).cells[0]


def test_a_filter_of_pictures_has_the_numbers_of_its_pixels() -> None:
    """Each pixel as a cell of its own; their number is odd."""
    cell = pictures("layout__convlstm.keras")
    found = gate_memory(cell)
    f = cell.read("f")[0].astype(np.float64)  # (timesteps, …sides, filters)
    if cell.reverse:
        f = f[::-1]

    assert found.gate == "f"
    assert found.pixels == f[0, ..., 0].size == 5
    for unit in range(cell.units):
        lives, kept = [], []
        for pixel in np.ndindex(f.shape[1:-1]):
            of_pixel = gate_memory(lstm(list(f[(slice(None), *pixel, unit)])))
            lives.append(of_pixel.half_life[0])
            kept.append(of_pixel.kept[0])

        assert found.kept[unit] == pytest.approx(np.mean(kept), rel=1e-12)
        assert found.half_life[unit] == pytest.approx(np.median(lives))


def test_when_pictures_were_written_stays_refused() -> None:
    with pytest.raises(RnnTuiError, match="has pictures as its states"):
        gate_of(pictures("layout__convlstm.keras"))
