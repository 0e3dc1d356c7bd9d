"""The prediction so far is the output of a run of every prefix."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis import so_far as module
from rnn_tui.analysis.so_far import Options, so_far
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import NestedModel
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import RnnTuiError
from rnn_tui.samples import find_sample
from rnn_tui.sequences import parse_sequence

UNITS, FEATURES, TIMESTEPS = 4, 3, 7
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def weights(*shapes: tuple[int, ...], names: str = "") -> tuple[Weight, ...]:
    rng = np.random.default_rng(len(shapes))
    called = names.split() or [str(k) for k in range(len(shapes))]
    return tuple(
        Weight.of(name, rng.normal(0, 0.6, shape))
        for name, shape in zip(called, shapes, strict=True)
    )


def rnn(
    name: str, features: int = FEATURES, kind: str = "LSTM", **config: Any
) -> Any:
    wide = GATES[kind] * UNITS
    arrays = weights((features, wide), (UNITS, wide), (wide,))
    return recurrent_layer(name, kind, {"units": UNITS, **config}, arrays)


def layer(class_name: str, name: str, *shapes: Any, **config: Any) -> Layer:
    names = {"Dense": "kernel bias", "Embedding": "embeddings"}
    arrays = weights(*shapes, names=names.get(class_name, ""))
    made: Layer = class_for(class_name)(name, class_name, config, arrays)
    return made


def dense(name: str, features: int, units: int) -> Layer:
    return layer("Dense", name, (features, units), (units,), units=units)


def model_of(
    layers: list[Layer],
    nodes: list[Node],
    outputs: list[Ref],
    **inputs: tuple[int | None, ...],
) -> Model:
    entered = {
        name: Identity(name, "InputLayer", {"batch_shape": [None, *shape]})
        for name, shape in inputs.items()
    }
    every: dict[str, Layer] = {
        **entered,
        **{one.name: one for one in layers},
    }
    graph = Graph(every, nodes, [Ref(name) for name in inputs], outputs)
    return Model("m", "Functional", graph)


def chain(
    *layers: Layer, shape: tuple[int | None, ...] = (None, FEATURES)
) -> Model:
    names = ["x", *(one.name for one in layers)]
    nodes = [
        Node(after, 0, (Ref(before),)) for before, after in pairwise(names)
    ]
    return model_of(list(layers), nodes, [Ref(names[-1])], x=shape)


X = np.random.default_rng(3).normal(size=(2, TIMESTEPS, FEATURES))
MASKED = np.where(
    np.array([[0, 1, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1, 0]])[..., None] == 1,
    X,
    0.0,
)


def by_prefixes(model: Model, x: Any, **options: Any) -> list[np.ndarray]:
    """Each output of a run of every prefix, the last row of one with rows."""
    runs = []
    for length in range(1, TIMESTEPS + 1):
        if isinstance(x, dict):
            fed = {
                name: value[:, :length] if value.ndim > 2 else value
                for name, value in x.items()
            }
        else:
            fed = x[:, :length]
        runs.append(model.run(fed, dtype="float64", **options).outputs)
    outputs = []
    for values in zip(*runs, strict=True):
        grows = values[0].shape != values[-1].shape
        outputs.append(
            np.stack([v[:, -1] if grows else v for v in values], axis=1)
        )
    return outputs


def check(model: Model, x: Any = X, runs: int = 0, **options: Any) -> None:
    """Hold the prediction so far equal to runs of every prefix."""
    trace = model.run(x, dtype="float64", **options)
    states = options.get("initial_state", {})
    found = so_far(model, trace, Options("float64", states=states))
    assert found.prefixes == runs, found.note
    wanted = by_prefixes(model, x, **options)
    assert list(found.outputs) == list(model.output_names)
    for values, rows in zip(found.outputs.values(), wanted, strict=True):
        assert values.shape == rows.shape
        np.testing.assert_allclose(values, rows, atol=1e-12)


@pytest.mark.parametrize("kind", GATES)
def test_the_layers_after_the_last_state(kind: str) -> None:
    check(
        chain(
            rnn("one", return_sequences=True, kind=kind),
            layer("Dropout", "drop", rate=0.5),
            dense("between", UNITS, UNITS),
            rnn("two", UNITS, kind=kind),
            dense("head", UNITS, 2),
            layer("Activation", "soft", activation="softmax"),
        )
    )


@pytest.mark.parametrize("zero", [False, True])
def test_skipped_timesteps_hold_the_state_or_show_zeros(zero: bool) -> None:
    model = chain(
        layer("Masking", "mask", mask_value=0.0),
        rnn("rnn", zero_output_for_mask=zero),
        dense("head", UNITS, 2),
    )
    check(model, MASKED)


def test_token_ids_with_a_mask() -> None:
    model = chain(
        layer(
            "Embedding",
            "table",
            (5, FEATURES),
            mask_zero=True,
            input_dim=5,
            output_dim=FEATURES,
        ),
        rnn("rnn"),
        dense("head", UNITS, 2),
        shape=(None,),
    )
    check(model, np.array([[0, 1, 0, 2, 4, 0, 3], [3, 0, 0, 1, 1, 2, 0]]))


def test_an_output_at_every_timestep_is_the_prediction_so_far() -> None:
    check(chain(rnn("rnn", return_sequences=True), dense("head", UNITS, 2)))


def test_a_decoder_runs_from_every_state() -> None:
    """The last state, repeated, is a sequence of its own."""
    check(
        chain(
            rnn("encoder"),
            layer("RepeatVector", "again", n=3),
            rnn("decoder", UNITS, return_sequences=True),
            dense("head", UNITS, 2),
        )
    )


def test_states_are_outputs_and_meet_an_input_without_time() -> None:
    encoder = rnn("rnn", return_state=True)
    model = model_of(
        [encoder, dense("head", UNITS, 2), layer("Add", "sum")],
        [
            Node("rnn", 0, (Ref("x"),)),
            Node("head", 0, (Ref("fixed"),)),
            Node("sum", 0, ([Ref("rnn", 0, 2), Ref("fixed")],)),
        ],
        [Ref("sum"), Ref("rnn", 0, 1), Ref("head")],
        x=(None, FEATURES),
        fixed=(UNITS,),
    )
    fixed = np.random.default_rng(5).normal(size=(2, UNITS))
    assert model.output_names == ("sum", "rnn:1", "head")
    check(model, {"x": X, "fixed": fixed})


def test_a_shared_layer_is_called_twice() -> None:
    model = model_of(
        [rnn("first"), dense("head", UNITS, UNITS)],
        [
            Node("first", 0, (Ref("x"),)),
            Node("head", 0, (Ref("first"),)),
            Node("head", 1, (Ref("head"),)),
        ],
        [Ref("head", 1), Ref("head")],
        x=(None, FEATURES),
    )
    check(model)


def test_edits_and_states_hold_for_every_prefix() -> None:
    model = chain(
        rnn("encoder"),
        layer("RepeatVector", "again", n=3),
        rnn("decoder", UNITS),
        dense("head", UNITS, 2),
    )
    mask = np.eye(2, UNITS, dtype=bool)
    values = np.full((2, UNITS), 0.5)
    edited = model.edited(
        {
            "encoder": [Edit("f", mask, values)],
            "decoder": [Edit("h", mask, values)],
        }
    )
    states = {
        "encoder/h": np.arange(UNITS) / 4,
        "decoder/c": np.arange(2 * UNITS).reshape(2, UNITS) / 8,
    }
    check(edited, initial_state=states)


def test_a_long_sequence_is_read_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rnn_tui.analysis import after_every_step

    monkeypatch.setattr(after_every_step, "ROWS", 5)
    check(chain(rnn("rnn"), dense("head", UNITS, 2)))


def nested(name: str, *layers: Layer, features: int = FEATURES) -> Any:
    graph = chain(*layers, shape=(None, features)).graph
    return NestedModel(name, "Functional", {}, graph=graph)


@pytest.mark.parametrize("kind", GATES)
def test_the_last_state_of_a_nested_model(kind: str) -> None:
    inner = nested(
        "inner",
        rnn("one", return_sequences=True, kind=kind),
        dense("between", UNITS, UNITS),
        rnn("two", UNITS, kind=kind),
        dense("head", UNITS, 3),
        layer("Activation", "soft", activation="softmax"),
    )
    check(chain(inner))
    check(chain(inner, dense("after", 3, 2)))


def test_a_nested_model_with_a_mask_inside() -> None:
    inner = nested(
        "inner", layer("Masking", "mask", mask_value=0.0), rnn("rnn")
    )
    check(chain(inner, dense("head", UNITS, 2)), MASKED)


def test_a_mask_that_enters_a_nested_model() -> None:
    inner = nested("inner", rnn("rnn"), dense("head", UNITS, 2))
    check(chain(layer("Masking", "mask", mask_value=0.0), inner), MASKED)


def test_models_in_models_that_are_called_twice() -> None:
    """Each call has its own cells, whose states a user may set."""
    innermost = nested(
        "cell", rnn("rnn", FEATURES, return_sequences=True), features=FEATURES
    )
    wide = nested("wide", innermost, dense("narrow", UNITS, FEATURES))
    last = nested("last", rnn("end"), dense("head", UNITS, 2))
    names = [("wide", 0), ("wide", 1), ("last", 0)]
    reads = [Ref("x"), Ref("wide"), Ref("wide", 1)]
    model = model_of(
        [wide, last],
        [Node(*name, (ref,)) for name, ref in zip(names, reads, strict=True)],
        [Ref("last"), Ref("wide", 1)],
        x=(None, FEATURES),
    )
    check(model)
    states = {
        "wide@1/cell/rnn/h": np.arange(UNITS) / 4,
        "last/end/c": np.arange(2 * UNITS).reshape(2, UNITS) / 8,
    }
    check(model, initial_state=states)
    mask = np.eye(2, UNITS, dtype=bool)
    edits = [Edit("f", mask, np.full((2, UNITS), 0.5))]
    check(model.edited({"wide@1/cell/rnn": edits, "last/end": edits}))


def test_a_nested_decoder_runs_from_every_state() -> None:
    decoder = nested(
        "decoder",
        rnn("rnn", UNITS, return_sequences=True),
        dense("head", UNITS, 2),
        features=UNITS,
    )
    encoder = nested("encoder", rnn("rnn"))
    check(chain(encoder, layer("RepeatVector", "again", n=3), decoder))


def test_a_nested_model_of_several_inputs_and_outputs() -> None:
    """Its outputs are a sequence, a last state and an input as it is."""
    graph = model_of(
        [
            rnn("rnn", return_state=True, return_sequences=True),
            layer("Add", "sum"),
        ],
        [
            Node("rnn", 0, (Ref("x"),)),
            Node("sum", 0, ([Ref("rnn", 0, 1), Ref("fixed")],)),
        ],
        [Ref("rnn"), Ref("sum"), Ref("fixed")],
        x=(None, FEATURES),
        fixed=(UNITS,),
    ).graph
    inner = NestedModel("inner", "Functional", {}, graph=graph)
    model = model_of(
        [inner, dense("head", UNITS, 2), layer("Multiply", "times")],
        [
            Node("inner", 0, ([Ref("x"), Ref("fixed")],)),
            Node("head", 0, (Ref("inner"),)),
            Node("times", 0, ([Ref("inner", 0, 1), Ref("inner", 0, 2)],)),
        ],
        [Ref("head"), Ref("times")],
        x=(None, FEATURES),
        fixed=(UNITS,),
    )
    fixed = np.random.default_rng(5).normal(size=(2, UNITS))
    check(model, {"x": X, "fixed": fixed})


def test_a_backward_direction_within_a_model_is_named() -> None:
    both = bidirectional_layer(
        "both", {}, rnn("f"), rnn("b", go_backwards=True)
    )
    model = chain(nested("inner", both), dense("head", 2 * UNITS, 2))
    check(model, runs=TIMESTEPS)
    trace = model.run(X, dtype="float64")
    note = so_far(model, trace, Options("float64")).note
    assert note == "7 runs, one for each prefix: 'inner/both' looks across time"
    backwards = nested("inner", rnn("rnn", go_backwards=True))
    model = chain(backwards, dense("head", UNITS, 2))
    check(model, runs=TIMESTEPS)
    note = so_far(model, model.run(X)).note
    assert note == "7 runs, one for each prefix: 'inner/rnn' reads from the end"


def test_a_nested_model_that_is_called_with_a_mask_runs_every_prefix() -> None:
    inner = nested("inner", rnn("rnn"))
    mask = Ref("shown")
    model = model_of(
        [inner, dense("head", UNITS, 2)],
        [
            Node("inner", 0, (Ref("x"),), {"mask": mask}),
            Node("head", 0, (Ref("inner"),)),
        ],
        [Ref("head")],
        x=(None, FEATURES),
        shown=(None,),
    )
    shown = np.ones((2, TIMESTEPS), dtype=bool)
    trace = model.run({"x": X, "shown": shown}, dtype="float64")
    assert so_far(model, trace, Options("float64")).prefixes == TIMESTEPS


def test_through_a_backward_direction_every_prefix_is_a_run() -> None:
    for sequences in (True, False):
        forward = rnn("f", return_sequences=sequences)
        backward = rnn("b", return_sequences=sequences, go_backwards=True)
        both = bidirectional_layer("both", {}, forward, backward)
        check(chain(both, dense("head", 2 * UNITS, 2)), runs=TIMESTEPS)
    backwards = rnn("rnn", go_backwards=True)
    check(chain(backwards, dense("head", UNITS, 2)), runs=TIMESTEPS)


def test_through_a_pooling_over_time_every_prefix_is_a_run() -> None:
    model = chain(
        rnn("rnn", return_sequences=True),
        layer("GlobalAveragePooling1D", "mean"),
        dense("head", UNITS, 2),
    )
    check(model, runs=TIMESTEPS)


def test_too_many_prefixes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    backwards = chain(rnn("rnn", go_backwards=True))
    monkeypatch.setattr(module, "MOST_STEPS", 10)
    with pytest.raises(RnnTuiError, match="56 timesteps together; at most 10"):
        so_far(backwards, backwards.run(X))


def test_a_prefix_that_cannot_be_run_is_the_reason() -> None:
    model = chain(
        rnn("rnn", return_sequences=True),
        layer("Flatten", "flat"),
        dense("head", UNITS * TIMESTEPS, 2),
    )
    with pytest.raises(
        RnnTuiError, match="a prefix can't be run: layer 'head'"
    ):
        so_far(model, model.run(X))


def test_a_run_that_stopped_has_no_prediction() -> None:
    from rnn_tui.engine.layers.wrappers import Unsupported

    broken = Unsupported("broken", "Mine", {}, why_not="it is mine")
    model = chain(rnn("rnn"), broken)
    with pytest.raises(RnnTuiError, match="the run stopped at layer 'broken'"):
        so_far(model, model.run(X, partial=True))


def test_a_run_from_within_the_model_runs_every_prefix() -> None:
    model = chain(
        rnn("one", return_sequences=True),
        rnn("two", UNITS),
        dense("d", UNITS, 1),
    )
    x = np.random.default_rng(1).normal(size=(1, 4, UNITS))
    trace = model.run(x, start_at="two", dtype="float64")
    found = so_far(model, trace, Options("float64", start_at="two"))
    assert found.prefixes == 4
    np.testing.assert_allclose(found.outputs["d"][:, -1], trace.outputs[0])


@pytest.mark.parametrize(
    "name", ["lstm-120-relu", "lstm-4-last", "char-lstm", "lstm-masked"]
)
def test_samples(name: str) -> None:
    found = find_sample(name)
    assert found is not None
    model = open_model(found.path).model
    vocab = str(found.vocab) if found.vocab else None
    arrays = parse_sequence(found.input, model.inputs, vocab=vocab).arrays
    trace = model.run(arrays, dtype="float64")
    predicted = so_far(model, trace, Options("float64"))
    (values,) = predicted.outputs.values()
    (fed,) = trace.inputs.values()
    assert values.shape[:2] == fed.shape[:2]
    if values.ndim == trace.outputs[0].ndim + 1:
        np.testing.assert_allclose(values[:, -1], trace.outputs[0], atol=1e-14)
    half = {key: value[:, :2] for key, value in trace.inputs.items()}
    early = model.run(half, dtype="float64").outputs[0]
    if values.ndim == early.ndim:
        early = early[:, -1]
    np.testing.assert_allclose(values[:, 1], early, atol=1e-12)
