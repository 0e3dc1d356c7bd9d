"""Open the weights of a random model alone: rnn_tui computes what Keras
computes, or names what it assumed wrongly.

Keras's own model tells which of the assumptions are true, and after the true
values are given nothing may differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from comparing import Computed, KerasRefusesError, computed, keras_run
from random_models import Made, chain, fill
from random_parts import Draw
from tensorflow.errors import InvalidArgumentError

from rnn_tui import open_model
from rnn_tui.errors import RnnTuiError
from rnn_tui.formats.architecture.class_words import snake
from rnn_tui.formats.opened import OpenedModel

FORMS = {
    "keras": ("weights", "weights", "shards", "shards"),
    "tf_keras": ("weights", "weights", "old_weights", "old_weights"),
}
NAMES = {
    "weights": "model.weights.h5",
    "shards": "model.weights.json",
    "old_weights": "old.h5",
}
WHOLE = (
    "assumed: each layer reads the one before it and nothing else",
    "how they and the layers are connected",
)
APART = (
    "that each has an input of its own is assumed",
    "how they and the layers are connected",
)
"""Parts of the warnings that say how the layers are connected, and to which
inputs.
"""


class Verdict(NamedTuple):
    """How one model came out: equal as opened, equal once told, refused, or not
    the chain that is assumed.
    """

    kind: str
    why: str = ""


def examine(K: Any, seed: int, form: str, folder: Path) -> Verdict:
    """Return how the weights of this seed's model came out; AssertionError
    where a difference has no name.
    """
    made, theirs = _chain(K, seed) if seed % 2 else keras_run(K, seed)
    path = folder / NAMES[form]
    made.model.save_weights(
        path, **({"max_shard_size": 1e-5} if form == "shards" else {})
    )
    try:
        opened = open_model(path)
    except RnnTuiError as error:
        return Verdict("refused", str(error))
    if made.policy or _time_first(made.model):
        assert any(
            "float32" in line and "time_major false" in line
            for line in opened.warnings
        )
    else:
        verdict = _compared(opened, made, theirs.outputs)
        if verdict is not None and verdict.kind == "equal":
            return verdict
    assert any(sign in line for line in opened.warnings for sign in WHOLE), (
        opened.warnings
    )

    real = _places(made.model, form)
    if not _is_chain(made.model) or made.policy or _time_first(made.model):
        return Verdict("wired otherwise")
    if _order(opened, real) != list(real):
        return Verdict("ordered otherwise")
    if _fed(opened, made) is None:
        assert any(
            sign in line for line in opened.warnings for sign in APART
        ), opened.warnings
        return Verdict("wired otherwise", "other inputs")
    listed = dict(_listed(opened))
    true = {
        key: value
        for key, value in _true_values(opened, real).items()
        if key in listed or _is_missing(opened, key)
    }
    wrong = [key for key, value in true.items() if listed.get(key) != value]
    refusal = _refusal(opened, made)
    if _says_keras(opened) not in ("", K.__version__[0]):
        true["keras"] = "3" if K.__name__ == "keras" else "2"
        wrong.append("keras")
    assert wrong or refusal, f"no assumption differs from the model: {listed}"
    told = open_model(
        path, assume={key: value for key, value in true.items() if key in wrong}
    )
    again = _compared(told, made, theirs.outputs)
    assert again is not None, "once told it has other inputs"
    if again.kind == "refused":
        return again
    if again.kind == "equal":
        return Verdict("equal once told", ", ".join(wrong))
    beyond = _not_told(told, real)
    assert beyond, f"{wrong} were told, and still: {again.why}"
    return Verdict("can't be told", beyond)


def _chain(K: Any, seed: int) -> tuple[Made, Computed]:
    """Return a chain of layers from this seed, the kind of model whose
    connections weights can tell.
    """
    K.backend.clear_session()
    K.utils.set_random_seed(seed)
    draw = Draw(K, seed)
    try:
        model, inputs = chain(draw)
        fill(model, draw.rng)
        return Made(model, inputs), computed(K, model, inputs)
    except (
        ValueError,
        TypeError,
        NotImplementedError,
        InvalidArgumentError,
    ) as problem:
        raise KerasRefusesError(
            f"{type(problem).__name__} {str(problem).splitlines()[0]}"
        ) from problem


def _compared(
    opened: OpenedModel, made: Made, theirs: list[np.ndarray]
) -> Verdict | None:
    """Run a model; return whether it equals Keras, None where it can't be fed
    what Keras was fed.
    """
    fed = _fed(opened, made)
    if fed is None:
        return None
    try:
        ours = opened.run(fed)
    except RnnTuiError as error:
        return Verdict("refused", str(error))
    if len(ours.outputs) != len(theirs):
        return Verdict(
            "differs", f"{len(ours.outputs)} outputs instead of {len(theirs)}"
        )
    for mine, right in zip(ours.outputs, theirs, strict=True):
        if mine.shape != right.shape:
            return Verdict("differs", f"{mine.shape} instead of {right.shape}")
        scale = max(1.0, float(np.nanmax(np.abs(right), initial=0)))
        if not np.allclose(
            mine, right, rtol=1e-4, atol=1e-5 * scale, equal_nan=True
        ):
            return Verdict("differs", f"by {np.nanmax(np.abs(mine - right))}")
    return Verdict("equal")


def _fed(opened: OpenedModel, made: Made) -> dict[str, np.ndarray] | None:
    infos = opened.model.inputs
    if len(infos) != len(made.inputs):
        return None
    return dict(zip([info.name for info in infos], made.inputs, strict=True))


def _refusal(opened: OpenedModel, made: Made) -> str:
    """Return why a model can't be run on what Keras was fed, "" where it
    can.
    """
    try:
        opened.run(_fed(opened, made))
    except RnnTuiError as error:
        return str(error)
    return ""


# What Keras's model is --------------------------------------------------------


def _places(model: Any, form: str) -> dict[str, Any]:
    """Return the model's layers by the names they have in the file, inputs left
    out.
    """
    found: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for layer in model.layers:
        segment = snake(type(layer).__name__)
        number = counts.get(segment, 0)
        counts[segment] = number + 1
        name = (
            layer.name
            if form == "old_weights"
            else segment + (f"_{number}" if number else "")
        )
        if type(layer).__name__ != "InputLayer":
            found[name] = layer
    return found


def _is_chain(model: Any) -> bool:
    """Whether every layer reads the output of the one before and nothing else,
    once, without initial states.
    """
    before = model.inputs
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        if hasattr(layer, "layers") or len(layer._inbound_nodes) < 1:
            return False
        node = layer._inbound_nodes[-1]
        read = _read(node)
        if [id(tensor) for tensor in read] != [
            id(tensor) for tensor in before
        ] or len(read) != 1:
            return False
        made = (
            node.output_tensors
            if hasattr(node, "output_tensors")
            else node.outputs
        )
        before = list(made) if isinstance(made, (list, tuple)) else [made]
    return [id(tensor) for tensor in before] == [
        id(tensor) for tensor in model.outputs
    ]


def _read(node: Any) -> list[Any]:
    """Return the tensors a call reads, its mask left out: Keras 3 has that
    among its inputs.
    """
    read = node.input_tensors
    if hasattr(node, "arguments"):
        mask = node.arguments.kwargs.get("mask")
        read = [tensor for tensor in read if tensor is not mask]
    return list(read) if isinstance(read, (list, tuple)) else [read]


def _time_first(model: Any) -> bool:
    return '"time_major": true' in model.to_json()


def _order(opened: OpenedModel, real: Mapping[str, Any]) -> list[str]:
    """Return the top layers in the order they were taken to have."""
    return [
        info.path
        for info in opened.layers
        if info.depth == 0 and info.path in real
    ]


def _listed(opened: OpenedModel) -> Iterator[tuple[str, str]]:
    """Yield every setting that the notes and the warnings name, by layer and
    key; both say the same.
    """
    for info in opened.layers:
        for note in info.notes:
            if not note.startswith("assumed: "):
                continue
            assert any(
                note in line and repr(info.path) in line
                for line in opened.warnings
            ), (note, opened.warnings)
            for setting in re.split(
                r", (?=[a-z_]+ )", note.removeprefix("assumed: ")
            ):
                key, _, value = setting.partition(" ")
                yield f"{info.path}.{key}", value


def _says_keras(opened: OpenedModel) -> str:
    """Return which Keras is assumed to have written the file, "" where the file
    says it.
    """
    found = [
        match[1]
        for line in opened.warnings
        if (match := re.search(r"written by Keras (\d)", line))
    ]
    return found[0] if found else ""


def _is_missing(opened: OpenedModel, key: str) -> bool:
    """Whether a layer is refused for want of this setting."""
    name, _, setting = key.rpartition(".")
    return any(
        info.path == name and f"its {setting}" in (info.why_not or "")
        for info in opened.layers
    )


def _true_values(
    opened: OpenedModel, real: Mapping[str, Any]
) -> dict[str, str]:
    """Return the settings of Keras's layers in the words of `--assume`."""
    found = {}
    for name, layer in real.items():
        for key, value in _configuration(layer).items():
            if key != "class" and (text := _text(value)) is not None:
                found[f"{name}.{key}"] = text
    return found


