"""Masks that a call of MultiHeadAttention names for its query, value and key,
as constants of the model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

MASK = np.array(
    [[True, True, True, False, False], [True, False, True, True, False]]
)


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize("name", ["query_mask", "value_mask", "key_mask"])
def test_a_mask_by_keyword_is_used(
    name: str, with_key: bool, tmp_path: Path
) -> None:
    keras = pytest.importorskip("keras")
    keras.backend.clear_session()
    entry = keras.Input((5, 3), batch_size=2)
    sequence = keras.layers.GRU(4, return_sequences=True)(
        keras.layers.Masking()(entry)
    )
    mask = keras.ops.convert_to_tensor(MASK)
    attention = keras.layers.MultiHeadAttention(2, 3)
    read = [sequence, sequence, sequence] if with_key else [sequence, sequence]
    y = attention(*read, **{name: mask})
    model = keras.Model(entry, y)
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )
    model.save(tmp_path / "m.keras")

    x = rng.normal(size=(2, 5, 3)).astype("float32")
    x[0, 1] = x[1, 0] = 0
    found = open_model(tmp_path / "m.keras").run(x).output
    np.testing.assert_allclose(
        found, np.asarray(model(x)), rtol=1e-5, atol=1e-6
    )
