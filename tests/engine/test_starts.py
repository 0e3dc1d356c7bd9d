"""Where a run may start, and what is said of names and places where it
can't.
"""

from __future__ import annotations

import numpy as np
import pytest
from test_model import chain, dense, lstm

from rnn_tui.engine.core.layer_names import nearest
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.wrappers import NestedModel, Unsupported
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import SequenceError, UnsupportedLayerError

CRF = "not one of Keras's own"


def nested(*inner: Layer, after: bool = True) -> Model:
    """A model in a model: `outer/…`, then a Dense."""
    within = chain(*inner, shape=(None, None, 3)).graph
    layers: dict[str, Layer] = {
        "x": Identity("x", "InputLayer", {"batch_shape": [None, None, 3]}),
        "outer": NestedModel("outer", "Sequential", graph=within),
    }
    nodes = [Node("outer", 0, (Ref("x"),))]
    if after:
        layers["head"] = dense("head", 4, 1)
        nodes.append(Node("head", 0, (Ref("outer"),)))
    return Model(
        "m",
        "Functional",
        Graph(layers, nodes, [Ref("x")], [Ref("head" if after else "outer")]),
    )


def test_a_nested_layer_is_proposed_by_its_path() -> None:
    model = nested(lstm("lstm_1", 3, 4))
    with pytest.raises(
        SequenceError, match=r"no layer 'lstm_1'; did you mean 'outer/lstm_1'\?"
    ):
        model.inputs_of("lstm_1")
    trace = model.run(np.ones((5, 3)))
    with pytest.raises(KeyError, match=r"did you mean 'outer/lstm_1'\?"):
        trace["lstm_1"]
    assert (
        nearest("lstm_1", ["lstm_1_input", "dense", "sequential_1/lstm_1"])
        == "did you mean 'sequential_1/lstm_1'?"
    )
    assert nearest("lstm_9", ["lstm", "dense"]) == "did you mean 'lstm'?"
    assert nearest("qqq", ["lstm", "dense"]) == "the model has 'lstm', 'dense'"


def test_a_layer_that_cannot_be_computed_and_has_nothing_after_it_is_no_start() -> (
    None
):
    last = Unsupported("crf", "CRF", why_not=CRF)
    model = chain(lstm("lstm", 3, 4), last, shape=(None, None, 3))
    with pytest.raises(
        UnsupportedLayerError,
        match=rf"layer 'crf' can't be reproduced: {CRF}; nothing in the model",
    ):
        model.run(np.ones((5, 4)), start_at="crf")

    within = nested(
        lstm("lstm", 3, 4), Unsupported("crf", "CRF", why_not=CRF), after=False
    )
    with pytest.raises(
        UnsupportedLayerError,
        match=r"layer 'outer/crf' can't be reproduced: .* nothing to compute",
    ):
        within.inputs_of("outer/crf")


def test_what_comes_after_a_nested_model_comes_after_its_last_layer() -> None:
    model = nested(lstm("lstm", 3, 4), Unsupported("crf", "CRF", why_not=CRF))
    assert model.run(np.ones((5, 4)), start_at="outer/crf").output.shape == (
        5,
        1,
    )


def test_a_shared_layer_starts_each_of_its_calls_from_states_of_its_own() -> (
    None
):
    layers: dict[str, Layer] = {
        "x": Identity("x", "InputLayer", {"batch_shape": [None, None, 3]}),
        "lstm": lstm("lstm", 3, 3, return_sequences=True),
    }
    nodes = [Node("lstm", 0, (Ref("x"),)), Node("lstm", 1, (Ref("lstm"),))]
    model = Model(
        "m", "Functional", Graph(layers, nodes, [Ref("x")], [Ref("lstm", 1)])
    )
    state = np.array([0.1, 0.2, 0.3])
    trace = model.run(np.ones((5, 3)), initial_state={"lstm@1/h": state})
    np.testing.assert_allclose(trace["lstm@1"].cells[0].initial["h"][0], state)
    np.testing.assert_array_equal(trace["lstm"].cells[0].initial["h"], 0)
    with pytest.raises(SequenceError, match="no cell has the state 'lstm@2/h'"):
        model.run(np.ones((5, 3)), initial_state={"lstm@2/h": state})


def test_the_sides_of_a_bidirectional_that_is_given_states_and_a_mask_have_shapes() -> (
    None
):
    both = bidirectional_layer(
        "both",
        {},
        recurrent_layer(
            "forward", "LSTM", {"units": 2}, lstm("", 3, 2).weights
        ),
        recurrent_layer(
            "backward",
            "LSTM",
            {"units": 2, "go_backwards": True},
            lstm("", 3, 2).weights,
        ),
    )
    states = [f"s{k}" for k in range(4)]
    layers: dict[str, Layer] = {
        "x": Identity("x", "InputLayer", {"batch_shape": [None, 5, 3]}),
        "mask": Identity("mask", "InputLayer", {"batch_shape": [None, 5]}),
        **{
            name: Identity(name, "InputLayer", {"batch_shape": [None, 2]})
            for name in states
        },
        "both": both,
    }
    call = Node(
        "both",
        0,
        (Ref("x"),),
        {"mask": Ref("mask"), "initial_state": [Ref(name) for name in states]},
    )
    inputs = [Ref(name) for name in layers if name != "both"]
    model = Model(
        "m", "Functional", Graph(layers, [call], inputs, [Ref("both")])
    )
    shapes = {layer.path: layer.output_shape for layer in model.layers}
    assert shapes["both"] == (None, 4)
    assert shapes["both/forward"] == shapes["both/backward"] == (None, 2)
