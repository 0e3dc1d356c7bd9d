"""Arrays too large for memory are files, and layers read them in stretches of
time to the same values.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.graph.chunked_call import call_in_stretches
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import TimeDistributed
from rnn_tui.engine.memory import budget as claims
from rnn_tui.engine.memory import large_arrays as room
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import RunCancelledError, SequenceError


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a kilobyte be large."""
    monkeypatch.setattr(room, "BLOCK", 1 << 12)
    monkeypatch.setattr(room.roomy, "__defaults__", (1 << 10,))
    monkeypatch.setattr(claims, "LIMIT", 1 << 10)
    monkeypatch.setattr(claims, "SMALL", 1)


def made(
    class_name: str,
    config: dict[str, Any],
    weights: dict[str, tuple[int, ...]] | None = None,
) -> Layer:
    rng = np.random.default_rng(4)
    arrays = [
        Weight.of(n, rng.random(s).astype("float32") + 0.1)
        for n, s in (weights or {}).items()
    ]
    found = class_for(class_name)
    assert found is not None
    return found(class_name.lower(), class_name, config, tuple(arrays))


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(shape).astype("float32")


def test_what_is_released_is_not_lost() -> None:
    array = room.roomy((50, 100), "float32", limit=0)
    array[7] = 3
    room.release(array, array[5:9].T, None, np.ones(3))
    assert array[7].tolist() == [3] * 100
    assert not array[8].any()


def test_a_copy_on_write_map_of_somebody_else_keeps_its_changes(
    tmp_path: Any,
) -> None:
    np.save(tmp_path / "x.npy", np.zeros(5000))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="c")
    mapped[:] = 1
    room.release(mapped)
    assert mapped.all()


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.os, "posix_fallocate", full, raising=False)
    with pytest.raises(
        SequenceError, match=r"needs 1 MB in .* for a while: No space left"
    ):
        room.roomy((1 << 18,), "float32", limit=0)


