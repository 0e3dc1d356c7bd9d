"""A small model made by hand, so that the explorer's tests need no file: an
LSTM with a Dense head.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from rnn_tui.engine.cells.cells import LSTMCell
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.model import CellEntry, InputInfo, LayerInfo, Model
from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace
from rnn_tui.engine.trace.values import GivenValues
from rnn_tui.formats.data.description import FileDescription
from rnn_tui.formats.opened import OpenedModel


def lstm_cell(features: int = 2, units: int = 4, seed: int = 3) -> LSTMCell:
    rng = np.random.default_rng(seed)
    bias = np.zeros(4 * units, np.float32)
    bias[units : 2 * units] = 1
    return LSTMCell(
        kernel=rng.normal(0, 0.5, (features, 4 * units)).astype(np.float32),
        recurrent_kernel=rng.normal(0, 0.5, (units, 4 * units)).astype(
            np.float32
        ),
        bias=bias,
        activation=activation("tanh"),
        recurrent_activation=activation("sigmoid"),
    )


def info(path: str, class_name: str, **rest: Any) -> LayerInfo:
    default: dict[str, Any] = {
        "depth": path.count("/"),
        "output_shape": (None, None, 4),
        "parameters": 0,
        "trainable": True,
        "recurrent": False,
        "formula": "",
        "inputs": (),
        "weights": (),
        "reproducible": True,
        "why_not": None,
        "notes": (),
        "words": (),
    }
    return LayerInfo(path, class_name, **{**default, **rest})


class FakeModel(Model):
    """An LSTM(4) that returns sequences, and a Dense(3) softmax that isn't run,
    only shown.
    """

    output_names = ("dense",)  # type: ignore[assignment]

    def __init__(
        self, name: str = "lstm_1", features: int = 2, units: int = 4
    ) -> None:
        self.name, self.class_name = "fake", "Sequential"
        self._cell = lstm_cell(features, units)
        count = 4 * units * (features + units + 1)
        self.layers = (
            info("input", "InputLayer", output_shape=(None, None, features)),
            info(
                name,
                "LSTM",
                output_shape=(None, None, units),
                parameters=count,
                recurrent=True,
                formula=f"4 × (({features} + {units}) × {units} + {units})",
                inputs=("input",),
                weights=(
                    ("kernel", (features, 4 * units), "float32"),
                    ("recurrent_kernel", (units, 4 * units), "float32"),
                    ("bias", (4 * units,), "float32"),
                ),
                words=("returns the whole sequence",),
                config={"return_sequences": True},
                notes=("activation tanh, recurrent activation sigmoid",),
            ),
            info(
                "dense",
                "Dense",
                output_shape=(None, None, 3),
                parameters=3 * units + 3,
                formula=f"{units} × 3 + 3",
                inputs=(name,),
                words=("activation softmax",),
            ),
        )
        self.cells = (
            CellEntry(name, name, "LSTM", None, None, lambda: self._cell),
        )
        self.inputs = (InputInfo("input", (None, features)),)
        self.parameters = self.trainable = count + 3 * units + 3
        self.non_trainable = 0
        # the views ask which series are outputs
        self.graph: Any = SimpleNamespace(outputs=(), nodes=(), layers={})

    def inputs_of(self, layer: str | None = None) -> tuple[InputInfo, ...]:
        return self.inputs

    def run(self, x: Any, **options: Any) -> ModelTrace:
        x = next(iter(x.values())) if isinstance(x, dict) else x
        batched = np.ndim(x) == 3
        x = (
            np.asarray(x, np.float32)
            if batched
            else np.asarray(x, np.float32)[None]
        )
        cell, key = self._cell, self.cells[0].key
        h = c = np.zeros((x.shape[0], cell.units), np.float32)
        steps = []
        for t in range(x.shape[1]):
            steps.append(cell.step(x[:, t], h, c))
            h, c = steps[-1].h, steps[-1].c
        values = {
            name: np.stack([getattr(step, name) for step in steps], 1)
            for name in cell.quantities
        }
        zeros = np.zeros((x.shape[0], cell.units), np.float32)
        trace = CellTrace(
            key, key, cell, x, GivenValues(values), {"h": zeros, "c": zeros}
        )
        dense = np.exp(values["h"][..., :3])
        dense /= dense.sum(-1, keepdims=True)
        return ModelTrace(
            {"input": x},
            (dense,),
            {
                key: LayerTrace(key, (values["h"],), (trace,), batched=batched),
                "dense": LayerTrace("dense", (dense,), batched=batched),
            },
            batched,
        )


def opened(
    model: Model | None = None, warnings: tuple[str, ...] = ()
) -> OpenedModel:
    description = FileDescription(
        path="/models/brackets.h5",
        container="keras-h5",
        layout="layer_names",
        keras_version="3.15.1",
        backend="tensorflow",
        bytes=123_456,
        config={},
        groups=(),
        read=lambda keys: {},
    )
    return OpenedModel(description, model or FakeModel(), warnings)
