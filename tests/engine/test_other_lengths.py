"""A sequence of another length than the model declares runs wherever its layers
can, and says so once.
"""

from __future__ import annotations

import numpy as np
import pytest
from test_model import chain, dense, lstm, weights

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.model import Model
from rnn_tui.errors import SequenceError, UnsupportedLayerError

REFUSES = "Keras 3.15.1 refuses it in a functional model"


def made(
    class_name: str,
    arrays: dict[str, tuple[int, ...]] | None = None,
    **config: object,
) -> Layer:
    kind = class_for(class_name)
    assert kind is not None
    return kind(class_name.lower(), class_name, config, weights(**arrays or {}))


@pytest.mark.parametrize("timesteps", [300, 5, 1])
def test_a_recurrent_layer_runs_at_any_length(timesteps: int) -> None:
    x = np.random.default_rng(0).normal(size=(timesteps, 3))
    declared = chain(
        lstm("lstm", 3, 4),
        dense("dense", 4, 1),
        shape=(None, 12, 3),
        other_lengths=REFUSES,
    )
    free = chain(
        lstm("lstm", 3, 4), dense("dense", 4, 1), shape=(None, None, 3)
    )

    found, wanted = declared.run(x), free.run(x)
    np.testing.assert_array_equal(found.output, wanted.output)
    np.testing.assert_array_equal(found["lstm"].c, wanted["lstm"].c)

    fed = f"{timesteps} timestep{'' if timesteps == 1 else 's'}"
    assert found.warnings == (
        f"'x' has 12 timesteps in the model and is fed {fed}: {REFUSES}",
    )
    assert f"warning: {found.warnings[0]}" in repr(found)
    assert wanted.warnings == ()


def test_the_declared_length_is_no_warning() -> None:
    model = chain(
        lstm("lstm", 3, 4), shape=(None, 12, 3), other_lengths=REFUSES
    )
    assert model.run(np.ones((12, 3))).warnings == ()
    assert model.run(np.ones((2, 12, 3))).warnings == ()


def test_other_features_are_refused_as_ever() -> None:
    with pytest.raises(SequenceError, match="3 features"):
        chain(lstm("lstm", 3, 4), shape=(None, 12, 3)).run(np.ones((300, 4)))


@pytest.mark.parametrize(
    "layers",
    [
        [made("Flatten"), dense("last", 36, 1)],
        [made("Permute", dims=[2, 1]), dense("last", 12, 1)],
        [made("Reshape", target_shape=[4, 9])],
        [made("Reshape", target_shape=[3, -1]), dense("last", 12, 1)],
        [
            made(
                "BatchNormalization",
                dict.fromkeys(("moving_mean", "moving_variance"), (12,)),
                axis=[1],
            )
        ],
        [
            made(
                "LocallyConnected1D",
                {"kernel": (11, 6, 2)},
                filters=2,
                kernel_size=[2],
                use_bias=False,
            )
        ],
    ],
    ids=lambda layers: " ".join(layer.name for layer in layers),
)
def test_a_layer_that_cannot_compute_at_that_length_is_named(
    layers: list[Layer],
) -> None:
    model = chain(*layers, shape=(None, 12, 3), other_lengths=REFUSES)
    model.run(np.ones((12, 3)))

    name = layers[-1].name
    with pytest.raises(
        UnsupportedLayerError,
        match=rf"layer '{name}' can't be reproduced at 301 timesteps: ",
    ) as refused:
        model.run(np.ones((301, 3)))
    stopped = model.run(np.ones((301, 3)), partial=True)
    assert stopped.stopped == (name, refused.value.reason)
    assert refused.value.reason.startswith("at 301 timesteps: ")
    assert stopped.warnings


def test_a_layer_that_cannot_be_reproduced_at_any_length_is_not_blamed_on_this_one() -> (
    None
):
    custom = Identity("crf", "CRF", why_not="not one of Keras's own")
    model = chain(lstm("lstm", 3, 4), custom, shape=(None, 12, 3))
    with pytest.raises(
        UnsupportedLayerError,
        match="layer 'crf' can't be reproduced: not one of",
    ):
        model.run(np.ones((300, 3)))


def two_inputs() -> Model:
    layers: dict[str, Layer] = {
        "a": Identity("a", "InputLayer", {"batch_shape": [None, 12, 3]}),
        "b": Identity("b", "InputLayer", {"batch_shape": [None, 7, 2]}),
        "first": lstm("first", 3, 4),
        "second": lstm("second", 2, 4),
        "both": made("Add"),
    }
    layers["both"].name = "both"
    nodes = [
        Node("first", 0, (Ref("a"),)),
        Node("second", 0, (Ref("b"),)),
        Node("both", 0, ([Ref("first"), Ref("second")],)),
    ]
    graph = Graph(layers, nodes, [Ref("a"), Ref("b")], [Ref("both")])
    return Model("m", "Functional", graph, other_lengths=REFUSES)


def test_several_inputs_have_a_length_each_and_one_warning_together() -> None:
    trace = two_inputs().run({"a": np.ones((300, 3)), "b": np.ones((9, 2))})
    assert trace.output.shape == (4,)
    assert trace.warnings == (
        "'a' has 12 timesteps in the model and is fed 300 timesteps, "
        f"'b' has 7 timesteps in the model and is fed 9 timesteps: {REFUSES}",
    )
    (one,) = (
        two_inputs().run({"a": np.ones((12, 3)), "b": np.ones((9, 2))}).warnings
    )
    assert one.startswith("'b' has 7 timesteps")


def test_a_run_that_starts_within_has_any_length_too() -> None:
    model = chain(
        lstm("one", 3, 4, return_sequences=True),
        lstm("two", 4, 5),
        shape=(None, 12, 3),
    )
    trace = model.run(np.ones((300, 4)), start_at="two")
    assert trace.output.shape == (5,)
    assert trace.warnings == (
        "'one' has 12 timesteps in the model and is fed 300 timesteps: "
        "a layer that is called by itself runs it in any Keras",
    )


def test_a_batch_that_the_file_fixes_is_free_at_any_length() -> None:
    model = chain(lstm("lstm", 3, 4), shape=(4, 12, 3), other_lengths=REFUSES)
    assert model.run(np.ones((2, 12, 3))).warnings == ()
    assert model.run(np.ones((2, 300, 3))).output.shape == (2, 4)


def test_pictures_over_time_are_as_large_as_they_come() -> None:
    model = chain(
        made("MaxPooling2D", pool_size=[2, 2]),
        shape=(None, 8, 8, 1),
        other_lengths=REFUSES,
    )
    trace = model.run(np.ones((1, 10, 6, 1)))
    assert trace.outputs[0].shape == (1, 5, 3, 1)
    assert trace.warnings == (
        f"'x' has 8 timesteps of 8 in the model and is fed 10 timesteps of 6: {REFUSES}",
    )
