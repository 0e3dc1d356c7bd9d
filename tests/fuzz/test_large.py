"""Layers that multiply what they read stay within a run's memory; `large.py`
goes through as many as it is asked to.
"""

from __future__ import annotations

import sys

import large
import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="counts memory as Linux does"
)


@pytest.mark.parametrize("seed", range(3))
def test_no_chain_of_layers_takes_more_than_it_may(seed: int) -> None:
    ends, most = large.run(f"{seed}:{index}" for index in range(40))
    assert set(ends) == {"ran", "refused"}
    assert most > 1 << 20


def test_a_cell_that_is_kept_gives_back_the_file_it_reads() -> None:
    """An LSTM of one unit behind five thousand tensors joined: 800 MB on the
    disk, few of them in memory at a time.
    """
    ends, most = large.run(["9:26"])
    assert ends["ran"]
    assert most < 400 << 20