FILES = """
import resource
from rnn_tui.engine.memory import large_arrays as room
from rnn_tui.errors import SequenceError
resource.setrlimit(resource.RLIMIT_NOFILE, (64, {most}))
try:
    kept = [room.roomy((1 << 10,), "float32", limit=0) for _ in range(200)]
except SequenceError as error:
    print(error)
else:
    kept[199][:] = 7
    print(len(kept), kept[199].sum(), kept[0].sum())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(
    ("most", "said"),
    [
        (1024, r"200 7168\.0 0\.0"),
        (64, r"needs 0 MB in .*: more files at once than ulimit -n allows"),
    ],
)
def test_many_arrays_are_more_files_than_a_shell_allows_at_first(
    most: int, said: str
) -> None:
    command = [sys.executable, "-c", FILES.format(most=most)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search(said, done.stdout)


def test_a_large_sequence_of_another_dtype_is_converted_in_stretches(
    small_memory: None,
) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3000, 3))
    np.testing.assert_array_equal(
        room.converted(x, "float32"), x.astype("float32")
    )


LAYERS: list[tuple[Layer, list[np.ndarray]]] = [
    (
        made(
            "Dense",
            {"units": 4, "activation": "softmax"},
            {"kernel": (3, 4), "bias": (4,)},
        ),
        [values(2, 500, 3)],
    ),
    (
        made(
            "Embedding",
            {"output_dim": 4, "mask_zero": True},
            {"embeddings": (9, 4)},
        ),
        [np.arange(1000) % 9],
    ),
    (made("Masking", {"mask_value": 0.0}), [np.maximum(values(2, 500, 2), 0)]),
    (made("Concatenate", {"axis": -1}), [values(2, 500, 3), values(2, 500, 2)]),
    (made("Concatenate", {"axis": 1}), [values(2, 500, 3), values(2, 500, 3)]),
    (made("Add", {}), [values(2, 500, 3), values(2, 500, 1)]),
    (
        made("LayerNormalization", {"axis": -1}, {"gamma": (3,), "beta": (3,)}),
        [values(2, 500, 3)],
    ),
    (made("Softmax", {"axis": 1}), [values(2, 500, 3)]),
    (
        TimeDistributed(
            "td",
            "TimeDistributed",
            inner=made("Dense", {"units": 2}, {"kernel": (3, 2)}),
        ),
        [values(2, 500, 3)],
    ),
]


@pytest.mark.parametrize(
    ("layer", "inputs"),
    LAYERS,
    ids=lambda value: getattr(value, "class_name", ""),
)
@pytest.mark.parametrize("masked", [False, True])
def test_in_stretches_a_layer_returns_what_it_returns_at_once(
    layer: Layer, inputs: list[np.ndarray], masked: bool, small_memory: None
) -> None:
    fed = [
        value.reshape(2, -1) if value.ndim == 1 else value for value in inputs
    ]
    axes = (
        3 if layer.class_name == "Softmax" else 2
    )  # which Keras lays its mask over
    masks = [
        np.random.default_rng(6).random(value.shape[:axes]) < 0.5
        if masked
        else None
        for value in fed
    ]
    tensors = [
        Tensor(value, mask) for value, mask in zip(fed, masks, strict=True)
    ]
    whole = layer.call(tensors, quiet_run())
    parts = call_in_stretches(layer, tensors, quiet_run())
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(other.value, one.value, rtol=1e-6, atol=1e-7)
        assert (one.mask is None) == (other.mask is None)
        if one.mask is not None:
            np.testing.assert_array_equal(other.mask, one.mask)


WEIGHTS = {
    "Conv1D": {"kernel": (1, 3, 4), "bias": (4,)},
    "DepthwiseConv1D": {"depthwise_kernel": (1, 3, 1), "bias": (3,)},
    "SeparableConv1D": {
        "depthwise_kernel": (1, 3, 1),
        "pointwise_kernel": (1, 3, 4),
        "bias": (4,),
    },
}


@pytest.mark.parametrize(
    "class_name",
    [
        "Conv1D",
        "DepthwiseConv1D",
        "SeparableConv1D",
        "MaxPooling1D",
        "AveragePooling1D",
    ],
)
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(
    ("size", "stride", "dilation"),
    [(1, 1, 1), (5, 1, 1), (4, 1, 3), (2, 2, 1), (3, 5, 1), (7, 3, 1)],
)
def test_what_looks_around_returns_in_stretches_what_it_returns_at_once(
    class_name: str,
    padding: str,
    size: int,
    stride: int,
    dilation: int,
    small_memory: None,
) -> None:
    config = {
        "filters": 4,
        "kernel_size": size,
        "pool_size": size,
        "strides": stride,
        "dilation_rate": dilation,
    }
    weights = {
        name: (size, *shape[1:])
        if "kernel" in name and "point" not in name
        else shape
        for name, shape in WEIGHTS.get(class_name, {}).items()
    }
    layer = made(class_name, {**config, "padding": padding}, weights)
    for length in (500, 501, 502):
        x = Tensor(values(2, length, 3))
        (whole,) = layer.call([x], quiet_run())
        (part,), lengths = watched(layer, x)
        assert len(lengths) > 3
        assert max(lengths) < 300
        np.testing.assert_allclose(
            part.value, whole.value, rtol=1e-5, atol=1e-6
        )


def watched(layer: Layer, x: Tensor) -> tuple[list[Tensor], list[int]]:
    """Call a layer in stretches; return what it returns, and how many timesteps
    it was called with each time.
    """
    lengths = []
    call = layer.call

    def counting(inputs: Any, run: Any) -> list[Tensor]:
        lengths.append(inputs[0].value.shape[1])
        return call(inputs, run)

    layer.call = counting
    return call_in_stretches(layer, [x], quiet_run()), lengths


def test_between_stretches_a_run_can_be_cancelled(small_memory: None) -> None:
    def check() -> None:
        raise RunCancelledError

    run = quiet_run()
    run.check = check
    layer, (x,) = LAYERS[0]
    with pytest.raises(RunCancelledError):
        call_in_stretches(layer, [Tensor(x)], run)


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [True, False])
def test_both_directions_meet_in_stretches_as_they_meet_at_once(
    merge_mode: str | None, sequences: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def side(backwards: bool) -> Any:
        rng = np.random.default_rng(8)
        weights = [
            Weight.of(str(k), rng.normal(0, 0.5, s).astype("float32"))
            for k, s in enumerate([(3, 8), (2, 8)])
        ]
        config = {
            "units": 2,
            "use_bias": False,
            "return_sequences": sequences,
            "go_backwards": backwards,
        }
        return recurrent_layer("rnn", "LSTM", config, weights)

    layer = bidirectional_layer(
        "bi", {"merge_mode": merge_mode}, side(False), side(True)
    )
    tensor = Tensor(
        values(2, 700, 3), np.random.default_rng(9).random((2, 700)) < 0.8
    )
    whole = layer.call([tensor], quiet_run())
    monkeypatch.setattr(room, "BLOCK", 1 << 12)
    monkeypatch.setattr(room.roomy, "__defaults__", (1 << 10,))
    monkeypatch.setattr(claims, "LIMIT", 1 << 10)
    monkeypatch.setattr(claims, "SMALL", 1)
    run = quiet_run()
    run.record_limit = 0
    for one, other in zip(whole, layer.call([tensor], run), strict=True):
        np.testing.assert_array_equal(other.value, one.value)
