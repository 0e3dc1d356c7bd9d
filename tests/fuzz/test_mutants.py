"""Mutated files end in one line or open: for some seconds by default, as long as RNN_TUI_FUZZ_SECONDS says."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import mutants
import numpy as np
import pytest

from rnn_tui.errors import FileError
from rnn_tui.formats.process import start_reading

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
SECONDS = float(os.environ.get("RNN_TUI_FUZZ_SECONDS", "6"))
SEED = int(os.environ.get("RNN_TUI_FUZZ_SEED", "0"))


def test_no_mutant_breaks_the_parent() -> None:
    with mutants.forking():
        ends = mutants.run(SECONDS, SEED)
    print(dict(ends))
    assert ends["refused"] > 0
    assert ends["opened"] > 0


def test_a_flipped_bit_in_an_archive_is_seen(tmp_path: Path) -> None:
    sound = mutants.seeds(tmp_path)["lstm.keras"]
    original = _values(tmp_path / "lstm.keras")
    rng = random.Random(SEED)
    with mutants.forking():
        for _ in range(100):
            at = rng.randrange(len(sound))
            damaged = bytearray(sound)
            damaged[at] ^= 1 << rng.randrange(8)
            (tmp_path / "m").write_bytes(damaged)
            try:
                values = _values(tmp_path / "m")
            except FileError:
                continue
            assert not values or all(np.array_equal(values[key], original[key]) for key in original), at


def _values(path: Path) -> dict[str, np.ndarray]:
    found = start_reading(path).result()
    return found.read([array.key for group in found.groups for array in group.arrays])
