"""What the whole cell keeps of its state, and the sentence that follows from
the three numbers.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_runs import page_run, sample_cell, sample_run

from rnn_tui import open_model
from rnn_tui.analysis import state_memory as module
from rnn_tui.analysis.felt import FeltByLag
from rnn_tui.analysis.gate_memory import GateMemory
from rnn_tui.analysis.memory import CellMemory, memory
from rnn_tui.analysis.one_sequence import one_sequence
from rnn_tui.analysis.state_memory import StateMemory, state_memory
from rnn_tui.engine.cells.cells import LSTMCell, SimpleRNNCell
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.core.edits import Edit
from rnn_tui.errors import NotThroughError
from rnn_tui.samples import find_sample


def linear_rnn(recurrent: np.ndarray) -> SimpleRNNCell:
    units = len(recurrent)
    return SimpleRNNCell(
        np.ones((1, units)), recurrent, None, activation("linear", 3)
    )


def noise(timesteps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((timesteps, 1))


def test_the_singular_values_of_the_bracket_counter() -> None:
    found = state_memory(sample_cell("brackets"))

    assert found.singular_values[:3] == pytest.approx(
        [1.70267656, 0.02918929, 0.02507100], abs=1e-8
    )
    assert (found.state, found.lag, found.timesteps) == ("c", 21, 22)


def test_they_are_those_of_a_changed_cell_state_run_again() -> None:
    """∂c_T/∂c_0 by central differences: the run goes on from a cell state that
    is a little larger, and from the h that follows from it.
    """
    sample = find_sample("counter")
    model = open_model(sample.path)
    x = np.eye(3)[[2, 0, 2, 0, 0, 1, 2, 0, 1]]
    trace = model.run(x, dtype="float64")
    o, c = trace["lstm"].o[0], trace["lstm"].c[0]
    step = 1e-5

    def last(cell_state: np.ndarray) -> np.ndarray:
        h = o * cell_state  # φ is linear
        states = {"lstm/h": h, "lstm/c": cell_state}
        run = model.run(x[1:], dtype="float64", initial_state=states)
        return run["lstm"].c[-1]

    jacobian = np.stack(
        [
            (last(c + step * unit) - last(c - step * unit)) / (2 * step)
            for unit in np.eye(4)
        ],
        axis=1,
    )

    found = state_memory(trace.cells[0])

    assert found.singular_values == pytest.approx(
        np.linalg.svd(jacobian, compute_uv=False), rel=1e-6, abs=1e-10
    )


def test_of_a_run_with_a_unit_off_no_derivative_goes_through_its_h() -> None:
    sample = find_sample("counter")
    model = open_model(sample.path).model
    mask = np.arange(4) == 3
    off = model.edited({"lstm": [Edit("h", mask, np.zeros(4), initial=True)]})
    x = np.eye(3)[[2, 0, 2, 0, 0, 1, 2]]
    trace = off.run(x, dtype="float64")
    o, c = trace["lstm"].o[0], trace["lstm"].c[0]
    step = 1e-5

    def last(cell_state: np.ndarray) -> np.ndarray:
        states = {"lstm/h": o * cell_state, "lstm/c": cell_state}
        run = off.run(x[1:], dtype="float64", initial_state=states)
        return run["lstm"].c[-1]

    jacobian = np.stack(
        [
            (last(c + step * unit) - last(c - step * unit)) / (2 * step)
            for unit in np.eye(4)
        ],
        axis=1,
    )

    found = state_memory(trace.cells[0])

    assert found.singular_values == pytest.approx(
        np.linalg.svd(jacobian, compute_uv=False), rel=1e-6, abs=1e-10
    )


def test_of_one_simple_unit_they_are_the_product_of_its_factors() -> None:
    cell = sample_cell("simplernn-1")
    h = cell.read("h")[0, :, 0]
    u = float(cell.cell.recurrent_kernel[0, 0])
    factors = u * (1 - h**2)

    found = state_memory(cell)

    assert found.singular_values == pytest.approx(
        [abs(np.prod(factors[1:]))], rel=1e-12
    )
    mean = np.log(abs(factors)).mean()
    assert found.exponents == pytest.approx([mean], rel=1e-12)
    assert found.memory_time == pytest.approx([-1 / mean], rel=1e-12)


def test_of_a_linear_cell_the_exponents_are_the_logarithms_of_its_eigenvalues() -> (
    None
):
    turned = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    eigenvalues = np.array([0.98, 0.7, -0.4, 0.1])
    recurrent = turned @ np.diag(eigenvalues) @ turned.T

    found = state_memory(page_run(linear_rnn(recurrent), noise(600)))

    assert found.exponents == pytest.approx(np.log([0.98, 0.7, 0.4]), abs=1e-6)
    assert found.memory_time == pytest.approx(-1 / np.log([0.98, 0.7, 0.4]))


def test_what_grows_beyond_all_numbers_has_exponents_all_the_same() -> None:
    grows = linear_rnn(np.diag([30.0, 0.5]).astype(np.float32))
    found = memory(page_run(grows, noise(1000)))

    assert found.state.exponents == pytest.approx(np.log([30, 0.5]))
    assert np.isnan(found.state.singular_values).all()
    assert found.note.startswith(
        "a small change of the state doubles in 0.204 timesteps"
    )
    assert found.tree()["singular_values"] == [None, None]


def test_what_grows_is_kept_for_ever_and_what_is_shut_for_no_time() -> None:
    found = state_memory(page_run(linear_rnn(np.diag([1.01, 0.0])), noise(50)))

    assert found.memory_time.tolist() == [np.inf, 0]
    assert found.exponents[0] == pytest.approx(np.log(1.01))
    assert found.exponents[1] == -np.inf


@pytest.mark.parametrize("reverse", [False, True])
def test_skipped_timesteps_count_for_nothing(reverse: bool) -> None:
    rng = np.random.default_rng(3)
    cell = LSTMCell(
        rng.standard_normal((1, 12)),
        rng.standard_normal((3, 12)),
        rng.standard_normal(12),
        activation("tanh", 3),
        activation("sigmoid", 3),
    )
    x = noise(30)
    mask = np.random.default_rng(4).random(30) > 0.4

    masked = state_memory(page_run(cell, x, mask=mask, reverse=reverse))
    short = state_memory(page_run(cell, x[mask], reverse=reverse))

    assert masked.lag == short.lag == mask.sum() - 1
    assert masked.timesteps == mask.sum()
    assert masked.singular_values == pytest.approx(short.singular_values)
    # the blocks fall elsewhere, so the directions settle otherwise
    assert masked.exponents[0] == pytest.approx(short.exponents[0], abs=0.05)


def test_a_backward_direction_is_the_turned_sequence_read_forward() -> None:
    rng = np.random.default_rng(5)
    cell = linear_rnn(rng.standard_normal((3, 3)) / 2)
    cell = replace(cell, activation=activation("tanh", 3))
    x = noise(40)

    backward = state_memory(page_run(cell, x, reverse=True))
    forward = state_memory(page_run(cell, x[::-1]))

    assert backward.singular_values == pytest.approx(forward.singular_values)
    assert backward.exponents == pytest.approx(forward.exponents)


def test_one_sequence_of_a_batch_is_as_if_it_ran_alone() -> None:
    model = open_model(find_sample("brackets").path)
    x = np.eye(3)[np.random.default_rng(0).integers(0, 3, (3, 12))]
    batch = model.run(x, dtype="float64").cells[0]
    alone = model.run(x[1], dtype="float64").cells[0]

    one = one_sequence(batch, 1)

    np.testing.assert_array_equal(
        one.read("c", 2, 5), batch.read("c", 2, 5)[1:2]
    )
    assert state_memory(batch, 1).singular_values == pytest.approx(
        state_memory(alone).singular_values
    )
    mask = np.arange(48).reshape(3, 16) == 20
    edited = replace(batch, edits=(Edit("h", mask, np.zeros((3, 16))),))
    (edit,) = one_sequence(edited, 1).edits
    assert np.flatnonzero(edit.mask).tolist() == [4]
    assert memory(batch, 1).gate.half_life == pytest.approx(
        memory(alone).gate.half_life
    )


def test_a_wide_cell_has_a_shorter_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = sample_cell("brackets")
    monkeypatch.setattr(module, "PRODUCTS", 2 * 4 * 16**3 * 5)
    f = state_memory(cell)

    assert f.lag == 5
    assert f.timesteps == 22
    # what the gates keep over the whole sequence isn't compared with the lag
    assert "left after" not in memory(cell).note


def test_fewer_than_two_timesteps_tell_nothing() -> None:
    cell = sample_cell("lstm-notebook")

    assert state_memory(cell) is None
    assert memory(cell).note == "too few timesteps were read to tell"


def test_a_kind_without_derivatives_says_so_and_has_no_number() -> None:
    path = Path(__file__).parents[1] / "data" / "layout__convlstm.keras"
    pictures = open_model(path).run("random:5", warn=str).cells[0]

    with pytest.raises(NotThroughError):
        state_memory(pictures)
    found = memory(pictures)
    assert found.state is None
    assert found.tree()["singular_values"] is None
    assert "isn't told" in found.note
    assert "whose Jacobian of 10 × 10 isn't computed" in found.note
    assert "the median of 5 pixels" in found.note
    assert found.tree()["pixels"] == 5


def test_no_gate_of_the_bracket_counter_holds_what_its_units_hand_on() -> None:
    note = memory(sample_cell("brackets")).note

    assert note.startswith(
        "no gate holds it; the units hand it on to each other: a change of c "
        "is up to 1.7 times as large after 21 timesteps"
    )
    assert (
        "the longest half-life by a gate is 3.42 timesteps (unit 5, f)" in note
    )
    assert "22 timesteps are few" in note


def test_the_sentence_follows_from_the_numbers() -> None:
    def note(half_life: float, memory_time: float) -> str:
        gate = GateMemory(
            "c", "f", np.array([half_life]), np.array([0.5]), 1000
        )
        times = np.array([memory_time])
        state = StateMemory("c", 999, np.ones(1), -1 / times, times, 1000)
        return CellMemory("lstm", gate, state).note

    assert note(3, 54).startswith("no gate holds it; the units hand it on")
    assert "keeps for 54 timesteps" in note(3, 54)
    assert note(10, 15).startswith("gate and cell agree")
    assert note(40, 5).startswith("a gate would hold it, but the units write")
    assert "∞ timesteps" in note(np.inf, np.inf)
    assert note(np.inf, np.inf).startswith("gate and cell agree")


def test_a_simple_rnn_has_the_memory_of_its_cell_alone() -> None:
    found = memory(sample_cell("simplernn-1"))

    assert found.gate is None
    assert found.note.startswith("it has no gate: of a change of h")


def test_every_number_has_a_row() -> None:
    cell = sample_run("bilstm-4").cells[1]
    felt = FeltByLag("bidirectional[0]", np.array([0.5, 0.25]))

    table = memory(cell, felt=felt).table()

    measures = [row[1] for row in table.rows]
    assert measures.count("half-life") == measures.count("kept") == 4
    assert measures.count("singular value") == 4
    assert measures.count("memory time") == 3
    assert table.rows[-1] == ["bidirectional/backward", "felt", 1, 0.25]
