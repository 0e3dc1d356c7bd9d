"""Odd but real: attributes of another kind, gates of layers that can't run, wrappers of somebody's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from test_build import FULL, LSTM, layer, write

from rnn_tui import open_model

ODD = [7, np.arange(3), np.array([], "S1"), h5py.Empty("S1"), b"", np.bytes_(b"\xff\xfe2"), np.float32(2.2)]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_a_version_that_is_no_text_is_unknown_and_the_file_opens(tmp_path: Path, value: Any) -> None:
    layers = [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])]
    path = write(tmp_path / "m.h5", layers, {"lstm": FULL})
    with h5py.File(path, "r+") as file:
        for place in (file, file["model_weights"]):
            for name in ("keras_version", "backend"):
                del place.attrs[name]
                place.attrs[name] = value
    opened = open_model(path)
    assert opened.file.backend is None
    assert opened.run(np.ones((5, 2))).output.shape == (3,)
    if np.size(value) and not isinstance(value, (bytes, h5py.Empty)):
        assert any("keras_version" in line and "unknown" in line for line in opened.warnings)
