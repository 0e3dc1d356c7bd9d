"""Every operation that stands in a graph as a layer, in one model: keras.ops
and the functions of TensorFlow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize(
    ("flavour", "form"), [("keras", "keras"), ("tf_keras", "h5")]
)
def test_every_operation_computes_what_keras_computes(
    flavour: str, form: str, tmp_path: Path
) -> None:
    K: Any = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from random_operators import every_operation
    from random_parts import Draw

    K.backend.clear_session()
    entry = K.Input((6, 3), name="x")
    makers = every_operation(Draw(K, 1))
    model = K.Model(entry, [make(entry) for make in makers])
    model.save(tmp_path / f"model.{form}")
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    opened = open_model(tmp_path / f"model.{form}")
    assert not [info.path for info in opened.layers if not info.reproducible]
    ours = opened.run(x).outputs
    for number, (value, theirs) in enumerate(zip(ours, model(x), strict=True)):
        np.testing.assert_allclose(
            value,
            np.asarray(theirs),
            rtol=1e-5,
            atol=1e-6,
            err_msg=f"operation {number}",
        )
    shapes = {info.path: info.output_shape for info in opened.layers}
    for layer in model.operations if flavour == "keras" else model.layers:
        made = layer.output
        parts = made if isinstance(made, (list, tuple)) else [made]
        wanted = [tuple(part.shape) for part in parts]
        found = shapes[layer.name] or ()
        several = bool(found) and isinstance(found[0], tuple)
        assert list(found if several else (found,)) == wanted, layer.name
