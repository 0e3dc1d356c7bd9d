"""Verify runs Keras in a process of its own and says how far it is from the
engine, or why it can't.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.errors import RunCancelledError, VerifyError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.verify import (
    Difference,
    Verification,
    choose,
    compare,
    requests,
    verify,
)
from rnn_tui.verify.result import difference

TESTS = Path(__file__).resolve().parent.parent
SAMPLES = TESTS.parent / "sample_models"
DATA = TESTS / "data"
needs_tensorflow = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)


@needs_tensorflow
@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("path", "flavour", "layers"),
    [
        (SAMPLES / "bilstm-4.keras", "Keras 3", {"bidirectional"}),
        (
            DATA / "2.13.1__wired.h5",
            "tf_keras 2",
            {"encoder", "encoder[2]", "decoder", "inner@1", "inner@1/dense_1"},
        ),
        (
            DATA / "tensorflow" / "wired",
            "tf_keras 2",
            {"encoder", "decoder", "inner@1", "bidirectional"},
        ),
        (
            DATA / "tensorflow" / "checkpoints" / "wired",
            "tf_keras 2",
            {"encoder", "decoder", "inner@1", "bidirectional"},
        ),
    ],
    ids=["keras", "tf_keras", "savedmodel", "checkpoint"],
)
def test_the_keras_of_the_files_world_agrees_layer_by_layer(
    path: Path, flavour: str, layers: set[str]
) -> None:
    opened = open_model(path)
    rng = np.random.default_rng(0)
    inputs = {
        info.name: rng.normal(size=(2, *info.shape)).astype("float32")
        for info in opened.model.inputs
    }
    found = verify(path, inputs, opened.run(inputs), opened=opened)
    assert found.keras.startswith(flavour)
    assert found.agrees()
    assert layers <= {item.name for item in found.differences}
    assert {item.kind for item in found.differences} == {"layer", "output"}


def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "find_spec", lambda name: None)
    with pytest.raises(
        VerifyError, match=r"pip install 'rnn-tui\[tensorflow\]'"
    ):
        choose(open_model(SAMPLES / "lstm-1.h5"))


@needs_tensorflow
@pytest.mark.parametrize(
    ("typed", "unasked"), [([], True), (["--input", "1 2 3 4 5"], False)]
)
def test_a_sequence_as_long_as_the_file_says_gets_the_least_memory(
    typed: list[str], unasked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    def run(opened: OpenedModel, x: object, **options: object) -> None:
        told.append(options["unasked"])
        raise VerifyError("enough")

    monkeypatch.setattr(OpenedModel, "run", run)
    assert main(["verify", str(SAMPLES / "lstm-1.h5"), *typed]) == 2
    assert told == [unasked]


@needs_tensorflow
def test_the_user_can_stop_it() -> None:
    with pytest.raises(RunCancelledError):
        verify(
            SAMPLES / "lstm-1.h5",
            {"input": np.zeros((5, 1), "float32")},
            cancelled=lambda: True,
        )


@needs_tensorflow
def test_a_keras_that_gives_no_answer_is_given_up() -> None:
    with pytest.raises(VerifyError, match="no answer within 0 s"):
        verify(
            SAMPLES / "lstm-1.h5",
            {"input": np.zeros((5, 1), "float32")},
            timeout=0.0,
        )


@needs_tensorflow
def test_a_keras_that_took_too_long_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Path] = []

    def wait(folder: Path, timeout: float, cancelled: object) -> None:
        asked.append(folder)
        raise compare.TooLateError("no answer")

    monkeypatch.setattr(compare, "run_child", wait)
    with pytest.raises(VerifyError, match="no answer"):
        verify(SAMPLES / "lstm-1.h5", {"input": np.zeros((5, 1), "float32")})
    assert len(asked) == 1


def test_a_difference_is_measured_relative_and_near_zero_absolute() -> None:
    found = difference(
        "lstm", "layer", np.array([1.0, 2e-6]), np.array([1.00001, 1e-6])
    )
    assert found.absolute == pytest.approx(1e-5, rel=1e-3)
    assert found.relative == pytest.approx(1e-5, rel=0.2)


@pytest.mark.parametrize(
    ("ours", "theirs", "apart"),
    [
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), 0.0),
        (np.array([np.nan]), np.array([1.0]), np.inf),
        (np.zeros(2), np.zeros(3), np.inf),
        (np.zeros(2), None, np.inf),
    ],
)
def test_what_is_no_number_or_has_another_shape_is_infinitely_far(
    ours: np.ndarray, theirs: np.ndarray | None, apart: float
) -> None:
    assert difference("x", "layer", ours, theirs).relative == apart


def test_the_largest_difference_decides() -> None:
    items = tuple(
        Difference(str(k), "layer", (1,), k * 1e-6, k * 1e-6) for k in range(3)
    )
    assert Verification("Keras 3", "2", items).largest.name == "2"
    assert not Verification("Keras 3", "2", items).agrees(1e-6)
