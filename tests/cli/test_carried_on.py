"""`trace --initial-state` carries an earlier trace on: two runs are one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui.cli import main

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.tensorflow
L = keras.layers
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `trace` and return its status and what it said on stderr."""

    def run(*argv: object) -> tuple[int, str]:
        status = main(["trace", *map(str, argv)])
        return status, capsys.readouterr().err

    return run


def causal() -> Any:
    """A stacked model in which no timestep depends on a later one: nested,
    shared, stacked cells, masked.
    """
    x = keras.Input((None, 3), name="x")
    masked = L.Masking(0.0)(x)
    y = L.LSTM(4, return_sequences=True, name="lstm")(masked)
    shared = L.GRU(4, return_sequences=True, name="shared")
    y = shared(shared(y))
    inner = keras.Input((None, 4))
    nested = keras.Model(
        inner,
        L.SimpleRNN(3, return_sequences=True, name="simple")(inner),
        name="nested",
    )
    y = nested(y)
    cells = L.RNN(
        [L.LSTMCell(2), L.GRUCell(3)], return_sequences=True, name="cells"
    )
    return keras.Model(x, L.Dense(2, name="head")(cells(y)))


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as found:
        return dict(found)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_run_that_is_carried_on_equals_one_run(
    run: Run, tmp_path: Path, batch: int
) -> None:
    keras.utils.set_random_seed(1)
    model = tmp_path / "model.keras"
    causal().save(model)
    x = np.random.default_rng(0).normal(size=(batch, 20, 3)).astype("f4")
    # the first part of this sequence ends in timesteps that are not read
    x[0, 9:12] = 0
    for name, part in (
        ("whole", x),
        ("first", x[:, :12]),
        ("second", x[:, 12:]),
    ):
        np.save(tmp_path / f"{name}.npy", part)

    assert run(
        model, "--input", tmp_path / "whole.npy", "-o", tmp_path / "whole.npz"
    ) == (0, "")
    assert run(
        model, "--input", tmp_path / "first.npy", "-o", tmp_path / "first.npz"
    ) == (0, "")
    state = ("--initial-state", tmp_path / "first.npz")
    assert run(
        model,
        "--input",
        tmp_path / "second.npy",
        *state,
        "-o",
        tmp_path / "second.npz",
    ) == (0, "")

    whole, second = (
        arrays_of(tmp_path / "whole.npz"),
        arrays_of(tmp_path / "second.npz"),
    )
    keys = [key for key in second if not key.startswith("input/")]
    for wanted in (
        "output/0",
        "lstm/c",
        "shared@1/h",
        "nested/simple/h",
        "cells/cells/0/c",
        "cells/cells/1/h",
    ):
        assert wanted in keys
    for key in keys:
        np.testing.assert_allclose(
            second[key], whole[key][:, 12:], rtol=1e-5, atol=1e-6, err_msg=key
        )

    anew = tmp_path / "anew.npz"
    assert run(model, "--input", tmp_path / "second.npy", "-o", anew) == (0, "")
    assert not np.allclose(
        arrays_of(anew)["output/0"], second["output/0"], atol=1e-4
    )


def test_a_backward_direction_ends_at_the_first_timestep_read(
    run: Run, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(2)
    model = tmp_path / "model.keras"
    both = L.Bidirectional(L.LSTM(4, return_sequences=True), name="both")
    keras.Sequential([keras.Input((None, 3)), L.Masking(0.0), both]).save(model)
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("f4")
    x[1, :2] = x[1, 6:] = 0
    np.save(tmp_path / "x.npy", x)
    first, again = tmp_path / "first.npz", tmp_path / "again.npz"

    assert run(model, "--input", tmp_path / "x.npy", "-o", first) == (0, "")
    assert run(
        model,
        "--input",
        tmp_path / "x.npy",
        "--initial-state",
        first,
        "-o",
        again,
    ) == (0, "")

    ends = arrays_of(first)
    states = {
        f"both/{side}/{name}": np.stack(
            [ends[f"both/{side}/{name}"][k, rows[k]] for k in (0, 1)]
        )
        for side, rows in (("forward", (6, 5)), ("backward", (0, 2)))
        for name in ("h", "c")
    }
    np.savez(tmp_path / "states.npz", **states)
    by_hand = tmp_path / "by_hand.npz"
    given = ("--initial-state", tmp_path / "states.npz")
    assert run(model, "--input", tmp_path / "x.npy", *given, "-o", by_hand) == (
        0,
        "",
    )
    assert not np.array_equal(arrays_of(again)["output/0"], ends["output/0"])
    for key, values in arrays_of(by_hand).items():
        np.testing.assert_array_equal(
            arrays_of(again)[key], values, err_msg=key
        )


def test_what_a_trace_lacks_is_said(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "model.keras"
    causal().save(model)
    part, other = tmp_path / "part.npz", tmp_path / "other.npz"
    assert run(model, "--input", "random:5", "--layer", "lstm", "-o", part) == (
        0,
        "",
    )
    status, err = run(model, "--input", "random:5", "--initial-state", part)
    assert status == 0
    assert (
        "this trace has no states of shared, shared@1, nested/simple, cells/cells/0, cells/cells/1"
        in err
    )

    assert run("lstm-notebook", "--input", "1 10", "-o", other) == (0, "")
    status, err = run(model, "--input", "random:5", "--initial-state", other)
    assert status == 2
    assert "'lstm/h' has 4 units, got an array of shape (1, 1)" in err
    assert (
        run(
            "dense-1",
            "--input",
            "random:5",
            "-o",
            other,
            "--all-layers",
            "--force",
        )[0]
        == 0
    )
    status, err = run(model, "--input", "random:5", "--initial-state", other)
    assert status == 2
    assert "holds no states of this model's layers" in err


def test_states_of_another_batch_are_refused(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "model.keras"
    causal().save(model)
    (tmp_path / "x.json").write_text(json.dumps(np.ones((3, 5, 3)).tolist()))
    first = tmp_path / "first.npz"
    assert run(model, "--input", tmp_path / "x.json", "-o", first) == (0, "")
    status, err = run(model, "--input", "random:5", "--initial-state", first)
    assert status == 2
    assert "the initial state lstm/h is (1, 4), not (3, 4)" in err
