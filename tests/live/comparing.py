"""Save a random model in one of its containers, open it with rnn_tui, compare
with what Keras computes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from random_models import Made, random_model, under
from tensorflow.errors import InvalidArgumentError
from tfjs_files import write as write_tfjs

from rnn_tui import open_model
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.errors import UnsupportedLayerError

FORMS = {
    "keras": ("h5", "keras", "weights", "shards", "model", "tfjs"),
    "tf_keras": (
        "h5",
        "keras",
        "weights",
        "old_weights",
        "model",
        "savedmodel",
        "checkpoint",
        "traced",
        "tfjs",
    ),
}
JAVASCRIPTS = ("float32", "int32", "bool", "uint8")
"""The types that weights have in TensorFlow.js, as its converter writes them.
"""


class KerasRefusesError(Exception):
    """Keras builds this model and then fails to run it (stacked cells over an
    open number of timesteps, for one).
    """


class Computed(NamedTuple):
    """What Keras computes: the model's outputs, and by our name of the call
    (`lstm@1`) those of every layer.
    """

    outputs: list[np.ndarray]
    calls: dict[str, list[np.ndarray]]


def compare(K: Any, seed: int, form: str, folder: Path) -> list[str]:
    """Raise AssertionError where rnn_tui and Keras differ on the model of this
    seed, KerasRefusesError without one.

    Return the arrays that lie further apart than the promise and are proven to
    be rounding (see `Proof`).
    """
    made, theirs = keras_run(K, seed)
    path, options = saved(K, made.model, form, folder)
    opened = open_model(path, **options)
    same_table(K, made.model, opened.model)
    fed = dict(
        zip(
            [info.name for info in opened.model.inputs],
            made.inputs,
            strict=True,
        )
    )
    ours = opened.run(fed)
    proof = Proof(K, seed, made, lambda: opened.run(fed, dtype="float64"))
    return [line for line in pairs(ours, theirs, proof) if line]


def compare_own(K: Any, seed: int, form: str, folder: Path) -> list[str]:
    """As `compare`, of the same model with recurrent classes of somebody's own:
    refused, and as Keras's on request.
    """
    made, theirs = keras_run(K, seed)
    own = own_model(K, seed, made)
    path, options = saved(K, own, form, folder)

    listed = open_model(path, **options)
    assert listed.model.parameters == made.model.count_params(), "parameters"
    as_classes = {layer.path: layer.fits[0] for layer in listed.own}
    fed = dict(
        zip(
            [info.name for info in listed.model.inputs],
            made.inputs,
            strict=True,
        )
    )
    if as_classes:
        with pytest.raises(UnsupportedLayerError, match="--as "):
            listed.run(fed)

    opened = open_model(path, **options, as_=as_classes)
    assert len(opened.assumptions) == len(as_classes)
    ours = opened.run(fed)
    proof = Proof(K, seed, made, lambda: opened.run(fed, dtype="float64"))
    return [line for line in pairs(ours, theirs, proof) if line]


def own_model(K: Any, seed: int, plain: Made) -> Any:
    """Return the model of this seed with recurrent classes of somebody's own,
    and the weights of the plain one.
    """
    K.backend.clear_session()
    K.utils.set_random_seed(seed)
    try:
        own = random_model(K, seed, own=True).model
    except (
        ValueError,
        TypeError,
        NotImplementedError,
        InvalidArgumentError,
    ) as problem:
        raise KerasRefusesError(
            f"{type(problem).__name__} {str(problem).splitlines()[0]}"
        ) from problem
    for mine, theirs in zip(own.weights, plain.model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))
    return own


def keras_run(
    K: Any, seed: int, exact: bool = False, like: Any = None
) -> tuple[Made, Computed]:
    """Return the model of this seed and what Keras computes with it; in float64
    with the weights of `like`.
    """
    K.backend.clear_session()
    K.utils.set_random_seed(seed)
    try:
        made = random_model(K, seed, exact)
        for weight, other in zip(
            made.model.weights,
            like.weights if like is not None else (),
            strict=like is not None,
        ):
            weight.assign(np.asarray(other).astype(np.float64))
        if exact:
            under(K, "float64")
        return made, computed(K, *made[:2])
    except (
        ValueError,
        TypeError,
        NotImplementedError,
        InvalidArgumentError,
    ) as problem:
        raise KerasRefusesError(
            f"{type(problem).__name__} {str(problem).splitlines()[0]}"
        ) from problem
    finally:
        under(K, "")


def pairs(ours: ModelTrace, theirs: Computed, proof: Proof) -> Iterator[str]:
    """Compare every array; yield the name of each that needed a proof."""
    for k, value in enumerate(theirs.outputs):
        yield proof.same(ours.outputs[k], value, ("", k))
    for name, values in theirs.calls.items():
        for k, value in enumerate(values):
            yield proof.same(ours[name].outputs[k], value, (name, k))


class Proof:
    """Tells rounding from a mistake: the same two runs in float64 must then
    agree to seven digits (not to sixteen: Keras takes some constants, an offset
    of 0.1 say, through float32 even there).

    Where they do, both compute the same function and float32 can't hold it;
    ours must also lie about as near to the float64 result as Keras's. No
    tolerance is widened: where float64 disagrees, it is a mistake. Under a
    half-precision policy Keras's own run is the one that is off, so the float64
    run takes its place.
    """

    def __init__(self, K: Any, seed: int, made: Made, run: Any) -> None:
        self.K, self.seed, self.made, self._run = K, seed, made, run
        self._exact: tuple[ModelTrace, Computed] | None = None

    def same(
        self, ours: np.ndarray, theirs: np.ndarray, what: tuple[str, int]
    ) -> str:
        """Raise AssertionError unless the two are equal; return how far apart
        rounding has brought them, "" if not.
        """
        label = f"{what[0] or 'model'} output {what[1]}"
        assert ours.shape == theirs.shape, (
            f"{label}: {ours.shape} where Keras has {theirs.shape}"
        )
        half = bool(self.made.policy)
        if not half and np.allclose(
            ours, theirs, rtol=1e-5, atol=1e-6, equal_nan=True
        ):
            return ""
        mine, truth = self._of(what)
        scale = max(1.0, float(np.nanmax(np.abs(truth), initial=0)))
        np.testing.assert_allclose(
            mine,
            truth,
            rtol=1e-7,
            atol=1e-7 * scale,
            err_msg=f"{label} in float64",
        )
        our_error, their_error = (
            _largest(ours - truth),
            _largest(theirs.astype(np.float64) - truth),
        )
        allowed = 1e-6 + 1e-5 * scale if half else 0
        assert our_error <= max(100 * their_error, allowed), (
            f"{label}: {our_error} off, Keras {their_error}"
        )
        return (
            ""
            if half
            else f"{label}: Keras is {their_error:.1e} off the float64 result, rnn_tui {our_error:.1e}"
        )

    def _of(self, what: tuple[str, int]) -> tuple[np.ndarray, np.ndarray]:
        if self._exact is None:
            _, theirs = keras_run(
                self.K, self.seed, exact=True, like=self.made.model
            )
            self._exact = self._run(), theirs
        ours, theirs = self._exact
        name, k = what
        return (
            (ours[name].outputs[k], theirs.calls[name][k])
            if name
            else (ours.outputs[k], theirs.outputs[k])
        )


def _largest(apart: np.ndarray) -> float:
    return float(np.nanmax(np.abs(apart), initial=0))


def saved(
    K: Any, model: Any, form: str, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """Write the model; return its path and what opening it needs."""
    if form in ("h5", "keras"):
        path = folder / f"model.{form}"
        model.save(path)
        return path, {}
    if form == "tfjs":
        return converted(K, model, folder / "m"), {}
    if form in ("savedmodel", "traced"):
        # traces are nearly all of the time and of the bytes, and of no other
        # variables
        model.save(folder / "m", save_format="tf", save_traces=form == "traced")
        return folder / "m", {}
    names = {
        "old_weights": "old.h5",
        "shards": "model.weights.json",
        "checkpoint": "checkpointed",
    }
    path = folder / names.get(form, "model.weights.h5")
    model.save_weights(
        path, **({"max_shard_size": 1e-5} if form == "shards" else {})
    )
    config = folder / (
        "other.keras" if form == "model" else "architecture.json"
    )
    if form == "model":
        model.save(config)
    else:
        config.write_text(model.to_json(), encoding="utf-8")
    return path, {"config": config}


def converted(K: Any, model: Any, folder: Path) -> Path:
    """Write a model as the converter to TensorFlow.js does: the layers by the
    alphabet, each with its trained weights first, in some thirty shards, of
    100 bytes at least.
    """
    weights = []
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        for weight in [
            *layer.trainable_weights,
            *layer.non_trainable_weights,
        ]:
            name = weight.name.partition(":")[0]
            if K.__name__ == "keras":
                name = f"{model.name}/{weight.path}"
            values = np.asarray(weight)
            if values.dtype.name not in JAVASCRIPTS:
                kind = "i4" if values.dtype.kind in "iu" else "f4"
                values = values.astype(kind)
            weights.append((name, values))
    if len({name for name, _ in weights}) < len(weights):
        raise KerasRefusesError(
            "two weights of one name, which JavaScript joins"
        )
    size = sum(values.nbytes for _, values in weights)
    return write_tfjs(
        folder,
        json.loads(model.to_json()),
        weights,
        keras_version=K.__version__,
        shard_bytes=max(100, size // 30),
    )


def _stated_for_one_side(layer: Any) -> bool:
    """Whether a Bidirectional's sides differ: Keras states the forward layer's
    shapes and states for both.
    """
    if not hasattr(layer, "backward_layer"):
        return False
    return layer.merge_mode is None or type(layer.forward_layer) is not type(
        layer.backward_layer
    )


def same_table(K: Any, model: Any, ours: Any) -> None:
    """The layer table counts and shapes as `model.summary()` does, nested
    models included.
    """
    assert ours.parameters == model.count_params(), "parameters"
    assert ours.trainable == _count(model.trainable_weights), "trainable"
    assert ours.non_trainable == _count(model.non_trainable_weights), (
        "non-trainable"
    )
    lines = {info.path: info for info in ours.layers}
    shown = [
        path for path, info in lines.items() if not _inside_another(path, lines)
    ]
    wanted = dict(_layers(K, model))
    assert [path for path in shown if path in wanted] == list(wanted), (
        "the layers' order"
    )
    for path, (layer, shapes) in wanted.items():
        assert lines[path].parameters == layer.count_params(), (
            f"parameters of {path}"
        )
        if shapes is not None:
            found = lines[path].output_shape or ()
            found = found if found and isinstance(found[0], tuple) else (found,)
            if _stated_for_one_side(layer):
                continue
            assert list(found) == shapes, (
                f"output shape of {path}: {found}, Keras {shapes}"
            )


def _inside_another(path: str, lines: dict[str, Any]) -> bool:
    """Whether a line stands below a wrapper, whose inner layers Keras's summary
    doesn't list.
    """
    parents = [path[:k] for k, letter in enumerate(path) if letter == "/"]
    return any(
        lines[parent].class_name not in ("Functional", "Sequential", "Model")
        for parent in parents
    )


def _layers(
    K: Any, model: Any, prefix: str = ""
) -> Iterator[tuple[str, tuple[Any, list[Any] | None]]]:
    """Yield every layer that the summary lists by its path, with the shapes its
    first call returns.
    """
    nodes = _nodes(model)
    for layer in model.layers:
        calls = [node for node in layer._inbound_nodes if node in nodes]
        shapes = (
            [tuple(tensor.shape) for tensor in _returned(K, calls[0])]
            if calls
            else None
        )
        yield prefix + layer.name, (layer, shapes)
        if isinstance(layer, K.Model):
            yield from _layers(K, layer, f"{prefix}{layer.name}/")


def computed(K: Any, model: Any, inputs: list[np.ndarray]) -> Computed:
    """Return the model's outputs and those of every call of every layer, of one
    run.
    """
    nodes = _nodes(model)
    calls = {}
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer" or type(
            layer
        ).__name__.startswith(("TFOp", "SlicingOp")):
            continue
        for k, node in enumerate(
            node for node in layer._inbound_nodes if node in nodes
        ):
            calls[f"{layer.name}@{k}" if k else layer.name] = _returned(K, node)
    probe = K.Model(model.inputs, [_listed(model.outputs), *calls.values()])
    outputs, *values = probe(
        inputs if len(inputs) > 1 else inputs[0], training=False
    )
    layers = {
        name: [_plain(one) for one in value]
        for name, value in zip(calls, values, strict=True)
    }
    return Computed([_plain(value) for value in outputs], layers)


def _returned(K: Any, node: Any) -> list[Any]:
    return _listed(
        node.output_tensors if K.__name__ == "keras" else node.outputs
    )


def _nodes(model: Any) -> list[Any]:
    graph = getattr(model, "_functional", None) or model
    by_depth = getattr(graph, "_nodes_by_depth", {})
    return [node for nodes in by_depth.values() for node in nodes]


def _count(weights: Any) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


def _plain(value: Any) -> np.ndarray:
    array = np.asarray(value)
    return array if array.dtype.kind in "biuf" else array.astype(np.float32)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [one for part in value for one in _listed(part)]
    return [value]
