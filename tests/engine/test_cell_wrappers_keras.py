"""TensorFlow's wrappers around recurrent cells: what tf_keras computes with
them, and what is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
K = pytest.importorskip("tf_keras")
wrappers = pytest.importorskip("tf_keras.src.layers.rnn.cell_wrappers")

X = np.random.default_rng(3).normal(size=(2, 6, 4)).astype("float32")
X[0, 2] = X[0, 5] = X[1, 0] = 0

residual, device, dropout = (
    wrappers.ResidualWrapper,
    wrappers.DeviceWrapper,
    wrappers.DropoutWrapper,
)
CELLS: dict[str, Callable[[], Any]] = {
    "lstm": lambda: residual(K.layers.LSTMCell(4)),
    "gru": lambda: residual(K.layers.GRUCell(4)),
    "simple": lambda: residual(K.layers.SimpleRNNCell(4)),
    "twice": lambda: residual(residual(K.layers.GRUCell(4))),
    "device": lambda: device(residual(K.layers.LSTMCell(4)), "/cpu:0"),
    "nothing dropped": lambda: dropout(residual(K.layers.GRUCell(4))),
}


def saved(cell: Any, path: Path, **options: Any) -> Any:
    """A masked RNN of the cell, a plain LSTM behind it, random weights."""
    entry = K.Input((6, 4))
    x = K.layers.Masking()(entry) if options.pop("masked", True) else entry
    y = K.layers.RNN(
        cell, return_sequences=True, return_state=True, name="rnn", **options
    )(x)
    model = K.Model(entry, [y[0], *y[1:], K.layers.LSTM(2)(y[0])])
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )
    model.save(path)
    return model


def same(model: Any, path: Path) -> Any:
    """Our trace, held against what the model computes."""
    trace = open_model(path).run(X)
    theirs = tf.nest.flatten(model(X))
    for k, wanted in enumerate(theirs):
        np.testing.assert_allclose(
            trace.outputs[k], np.asarray(wanted), rtol=1e-5, atol=1e-6
        )
    return trace


@pytest.mark.parametrize("container", ["h5", "keras"])
@pytest.mark.parametrize("name", CELLS)
def test_a_wrapped_cell_is_computed(
    name: str, container: str, tmp_path: Path
) -> None:
    path = tmp_path / f"m.{container}"
    trace = same(saved(CELLS[name](), path), path)

    (cell,) = trace["rnn"].cells
    np.testing.assert_allclose(
        trace.outputs[1][0], cell.values["h"][0, -1], rtol=1e-6
    )
    assert not np.allclose(trace.outputs[0][0, 0], cell.values["h"][0, 0])


@pytest.mark.parametrize(
    "options",
    [{"masked": False}, {"go_backwards": True}, {"zero_output_for_mask": True}],
)
@pytest.mark.parametrize("container", ["h5", "keras"])
def test_stacked_cells_may_be_wrapped(
    container: str, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / f"m.{container}"
    cells = [
        residual(K.layers.LSTMCell(4)),
        K.layers.GRUCell(4),
        residual(K.layers.GRUCell(4)),
    ]
    same(saved(cells, path, **options), path)


def test_a_dropout_wrapper_drops_in_every_run_and_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.h5"
    saved(dropout(K.layers.GRUCell(4), output_keep_prob=0.5), path)

    opened = open_model(path)
    assert {
        entry.key: (entry.class_name, entry.runs)
        for entry in opened.model.cells
    }["rnn"] == ("GRU", False)
    with pytest.raises(
        UnsupportedLayerError,
        match="drops values in every run, output_keep_prob",
    ):
        opened.run(X)


def test_a_function_of_its_authors_own_is_refused_by_name(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.h5"
    saved(
        residual(
            K.layers.GRUCell(4),
            residual_fn=lambda read, returned: read - returned,
        ),
        path,
    )

    with pytest.raises(
        UnsupportedLayerError, match="puts input and output together by"
    ):
        open_model(path).run(X)
