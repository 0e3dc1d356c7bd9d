"""The Keras process: runs the model and writes down every output.

Only this process imports TensorFlow.
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
    """Answer the question in `folder`: run the model in Keras, write every
    output to answer.npz.
    """
    end_with_parent()
    import numpy as np
    import tensorflow

    question = json.loads(
        Path(folder, "question.json").read_text(encoding="utf-8")
    )
    keras = import_module(question["flavour"])
    if question["flavour"] == "keras":
        name = "Keras"
    else:
        name = "tf_keras"

    result: dict[str, Any] = {
        "keras": f"{name} {keras.__version__}",
        "tensorflow": tensorflow.__version__,
    }
    values: dict[str, Any] = {}
    try:
        result["step"] = "open"
        inputs = _arrays(Path(folder, "inputs.npz"))
        model = _opened(keras, tensorflow, question, inputs, Path(folder))

        result["step"] = "run"
        parts = _parts(inputs, question["texts"], _batch(model))
        result["parts"] = len(parts)
        for number, (arrays, texts) in enumerate(parts):
            returned = _run(keras, tensorflow, model, question, arrays, texts)
            result["layers"] = [path for path in returned if path != "output"]
            for path, tensors in returned.items():
                for place, tensor in tensors:
                    values[f"{path}:{place}:{number}"] = _plain(tensor)
    except Exception as problem:
        # any complaint of Keras is the answer: the user reads it as one line
        result["problem"] = (
            f"{type(problem).__name__}: {_first_line(str(problem))}"
        )

    np.savez(Path(folder, "answer.npz"), allow_pickle=False, **values)
    Path(folder, "answer.json").write_text(json.dumps(result), encoding="utf-8")


def _arrays(path: Path) -> list[Any]:
    """Return the arrays of a file in the order of their numbers."""
    import numpy as np

    with np.load(path, allow_pickle=False) as stored:
        return [stored[str(number)] for number in range(len(stored.files))]


def _opened(
    keras: Any,
    tensorflow: Any,
    question: Mapping[str, Any],
    inputs: list[Any],
    folder: Path,
) -> Any:
    """Return the model: from its file, from a configuration and weights, or
    rebuilt.
    """
    if question["way"] == "plan":
        from rnn_tui.verify.rebuild import Rebuilding

        stored = _arrays(folder / "arrays.npz")
        arrays = {str(number): array for number, array in enumerate(stored)}

        return Rebuilding(keras, tensorflow, arrays).model(
            question["plan"],
            inputs,
        )

    if question["way"] == "file":
        model = keras.models.load_model(
            question["model"],
            compile=False,
            safe_mode=True,
        )
    else:
        model = keras.models.model_from_json(json.dumps(question["config"]))
        model.load_weights(question["model"])

    if question["masked_outputs_kept"]:
        _keep_masked_outputs(keras, model)

    return model


def _keep_masked_outputs(keras: Any, model: Any) -> None:
    """Let a Bidirectional return its last output at masked timesteps instead of
    zeros, as Keras up to 2.3.1 did.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Bidirectional):
            layer.forward_layer.zero_output_for_mask = False
            layer.backward_layer.zero_output_for_mask = False


def _batch(model: Any) -> int | None:
    """Return the fixed batch size of a model, None when it takes any."""
    inputs = getattr(model, "inputs", None) or []
    shapes = [tuple(tensor.shape) for tensor in inputs]
    sizes: set[int] = {
        shape[0] for shape in shapes if shape and shape[0] is not None
    }
    if len(sizes) != 1:
        return None

    return sizes.pop()


Part = tuple[list[Any], list[list[str] | None]]


def _parts(
    inputs: list[Any],
    texts: list[list[str] | None],
    batch: int | None,
) -> list[Part]:
    """Return the inputs in parts of `batch` sequences; the last sequence is
    repeated to fill the last part.
    """
    import numpy as np

    count = len(inputs[0])
    if batch is None or batch == count:
        return [(inputs, texts)]

    parts = []
    for start in range(0, count, batch):
        rows = np.minimum(np.arange(start, start + batch), count - 1)
        arrays = [array[rows] for array in inputs]
        chosen = [_rows(column, rows) for column in texts]
        parts.append((arrays, chosen))

    return parts


