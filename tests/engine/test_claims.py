"""What a run holds stays within its memory: what can be a file becomes one,
what can't is refused before it is made.
"""

from __future__ import annotations

import mmap
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_model import chain, lstm, weights

from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.memory.budget import MEMORY, Claims
from rnn_tui.engine.model import Model
from rnn_tui.engine.operations.calling import computed
from rnn_tui.engine.operations.keras_table import KERAS
from rnn_tui.engine.operations.tensorflow_table import TENSORFLOW
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import MisfitError, UnsupportedLayerError

MB = 1 << 20
ALLOWED = 16 * MB


def plain(class_name: str, name: str, **config: Any) -> Layer:
    made = class_for(class_name)
    assert made is not None
    return made(name, class_name, config)


def held(arrays: list[np.ndarray]) -> int:
    """Return the bytes of the arrays that are no files, each once."""
    owners = {}
    for array in arrays:
        while isinstance(array.base, np.ndarray):
            array = array.base
        owners[id(array)] = (
            0 if isinstance(array.base, mmap.mmap) else array.nbytes
        )
    return sum(owners.values())


def deep(layers: int) -> Model:
    return chain(
        *(
            plain("Activation", f"a{k}", activation="relu")
            for k in range(layers)
        ),
        shape=(None, None, 16),
    )


def test_a_deep_model_keeps_its_outputs_in_files_when_memory_grows_short() -> (
    None
):
    # 2.5 MB
    x = np.random.default_rng(1).normal(size=(1, 40_000, 16)).astype("float32")
    trace = deep(12).run(x, max_memory=ALLOWED)
    outputs = [trace[f"a{k}"].outputs[0] for k in range(12)]
    assert held(outputs) <= ALLOWED < sum(output.nbytes for output in outputs)
    for output in outputs:
        np.testing.assert_array_equal(output, np.maximum(x, 0))


def test_what_is_too_small_for_a_file_and_too_much_for_memory_is_refused() -> (
    None
):
    with pytest.raises(
        UnsupportedLayerError, match=r"layer 'a\d+' .* --max-memory allows 16"
    ):
        # 0.5 MB each: no files for those
        deep(60).run(np.ones((1, 8_000, 16), "float32"), max_memory=ALLOWED)


@pytest.mark.parametrize("sequences", [True, False])
def test_cells_are_computed_again_where_they_can_not_be_kept(
    sequences: bool,
) -> None:
    layers = [
        lstm(f"l{k}", 4, 4, return_sequences=sequences or k < 5)
        for k in range(6)
    ]
    model = chain(*layers, shape=(None, None, 4))
    x = np.random.default_rng(2).normal(size=(5_000, 4)).astype("float32")
    plenty, little = model.run(x), model.run(x, max_memory=3 * MB)
    for k in range(6):
        np.testing.assert_array_equal(
            little[f"l{k}"]["c"], plenty[f"l{k}"]["c"]
        )
    kept = [np.asarray(cell.values.held()[0]) for cell in little.cells]
    assert (
        held(kept)
        <= 3 * MB
        < held([cell.values.held()[0] for cell in plenty.cells])
    )


def test_a_layer_that_can_not_work_in_stretches_is_refused_before_it_does() -> (
    None
):
    model = chain(plain("UpSampling1D", "up", size=40), shape=(None, None, 16))
    x = np.ones((1000, 16), "float32")
    with pytest.raises(
        UnsupportedLayerError,
        match=r"layer 'up' .* needs 7 MB, --max-memory allows 4",
    ):
        model.run(x, max_memory=4 * MB)
    assert model.run(x, max_memory=8 * MB).output.shape == (40_000, 16)


def separable(size: int) -> Layer:
    """A layer that makes a thousand values of one, and one of the thousand."""
    config = {
        "filters": 1,
        "kernel_size": size,
        "depth_multiplier": 1000,
        "padding": "same",
        "use_bias": False,
    }
    layer = plain("SeparableConv1D", "c", **config)
    layer.weights = weights(
        depthwise_kernel=(size, 1, 1000), pointwise_kernel=(1, 1000, 1)
    )
    return layer


def test_what_lies_between_input_and_output_counts() -> None:
    layer = plain(
        "SeparableConv2D", "c", **{**separable(1).config, "kernel_size": [1, 1]}
    )
    layer.weights = weights(
        depthwise_kernel=(1, 1, 1, 1000), pointwise_kernel=(1, 1, 1000, 1)
    )
    model = chain(layer, shape=(None, 1, None, 1))
    with pytest.raises(UnsupportedLayerError, match="--max-memory"):
        model.run(np.ones((1, 1, 1000, 1)), max_memory=8 * MB)
    assert model.run(
        np.ones((1, 1, 500, 1)), max_memory=8 * MB
    ).output.shape == (
        1,
        1,
        500,
        1,
    )


