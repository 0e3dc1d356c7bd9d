"""The child's part, and the only module that knows TensorFlow: run the model in Keras,
write down every output.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from rnn_tui.formats.client.child_processes import end_with_parent


def answer(folder: str) -> None:
    """Answer the question in `folder` (the child's part): run the model in Keras, leave
    every output in answer.npz.
    """
    end_with_parent()
    import numpy as np
    import tensorflow

    question = json.loads(Path(folder, "question.json").read_text(encoding="utf-8"))
    keras = import_module(question["flavour"])
    if question["flavour"] == "keras":
        name = "Keras"
    else:
        name = "tf_keras"

    told: dict[str, Any] = {
        "keras": (f"{name} {keras.__version__}"),
        "tensorflow": tensorflow.__version__,
    }
    values: dict[str, Any] = {}
    try:
        told["step"] = "open"
        fed = _arrays(Path(folder, "inputs.npz"))
        model = _opened(keras, tensorflow, question, fed, Path(folder))
        told["step"] = "run"
        parts = _parts(fed, question["texts"], _batch(model))
        told["parts"] = len(parts)
        for number, (some, texts) in enumerate(parts):
            returned = _run(keras, tensorflow, model, question, some, texts)
            values |= {
                f"{path}:{k}:{number}": _plain(one)
                for path, all_ in returned.items()
                for k, one in all_
            }
            told["layers"] = [path for path in returned if path != "output"]
    except Exception as problem:
        # whatever Keras says is the answer: it travels to the user as one line
        told["problem"] = f"{type(problem).__name__}: {_first_line(str(problem))}"

    np.savez(Path(folder, "answer.npz"), allow_pickle=False, **values)
    Path(folder, "answer.json").write_text(json.dumps(told), encoding="utf-8")


def _arrays(path: Path) -> list[Any]:
    """Return the arrays of a file in the order of their numbers."""
    import numpy as np

    with np.load(path, allow_pickle=False) as stored:
        return [stored[str(number)] for number in range(len(stored.files))]


def _opened(
    keras: Any,
    tensorflow: Any,
    question: Mapping[str, Any],
    fed: list[Any],
    folder: Path,
) -> Any:
    """Return the model in the way that is asked for: from its file, from a
    configuration and weights, from a plan.
    """
    if question["way"] == "plan":
        from rnn_tui.verify.rebuild import Rebuilding

        arrays = {
            str(number): array
            for number, array in enumerate(_arrays(folder / "arrays.npz"))
        }
        return Rebuilding(keras, tensorflow, arrays).model(question["plan"], fed)

    if question["way"] == "file":
        model = keras.models.load_model(
            question["model"], compile=False, safe_mode=True
        )
    else:
        model = keras.models.model_from_json(json.dumps(question["config"]))
        model.load_weights(question["model"])

    if question["masked_outputs_kept"]:
        _keep_masked_outputs(keras, model)

    return model


def _keep_masked_outputs(keras: Any, model: Any) -> None:
    """Let a Bidirectional return its last output at masked timesteps instead of zeros,
    as Keras up to 2.3.1 did.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Bidirectional):
            layer.forward_layer.zero_output_for_mask = False
            layer.backward_layer.zero_output_for_mask = False


def _batch(model: Any) -> int | None:
    """Return the batch size that a model insists on, None when it takes any."""
    shapes = [tuple(tensor.shape) for tensor in getattr(model, "inputs", None) or []]
    sizes = {shape[0] for shape in shapes if shape and shape[0] is not None}

    return sizes.pop() if len(sizes) == 1 else None


Part = tuple[list[Any], list[list[str] | None]]


def _parts(
    fed: list[Any], texts: list[list[str] | None], batch: int | None
) -> list[Part]:
    """Return what is fed in parts of `batch` sequences; the last sequence fills the
    last part up.
    """
    import numpy as np

    count = len(fed[0])
    if batch is None or batch == count:
        return [(fed, texts)]

    parts = []
    for start in range(0, count, batch):
        rows = np.minimum(np.arange(start, start + batch), count - 1)
        some = [array[rows] for array in fed]
        read = [[found[row] for row in rows] if found else found for found in texts]
        parts.append((some, read))

    return parts


def _run(
    keras: Any,
    tensorflow: Any,
    model: Any,
    question: Mapping[str, Any],
    fed: list[Any],
    texts: list[list[str] | None],
) -> dict[str, Any]:
    """Run the model from zero states; return what each layer and the model return,
    numbered, by their paths.
    """
    for layer in model._flatten_layers():
        resettable = hasattr(layer, "reset_states") and not isinstance(
            layer, keras.Model
        )
        if resettable and getattr(layer, "stateful", False):
            layer.reset_states()

    fed, given = _with_texts(tensorflow, fed, texts)
    seen: dict[str, list[Any]] = {}
    with recorded(keras, model, seen, given):
        outputs = _listed(
            model(_in_order(model, question["inputs"], fed), training=False)
        )

    numbered: dict[str, Any] = {
        path: list(enumerate(found)) for path, found in seen.items()
    }
    wanted = question.get("outputs")
    if wanted is None:
        numbered["output"] = list(enumerate(outputs))
    else:
        numbered["output"] = list(zip(wanted, outputs, strict=False))

    return numbered