def _rows(texts: list[str] | None, rows: Any) -> list[str] | None:
    """Return some of an input's texts, where it has any."""
    if not texts:
        return texts

    return [texts[row] for row in rows]


def _run(
    keras: Any,
    tensorflow: Any,
    model: Any,
    question: Mapping[str, Any],
    inputs: list[Any],
    texts: list[list[str] | None],
) -> dict[str, list[tuple[int, Any]]]:
    """Run the model from zero states; return the numbered outputs of each layer
    by its path, and the model's under `output`.
    """
    _reset_states(keras, model)
    inputs, ids_by_text = _with_texts(tensorflow, inputs, texts)

    seen: dict[str, list[Any]] = {}
    with recorded(keras, model, seen, ids_by_text):
        returned = model(
            _in_order(model, question["inputs"], inputs),
            training=False,
        )

    numbered = {
        path: list(enumerate(tensors)) for path, tensors in seen.items()
    }
    outputs = _listed(returned)
    places = question.get("outputs")
    if places is None:
        numbered["output"] = list(enumerate(outputs))
    else:
        # a rebuilt model returns more than the outputs: see Rebuilding
        numbered["output"] = list(zip(places, outputs, strict=False))

    return numbered


def _reset_states(keras: Any, model: Any) -> None:
    """Let stateful layers begin with zeros."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.Model) or not hasattr(layer, "reset_states"):
            continue

        if getattr(layer, "stateful", False):
            layer.reset_states()


@contextmanager
def recorded(
    keras: Any,
    model: Any,
    seen: dict[str, list[Any]],
    ids_by_text: Mapping[bytes, Any] | None = None,
) -> Iterator[None]:
    """Fill `seen` with the outputs of each layer of `model` while it runs, by
    the layer's path: `outer/inner`, `lstm@1`.

    Keras 3's operations are recorded with the layers. A text layer that is
    called with a text of `ids_by_text` isn't run: it returns these ids.
    """
    recorder = _Recorder(keras, model, seen, ids_by_text)
    layer_call = keras.layers.Layer.__call__
    calls = {keras.layers.Layer: layer_call}

    def record_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return recorder.record(layer_call, layer, *args, **kwargs)

    if hasattr(keras, "Operation"):
        operation_call = keras.Operation.__call__
        calls[keras.Operation] = operation_call

    def record_operation(operation: Any, *args: Any, **kwargs: Any) -> Any:
        # a layer has recorded its own call before it calls its base class
        if isinstance(operation, keras.layers.Layer):
            return operation_call(operation, *args, **kwargs)

        return recorder.record(operation_call, operation, *args, **kwargs)

    keras.layers.Layer.__call__ = record_layer
    if hasattr(keras, "Operation"):
        keras.Operation.__call__ = record_operation

    try:
        yield
    finally:
        for kind, call in calls.items():
            kind.__call__ = call


class _Recorder:
    """Records the calls of a model's layers, each under the path of the models
    that it is in.
    """

    def __init__(
        self,
        keras: Any,
        model: Any,
        seen: dict[str, list[Any]],
        ids_by_text: Mapping[bytes, Any] | None,
    ) -> None:
        self._keras = keras
        self._model = model
        self._seen = seen
        self._ids_by_text = ids_by_text
        self._calls: dict[str, int] = {}
        """The number of calls of each path so far."""
        self._around: list[str | None] = []
        """The models around the running layer, then None inside any other
        layer.
        """
        self._models = [model]
        self._call_numbers: dict[int, Mapping[int, list[int]]] = {}

    def record(self, call: Any, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a layer and record its outputs; layers inside a layer aren't
        recorded.
        """
        if layer is self._model or None in self._around:
            return call(layer, *args, **kwargs)

        path = "/".join([*filter(None, self._around), layer.name])
        number = self._number(path, layer)
        if number:
            suffix = f"@{number}"
        else:
            suffix = ""

        if isinstance(layer, self._keras.Model):
            self._around.append(layer.name + suffix)
            self._models.append(layer)
        else:
            self._around.append(None)
            self._models.append(self._models[-1])

        try:
            returned = _known_ids(layer, args, self._ids_by_text)
            if returned is None:
                returned = call(layer, *args, **kwargs)
        finally:
            self._around.pop()
            self._models.pop()

        self._seen[path + suffix] = _listed(returned)

        return returned

    def _number(self, path: str, layer: Any) -> int:
        """Return the number that the configuration gives to this call of a
        layer.
        """
        done = self._calls.get(path, 0)
        self._calls[path] = done + 1

        model = self._models[-1]
        if id(model) not in self._call_numbers:
            self._call_numbers[id(model)] = _call_numbers(model)

        numbers = self._call_numbers[id(model)].get(id(layer), [])
        if done < len(numbers):
            return numbers[done]

        return done


