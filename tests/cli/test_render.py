"""`rnn-tui render`: pictures and animations without a terminal."""

from __future__ import annotations

import json
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
