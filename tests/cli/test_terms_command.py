"""`trace --terms` and `trace --so-far`."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnn_tui.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `trace`; return its status, stdout and stderr."""

    def run(*argv: object) -> tuple[int, str, str]:
        status = main(["trace", *map(str, argv)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.parametrize(
    "name",
    ["lstm-notebook", "gru-reset-after", "gru-reset-before", "simplernn-1"],
)
def test_the_terms_of_each_gate_and_state_add_up(run: Run, name: str) -> None:
    status, out, err = run(name, "--terms", "--format", "csv")
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == [
        "layer",
        "unit",
        "timestep",
        "gate",
        "term",
        "value",
    ]
    sums: dict[tuple[str, str], float] = defaultdict(float)
    closed = set()
    for row in rows:
        key = row["unit"], row["gate"]
        if row["term"] in (f"pre_{row['gate']}", row["gate"]):
            if key not in closed:
                assert sums[key] == pytest.approx(float(row["value"]), abs=1e-5)
            closed.add(key)
        else:
            sums[key] += float(row["value"])
    gates = {"lstm": 6, "gru-": 4, "simp": 1}[name[:4]]
    units = 3 if name.startswith("gru") else 1
    assert len(closed) == gates * units


def test_terms_as_json_have_their_factors(run: Run) -> None:
    status, out, _ = run(
        "lstm-notebook", "--terms", "--at", "-1", "--format", "json"
    )
    assert status == 0
    found = json.loads(out)
    assert (found["schema"], found["warnings"]) == (1, [])
    first = found["terms"][0]
    assert list(first) == [
        "layer",
        "unit",
        "timestep",
        "gate",
        "term",
        "factors",
        "value",
    ]
    assert (first["gate"], first["term"]) == ("i", "x[1] × W")
    assert first["value"] == pytest.approx(10 * -0.140564)
    assert first["factors"] == [10.0, pytest.approx(-0.140564)]


def test_units_and_a_timestep_are_chosen(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    status, out, _ = run(
        "brackets",
        "--terms",
        "--unit",
        3,
        "--unit",
        7,
        "--at",
        4,
        "--off",
        "lstm:2",
        "-o",
        path,
    )
    assert (status, out) == (0, "")
    rows = list(csv.DictReader(path.open()))
    assert {(row["unit"], row["timestep"]) for row in rows} == {
        ("3", "4"),
        ("7", "4"),
    }
    assert {
        float(row["value"]) for row in rows if row["term"] == "h[2] × U"
    } == {0.0}


def test_sums_that_were_set_add_up_to_what_they_were_set_to(run: Run) -> None:
    status, out, _ = run(
        "brackets",
        *("--terms", "--format", "json", "--unit", "2", "--at", "5"),
        *("--clamp", "lstm:pre_i:2=1", "--clamp", "lstm:c:2=0.5"),
        *("--clamp", "lstm:f:2=1", "--off", "lstm:3"),
    )
    assert status == 0
    rows = json.loads(out)["terms"]
    for gate, total in (("i", "pre_i"), ("c", "c")):
        lines = [row for row in rows if row["gate"] == gate]
        place = [row["term"] for row in lines].index(total)
        assert lines[place - 1]["term"] == "set"
        summed = sum(row["value"] for row in lines[:place])
        assert summed == pytest.approx(lines[place]["value"], abs=1e-6)
    assert {row["gate"] for row in rows if row["term"] == "set"} == {"i", "c"}
    by_term = {(row["gate"], row["term"]): row["value"] for row in rows}
    assert by_term["i", "pre_i"] == 1
    assert by_term["c", "c"] == 0.5
    assert by_term["f", "f"] == 1
    assert len(json.loads(out)["warnings"]) == 4


MOVIE = Path(__file__).parents[1] / "data" / "2.13.1__movie.h5"


def test_the_terms_of_a_pixel_add_up(run: Run) -> None:
    status, out, err = run(
        MOVIE,
        *("--terms", "--layer", "bidirectional_1", "--unit", "1"),
        *("--pixel", "0,1", "--format", "json"),
    )
    assert (status, err) == (0, "")
    rows = json.loads(out)["terms"]
    assert {tuple(row["pixel"]) for row in rows} == {(0, 1)}
    assert {row["layer"] for row in rows} == {
        "bidirectional_1/forward",
        "bidirectional_1/backward",
    }
    for layer in {row["layer"] for row in rows}:
        for gate in ("i", "f", "c_tilde", "o"):
            of_gate = [
                row
                for row in rows
                if (row["layer"], row["gate"]) == (layer, gate)
            ]
            values = {row["term"]: row["value"] for row in of_gate}
            summands = [row["value"] for row in of_gate if row["factors"]]
            assert sum(summands) == pytest.approx(
                values[f"pre_{gate}"], abs=1e-6
            )
            sums = [v for term, v in values.items() if "∗" in term]
            assert sum(sums) + values["b"] == pytest.approx(
                values[f"pre_{gate}"], abs=1e-6
            )
            assert len(sums) == 1 + 2

    first = rows[0]
    assert first["value"] == pytest.approx(np.prod(first["factors"]))


def test_a_table_of_pictures_has_the_pixel(run: Run) -> None:
    options = ("--terms", "--layer", "bidirectional_1", "--unit", "0")
    _, out, _ = run(MOVIE, *options, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["pixel"] for row in rows} == {"2,2"}
    _, out, _ = run(MOVIE, *options)
    title, first = out.splitlines()[:2]
    assert title.split()[-3:] == ["factors", "value", "pixel"]
    assert first.split()[-1] == "2,2"


def test_a_skipped_timestep_is_told(run: Run) -> None:
    status, _, err = run("lstm-masked", "--terms", "--at", "2", "--unit", "0")
    assert status == 0
    assert err == "rnn-tui: warning: lstm skipped t=2: its states were held\n"
    status, out, _ = run(
        "lstm-masked", "--terms", "--input", "3 1 0", "--format", "csv"
    )
    assert {row["timestep"] for row in csv.DictReader(io.StringIO(out))} == {
        "1"
    }


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["brackets", "--terms", "--unit", "16"], "0 to 15; 16 is none"),
        (["brackets", "--terms", "--at", "22"], "0 to 21; 22 is none"),
        (["brackets", "--terms", "--at", "-23"], "0 to 21; -23 is none"),
        (["brackets", "--terms", "--so-far"], "not --so-far"),
        (["brackets", "--at", "1"], "say of which --terms"),
        (["brackets", "--terms", "--at", "x"], "not a whole number"),
        (["dense-1", "--terms"], "no recurrent layer was run"),
        ([MOVIE, "--terms", "--pixel", "5,0"], "0,0 to 4,3; 5,0 is none"),
        ([MOVIE, "--terms", "--pixel", "5,x"], "ROW,COLUMN"),
        ([MOVIE, "--pixel", "1,1"], "--pixel says of which --terms"),
        (["brackets", "--terms", "--pixel", "0,0"], "no layer here computes"),
        (["brackets", "--terms", "-o", "x.npz"], "the extension says"),
    ],
)
def test_terms_that_are_none_are_refused(
    run: Run, argv: list[str], words: str
) -> None:
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert words in line


