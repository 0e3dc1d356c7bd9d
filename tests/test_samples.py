"""The bundled models compute what Keras computes, at every timestep; their states mean what their descriptions say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.engine.trace import ModelTrace
from rnn_tui.sequences import parse_sequence

SAMPLES = Path(__file__).resolve().parent.parent / "sample_models"
INDEX = {entry["name"]: entry for entry in json.loads((SAMPLES / "index.json").read_text(encoding="utf-8"))}
GATES = ("i", "f", "c_tilde", "o", "z", "r", "h_tilde")


def quantities(trace: ModelTrace) -> dict[str, np.ndarray]:
    """Everything in a trace, by the keys of `rnn-tui trace -o`."""
    found = {f"output/{k}": value for k, value in enumerate(trace.outputs)}
    for path, layer in trace.layers.items():
        found |= {f"{path}/output_{k}" if k else f"{path}/output": value for k, value in enumerate(layer.outputs)}
        for cell in layer.cells:
            found |= {f"{cell.key}/{name}": cell.read(name) for name in cell.names}
            if cell.mask is not None:
                found[f"{cell.key}/mask"] = cell.mask
    return found


@pytest.mark.parametrize("name", INDEX)
def test_a_sample_equals_its_golden_in_every_quantity(name: str) -> None:
    golden = dict(np.load(SAMPLES / "goldens" / f"{name}.npz"))
    opened = open_model(SAMPLES / INDEX[name]["file"])
    trace = opened.run({key.removeprefix("input/"): golden[key] for key in golden if key.startswith("input/")})
    ours = quantities(trace)
    for key in [key for key in golden if not key.startswith("input/")]:
        layer, _, quantity = key.rpartition("/")
        read = golden.get(f"{layer}/mask")
        # the gates of a timestep that is skipped decide nothing
        where = read[..., None] > 0 if read is not None and (quantity in GATES or "pre_" in quantity) else True
        theirs = np.where(where, golden[key], 0)
        # float32 rounds a sum by the size of its terms, and a pre-activation is one of many that cancel
        atol = 1e-6 * max(1.0, float(np.abs(theirs).max())) if "pre_" in quantity else 1e-6
        np.testing.assert_allclose(np.where(where, ours[key], 0), theirs, rtol=1e-5, atol=atol, err_msg=key)


@pytest.mark.parametrize("name", INDEX)
def test_a_sample_runs_on_the_sequence_it_suggests(name: str) -> None:
    entry = INDEX[name]
    opened = open_model(SAMPLES / entry["file"])
    vocab = str(SAMPLES / entry["vocab"]) if "vocab" in entry else None
    trace = opened.run(parse_sequence([entry["input"]], opened.model.inputs, vocab=vocab).arrays)
    assert all(np.isfinite(output).all() for output in trace.outputs)


def test_the_worked_example_gives_the_numbers_of_the_book() -> None:
    trace = open_model(SAMPLES / "lstm-notebook.h5").run(np.array([[1.0, 10.0]]))
    lstm = trace["lstm"]
    assert [round(float(lstm[name][0, 0]), 6) for name in ("pre_i", "pre_f", "pre_c_tilde", "pre_o")] == pytest.approx(
        [-2.193540, -3.252910, 10.566496, 7.354731], abs=2e-6
    )
    assert float(lstm.h[0, 0]) == pytest.approx(0.0999329, abs=1e-7)


def test_the_bracket_counter_keeps_the_depth_in_the_units_it_names() -> None:
    golden = np.load(SAMPLES / "goldens" / "brackets.npz")
    opened, closed = golden["input/characters"][0, :, 0], golden["input/characters"][0, :, 1]
    depth = np.cumsum(opened - closed)
    for unit in (0, 2, 7):
        assert np.corrcoef(golden["lstm/c"][0, :, unit], depth)[0, 1] > 0.95


def test_the_reader_of_alice_peaks_at_each_space_in_the_unit_it_names() -> None:
    golden = np.load(SAMPLES / "goldens" / "char-lstm.npz")
    letters = json.loads((SAMPLES / "char-lstm.vocab.json").read_text(encoding="utf-8"))
    spaces = golden["input/letters"][0] == letters.index(" ")
    h = golden["lstm/h"][0, :, 24]
    assert h[spaces].min() > h[~spaces].max()


def test_every_sample_is_small() -> None:
    sizes = [path.stat().st_size for path in SAMPLES.rglob("*") if path.suffix in (".h5", ".keras", ".npz")]
    assert max(sizes) < 300_000
    assert sum(sizes) < 3_000_000
