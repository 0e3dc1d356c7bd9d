"""Where the result goes takes no more, is closed or goes away: one line, the
right status, nothing left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_tui.samples import samples

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="redirects by a shell"
)
ROOT = Path(__file__).resolve().parents[2]
full = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="there is no /dev/full here"
)

LAYERS = "layers brackets --format json"
WEIGHTS = "weights brackets --format csv"
TRACE = "trace brackets --input random:3000 --format"


def shell(
    command: str, how: str = "", before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command line by a shell, its streams redirected."""
    script = (
        f"set -o pipefail; {before} {sys.executable} -m rnn_tui {command} {how}"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
    )


def refused(done: subprocess.CompletedProcess[str], words: str) -> bool:
    """Whether it ended with status 2 and the one line."""
    (line,) = done.stderr.splitlines()
    return (
        done.returncode == 2
        and line.startswith("rnn-tui: error: ")
        and words in line
    )


@full
@pytest.mark.parametrize(
    "command",
    [
        LAYERS,
        WEIGHTS,
        f"{TRACE} table",
        f"{TRACE} csv",
        "samples",
        "completions zsh",
    ],
)
def test_a_full_device_is_said(command: str) -> None:
    done = shell(command, ">/dev/full")
    assert refused(done, "can't be written: No space left on device")


@pytest.mark.parametrize("command", [LAYERS, f"{TRACE} json", "samples"])
def test_a_result_nobody_can_read_is_not_lost_in_silence(command: str) -> None:
    done = shell(command, ">&-")
    assert refused(done, "standard output is closed")


def test_a_result_in_a_file_needs_no_standard_output(tmp_path: Path) -> None:
    done = shell(f"{LAYERS} -o {tmp_path}/l.json", ">&- 2>&- <&-")
    assert done.returncode == 0
    assert (tmp_path / "l.json").read_text() == shell(LAYERS).stdout


def test_without_a_standard_error_the_result_is_whole() -> None:
    done = shell(WEIGHTS, "2>&-")
    assert (done.returncode, done.stdout) == (0, shell(WEIGHTS).stdout)


@pytest.mark.parametrize("command", [LAYERS, f"{TRACE} csv", f"{TRACE} json"])
def test_a_reader_that_goes_away_ends_it_quietly(command: str) -> None:
    done = shell(command, "| head -c 1")
    assert done.returncode in (0, 141)
    assert (len(done.stdout), done.stderr) == (1, "")


@full
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("layers brackets", "t.json"),
        ("weights brackets", "t.csv"),
        ("weights lstm-1 --layer lstm --gate i --part kernel", "t.npy"),
        *(("trace brackets", f"t.{kind}") for kind in ("npz", "json", "csv")),
    ],
)
def test_a_file_that_takes_no_more_is_said_by_its_name(
    command: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    done = shell(f"{command} -o {tmp_path / name}")
    assert refused(
        done, f"{tmp_path / name}: can't be written: No space left on device"
    )
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(
    "command", ["layers brackets -o", "trace brackets -o", "samples --copy"]
)
def test_a_folder_that_takes_no_files_is_said(
    command: str, tmp_path: Path
) -> None:
    """A file in the folder's place takes none even from root."""
    (tmp_path / "file").write_text("mine")
    done = shell(f"{command} {tmp_path}/file/t.json")
    assert refused(done, "can't be written")
    assert (tmp_path / "file").read_text() == "mine"
    assert os.listdir(tmp_path) == ["file"]


@pytest.fixture
def small_disk() -> str:
    """A prefix that stands for a disk which fills up on the way: the first
    samples fit, the fourth doesn't.
    """
    sizes = [sample.path.stat().st_size for sample in samples()]
    assert max(sizes[:3]) < 60 << 10 < sizes[3]
    return "ulimit -f 60;"


@pytest.mark.parametrize("there", [".", "new", "new/models"])
def test_samples_are_copied_all_or_none(
    there: str, small_disk: str, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    done = shell(f"samples --copy {tmp_path / there}", before=small_disk)
    assert refused(done, "char-lstm.h5: can't be written: File too large")
    assert os.listdir(tmp_path) == ["mine"]


def test_samples_that_are_there_survive_a_full_disk(
    small_disk: str, tmp_path: Path
) -> None:
    assert shell(f"samples --copy {tmp_path}").returncode == 0
    for path in tmp_path.iterdir():
        path.write_text("mine")
    there = sorted(os.listdir(tmp_path))
    assert refused(
        shell(f"samples --copy {tmp_path} --force", before=small_disk),
        "can't be written: File too large",
    )
    assert sorted(os.listdir(tmp_path)) == there
    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}
