"""`rnn-tui lint`: what it finds, and what it leaves alone."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.samples import find_sample, samples

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*argv: object) -> tuple[int, str, str]:
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """A copy of a sample with other arrays, and other keys of its LSTM."""

    def edit(
        name: str,
        array: str = "",
        change: Callable[[np.ndarray], np.ndarray] | None = None,
        **keys: object,
    ) -> Path:
        sample = find_sample(name)
        assert sample is not None
        path = tmp_path / f"{name}.h5"
        shutil.copy(sample.path, path)
        with h5py.File(path, "r+") as file:
            found = []
            file.visit(found.append)
            places = [place for place in found if place.endswith(f"/{array}")]
            if change is not None:
                place = file[places[0]]
                place[...] = change(place[...])

            config = json.loads(file.attrs["model_config"])
            for layer in config["config"]["layers"]:
                if layer["class_name"] == "LSTM":
                    layer["config"].update(keys)

            file.attrs["model_config"] = json.dumps(config)
        return path

    return edit


def found(run: Run, *argv: object) -> tuple[int, list[dict]]:
    status, out, _ = run("lint", *argv, "--format", "json")
    tree = json.loads(out)
    assert tree["schema"] == 1
    return status, tree["findings"]


def checks(findings: list[dict]) -> set[str]:
    return {one["check"] for one in findings}


def test_good_models_have_no_findings(run: Run) -> None:
    for name in ("brackets", "counter", "sine-gru", "char-lstm"):
        assert found(run, name) == (0, [])


def test_every_sample_is_without_errors(run: Run) -> None:
    for sample in samples():
        status, _, err = run("lint", sample.name)
        assert status == 0, err


def test_nan_is_an_error_with_its_array_gate_and_index(
    run: Run, edited: Callable[..., Path]
) -> None:
    def with_nan(kernel: np.ndarray) -> np.ndarray:
        kernel[3, 16 * 2 + 5] = np.nan  # gate c, unit 5
        kernel[7, 16 * 2 + 5] = np.inf
        return kernel

    path = edited("brackets", "recurrent_kernel", with_nan)

    status, findings = found(run, path)

    assert status == 1
    weights = findings[0]
    assert weights["check"] == "finite-weights"
    assert weights["severity"] == "error"
    assert weights["layer"] == "lstm"
    assert weights["array"] == "recurrent_kernel"
    assert weights["gate"] == "c"
    assert weights["index"] == [3, 37]
    assert "2 of 256 values" in weights["text"]
    in_run = findings[1]
    assert in_run["check"] == "finite-run"
    assert in_run["array"] == "pre_c_tilde"
    assert in_run["index"][1] == 5


def test_infinity_in_a_dense_layer_is_an_error(
    run: Run, edited: Callable[..., Path]
) -> None:
    def with_inf(kernel: np.ndarray) -> np.ndarray:
        kernel[2, 0] = np.inf
        return kernel

    path = edited("brackets", "open/kernel", with_inf)

    status, findings = found(run, path)

    assert status == 1
    assert findings[0]["layer"] == "open"
    assert findings[0]["gate"] is None
    assert findings[0]["index"] == [2, 0]
    assert "infinite" in findings[0]["text"]


def test_a_kernel_that_was_never_trained_is_told(run: Run) -> None:
    status, findings = found(run, "lstm-25")

    assert status == 0
    (one,) = (one for one in findings if one["check"] == "trained")
    assert (one["layer"], one["severity"]) == ("lstm", "warning")
    _, both = found(run, "bilstm-4")
    assert {one["layer"] for one in both if one["check"] == "trained"} == {
        "bidirectional/forward",
        "bidirectional/backward",
    }


def test_a_kernel_that_was_trained_a_little_is_not_told(
    run: Run, edited: Callable[..., Path]
) -> None:
    path = edited("lstm-25", "recurrent_kernel", lambda U: U + 1e-4)

    assert "trained" not in checks(found(run, path)[1])


def test_a_large_spectral_radius_and_saturation_are_no_findings(
    run: Run,
) -> None:
    sample = find_sample("char-lstm")
    assert sample is not None
    model = open_model(sample.path)
    of_gates = np.split(model.cells[0].cell.recurrent_kernel, 4, axis=1)
    radii = [abs(np.linalg.eigvals(of_gate)).max() for of_gate in of_gates]
    trace = model.run(sample.input, vocab=sample.vocab)

    assert max(radii) > 1.5
    assert trace["lstm"].saturation().gates["i"].high.mean() > 0.5
    assert found(run, "char-lstm") == (0, [])


def test_a_cell_state_that_grows_is_told(
    run: Run, edited: Callable[..., Path]
) -> None:
    def positive(recurrent: np.ndarray) -> np.ndarray:
        return abs(recurrent) / 4

    # a relu has no ceiling, and what h brings back is never negative
    path = edited("brackets", "recurrent_kernel", positive, activation="relu")

    _, findings = found(run, path, "--input", "random:64")
    _, short = found(run, path, "--input", "random:8")
    _, level = found(run, "brackets", "--input", "random:64")

    (one,) = (one for one in findings if one["check"] == "growth")
    assert one["array"] == "c"
    assert one["severity"] == "warning"
    assert "growth" not in checks(short)
    assert "growth" not in checks(level)


def test_a_unit_that_is_constant_on_this_sequence_is_a_note(
    run: Run, edited: Callable[..., Path]
) -> None:
    def shut(bias: np.ndarray) -> np.ndarray:
        bias[48 + 4] = -50  # the output gate of unit 4
        return bias

    path = edited("brackets", "bias", shut)

    _, findings = found(run, path, "--input", "random:30")

    (one,) = findings
    assert (one["check"], one["severity"]) == ("constant-unit", "note")
    assert one["index"] == [4]
    assert "on this sequence of 30 timesteps" in one["text"]


def test_a_mask_that_skips_nothing_or_all_is_a_note(run: Run) -> None:
    _, without = found(run, "lstm-masked", "--input", "3 1 2 2")
    _, all_of_it = found(run, "lstm-masked", "--input", "0 0 0 0")
    _, some = found(run, "lstm-masked", "--input", "3 0 2 2")

    assert "skips no timestep" in told(without, "mask")
    assert "skips every timestep" in told(all_of_it, "mask")
    assert "mask" not in checks(some)


def told(findings: list[dict], check: str) -> str:
    (text,) = (one["text"] for one in findings if one["check"] == check)
    return text


def test_settings_that_surprise_are_notes(
    run: Run, edited: Callable[..., Path]
) -> None:
    path = edited("brackets", go_backwards=True, activation="relu")

    status, findings = found(run, path)

    assert status == 0
    assert "in the order of reading" in told(findings, "order")
    assert "relu in an LSTM" in told(findings, "relu")
    assert {one["severity"] for one in findings} == {"note"}


def test_an_output_that_never_changes_is_told(
    run: Run, edited: Callable[..., Path]
) -> None:
    path = edited("brackets", "open/kernel", lambda kernel: kernel * 0)

    _, findings = found(run, path)

    assert "same for 8 seeded random inputs" in told(findings, "same-output")


def test_a_model_that_cannot_be_run_is_checked_without_a_run(
    run: Run, tmp_path: Path
) -> None:
    sample = find_sample("lstm-32-tagger")
    assert sample is not None
    path = tmp_path / "m.h5"
    shutil.copy(sample.path, path)
    with h5py.File(path, "r+") as file:
        config = file.attrs["model_config"]
        file.attrs["model_config"] = config.replace(
            '"class_name": "TimeDistributed"', '"class_name": "Mine"'
        )
        assert file.attrs["model_config"] != config

    status, findings = found(run, path)

    assert status == 0
    assert "trained" in checks(findings)
    assert "no run was checked" in told(findings, "run")


def test_a_layer_restricts_and_the_formats_agree(
    run: Run, tmp_path: Path
) -> None:
    status, out, _ = run(
        "lint",
        "bilstm-4",
        "--layer",
        "bidirectional/forward",
        "--format",
        "csv",
    )
    rows = list(csv.DictReader(io.StringIO(out)))

    assert status == 0
    assert {row["layer"] for row in rows} == {"bidirectional/forward"}
    status, out, _ = run("lint", "brackets")
    assert "nothing found by 8 checks" in out
    target = tmp_path / "found.json"
    assert run("lint", "lstm-25", "-o", target)[0] == 0
    assert json.loads(target.read_text())["findings"]
