"""The headless commands on the bundled samples: what they write, and in which
form.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnn_tui.cli import main
from rnn_tui.samples import find_sample

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; return its status, stdout and stderr."""

    def run(*argv: object) -> tuple[int, str, str]:
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_layers_json_has_the_schema_key_by_key(run: Run):
    status, out, err = run("layers", "lstm-25", "--format", "json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert list(found) == ["schema", "file", "model", "layers", "warnings"]
    assert found["schema"] == 1
    assert list(found["file"]) == [
        "path",
        "container",
        "keras_version",
        "backend",
        "bytes",
        "facts",
    ]
    assert len(found["file"]["facts"]["sha256"]) == 64
    assert found["file"]["container"] == "keras-h5"
    assert list(found["model"]) == [
        "name",
        "class",
        "parameters",
        "trainable",
        "non_trainable",
        "readable",
    ]
    assert found["model"]["readable"] == {
        "parameters": 2700,
        "of": 2700,
        "arrays": 3,
        "of_arrays": 3,
    }
    (layer,) = [layer for layer in found["layers"] if layer["recurrent"]]
    assert list(layer) == [
        "name", "class", "output_shape", "parameters", "trainable", "recurrent", "formula", "inputs", "weights",
        "reproducible", "why_not", "notes",
    ]  # fmt: skip
    assert (layer["class"], layer["parameters"], layer["formula"]) == (
        "LSTM",
        2700,
        "4 × ((1 + 25) × 25 + 25)",
    )
    assert layer["output_shape"] == [None, 25]
    assert layer["weights"][0] == {
        "name": "kernel",
        "shape": [1, 100],
        "dtype": "float32",
    }


def test_a_wrapper_counts_what_it_wraps_once(run: Run):
    _, out, _ = run("layers", "bilstm-4", "--format", "json")
    found = json.loads(out)
    counts = {layer["name"]: layer["parameters"] for layer in found["layers"]}
    assert (
        counts["bidirectional"]
        == counts["bidirectional/forward"] + counts["bidirectional/backward"]
    )
    assert found["model"]["parameters"] == sum(
        count for name, count in counts.items() if "/" not in name
    )
    assert found["model"]["readable"]["of"] == found["model"]["parameters"]


def test_layers_as_a_table_is_plain_and_complete_in_a_pipe(run: Run):
    status, out, _ = run("layers", "bilstm-4")
    assert status == 0
    assert "\x1b" not in out
    assert not set(out) & set("│┃━─┏╭")
    assert "bidirectional" in out
    assert "224 parameters: 224 trainable, 0 not" in out


def test_layers_of_one_layer_brings_what_is_inside_it(run: Run):
    _, out, _ = run(
        "layers", "bilstm-4", "--layer", "bidirectional", "--format", "csv"
    )
    names = [row["name"] for row in csv.DictReader(io.StringIO(out))]
    assert names == [
        "bidirectional",
        "bidirectional/forward",
        "bidirectional/backward",
    ]


def test_weights_json_has_the_schema_key_by_key(run: Run):
    _, out, _ = run("weights", "bilstm-4", "--format", "json")
    found = json.loads(out)
    assert list(found) == ["schema", "gates", "arrays", "warnings"]
    assert list(found["arrays"][0]) == [
        "layer", "name", "shape", "dtype", "count", "mean", "std", "min", "max", "l2", "zeros", "nan", "inf",
    ]  # fmt: skip
    assert [(array["layer"], array["name"]) for array in found["arrays"]] == [
        (f"bidirectional/{side}", name)
        for side in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel", "bias")
    ]
    assert list(found["gates"][0]) == [
        "layer", "direction", "cell", "part", "gate", "columns", "shape", "count", "mean", "std", "min", "max", "l2",
        "zeros", "nan", "inf",
    ]  # fmt: skip
    assert {gate["direction"] for gate in found["gates"]} == {
        "forward",
        "backward",
    }
    assert {gate["layer"] for gate in found["gates"]} == {"bidirectional"}
    assert len(found["gates"]) == 2 * 3 * 4


def test_weights_of_the_notebook_are_the_notebooks(run: Run):
    _, out, _ = run(
        "weights",
        "lstm-notebook",
        "--format",
        "json",
        "--gate",
        "c",
        "--part",
        "kernel",
    )
    (gate,) = json.loads(out)["gates"]
    assert (gate["columns"], gate["shape"], gate["direction"]) == (
        [2, 3],
        [2, 1],
        None,
    )
    assert gate["max"] == pytest.approx(0.9924617)
    assert gate["l2"] == pytest.approx(np.hypot(0.9924617, 0.9574034))


@pytest.mark.parametrize("name", ["block.npy", "block.csv"])
def test_the_values_of_a_block_are_written(run: Run, tmp_path: Path, name: str):
    path = tmp_path / name
    status, out, err = run(
        "weights",
        "lstm-notebook",
        "--layer",
        "lstm",
        "--gate",
        "i",
        "--part",
        "kernel",
        "-o",
        path,
    )
    assert (status, out, err) == (0, "", "")
    values = (
        np.load(path)
        if path.suffix == ".npy"
        else np.loadtxt(path, delimiter=",", ndmin=2)
    )
    assert values == pytest.approx(np.array([[-0.7879], [-0.14056396]]))


def test_every_layers_arrays_are_measured_and_written(run: Run, tmp_path: Path):
    _, out, _ = run(
        "weights", "char-lstm", "--layer", "next", "--format", "json"
    )
    found = json.loads(out)
    assert found["gates"] == []
    kernel, bias = found["arrays"]
    assert (kernel["layer"], kernel["name"], kernel["shape"]) == (
        "next",
        "kernel",
        [64, 36],
    )
    assert bias["dtype"] == "float32"

    path = tmp_path / "next.npy"
    chosen = ("--layer", "next", "--part", "kernel", "-o", path)
    assert run("weights", "char-lstm", *chosen) == (0, "", "")
    values = np.load(path)
    assert kernel["l2"] == pytest.approx(np.linalg.norm(values))
    assert kernel["max"] == values.max()


def test_an_archive_has_every_gate_and_every_other_array(
    run: Run, tmp_path: Path
):
    path = tmp_path / "w.npz"
    assert run("weights", "bilstm-4", "-o", path) == (0, "", "")
    with np.load(path) as found:
        assert set(found.files) == {
            f"bidirectional/{side}/{part}/{gate}"
            for side in ("forward", "backward")
            for part in ("kernel", "recurrent_kernel", "bias")
            for gate in "ifco"
        }
        assert found["bidirectional/forward/kernel/i"].shape == (2, 4)

    assert run("weights", "brackets", "-o", path, "--force") == (0, "", "")
    with np.load(path) as found:
        assert {"open/kernel", "open/bias", "lstm/bias/o"} <= set(found.files)
        assert found["open/kernel"].shape == (16, 1)


def test_the_values_of_several_blocks_are_not_written_into_one_file(
    run: Run, tmp_path: Path
):
    status, _, err = run(
        "weights",
        "bilstm-4",
        "--gate",
        "i",
        "--part",
        "kernel",
        "-o",
        tmp_path / "x.npy",
    )
    assert status == 2
    assert "bidirectional/forward kernel i" in err


def test_trace_gives_the_notebooks_numbers(run: Run, tmp_path: Path):
    assert run(
        "trace", "lstm-notebook", "--input", "1 10", "-o", tmp_path / "t.npz"
    ) == (0, "", "")
    with np.load(tmp_path / "t.npz") as found:
        numbers = {key.removeprefix("lstm/"): found[key] for key in found.files}
    expected = {
        "pre_i": -2.193540, "pre_f": -3.252910, "pre_c_tilde": 10.566496, "pre_o": 7.354731,
        "i": 0.100332, "f": 0.037222, "c": 0.100332, "o": 0.999361, "h": 0.0999329,
    }  # fmt: skip
    for name, value in expected.items():
        assert numbers[name].shape == (1, 1, 1)
        assert numbers[name].item() == pytest.approx(value, abs=1e-5)
    assert numbers["output/0"].item() == pytest.approx(0.0999329, abs=1e-6)


def test_trace_shows_the_last_timestep_each_direction_reads(run: Run):
    status, out, _ = run("trace", "bilstm-4")
    assert status == 0
    assert "bidirectional/forward: 5 timesteps" in out
    assert "t = 4 " in out
    assert "t = 0 " in out
    assert "output 4 (1, 4):" in out


def test_trace_json_and_csv_on_stdout_carry_the_same_values(run: Run):
    argv = (
        "trace",
        "lstm-1",
        "--input",
        "0.1 0.2 0.3 0.4 0.5",
        "--layer",
        "lstm",
    )
    _, tree, _ = run(*argv, "--format", "json")
    _, table, _ = run(*argv, "--format", "csv")
    c = json.loads(tree)["lstm"]["c"]
    rows = [
        row
        for row in csv.DictReader(io.StringIO(table))
        if row["layer"] == "lstm" and row["quantity"] == "c"
    ]
    assert [float(row["value"]) for row in rows] == [
        value for step in c[0] for value in step
    ]
    assert [int(row["timestep"]) for row in rows] == list(range(5))


def test_a_run_from_a_layer_and_its_states_goes_on_where_the_other_stopped(
    run: Run, tmp_path: Path
):
    run(
        "trace",
        "char-lstm",
        "--input",
        "text: alice",
        "--all-layers",
        "--dtype",
        "float64",
        "-o",
        tmp_path / "a.npz",
    )
    with np.load(tmp_path / "a.npz") as found:
        h, c, embedded = (
            found["lstm/h"],
            found["lstm/c"],
            found["embedding/output"],
        )
    assert h.dtype == np.float64
    np.savez(tmp_path / "s.npz", **{"lstm/h": h[:, 1], "lstm/c": c[:, 1]})
    np.save(tmp_path / "x.npy", embedded[0, 2:])
    argv = (
        "trace",
        "char-lstm",
        "--from",
        "lstm",
        "--input",
        tmp_path / "x.npy",
        "--dtype",
        "float64",
    )
    assert run(
        *argv, "--initial-state", tmp_path / "s.npz", "-o", tmp_path / "b.npz"
    ) == (0, "", "")
    with np.load(tmp_path / "b.npz") as found:
        np.testing.assert_allclose(found["lstm/h"], h[:, 2:], rtol=1e-12)


def test_all_layers_shows_the_others_too(run: Run, tmp_path: Path):
    run(
        "trace",
        "lstm-32-tagger",
        "--all-layers",
        "--layer",
        "tags",
        "-o",
        tmp_path / "a.npz",
    )
    with np.load(tmp_path / "a.npz") as found:
        assert found["tags/output"].shape == (1, 10, 15)


def test_a_samples_own_sequence_and_vocabulary_are_used(run: Run):
    status, out, _ = run("trace", "brackets")
    assert status == 0
    sample = find_sample("brackets")
    assert sample is not None
    assert sample.input is not None
    assert out.startswith(
        f"input: {len(sample.input.removeprefix('text: '))} timesteps × 3 features: "
    )


def test_samples_are_listed_and_copied(run: Run, tmp_path: Path):
    _, out, _ = run("samples", "--format", "json")
    found = {sample["name"]: sample for sample in json.loads(out)["samples"]}
    assert "lstm-notebook" in found
    assert all(
        Path(sample["path"]).is_file() and sample["description"]
        for sample in found.values()
    )
    status, out, _ = run(
        "samples", "--copy", tmp_path / "models", "lstm-notebook"
    )
    assert status == 0
    assert [path.name for path in (tmp_path / "models").iterdir()] == [
        "lstm-notebook.h5"
    ]
    status, _, err = run("samples", "--copy", tmp_path / "models")
    assert status == 2
    assert "--force" in err


@pytest.mark.parametrize("command", ["layers", "weights"])
def test_an_output_file_has_the_format_of_its_extension(
    run: Run, tmp_path: Path, command: str
):
    for name in ("x.json", "x.csv", "x.txt"):
        assert run(command, "lstm-notebook", "-o", tmp_path / name) == (
            0,
            "",
            "",
        )
    assert (
        json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["schema"]
        == 1
    )
    assert (
        len(
            list(
                csv.DictReader(
                    io.StringIO(
                        (tmp_path / "x.csv").read_text(encoding="utf-8")
                    )
                )
            )
        )
        > 0
    )
    status, _, err = run(command, "lstm-notebook", "-o", tmp_path / "x.csv")
    assert (status, "--force" in err) == (2, True)
    assert (
        run(command, "lstm-notebook", "-o", tmp_path / "x.csv", "--force")[0]
        == 0
    )


def test_a_sequence_of_another_length_runs_with_one_warning(run: Run):
    for source in ("random:300", "[" + ",".join(["[0.1]"] * 300) + "]"):
        status, out, err = run("trace", "lstm-25", "--input", source)
        assert status == 0, err
        assert "300 timesteps" in out
        (line,) = err.splitlines()
        assert line.startswith("rnn-tui: warning: ")
        assert "has 3 timesteps in the model and is fed 300 timesteps: " in line
    assert run("trace", "lstm-25")[2] == ""
