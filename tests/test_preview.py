"""What is said of a sequence while it is typed, and how little is read for
it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.model import InputInfo
from rnn_tui.errors import SequenceError
from rnn_tui.sequences import limits, parse_sequence, signals
from rnn_tui.sequences.preview import preview_sequence
from rnn_tui.sequences.sequence_file import Bytes

TWO = (InputInfo("x", (None, 2)),)
TOKENS = (InputInfo("ids", (None,), tokens=10),)
PAIR = (InputInfo("a", (None, 2)), InputInfo("b", (3,)))
LITTLE = 100_000
"""Bytes of a large file that may be read for its line."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that are read of sequence files, call by call."""
    counts: list[int] = []
    readinto = Bytes.readinto

    def counted(self: Bytes, buffer: Any) -> int:
        counts.append(readinto(self, buffer))
        return counts[-1]

    monkeypatch.setattr(Bytes, "readinto", counted)
    return counts


def large(path: Path) -> Path:
    """A sequence of 200,000 timesteps of two features, in a file of the name's
    kind.
    """
    values = np.arange(400_000, dtype="f4").reshape(-1, 2)
    match path.suffix:
        case ".npy":
            np.save(path, values)
        case ".npz":
            np.savez(path, x=values, other=values)
        case ".csv" | ".tsv":
            np.savetxt(
                path,
                values,
                delimiter="," if path.suffix == ".csv" else "\t",
                header="a",
                comments="",
            )
        case ".json":
            path.write_text(json.dumps(values.tolist()))
        case ".txt":
            np.savetxt(path, values)
    return path


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("x.npy", "200,000 timesteps × 2 features: 0 1 2 3 4 5 …"),
        ("x.npz", "200,000 timesteps × 2 features: enter reads it"),
        ("x.csv", " timesteps × 2 features: 0 1 2 3 4 5 … enter reads it"),
        ("x.tsv", " timesteps × 2 features: 0 1 2 3 4 5 … enter reads it"),
        ("x.json", " MB of text: enter reads it"),
        ("x.txt", " MB of text: enter reads it"),
    ],
)
def test_no_more_of_a_large_file_is_read_than_is_shown(
    tmp_path: Path, read: list[int], name: str, line: str
) -> None:
    path = large(tmp_path / name)
    assert path.stat().st_size > limits.GLANCE_BYTES
    assert line in preview_sequence(str(path), TWO).line
    assert sum(read) <= LITTLE


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv"])
def test_a_large_file_that_does_not_fit_is_refused_from_what_is_seen(
    tmp_path: Path, read: list[int], name: str
) -> None:
    path = large(tmp_path / name)
    with pytest.raises(SequenceError, match="3 features"):
        preview_sequence(str(path), [InputInfo("x", (None, 3))])
    assert sum(read) <= LITTLE


def test_a_large_array_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = large(tmp_path / "x.npy")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        SequenceError,
        match="declares 1,600,000 bytes of values and holds 1,599,999",
    ):
        preview_sequence(str(path), TWO)


def test_a_long_generated_sequence_is_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signals, "make", None)
    assert (
        preview_sequence("random:1000000", TWO).line
        == "1,000,000 timesteps × 2 features"
    )
    with pytest.raises(SequenceError, match="the most is"):
        preview_sequence("random:9999999999", TWO)


@pytest.mark.parametrize("text", ["0.1 0.2; 0.3 0.4", "random:5", "[[1, 2]]"])
def test_what_is_small_is_understood_as_it_will_be_run(text: str) -> None:
    assert (
        preview_sequence(text, TWO).line == parse_sequence(text, TWO).understood
    )


def test_one_of_several_inputs_may_be_large(tmp_path: Path) -> None:
    path = large(tmp_path / "x.npy")
    line = preview_sequence(f"a={path} | b=1 2 3", PAIR).line
    assert (
        line
        == "a: 200,000 timesteps × 2 features: 0 1 2 3 4 5 … | b: 3 values: 1 2 3"
    )
    with pytest.raises(SequenceError, match="no sequence for 'b'"):
        preview_sequence(f"a={path}", PAIR)


def test_ids_of_a_large_file_are_checked_when_it_is_run(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full(1_000_000, 99))
    assert preview_sequence(str(tmp_path / "x.npy"), TOKENS).line.startswith(
        "1,000,000 timesteps × token ids: 99 99"
    )
    with pytest.raises(SequenceError, match="99 is none of them"):
        parse_sequence(str(tmp_path / "x.npy"), TOKENS)
