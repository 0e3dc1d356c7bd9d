"""Random models through `verify`: Keras opens what it wrote, and what is
rebuilt from a plan computes the same.

RNN_TUI_LIVE sets how many of each flavour, a sixth of that number here; see
test_random_models.py.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

COUNT = max(1, int(os.environ.get("RNN_TUI_LIVE", "12")) // 6)
FIRST = int(os.environ.get("RNN_TUI_LIVE_FROM", "0"))

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("asked_here"),
]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_random_model_is_rebuilt_as_keras_opens_it(
    flavour: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways end in Keras's arithmetic: they differ from ours by the same
    amounts, but for the order of sums.
    """
    K = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from comparing import FORMS, KerasRefusesError, keras_run, saved

    from rnn_tui import open_model
    from rnn_tui.verify import compare, verify

    try:
        made, _ = keras_run(K, seed)
    except KerasRefusesError as problem:
        pytest.skip(f"Keras itself can't run this one: {problem}")
    path, options = saved(
        K, made.model, FORMS[flavour][seed % len(FORMS[flavour])], tmp_path
    )
    opened = open_model(path, **options)
    fed = dict(
        zip(
            [info.name for info in opened.model.inputs],
            made.inputs,
            strict=True,
        )
    )
    trace = opened.run(fed)

    by_itself = verify(path, fed, trace, opened=opened)
    monkeypatch.setattr(
        compare, "why_rebuilt", lambda opened, trace: "it was asked for"
    )
    by_plan = verify(path, fed, trace, opened=opened)

    assert by_plan.rebuilt == "it was asked for"
    theirs = {one.name: one.absolute for one in by_itself.differences}
    assert {one.name for one in by_plan.differences} >= set(theirs)
    for one in by_plan.differences:
        wanted = theirs.get(one.name, one.absolute)
        np.testing.assert_allclose(
            one.absolute, wanted, rtol=1e-2, atol=1e-5, err_msg=one.name
        )
