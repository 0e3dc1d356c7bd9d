"""Small products run on one thread, and nothing else is changed by it."""

from __future__ import annotations

import pytest

from rnn_tui.engine.memory import blas_threads as threads
from rnn_tui.engine.memory.blas_threads import Switch, one_thread


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A library of 4 threads; every number it was set to."""
    used = [4]
    monkeypatch.setattr(
        threads, "_switch", lambda: Switch(lambda: used[-1], used.append)
    )
    return used


def test_the_threads_are_back_afterwards(counts: list[int]) -> None:
    with one_thread():
        assert counts == [4, 1]
    assert counts == [4, 1, 4]


def test_the_threads_are_back_after_an_error(counts: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert counts[-1] == 4


def test_inside_itself_it_does_nothing(counts: list[int]) -> None:
    with one_thread(), one_thread():
        pass
    assert counts == [4, 1, 4]


def test_where_no_switch_is_found_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "_switch", lambda: None)
    with one_thread():
        pass
