"""`trace` with changes: what if, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnn_tui.cli import main
from rnn_tui.cli.completions import bash, fish

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `trace`; return its status, stdout and stderr."""

    def run(*argv: object) -> tuple[int, str, str]:
        status = main(["trace", *map(str, argv)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as found:
        return dict(found)


def test_a_token_is_set_and_the_page_says_what_it_changed(run: Run) -> None:
    status, out, err = run("brackets", "--set", "t=1:x")
    assert status == 0
    assert err.splitlines() == [
        "rnn-tui: warning: what if: t=1 is 'x' instead of '('"
    ]
    page = out.splitlines()
    assert "the first timestep that differs is 1" in page
    cell, unit, before, after = page[-1].split()[:4]
    assert (cell, unit) == ("open", "0")
    assert float(before) == pytest.approx(0.0827686, rel=1e-5)
    assert float(after) == pytest.approx(-0.4758122, rel=1e-5)


def test_a_trace_with_changes_is_written_with_their_words(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "off.npz"
    status, out, err = run(
        "brackets",
        "--off",
        "lstm:2",
        "--clamp",
        "lstm:f:3=1",
        "--dtype",
        "float64",
        "-o",
        path,
    )
    assert (status, out) == (0, "")
    arrays = arrays_of(path)
    assert np.all(arrays["lstm/h"][..., 2] == 0)
    assert np.all(arrays["lstm/f"][..., 3] == 1)
    assert arrays["warnings"].tolist() == [
        "what if: unit 2 of lstm is off: h is zero",
        "what if: f of unit 3 of lstm is clamped to 1",
    ]
    for line in arrays["warnings"]:
        assert f"rnn-tui: warning: {line}" in err


def test_the_same_changes_write_the_same_file(run: Run, tmp_path: Path) -> None:
    changes = ("--off", "lstm:2=mean", "--set", "t=3:(", "--hold", "t=5:4")
    written = []
    for name in ("a.npz", "b.npz"):
        assert run("brackets", *changes, "-o", tmp_path / name)[0] == 0
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_a_mean_is_that_of_the_run_in_the_same_dtype(
    run: Run, tmp_path: Path
) -> None:
    wide = ("--dtype", "float64", "-o")
    run("brackets", *wide, tmp_path / "plain.npz")
    run("brackets", "--off", "lstm:2=mean", *wide, tmp_path / "mean.npz")
    mean = arrays_of(tmp_path / "plain.npz")["lstm/h"][0, :, 2].mean()
    found = arrays_of(tmp_path / "mean.npz")["lstm/h"][0, :, 2]
    np.testing.assert_allclose(found, mean, rtol=1e-14)


def test_a_changed_run_carries_the_states_of_an_earlier_trace_on(
    run: Run, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    run("lstm-25", "--input", "0.5 0.1", "-o", first)
    status, _, _ = run(
        "lstm-25",
        "--input",
        "0.3 0.2",
        "--set",
        "t=0:0.9",
        "--initial-state",
        first,
        "-o",
        second,
    )
    assert status == 0
    whole = tmp_path / "whole.npz"
    run("lstm-25", "--input", "0.5 0.1 0.9 0.2", "-o", whole)
    np.testing.assert_allclose(
        arrays_of(second)["lstm/h"],
        arrays_of(whole)["lstm/h"][:, 2:],
        atol=1e-6,
    )


def test_changes_start_within_the_model(run: Run) -> None:
    status, out, _ = run(
        "brackets",
        "--from",
        "lstm",
        "--input",
        "1 0 0; 0 0 1; 0 1 0",
        "--set",
        "t=1:1,0,0",
    )
    assert status == 0
    assert "the first timestep that differs is 1" in out


def test_a_change_without_an_effect_is_told_so(run: Run) -> None:
    status, out, _ = run("brackets", "--set", "t=0:x")
    assert status == 0
    assert "no value of a cell differs" in out


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--set", "1"),
        ("--set", "t=99:x"),
        ("--set", "t=0:\x1b[2J"),
        ("--hold", "t=1"),
        ("--hold", "t=1:999999999999"),
        ("--hold", "t=1:99999999999999999999"),
        ("--off", "lstm"),
        ("--off", "open:0"),
        ("--off", "\x1b:0"),
        ("--clamp", "lstm:f:2=1e400"),
        ("--clamp", "lstm:nothing:2=1"),
        ("--clamp", "lstm:f:999999999999=1"),
    ],
)
def test_a_malformed_change_is_one_line_and_status_2(
    run: Run, option: str, value: str
) -> None:
    status, out, err = run("brackets", option, value)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("rnn-tui: error: ")
    assert "\x1b" not in line


def test_shells_complete_the_options() -> None:
    for option in ("set", "hold", "off", "clamp"):
        assert f"--{option}" in bash()
        assert f"-l {option} " in fish()