@contextmanager
def recorded(
    keras: Any,
    model: Any,
    seen: dict[str, list[Any]],
    given: Mapping[bytes, Any] | None = None,
) -> Iterator[None]:
    """Leave in `seen` what each layer of `model` returns while it runs, by its path:
    `outer/inner`, `lstm@1`.

    Keras 3's operations are recorded with the layers. A layer that is called with a
    text of `given` isn't asked: it returns what stands there.
    """
    kinds = [
        keras.layers.Layer,
        *([keras.Operation] if hasattr(keras, "Operation") else []),
    ]
    calls = {kind: kind.__call__ for kind in kinds}
    made: dict[str, int] = {}
    # the models around the running layer, then None inside any other layer
    around: list[str | None] = []
    models = [model]
    turns: dict[int, Mapping[int, list[int]]] = {}

    def recording(call: Any, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if layer is model or None in around:
            return call(layer, *args, **kwargs)

        path = "/".join([*filter(None, around), layer.name])
        made[path] = made.get(path, -1) + 1
        if id(models[-1]) not in turns:
            turns[id(models[-1])] = _turns(models[-1])

        known = turns[id(models[-1])].get(id(layer), [])
        if made[path] < len(known):
            number = known[made[path]]
        else:
            number = made[path]

        if number:
            suffix = f"@{number}"
        else:
            suffix = ""

        nested = isinstance(layer, keras.Model)
        around.append(layer.name + suffix if nested else None)
        models.append(layer if nested else models[-1])
        try:
            answered = _answered(layer, args, given)
            if answered is None:
                returned = call(layer, *args, **kwargs)
            else:
                returned = answered
        finally:
            around.pop()
            models.pop()

        seen[path + suffix] = _listed(returned)

        return returned

    def of_layers(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return recording(calls[keras.layers.Layer], layer, *args, **kwargs)

    def of_operations(operation: Any, *args: Any, **kwargs: Any) -> Any:
        call = calls[keras.Operation]
        # its own call has been recorded on the way here
        if isinstance(operation, keras.layers.Layer):
            return call(operation, *args, **kwargs)

        return recording(call, operation, *args, **kwargs)

    for kind, function in zip(kinds, (of_layers, of_operations), strict=False):
        kind.__call__ = function

    try:
        yield
    finally:
        for kind, call in calls.items():
            kind.__call__ = call


def _listed(value: Any) -> list[Any]:
    """Return tensors in a flat list, those of a dictionary as the model lists them
    (tf.nest would sort the keys).
    """
    if isinstance(value, Mapping):
        value = list(value.values())

    if isinstance(value, list | tuple):
        return [one for part in value for one in _listed(part)]

    return [value]


def _turns(model: Any) -> Mapping[int, list[int]]:
    """Return, for each layer of a functional model by its identity, the numbers of its
    calls in the order they run.

    The number is the call's place among those of the layer, as the configuration has
    it; tf_keras runs the calls of one depth in another order.
    """
    depths = getattr(model, "_nodes_by_depth", None) or {}
    ran: dict[int, list[int]] = {}
    for depth in sorted(depths, reverse=True):
        for node in depths[depth]:
            layer: Any = getattr(node, "operation", None) or node.layer
            places = {id(one): k for k, one in enumerate(layer._inbound_nodes)}
            ran.setdefault(id(layer), []).append(places[id(node)])

    return {
        layer: [sorted(places).index(place) for place in places]
        for layer, places in ran.items()
    }


def _with_texts(
    tensorflow: Any, fed: list[Any], texts: list[list[str] | None]
) -> tuple[list[Any], dict[bytes, Any]]:
    """Return what is fed where inputs are texts, and ids by the text that stands for
    them where only they are known.

    `texts` has None for an input of numbers, nothing for one whose ids are fed.
    """
    if not any(found is not None for found in texts):
        return fed, {}

    stand_ins = [f"ids of input {k}" for k in range(len(fed))]
    given = {
        stand_ins[k].encode(): tensorflow.constant(fed[k], "int64")
        for k, found in enumerate(texts)
        if found == []
    }
    whole = [
        value if found is None else found or [stand_ins[k]] * len(value)
        for k, (value, found) in enumerate(zip(fed, texts, strict=True))
    ]

    return [tensorflow.constant(value) for value in whole], given


def _answered(layer: Any, args: Any, given: Mapping[bytes, Any] | None) -> Any:
    """Return the ids that a text layer is to return for what it is called with, None
    when it is to be asked.
    """
    if not given or type(layer).__name__ != "TextVectorization" or not args:
        return None

    return given.get(args[0].numpy().reshape(-1)[0])


def _in_order(model: Any, names: list[str], fed: list[Any]) -> Any:
    """Return what to feed in the order Keras wants it: by name where the names agree,
    else as it stands.
    """
    wanted = [
        str(tensor.name).partition(":")[0]
        for tensor in getattr(model, "inputs", None) or []
    ]
    if sorted(wanted) == sorted(names):
        fed = [fed[names.index(name)] for name in wanted]

    if len(fed) == 1:
        return fed[0]

    return fed


def _plain(value: Any) -> Any:
    """Return `value` as an array of a dtype NumPy stores itself (bfloat16 is none)."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind in "biuf":
        return array

    return array.astype(np.float32)


def _first_line(text: str) -> str:
    """Return the line of one of Keras's long messages that says what was wrong, without
    its colours.
    """
    lines = [
        line.strip()
        for line in re.sub("\x1b\\[[0-9;]*m", "", text).splitlines()
        if line.strip()
    ]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling"):
        return f"{lines[0].removesuffix('.')}: {lines[1]}"
    if lines:
        return lines[0]

    return "no reason given"
