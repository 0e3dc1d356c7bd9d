"""A short run of the monkey: one hostile and one friendly model.

`monkey.py --seconds 1800` is the long one.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

import monkey
from named import write_named


@pytest.mark.parametrize("hostile", [True, False])
def test_a_monkey_breaks_nothing(
    hostile: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = tmp_path / "model.h5"
    if hostile:
        write_named(path, Random(5))
    else:
        shutil.copy(monkey.SAMPLES / "brackets.h5", path)
    assert (
        monkey.play(
            path, seed=7 + hostile, things=25, rounds=1, folder=tmp_path
        )
        == []
    )
