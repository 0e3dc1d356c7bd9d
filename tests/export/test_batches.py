"""A batch of any size as a file: every value once computed, and the same as
from the run that kept it.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.engine.trace.checkpointed import RecomputedRecord
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.export import json_tree, npz, spool, write_trace
from rnn_tui.samples import find_sample

BATCH, TIMESTEPS = 3, 600
"""So many timesteps that there are several windows and the last one is
shorter.
"""


def traces(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[ModelTrace, ModelTrace]:
    """A run that keeps all its values, and one that computes them again, with
    room for two windows.
    """
    sample = find_sample(name)
    assert sample is not None
    model = open_model(sample.path).model
    model.fixed_lengths = False
    features = model.inputs[0].shape[-1] or 1
    x = np.random.default_rng(0).standard_normal(
        (BATCH, TIMESTEPS, features), np.float32
    )
    x[2, 500:] = 0
    kept = model.run(x)
    monkeypatch.setattr("rnn_tui.engine.model.KEPT", 0)
    computed = model.run(x)
    for cell in computed.cells:
        assert isinstance(cell.values, RecomputedRecord)
        cell.values.again.kept = 2
    return kept, computed


def flat(found: Any, above: str = "") -> dict[str, Any]:
    if not isinstance(found, dict):
        return {above: found}
    return {
        key: value
        for name, inner in found.items()
        for key, value in flat(inner, f"{above}/{name}").items()
    }


def content(path: Path) -> dict[str, Any]:
    """The values of a file by what they are."""
    if path.suffix == ".npz":
        with np.load(path) as found:
            return dict(found)
    if path.suffix == ".json":
        found = flat(json.loads(path.read_text()))
        texts = {"warnings": np.array(found.pop("/warnings"))}
        return {
            key: np.array(value, "f4") for key, value in found.items()
        } | texts
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    return {"rows": np.array(sorted(rows))}


@pytest.mark.parametrize(
    "name", ["lstm-4-sequences", "bilstm-4", "gru-reset-after"]
)
@pytest.mark.parametrize("kind", [".npz", ".json", ".csv"])
@pytest.mark.parametrize("in_memory", [0, 1 << 30])
def test_a_run_that_computes_its_values_again_writes_the_same_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: str,
    in_memory: int,
) -> None:
    kept, computed = traces(name, monkeypatch)
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    if in_memory == 0:
        monkeypatch.setattr(npz, "PIECE", 1000)
        monkeypatch.setattr(json_tree, "PIECE", 1000)
    write_trace(kept, tmp_path / f"kept{kind}")
    write_trace(computed, tmp_path / f"computed{kind}")
    expected, found = (
        content(tmp_path / f"kept{kind}"),
        content(tmp_path / f"computed{kind}"),
    )
    assert list(found) == list(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value, err_msg=key)


@pytest.mark.parametrize("name", ["lstm-4-sequences", "bilstm-4"])
@pytest.mark.parametrize("kind", [".npz", ".json", ".csv"])
def test_each_window_is_computed_once_for_all_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    _, computed = traces(name, monkeypatch)
    monkeypatch.setattr(npz, "PIECE", 1000)
    monkeypatch.setattr(json_tree, "PIECE", 1000)
    made: Counter[tuple[int, int]] = Counter()

    def counting(record: RecomputedRecord) -> Callable[[int], Any]:
        compute = record.again.compute

        def counted(k: int) -> Any:
            made[id(record), k * record.length] += 1
            return compute(k)

        return counted

    for cell in computed.cells:
        assert isinstance(cell.values, RecomputedRecord)
        cell.values.again.cache.clear()
        monkeypatch.setattr(cell.values.again, "compute", counting(cell.values))

    write_trace(computed, tmp_path / f"t{kind}")
    windows = {
        (id(cell.values), start)
        for cell in computed.cells
        for start in range(0, TIMESTEPS, 256)
    }
    assert set(made) == windows
    again = sum(made.values()) - len(windows)
    # the shape of what is written is asked of the first timestep
    assert again <= 2 * len(computed.cells)
