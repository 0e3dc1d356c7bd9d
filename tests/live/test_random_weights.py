"""Weights of random models of a live Keras 3 and tf_keras, opened without their
configuration.

Either the numbers are Keras's, or an assumption that is listed isn't true of
the model, and once the true values are given the numbers are Keras's; what
can't be computed is refused with a reason. RNN_TUI_LIVE sets how many of each
flavour (8 by default), RNN_TUI_LIVE_FROM the first seed:
`RNN_TUI_LIVE=200 pytest tests/live -k weights`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

COUNT = int(os.environ.get("RNN_TUI_LIVE", "8"))
FIRST = int(os.environ.get("RNN_TUI_LIVE_FROM", "0"))

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_weights_alone_are_computed_as_keras_does_or_every_wrong_assumption_is_named(
    flavour: str, seed: int, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from comparing import KerasRefusesError
    from weights_alone import FORMS, examine

    forms = FORMS[flavour]
    try:
        verdict = examine(K, seed, forms[seed % len(forms)], tmp_path)
    except KerasRefusesError as problem:
        pytest.skip(f"Keras itself can't run this one: {problem}")
    assert verdict.kind != "refused" or verdict.why
