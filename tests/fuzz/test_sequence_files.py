"""Sequence, vocabulary, initial-state and state files from strangers: one clean
line, little time and memory.

`sequence_files.py` goes through as many as it is asked to.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sequence_files
from headless import Ended, run

from rnn_tui.samples import find_sample

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"),
    reason="forks and counts memory as Linux does",
)

GIGABYTE = 1 << 30


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzzer's own limit is for a machine that does nothing else."""
    monkeypatch.setattr(sequence_files, "SECONDS", 60.0)
    monkeypatch.setattr(sequence_files, "PATIENCE", 600.0)


@pytest.mark.parametrize("kind", sequence_files.KINDS)
def test_no_file_breaks_a_promise(tmp_path: Path, kind: str) -> None:
    for index in range(25):
        path = sequence_files.write(kind, f"test/{kind}/{index}", tmp_path)
        assert sequence_files.attack(kind, path) is None, (kind, index)


def npy(header: str) -> bytes:
    text = header.encode()
    return (
        b"\x93NUMPY\x01\x00"
        + len(text).to_bytes(2, "little")
        + text
        + bytes(64)
    )


def described(descr: str) -> bytes:
    return npy(
        f"{{'descr': {descr}, 'fortran_order': False, 'shape': (4, 2), }}"
    )


def deflated() -> bytes:
    """A few hundred kilobytes that say what they unpack to: half a gigabyte of
    zeros.
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w") as member,
    ):
        member.write(
            npy(
                f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({1 << 26}, 2), }}"
            )
        )
        for _ in range(512):
            member.write(bytes(1 << 20))
    return out.getvalue()


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "eleven bytes": (
        "npy",
        lambda: b"\x93NUMPY\x01\x00\x01\x00(",
        "none that NumPy writes",
    ),
    "a tuple": (
        "npy",
        lambda: described("('<f4', (3,))"),
        "records, not numbers",
    ),
    "records": (
        "npy",
        lambda: described("[('a', '<f4')]"),
        "records, not numbers",
    ),
    "objects": (
        "npy",
        lambda: described("'|O'"),
        "Python objects, not numbers",
    ),
    "complex": (
        "npy",
        lambda: described("'<c8'"),
        "complex numbers, not numbers: floats",
    ),
    "more than there is": (
        "npy",
        lambda: npy(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 2), }"
        ),
        "declares 32,000,000,000 bytes",
    ),
    "a bomb": ("npz", deflated, "refused as a bomb"),
    "a bomb that hides": (
        "npz",
        lambda: sequence_files.bomb(32),
        "can't be read|isn't|doesn't begin",
    ),
    "members": (
        "npz",
        lambda: sequence_files.many_members(60_000),
        "more arrays than are read, 20,000",
    ),
    "an endless line": (
        "csv",
        lambda: b"1," * (8 << 20),
        "line 1 is longer than 4,194,304 characters",
    ),
    "lines and lines": (
        "txt",
        lambda: b"1 2\n" * (4 << 20),
        "more than 1,048,576 numbers",
    ),
    "lists and lists": (
        "json",
        lambda: b"[" + b"[]," * (4 << 20) + b"1]",
        "too many values",
    ),
    "deep lists": (
        "json",
        lambda: b"[" * 100_000,
        "nested deeper than 8 levels",
    ),
    "one line of nothing": (
        "txt",
        lambda: b"\x0b" * (30 << 20),
        "has 0|is empty",
    ),
    "text": (
        "json",
        lambda: b'"' + b"a" * (33 << 20) + b'"',
        "at most 32 MB are read",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_would_take_too_much_is_refused_in_one_line(
    tmp_path: Path, name: str
) -> None:
    kind, make, words = FILES[name]
    path = tmp_path / f"x.{kind}"
    path.write_bytes(make())
    ended = traced("--input", str(path))
    assert ended.status == 2
    assert any(word in ended.err for word in words.split("|")), ended.err
    assert ended.broken(0) is None
    assert sequence_files.attack(kind, path) is None


@pytest.mark.parametrize("kind", ["npz", "csv", "tsv", "json", "txt"])
def test_a_file_of_a_terabyte_of_nothing_is_refused_at_once(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"x.{kind}"
    path.touch()
    os.truncate(path, GIGABYTE << 10)
    ended = traced("--input", str(path))
    assert ended.status == 2
    assert ended.broken(0) is None


@pytest.mark.parametrize("option", ["--input", "--vocab", "--initial-state"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, option: str) -> None:
    name = {
        "--input": "x.csv",
        "--vocab": "v.json",
        "--initial-state": "s.npz",
    }[option]
    os.mkfifo(tmp_path / name)
    more = ["--input", "random:5"] if option != "--input" else []
    ended = traced(option, str(tmp_path / name), *more)
    assert ended.status == 2
    assert "not a regular file" in ended.err


def test_a_state_in_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.json")
    assert sequence_files.attack("state", tmp_path / "x.json") is None


def test_a_file_of_the_system_that_never_ends_is_empty(tmp_path: Path) -> None:
    (tmp_path / "x.txt").symlink_to("/proc/self/environ")
    ended = traced("--input", str(tmp_path / "x.txt"))
    assert "the sequence is empty" in ended.err


@pytest.mark.parametrize("value", [0x7FA00000, 0x7F800000, 0x7F7FFFFF])
def test_no_number_makes_numpy_speak(tmp_path: Path, value: int) -> None:
    """A NaN that signals, infinity, and what no smaller type holds."""
    single = np.full((4, 2), value, np.uint32).view(np.float32)
    half = np.full((4, 2), value >> 16, np.uint16).view(np.float16)
    for kind, values in (
        ("f4", single),
        ("f8", np.full((4, 2), 1e300)),
        ("f2", half),
        ("half", np.float16("inf") + half),
    ):
        path = tmp_path / f"{kind}.npy"
        np.save(path, values)
        assert sequence_files.attack("npy", path) is None


def test_a_vocabulary_of_very_many_tokens_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text(json.dumps([str(k) for k in range(1_100_000)]))
    ended = traced("--input", "text: 1", "--vocab", str(path))
    assert "at most 1,048,576 are read" in ended.err
    assert ended.broken(0) is None


def traced(*options: str) -> Ended:
    sample = find_sample("brackets")
    assert sample is not None
    return run(["trace", str(sample.path), *options])
