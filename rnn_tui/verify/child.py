"""The child's part, and the only module that knows TensorFlow: run the model in Keras, write down every output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from rnn_tui.formats.children import end_with_parent


def answer(folder: str) -> None:
    """Answer the question in `folder` (the child's part): run the model in Keras, leave every output in answer.npz."""
    end_with_parent()
    import numpy as np
    import tensorflow

    question = json.loads(Path(folder, "question.json").read_text(encoding="utf-8"))
    keras = import_module(question["flavour"])
    name = "Keras" if question["flavour"] == "keras" else "tf_keras"
    told: dict[str, Any] = {"keras": f"{name} {keras.__version__}", "tensorflow": tensorflow.__version__}
    seen: dict[str, list[Any]] = {}
    try:
        told["step"] = "open"
        model = keras.models.load_model(question["model"], compile=False, safe_mode=True)
        told["step"] = "run"
        with np.load(Path(folder, "inputs.npz"), allow_pickle=False) as stored:
            fed = [stored[str(k)] for k in range(len(question["inputs"]))]
        fed, given = _with_texts(tensorflow, fed, question["texts"])
        with recorded(keras, model, seen, given):
            outputs = model(_in_order(model, question["inputs"], fed), training=False)
        seen["output"] = _listed(outputs)
    except Exception as problem:  # whatever Keras says is the answer: it travels to the user as one line
        told["problem"] = f"{type(problem).__name__}: {_first_line(str(problem))}"
    values = {f"{path}:{k}": _plain(value) for path, returned in seen.items() for k, value in enumerate(returned)}
    np.savez(Path(folder, "answer.npz"), allow_pickle=False, **values)
    told["layers"] = list(seen)
    Path(folder, "answer.json").write_text(json.dumps(told), encoding="utf-8")


@contextmanager
def recorded(
    keras: Any, model: Any, seen: dict[str, list[Any]], given: Mapping[bytes, Any] | None = None
) -> Iterator[None]:
    """Leave in `seen` what each layer of `model` returns while it runs, by its path: `outer/inner`, `lstm@1`.

    A layer that is called with a text of `given` isn't asked: it returns what stands there.
    """
    call = keras.layers.Layer.__call__
    calls: dict[str, int] = {}
    around: list[str | None] = []  # the models around the running layer, then None inside any other layer
    models = [model]
    turns: dict[int, Mapping[int, list[int]]] = {}

    def recording(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if layer is model or None in around:
            return call(layer, *args, **kwargs)
        path = "/".join([*filter(None, around), layer.name])
        calls[path] = calls.get(path, -1) + 1
        if id(models[-1]) not in turns:
            turns[id(models[-1])] = _turns(models[-1])
        known = turns[id(models[-1])].get(id(layer), [])
        number = known[calls[path]] if calls[path] < len(known) else calls[path]
        suffix = f"@{number}" if number else ""
        nested = isinstance(layer, keras.Model)
        around.append(layer.name + suffix if nested else None)
        models.append(layer if nested else models[-1])
        try:
            answered = _answered(layer, args, given)
            returned = call(layer, *args, **kwargs) if answered is None else answered
        finally:
            around.pop()
            models.pop()
        seen[path + suffix] = _listed(returned)
        return returned

    keras.layers.Layer.__call__ = recording
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = call


def _listed(value: Any) -> list[Any]:
    """Return tensors in a flat list, those of a dictionary as the model lists them (tf.nest would sort the keys)."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return [one for part in value for one in _listed(part)] if isinstance(value, list | tuple) else [value]


def _turns(model: Any) -> Mapping[int, list[int]]:
    """Return, for each layer of a functional model by its identity, the numbers of its calls in the order they run.

    The number is the call's place among those of the layer, as the configuration has it; tf_keras runs the calls of one
    depth in another order.
    """
    depths = getattr(model, "_nodes_by_depth", None) or {}
    ran: dict[int, list[int]] = {}
    for depth in sorted(depths, reverse=True):
        for node in depths[depth]:
            layer: Any = getattr(node, "operation", None) or node.layer
            places = {id(one): k for k, one in enumerate(layer._inbound_nodes)}
            ran.setdefault(id(layer), []).append(places[id(node)])
    return {layer: [sorted(places).index(place) for place in places] for layer, places in ran.items()}


def _with_texts(tensorflow: Any, fed: list[Any], texts: list[list[str] | None]) -> tuple[list[Any], dict[bytes, Any]]:
    """Return what is fed where inputs are texts, and ids by the text that stands for them where only they are known.

    `texts` has None for an input of numbers, nothing for one whose ids are fed.
    """
    if not any(found is not None for found in texts):
        return fed, {}
    stand_ins = [f"ids of input {k}" for k in range(len(fed))]
    given = {
        stand_ins[k].encode(): tensorflow.constant(fed[k], "int64") for k, found in enumerate(texts) if found == []
    }
    whole = [
        value if found is None else found or [stand_ins[k]] * len(value)
        for k, (value, found) in enumerate(zip(fed, texts, strict=True))
    ]
    return [tensorflow.constant(value) for value in whole], given


def _answered(layer: Any, args: Any, given: Mapping[bytes, Any] | None) -> Any:
    """Return the ids that a text layer is to return for what it is called with, None when it is to be asked."""
    if not given or type(layer).__name__ != "TextVectorization" or not args:
        return None
    return given.get(args[0].numpy().reshape(-1)[0])


def _in_order(model: Any, names: list[str], fed: list[Any]) -> Any:
    """Return what to feed in the order Keras wants it: by name where the names agree, else as it stands."""
    wanted = [str(tensor.name).partition(":")[0] for tensor in getattr(model, "inputs", None) or []]
    if sorted(wanted) == sorted(names):
        fed = [fed[names.index(name)] for name in wanted]
    return fed[0] if len(fed) == 1 else fed


def _plain(value: Any) -> Any:
    """Return `value` as an array of a dtype NumPy stores itself (bfloat16 is none)."""
    import numpy as np

    array = np.asarray(value)
    return array if array.dtype.kind in "biuf" else array.astype(np.float32)


def _first_line(text: str) -> str:
    """Return the first line of one of Keras's long messages that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
