"""A run that stops before its end says so wherever its numbers are."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

from model_files import CONFIG, write_h5

from rnn_tui.cli import main


@pytest.mark.parametrize("suffix", ["json", "npz", "csv"])
def test_what_comes_before_code_is_written_with_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    config = copy.deepcopy(CONFIG)
    code = {"class_name": "Lambda", "config": {"name": "code"}}
    config["config"]["layers"].insert(1, code)
    write_h5(tmp_path / "m.h5", config=config)
    out = tmp_path / f"t.{suffix}"
    argv = ["trace", str(tmp_path / "m.h5"), "--input", "random:3"]
    assert main([*argv, "--partial", "-o", str(out)]) == 0

    line = "the run stopped at layer 'code'"
    assert capsys.readouterr().err.count(line) == 1
    if suffix == "json":
        written = json.loads(out.read_text())["warnings"]
    elif suffix == "npz":
        written = np.load(out)["warnings"].tolist()
    else:
        written = out.read_text().splitlines()

    assert sum(line in one for one in written) == 1
