"""`rnn-tui --versions`: everything that takes part, HDF5 by word of the process
that loads it.
"""

from __future__ import annotations

import subprocess
import sys

import h5py
import pytest

CODE = """
import sys
from rnn_tui.cli import main
status = main(["--versions"])
print("loaded", "h5py" in sys.modules)
sys.exit(status)
"""


def test_versions_name_hdf5_and_this_process_does_not_load_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert f"HDF5 {h5py.version.hdf5_version}" in lines
    assert lines[-1] == "loaded False"


def test_versions_without_samples_leave_hdf5_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rnn_tui.cli import main

    monkeypatch.setattr("rnn_tui.samples.HOMES", ())
    assert main(["--versions"]) == 0
    assert "HDF5" not in capsys.readouterr().out
