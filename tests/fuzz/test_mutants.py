"""Mutated files end in one line or open: so many in every run, as many as one
likes by `mutants.py`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

import mutants
import numpy as np
import pytest
from forked import forking

from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@pytest.mark.parametrize(
    ("look", "count"), [(mutants.outcome, 100), (mutants.commanded, 20)]
)
def test_no_mutant_breaks_the_parent(
    look: Callable[[Path], str], count: int
) -> None:
    with forking():
        ends, worst = mutants.run(range(count), seed=0, look=look)
    assert sum(ends.values()) == count
    assert len(ends) > 2
    assert worst.memory > 0


def test_a_flipped_bit_in_an_archive_is_seen(tmp_path: Path) -> None:
    sound = mutants.seeds(tmp_path)["lstm.keras"]
    original = _values(tmp_path / "lstm.keras")
    rng = random.Random(0)
    with forking():
        for _ in range(40):
            at = rng.randrange(len(sound))
            damaged = bytearray(sound)
            damaged[at] ^= 1 << rng.randrange(8)
            (tmp_path / "m").write_bytes(damaged)
            try:
                values = _values(tmp_path / "m")
            except FileError:
                continue
            assert not values or all(
                np.array_equal(values[key], original[key]) for key in original
            ), at


def _values(path: Path) -> dict[str, np.ndarray]:
    found = start_reading(path).result()
    return found.read(
        [array.key for group in found.groups for array in group.arrays]
    )
