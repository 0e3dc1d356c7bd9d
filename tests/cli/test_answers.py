"""`analyze --show prediction,effects`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.samples import find_sample

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `analyze`; return its status, stdout and stderr."""

    def run(*argv: object) -> tuple[int, str, str]:
        status = main(["analyze", *map(str, argv)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


WIDE = ("--dtype", "float64", "--format", "json")


def test_the_prediction_so_far_of_each_output(run: Run) -> None:
    status, out, err = run("lstm-120-relu", "--show", "prediction", *WIDE)
    assert (status, err) == (0, "")
    tree = json.loads(out)
    (values,) = tree["prediction"].values()
    found = find_sample("lstm-120-relu")
    assert found is not None
    assert found.input is not None
    rows = np.array(
        [[float(n) for n in row.split()] for row in found.input.split(";")],
        "f4",
    )
    model = open_model(found.path).model
    wanted = [
        model.run(rows[: t + 1], dtype="float64").output.tolist()
        for t in range(len(rows))
    ]
    np.testing.assert_allclose(values, wanted, atol=1e-12)
    assert tree["warnings"] == []


def test_prefixes_that_are_run_and_those_that_cannot_be_are_told(
    run: Run,
) -> None:
    _, out, _ = run("bilstm-4", "--show", "prediction", *WIDE)
    tree = json.loads(out)
    assert "5 runs, one for each prefix" in tree["warnings"][0]
    status, out, _ = run("conv-lstm-video", "--show", "prediction", *WIDE)
    assert status == 0
    tree = json.loads(out)
    assert tree["prediction"] == {}
    assert "a prefix can't be run" in tree["warnings"][0]


def test_the_effects_of_all_units(run: Run) -> None:
    status, out, _ = run("brackets", "--show", "effects", *WIDE)
    assert status == 0
    found = json.loads(out)["effects"]["lstm"]
    assert list(found) == ["kind", "target", "value", "change", "mean", "note"]
    assert (found["kind"], found["target"]) == ("zero", "open[0]")
    assert found["value"] + found["change"][2] == pytest.approx(
        -0.3165681, abs=5e-8
    )
    assert len(found["change"]) == len(found["mean"]) == 16


def test_effects_are_of_the_run_with_the_changes(run: Run) -> None:
    _, out, _ = run(
        "brackets",
        "--show",
        "effects",
        "--off",
        "lstm:5",
        "--set",
        "t=0:(",
        *WIDE,
    )
    found = json.loads(out)["effects"]["lstm"]
    assert found["change"][5] == 0
    _, out, _ = run("brackets", "--show", "effects", *WIDE)
    assert json.loads(out)["effects"]["lstm"]["value"] != found["value"]


def test_the_long_table_and_the_page(run: Run) -> None:
    status, out, _ = run(
        "brackets", "--show", "effects,prediction", "--format", "csv"
    )
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    measures = {(row["part"], row["measure"]) for row in rows}
    assert measures == {
        ("effects", "zero: open[0]"),
        ("effects", "mean: open[0]"),
        ("prediction", "unit 0"),
    }
    assert len(rows) == 16 + 16 + 22

    status, out, _ = run("brackets", "--show", "effects,prediction")
    assert status == 0
    assert "EFFECT OF SWITCHING OFF" in out
    line = next(line for line in out.splitlines() if line.split()[:1] == ["4"])
    assert len(line.split()) == 3


def test_predictions_are_shown_unless_other_parts_are_asked_for(
    run: Run,
) -> None:
    _, out, _ = run("brackets", "--format", "json")
    tree = json.loads(out)
    assert "prediction" in tree
    assert "effects" not in tree
