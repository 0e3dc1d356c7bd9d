"""`diff`: two models, or two sequences on one model."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis.compare_weights import compare_weights, weights_table
from rnn_tui.cli import main
from rnn_tui.samples import find_sample

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `diff`; return its status, stdout and stderr."""

    def run(*argv: object) -> tuple[int, str, str]:
        status = main(["diff", *map(str, argv)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def sample(name: str) -> Path:
    found = find_sample(name)
    assert found is not None
    return found.path


def changed(path: Path, array: str, change: Callable[[Any], None]) -> Path:
    """The sample brackets with one stored array changed."""
    shutil.copy(sample("brackets"), path)
    with h5py.File(path, "r+") as file:
        found: list[str] = []
        file["model_weights"].visit(found.append)
        (name,) = (one for one in found if one.endswith(array))
        values = file["model_weights"][name][...]
        change(values)
        file["model_weights"][name][...] = values
    return path


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Brackets with a quarter added to one weight of the forget gate."""

    def change(kernel: Any) -> None:
        kernel[1, 16 + 3] += 0.25

    return changed(tmp_path / "later.h5", "lstm/lstm_cell/kernel", change)


def test_a_model_is_equal_to_itself(run: Run) -> None:
    status, out, err = run("brackets", "brackets", "--input", "text: (x)")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "equal, to the last bit"


def test_the_gate_that_differs_is_named(run: Run, later: Path) -> None:
    status, out, err = run("brackets", later, "--format", "json")
    assert (status, err) == (1, "")
    found = json.loads(out)
    assert list(found) == [
        "schema",
        "a",
        "b",
        "tolerance",
        "differs",
        "largest",
        "weights",
        "first",
        "timesteps",
        "shifts",
        "quantities",
        "outputs",
        "warnings",
    ]
    assert (found["schema"], found["differs"]) == (1, True)
    apart = [one for one in found["weights"] if one["largest"] > 0]
    assert len(found["weights"]) == 14
    assert [(one["part"], one["gate"]) for one in apart] == [("kernel", "f")]
    assert list(apart[0]) == [
        "layer",
        "direction",
        "cell",
        "part",
        "gate",
        "shape",
        "largest",
        "mean",
        "l2",
    ]
    assert apart[0]["largest"] == pytest.approx(0.25)
    assert apart[0]["l2"] == pytest.approx(0.25)
    assert apart[0]["mean"] == pytest.approx(0.25 / 48)
    assert found["quantities"] == found["outputs"] == []
    assert (found["first"], found["timesteps"]) == (None, None)


def test_with_a_sequence_the_runs_are_compared_too(
    run: Run, later: Path
) -> None:
    """The weight that differs is read with the second token, at timestep 2."""
    vocab = sample("brackets").with_name("brackets.vocab.json")
    status, out, _ = run(
        "brackets",
        later,
        "--input",
        "text: x()(",
        "--vocab",
        vocab,
        "--dtype",
        "float64",
        "--format",
        "json",
    )
    assert status == 1
    found = json.loads(out)
    assert (found["first"], found["timesteps"]) == (2, [4, 4])
    rows = {(q["layer"], q["quantity"]): q for q in found["quantities"]}
    pre_f = rows["lstm", "pre_f"]
    assert list(pre_f) == [
        "layer",
        "quantity",
        "first",
        "largest",
        "timestep",
        "unit",
    ]
    assert pre_f["largest"] == pytest.approx(0.25, abs=1e-6)
    assert (pre_f["first"], pre_f["timestep"], pre_f["unit"]) == (2, 2, 3)
    assert rows["lstm", "i"]["first"] == 3
    (output,) = found["outputs"]
    runs = [
        open_model(path).run(
            np.eye(3, dtype="f4")[[2, 0, 1, 0]], dtype="float64"
        )
        for path in (sample("brackets"), later)
    ]
    assert output == {
        "name": "open",
        "a": [pytest.approx(runs[0].output[-1, 0])],
        "b": [pytest.approx(runs[1].output[-1, 0])],
    }


def test_a_difference_within_the_tolerance_is_none(
    run: Run, later: Path
) -> None:
    status, out, _ = run("brackets", later, "--tolerance", "0.3")
    assert status == 0
    assert out.splitlines()[-1] == "equal within 0.3: by 0.25 at most"
    assert run("brackets", later, "--tolerance", "0.2")[0] == 1


def test_a_layer_is_compared_alone(run: Run, later: Path) -> None:
    assert run("brackets", later, "--layer", "open")[0] == 0
    status, out, _ = run("brackets", later, "--layer", "lstm")
    assert status == 1
    assert "bias" in out
    assert not [line for line in out.splitlines() if line.startswith("open")]


def test_a_nan_on_one_side_differs_by_infinity(
    run: Run, tmp_path: Path
) -> None:
    def spoil(bias: Any) -> None:
        bias[0] = np.nan

    spoilt = changed(tmp_path / "nan.h5", "open/bias", spoil)
    status, out, _ = run("brackets", spoilt, "--format", "json")
    assert status == 1
    assert json.loads(out)["largest"] is None
    assert run(spoilt, spoilt)[0] == 0


def test_two_sequences_on_one_model(run: Run) -> None:
    status, out, err = run(
        "brackets", "--input", "text: (x)(", "--against", "text: (xx("
    )
    assert (status, err) == (1, "")
    assert "the first timestep that differs is 2" in out
    same = run("brackets", "--input", "text: (x", "--against", "text: (x")
    assert same[0] == 0


def test_sequences_of_two_lengths_are_compared_as_far_as_both_go(
    run: Run,
) -> None:
    status, out, _ = run(
        "brackets",
        "--against",
        "text: x(x(xx)(",
        "--tolerance",
        "1e-6",
    )
    assert status == 0
    assert "22 and 8 timesteps" in out


def test_csv_has_a_row_for_each_block_and_each_quantity(
    run: Run, later: Path, tmp_path: Path
) -> None:
    path = tmp_path / "diff.csv"
    status, out, _ = run("brackets", later, "--input", "random:3", "-o", path)
    assert (status, out) == (1, "")
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert {row["kind"] for row in rows} == {"weights", "values"}
    (apart,) = (
        row
        for row in rows
        if row["kind"] == "weights" and float(row["largest"])
    )
    assert (apart["gate"], apart["shape"]) == ("f", "3x16")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["lstm-25", "lstm-1"], "the architectures can't be compared: layer"),
        (["lstm-25", "gru-reset-before"], "LSTM in the first and GRU in the"),
        (["lstm-25", "dense-1"], "the architectures can't be compared"),
        (["gru-reset-after", "gru-reset-before"], "has arrays of"),
        (["lstm-25"], "nothing to compare with"),
        (["lstm-25", "lstm-25", "--against", "1"], "one of them at once"),
        (["lstm-25", "none.h5"], "no such file"),
        (["lstm-25", "--against", "x.npy"], "x.npy"),
        (
            [
                "brackets",
                "--input",
                "1 0 0",
                "--against",
                "[[[1,0,0]],[[0,1,0]]]",
            ],
            "a batch of 1 can't be compared with one of 2",
        ),
        (["lstm-25", "lstm-25", "--tolerance", "-1"], "not a number above 0"),
        (["lstm-25", "lstm-25", "--layer", "x"], "no layer 'x'"),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_status_2(
    run: Run, argv: list[str], words: str
) -> None:
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("rnn-tui: error: ")
    assert words in line


def test_other_settings_are_told(run: Run) -> None:
    status, _, err = run("lstm-4-last", "lstm-4-sequences")
    assert status == 1
    assert "layer 'lstm' is set otherwise: returns the last output only" in err


def test_layers_of_other_names_are_compared_in_their_order() -> None:
    """Keras counts the layers of a session: the same code makes lstm_1."""
    one = open_model(sample("lstm-4-last")).model
    other = open_model(sample("lstm-4-state")).model
    rows = compare_weights(one, other)
    assert {row.layer for row in rows} == {one.cells[0].layer}
    assert len(weights_table(rows).rows) == 12


def test_the_command_is_in_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diff", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--against SEQ" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_run_with_changes_against_the_run_without(run: Run) -> None:
    status, out, err = run(
        "brackets", "--set", "t=1:x", "--dtype", "float64", "--format", "json"
    )
    assert status == 1
    assert err == "rnn-tui: warning: what if: t=1 is 'x' instead of '('\n"
    found = json.loads(out)
    assert found["b"] == "t=1 is 'x' instead of '('"
    assert found["first"] == 1
    (output,) = found["outputs"]
    assert output["a"] == [pytest.approx(0.082768, abs=5e-7)]
    assert output["b"] == [pytest.approx(-0.475812, abs=5e-7)]
    assert run("brackets", "--set", "t=0:x")[0] == 0
    assert run("brackets", "brackets", "--off", "lstm:2")[0] == 2


def test_a_held_timestep_moves_those_after_it(run: Run) -> None:
    argv = ("brackets", "--hold", "t=4:6", "--input", "text: ((((x)))")
    status, out, _ = run(*argv, "--format", "json")
    assert status == 1
    found = json.loads(out)
    assert found["timesteps"] == [8, 13]
    assert found["shifts"] == [{"from": 5, "later": 5}]
    assert found["first"] == 5
    _, page, _ = run(*argv)
    assert (
        "8 and 13 timesteps: each timestep is compared with its own, which "
        "comes from t 5 on 5 later"
    ) in page
    off = ("brackets", "--off", "lstm:2", *argv[3:], "--format", "json")
    _, out, _ = run(*off)
    assert json.loads(out)["shifts"] == []


PYTORCH = Path(__file__).parents[1] / "data" / "pytorch"


def test_a_warning_says_which_file_it_is_about_and_is_told_once(
    run: Run,
) -> None:
    one, other = PYTORCH / "tagger.safetensors", PYTORCH / "tagger_old.pt"
    _, out, err = run(one, other, "--format", "json")
    warnings = json.loads(out)["warnings"]
    assert warnings
    assert len(set(warnings)) == len(warnings)
    assert all(
        line.startswith(("a and b: ", "a: ", "b: ")) for line in warnings
    )
    assert err.count("PyTorch's modules, not the program") == 1
