"""The States view is bright and uses its room: the benchmark's own figures, of
one sample.
"""

import asyncio
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def looks(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    return importlib.import_module("benchmarks.looks")


@pytest.fixture
def brackets(looks, sample):
    return looks.Work("brackets", sample("brackets.h5"), "", 25)


def test_most_of_a_run_is_seen_at_the_first_look_and_while_it_plays(
    looks, brackets
):
    shares = asyncio.run(looks._brightness(brackets))
    assert shares.first <= 25
    assert shares.whole <= 25
    assert shares.whole < shares.half <= 60


@pytest.mark.parametrize("size", [(160, 48), (220, 60), (120, 32)])
def test_no_more_than_a_tenth_of_the_view_is_empty(looks, brackets, size):
    [share] = asyncio.run(looks.emptiness(brackets, size))
    assert share <= 10
