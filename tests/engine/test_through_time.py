"""The total derivative through time, against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from gradient_models import chain, differences, layer, recurrent

from rnn_tui.engine.cells.kinds import KINDS
from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.gradients.cells_back import pull_back
from rnn_tui.engine.gradients.scan_back import PageScanBack
from rnn_tui.engine.gradients.through_time import pull_states, through_time
from rnn_tui.errors import NotThroughError

T, F, U, B = 5, 3, 3, 2

CELLS = [
    ("SimpleRNN", {}),
    ("SimpleRNN", {"activation": "relu", "use_bias": False}),
    ("SimpleRNN", {"activation": "softmax"}),
    ("LSTM", {}),
    ("LSTM", {"use_bias": False}),
    ("LSTM", {"activation": "relu"}),
    ("LSTM", {"activation": "selu", "recurrent_activation": "hard_sigmoid"}),
    ("LSTM", {"recurrent_activation": "hard_sigmoid", "generation": 2}),
    ("LSTM", {"activation": "softmax"}),
    ("LSTM", {"recurrent_activation": "softmax"}),
    ("LSTM", {"activation": "linear"}),
    ("GRU", {"reset_after": True}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"reset_after": True, "use_bias": False}),
    ("GRU", {"reset_after": False, "use_bias": False}),
    ("GRU", {"reset_after": True, "activation": "softmax"}),
    ("GRU", {"reset_after": False, "recurrent_activation": "softmax"}),
    (
        "GRU",
        {
            "reset_after": True,
            "recurrent_activation": "hard_sigmoid",
            "generation": 2,
        },
    ),
    ("GRU", {"reset_after": False, "recurrent_activation": "hard_sigmoid"}),
]
CASES = [
    pytest.param(kind, config, id=f"{kind} {config}") for kind, config in CELLS
]
FEW = [CASES[k] for k in (0, 2, 3, 8, 11, 12, 15, 16)]
"""Every page and every loop, with and without activations along the units."""


def masked(values):
    """x with timesteps of 0: at the start of one sequence, at the end of the
    other, and between.
    """
    values = values.copy()
    values[0, 0] = 0
    values[0, 2] = 0
    values[1, 2:] = 0
    return values


def run(model, x, initial):
    return model.run(
        x,
        dtype="float64",
        initial_state={f"rnn/{k}": v for k, v in initial.items()},
    )


def case(kind, config, masking=False, reverse=False):
    cell = recurrent(
        kind, F, U, return_sequences=True, go_backwards=reverse, **config
    )
    layers = [layer("Masking"), cell] if masking else [cell]
    model = chain(*layers)
    rng = np.random.default_rng(7)
    x = rng.normal(size=(B, T, F))
    if masking:
        x = masked(x)
    names = KINDS[kind].state_names
    initial = {name: rng.normal(size=(B, U)) for name in names}
    return model, x, initial


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masking", [False, True])
@pytest.mark.parametrize(("kind", "config"), CASES)
def test_states_through_time_are_those_of_central_differences(
    kind, config, masking, reverse
):
    model, x, initial = case(kind, config, masking, reverse)
    trace = run(model, x, initial).cells[0]
    rng = np.random.default_rng(9)
    given = {name: rng.normal(size=(1, B, T, U)) for name in trace.cell.states}

    def target(x, initial):
        cell = run(model, x, initial).cells[0]
        return sum(
            float((cell.read(name) * bar[0]).sum())
            for name, bar in given.items()
        )

    found = through_time(trace, given)
    wanted = differences(lambda moved: target(moved, initial), x)
    if masking:
        # moving a timestep of zeros would have it read
        wanted[~trace.mask] = 0
        assert (found.x[0][~trace.mask] == 0).all()
    assert found.x[0] == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    for name in trace.cell.states:
        wanted = differences(
            lambda moved, name=name: target(x, {**initial, name: moved}),
            initial[name],
        )
        assert found.initial[name][0] == pytest.approx(
            wanted, rel=1e-6, abs=1e-8
        )


@pytest.mark.parametrize(("kind", "config"), FEW)
def test_every_quantity_is_a_target(kind, config):
    model, x, initial = case(kind, config)
    cell = run(model, x, initial).cells[0]
    for name in cell.names:
        for t in (0, 3):
            bar = np.zeros((1, B, T, U))
            bar[0, :, t, 1] = 1
            found = through_time(cell, {name: bar})

            def target(x, initial, name=name, t=t):
                values = run(model, x, initial).cells[0].read(name)
                return float(values[:, t, 1].sum())

            wanted = differences(lambda moved: target(moved, initial), x)
            assert found.x[0] == pytest.approx(wanted, rel=1e-6, abs=1e-8)
            wanted = differences(
                lambda moved: target(x, {**initial, "h": moved}),
                initial["h"],
            )
            assert found.initial["h"][0] == pytest.approx(
                wanted, rel=1e-6, abs=1e-8
            )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masking", [False, True])
@pytest.mark.parametrize(("kind", "config"), CASES)
def test_the_loop_is_its_page(
    kind, config, masking, reverse, dtype, monkeypatch
):
    model, x, _ = case(kind, config, masking, reverse)
    trace = model.run(x, dtype=dtype).cells[0]
    rng = np.random.default_rng(9)
    given = {
        name: rng.normal(size=(3, B, T, U)).astype(dtype)
        for name in trace.cell.states
    }
    fast = through_time(trace, given)
    monkeypatch.setattr(
        "rnn_tui.engine.gradients.through_time.fast_scan_back", PageScanBack
    )
    page = through_time(trace, given)
    assert fast.x.dtype == dtype
    close = {"rel": 1e-4, "abs": 1e-5}
    if dtype == "float64":
        close = {"rel": 1e-10, "abs": 1e-12}
    assert fast.x == pytest.approx(page.x, **close)
    for name, bar in page.initial.items():
        assert fast.initial[name] == pytest.approx(bar, **close)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("kind", "config"), FEW)
def test_rows_that_begin_at_different_timesteps_are_each_exact(
    kind, config, reverse
):
    model, x, initial = case(kind, config, True, reverse)
    trace = run(model, x, initial).cells[0]
    given = np.zeros((T + 1, B, T, U))
    for t in range(T):
        given[T - 1 - t, :, t, 2] = 1
    together = through_time(trace, {"h": given})
    for row in range(T + 1):
        alone = through_time(trace, {"h": given[row : row + 1]})
        assert together.x[row] == pytest.approx(alone.x[0], rel=1e-12, abs=0)
        assert together.initial["h"][row] == pytest.approx(
            alone.initial["h"][0], rel=1e-12, abs=0
        )
    assert (together.x[T] == 0).all()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("kind", "config"), FEW)
def test_windows_of_any_length_give_the_same(
    kind, config, reverse, monkeypatch
):
    model, x, initial = case(kind, config, True, reverse)
    trace = run(model, x, initial).cells[0]
    rng = np.random.default_rng(9)
    given = {"h": rng.normal(size=(2, B, T, U))}
    whole = through_time(trace, given)
    for length in (1, 2, 3):
        monkeypatch.setattr(
            "rnn_tui.engine.gradients.through_time.LONGEST", length
        )
        cut = through_time(trace, given)
        assert cut.x == pytest.approx(whole.x, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("kind", "config"), FEW)
def test_states_pulled_over_a_stretch_are_the_product_of_the_jacobians(
    kind, config, reverse
):
    model, x, initial = case(kind, config, True, reverse)
    trace = run(model, x, initial).cells[0]
    rng = np.random.default_rng(2)
    names = trace.cell.states
    bars = {name: rng.normal(size=(3, B, U)) for name in names}
    pulled = pull_states(trace, 1, 4, bars)

    stretch = model.run(x[:, 1:4], dtype="float64").cells[0]
    start, last = (4, 0) if reverse else (0, 2)
    before = {
        name: trace.previous(name, start - 1 if reverse else 1)
        for name in names
    }

    def target(row, states):
        cell = run(model, x[:, 1:4], states).cells[0]
        return sum(
            float((cell.read(name)[:, last] * bars[name][row]).sum())
            for name in names
        )

    for row in range(3):
        for name in names:
            wanted = differences(
                lambda moved, row=row, name=name: target(
                    row, {**before, name: moved}
                ),
                before[name],
            )
            assert pulled[name][row] == pytest.approx(
                wanted, rel=1e-6, abs=1e-8
            )
    assert stretch.timesteps == 3
    for name in names:  # what is given is left as it is
        assert bars[name].shape == (3, B, U)


def test_the_cotangents_of_the_pre_activations_are_those_of_the_kernel():
    model, x, initial = case("GRU", {"reset_after": True})
    trace = run(model, x, initial).cells[0]
    values = {name: trace.read(name)[:, 2] for name in trace.names}
    before = {"h": trace.previous("h", 2)}
    bar = np.random.default_rng(1).normal(size=(4, B, U))
    pulled = pull_back(trace.cell, values, before, {"h": bar})
    assert pulled.pre.shape == (4, B, 3 * U)
    assert pulled.x == pytest.approx(pulled.pre @ trace.cell.kernel.T)
    assert pulled.before["h"].shape == (4, B, U)


def test_a_long_run_whose_values_are_recomputed_gives_the_same(monkeypatch):
    model = chain(recurrent("LSTM", F, U, return_sequences=True))
    x = np.random.default_rng(1).normal(size=(1, 3000, F))
    kept = model.run(x, dtype="float64").cells[0]
    monkeypatch.setattr("rnn_tui.engine.model.KEPT", 1)
    again = model.run(x, dtype="float64").cells[0]
    assert type(again.values) is not type(kept.values)
    given = {"h": np.random.default_rng(4).normal(size=(1, 1, 3000, U))}
    wanted = through_time(kept, given).x
    assert through_time(again, given).x == pytest.approx(wanted, rel=1e-12)


def test_a_cell_without_a_page_read_backwards_is_named(monkeypatch):
    without = KINDS["LSTM"]._replace(back="")
    monkeypatch.setattr(
        "rnn_tui.engine.gradients.cells_back.kind_of", lambda cell: without
    )
    cell = chain(recurrent("LSTM", F, U)).run(np.ones((1, T, F))).cells[0]
    with pytest.raises(NotThroughError, match="equations of LSTM aren't"):
        pull_back(cell.cell, {"h": np.zeros((1, 2))}, {}, {})


@pytest.mark.parametrize("masking", [False, True])
@pytest.mark.parametrize(("kind", "config"), FEW)
def test_a_quantity_that_an_edit_set_depends_on_nothing(kind, config, masking):
    model, x, initial = case(kind, config, masking)
    unit = np.arange(U) == 1
    states = [
        Edit("h", np.arange(U) == 2, np.full(U, 0.3), initial=True),
    ]
    for name in run(model, x, initial).cells[0].names:
        edits = [Edit(name, unit, np.full(U, 0.2)), *states]
        edited = model.edited({"rnn": edits})
        trace = run(edited, x, initial).cells[0]
        bar = np.random.default_rng(9).normal(size=(1, B, T, U))
        found = through_time(trace, {"h": bar})

        def target(x, initial, edited=edited, bar=bar):
            h = run(edited, x, initial).cells[0].read("h")
            return float((h * bar[0]).sum())

        wanted = differences(lambda moved: target(moved, initial), x)
        if masking:
            wanted[~trace.mask] = 0
        assert found.x[0] == pytest.approx(wanted, rel=1e-6, abs=1e-8)
        wanted = differences(
            lambda moved: target(x, {**initial, "h": moved}), initial["h"]
        )
        assert found.initial["h"][0] == pytest.approx(
            wanted, rel=1e-6, abs=1e-8
        )
