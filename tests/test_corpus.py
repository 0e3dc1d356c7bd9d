"""Real model files: every one opens, and every one that Keras could run gives
Keras's numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
MODELS = (
    sorted(path for path in (CORPUS / "models").glob("*") if path.is_file())
    if CORPUS.is_dir()
    else []
)
EXPECTED = [
    path
    for path in MODELS
    if (CORPUS / "expected" / f"{path.name}.npz").is_file()
]

pytestmark = pytest.mark.skipif(not MODELS, reason=f"no corpus at {CORPUS}")


NOISE = {
    "2.10.0__1123_model.h5": 1e-5,
    "2.5.0__ConvLSTM2D.h5": 3e-6,
    "3.0.5__rnn_model.keras": 2e-6,
}
"""Files whose own rounding is larger than 1e-6, in Keras as in ours: saturated
cells that feed back on themselves, and relu cells whose values near 40 cancel
in the layer behind. Against a float64 run, in the worst layer of each: Keras's
float32 is off by 1.1e-5, 2.0e-6 and 1.1e-6, ours by 9.2e-6, 1.9e-6 and 1.1e-6.
"""


def near(got: np.ndarray, want: np.ndarray, name: str) -> None:
    """1e-5 relative and 1e-6 absolute, the absolute part on the scale of the
    largest value where that is above 1.
    """
    scale = max(1.0, float(np.max(np.abs(want), initial=0)))
    np.testing.assert_allclose(
        got, want, rtol=1e-5, atol=NOISE.get(name, 1e-6) * scale
    )


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_opens_and_lists_what_it_holds(path: Path) -> None:
    opened = open_model(path)
    assert opened.model.parameters > 0
    assert any(layer.recurrent or layer.why_not for layer in opened.layers)
    assert path.name.startswith(("2.3.0-tf", "3.13.0")) or all(
        layer.reproducible for layer in opened.layers
    )
    assert repr(opened).startswith("<")


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.name)
def test_equals_keras(path: Path) -> None:
    golden = dict(np.load(CORPUS / "expected" / f"{path.name}.npz"))
    inputs = {
        key.split(":", 1)[1]: value
        for key, value in golden.items()
        if key.startswith("input_")
    }
    opened = open_model(path)
    trace = opened.run(inputs)
    outputs = [
        golden[key]
        for key in golden
        if key == "output" or key.startswith("output_")
    ]
    assert len(trace.outputs) == len(outputs)
    for got, want in zip(trace.outputs, outputs, strict=True):
        near(got, want, path.name)
    for key, want in golden.items():
        if key.startswith("layer::"):
            name, _, number = key.removeprefix("layer::").partition("::")
            near(trace[name].outputs[int(number or 0)], want, path.name)


def test_a_file_without_a_configuration_runs_every_layer_on_assumptions() -> (
    None
):
    path = next(path for path in MODELS if path.name == "2.2.4__seq2seq.h5")
    opened = open_model(path)
    assert [cell.class_name for cell in opened.cells] == ["LSTM", "LSTM"]
    assert any(
        "assumed" in note for layer in opened.layers for note in layer.notes
    )
    trace = opened.run(
        {
            info.name: np.ones((4, info.shape[-1]))
            for info in opened.model.inputs
        }
    )
    assert trace["lstm_1"].c.shape == (4, 64)


def test_a_custom_layer_stops_the_run_and_the_run_goes_on_behind_it() -> None:
    path = next(
        path for path in MODELS if path.name == "3.13.0__attention_lstm.h5"
    )
    opened = open_model(path)
    custom = next(
        layer.path for layer in opened.layers if not layer.reproducible
    )
    trace = opened.run(np.ones((24, 17)), partial=True)
    assert trace.stopped is not None
    assert trace.stopped[0] == custom
    assert not trace.outputs
    (info,) = opened.model.inputs_of(custom)
    behind = opened.run(
        np.ones([side or 1 for side in info.shape]), start_at=custom
    )
    assert behind.outputs
