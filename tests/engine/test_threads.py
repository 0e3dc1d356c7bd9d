"""Small products run on one thread, and nothing else is changed by it."""

from __future__ import annotations

import numpy as np
import pytest
from gradient_models import chain, recurrent

from rnn_tui.engine.gradients.through_time import pull_states, through_time
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


@pytest.mark.parametrize(("units", "used"), [(3, [4, 1, 4]), (129, [4])])
def test_the_way_back_of_few_units_uses_one(
    counts: list[int], units: int, used: list[int]
) -> None:
    model = chain(recurrent("LSTM", 3, units, return_sequences=True))
    trace = model.run(np.ones((5, 3)))
    cell = trace.cells[0]
    del counts[1:]
    through_time(cell, {"h": np.ones((1, 1, 5, units), np.float32)})
    assert counts == used
    del counts[1:]
    pull_states(cell, 0, 5, {"h": np.ones((1, 1, units), np.float32)})
    assert counts == used


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("units", "used"), [(3, [4, 1, 4]), (129, [4])])
def test_a_run_of_few_units_uses_one(
    counts: list[int], units: int, used: list[int], batch: int
) -> None:
    model = chain(recurrent("LSTM", 3, units))
    model.run(np.ones((batch, 5, 3)))
    assert counts == used
