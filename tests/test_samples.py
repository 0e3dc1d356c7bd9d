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


def bracket_states() -> tuple[np.ndarray, np.ndarray]:
    """The bracket counter's h at each character of 200 random strings, `(characters, units)`, and the true number."""
    rng = np.random.default_rng(0)
    ids, depth, depths = np.empty((200, 40), int), np.zeros(200, int), np.empty((200, 40), int)
    for t in range(40):
        ids[:, t] = rng.choice(3, size=200, p=[0.4, 0.3, 0.3])
        ids[:, t] = np.where((ids[:, t] == 1) & (depth == 0) | (ids[:, t] == 0) & (depth == 8), 2, ids[:, t])
        depth += (ids[:, t] == 0).astype(int) - (ids[:, t] == 1)
        depths[:, t] = depth
    trace = open_model(SAMPLES / "brackets.h5").run(np.eye(3, dtype="f4")[ids])
    return trace["lstm"].h.reshape(-1, 16), depths.reshape(-1)


def test_the_bracket_counter_counts_along_one_direction_and_in_no_unit_alone() -> None:
    h, depths = bracket_states()

    def right(values: np.ndarray) -> float:
        """How often the values tell the number, scaled as well as can be and rounded."""
        slope, offset = np.polyfit(values, depths, 1)
        return float(np.mean(np.rint(slope * values + offset) == depths))

    centred = h - h.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    assert right(centred @ directions[0]) > 0.95
    assert max(right(h[:, unit]) for unit in range(16)) < 0.93
    effective_dimension = (sizes**2).sum() ** 2 / (sizes**4).sum()
    assert effective_dimension < 1.5


def test_the_reader_of_alice_leans_to_spaces_most_in_the_unit_it_names() -> None:
    letters = json.loads((SAMPLES / "char-lstm.vocab.json").read_text(encoding="utf-8"))
    text = (SAMPLES / "alice.txt").read_text(encoding="utf-8").lower().replace("\n", " ")
    page = "".join(letter for letter in text if letter in letters)
    opened = open_model(SAMPLES / "char-lstm.h5")
    parsed = parse_sequence(f"text: {page}", opened.model.inputs, vocab=letters)
    h = opened.run(parsed.arrays)["lstm"].h
    spaces = np.array([letter == " " for letter in page], float)
    fit = np.array([np.corrcoef(h[:, unit], spaces)[0, 1] for unit in range(h.shape[1])])
    assert int(np.argmax(np.abs(fit))) == 31
    assert fit[31] == pytest.approx(0.63, abs=0.01)


def test_every_sample_is_small() -> None:
    sizes = [path.stat().st_size for path in SAMPLES.rglob("*") if path.suffix in (".h5", ".keras", ".npz")]
    assert max(sizes) < 300_000
    assert sum(sizes) < 3_000_000
