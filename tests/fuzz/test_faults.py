"""The fuzzers see an error of our own: one that is listed, one that a refusal
hides, one that ends a command.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import faces
import headless
import pytest
from forked import forking, hidden_fault
from model_files import write_h5
from sound_models import sound

from rnn_tui.engine.layers.dense import Dense
from rnn_tui.errors import ConfigError, MisfitError, UnsupportedLayerError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
MODEL = next(model for model in sound() if "Dense" in json.dumps(model.config) and faces.ended(
    json.dumps(model.config), model.arrays, model.version or "3.5.0") == "ran")  # fmt: skip


def typo(self: Dense, *args: Any) -> Any:
    """What a slip of the pen in the engine does."""
    return self.kernell  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "method", ["compute", "output_shapes", "check", "formula"]
)
def test_an_error_of_ours_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str
) -> None:
    monkeypatch.setattr(Dense, method, typo)
    with pytest.raises(AttributeError, match="kernell"):
        faces.ended(
            json.dumps(MODEL.config), MODEL.arrays, MODEL.version or "3.5.0"
        )

    path = tmp_path / "model.h5"
    write_h5(
        path,
        MODEL.arrays,
        config=json.dumps(MODEL.config),
        version=MODEL.version or "3.5.0",
    )
    command = "trace" if method == "compute" else "layers"
    with forking():
        ended = headless.run([command, str(path)])
    assert ended.broken(path.stat().st_size) is not None


def test_what_a_refusal_hides_is_told_from_what_it_says() -> None:
    for error, hides in (
        (UnsupportedLayerError("a", "b"), TypeError()),
        (ConfigError("a"), KeyError("b")),
    ):
        error.__cause__ = hides
        assert hidden_fault(error) is hides
        error.__cause__ = MisfitError("said")
        assert hidden_fault(error) is None
