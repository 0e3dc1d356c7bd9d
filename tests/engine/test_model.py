"""The graph: counts, starts in the middle, sequences that don't fit, cancelled
runs.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.dense import Dense
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import Unsupported
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import (
    ConfigError,
    RunCancelledError,
    SequenceError,
    UnsupportedLayerError,
)
from rnn_tui.sequences import parse_sequence


def weights(**shapes: tuple[int, ...]) -> tuple[Weight, ...]:
    random = np.random.default_rng(0)
    return tuple(
        Weight.of(name, random.normal(size=shape).astype("float32"))
        for name, shape in shapes.items()
    )


def chain(
    *layers: Layer, shape: tuple[int | None, ...], other_lengths: str = ""
) -> Model:
    first = Identity("x", "InputLayer", {"batch_shape": list(shape)})
    every = {layer.name: layer for layer in (first, *layers)}
    names = list(every)
    nodes = [Node(b, 0, (Ref(a),)) for a, b in pairwise(names)]
    return Model(
        "m",
        "Sequential",
        Graph(every, nodes, [Ref("x")], [Ref(names[-1])]),
        other_lengths=other_lengths,
    )


def lstm(name: str, features: int, units: int, **config: object) -> Layer:
    arrays = weights(
        kernel=(features, 4 * units),
        recurrent_kernel=(units, 4 * units),
        bias=(4 * units,),
    )
    return recurrent_layer(name, "LSTM", {"units": units, **config}, arrays)


def dense(name: str, features: int, units: int) -> Layer:
    return Dense(
        name,
        "Dense",
        {"units": units},
        weights(kernel=(features, units), bias=(units,)),
    )


def test_counts_the_parameters_keras_counts() -> None:
    model = chain(
        lstm("lstm", 2308, 32), dense("dense", 32, 1), shape=(None, None, 2308)
    )
    assert model.parameters == 299_681
    assert model.layers[1].formula == "4 × ((2308 + 32) × 32 + 32)"
    assert model.layers[2].output_shape == (None, 1)


def test_a_sequence_without_a_batch_axis_gives_arrays_without_one() -> None:
    model = chain(lstm("lstm", 2, 3), shape=(None, None, 2))
    trace = model.run(np.ones((5, 2)))
    assert trace.output.shape == (3,)
    assert trace["lstm"].c.shape == (5, 3)
    assert model.run(np.ones((4, 5, 2)))["lstm"].c.shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((5, 4)), "2 features"),
        (np.ones((2, 2, 2, 2)), "shape"),
        (np.ones((0, 2)), "empty"),
    ],
)
def test_a_sequence_that_does_not_fit_is_refused_with_what_would(
    x: np.ndarray, message: str
) -> None:
    model = chain(lstm("lstm", 2, 3), shape=(None, 5, 2))
    with pytest.raises(SequenceError, match=message):
        model.run(x)


def test_a_layer_that_cannot_be_reproduced_stops_the_run_there() -> None:
    custom = Unsupported("crf", "CRF", why_not="not one of Keras's own")
    model = chain(
        lstm("lstm", 2, 3), custom, dense("dense", 3, 1), shape=(None, None, 2)
    )
    with pytest.raises(UnsupportedLayerError, match="crf"):
        model.run(np.ones((5, 2)))
    trace = model.run(np.ones((5, 2)), partial=True)
    assert trace.stopped == ("crf", "not one of Keras's own")
    assert list(trace) == ["lstm"]
    assert model.run(np.ones(3), start_at="crf").output.shape == (1,)
    assert model.run(np.ones(3), start_at="dense").output.shape == (1,)


def test_a_run_can_be_cancelled() -> None:
    with pytest.raises(RunCancelledError):
        chain(lstm("lstm", 2, 3), shape=(None, None, 2)).run(
            np.ones((5, 2)), cancelled=lambda: True
        )


def test_a_state_is_given_by_its_cell_and_checked() -> None:
    model = chain(
        lstm("lstm", 2, 3, return_sequences=True), shape=(None, None, 2)
    )
    state = {"lstm/h": np.full(3, 0.5)}
    plain, given = (
        model.run(np.ones((5, 2))),
        model.run(np.ones((5, 2)), initial_state=state),
    )
    assert not np.array_equal(plain.output, given.output)
    with pytest.raises(SequenceError, match="3 units"):
        model.run(np.ones((5, 2)), initial_state={"lstm/h": np.ones(4)})


def one_hot(class_name: str, **config: object) -> Layer:
    found = class_for(
        f"ops.{class_name}" if class_name == "OneHot" else class_name
    )
    assert found is not None
    return found("ids", class_name, {"name": "ids", **config})


@pytest.mark.parametrize(
    "reads",
    [
        one_hot("CategoryEncoding", num_tokens=5, output_mode="one_hot"),
        one_hot("CategoryEncoding", max_tokens=5, output_mode="one_hot"),
        one_hot("OneHot", num_classes=5, axis=-1),
    ],
    ids=lambda layer: f"{layer.class_name} {min(layer.config)}",
)
def test_what_becomes_one_hot_vectors_is_read_as_token_ids_and_an_unknown_id_is_none_of_them(
    reads: Layer,
) -> None:
    model = chain(reads, lstm("lstm", 5, 3), shape=(None, None))
    assert model.inputs[0].tokens == 5
    assert model.inputs_of("ids")[0].tokens == 5
    found = model.run(parse_sequence("4 0 7", model.inputs).arrays)["lstm"].h
    vectors = np.eye(5, dtype="float32")[[4, 0, 0]]
    vectors[2] = 0
    np.testing.assert_array_equal(
        found,
        chain(lstm("lstm", 5, 3), shape=(None, None, 5)).run(vectors)["lstm"].h,
    )
    with pytest.raises(SequenceError, match="token ids, whole numbers"):
        parse_sequence("1.5", model.inputs)


def test_what_tf_one_hot_reads_are_token_ids() -> None:
    found = class_for("TFOpLambda")
    assert found is not None
    layers = {"x": Identity("x", "InputLayer", {"batch_shape": [None, None]})}
    layers |= {
        name: found(name, "TFOpLambda", {"function": name})
        for name in ("one_hot", "cast")
    }
    depth, kind = {"depth": 7}, {"dtype": "int64"}
    for name, kwargs, tokens in (("one_hot", depth, 7), ("cast", kind, None)):
        graph = Graph(
            layers,
            [Node(name, 0, (Ref("x"),), kwargs)],
            [Ref("x")],
            [Ref(name)],
        )
        assert Model("m", "Functional", graph).inputs[0].tokens == tokens


def test_a_graph_that_reads_from_itself_is_refused() -> None:
    layers = {
        "x": Identity("x", "InputLayer", {"batch_shape": [None, 2]}),
        "a": dense("a", 2, 2),
        "b": dense("b", 2, 2),
    }
    with pytest.raises(ConfigError, match="from themselves"):
        Graph(
            layers,
            [Node("a", 0, (Ref("b"),)), Node("b", 0, (Ref("a"),))],
            [Ref("x")],
            [Ref("b")],
        )