def _configuration(layer: Any) -> dict[str, Any]:
    """Return a layer's configuration with that of the layer or the cell inside
    in it.
    """
    config = dict(layer.get_config())
    inner = getattr(layer, "forward_layer", None) or (
        layer.layer if hasattr(layer, "layer") else None
    )
    if inner is not None:
        config = {
            **inner.get_config(),
            **{
                key: value
                for key, value in config.items()
                if key in ("merge_mode",)
            },
        }
    cell = getattr(layer, "cell", None)
    if type(layer).__name__ == "RNN":
        cells = getattr(cell, "cells", None) or [cell]
        for other in reversed(cells):
            config = {**other.get_config(), **config}
    if "alpha" in config and type(layer).__name__ == "LeakyReLU":
        config["negative_slope"] = config["alpha"]
    return config


def _text(value: Any) -> str | None:
    """Return a value as a note shows it, None for one that can't be typed."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if isinstance(value, (list, tuple)) and all(
        isinstance(side, int) for side in value
    ):
        return (
            json.dumps(value[0]) if len(value) == 1 else json.dumps(list(value))
        )
    return None


def _not_told(opened: OpenedModel, real: Mapping[str, Any]) -> str:
    """Return a listed setting that has more than one value in the model: cells
    or directions that differ.
    """
    listed = dict(_listed(opened))
    for name, layer in real.items():
        kinds = [
            getattr(layer, "forward_layer", None),
            getattr(layer, "backward_layer", None),
        ]
        kinds = [one for one in kinds if one is not None]
        kinds += list(getattr(getattr(layer, "cell", None), "cells", []))
        for key in ("activation", "recurrent_activation", "reset_after"):
            values = {
                json.dumps(one.get_config()[key], default=str)
                for one in kinds
                if key in one.get_config()
            }
            if len(values) > 1 and f"{name}.{key}" in listed:
                return f"{name}.{key} is {' and '.join(sorted(values))}"
        for key, value in _configuration(layer).items():
            if f"{name}.{key}" in listed and _text(value) is None:
                return f"{name}.{key} is {str(value)[:60]}"
    return ""