@pytest.mark.parametrize("size", [1, 3])
def test_what_lies_between_is_made_a_stretch_after_the_other(size: int) -> None:
    x = np.random.default_rng(3).normal(size=(1, 30_000, 1)).astype("float32")
    layer = separable(size)
    tracemalloc.start()
    try:
        y = chain(layer, shape=(None, None, 1)).run(x).output
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4000 * x.size
    np.testing.assert_allclose(
        y[:, :99],
        layer.call([Tensor(x[:, :100])], quiet_run())[0].value[:, :99],
        rtol=1e-5,
        atol=1e-4,
    )


def spread_out(
    class_name: str,
    shape: tuple[int | None, ...],
    arrays: dict[str, tuple[int, ...]],
    **config: Any,
) -> Model:
    """A layer whose kernel of two taps reaches further than it has input."""
    rank = len(shape) - 2
    config = {
        "filters": 8,
        "kernel_size": [2] * rank,
        "strides": [1] * rank,
        "padding": "same",
        **config,
    }
    layer = plain(class_name, "c", **config)
    layer.weights = weights(**arrays)
    return chain(layer, shape=shape)


def dilated_convlstm() -> Model:
    arrays = weights(
        kernel=(2, 2, 1, 4), recurrent_kernel=(2, 2, 1, 4), bias=(4,)
    )
    layer = recurrent_layer(
        "c",
        "ConvLSTM2D",
        {"filters": 1, "dilation_rate": [3000, 3000], "padding": "same"},
        arrays,
    )
    return chain(layer, shape=(None, None, 4, 4, 1))


FAR: dict[str, tuple[Callable[[], Model], tuple[int, ...]]] = {
    "a convolution": (
        lambda: spread_out(
            "Conv1D",
            (None, None, 8),
            {"kernel": (2, 8, 8)},
            dilation_rate=[10**6],
        ),
        (5000, 8),
    ),
    "a transposed one": (
        lambda: spread_out(
            "Conv1DTranspose",
            (None, None, 1),
            {"kernel": (2, 8, 1)},
            dilation_rate=[10**6],
        ),
        (5, 1),
    ),
    "one over frames": (dilated_convlstm, (1, 4, 4, 1)),
}


@pytest.mark.parametrize("name", FAR)
def test_zeros_around_an_input_count(name: str) -> None:
    make, shape = FAR[name]
    with pytest.raises(UnsupportedLayerError, match=r"--max-memory allows 16"):
        make().run(np.ones((1, *shape)), max_memory=ALLOWED)


def test_a_timestep_is_the_least_a_stretch_can_be() -> None:
    layers = {
        "x": plain("InputLayer", "x", batch_shape=[None, None, 100_000]),
        "c": plain("Concatenate", "c"),
    }
    graph = Graph(
        layers, [Node("c", 0, ([Ref("x")] * 50,))], [Ref("x")], [Ref("c")]
    )
    model = Model("m", "Functional", graph)
    with pytest.raises(
        UnsupportedLayerError, match=r"needs 57 MB, --max-memory allows 16"
    ):
        model.run(np.ones((1, 1, 100_000)), max_memory=ALLOWED)
    assert model.run(np.ones((1, 1, 100_000))).output.shape == (1, 1, 5_000_000)


def test_attention_makes_scores_and_values() -> None:
    query, value, key = (2, 70, 3), (2, 50, 9), (2, 50, 3)
    assert (
        plain("Attention", "a").values_made([query, value, key])
        == 2 * 70 * 50 + 2 * 70 * 9
    )
    heads = plain(
        "MultiHeadAttention", "m", num_heads=4, key_dim=5, value_dim=6
    )
    assert heads.values_made([query, value]) == 2 * 70 * 3 + 2 * 4 * (
        70 * 50 + (70 + 50) * (5 + 6)
    )


def test_what_is_only_seen_another_way_takes_no_memory() -> None:
    shown = [
        plain("Dropout", "d"),
        plain("Reshape", "r", target_shape=[-1, 8]),
        plain("Permute", "p", dims=[2, 1]),
    ]
    model = chain(*shown, plain("Flatten", "f"), shape=(None, None, 16))
    x = np.ones((1, 100_000, 16), "float32")
    assert chain(*shown, shape=(None, None, 16)).run(
        x, max_memory=MB
    ).output.shape == (
        1,
        8,
        200_000,
    )
    assert model.run(x).output.size == x.size


