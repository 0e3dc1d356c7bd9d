"""Arrays, axes and arguments that NumPy would stretch into some number: said in
words, and the rest goes on.
"""

from __future__ import annotations

import json
from typing import Any

import faces
import numpy as np
import pytest
from sound_models import LSTM, SLICE, X, sound
from sound_notation import Sound, functional, leaf, started, tensor, weights

from rnn_tui.engine.model import Model
from rnn_tui.errors import UnsupportedLayerError
from rnn_tui.formats.build.build import build
from rnn_tui.sequences import parse_sequence

SOUND = {model.name: model for model in sound()}


def made(model: Sound) -> Model:
    return build(
        faces.described(
            json.dumps(model.config), model.arrays, model.version or "3.5.0"
        )
    )[0]


def said(model: Sound) -> str:
    """Why the model doesn't come to its end, nothing where it does."""
    found = made(model)
    stopped = found.run(
        parse_sequence(None, found.inputs).arrays, partial=True
    ).stopped
    return "" if stopped is None else stopped[1]


def of_one(
    class_name: str,
    *shapes: tuple[int, ...],
    shape: tuple[Any, ...] = (None, 4, 2),
    **config: Any,
) -> Sound:
    return Sound(
        "",
        started(list(shape), leaf(class_name, name="one", **config)),
        weights(one=list(shapes)),
    )


