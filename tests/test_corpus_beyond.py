"""Real and made SavedModels and checkpoints: every one opens, and every one
that Keras could run gives Keras's numbers.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import FileError

CORPUS = Path(__file__).parents[2] / "shared" / "corpus-beyond"
OTHERS = ("torch_", "made__tflite")
"""Expected outputs of PyTorch's files, which have tests of their own, and of
files that are refused.
"""
TORCH = sorted((CORPUS / "made" / "torch").glob("*.pt"))
REFUSED = sorted(
    [
        *(CORPUS / "made" / "onnx").glob("*.onnx"),
        *(CORPUS / "made" / "tflite").glob("*.tflite"),
    ]
)
ROUNDED = {"half": 1e-4, "bf16": 4e-3}
"""How far the weights of a file in halves are from those of the model."""
LAMBDA = "public__breizhn+DTLN__pretrained_model__dtln_saved_model"
"""A model that begins with a Lambda, which is never run."""
MIXED = "made__sm__mixed"
"""A model whose Keras computes in bfloat16, with eight bits behind the
point.
"""
EXPECTED = sorted(
    path.stem
    for path in (CORPUS / "expected").glob("*.npz")
    if not path.name.startswith(OTHERS)
)
LISTED = {
    "made/sm/subclassed": 279,
    "made/sm/keras3_export": 185,
    "made/sm/text": 220,
    "made/ckpt/encdec-1": 464,
    "made/ckpt/subclassed": 279,
    "made/ckpt/dtypes": 79,
    "made/ckpt/tf1part": 500,
}
"""Models without an expected output, and how many parameters each has."""

pytestmark = [
    pytest.mark.skipif(not EXPECTED, reason=f"no corpus at {CORPUS}"),
    pytest.mark.skipif(
        os.name != "posix", reason="a model that is several files"
    ),
]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != LAMBDA])
def test_equals_keras(name: str) -> None:
    golden = np.load(CORPUS / "expected" / f"{name}.npz")
    opened = open_model(CORPUS / name.removesuffix(".full").replace("__", "/"))
    inputs = [golden[key] for key in golden.files if key.startswith("input_")]
    names = [info.name for info in opened.model.inputs]
    trace = opened.run(
        dict(zip(names, inputs, strict=True)), warn=lambda line: None
    )
    for place, got in enumerate(trace.outputs):
        want = golden[f"output_{place}"]
        tolerance = 1e-5
        if name == MIXED:
            want = (want.view("<u2").astype("<u4") << 16).view("<f4")
            tolerance = 2.0**-6
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=1e-6)


@pytest.mark.parametrize(("name", "parameters"), LISTED.items())
def test_lists_what_it_holds(name: str, parameters: int) -> None:
    assert open_model(CORPUS / name).model.parameters == parameters


@pytest.mark.skipif(LAMBDA not in EXPECTED, reason="not in this corpus")
def test_a_model_that_begins_with_a_lambda_is_listed_and_its_layers_run() -> (
    None
):
    opened = open_model(CORPUS / LAMBDA.replace("__", "/"))
    assert sum(layer.recurrent for layer in opened.layers) == 4
    x = np.ones((1, 2, 257), "f4")
    trace = opened.run(x, start_at="lstm", partial=True, warn=lambda line: None)
    assert trace.layers["lstm"].output.shape == (1, 2, 128)


@pytest.mark.parametrize("path", TORCH, ids=lambda path: path.stem)
def test_equals_pytorch(path: Path) -> None:
    model, _, way = path.stem.partition("_")
    golden = np.load(CORPUS / "expected" / f"torch_{model}.npz")
    # of an RNN whose module wasn't saved whole the activation isn't stored
    asked = {"activation": "relu"} if model == "rnn" else {}
    opened = open_model(path, assume=asked)
    parameters = [golden[key].size for key in golden.files if "." in key]
    assert opened.model.parameters == sum(parameters)
    if model == "lstmproj":
        assert "proj_size" in (opened.layers[0].why_not or "")
        return
    trace = opened.run(golden["x"], warn=lambda line: None)
    tolerance = ROUNDED.get(way, 1e-6)
    np.testing.assert_allclose(
        trace.outputs[0], golden["y"], rtol=1e-5, atol=tolerance
    )
    (recurrent,) = {
        layer.path for layer in opened.layers if layer.recurrent
    } & {"rnn", "rnn_l1"}
    np.testing.assert_allclose(
        trace.layers[recurrent].output, golden["h"], rtol=1e-5, atol=tolerance
    )


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_onnx_and_tflite_are_refused_by_name(path: Path) -> None:
    with pytest.raises(FileError, match=r"is an? (ONNX|TensorFlow Lite) model"):
        open_model(path)
