"""`rnn-tui render`: pictures and animations without a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyte
import pytest

from rnn_tui.cli import main


def test_a_view_is_written_as_svg(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    argv = [
        "render",
        "brackets",
        "--view",
        "step",
        "--at",
        "3",
        "--size",
        "80x24",
    ]
    assert main([*argv, "-o", str(path)]) == 0
    text = path.read_text()
    assert 'width="720" height="432"' in text
    assert ">brackets.h5 · step<" in text


def test_a_run_is_written_as_a_cast_with_every_timestep(tmp_path: Path) -> None:
    path = tmp_path / "x.cast"
    argv = ["render", "sine-gru", "--input", "sine:6", "--view", "states"]
    more = ["--size", "100x30", "--fps", "4", "-o", str(path)]
    assert main([*argv, *more]) == 0
    header, *events = map(json.loads, path.read_text().splitlines())
    assert (header["width"], header["height"]) == (100, 30)
    screen = pyte.Screen(100, 30)
    stream = pyte.Stream(screen)
    state_lines = []
    for _, _, data in events[:-1]:
        stream.feed(data)
        state_lines.append(screen.display[-2])
    assert [line.split("t ")[1][:3] for line in state_lines] == [
        f"{t}/5" for t in range(6)
    ]
    assert events[1][0] == 0.25


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["brackets", "-o", "x.txt"], ".svg, .png, .gif, .cast"),
        (["brackets", "--size", "20x5", "-o", "x.svg"], "40x10"),
        (["brackets", "--input", "1 2", "-o", "x.svg"], "3 features"),
        (["brackets", "--layer", "nope", "-o", "x.svg"], "no layer 'nope'"),
        (["dense-1", "-o", "x.cast"], "recurrent"),
        (["brackets", "--theme", "none", "-o", "x.svg"], "no theme"),
        (["brackets"], "--output"),
    ],
)
def test_what_cant_be_drawn_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", *argv]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def texts_of(path: Path) -> list[str]:
    """Return the texts of a picture, in the order of its lines."""
    return re.findall(r">([^<]*)</text>", path.read_text())


def test_a_picture_has_the_changes_that_trace_takes(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "x.svg"
    argv = ["brackets", "--off", "lstm:4"]
    picture = ["--view", "states", "--at", "-1", "-o", str(path)]
    assert main(["render", *argv, *picture]) == 0
    words = "rnn-tui: warning: what if: unit 4 of lstm is off: h is zero\n"
    assert capfd.readouterr().err == words
    shown = texts_of(path)
    assert "change" in shown
    assert "Δc" in shown
    assert shown[shown.index("/21") - 1] == "21"

    assert main(["trace", *argv]) == 0
    assert words in capfd.readouterr().err


def test_a_timestep_of_a_held_run_can_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    argv = ["render", "brackets", "--hold", "t=4:50", "--view", "states"]
    assert main([*argv, "--at", "70", "-o", str(path)]) == 0
    shown = texts_of(path)
    assert shown[shown.index("/70") - 1] == "70"


def test_a_timestep_beyond_the_end_is_refused_in_the_words_of_terms(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "x.svg"
    assert main(["render", "brackets", "--at", "99", "-o", str(path)]) == 2
    of_render = capsys.readouterr().err
    assert main(["trace", "brackets", "--terms", "--at", "99"]) == 2
    assert capsys.readouterr().err == of_render
    assert "the timesteps of lstm are 0 to 21; 99 is none" in of_render
    assert not path.exists()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--off", "lstm:99"], "lstm has the units 0 to 15"),
        (["--off", "lstm"], "--off: 'lstm' is not a unit"),
        (["--initial-state", "no.npz"], "error: no.npz: No such file"),
        (["--fps", "1e9"], "'1e9' is not a number above 0 up to 1000"),
    ],
)
def test_a_change_that_cant_be_made_is_one_line_and_no_picture(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", "brackets", *argv, "-o", "x.svg"]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
