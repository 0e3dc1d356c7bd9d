"""The bundled models compute what Keras computes, at every timestep; their
states mean what their descriptions say.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.sequences import parse_sequence

SAMPLES = Path(__file__).resolve().parent.parent / "sample_models"
INDEX = {
    entry["name"]: entry
    for entry in json.loads(
        (SAMPLES / "index.json").read_text(encoding="utf-8")
    )
}
GATES = ("i", "f", "c_tilde", "o", "z", "r", "h_tilde")


def quantities(trace: ModelTrace) -> dict[str, np.ndarray]:
    """Everything in a trace, by the keys of `rnn-tui trace -o`."""
    found = {f"output/{k}": value for k, value in enumerate(trace.outputs)}
    for path, layer in trace.layers.items():
        found |= {
            f"{path}/output_{k}" if k else f"{path}/output": value
            for k, value in enumerate(layer.outputs)
        }
        for cell in layer.cells:
            found |= {
                f"{cell.key}/{name}": cell.read(name) for name in cell.names
            }
            if cell.mask is not None:
                found[f"{cell.key}/mask"] = cell.mask
    return found


@pytest.mark.parametrize("name", INDEX)
def test_a_sample_equals_its_golden_in_every_quantity(name: str) -> None:
    golden = dict(np.load(SAMPLES / "goldens" / f"{name}.npz"))
    opened = open_model(SAMPLES / INDEX[name]["file"])
    trace = opened.run(
        {
            key.removeprefix("input/"): golden[key]
            for key in golden
            if key.startswith("input/")
        }
    )
    ours = quantities(trace)
    for key in [key for key in golden if not key.startswith("input/")]:
        layer, _, quantity = key.rpartition("/")
        read = golden.get(f"{layer}/mask")
        # the gates of a timestep that is skipped decide nothing
        where = (
            read[..., None] > 0
            if read is not None and (quantity in GATES or "pre_" in quantity)
            else True
        )
        theirs = np.where(where, golden[key], 0)
        # float32 rounds a sum by the size of its terms, and a pre-activation is
        # one of many that cancel
        atol = (
            1e-6 * max(1.0, float(np.abs(theirs).max()))
            if "pre_" in quantity
            else 1e-6
        )
        np.testing.assert_allclose(
            np.where(where, ours[key], 0),
            theirs,
            rtol=1e-5,
            atol=atol,
            err_msg=key,
        )


@pytest.mark.parametrize("name", INDEX)
def test_a_sample_runs_on_the_sequence_it_suggests(name: str) -> None:
    entry = INDEX[name]
    opened = open_model(SAMPLES / entry["file"])
    vocab = str(SAMPLES / entry["vocab"]) if "vocab" in entry else None
    trace = opened.run(
        parse_sequence(
            [entry["input"]], opened.model.inputs, vocab=vocab
        ).arrays
    )
    assert all(np.isfinite(output).all() for output in trace.outputs)


def test_the_worked_example_gives_the_numbers_of_the_book() -> None:
    trace = open_model(SAMPLES / "lstm-notebook.h5").run(
        np.array([[1.0, 10.0]])
    )
    lstm = trace["lstm"]
    assert [
        round(float(lstm[name][0, 0]), 6)
        for name in ("pre_i", "pre_f", "pre_c_tilde", "pre_o")
    ] == pytest.approx([-2.193540, -3.252910, 10.566496, 7.354731], abs=2e-6)
    assert float(lstm.h[0, 0]) == pytest.approx(0.0999329, abs=1e-7)


def test_no_unit_of_the_bracket_counter_holds_the_depth_but_one_direction_of_its_state_does() -> (
    None
):
    golden = np.load(SAMPLES / "goldens" / "brackets.npz")
    opened, closed = (
        golden["input/characters"][0, :, 0],
        golden["input/characters"][0, :, 1],
    )
    depth = np.cumsum(opened - closed)
    h, c = golden["lstm/h"][0], golden["lstm/c"][0]

    def correlation(values: np.ndarray) -> float:
        return abs(float(np.corrcoef(values, depth)[0, 1]))

    _, _, directions = np.linalg.svd(h - h.mean(axis=0))
    variances = np.linalg.eigvalsh(np.cov(h.T))
    assert all(correlation(c[:, unit]) > 0.95 for unit in (0, 2, 7))
    assert correlation(h @ directions[0]) > max(
        correlation(h[:, unit]) for unit in range(16)
    )
    # its effective dimension
    assert variances.sum() ** 2 / (variances**2).sum() == pytest.approx(
        1.7, abs=0.05
    )


def bracket_strings(
    rng: np.random.Generator, count: int, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Random strings of brackets as one-hot rows, and the number that is open
    after each character.
    """
    ids = np.empty((count, length), int)
    depths = np.zeros((count, length))
    depth = np.zeros(count)
    for t in range(length):
        drawn = rng.choice(3, size=count, p=[0.4, 0.3, 0.3])
        closes_nothing = (drawn == 1) & (depth == 0)
        too_deep = (drawn == 0) & (depth == 8)
        ids[:, t] = np.where(closes_nothing | too_deep, 2, drawn)
        depth += (ids[:, t] == 0).astype(int) - (ids[:, t] == 1)
        depths[:, t] = depth
    return np.eye(3, dtype=np.float32)[ids], depths