def test_the_prediction_so_far_is_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    status, _, err = run("lstm-120-relu", "--so-far", "-o", path)
    assert (status, err) == (0, "")
    with np.load(path) as arrays:
        predicted = arrays["so_far/dense_2"]
        output = arrays["output/0"]
    assert predicted.shape == (1, 4, 1)
    np.testing.assert_allclose(predicted[:, -1], output, atol=1e-7)

    status, out, _ = run("lstm-120-relu", "--so-far")
    assert "dense_2, had the sequence ended at t:" in out
    assert out.splitlines()[-1].split() == ["3", f"{predicted[0, 3, 0]:.7g}"]
    status, out, _ = run("lstm-120-relu", "--so-far", "--format", "json")
    assert json.loads(out)["so_far"]["dense_2"][0][1] == [
        pytest.approx(float(predicted[0, 1, 0]))
    ]


def test_a_backward_direction_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    status, _, err = run("bilstm-4", "--so-far", "-o", path)
    assert status == 0
    (line,) = err.splitlines()
    assert "5 runs, one for each prefix" in line
    with np.load(path) as arrays:
        assert line.endswith(str(arrays["warnings"][-1]))
        assert arrays["so_far/bidirectional"].shape[:2] == (1, 5)
    assert run("conv-lstm-video", "--so-far")[0] == 2
