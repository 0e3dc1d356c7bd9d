"""A cell runs with edits: each is applied where its quantity is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.edited_step import EditedStep
from rnn_tui.engine.cells.kinds import KINDS, kind_for
from rnn_tui.engine.core.activations import Activation, activation
from rnn_tui.engine.core.arrays import Array, Tensor, Weight
from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.dense import Dense
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.wrappers import NestedModel, TimeDistributed
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.engine.trace.checkpointed import RecomputedRecord
from rnn_tui.errors import EditError

UNITS, FEATURES, TIMESTEPS = 4, 3, 9
GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}
X = np.random.default_rng(7).normal(size=(2, TIMESTEPS, FEATURES))


def arrays_of(kind: str, features: int, rows: int = 1) -> list[np.ndarray]:
    """The kernel, recurrent kernel and bias of a layer, float64."""
    rng = np.random.default_rng(features + rows)
    wide = GATES[kind] * UNITS
    bias = (wide,) if rows == 1 else (rows, wide)
    shapes = [(features, wide), (UNITS, wide), bias]
    return [rng.normal(0, 0.6, shape) for shape in shapes]


def layer_of(
    kind: str, arrays: list[np.ndarray], name: str = "rnn", **config: Any
) -> Any:
    weights = [Weight.of(str(k), array) for k, array in enumerate(arrays)]
    settings = {"units": UNITS, "return_sequences": True, **config}
    return recurrent_layer(name, kind, settings, weights)


def chain(*layers: Layer, features: int = FEATURES) -> Model:
    first = Identity("x", "InputLayer", {"batch_shape": [None, None, features]})
    names = [layer.name for layer in layers]
    before = ["x", *names[:-1]]
    nodes = [Node(b, 0, (Ref(a),)) for a, b in zip(before, names, strict=True)]
    every = {layer.name: layer for layer in (first, *layers)}
    graph = Graph(every, nodes, [Ref("x")], [Ref(names[-1])])
    return Model("m", "Sequential", graph)


def of_unit(quantity: str, unit: int, value: float, **more: Any) -> Edit:
    mask = np.arange(UNITS) == unit
    return Edit(quantity, mask, np.full(UNITS, value), **more)


def run(model: Model, x: np.ndarray = X, **options: Any) -> Any:
    return model.run(x, dtype="float64", **options)


def column(gate: str, kind: str, unit: int) -> int:
    return kind_for(kind).letters.index(gate) * UNITS + unit


@pytest.mark.parametrize("gate", "ifco")
@pytest.mark.parametrize("backwards", [False, True])
def test_a_clamped_gate_is_a_gate_whose_column_is_zero_but_for_its_bias(
    gate: str, backwards: bool
) -> None:
    W, U, b = arrays_of("LSTM", FEATURES)
    value = {"c": "c_tilde"}.get(gate, gate)
    model = chain(layer_of("LSTM", [W, U, b], go_backwards=backwards))
    edited = run(model.edited({"rnn": [of_unit(value, 1, 0.3)]}))

    at = column(gate, "LSTM", 1)
    inverse = np.arctanh(0.3) if gate == "c" else np.log(0.3 / 0.7)
    W, U, b = W.copy(), U.copy(), b.copy()
    W[:, at], U[:, at], b[at] = 0, 0, inverse
    surgery = run(chain(layer_of("LSTM", [W, U, b], go_backwards=backwards)))

    np.testing.assert_allclose(edited.output, surgery.output, atol=1e-12)
    for name in ("i", "f", "c_tilde", "o", "c", "h"):
        np.testing.assert_allclose(
            edited["rnn"][name], surgery["rnn"][name], atol=1e-12
        )
    np.testing.assert_array_equal(edited["rnn"][value][..., 1], 0.3)


@pytest.mark.parametrize("gate", ["z", "r", "h_tilde"])
@pytest.mark.parametrize("rows", [1, 2])
def test_a_clamped_gate_of_both_grus_is_its_surgery(
    gate: str, rows: int
) -> None:
    W, U, b = arrays_of("GRU", FEATURES, rows)
    config = {"reset_after": rows == 2}
    model = chain(layer_of("GRU", [W, U, b], **config))
    edited = run(model.edited({"rnn": [of_unit(gate, 2, 0.4)]}))

    at = column(gate[0], "GRU", 2)
    inverse = np.arctanh(0.4) if gate == "h_tilde" else np.log(0.4 / 0.6)
    W, U, b = W.copy(), U.copy(), b.copy()
    W[:, at], U[:, at], b[..., at] = 0, 0, 0
    b.reshape(rows, -1)[0, at] = inverse
    surgery = run(chain(layer_of("GRU", [W, U, b], **config)))
    np.testing.assert_allclose(edited.output, surgery.output, atol=1e-12)


@pytest.mark.parametrize("kind", GATES)
def test_a_unit_that_is_off_is_zero_rows_of_u_and_of_the_next_kernel(
    kind: str,
) -> None:
    rows = 2 if kind == "GRU" else 1
    first, second = (
        arrays_of(kind, FEATURES, rows),
        arrays_of(kind, UNITS, rows),
    )
    state = {"rnn/h": np.full(UNITS, 0.7)}
    model = chain(layer_of(kind, first), layer_of(kind, second, "next"))
    off = of_unit("h", 3, 0.0, initial=True)
    edited = run(model.edited({"rnn": [off]}), initial_state=state)

    first[1][3] = 0
    second[0][3] = 0
    surgery = chain(layer_of(kind, first), layer_of(kind, second, "next"))
    wanted = run(surgery, initial_state=state)
    np.testing.assert_allclose(edited.output, wanted.output, atol=1e-12)
    assert edited["rnn"].cells[0].previous("h", 0)[0, 3] == 0
    assert wanted["rnn"].cells[0].previous("h", 0)[0, 3] != 0


def by_hand(
    arrays: list[np.ndarray], x: np.ndarray, edits: dict[str, float]
) -> dict[str, list[np.ndarray]]:
    """An LSTM with unit 1 of some quantities set, written out."""
    W, U, b = arrays
    h = np.zeros((len(x), UNITS))
    c = np.zeros((len(x), UNITS))
    left: dict[str, list[np.ndarray]] = {}

    def kept(name: str, value: np.ndarray) -> np.ndarray:
        value = value.copy()
        if name in edits:
            value[:, 1] = edits[name]
        left.setdefault(name, []).append(value)
        return value

    def σ(v: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-v))

    for t in range(x.shape[1]):
        pre = np.split(x[:, t] @ W + h @ U + b, 4, axis=-1)
        names = ("i", "f", "c_tilde", "o")
        pre_i, pre_f, pre_c, pre_o = (
            kept(f"pre_{name}", value)
            for name, value in zip(names, pre, strict=True)
        )
        i, f, o = kept("i", σ(pre_i)), kept("f", σ(pre_f)), kept("o", σ(pre_o))
        c_tilde = kept("c_tilde", np.tanh(pre_c))
        c = kept("c", f * c + i * c_tilde)
        h = kept("h", o * np.tanh(c))
    return left


@pytest.mark.parametrize(
    "edits",
    [
        *[
            {name: 0.6}
            for name in [
                "pre_i",
                "pre_f",
                "pre_c_tilde",
                "pre_o",
                "i",
                "f",
                "c_tilde",
                "o",
                "c",
                "h",
            ]
        ],
        {"f": 3.0, "c": -2.0},
        {"pre_i": 1.0, "i": 0.5, "h": 9.0},
    ],
    ids=lambda edits: "-".join(edits),
)
def test_every_quantity_is_set_before_it_is_used(
    edits: dict[str, float],
) -> None:
    arrays = arrays_of("LSTM", FEATURES)
    given = [of_unit(name, 1, value) for name, value in edits.items()]
    trace = run(chain(layer_of("LSTM", arrays)).edited({"rnn": given}))
    for name, values in by_hand(arrays, X, edits).items():
        found = trace["rnn"][name]
        np.testing.assert_allclose(
            found, np.stack(values, axis=1), atol=1e-12, err_msg=name
        )


def small(kind: Any) -> Model:
    """A model of one layer of any row of the table."""
    rng = np.random.default_rng(3)
    wide, size = len(kind.gates) * UNITS, (2,) * kind.rank
    shapes = [(*size, FEATURES, wide), (*size, UNITS, wide), (wide,)]
    arrays = [rng.normal(0, 0.6, shape) for shape in shapes]
    weights = [Weight.of(str(k), array) for k, array in enumerate(arrays)]
    config = {
        kind.size_key: UNITS,
        "kernel_size": list(size),
        "return_sequences": True,
    }
    rnn = recurrent_layer("rnn", kind.class_name, config, weights)
    shape = [None, None, *[None] * kind.rank, FEATURES]
    first = Identity("x", "InputLayer", {"batch_shape": shape})
    graph = Graph(
        {"x": first, "rnn": rnn},
        [Node("rnn", 0, (Ref("x"),))],
        [Ref("x")],
        [Ref("rnn")],
    )
    return Model("m", "Sequential", graph)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.class_name)
def test_every_quantity_of_every_kind_can_be_set(kind: Any) -> None:
    model = small(kind)
    x = np.random.default_rng(1).normal(
        size=(2, 5, *(3,) * kind.rank, FEATURES)
    )
    before = run(model.edited({"rnn": ()}), x)
    for name in before["rnn"].names:
        edit = of_unit(name, 2, 0.25)
        after = run(model.edited({"rnn": [edit]}), x)
        values = after["rnn"][name]
        assert np.all(values[..., 2] == 0.25), name
        others = [0, 1, 3]
        same = (
            values[:, 0][..., others] == before["rnn"][name][:, 0][..., others]
        )
        assert same.all(), name
        assert not np.array_equal(after.output, before.output), name


def test_no_edit_of_a_cell_leaves_its_page_as_it_is_to_the_last_bit() -> None:
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    nothing = Edit("c", np.zeros(UNITS, bool), np.zeros(UNITS))
    page = run(model.edited({"rnn": ()}))
    edited = run(model.edited({"rnn": [nothing]}))
    for name in page["rnn"].names:
        np.testing.assert_array_equal(page["rnn"][name], edited["rnn"][name])
    np.testing.assert_allclose(run(model).output, page.output, atol=1e-12)


def test_an_edit_run_again_is_the_same_to_the_last_bit() -> None:
    model = chain(layer_of("GRU", arrays_of("GRU", FEATURES)))
    edited = model.edited({"rnn": [of_unit("z", 0, 1.0)]})
    one, other = (edited.run(X) for _ in range(2))
    for name in one["rnn"].names:
        np.testing.assert_array_equal(one["rnn"][name], other["rnn"][name])


def test_a_model_with_edits_leaves_the_model_it_came_from() -> None:
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    before = run(model).output
    one = model.edited({"rnn": [of_unit("h", 0, 0.0)]})
    both = one.edited({"rnn": [of_unit("h", 1, 0.0)]})
    h = run(both)["rnn"].h
    assert np.all(h[..., :2] == 0)
    assert np.any(run(one)["rnn"].h[..., 1] != 0)
    np.testing.assert_array_equal(run(model).output, before)


def test_rows_of_a_mask_edit_each_sequence_by_itself() -> None:
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    mask = np.array([[True, False, False, False], [False, False, True, False]])
    trace = run(model.edited({"rnn": [Edit("f", mask, np.ones((2, UNITS)))]}))
    one = run(model.edited({"rnn": [of_unit("f", 0, 1.0)]}), X[:1])
    other = run(model.edited({"rnn": [of_unit("f", 2, 1.0)]}), X[1:])
    np.testing.assert_allclose(trace.output[:1], one.output, atol=1e-12)
    np.testing.assert_allclose(trace.output[1:], other.output, atol=1e-12)


def test_a_skipped_timestep_holds_the_edited_state() -> None:
    layer = layer_of("LSTM", arrays_of("LSTM", FEATURES))
    mask = np.ones((2, TIMESTEPS), bool)
    mask[:, [0, 4, 5]] = False
    left: dict[str, Any] = {}
    edits = {"rnn": (of_unit("h", 1, 0.5),)}
    at = Run(np.dtype("f8"), left.__setitem__, path="rnn", edits=edits)
    layer.call([Tensor(X, mask)], at)
    h = left["rnn"].cells[0].read("h")
    assert np.all(h[:, 0] == 0)  # nothing was read: where the state started
    assert np.all(h[:, 1:, 1] == 0.5)
    np.testing.assert_array_equal(h[:, 4], h[:, 3])


def test_a_recomputed_run_has_the_edits_of_the_kept_one() -> None:
    layer = layer_of("LSTM", arrays_of("LSTM", FEATURES))
    x = np.random.default_rng(3).normal(size=(1, 1100, FEATURES))
    found = []
    for limit in (1 << 30, 0):
        left: dict[str, Any] = {}
        edits = {"rnn": (of_unit("f", 1, 1.0), of_unit("c", 2, 0.0))}
        at = Run(
            np.dtype("f8"),
            left.__setitem__,
            path="rnn",
            record_limit=limit,
            edits=edits,
        )
        layer.call([Tensor(x)], at)
        found.append(left["rnn"].cells[0])
    kept, recomputed = found
    assert isinstance(recomputed.values, RecomputedRecord)
    for name in kept.names:
        np.testing.assert_array_equal(kept.read(name), recomputed.read(name))
    assert np.all(recomputed.read("c", 900, 1000)[..., 2] == 0)


def test_each_direction_has_edits_of_its_own() -> None:
    forward = layer_of("LSTM", arrays_of("LSTM", FEATURES))
    backward = layer_of("LSTM", arrays_of("LSTM", FEATURES), go_backwards=True)
    both = bidirectional_layer("both", {}, forward, backward)
    model = chain(both)
    plain = run(model)
    edit = of_unit("h", 1, 0.0)
    trace = run(model.edited({"both/backward": [edit]}))
    assert np.all(trace["both"].backward.h[..., 1] == 0)
    np.testing.assert_array_equal(
        trace["both"].forward.h, plain["both"].forward.h
    )
    assert np.all(trace.output[..., UNITS + 1] == 0)


def test_stacked_cells_pass_the_edited_output_on() -> None:
    one, other = arrays_of("LSTM", FEATURES), arrays_of("LSTM", UNITS)
    cell = {"class_name": "LSTMCell", "config": {"units": UNITS}}

    def stacked(arrays: list[np.ndarray]) -> Model:
        weights = [Weight.of(str(k), a) for k, a in enumerate(arrays)]
        config = {"cell": [cell, cell], "return_sequences": True}
        return chain(recurrent_layer("rnn", "RNN", config, weights))

    model = stacked([*one, *other])
    edited = run(model.edited({"rnn/cells/0": [of_unit("h", 2, 0.0)]}))
    one[1][2] = 0
    other[0][2] = 0
    surgery = run(stacked([*one, *other]))
    np.testing.assert_allclose(edited.output, surgery.output, atol=1e-12)


def test_calls_of_a_shared_layer_have_keys_of_their_own() -> None:
    rnn = layer_of("LSTM", arrays_of("LSTM", UNITS))
    first = Identity("x", "InputLayer", {"batch_shape": [None, None, UNITS]})
    graph = Graph(
        {"x": first, "rnn": rnn},
        [Node("rnn", 0, (Ref("x"),)), Node("rnn", 1, (Ref("rnn"),))],
        [Ref("x")],
        [Ref("rnn", 1)],
    )
    model = Model("m", "Functional", graph)
    x = np.random.default_rng(1).normal(size=(1, 5, UNITS))
    trace = run(model.edited({"rnn@1": [of_unit("h", 0, 0.0)]}), x)
    assert np.any(trace["rnn"].h[..., 0] != 0)
    assert np.all(trace["rnn@1"].h[..., 0] == 0)


def test_a_nested_model_and_a_layer_at_each_timestep_are_edited() -> None:
    inner = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    nested = NestedModel("outer", "Functional", graph=inner.graph)
    model = chain(nested)
    trace = run(model.edited({"outer/rnn": [of_unit("h", 0, 0.0)]}))
    assert np.all(trace.output[..., 0] == 0)

    last = layer_of("LSTM", arrays_of("LSTM", FEATURES), return_sequences=False)
    each = TimeDistributed("each", "TimeDistributed", inner=last)
    shape = {"batch_shape": [None, None, None, FEATURES]}
    first = Identity("x", "InputLayer", shape)
    graph = Graph(
        {"x": first, "each": each},
        [Node("each", 0, (Ref("x"),))],
        [Ref("x")],
        [Ref("each")],
    )
    held = Model("m", "Functional", graph)
    x = np.random.default_rng(1).normal(size=(2, 3, 5, FEATURES))
    mask = np.eye(2, UNITS, dtype=bool)  # unit 0 of one, unit 1 of the other
    edit = Edit("h", mask, np.zeros((2, UNITS)))
    key = held.called_cells()[0].key
    y = run(held.edited({key: [edit]}), x).output
    assert np.all(y[0, :, 0] == 0)
    assert np.all(y[1, :, 1] == 0)
    assert np.all(y[0, :, 1] != 0)


def test_the_trace_says_what_was_edited() -> None:
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    edit = of_unit("f", 1, 1.0)
    trace = run(model.edited({"rnn": [edit]}))
    assert trace["rnn"].cells[0].edits == (edit,)
    assert run(model)["rnn"].cells[0].edits == ()


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"none": [of_unit("h", 0, 0.0)]}, "no cell 'none' to edit"),
        ({"rnn": [of_unit("z", 0, 0.0)]}, "has no quantity 'z'"),
        (
            {"rnn": [Edit("h", np.ones(3, bool), np.zeros(3))]},
            r"an edit of rnn is \(4,\)",
        ),
    ],
)
def test_an_edit_that_fits_no_cell_is_refused(edits: Any, words: str) -> None:
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    with pytest.raises(EditError, match=words):
        model.edited(edits)


def test_an_edit_of_other_sequences_than_the_run_has_is_refused() -> None:
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)))
    edit = Edit("h", np.ones((3, UNITS), bool), np.zeros((3, UNITS)))
    with pytest.raises(EditError, match="3 sequences in a run of 2"):
        run(model.edited({"rnn": [edit]}))


def test_a_softmax_over_the_units_is_computed_of_the_edited_values() -> None:
    arrays = arrays_of("SimpleRNN", FEATURES)
    model = chain(layer_of("SimpleRNN", arrays, activation="softmax"))
    trace = run(model.edited({"rnn": [of_unit("pre_h", 1, 50.0)]}))
    np.testing.assert_allclose(trace["rnn"].h[..., 1], 1.0)
    np.testing.assert_allclose(trace["rnn"].h[..., 0], 0.0, atol=1e-12)


class PlainStep(NamedTuple):
    """A step whose memory no activation reads."""

    pre_h: Array
    m: Array
    h: Array


@dataclass(frozen=True, eq=False)
class PlainCell(Cell):
    """m = m + φ(pre_h), h = m / 2."""

    kernel: Array
    recurrent_kernel: Array
    activation: Activation

    kind: ClassVar[str] = "plain"
    quantities: ClassVar[tuple[str, ...]] = PlainStep._fields

    def step(self, x: Array, h: Array, m: Array) -> PlainStep:
        pre_h = x @ self.kernel + h @ self.recurrent_kernel
        m = m + self.activation(pre_h)
        return PlainStep(pre_h, m, m / 2)


def test_a_quantity_that_the_page_uses_before_it_can_be_set_is_refused() -> (
    None
):
    cell = PlainCell(np.eye(UNITS), np.eye(UNITS), activation("linear"))
    x = np.ones((1, UNITS))
    step = EditedStep(cell, [of_unit("pre_h", 0, 0.0), of_unit("h", 1, 7.0)])
    values = step(x, x, x)
    assert values["m"].tolist() == [[1.0, 3.0, 3.0, 3.0]]
    assert values["h"].tolist() == [[0.5, 7.0, 1.5, 1.5]]
    with pytest.raises(EditError, match="m of a plain cell can't be edited"):
        EditedStep(cell, [of_unit("m", 0, 0.0)])(x, x, x)


def test_a_layer_behind_reads_the_edited_h() -> None:
    weights = (
        Weight.of("kernel", np.eye(UNITS)),
        Weight.of("bias", np.zeros(UNITS)),
    )
    head = Dense("head", "Dense", {"units": UNITS}, weights)
    model = chain(layer_of("LSTM", arrays_of("LSTM", FEATURES)), head)
    trace = run(model.edited({"rnn": [of_unit("h", 1, 0.25)]}))
    assert np.all(trace.output[..., 1] == 0.25)
