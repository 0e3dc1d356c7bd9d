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
        given = {path: tensorflow.constant(fed[k], "int64") for path, k in question["ids"].items()}
        fed = [_as_text(tensorflow, *pair) for pair in zip(fed, question["texts"], strict=True)]
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
    keras: Any, model: Any, seen: dict[str, list[Any]], given: Mapping[str, Any] | None = None
) -> Iterator[None]:
    """Leave in `seen` what each layer of `model` returns while it runs, by its path: `outer/inner`, `lstm@1`.

    A layer in `given` isn't asked: it returns what stands there.
    """
    call = keras.layers.Layer.__call__
    calls: dict[str, int] = {}
    around: list[str | None] = []  # the models around the running layer, then None inside any other layer

    def recording(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if layer is model or None in around:
            return call(layer, *args, **kwargs)
        path = "/".join([*filter(None, around), layer.name])
        calls[path] = calls.get(path, -1) + 1
        suffix = f"@{calls[path]}" if calls[path] else ""
        around.append(layer.name + suffix if isinstance(layer, keras.Model) else None)
        try:
            answered = (given or {}).get(path + suffix)
            returned = call(layer, *args, **kwargs) if answered is None else answered
        finally:
            around.pop()
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


def _as_text(tensorflow: Any, ids: Any, texts: list[str] | None) -> Any:
    """Return the texts that an input is fed; empty ones where its ids are given, ids and values as they are."""
    return ids if texts is None else tensorflow.constant(texts or [""] * len(ids))


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
