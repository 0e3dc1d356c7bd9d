"""NumPy files that declare what they don't hold, as sequences and as initial
states: one line, little memory.
"""

from __future__ import annotations

import io
import os
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnn_tui.cli import main
from rnn_tui.samples import find_sample

SAMPLE = find_sample("brackets")
assert SAMPLE is not None
MODEL = str(SAMPLE.path)
LITTLE = 64 << 20


def npy(
    header: str, values: bytes = bytes(24), length: int | None = None
) -> bytes:
    """A .npy file whose header says that it is so long."""
    text = header.encode() + b"\n"
    return (
        b"\x93NUMPY\x02\x00"
        + (len(text) if length is None else length).to_bytes(4, "little")
        + text
        + values
    )


def of(shape: str) -> str:
    return f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"


def npz(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", content)
    return packed.getvalue()


def saved(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


ARRAYS = {
    "no whole number": (npy(of("(True, 2)")), "none that NumPy writes"),
    "less than none": (npy(of("(-3, 2)")), "none that NumPy writes"),
    "a long header": (npy(" " * (60 << 20)), "header is 62,914,561 bytes long"),
    "a header of four gigabytes": (
        npy("x", length=0xFFFFFFF0),
        "header is 4,294,967,280 bytes long",
    ),
    "a header that is code": (
        npy("__import__('os').system('true')"),
        "none that NumPy writes",
    ),
}


def spoiled(packed: bytes) -> bytes:
    """An archive with one bit of its packed array turned round."""
    middle = packed.index(b"PK\x01\x02") // 2
    return (
        packed[:middle] + bytes([packed[middle] ^ 0x40]) + packed[middle + 1 :]
    )


def locked(packed: bytes) -> bytes:
    """An archive that says of its member that it needs a password."""
    data = bytearray(packed)
    data[6] |= 1
    data[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line that a command ends in, having taken little memory."""
    tracemalloc.start()
    try:
        assert main(["trace", MODEL, *argv]) == 2
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_sequence_that_declares_too_much_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, packed: bool
) -> None:
    content, words = ARRAYS[name]
    path = tmp_path / ("x.npz" if packed else "x.npy")
    path.write_bytes(npz("x", content) if packed else content)
    del content
    assert words in refused(capsys, "--input", str(path))


@pytest.mark.parametrize("name", ARRAYS)
def test_initial_states_that_declare_too_much_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content, words = ARRAYS[name]
    path = tmp_path / "s.npz"
    path.write_bytes(npz("lstm/h", content))
    assert words in refused(capsys, "--initial-state", str(path))


@pytest.mark.parametrize(
    "spoil", [spoiled, locked, lambda packed: packed[:-30]]
)
@pytest.mark.parametrize("option", ["--input", "--initial-state"])
def test_a_damaged_or_locked_archive_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[bytes], bytes],
    option: str,
) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(
        spoil(
            npz(
                "lstm/h",
                saved(np.random.default_rng(0).standard_normal((400, 3))),
            )
        )
    )
    line = refused(capsys, option, str(path))
    assert "can't be read as .npz" in line or "needs a password" in line


@pytest.mark.parametrize(
    "values",
    [np.ones(16, "c8"), np.zeros(16, [("a\x1b[2J", "f4")]), np.full(16, b"x")],
)
def test_initial_states_that_are_no_numbers_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], values: np.ndarray
) -> None:
    path = tmp_path / "s.npz"
    path.write_bytes(npz("lstm/h", saved(values)))
    line = refused(capsys, "--initial-state", str(path))
    assert "not numbers" in line
    assert "\x1b" not in line


@pytest.mark.skipif(sys.platform == "win32", reason="needs FIFOs")
def test_initial_states_in_a_pipe_are_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "s.npz")
    assert "not a regular file" in refused(
        capsys, "--initial-state", str(tmp_path / "s.npz")
    )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--input", "~nobody-of-this-name/x.npy"], "no such file"),
        (["--initial-state", "~nobody-of-this-name/x.npz"], "No such file"),
        (["--input", "--"], "expected one argument"),
    ],
)
def test_what_names_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert words in refused(capsys, *argv)


def test_samples_for_nobody_are_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["samples", "--copy", "~nobody-of-this-name/x"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_numbers_beyond_float32_are_infinite_and_nothing_is_warned_of(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    np.save(tmp_path / "x.npy", np.full((5, 3), 1e300))
    assert main(["trace", MODEL, "--input", str(tmp_path / "x.npy")]) == 0
    assert [str(one.message) for one in recwarn] == []


def test_what_is_no_array_of_numpy_is_not_taken_for_a_pickle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.npy").write_text("0.1 0.2")
    line = refused(capsys, "--input", str(tmp_path / "x.npy"))
    assert "doesn't begin as NumPy's arrays do" in line
    assert "pickle" not in line
