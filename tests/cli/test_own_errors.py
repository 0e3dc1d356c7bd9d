"""An error of our own stays one: exit 70 with its report, and the layers are
listed all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnn_tui.cli import main
from rnn_tui.engine.layers.dense import Dense

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Run a command line; return its status, stdout and stderr.

    Reports go to the test's folder.
    """
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def run(*argv: str) -> tuple[int, str, str]:
        status = main(list(argv))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def typo(self: Dense, *args: Any) -> Any:
    """What a slip of the pen in the engine does."""
    return self.kernell  # type: ignore[attr-defined]


def report_in(text: str) -> str:
    """The report whose path the text names."""
    found = re.search(r"report (?:is )?in (\S+\.txt)", text)
    assert found is not None, text
    return Path(found[1]).read_text(encoding="utf-8")


def test_an_error_while_a_layer_computes_ends_with_70_and_a_report(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dense, "compute", typo)
    for options in ((), ("--partial",), ("--from", "open")):
        status, _, err = run(
            "trace", "brackets", "--input", "random:5", *options
        )
        assert status == 70, err
        assert "can't be reproduced" not in err
        assert "kernell" in report_in(err)


@pytest.mark.parametrize("method", ["output_shapes", "formula", "check"])
def test_a_layer_that_fails_while_it_is_listed_is_listed_with_its_report(
    run: Run, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(Dense, method, typo)
    status, out, _ = run("layers", "brackets", "--format", "json")
    assert status == 0
    layers = {layer["name"]: layer for layer in json.loads(out)["layers"]}
    assert layers["lstm"]["reproducible"]

    failed = layers["open"]
    assert not failed["reproducible"]
    assert failed["why_not"].startswith("internal error, report in ")
    assert "kernell" in report_in(failed["why_not"])

    status, _, err = run("trace", "brackets", "--input", "random:5")
    assert status == 70, err
    assert "kernell" in report_in(err)