MISFITS: dict[str, tuple[Sound, str]] = {
    "a bias of one value": (of_one("Dense", (2, 3), (1,), units=3), "don't go together"),
    "a kernel of three axes": (of_one("Dense", (1, 2, 3), (3,), units=3), "kernel has the shape (1, 2, 3)"),
    "a kernel of no values": (of_one("Embedding", (0, 2), shape=(None, 4), input_dim=9, output_dim=2), "(0, 2)"),
    "another kernel_size": (of_one("Conv1D", (3, 2, 3), (3,), filters=3, kernel_size=[2]), "kernel_size is [2]"),
    "a depthwise bias of one": (of_one("DepthwiseConv1D", (2, 2, 1), (1,), kernel_size=[2]), "don't go together"),
    "statistics of another width": (of_one("BatchNormalization", (2,), (2,), (1,), (2,)), "don't go together"),
    "heads that differ": (
        Sound("", SOUND["heads"].config, {"heads": {**SOUND["heads"].arrays["heads"], "0": np.zeros((2, 1, 2))}}),
        "don't go together",
    ),
    "slopes of one axis": (of_one("PReLU", (2,)), "its slopes (2,)"),
    "a vector that is a sequence": (of_one("RepeatVector", n=3), "RepeatVector reads 2 axes"),
    "a picture for a sequence": (of_one("MaxPooling1D", shape=(None, 4, 4, 2)), "reads 3 axes"),
    "pictures over time": (
        of_one("TimeDistributed", layer=leaf("GlobalAveragePooling1D"), shape=(None, 2, 2)), "reads 3 axes"
    ),
    "an axis too far": (of_one("UnitNormalization", axis=3), "there is no axis 3"),
    "no epsilon": (of_one("LayerNormalization", (2,), (2,), axis=[-1], epsilon=None), "epsilon is null"),
    "half a normalisation": (of_one("Normalization", mean=[1.0, 2.0], variance=None), "one of mean and variance"),
    "nothing is left": (of_one("Cropping1D", cropping=[3, 3]), "nothing would be left"),
    "a cell's switch": (
        of_one("RNN", *LSTM, cell={"class_name": "LSTMCell", "config": {"units": 3, "use_bias": 7}}), "use_bias is 7"
    ),
    "states between layers": (
        Sound("", started([None, 4, 2], leaf("LSTM", units=3, return_state=True), leaf("Dense", units=2)),
              weights(lstm=LSTM, dense=[(3, 2), (2,)])),
        "reads only one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_go_together_is_said(name: str) -> None:
    model, words = MISFITS[name]
    assert words in said(model)


def called(args: list[Any], class_name: str, **config: Any) -> Sound:
    layer = leaf(
        class_name, [{"args": args, "kwargs": {}}], name="op", **config
    ) | {"module": "keras.src.ops.numpy"}
    return Sound(
        "", functional([X, layer], [["x", 0, 0]], [["op", 0, 0]]), {}, "3.5.0"
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (called([tensor("x"), "relu", "elu"], "Where"), "not numbers"),
        (called([tensor("x"), [SLICE, {**SLICE, "config": {"start": 9, "stop": None, "step": None}}]], "GetItem"),
         "nothing would be left"),
    ],
)  # fmt: skip
def test_an_operation_that_makes_no_numbers_is_refused(
    model: Sound, words: str
) -> None:
    assert words in said(model)


VALUES = np.array([[[-1.0, 2.46], [0.3, -4.0], [5.0, 0.25], [0.0, 1.0]]], "f4")


@pytest.mark.parametrize(
    ("class_name", "config", "expected"),
    [
        (
            "Elu",
            {"alpha": 0.5},
            np.where(VALUES > 0, VALUES, 0.5 * np.expm1(VALUES)),
        ),
        ("Round", {"decimals": 1}, np.round(VALUES, 1)),
        ("Argmax", {"axis": 1, "keepdims": True}, [[[2, 0]]]),
        ("Argmin", {"axis": 2, "keepdims": True}, [[[0], [1], [1], [0]]]),
        ("Max", {"axis": 2, "initial": 2.0}, [[2.46, 2.0, 5.0, 2.0]]),
        ("Amin", {"axis": 1}, [[-1.0, -4.0]]),
        (
            "ConvertToTensor",
            {"dtype": "int32"},
            [[[-1, 2], [0, -4], [5, 0], [0, 1]]],
        ),
    ],
)
def test_an_operation_keeps_to_its_parameters(
    class_name: str, config: dict[str, Any], expected: Any
) -> None:
    found = (
        made(called([tensor("x")], class_name, **config)).run(VALUES).outputs[0]
    )
    np.testing.assert_allclose(
        found, np.asarray(expected, found.dtype), rtol=1e-6
    )


def test_an_operand_too_many_is_refused_and_nothing_is_written_into_it() -> (
    None
):
    """NumPy takes a third operand of `maximum` for the array the result is
    written into.
    """
    model = called([tensor("x"), tensor("x"), tensor("x")], "Maximum")
    assert "3 arguments where it reads at most 2" in said(model)


def test_a_model_that_returns_one_number_for_all_sequences_is_refused() -> None:
    model = made(called([tensor("x")], "Sum", axis=None))
    with pytest.raises(Exception, match="its one number for all sequences"):
        model.run(np.ones((2, 4, 2), "f4"))


def test_a_sequential_returns_all_that_its_last_layer_returns() -> None:
    assert (
        len(made(SOUND["stacked"]).run(np.ones((1, 4, 2), "f4")).outputs) == 4
    )
    assert (
        len(made(SOUND["both ways"]).run(np.ones((1, 4, 2), "f4")).outputs) == 2
    )


def test_a_file_has_no_say_in_what_the_era_decides() -> None:
    shared = {
        "build_shape": "x",
        "mask_ends": True,
        "reverse_state_order": True,
        "written": "Z",
    }
    model = made(of_one("LSTM", *LSTM, units=3, **shared))
    (layer,) = model.layers
    assert layer.class_name == "LSTM"
    assert "build_shape" not in layer.config


def test_an_array_that_cannot_be_read_is_named_and_the_rest_is_listed() -> None:
    arrays = weights(embedding=[(9, 2)], lstm=LSTM)
    arrays["embedding"]["0"] = arrays["embedding"]["0"].astype("S4")
    model = made(Sound("", SOUND["Embedding"].config, arrays))
    embedding, lstm = model.layers
    assert embedding.why_not == "its array '0' holds text, not numbers"
    assert lstm.reproducible


def test_an_output_that_a_layer_does_not_have_is_named() -> None:
    """Whoever reads it, a layer or the model: nothing is left out in
    silence.
    """
    layers = [
        X,
        leaf("LSTM", [[["x", 0, 0, {}]]], name="lstm", units=3),
        leaf("Dense", [[["lstm", 0, 7, {}]]], units=1),
    ]
    arrays = weights(lstm=LSTM, dense=[(3, 1), (1,)])
    reading = Sound(
        "reads it", functional(layers, [["x", 0, 0]], [["dense", 0, 0]]), arrays
    )
    returning = Sound(
        "returns it",
        functional(layers[:2], [["x", 0, 0]], [["lstm", 0, 5]]),
        weights(lstm=LSTM),
    )
    for odd, layer, words in (
        (reading, "dense", "it reads output 7 of 'lstm'"),
        (returning, "lstm", "the model returns output 5 of 'lstm'"),
    ):
        model = made(odd)
        with pytest.raises(UnsupportedLayerError, match=words) as refused:
            model.run(np.ones((1, 4, 2)))
        assert refused.value.layer == layer
        assert model.run(np.ones((1, 4, 2)), partial=True).stopped == (
            layer,
            refused.value.reason,
        )
