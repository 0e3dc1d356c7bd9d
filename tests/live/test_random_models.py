"""Random models of a live Keras 3 and tf_keras, in every container: rnn_tui
computes what they compute.

RNN_TUI_LIVE sets how many of each flavour (12 by default), RNN_TUI_LIVE_FROM
the first seed: `RNN_TUI_LIVE=500 pytest tests/live`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

COUNT = int(os.environ.get("RNN_TUI_LIVE", "12"))
FIRST = int(os.environ.get("RNN_TUI_LIVE_FROM", "0"))

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_random_model_computes_what_keras_computes(
    flavour: str, seed: int, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from comparing import FORMS, KerasRefusesError, compare

    try:
        compare(K, seed, FORMS[flavour][seed % len(FORMS[flavour])], tmp_path)
    except KerasRefusesError as problem:
        pytest.skip(f"Keras itself can't run this one: {problem}")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT, 3))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_random_model_of_somebodys_own_classes_is_computed_on_request_alone(
    flavour: str, seed: int, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from comparing import FORMS, KerasRefusesError, compare_own

    try:
        compare_own(
            K, seed, FORMS[flavour][seed // 3 % len(FORMS[flavour])], tmp_path
        )
    except KerasRefusesError as problem:
        pytest.skip(f"Keras itself can't run this one: {problem}")