def test_one_unit_of_the_counter_counts_and_switching_it_off_proves_it() -> (
    None
):
    opened = open_model(SAMPLES / "counter.keras")
    x, depths = bracket_strings(np.random.default_rng(123), 200, 40)
    trace = opened.run(x)
    c = trace["lstm"].c

    correlations = [
        np.corrcoef(c[..., unit].ravel(), depths.ravel())[0, 1]
        for unit in range(4)
    ]
    change = np.diff(c[..., 3], axis=1)
    by_token = [change[x[:, 1:, k] == 1].mean() for k in range(3)]

    assert correlations[3] == pytest.approx(-0.996, abs=5e-4)
    assert max(map(abs, correlations[:3])) < 0.83
    assert by_token == pytest.approx([-0.80, 0.69, 0.03], abs=0.01)
    assert (np.rint(trace.output[..., 0]) == depths).all()

    # a unit is off when nothing reads its h: not the cell, not the head
    right = []
    cell = opened.cells[0].cell
    weights = [
        weight.value for weight in opened.model.graph.layers["open"].weights
    ]
    for unit in range(4):
        rest = np.arange(4) != unit
        h = np.zeros((200, 4), np.float32)
        state = h
        outputs = []
        for t in range(40):
            step = cell.step(x[:, t], h, state)
            h, state = step.h * rest, step.c
            outputs.append(h @ weights[0] + weights[1])
        rounded = np.rint(np.stack(outputs, axis=1)[..., 0])
        right.append(float((rounded == depths).mean()))

    assert right[1] == right[2] == 1
    assert right[0] == pytest.approx(0.08, abs=0.005)
    assert right[3] == pytest.approx(0.03, abs=0.005)


def test_the_units_named_of_the_reader_of_alice_tell_spaces_from_letters_on_the_whole_page() -> (
    None
):
    letters = json.loads(
        (SAMPLES / "char-lstm.vocab.json").read_text(encoding="utf-8")
    )
    page = " ".join(
        (SAMPLES / "alice.txt").read_text(encoding="utf-8").lower().split()
    )
    ids = np.array([letters.index(letter) for letter in page])
    h = open_model(SAMPLES / "char-lstm.h5").run(ids)["lstm"].h
    is_space = ids == letters.index(" ")

    correlations = np.array(
        [np.corrcoef(h[:, unit], is_space)[0, 1] for unit in range(64)]
    )

    assert list(np.argsort(-abs(correlations))[:2]) == [31, 47]
    assert correlations[[31, 47]] == pytest.approx([0.63, -0.62], abs=0.005)


def test_every_sample_is_small() -> None:
    sizes = [
        path.stat().st_size
        for path in SAMPLES.rglob("*")
        if path.suffix in (".h5", ".keras", ".npz")
    ]
    assert max(sizes) < 300_000
    assert sum(sizes) < 3_000_000
