"""Whatever `trace` computes is compared with Keras: by its file, by its
weights, or rebuilt where no Keras opens it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.errors import VerifyError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.verify import Verification, compare, verify

DATA = Path(__file__).resolve().parent.parent / "data"

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("asked_here"),
]


def inputs_of(
    opened: OpenedModel, count: int = 2, timesteps: int | None = None
) -> dict[str, Any]:
    """Numbers, or token ids, for every input of a model."""
    rng = np.random.default_rng(4)
    found: dict[str, Any] = {}
    for info in opened.model.inputs:
        shape = [count, *(5 if side is None else side for side in info.shape)]
        if timesteps is not None:
            shape[1] = timesteps
        numbers = rng.normal(size=shape).astype("float32")
        found[info.name] = (
            numbers
            if info.tokens is None
            else rng.integers(0, info.tokens, shape)
        )
    return found


def verified(
    path: Path, count: int = 2, timesteps: int | None = None, **options: Any
) -> Verification:
    """What comes of a file and so many sequences."""
    opened = open_model(path, **options)
    return verify(path, inputs_of(opened, count, timesteps), opened=opened)


@pytest.mark.parametrize(
    ("name", "rebuilt"),
    [
        ("layout__nb_layers.h5", "no released Keras opens it"),
        ("1.0.8__lstm.h5", "no released Keras opens it"),
        ("1.0.8__merge.h5", "no released Keras opens it"),
        ("1.2.2__masks.h5", "no released Keras opens it"),
        ("1.2.2__convolution.h5", "no released Keras opens it"),
        ("1.2.2__weights.h5", "no released Keras opens it"),
        ("2.0.8__gru.h5", None),
        ("2.1.6__wired.h5", None),
        ("2.1.6__cells.h5", "states of stacked cells"),
        ("2.2.4__gpu.h5", "can't run this model"),
        ("2.2.4__weights.h5", None),
        ("2.13.1__archive.keras", "can't open this model"),
        ("2.15.0__alone.weights.h5", None),
        ("layout__shards.weights.json", None),
        ("3.3.3__merged.h5", "lost masks"),
        ("3.8.0__started.h5", "Unknown layer: 'NotEqual'"),
    ],
)
def test_files_of_every_generation_are_compared(
    name: str, rebuilt: str | None
) -> None:
    found = verified(DATA / name)
    assert found.agrees()
    assert not found.unseen
    assert (found.rebuilt is None) == (rebuilt is None)
    assert rebuilt is None or rebuilt in (found.rebuilt or "")
    assert {one.kind for one in found.differences} == {"layer", "output"}


def stateful(K: Any) -> Any:
    """A model that insists on two sequences at a time and keeps its states
    between calls.
    """
    L = K.layers
    return K.Sequential(
        [
            K.Input(batch_shape=(2, None, 3)),
            L.LSTM(4, stateful=True, return_sequences=True),
            L.Bidirectional(L.GRU(3, stateful=True)),
            L.Dense(2),
        ]
    )


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_model_that_fixes_the_batch_reads_any_number_of_sequences(
    flavour: str, count: int, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    path = tmp_path / ("model.keras" if flavour == "keras" else "model.h5")
    stateful(K).save(path)
    found = verified(path, count)
    assert found.rebuilt is None
    assert found.agrees()
    assert {one.shape[0] for one in found.differences} == {count}


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
@pytest.mark.parametrize("declared", [False, True])
def test_a_model_whose_constants_are_for_two_sequences_is_compared_with_one(
    flavour: str, declared: bool, tmp_path: Path
) -> None:
    K = import_module(flavour)
    tensor = (
        K.ops.convert_to_tensor
        if flavour == "keras"
        else import_module("tensorflow").constant
    )
    rng = np.random.default_rng(1)
    state = tensor(rng.normal(size=(2, 3)).astype("float32"))
    entry = K.Input((5, 2), batch_size=2 if declared else None)
    mask = {"mask": tensor(rng.random((2, 5)) < 0.6)} if declared else {}
    x = K.layers.GRU(3, return_sequences=True)(
        entry, initial_state=state, **mask
    )
    x = K.layers.Bidirectional(K.layers.SimpleRNN(3))(
        x, initial_state=[state, state]
    )
    K.Model(entry, K.layers.Dense(2)(x)).save(tmp_path / "m.keras")

    opened = open_model(tmp_path / "m.keras")
    assert opened.run(
        np.ones((5, 2), "float32"), warn=lambda line: None
    ).output.shape == (2, 2)
    assert verified(tmp_path / "m.keras", 1).agrees()


def saved_without(
    K: Any, layers: list[Any], path: Path, key: str, version: str
) -> None:
    """Save a Sequential as an old Keras would have: without a key that had not
    been thought of.
    """
    model = K.Sequential(layers)
    model.set_weights(
        [
            np.random.default_rng(1).normal(size=w.shape)
            for w in model.get_weights()
        ]
    )
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            layer["config"].pop(key, None)
            layer["config"].get("layer", {}).get("config", {}).pop(key, None)
        file.attrs["model_config"] = json.dumps(config)
        for place in (file, file["model_weights"]):
            place.attrs["keras_version"] = version
            place.attrs["backend"] = "tensorflow"


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("both", [False, True])
def test_a_gru_of_before_2_1_5_is_told_where_its_reset_gate_works(
    biased: bool, both: bool, tmp_path: Path
) -> None:
    """Without a bias nothing but the key tells the two kinds apart, and today's
    Keras would assume the other.
    """
    K = pytest.importorskip("tf_keras")
    gru = K.layers.GRU(
        4,
        reset_after=False,
        use_bias=biased,
        recurrent_activation="hard_sigmoid",
    )
    layers = [
        K.layers.InputLayer((7, 3)),
        K.layers.Bidirectional(gru) if both else gru,
        K.layers.Dense(1),
    ]
    saved_without(K, layers, tmp_path / "old.h5", "reset_after", "2.1.4")
    found = verified(tmp_path / "old.h5")
    assert found.rebuilt is None
    assert "reset_after false" in found.notes[0]
    assert found.agrees()


def test_masked_timesteps_of_a_bidirectional_are_as_the_old_keras_had_them(
    tmp_path: Path,
) -> None:
    K = pytest.importorskip("tf_keras")
    both = K.layers.Bidirectional(K.layers.SimpleRNN(3, return_sequences=True))
    layers = [
        K.layers.InputLayer((6,)),
        K.layers.Embedding(5, 2, mask_zero=True),
        both,
    ]
    saved_without(K, layers, tmp_path / "old.h5", "none", "2.3.1")
    opened = open_model(tmp_path / "old.h5")
    ids = np.array([[1, 2, 3, 0, 0, 0]])
    found = verify(
        tmp_path / "old.h5", {opened.model.inputs[0].name: ids}, opened=opened
    )
    assert found.agrees()


def test_the_time_axis_may_come_first(tmp_path: Path) -> None:
    K = pytest.importorskip("tf_keras")
    read = K.Input((4, 3))
    lstm = K.layers.LSTM(
        2, time_major=True, return_sequences=True, return_state=True
    )
    K.Model(read, lstm(read)).save(tmp_path / "m.h5")
    for forced in (False, True):
        assert _verified_by(forced, tmp_path / "m.h5").agrees()


def _verified_by(plan: bool, path: Path, **options: Any) -> Verification:
    with pytest.MonkeyPatch.context() as patch:
        if plan:
            patch.setattr(
                compare, "why_rebuilt", lambda opened, trace: "it was asked for"
            )
        return verified(path, **options)


def lengths(K: Any) -> Any:
    """A functional model that was declared with six timesteps."""
    read = K.Input((6, 3))
    return K.Model(read, K.layers.Dense(2)(K.layers.GRU(4)(read)))


def test_a_sequence_of_another_length_than_the_model_declares_is_compared(
    tmp_path: Path,
) -> None:
    K = pytest.importorskip("tf_keras")
    lengths(K).save(tmp_path / "m.h5")
    for forced in (False, True):
        found = _verified_by(forced, tmp_path / "m.h5", timesteps=9)
        assert found.agrees()
        assert found.differences[0].shape == (2, 4)


def several(K: Any) -> Any:
    """Two inputs, a shared layer, a nested model called twice, masks, states
    handed on, two outputs.
    """
    L = K.layers
    a, b = K.Input((5, 3), name="i1"), K.Input((4, 3), name="i0")
    shared = L.LSTM(3, return_sequences=True, return_state=True, name="shared")
    inner = K.Sequential(
        [
            K.Input((None, 3)),
            L.GRU(3, return_sequences=True, name="gru"),
            L.Dense(3),
        ],
        name="inner",
    )
    masked = L.Masking()(inner(a))
    first, h, c = shared(masked)
    second = shared(inner(b), initial_state=[h, c])[0]
    both = L.Bidirectional(
        L.LSTM(2, return_sequences=True), merge_mode="ave", name="both"
    )(first)
    every = L.TimeDistributed(L.Dense(2, activation="softmax"), name="every")(
        both
    )
    return K.Model(
        [a, b], [every, L.GlobalAveragePooling1D(name="mean")(second)]
    )


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
@pytest.mark.parametrize("plan", [False, True])
def test_shared_nested_masked_and_several_are_compared_call_by_call(
    flavour: str, plan: bool, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    several(K).save(tmp_path / "m.h5")
    found = _verified_by(plan, tmp_path / "m.h5")
    names = {one.name for one in found.differences}
    assert {
        "shared",
        "shared[2]",
        "shared@1",
        "inner/gru",
        "inner@1/gru",
        "output 1",
    } <= names
    assert found.agrees()


def test_a_half_precision_policy_is_rebuilt_as_it_is_and_reported_as_it_is() -> (
    None
):
    for plan in (False, True):
        found = _verified_by(plan, DATA / "2.13.1__halves.h5")
        assert not found.agrees()
        assert found.agrees(1e-2)


def test_hard_sigmoid_of_another_keras_is_what_keras_is_asked_for(
    tmp_path: Path,
) -> None:
    for flavour, other in (("keras", "2"), ("tf_keras", "3")):
        K = import_module(flavour)
        layers = K.layers
        rnn = layers.Bidirectional(
            layers.LSTM(3, recurrent_activation="hard_sigmoid")
        )
        K.Sequential(
            [K.Input((5, 2)), rnn, layers.Dense(2, "hard_sigmoid")]
        ).save(tmp_path / "m.h5")
        found = verified(tmp_path / "m.h5", assume={"hard_sigmoid": other})
        assert "hard_sigmoid" in (found.rebuilt or "")
        assert found.agrees()


def test_a_regulariser_of_somebodys_own_is_left_out(tmp_path: Path) -> None:
    K = pytest.importorskip("keras")

    class Mine(K.regularizers.Regularizer):  # type: ignore[misc,name-defined]
        def __call__(self, x: Any) -> float:
            return 0.0

        def get_config(self) -> dict[str, Any]:
            return {}

    K.Sequential(
        [K.Input((5, 2)), K.layers.LSTM(3, kernel_regularizer=Mine())]
    ).save(tmp_path / "m.keras")
    found = verified(tmp_path / "m.keras")
    assert "Mine" in (found.rebuilt or "") or "a class of" in (
        found.rebuilt or ""
    )
    assert found.agrees()


def test_a_keras_that_falls_over_a_file_is_asked_for_the_rebuilt_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer: Callable[..., None] = compare.run_child
    stopped: list[Path] = []

    def wait(folder: Path, timeout: float, cancelled: Any) -> None:
        if not stopped:
            stopped.append(folder)
            raise VerifyError("Keras stopped (exit status -11): no word")
        answer(folder, timeout, cancelled)

    monkeypatch.setattr(compare, "run_child", wait)
    found = verified(DATA / "2.13.1__wired.h5")
    assert "exit status -11" in (found.rebuilt or "")
    assert found.agrees()


def with_lambda(K: Any, canary: str) -> Any:
    """A model whose Lambda would leave a file."""
    read = K.Input((4, 2))
    hidden = K.layers.LSTM(3, return_sequences=True, name="before")(read)
    source = K.layers.Lambda(
        lambda x: (open(canary, "a").close(), x)[1], name="code"
    )
    return K.Model(read, K.layers.Dense(1, name="after")(source(hidden)))


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_what_comes_before_code_is_compared_when_that_is_asked_for(
    flavour: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    K = pytest.importorskip(flavour)
    canary = tmp_path / "canary"
    with_lambda(K, str(canary)).save(tmp_path / "m.h5")
    canary.unlink(missing_ok=True)

    assert main(["verify", str(tmp_path / "m.h5")]) == 2
    assert "--partial compares what comes before it" in capsys.readouterr().err

    assert (
        main(
            ["verify", str(tmp_path / "m.h5"), "--partial", "--format", "json"]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["stopped"]["layer"] == "code"
    assert "a Lambda" in told["rebuilt"]
    assert [one["name"] for one in told["differences"]] == ["before"]
    assert not canary.exists()


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_where_nothing_comes_before_there_is_nothing_to_compare(
    flavour: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    K = pytest.importorskip(flavour)
    K.Sequential(
        [K.Input((4, 2)), K.layers.Lambda(lambda x: x), K.layers.LSTM(1)]
    ).save(tmp_path / "m.h5")
    assert main(["verify", str(tmp_path / "m.h5"), "--partial"]) == 2
    assert "no layer comes before it" in capsys.readouterr().err


def test_a_function_of_tensorflow_that_writes_a_file_is_never_called(
    tmp_path: Path,
) -> None:
    K = pytest.importorskip("tf_keras")
    canary = tmp_path / "canary"
    read = K.Input((4, 2), name="read")
    hidden = K.layers.LSTM(3, name="before")(read)
    K.Model(read, K.layers.Dense(1, name="after")(hidden)).save(
        tmp_path / "m.h5"
    )
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        writing = {
            "class_name": "TFOpLambda",
            "name": "write",
            "config": {
                "name": "write",
                "trainable": True,
                "dtype": "float32",
                "function": "io.write_file",
            },
            "inbound_nodes": [
                ["_CONSTANT_VALUE", -1, str(canary), {"contents": "written"}]
            ],
        }
        config["config"]["layers"].append(writing)
        file.attrs["model_config"] = json.dumps(config)
    opened = open_model(tmp_path / "m.h5")
    fed = inputs_of(opened)
    verify(tmp_path / "m.h5", fed, opened.run(fed, partial=True), opened=opened)
    assert not canary.exists()


def test_every_layer_of_keras_that_the_engine_computes_is_found_there() -> None:
    """Those of Keras 1 alone are nobody's any more; functions of TensorFlow are
    no classes of their own.
    """
    from rnn_tui.engine.layers.names import class_names
    from rnn_tui.formats.architecture.keras_classes import is_keras
    from rnn_tui.formats.data.spec import Era
    from rnn_tui.verify.plan import SINCE
    from rnn_tui.verify.safety import FUNCTIONS

    homes = [import_module(name).layers for name in ("keras", "tf_keras")]
    eras = [Era.of("2.15.0"), Era.of("3.9.0")]
    names = {
        SINCE.get(name, name)
        for name in class_names()
        if any(is_keras(name, era) for era in eras)
    } - set(FUNCTIONS)
    assert len(names) > 90
    assert [
        name for name in names if not any(hasattr(home, name) for home in homes)
    ] == []


def test_how_keras_came_by_the_model_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["verify", str(DATA / "1.2.2__lstm.h5")]) == 0
    assert (
        "rebuilt from the configuration and the arrays: Keras 1.2.2 wrote"
        in capsys.readouterr().out
    )
    assert (
        main(["verify", str(DATA / "1.2.2__lstm.h5"), "--format", "json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["rebuilt"].startswith(
        "Keras 1.2.2 wrote this file"
    )
    assert (
        main(["verify", str(DATA / "2.2.4__gru.h5"), "--format", "json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["rebuilt"], told["stopped"], told["notes"]) == (None, None, [])


def test_a_wrong_number_of_ours_is_seen_in_a_rebuilt_model_too() -> None:
    """The rebuilt model is Keras's: what the engine computes otherwise differs
    from it.
    """
    path = DATA / "1.2.2__lstm.h5"
    opened = open_model(path)
    fed = inputs_of(opened)
    trace = opened.run(fed)
    name = next(iter(trace.layers))
    trace.layers[name].outputs[0][0, 0] += np.float32(0.01)
    found = verify(path, fed, trace, opened=opened)
    assert found.rebuilt is not None
    assert not found.agrees()
    assert found.largest.name == name