def _listed(value: Any) -> list[Any]:
    """Return tensors in a flat list, those of a dictionary as the model lists
    them (tf.nest would sort the keys).
    """
    if isinstance(value, Mapping):
        value = list(value.values())

    if isinstance(value, list | tuple):
        return [one for part in value for one in _listed(part)]

    return [value]


def _call_numbers(model: Any) -> Mapping[int, list[int]]:
    """Return, for each layer of a functional model by its identity, the numbers
    of its calls in the order they run.

    The number is the call's place in the configuration; tf_keras runs the calls
    of one depth in another order.
    """
    depths = getattr(model, "_nodes_by_depth", None) or {}
    ran: dict[int, list[int]] = {}
    for depth in sorted(depths, reverse=True):
        for node in depths[depth]:
            layer: Any = getattr(node, "operation", None) or node.layer
            identities = [id(one) for one in layer._inbound_nodes]
            place = identities.index(id(node))
            places = ran.setdefault(id(layer), [])
            places.append(place)

    numbers = {}
    for layer_id, places_run in ran.items():
        in_order = sorted(places_run)
        numbers[layer_id] = [in_order.index(place) for place in places_run]

    return numbers


def _with_texts(
    tensorflow: Any,
    inputs: list[Any],
    texts: list[list[str] | None],
) -> tuple[list[Any], dict[bytes, Any]]:
    """Return the inputs with texts in place of ids; where only the ids are
    known, a stand-in text, and the ids by that text.

    `texts` has None for an input of numbers, [] for one whose ids are fed.
    """
    if all(column is None for column in texts):
        return inputs, {}

    fed = []
    ids_by_text = {}
    for number, (array, column) in enumerate(zip(inputs, texts, strict=True)):
        if column is None:
            value = array
        elif column:
            value = column
        else:
            stand_in = f"ids of input {number}"
            value = [stand_in] * len(array)
            ids_by_text[stand_in.encode()] = tensorflow.constant(array, "int64")

        fed.append(tensorflow.constant(value))

    return fed, ids_by_text


def _known_ids(
    layer: Any,
    args: Any,
    ids_by_text: Mapping[bytes, Any] | None,
) -> Any:
    """Return the ids that a text layer is to return for its text, None when it
    is to be run.
    """
    if (
        not ids_by_text
        or type(layer).__name__ != "TextVectorization"
        or not args
    ):
        return None

    first_text = args[0].numpy().reshape(-1)[0]

    return ids_by_text.get(first_text)


def _in_order(model: Any, names: list[str], inputs: list[Any]) -> Any:
    """Return the inputs in Keras's order: by name where the names agree, else
    in the given order.
    """
    tensors = getattr(model, "inputs", None) or []
    keras_names = [str(tensor.name).partition(":")[0] for tensor in tensors]
    if sorted(keras_names) == sorted(names):
        inputs = [inputs[names.index(name)] for name in keras_names]

    if len(inputs) == 1:
        return inputs[0]

    return inputs


def _plain(value: Any) -> Any:
    """Return `value` as an array of a dtype that NumPy itself can store;
    bfloat16 isn't one.
    """
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind in "biuf":
        return array

    return array.astype(np.float32)


def _first_line(text: str) -> str:
    """Return the line of one of Keras's long messages that says the fault,
    without colours.
    """
    uncoloured = re.sub("\x1b\\[[0-9;]*m", "", text)
    lines = [line.strip() for line in uncoloured.splitlines() if line.strip()]
    if not lines:
        return "no reason given"

    if len(lines) > 1 and lines[0].startswith(
        "Exception encountered when calling"
    ):
        return f"{lines[0].removesuffix('.')}: {lines[1]}"

    return lines[0]
