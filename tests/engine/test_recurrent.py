"""What a recurrent layer leaves in the trace and says about itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.describe.config_words import in_words
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import MisfitError, SequenceError, UnsupportedLayerError

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def weights_of(
    kind: str,
    features: int,
    units: int,
    bias: bool = True,
    reset_after: bool = True,
) -> list[Weight]:
    rng = np.random.default_rng(units)
    wide = GATES[kind] * units
    shapes: list[tuple[int, ...]] = [(features, wide), (units, wide)]
    if bias:
        shapes.append((2, wide) if kind == "GRU" and reset_after else (wide,))
    return [
        Weight.of(str(k), rng.normal(0, 0.5, shape).astype("float32"))
        for k, shape in enumerate(shapes)
    ]


def layer_of(
    kind: str, features: int = 3, units: int = 4, **config: Any
) -> Any:
    weights = weights_of(
        kind,
        features,
        units,
        config.get("use_bias", True),
        config.get("reset_after", True),
    )
    return recurrent_layer(
        "rnn",
        kind,
        {"units": units, **config},
        weights,
        config.pop("generation", 3),
    )


def stacked(*units: int, **config: Any) -> Any:
    cells = [{"class_name": "LSTMCell", "config": {"units": n}} for n in units]
    sides = zip([3, *units], units, strict=False)
    weights = [
        weight
        for features, n in sides
        for weight in weights_of("LSTM", features, n)
    ]
    return recurrent_layer("rnn", "RNN", {"cell": cells, **config}, weights)


def both(layer: Any, **config: Any) -> Any:
    back = layer_of("LSTM", **{**layer.config, "go_backwards": True})
    return bidirectional_layer("both", config, layer, back)


def run(
    layer: Any, x: Any, mask: Any = None, states: Any = (), **options: Any
) -> tuple[list[Tensor], Any]:
    traces: dict[str, Any] = {}
    at = Run(np.dtype("float32"), traces.__setitem__, path="rnn", **options)
    outputs = layer.call(
        [Tensor(np.asarray(x, "float32"), mask), *map(Tensor, states)], at
    )
    return outputs, traces["rnn"]


X = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
MASK = np.array(
    [
        [False, True, True, False, True, False],
        [True, True, True, True, True, True],
    ]
)


def test_a_layer_that_reads_backwards_is_traced_in_input_time() -> None:
    outputs, trace = run(
        layer_of("LSTM", go_backwards=True, return_sequences=True), X
    )
    (turned,), reference = run(
        layer_of("LSTM", return_sequences=True), X[:, ::-1]
    )
    np.testing.assert_array_equal(outputs[0].value, turned.value)
    np.testing.assert_array_equal(trace.h, reference.h[:, ::-1])
    np.testing.assert_array_equal(trace.cells[0].x, X)
    np.testing.assert_array_equal(
        trace.cells[0].previous("h", 2), trace.h[:, 3]
    )
    np.testing.assert_array_equal(
        trace.cells[0].previous("c", 5), np.zeros((2, 4))
    )


def test_both_directions_stand_in_input_time_and_merge_there() -> None:
    outputs, trace = run(both(layer_of("LSTM", return_sequences=True)), X)
    assert [cell.key for cell in trace.cells] == ["rnn/forward", "rnn/backward"]
    np.testing.assert_array_equal(outputs[0].value[..., :4], trace.forward.h)
    np.testing.assert_array_equal(outputs[0].value[..., 4:], trace.backward.h)


def test_a_skipped_timestep_holds_the_state_and_repeats_the_output() -> None:
    outputs, trace = run(layer_of("LSTM", return_sequences=True), X, MASK)
    y = outputs[0].value
    np.testing.assert_array_equal(y[0, 3], y[0, 2])
    np.testing.assert_array_equal(y[0, 0], np.zeros(4))
    np.testing.assert_array_equal(trace.c[0, 5], trace.c[0, 4])
    assert outputs[0].mask is MASK
    assert np.any(trace.i[0, 0] != 0.0)


def test_zero_output_for_mask_leaves_the_held_state_in_the_trace() -> None:
    outputs, trace = run(
        layer_of("LSTM", return_sequences=True, zero_output_for_mask=True),
        X,
        MASK,
    )
    np.testing.assert_array_equal(outputs[0].value[0, 3], np.zeros(4))
    np.testing.assert_array_equal(trace.h[0, 3], trace.h[0, 2])


@pytest.mark.parametrize(("forced", "zero"), [(True, True), (False, False)])
def test_a_bidirectional_forces_zeros_by_its_era(
    forced: bool, zero: bool
) -> None:
    layer = both(
        layer_of("LSTM", return_sequences=True), force_zero_output=forced
    )
    outputs, _ = run(layer, X, MASK)
    assert (not outputs[0].value[0, 3, :4].any()) is zero


def test_the_mask_ends_where_the_sequence_ends() -> None:
    outputs, _ = run(layer_of("GRU", return_state=True), X, MASK)
    assert [output.mask for output in outputs] == [None, None]


def test_stacked_cells_are_traced_one_by_one() -> None:
    outputs, trace = run(
        stacked(4, 2, return_sequences=True, return_state=True), X
    )
    assert [cell.key for cell in trace.cells] == ["rnn/cells/0", "rnn/cells/1"]
    np.testing.assert_array_equal(trace.cells[1].x, trace.cells[0].read("h"))
    np.testing.assert_array_equal(outputs[0].value, trace.cells[1].read("h"))
    assert [output.value.shape[-1] for output in outputs] == [2, 4, 4, 2, 2]


def test_before_keras_2_2_3_the_states_of_stacked_cells_run_from_the_last_to_the_first() -> (
    None
):
    layer = stacked(4, 2, return_state=True, reverse_state_order=True)
    outputs, _ = run(layer, X)
    assert [output.value.shape[-1] for output in outputs] == [2, 2, 2, 4, 4]
    assert layer.output_shapes([(None, 6, 3)]) == [
        (None, 2),
        (None, 2),
        (None, 2),
        (None, 4),
        (None, 4),
    ]
    states = [np.full((2, n), k, "float32") for k, n in enumerate([2, 2, 4, 4])]
    _, trace = run(layer, X, states=states)
    assert [float(cell.initial["c"][0, 0]) for cell in trace.cells] == [
        3.0,
        1.0,
    ]


def test_the_users_initial_state_comes_before_zeros_and_is_checked() -> None:
    wanted = {"rnn/forward/c": np.arange(4.0)}
    _, trace = run(both(layer_of("LSTM")), X, initial_state=wanted)
    np.testing.assert_array_equal(
        trace.forward.cells[0].initial["c"], np.tile(np.arange(4), (2, 1))
    )
    np.testing.assert_array_equal(
        trace.backward.cells[0].initial["c"], np.zeros((2, 4))
    )
    with pytest.raises(SequenceError, match=r"rnn/h is \(2, 4\), not \(3,\)"):
        run(layer_of("LSTM"), X, initial_state={"rnn/h": np.zeros(3)})


def test_an_input_of_other_features_is_named() -> None:
    with pytest.raises(MisfitError, match=r"it reads \(batch, timesteps, 3\)"):
        layer_of("LSTM").check([(2, 6, 5)])


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (layer_of("LSTM", 1, 25), "4 × ((1 + 25) × 25 + 25)"),
        (layer_of("LSTM", 1, 25, use_bias=False), "4 × (1 + 25) × 25"),
        (layer_of("GRU"), "3 × ((3 + 4) × 4 + 2 × 4)"),
        (layer_of("GRU", reset_after=False), "3 × ((3 + 4) × 4 + 4)"),
        (layer_of("SimpleRNN"), "(3 + 4) × 4 + 4"),
        (both(layer_of("LSTM")), "2 × (4 × ((3 + 4) × 4 + 4))"),
        (stacked(4, 2), "4 × ((3 + 4) × 4 + 4) + 4 × ((4 + 2) × 2 + 2)"),
    ],
)
def test_the_formula_counts_the_parameters(layer: Any, formula: str) -> None:
    assert layer.formula() == formula
    assert eval(formula.replace("×", "*")) == sum(
        weight.size for weight in layer.weights
    )


def test_the_configuration_in_words() -> None:
    words = layer_of(
        "GRU", return_sequences=True, recurrent_activation="hard_sigmoid"
    ).words()
    assert words[:2] == [
        "returns the whole sequence",
        "the reset gate works after the matrix product",
    ]
    assert (
        "hard_sigmoid as Keras 3 defines it: clip(x / 6 + 0.5, 0, 1)"
        in words[2]
    )
    assert (
        both(layer_of("LSTM"), merge_mode="sum").words()[1]
        == "adds the outputs of both directions"
    )


def test_one_of_something_has_no_plural() -> None:
    config = {
        "units": 1,
        "input_dim": 1,
        "output_dim": 1,
        "n": 1,
        "filters": 11,
        "size": [1, 1],
    }
    words = list(in_words(Identity("d", "Dense", config)))
    assert words == [
        "1 unit",
        "11 filters",
        "1 token id",
        "1 value for each id",
        "repeated 1 time",
        "1×1 times as long",
    ]


def test_the_cells_are_known_before_any_run() -> None:
    slots = both(layer_of("LSTM")).cells()
    assert [(slot.direction, slot.index) for slot in slots] == [
        ("forward", None),
        ("backward", None),
    ]
    assert [slot.index for slot in stacked(4, 2).cells()] == [0, 1]
    assert slots[0].load().units == 4


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (
            layer_of("LSTM", activation="mine"),
            "'mine' is not one of Keras's own",
        ),
        (
            layer_of("LSTM", units=4, use_bias=True).__class__(
                "rnn", "LSTM", why_not="because"
            ),
            "because",
        ),
        (
            recurrent_layer("r", "LSTM", {"units": 4}, weights_of("GRU", 3, 4)),
            "don't make a LSTM",
        ),
        (
            recurrent_layer(
                "r", "LSTM", {"units": 5}, weights_of("LSTM", 3, 4)
            ),
            "4 units, its configuration 5",
        ),
        (
            recurrent_layer("r", "LSTM", {}, weights_of("LSTM", 3, 4)[:1]),
            "1 arrays",
        ),
        (
            recurrent_layer(
                "r", "RNN", {"cell": {"class_name": "MyCell", "config": {}}}, []
            ),
            "'MyCell' is not",
        ),
        (
            recurrent_layer("r", "LSTM", {}, weights_of("LSTM", 3, 4) * 2),
            "3 arrays more",
        ),
    ],
)
def test_what_cannot_be_run_says_why(layer: Any, reason: str) -> None:
    assert reason in layer.why_not
    with pytest.raises(UnsupportedLayerError, match="can't be reproduced"):
        run(layer, X)


@pytest.mark.parametrize(
    "size", [None, {}, [3], "3", True, -1, 0.5, float("nan"), float("inf")]
)
@pytest.mark.parametrize("class_name", ["LSTM", "ConvLSTM2D"])
def test_a_size_of_anything_makes_a_layer_that_says_what_is_wrong(
    class_name: str, size: object
) -> None:
    layer = recurrent_layer(
        "rnn", class_name, {"units": size, "filters": size}, ()
    )
    assert layer.why_not is not None
    assert layer.words()
    layer.formula()
    assert layer.cells()[0].divided is False
