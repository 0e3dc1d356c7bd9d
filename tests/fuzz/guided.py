"""Coverage-guided fuzzing of the configuration's way: JSON text → checked → built → the layer table.

    python tests/fuzz/guided.py -max_total_time=600 tests/fuzz/corpus

needs `pip install atheris` and takes libFuzzer's options; anything but an RnnTuiError is a bug. The bytes of an input
choose a sound configuration and spoil it, or are JSON themselves when they begin with a brace.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import atheris
import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "formats")]

with atheris.instrument_imports(include=["rnn_tui.formats", "rnn_tui.engine"]):
    import configurations

    from rnn_tui.errors import RnnTuiError
    from rnn_tui.formats.answer import parsed_config
    from rnn_tui.formats.build import build
    from rnn_tui.formats.description import FileDescription, StoredArray, StoredGroup
    from rnn_tui.formats.limits import Limits

SOUND = configurations.sound()
VERSIONS = ("1.2.2", "2.2.4", "2.15.0", "3.5.0")


def described(text: str, arrays: configurations.Weights, version: str) -> FileDescription:
    """A file's description with these arrays, as the reading process would give it."""
    values: dict[str, np.ndarray] = {}
    groups = []
    for layer, parts in arrays.items():
        stored = []
        for name, array in parts.items():
            values[str(len(values))] = array
            stored.append(StoredArray(str(len(values) - 1), name, array.shape, "float32"))
        groups.append(StoredGroup(layer, tuple(stored)))

    def read(keys: list[str]) -> dict[str, Any]:
        return {key: values[key] for key in keys}

    config = parsed_config("fuzz", text, Limits())
    return FileDescription("fuzz", "keras-h5", "layer_names", version, "tensorflow", 0, config, tuple(groups), read)


def one_input(data: bytes) -> None:
    """Build the model of one input and list it."""
    rng = random.Random(data)
    name, config, arrays = SOUND[data[0] % len(SOUND)] if data else SOUND[0]
    text = data.decode("utf-8", "replace") if data[:1] == b"{" else json.dumps(configurations.spoiled(config, rng))
    try:
        model, _ = build(described(text, arrays, rng.choice(VERSIONS)))
    except RnnTuiError as error:
        if len(str(error).splitlines()) != 1:
            raise AssertionError(f"{name}: {error!r}") from error
        return
    assert all(isinstance(layer.formula, str) and layer.parameters >= 0 for layer in model.layers)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
