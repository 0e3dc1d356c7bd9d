"""`--as LAYER=CLASS` on every command: the refusal that names it, and the
warning that goes wherever its numbers go.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import pytest

from rnn_tui.cli import main

Run = Callable[..., tuple[int, str, str]]

KEYS = {
    "name": "lstm",
    "units": 3,
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "unit_forget_bias": True,
}
WARNING = "layer 'lstm' is computed as Keras's LSTM, as was asked (--as): its class QLSTM is a custom one"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*argv: object) -> tuple[int, str, str]:
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of one QLSTM, as QKeras writes it: Keras's keys and a
    quantizer.
    """
    rng = np.random.default_rng(0)
    config = {
        **KEYS,
        "return_sequences": True,
        "kernel_quantizer": "bits",
        "batch_input_shape": [None, 5, 2],
    }
    layers = [{"class_name": "QLSTM", "config": config}]
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(
            {
                "class_name": "Sequential",
                "config": {"name": "m", "layers": layers},
            }
        )
        file.attrs["keras_version"], file.attrs["backend"] = (
            "2.4.0",
            "tensorflow",
        )
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"lstm"]
        group = weights.create_group("lstm")
        group.attrs["weight_names"] = [b"kernel", b"recurrent_kernel", b"bias"]
        for name, shape in (
            ("kernel", (2, 12)),
            ("recurrent_kernel", (3, 12)),
            ("bias", (12,)),
        ):
            group[name] = rng.normal(size=shape).astype("f4")
    return tmp_path / "m.h5"


KERAS = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)


@pytest.mark.parametrize(
    "command", ["trace", pytest.param("verify", marks=KERAS)]
)
def test_without_it_the_run_is_refused_in_one_line_that_names_it(
    run: Run, model: Path, command: str
) -> None:
    status, out, err = run(command, model, "--input", "random:5")
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert (
        "layer 'lstm' can't be reproduced: the class QLSTM is not one of Keras's own"
        in line
    )
    assert "--as lstm=LSTM" in line


@pytest.mark.parametrize("command", ["layers", "weights"])
def test_listing_needs_no_assumption_and_carries_the_warning_of_one(
    run: Run, model: Path, command: str
) -> None:
    status, out, err = run(command, model, "--format", "json")
    assert (status, json.loads(out)["warnings"], err) == (0, [], "")
    status, out, err = run(
        command, model, "--as", "lstm=LSTM", "--format", "json"
    )
    (said,) = json.loads(out)["warnings"]
    assert (status, err) == (0, f"rnn-tui: warning: {said}\n")
    assert said.startswith(WARNING)


def test_the_numbers_of_a_trace_carry_it_in_every_form(
    run: Run, model: Path, tmp_path: Path
) -> None:
    command = ("trace", model, "--as", "lstm=LSTM", "--input", "random:5")
    assert run(*command)[2].startswith(f"rnn-tui: warning: {WARNING}")
    rows = list(
        csv.DictReader(io.StringIO(run(*command, "--format", "csv")[1]))
    )
    said = [row for row in rows if row["layer"] == "warning"]
    assert [
        (row["quantity"].startswith(WARNING), row["value"]) for row in said
    ] == [(True, "")]
    (line,) = json.loads(run(*command, "--format", "json")[1])["warnings"]
    assert line.startswith(WARNING)
    assert run(*command, "-o", tmp_path / "t.npz")[0] == 0
    with np.load(tmp_path / "t.npz", allow_pickle=False) as found:
        assert found["warnings"].tolist() == [line]
        states = {key: found[key][:, -1] for key in ("lstm/h", "lstm/c")} | {
            "warnings": found["warnings"]
        }
    np.savez(tmp_path / "states.npz", **states)
    assert run(*command, "--initial-state", tmp_path / "states.npz")[0] == 0


def test_verify_says_that_keras_cannot_be_asked(run: Run, model: Path) -> None:
    status, _, err = run(
        "verify", model, "--as", "lstm=LSTM", "--input", "random:5"
    )
    assert status == 2
    assert "Keras itself can't be asked about a custom class" in err


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("lstm", "write LAYER=CLASS"),
        ("=LSTM", "write LAYER=CLASS"),
        ("lstm=Dense", "a layer can be computed as"),
        ("lstm=GRU", "don't make a GRU"),
        ("other=LSTM", "there is no such layer"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    run: Run, model: Path, value: str, said: str
) -> None:
    status, out, err = run("layers", model, "--as", value)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert f"--as {value}" in err
    assert said in err


def test_one_layer_can_not_be_two_classes(run: Run, model: Path) -> None:
    assert (
        "is also to be"
        in run("layers", model, "--as", "lstm=LSTM", "--as", "lstm=GRU")[2]
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_it(run: Run, shell: str) -> None:
    out = run("completions", shell)[1]
    assert "-l as " in out if shell == "fish" else "--as" in out
