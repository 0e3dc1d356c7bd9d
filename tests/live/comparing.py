"""Save a random model in one of its containers, open it with rnn_tui, compare with what Keras computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from random_models import random_model

from rnn_tui import open_model

FORMS = {"keras": ("h5", "keras", "weights"), "tf_keras": ("h5", "keras", "weights", "old_weights")}


class KerasRefusesError(Exception):
    """Keras builds this model and then fails to run it (stacked cells over an open number of timesteps, for one)."""


def compare(K: Any, seed: int, form: str, folder: Path) -> None:
    """Raise AssertionError where rnn_tui and Keras differ on the model of this seed, KerasRefusesError without one."""
    K.backend.clear_session()
    K.utils.set_random_seed(seed)
    model, inputs = random_model(K, seed)
    try:
        outputs, layers = computed(K, model, inputs)
    except (ValueError, TypeError) as problem:
        raise KerasRefusesError(str(problem).splitlines()[0]) from problem
    path, options = saved(model, form, folder)
    opened = open_model(path, **options)
    assert opened.model.parameters == model.count_params(), "parameters"
    assert opened.model.trainable == sum(int(np.prod(w.shape)) for w in model.trainable_weights), "trainable"
    names = [info.name for info in opened.model.inputs]
    trace = opened.run(dict(zip(names, inputs, strict=True)))
    for k, theirs in enumerate(outputs):
        same(trace.outputs[k], theirs, f"output {k}")
    for name, values in layers.items():
        for k, theirs in enumerate(values):
            same(trace[name].outputs[k], theirs, f"{name} output {k}")


def saved(model: Any, form: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write the model; return its path and what opening it needs."""
    if form in ("h5", "keras"):
        path = folder / f"model.{form}"
        model.save(path)
        return path, {}
    path = folder / ("model.weights.h5" if form == "weights" else "old.h5")
    model.save_weights(path)
    (folder / "architecture.json").write_text(model.to_json(), encoding="utf-8")
    return path, {"config": folder / "architecture.json"}


def computed(K: Any, model: Any, inputs: list[np.ndarray]) -> tuple[list[np.ndarray], dict[str, list[np.ndarray]]]:
    """Return the model's outputs and those of every layer that is called once, of one run."""
    single = {}
    for layer in model.layers:
        nodes = [node for node in layer._inbound_nodes if node in _nodes(model)]
        if len(nodes) == 1 and type(layer).__name__ != "InputLayer" and not type(layer).__name__.startswith("TFOp"):
            single[layer.name] = _listed(nodes[0].output_tensors if K.__name__ == "keras" else nodes[0].outputs)
    probe = K.Model(model.inputs, [_listed(model.outputs), *single.values()])
    outputs, *values = probe(inputs if len(inputs) > 1 else inputs[0], training=False)
    layers = {name: [np.asarray(one) for one in value] for name, value in zip(single, values, strict=True)}
    return [np.asarray(value) for value in outputs], layers


def _nodes(model: Any) -> list[Any]:
    graph = getattr(model, "_functional", None) or model
    by_depth = getattr(graph, "_nodes_by_depth", {})
    return [node for nodes in by_depth.values() for node in nodes]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [one for part in value for one in _listed(part)]
    return [value]


def same(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """The promise: within 1e-5 relative, 1e-6 absolute."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6, err_msg=what)
