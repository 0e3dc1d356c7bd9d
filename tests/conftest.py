"""What every test stands on: no verdict depends on how fast the machine is, nor on what
other tests have loaded.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

FUZZ = Path(__file__).parent / "fuzz"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the fuzzers to test_fuzz.py, unless they are asked for by name."""
    asked = any(
        Path(argument.partition("::")[0]).resolve().is_relative_to(FUZZ)
        for argument in config.args
    )
    return True if collection_path == FUZZ and not asked else None


@pytest.fixture
def asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let verify ask the TensorFlow of this process instead of starting another, which
    takes seconds.
    """
    from rnn_tui.verify import child, compare

    def answer(folder: Path, timeout: float, cancelled: object) -> None:
        child.answer(str(folder))

    monkeypatch.setattr(child, "end_with_parent", lambda: None)
    monkeypatch.setattr(compare, "run_child", answer)