def test_who_feeds_much_may_hold_more() -> None:
    assert Claims([np.empty(10, "f4")]).memory == MEMORY
    large = np.broadcast_to(np.float32(0), (MEMORY // 32,))
    assert Claims([large]).memory > MEMORY
    assert Claims([large], MB).memory == MB


def test_an_array_counts_once_however_it_is_seen() -> None:
    claims, array = Claims(), np.zeros((4, 1000), "f4")
    claims.hold(
        [
            array,
            array[1:],
            array.reshape(-1),
            np.broadcast_to(array, (9, 4, 1000)),
        ]
    )
    assert claims.held == array.nbytes


X, Y = np.ones((2, 3, 4), "f4"), np.ones((2, 4, 5), "f4")
IDS = np.array([[1, 2, 0]])
CASES: dict[str, list[tuple[list[Any], dict[str, Any]]]] = {
    "Repeat": [([X], {"repeats": 3, "axis": 1}), ([X], {"repeats": 2}), ([X], {"repeats": [1, 9, 0], "axis": 1})],
    "Tile": [([X], {"repeats": [1, 2, 5]}), ([X], {"repeats": 4}), ([X], {"repeats": [7, 1, 1, 2]})],
    "BroadcastTo": [([X], {"shape": [6, 2, 3, 4]})],
    "Matmul": [([X, Y], {}), ([X, np.ones((7, 1, 4, 2))], {}), ([np.ones((2, 3)), np.ones((3, 8))], {})],
    "Dot": [([X, Y], {}), ([X, np.ones(4)], {}), ([X, 2.0], {})],
    "Inner": [([X, np.ones((9, 4))], {})],
    "Outer": [([X, Y], {})],
    "Kron": [([X, X], {})],
    "Tensordot": [([X, Y[0]], {"axes": 1}), ([X, X], {"axes": [[0], [0]]})],
    "Einsum": [
        ([X, Y], {"subscripts": "abc,acd->abd"}),
        ([X, Y], {"subscripts": "abc,ecd->abed"}),
        ([X, Y], {"subscripts": "...bc,...cd->...bd"}),
        ([X], {"subscripts": "b...->..."}),
        ([X, Y], {"subscripts": "abc,acd"}),
    ],
    "Pad": [([X], {"pad_width": 2}), ([X], {"pad_width": [[0, 0], [1, 2], [3, 0]]}), ([X], {"pad_width": [1, 2]})],
    "OneHot": [([IDS], {"num_classes": 9})],
    "MultiHot": [([IDS], {"num_classes": 9})],
    "Take": [([X, [0, 1, 1, 0, 1]], {"axis": 0}), ([X, [[2, 1]]], {"axis": -2}), ([X, [3, 5]], {})],
    "TakeAlongAxis": [([X, np.zeros((1, 50, 1), "i4")], {"axis": 1})],
    "GetItem": [([X], {"key": [0]}), ([X], {"key": [{"class_name": "slice", "config": {"start": 1}}]}),
                ([X], {"key": [[0] * 50]}), ([X], {"key": 1}), ([X], {"key": ["...", [1] * 9, None]})],
    "Add": [([X, np.ones((9, 1, 1, 4))], {})],
    "Tanh": [([X], {})],
    "Concatenate": [([[X, X, X]], {"axis": 0})],
    "Stack": [([[X] * 5], {})],
    "Cumsum": [([X], {"axis": 1})],
    "Split": [([X], {"indices_or_sections": 2, "axis": 2})],
    "Diag": [([np.ones(5)], {"k": -2})],
    "Diagflat": [([X], {"k": 1})],
    "Meshgrid": [([np.ones(3), np.ones(4), np.ones(5)], {})],
    "range": [([0, np.array(7), 2], {}), ([np.array(5)], {})],
    "Linspace": [([X, X + 1], {"num": 7})],
    "Full": [([np.ones(())], {"shape": [3, 4, 5]})],
    "FullLike": [([X, 2.0], {})],
    "Scatter": [([IDS.reshape(3, 1), np.ones((3, 2))], {"shape": [9, 2]})],
    "SegmentSum": [([X, [0, 1]], {"num_segments": 30})],
    "ExtractSequences": [([X], {"sequence_length": 3, "sequence_stride": 1})],
    "Vander": [([np.ones(4)], {}), ([np.ones(4)], {"N": 9})],
    "Quantile": [([X, [0.1, 0.5, 0.9]], {"axis": [1]})],
    "Cross": [([X[..., :3], X[..., :3]], {})],
}  # fmt: skip
"""Operations that make more than they read, or might, with their operands and
parameters.
"""


@pytest.mark.parametrize("name", CASES)
def test_an_operation_makes_no_more_than_it_claims(name: str) -> None:
    row = KERAS.get(name) or TENSORFLOW[name]
    claimed: list[int] = []
    for args, params in CASES[name]:
        made = computed(
            row,
            args,
            params,
            np.dtype("f4"),
            lambda values, size: claimed.append(values),
        )
        size = sum(np.size(part) for part in made)
        assert size <= claimed[-1] <= 8 * max(size, X.size)


def test_only_what_is_claimed_is_made() -> None:
    def refuse(values: int, size: int) -> None:
        raise UnsupportedLayerError("t", f"{values}")

    for name, cases in CASES.items():
        for args, params in cases:
            with pytest.raises(UnsupportedLayerError):
                computed(
                    KERAS.get(name) or TENSORFLOW[name],
                    args,
                    params,
                    np.dtype("f4"),
                    refuse,
                )


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("Tile", {"repeats": [1, 2, 10**6]}),
        ("GetItem", {"key": [[0] * 10**6]}),
        ("Repeat", {"repeats": 10**9}),
        ("BroadcastTo", {"shape": [10**9, 6, 4]}),
        ("Pad", {"pad_width": [[0, 10**9], [0, 0], [0, 0]]}),
        ("OneHot", {"num_classes": 10**9}),
        ("MultiHot", {"num_classes": 10**9}),
        ("Diagflat", {"k": 10**9}),
        ("Vander", {"N": 10**9}),
        ("Full", {"shape": [10**5, 10**5]}),
        ("UnravelIndex", {"shape": [1] * 10**6}),
    ],
)
def test_an_operation_on_little_can_not_make_much(
    name: str, config: dict[str, Any]
) -> None:
    layer = plain(f"ops.{name}", "t", **config)
    layer.class_name = name
    with pytest.raises(
        (UnsupportedLayerError, MisfitError),
        match=r"it would make .* values|axes",
    ):
        layer.call([Tensor(np.ones((1, 6, 4), "f4"))], quiet_run())


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        ("zeros", [[10**5, 10**5]], {}),
        ("ones", [10**10], {}),
        ("fill", [[10**9, 9]], {"value": 1}),
        ("eye", [10**5], {}),
        ("range", [10**9], {}),
        ("range", [0.0], {"limit": 1.0, "delta": 1e-12}),
        ("linspace", [0.0], {"stop": 1.0, "num": 10**9}),
        ("one_hot", [[1, 2]], {"depth": 10**9}),
        ("sequence_mask", [[1, 2]], {"maxlen": 10**9}),
        ("scatter_nd", [[[1]]], {"updates": [1.0], "shape": [10**10]}),
        (
            "math.unsorted_segment_sum",
            [[1.0]],
            {"segment_ids": [0], "num_segments": 10**9},
        ),
        ("gather", [[[1.0] * 1000]], {"indices": [[0] * 100] * 1000}),
    ],
)
def test_a_function_on_little_can_not_make_much(
    function: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    made = class_for("TFOpLambda")
    assert made is not None
    layer = made("t", "TFOpLambda", {"function": function})
    assert isinstance(layer, WithArguments)
    with pytest.raises(
        (UnsupportedLayerError, MisfitError),
        match=r"it would make .* values|whole number",
    ):
        layer.call_with(args, kwargs, quiet_run())


@pytest.mark.parametrize(
    ("padding", "refused"), [(100_000, False), (1_000_000, True)]
)
def test_millions_of_timesteps_of_a_few_values_are_refused(
    padding: int, refused: bool
) -> None:
    padded = chain(
        plain("ZeroPadding1D", "pad", padding=[padding, 0]),
        lstm("a", 2, 1),
        shape=(None, None, 2),
    )
    if not refused:
        assert padded.run(np.ones((4, 2)))["a"].h.shape == (100_004, 1)
        return
    with pytest.raises(
        UnsupportedLayerError,
        match=r"1,000,004 timesteps where .* may take 250,000",
    ):
        padded.run(np.ones((4, 2)))


def test_who_feeds_many_timesteps_may_have_more_of_them() -> None:
    claims = Claims([np.zeros((1, 1_000_000, 1), "float32")])
    for layer in range(100):
        claims.take(f"lstm_{layer}", 1_000_000)
    with pytest.raises(UnsupportedLayerError):
        claims.take("one more", 1)
