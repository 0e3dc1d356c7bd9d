"""Files of every container and generation, written by the Keras of that age:
each opens and computes what it did.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model

DATA = Path(__file__).parent / "data"
EXPECTED = sorted(DATA.glob("*.npz"))


def close(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """The promise: within 1e-5 relative, 1e-6 absolute; 1e-2 where Keras itself
    computed in half precision.
    """
    rtol, atol = (1e-2, 1e-3) if "halves" in what else (1e-5, 1e-6)
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=what)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_a_file_of_any_age_computes_what_its_own_keras_did(
    expected: Path,
) -> None:
    golden = np.load(expected)
    opened = open_model(expected.with_suffix(""))
    inputs = {
        info.name: golden[f"input/{k}"]
        for k, info in enumerate(opened.model.inputs)
    }
    trace = opened.run(inputs)
    assert opened.model.parameters == golden["parameters"]
    for key in golden.files:
        kind, _, rest = key.partition("/")
        if kind == "output":
            close(
                trace.outputs[int(rest)], golden[key], f"{expected.stem} {key}"
            )
        elif kind == "layer":
            name, _, k = rest.rpartition("/")
            close(
                trace[name].outputs[int(k)],
                golden[key],
                f"{expected.stem} {key}",
            )
