"""What every test stands on: no verdict depends on how fast the machine is, nor
on what other tests have loaded.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

_STATE = tempfile.TemporaryDirectory(prefix="rnn-tui-tests-")
os.environ["XDG_STATE_HOME"] = _STATE.name
"""Reports of errors that tests provoke aren't left among the user's own."""

FUZZ = Path(__file__).parent / "fuzz"

LONGEST_FIRST = (
    "test_fuzz.py",
    "test_requests.py",
    "test_work.py",
    "test_texts_keras.py",
    "test_random_models.py",
    "test_signals.py",
    "test_rarer_layers_keras.py",
    "test_time_masks_keras.py",
    "test_random_lengths.py",
    "test_terminals.py",
)
"""Files that take longest: begun first, so that both processes end together."""


def pytest_ignore_collect(
    collection_path: Path, config: pytest.Config
) -> bool | None:
    """Leave the fuzzers to test_fuzz.py, unless they are asked for by name."""
    asked = any(
        Path(argument.partition("::")[0]).resolve().is_relative_to(FUZZ)
        for argument in config.args
    )
    return True if collection_path == FUZZ and not asked else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what collecting has loaded out of the garbage collections to come:
    each would look through all of TensorFlow.
    """
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep tf_keras from building the gradients of each LSTM and GRU it makes.

    No test trains, and they take more than half of the time that making such a
    layer takes. Keras registers its forward functions as before.
    """
    module: Any = sys.modules.get("tf_keras.src.layers.rnn.gru_lstm_utils")
    if hasattr(module, "function_register"):
        module.function_register = _register_forward


def _register_forward(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Do what tf_keras's `function_register` does, without the gradients."""
    concrete = function.get_concrete_function(*args, **kwargs)
    concrete.add_to_graph()

    return concrete


@pytest.fixture
def asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let verify ask the TensorFlow of this process instead of starting
    another, which takes seconds.
    """
    from rnn_tui.verify import child, compare

    def answer(folder: Path, timeout: float, cancelled: object) -> None:
        child.answer(str(folder))

    monkeypatch.setattr(child, "end_with_parent", lambda: None)
    monkeypatch.setattr(compare, "run_child", answer)
