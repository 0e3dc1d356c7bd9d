"""PyTorch itself runs the modules of its files, on the parameters as they are
stored: every layer is equal to its module.

The first test needs PyTorch; what is asked of it is tested without.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import VerifyError
from rnn_tui.verify import verify
from rnn_tui.verify.modules import verify_modules

DATA = Path(__file__).parents[1] / "data" / "pytorch"
RELU = {"first.activation": "relu"}
needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch isn't installed"
)


@needs_torch
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("tagger.pt", {}),
        ("tagger_old.pt", {"return_sequences": "false"}),
        ("tagger.safetensors", {}),
        ("chain_views.pt", {}),
        ("chain_views.pt", RELU),
        ("chain_script.pt", {"second.return_sequences": "false"}),
        ("chain_half.safetensors", RELU),
        ("cells.pt", {}),
    ],
)
def test_every_module_is_what_pytorch_makes_of_it(
    name: str, asked: dict[str, str]
) -> None:
    opened = open_model(DATA / name, assume=asked)
    golden = name.partition(".")[0].partition("_")[0]
    x = np.load(DATA / f"{golden}.npz")["x"]
    (info,) = opened.model.inputs
    found = verify(DATA / name, {info.name: x}, opened=opened)
    assert found.agrees()
    assert found.unseen == ()
    assert found.ran_in.startswith("PyTorch 2.")
    names = [one.name for one in found.differences]
    assert names == [
        layer.path
        for layer in opened.layers
        if layer.depth == 0 and layer.path != "rnn_l0"
    ]


@needs_torch
def test_a_layer_that_is_another_than_its_module_differs() -> None:
    opened = open_model(DATA / "chain_module.pt")
    other = open_model(DATA / "chain_views.pt", assume={"activation": "tanh"})
    x = np.load(DATA / "chain.npz")["x"]
    trace = other.run(x, warn=lambda line: None)
    found = verify(DATA / "chain_module.pt", {}, trace, opened=opened)
    assert not found.agrees()
    assert found.largest.name == "first"


def asked_of(name: str, folder: Path) -> tuple[dict, dict]:
    """What PyTorch is asked of a file, and the arrays that go with it."""
    opened = open_model(DATA / name)
    (info,) = opened.model.inputs
    x = np.zeros((1, 2, *info.shape[1:]), "f4")
    trace = opened.run(x, warn=lambda line: None)
    seen: dict = {}

    def child(place: Path) -> None:
        seen["question"] = json.loads((place / "question.json").read_text())
        with np.load(place / "arrays.npz") as stored:
            seen["arrays"] = {key: stored[key].shape for key in stored.files}
        values = {
            layer: trace.layers[layer].output
            for layer in ("first", "second", "out")
        }
        np.savez(place / "answer.npz", **values)
        (place / "answer.json").write_text('{"torch": "2.0"}')

    found = verify_modules(opened, trace, child)
    assert found.agrees()
    assert found.ran_in == "PyTorch 2.0"
    return seen["question"], seen["arrays"]


def test_the_parameters_are_asked_of_as_the_file_has_them(
    tmp_path: Path,
) -> None:
    question, arrays = asked_of("chain_module.pt", tmp_path)
    first, second, out = question["modules"]
    assert first["settings"] == {
        "num_layers": 1,
        "bias": True,
        "bidirectional": False,
        "nonlinearity": "relu",
    }
    assert second["class"] == "GRU"
    assert second["settings"]["bias"] is False
    assert out["class"] == "Linear"
    assert arrays[first["arrays"]["weight_ih_l0"]] == (3, 2)
    assert arrays[second["reads"]] == (1, 2, 3)


def test_a_complaint_of_pytorchs_is_one_line() -> None:
    opened = open_model(DATA / "chain_module.pt")
    trace = opened.run(np.zeros((1, 2, 2), "f4"), warn=lambda line: None)

    def child(place: Path) -> None:
        np.savez(place / "answer.npz")
        answer = {"torch": "2.0", "problem": "RuntimeError: \x1b no"}
        (place / "answer.json").write_text(json.dumps(answer))

    with pytest.raises(VerifyError, match=r"PyTorch 2\.0 can't run"):
        verify_modules(opened, trace, child)
