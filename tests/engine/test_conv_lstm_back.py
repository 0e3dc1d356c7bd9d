"""ConvLSTM1D, 2D and 3D backwards through time, against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from gradient_models import (
    CHANNELS,
    FILTERS,
    SIDES,
    STEP,
    chain,
    conv_lstm,
    layer,
)

from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.gradients.graph_back import Seeds, graph_back
from rnn_tui.engine.gradients.pictures_through_time import (
    pictures_through_time,
)
from rnn_tui.engine.gradients.through_time import pull_states
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.errors import NotThroughError

B, T = 2, 3


def picture(rank, first=False, channels=CHANNELS):
    if first:
        return (channels, *SIDES[rank])
    return (*SIDES[rank], channels)


def of(rank, *layers, first=False):
    return chain(*layers, shape=(None, None, *picture(rank, first)))


def fed(rank, first=False, batch=B):
    rng = np.random.default_rng(7)
    return rng.normal(size=(batch, T, *picture(rank, first)))


def derivatives(function, x):
    """Return d function(x) / dx of each number that the function returns."""
    count = len(function(x))
    found = np.empty((count, *x.shape))
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += STEP
        above = function(moved)
        moved[place] -= 2 * STEP
        found[(slice(None), *place)] = (above - function(moved)) / (2 * STEP)
    return found


def check(model, x):
    """Hold the gradients of two random sums of all outputs against central
    differences.
    """
    x = x if isinstance(x, dict) else {"input": x}
    trace = model.run(x, dtype="float64")
    rng = np.random.default_rng(5)
    bars = [rng.normal(size=(2, *y.shape)) for y in trace.outputs]
    seeds = {
        (ref.layer, ref.tensor): bar
        for ref, bar in zip(model.graph.outputs, bars, strict=True)
    }
    found = graph_back(model.graph, trace, Seeds(2, seeds)).inputs
    assert found
    for name, gradient in found.items():

        def sums(moved, name=name):
            y = model.run({**x, name: moved}, dtype="float64").outputs
            parts = [
                (bar * one).reshape(2, -1).sum(axis=1)
                for bar, one in zip(bars, y, strict=True)
            ]
            return sum(parts)

        wanted = derivatives(sums, x[name])
        assert gradient == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    return found


FORMULAS = [
    (1, {}),
    (1, {"padding": "same"}),
    (1, {"padding": "same", "strides": 2}),
    (1, {"dilation_rate": 2, "size": (2,)}),
    (1, {"use_bias": False, "recurrent_activation": "hard_sigmoid"}),
    (1, {"activation": "softmax"}),
    (1, {"activation": "relu", "size": (1,)}),
    (2, {"padding": "same"}),
    (2, {"size": (2, 1), "strides": (1, 2)}),
    (3, {}),
    (3, {"padding": "same"}),
]


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize(("rank", "config"), FORMULAS, ids=str)
def test_a_layer_alone(rank, config, sequences):
    made = conv_lstm(rank, return_sequences=sequences, **config)
    check(of(rank, made), fed(rank))


@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("rank", [1, 2])
def test_the_channels_before_the_picture(rank, sequences, backwards):
    made = conv_lstm(
        rank,
        padding="same",
        data_format="channels_first",
        return_sequences=sequences,
        go_backwards=backwards,
    )
    check(of(rank, made, first=True), fed(rank, first=True, batch=1))


@pytest.mark.parametrize("sequences", [True, False])
def test_a_layer_that_reads_from_the_end(sequences):
    made = conv_lstm(1, go_backwards=True, return_sequences=sequences)
    check(of(1, made), fed(1))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul", None])
def test_both_ways(merge, sequences, first):
    sides = [
        conv_lstm(
            1,
            name=name,
            seed=k,
            padding="same",
            return_sequences=sequences,
            go_backwards=bool(k),
            data_format="channels_first" if first else "channels_last",
        )
        for k, name in enumerate(("forward", "backward"))
    ]
    both = bidirectional_layer("both", {"merge_mode": merge}, *sides)
    model = of(1, both, first=first)
    if merge is None:
        outputs = [Ref("both", 0, k) for k in range(2)]
        graph = Graph(
            model.graph.layers, model.graph.nodes, [Ref("input")], outputs
        )
        model = Model("model", "Functional", graph)
    check(model, fed(1, first, batch=1))


@pytest.mark.parametrize(
    "how",
    [
        {"return_sequences": True},
        {"return_sequences": False},
        {"return_sequences": True, "zero_output_for_mask": True},
        {"return_sequences": True, "go_backwards": True},
    ],
    ids=str,
)
def test_a_mask(how):
    entry = layer("InputLayer", {"batch_shape": (None, None, 4, 2)}, name="x")
    mask = layer(
        "InputLayer", {"batch_shape": (None, None), "dtype": "bool"}, name="m"
    )
    graph = Graph(
        {"x": entry, "m": mask, "rnn": conv_lstm(1, padding="same", **how)},
        [Node("rnn", 0, (Ref("x"),), {"mask": Ref("m")})],
        [Ref("x"), Ref("m")],
        [Ref("rnn")],
    )
    read = np.array([[False, True, True], [True, False, False]])
    x = np.random.default_rng(7).normal(size=(B, T, 4, 2))
    model = Model("model", "Functional", graph)
    found = check(model, {"x": x, "m": read})
    assert (found["x"][:, ~read] == 0).all()


@pytest.mark.parametrize("first", [True, False])
def test_states_that_are_handed_over(first):
    """The last states of one layer are the first ones of another, and outputs
    of the model.
    """
    shape = picture(1, first)
    order = {"data_format": "channels_first"} if first else {}
    layers = {
        name: layer(
            "InputLayer", {"batch_shape": (None, None, *shape)}, name=name
        )
        for name in ("x", "y")
    }
    layers["one"] = conv_lstm(
        1, "one", padding="same", return_state=True, **order
    )
    layers["two"] = conv_lstm(
        1, "two", seed=1, padding="same", return_sequences=True, **order
    )
    states = [Ref("one", 0, 1), Ref("one", 0, 2)]
    nodes = [
        Node("one", 0, (Ref("x"),)),
        Node("two", 0, (Ref("y"),), {"initial_state": states}),
    ]
    outputs = [Ref("two"), Ref("one"), *states]
    graph = Graph(layers, nodes, [Ref("x"), Ref("y")], outputs)
    x = {"x": fed(1, first), "y": 2 * fed(1, first)}
    check(Model("model", "Functional", graph), x)


def test_pictures_of_a_stack():
    first = conv_lstm(2, "first", padding="same", return_sequences=True)
    norm = layer(
        "BatchNormalization",
        {},
        {
            "gamma": (2,),
            "beta": (2,),
            "moving_mean": (2,),
            "moving_variance": (2,),
        },
    )
    for weight in norm.weights:
        weight._value = np.abs(weight.value) + 0.5
    last = conv_lstm(2, "last", seed=1, padding="same")
    check(of(2, first, norm, last, layer("Flatten")), fed(2))


@pytest.mark.parametrize("reverse", [False, True])
def test_every_quantity_is_a_target(reverse):
    made = conv_lstm(1, return_sequences=True, go_backwards=reverse)
    model = of(1, made)
    x = fed(1)
    cell = model.run(x, dtype="float64").cells[0]
    for name in cell.names:
        bars = np.random.default_rng(3).normal(size=(2, *cell.read(name).shape))
        bars[1, :, 1:] = 0  # this row begins at another timestep
        found = pictures_through_time(cell, {name: bars})

        def sums(moved, name=name, bars=bars):
            values = model.run(moved, dtype="float64").cells[0].read(name)
            return (bars * values).reshape(2, -1).sum(axis=1)

        wanted = derivatives(sums, x)
        assert found.x == pytest.approx(wanted, rel=1e-6, abs=1e-8), name


def test_first_states():
    model = of(1, conv_lstm(1, padding="same", return_sequences=True))
    x = fed(1)
    cell = model.run(x, dtype="float64").cells[0]
    bars = np.random.default_rng(3).normal(size=(1, *cell.read("h").shape))
    found = pictures_through_time(cell, {"h": bars})
    assert set(found.initial) == {"h", "c"}
    # one step of the page from the first states
    typed = cell.cell

    def after(name, moved):
        before = {**cell.initial, name: moved}
        h, c = before["h"].astype("f8"), before["c"].astype("f8")
        total = 0.0
        for t in range(T):
            step = typed.step(x[:, t], h, c)
            h, c = step.h, step.c
            total += float((h * bars[0, :, t]).sum())
        return np.array([total])

    for name, bar in found.initial.items():
        start = cell.initial[name].astype("f8")
        wanted = derivatives(lambda moved, n=name: after(n, moved), start)
        assert bar == pytest.approx(wanted, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("each", [True, False])
def test_an_edit_sets_a_quantity_that_depends_on_nothing(each):
    """Of all sequences alike, or of each its own."""
    model = of(1, conv_lstm(1, return_sequences=True))
    x = fed(1)
    mask = np.arange(FILTERS) == 1
    value = np.full(FILTERS, 0.4)
    if each:
        mask, value = np.stack([mask, ~mask]), np.stack([value, value])
    first = Edit("c", mask, value, initial=True)
    for name in ("f", "pre_o", "c", "h"):
        edited = model.edited({"rnn": [Edit(name, mask, value), first]})

        def read(x, edited=edited):
            return edited.run(x, dtype="float64").cells[0]

        cell = read(x)
        bars = np.random.default_rng(3).normal(
            size=(1, *cell.x.shape[:2], 2, 2)
        )
        found = pictures_through_time(cell, {"h": bars})

        def sums(x, read=read, bars=bars):
            return np.array([(read(x).read("h") * bars[0]).sum()])

        wanted = derivatives(sums, x)
        assert found.x == pytest.approx(wanted, rel=1e-6, abs=1e-8), name
        chosen = np.broadcast_to(mask.reshape(-1, 1, FILTERS), (B, 2, FILTERS))
        assert (found.initial["c"][0][chosen] == 0).all()
        if name not in ("c", "h"):
            assert (found.initial["c"][0][~chosen] != 0).any()


def test_windows_of_a_run_whose_values_are_recomputed(monkeypatch):
    model = of(1, conv_lstm(1, return_sequences=True))
    x = np.random.default_rng(1).normal(size=(1, 300, 4, 2))
    kept = model.run(x, dtype="float64").cells[0]
    bars = np.random.default_rng(3).normal(size=(1, *kept.read("c").shape))
    wanted = pictures_through_time(kept, {"c": bars}).x
    monkeypatch.setattr("rnn_tui.engine.model.KEPT", 1)
    monkeypatch.setattr(
        "rnn_tui.engine.gradients.pictures_through_time.LONGEST", 7
    )
    again = model.run(x, dtype="float64").cells[0]
    assert type(again.values) is not type(kept.values)
    assert pictures_through_time(again, {"c": bars}).x == pytest.approx(
        wanted, rel=1e-12
    )


def test_the_jacobian_of_pictures_is_not_asked_for():
    cell = of(1, conv_lstm(1)).run(fed(1)).cells[0]
    with pytest.raises(NotThroughError, match="its states are pictures"):
        pull_states(cell, 0, 2, {"c": np.ones((1, B, 2, FILTERS))})
