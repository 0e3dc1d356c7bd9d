"""The reading process: what it may, what the parent makes of its misbehaviour,
and what comes on demand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import arrays, write_h5, write_keras, zip_members

from rnn_tui.errors import FileError, RunCancelledError
from rnn_tui.formats.client import process
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.wire.limits import Limits

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_h5(tmp_path / "m.h5")
    return tmp_path / "m.h5"


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Start another program in place of the reader."""
    monkeypatch.setattr(
        process, "_START", code.replace("{", "{{").replace("}", "}}")
    )


def answering(message: str) -> str:
    """A child that was taken over and answers what it likes."""
    return (
        f"import struct, os; m = {message!r}.encode(); os.lseek(1, 0, 0); "
        "import mmap; room = mmap.mmap(1, 40 << 20); room[:8] = struct.pack('<Q', len(m)); room[8:8+len(m)] = m"
    )


def test_starting_returns_before_the_file_is_read(model: Path) -> None:
    pending = start_reading(model)
    assert pending.result() is pending.result()


def test_importing_the_reader_loads_neither_numpy_nor_h5py() -> None:
    code = "import sys, rnn_tui.formats.client.process; print('numpy' in sys.modules, 'h5py' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_the_parent_never_imports_h5py(model: Path) -> None:
    code = (
        "import sys; from rnn_tui.formats.client.process import start_reading;"
        f"d = start_reading({str(model)!r}).result(); print('numpy' in sys.modules);"
        "d.read(['0']); print('h5py' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_large_models_bring_only_what_is_asked_for(model: Path) -> None:
    small = start_reading(model, limits=Limits(at_once=100)).result()
    keys = [array.key for group in small.groups for array in group.arrays]
    values = small.read(keys[1:3])
    expected = list(arrays()["lstm"].values())
    assert list(values) == keys[1:3]
    assert np.array_equal(values[keys[1]], expected[1])
    assert np.array_equal(values[keys[2]], expected[2])


def test_an_empty_array_can_be_asked_for(tmp_path: Path) -> None:
    write_h5(
        tmp_path / "m.h5",
        {"lstm": {"k": np.zeros((3, 0), "f4"), "b": np.ones(200, "f4")}},
    )
    for at_once in (100, 1 << 20):
        found = start_reading(
            tmp_path / "m.h5", limits=Limits(at_once=at_once)
        ).result()
        assert found.read(["0"])["0"].shape == (3, 0)


def test_a_file_that_changed_is_noticed(model: Path) -> None:
    found = start_reading(model, limits=Limits(at_once=100)).result()
    with model.open("ab") as file:
        file.write(b"x")
    with pytest.raises(FileError, match="changed since it was opened"):
        found.read(["0"])


def test_a_file_that_vanished_is_noticed(model: Path) -> None:
    found = start_reading(model, limits=Limits(at_once=100)).result()
    model.unlink()
    with pytest.raises(FileError, match="no such file"):
        found.read(["0"])


def test_an_archive_is_checked_when_large_weights_are_first_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.keras"
    members = zip_members()
    write_keras(path, members)
    data = path.read_bytes()
    at = data.index(members["model.weights.h5"])
    end = at + len(members["model.weights.h5"]) - 1
    path.write_bytes(data[:end] + bytes([data[end] ^ 1]) + data[end + 1 :])
    found = start_reading(
        path, limits=Limits(at_once=10, hashed=10, in_memory=10)
    ).result()
    assert "checksum" in found.facts
    with pytest.raises(FileError, match="checksum"):
        found.read(["0"])


def test_more_than_the_allowed_memory_is_said(tmp_path: Path) -> None:
    write_h5(
        tmp_path / "m.h5",
        {"big": {"w": np.zeros((2048, 2048), "f4")}},
        compression="gzip",
    )
    found = start_reading(
        tmp_path / "m.h5", limits=Limits(memory=16 << 20)
    ).result()
    assert "--max-memory" in (found.groups[0].arrays[0].problem or "")
    assert (
        start_reading(tmp_path / "m.h5").result().groups[0].arrays[0].problem
        is None
    )


def test_cancelling_ends_the_child(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "import time; time.sleep(60)")
    pending = start_reading(model)
    job = pending._job
    assert job is not None
    with pytest.raises(RunCancelledError):
        pending.result(cancelled=lambda: True)
    assert job.process.poll() is not None


def test_a_dropped_reading_leaves_no_child(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "import time; time.sleep(60)")
    pending = start_reading(model)
    job = pending._job
    assert job is not None
    del pending
    assert job.process.poll() is not None


def test_a_child_that_sleeps_is_stopped(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "import time; time.sleep(60)")
    # one that ends by itself gives no valid answer
    with pytest.raises(FileError, match="took too long"):
        start_reading(model, limits=Limits(seconds=0.2)).result()


@posix
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "made the reader crash",
        ),
        ("import sys; sys.exit(1)", "failed on this file"),
        ("pass", "valid answer"),
        (answering("[1]"), "valid answer"),
        (answering("{"), "valid answer"),
        (answering("[" * 100_000), "valid answer"),
        (answering("{}"), "valid answer"),
        (answering('{"error": "a\\u001b[2J\\nb"}'), r"a\\x1b\[2J\\x0ab"),
    ],
)
def test_a_child_that_misbehaves_is_one_clear_line(
    code: str, words: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, code)
    with pytest.raises(FileError, match=words) as error:
        start_reading(model).result()
    assert "\n" not in str(error.value)


@posix
def test_a_child_that_shortens_the_shared_file_harms_nobody(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "import os; os.ftruncate(1, 8)")
    with pytest.raises(FileError, match="valid answer"):
        start_reading(model).result()


@posix
def test_no_process_of_a_child_outlives_it(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mark = tmp_path / "grandchild"
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        f"    open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(900)\n"
        f"while not (os.path.exists({str(mark)!r}) and os.path.getsize({str(mark)!r})): time.sleep(0.01)\n"
    )
    instead(monkeypatch, code)
    with pytest.raises(FileError, match="valid answer"):
        start_reading(model, limits=Limits(seconds=900)).result()
    pid = int(mark.read_text())
    while True:  # killed: the system takes a moment
        try:
            state = Path(f"/proc/{pid}/stat").read_text().split()[2]
        except (FileNotFoundError, ProcessLookupError):
            break
        if state == "Z":
            break
        time.sleep(0.02)


@posix
def test_the_child_sees_no_environment_but_its_own(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("HDF5_PLUGIN_PATH", str(tmp_path))
    instead(
        monkeypatch,
        f"import os; open({str(seen)!r}, 'w').write(repr((dict(os.environ), os.getcwd())))",
    )
    with pytest.raises(FileError):
        start_reading(model).result()
    environment, folder = eval(seen.read_text())
    assert folder == "/"
    assert environment["HDF5_PLUGIN_PRELOAD"] == "::"
    assert not {"SECRET", "HOME", "HDF5_PLUGIN_PATH"} & set(environment)


@pytest.mark.parametrize("missing", ["memfd_create", "pidfd_open"])
def test_it_works_where_linux_calls_are_missing(
    missing: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, missing, raising=False)
    found: Any = start_reading(model).result()
    assert np.array_equal(
        found.read(["0"])["0"], next(iter(arrays()["lstm"].values()))
    )


@posix
def test_no_descriptor_is_left_open(model: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    start_reading(model).result()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        start_reading(model, limits=Limits(at_once=1)).result().read(["0"])
    assert len(os.listdir("/proc/self/fd")) <= before
