"""Keras is given no configuration that names more than its own harmless
classes; what a plan holds is plain.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import VerifyError
from rnn_tui.verify.plan import plan_of
from rnn_tui.verify.safety import objection

TESTS = Path(__file__).resolve().parent.parent
SAMPLES = TESTS.parent / "sample_models"


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    """A layer of Keras 3, as a `.keras` file has it."""
    return {
        "class_name": class_name,
        "module": "keras.layers",
        "config": config,
        "registered_name": None,
    }


def model(*layers: Any) -> dict[str, Any]:
    """A model of layers."""
    return {
        "class_name": "Sequential",
        "module": "keras",
        "config": {"layers": list(layers)},
    }


def lstm(**config: Any) -> dict[str, Any]:
    """An LSTM with further keys."""
    return layer("LSTM", units=3, activation="tanh", **config)


FUNCTION = {
    "class_name": "function",
    "module": "keras.utils",
    "registered_name": "get_file",
    "config": "get_file",
}

BAD = {
    "a Lambda": layer(
        "Lambda",
        function={"class_name": "__lambda__", "config": {"code": "4wE="}},
    ),
    "a Lambda as activation": layer(
        "Dense",
        activation={"class_name": "__lambda__", "config": {"code": "4wE="}},
    ),
    "code as old Keras 3 wrote it": layer(
        "Dense", activation={"value": ["4wEAAA", None, None]}
    ),
    "a class of another package": {
        "class_name": "Popen",
        "module": "subprocess",
        "config": {},
    },
    "a registered class": {
        **layer("Dense", units=2),
        "registered_name": "Mine>Dense",
    },
    "a class under its full name": layer("Mine>LSTM", units=2),
    "a module that is no text": {**layer("Dense", units=2), "module": ["os"]},
    "a class without a name": layer("Dense", kernel={"class_name": 3}),
    "a SavedModel": layer(
        "TFSMLayer", filepath="/tmp/saved", call_endpoint="serve"
    ),
    "a PyTorch module": layer(
        "TorchModuleWrapper", module={"class_name": "x", "config": {}}
    ),
    "a JAX function": layer("JaxLayer", call_fn=FUNCTION),
    "a lookup with a path": layer("StringLookup", vocabulary="/etc/passwd"),
    "a vocabulary that is a path": layer(
        "TextVectorization", vocabulary="/etc/passwd"
    ),
    "any function of Keras's": layer("Dense", activation=FUNCTION),
    "a function's name": layer("Dense", activation="get_file"),
    "a function of TensorFlow's": layer("TFOpLambda", function="io.write_file"),
    "no function of TensorFlow's": layer("TFOpLambda", function=["math.add"]),
    "a class where a number belongs": layer(
        "Dense", units={"class_name": "Progbar", "module": "keras.utils"}
    ),
    "a class that isn't an initialiser": lstm(
        kernel_initializer={
            "class_name": "Progbar",
            "module": "keras.utils",
            "config": {},
        }
    ),
    "a regulariser of somebody's": lstm(
        kernel_regularizer={"class_name": "L3", "module": "mine", "config": {}}
    ),
    "a type": layer(
        "InputLayer", spec={"class_name": "__typespec__", "config": []}
    ),
    "a nested model that was compiled": {
        **model(lstm()),
        "compile_config": {"optimizer": layer("Adam")},
    },
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_is_not_known_to_be_harmless_is_kept_from_keras(
    what: str, wrapped: bool
) -> None:
    bad = layer("TimeDistributed", layer=BAD[what]) if wrapped else BAD[what]
    assert objection(model(lstm(), bad), 3) is not None


@pytest.mark.parametrize(
    "good",
    [
        lstm(
            kernel_initializer={
                "class_name": "GlorotUniform",
                "module": "keras.initializers",
                "config": {"seed": None},
            }
        ),
        lstm(bias_regularizer={"class_name": "L2", "config": {"l2": 0.1}}),
        lstm(
            dtype={
                "class_name": "DTypePolicy",
                "module": "keras",
                "config": {"name": "float32"},
            }
        ),
        layer(
            "Dense",
            units=1,
            activation={
                "class_name": "LeakyReLU",
                "config": {"negative_slope": 0.1},
            },
        ),
        layer(
            "Dense",
            units=1,
            activation={
                "class_name": "function",
                "module": "builtins",
                "config": "relu",
            },
        ),
        layer("TFOpLambda", function="math.add"),
        {
            "class_name": "Add",
            "module": "keras.src.ops.numpy",
            "config": {"name": "add"},
        },
    ],
)
def test_what_keras_writes_of_its_own_is_given_to_it(
    good: dict[str, Any],
) -> None:
    assert objection(model(good), 3) is None


def test_how_a_model_was_compiled_does_not_matter() -> None:
    assert (
        objection(
            {**model(lstm()), "compile_config": {"optimizer": FUNCTION}}, 3
        )
        is None
    )


@pytest.mark.parametrize(
    "path",
    sorted([*SAMPLES.glob("*.h5"), *SAMPLES.glob("*.keras")]),
    ids=lambda path: path.name,
)
def test_every_bundled_sample_is_given_to_keras(path: Path) -> None:
    file = open_model(path).file
    assert objection(file.config, int((file.keras_version or "1")[0])) is None


def test_a_plan_holds_plain_values_and_arrays_alone() -> None:
    opened = open_model(SAMPLES / "bilstm-4.keras")
    trace = opened.run(
        np.ones((5, opened.model.inputs[0].shape[-1]), "float32")
    )
    plan = plan_of(opened.model.graph, trace.layers)
    text = json.dumps(plan.graph)
    assert not any(
        word in text
        for word in (
            "initializer",
            "regularizer",
            "constraint",
            "module",
            "registered_name",
        )
    )
    assert {array.dtype.kind for array in plan.arrays.values()} == {"f"}


def test_a_layer_of_somebodys_own_class_is_in_no_plan() -> None:
    opened = open_model(SAMPLES / "lstm-1.h5")
    trace = opened.run(np.ones((5, 1), "float32"))
    (name,) = [
        name for name, one in opened.model.graph.layers.items() if one.recurrent
    ]
    one = opened.model.graph.layers[name]
    one.config = {**one.config, "written": "MyLSTM"}
    with pytest.raises(VerifyError, match="MyLSTM, its author's own class"):
        plan_of(opened.model.graph, trace.layers)
