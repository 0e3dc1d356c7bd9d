"""Runs too long to keep are recomputed window by window, to the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.engine.trace import overview
from rnn_tui.engine.trace.checkpointed import RecomputedRecord
from rnn_tui.engine.trace.overview import summary
from rnn_tui.engine.trace.trace import CellTrace
from rnn_tui.errors import RunCancelledError

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def layer_of(
    kind: str, units: int = 5, features: int = 3, **config: Any
) -> Any:
    rng = np.random.default_rng(1)
    wide = GATES[kind] * units
    shapes = [
        (features, wide),
        (units, wide),
        (2, wide) if kind == "GRU" else (wide,),
    ]
    weights = [
        Weight.of(str(k), rng.normal(0, 0.5, shape).astype("float32"))
        for k, shape in enumerate(shapes)
    ]
    return recurrent_layer("rnn", kind, {"units": units, **config}, weights)


def trace_of(
    layer: Any, x: np.ndarray, mask: np.ndarray | None = None, **options: Any
) -> tuple[CellTrace, Any]:
    traces: dict[str, Any] = {}
    outputs = layer.call(
        [Tensor(x, mask)],
        Run(np.dtype("float32"), traces.__setitem__, path="rnn", **options),
    )
    return traces["rnn"].cells[0], outputs


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("batch", "masked"), [(1, False), (1, True), (3, True)]
)
def test_a_recomputed_window_has_the_bits_of_the_kept_run(
    kind: str, backwards: bool, batch: int, masked: bool
) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(batch, 1100, 3)).astype("float32")
    mask = rng.random((batch, 1100)) < 0.7 if masked else None
    layer = layer_of(
        kind, go_backwards=backwards, return_sequences=True, return_state=True
    )
    kept, kept_outputs = trace_of(layer, x, mask)
    again, outputs = trace_of(layer, x, mask, record_limit=0)
    for name in kept.names:
        for start, stop in [
            (0, 1100),
            (250, 260),
            (1090, None),
            (-5, None),
            (511, 513),
            (7, 7),
        ]:
            np.testing.assert_array_equal(
                again.read(name, start, stop),
                kept.read(name, start, stop),
                err_msg=name,
            )
    for one, other in zip(outputs, kept_outputs, strict=True):
        np.testing.assert_array_equal(one.value, other.value)


@pytest.mark.parametrize("backwards", [False, True])
def test_some_sequences_of_a_batch_are_read_from_windows_computed_once(
    monkeypatch: pytest.MonkeyPatch, backwards: bool
) -> None:
    x = np.random.default_rng(5).normal(size=(7, 700, 3)).astype("float32")
    layer = layer_of("LSTM", go_backwards=backwards, return_sequences=True)
    kept, _ = trace_of(layer, x)
    again, _ = trace_of(layer, x, record_limit=0, window_cache=0)
    computed: list[int] = []
    assert isinstance(again.values, RecomputedRecord)
    windows = again.values.again
    compute = windows.compute

    def counted(k: int) -> Any:
        computed.append(k * windows.length)
        return compute(k)

    monkeypatch.setattr(windows, "compute", counted)
    for name in kept.names:
        np.testing.assert_array_equal(
            again.read_rows(name, (4, 1), 10, 690),
            kept.read(name, 10, 690)[[4, 1]],
        )
        np.testing.assert_array_equal(
            kept.read_rows(name, (6,)), kept.read(name)[[6]]
        )
    assert sorted(computed) == [0, 256, 512]


def test_an_overview_holds_the_extremes_and_the_mean_of_every_stretch() -> None:
    x = np.random.default_rng(3).normal(size=(2, 1000, 3)).astype("float32")
    trace, _ = trace_of(layer_of("LSTM"), x)
    low, mean, high = trace.overview("c", 10)
    c = trace.read("c").reshape(2, 10, 100, 5)
    np.testing.assert_array_equal(low, c.min(axis=2))
    np.testing.assert_array_equal(high, c.max(axis=2))
    np.testing.assert_allclose(mean, c.mean(axis=2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "room",
    [overview.MEMORY, 0],
    ids=["filled while it runs", "too wide to be kept"],
)
def test_the_overview_of_a_long_run_is_that_of_the_kept_run(
    backwards: bool, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "MEMORY", room)
    x = np.random.default_rng(3).normal(size=(1, 256 * 80, 3)).astype("float32")
    layer = layer_of("GRU", go_backwards=backwards)
    kept, _ = trace_of(layer, x, record_limit=1 << 40)
    again, _ = trace_of(layer, x, record_limit=0)
    for one, other in zip(
        again.overview("z", 40), kept.overview("z", 40), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    parts = zip(
        again.overview("z", 3, 100, 20_000),
        summary(kept.read("z", 100, 20_000), 3),
        strict=True,
    )
    assert all(one.shape == other.shape for one, other in parts)


def test_more_columns_than_timesteps_give_a_column_each() -> None:
    x = np.random.default_rng(3).normal(size=(1, 4, 3)).astype("float32")
    trace, _ = trace_of(layer_of("LSTM"), x)
    np.testing.assert_array_equal(
        trace.overview("h", 100).mean, trace.read("h")
    )


def test_a_trace_can_be_watched_while_it_fills() -> None:
    seen: list[CellTrace] = []
    counts: list[int] = []
    x = np.zeros((1, 2500, 3), "float32")
    trace_of(
        layer_of("LSTM"),
        x,
        watch=seen.append,
        progress=lambda done, total: counts.append(seen[0].filled),
    )
    assert counts == [1024, 2048, 2500]


def test_cancelling_stops_at_the_next_window() -> None:
    def check() -> None:
        raise RunCancelledError

    with pytest.raises(RunCancelledError):
        trace_of(
            layer_of("LSTM"), np.zeros((1, 600, 3), "float32"), check=check
        )


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("limit", [0, 1 << 30], ids=["computed again", "kept"])
def test_the_means_of_pictures_are_those_of_their_pixels(
    backwards: bool, limit: int
) -> None:
    rng = np.random.default_rng(8)
    shapes = [(3, 3, 2, 16), (3, 3, 4, 16), (16,)]
    weights = [
        Weight.of(str(k), rng.normal(0, 0.3, shape).astype("float32"))
        for k, shape in enumerate(shapes)
    ]
    config = {
        "filters": 4,
        "kernel_size": [3, 3],
        "padding": "same",
        "go_backwards": backwards,
    }
    layer = recurrent_layer("rnn", "ConvLSTM2D", config, weights)
    x = rng.normal(size=(2, 90, 6, 5, 2)).astype("float32")
    trace, _ = trace_of(layer, x, record_limit=limit)
    for name in ("c", "pre_i", "h"):
        values = trace.read(name, 70, 85)
        assert values.shape == (2, 15, 6, 5, 4)
        np.testing.assert_allclose(
            trace.means(name, 70, 85),
            values.mean(axis=(2, 3)),
            rtol=1e-5,
            atol=1e-6,
        )
    assert trace.means("o").shape == (2, 90, 4)


def test_the_means_of_what_holds_no_pictures_are_its_values() -> None:
    trace, _ = trace_of(layer_of("LSTM"), np.zeros((2, 7, 3), "float32"))
    np.testing.assert_array_equal(trace.means("c", 2), trace.read("c", 2))
