"""Configurations no Keras wrote end in one line or in a list that says what is
odd: crafted ones, then random ones.

So many of each, the same in every run: `spoil.py` goes through as many others
as it is asked to.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faces
import headless
import numpy as np
import pytest
import sound_models as c
import spoil
from forked import forking
from model_files import write_h5
from sound_models import X
from sound_notation import Sound, functional, leaf, sequential, started, weights

from rnn_tui.engine.layers import registry
from rnn_tui.engine.layers.augmentation import Augmentation
from rnn_tui.engine.layers.names import class_names

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
SOMEBODYS = {f"somebody's {name}" for name in ("QLSTM", "Bidirectional", "RNN")}
NOT_RUN = {
    "Lambda",
    "Mine",
    "RandomThing",
    "tf_keras 201",
    "tf_keras 178",
    *SOMEBODYS,
}


def nested(depth: int) -> dict[str, Any]:
    """A model in a model in a model."""
    model = started([None, 4, 2], leaf("LSTM", units=3))
    for _ in range(depth):
        model = sequential(model)
    return model


def calls(inbound: Any) -> dict[str, Any]:
    """A functional model whose LSTM is called like this."""
    layers = [X, leaf("LSTM", inbound, name="lstm", units=3)]
    return functional(layers, [["x", 0, 0]], [["lstm", 0, 0]])


def one(class_name: str, **config: Any) -> Callable[[], dict[str, Any]]:
    """A model of one layer."""
    return lambda: started([None, 4, 2], leaf(class_name, **config))


def doubled(depth: int) -> dict[str, Any]:
    """A model that calls a model twice, that calls a model twice, …: as many
    calls as 2 to the power of its depth.
    """
    model = leaf("Dropout", name="d")
    for _ in range(depth):
        called = {
            **model,
            "name": model["config"]["name"],
            "inbound_nodes": [[["x", 0, 0, {}]]] * 2,
        }
        ends = [[called["name"], call, 0] for call in (0, 1)]
        model = functional(
            [leaf("InputLayer", [], name="x", batch_shape=[None, 2]), called],
            [["x", 0, 0]],
            ends,
        )
    return model


def both_ways(depth: int, backward: bool) -> dict[str, Any]:
    """A Bidirectional in a Bidirectional in …, which reads one layer for both
    of its directions.
    """
    layer = leaf("LSTM", units=3)
    for k in range(depth):
        layer = leaf(
            "Bidirectional",
            layer=layer,
            name=f"b{k}",
            **({"backward_layer": layer} if backward else {}),
        )
    return started([None, 4, 2], layer)


def operation(
    name: str, shape: Any = (None, 4, 2), **config: Any
) -> Callable[[], dict[str, Any]]:
    """A functional model of one of keras.ops."""
    x = leaf(
        "InputLayer", [], name="x", batch_shape=list(shape), dtype="float32"
    )
    read = {
        "class_name": "__keras_tensor__",
        "config": {"keras_history": ["x", 0, 0]},
    }
    called = {"module": "keras.src.ops.numpy", "class_name": name, "config": {"name": "t", **config}, "name": "t",
              "inbound_nodes": [{"args": [read], "kwargs": {}}]}  # fmt: skip
    return lambda: functional([x, called], [["x", 0, 0]], [["t", 0, 0]])


def attention(timesteps: int) -> Callable[[], dict[str, Any]]:
    """A functional model whose every timestep looks at all of them."""
    x = leaf(
        "InputLayer",
        [],
        name="x",
        batch_shape=[None, timesteps, 1],
        dtype="float32",
    )
    called = leaf("Attention", [[["x", 0, 0, {}], ["x", 0, 0, {}]]], name="a")
    return lambda: functional([x, called], [["x", 0, 0]], [["a", 0, 0]])


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "cycle": (
        lambda: functional(
            [X, leaf("LSTM", [[["b", 0, 0, {}]]], name="a"), leaf("LSTM", [[["a", 0, 0, {}]]], name="b")],
            [["x", 0, 0]],
            [["b", 0, 0]],
        ),
        "from themselves",
    ),
    "reads itself": (lambda: calls([[["lstm", 0, 0, {}]]]), "from themselves"),
    "reads nobody": (lambda: calls([[["nobody", 0, 0, {}]]]), "doesn't have"),
    "call is a number": (lambda: calls([7]), "call 0 of layer 'lstm' is 7"),
    "call of no number": (lambda: calls([[["x", {}, 0, {}]]]), "call 0 of layer 'lstm'"),
    "calls are text": (lambda: calls("x"), "not a list"),
    "nested deep": (lambda: nested(200), "nested deeper"),
    "nested less deep": (lambda: nested(20), ""),
    "models called twice": (lambda: doubled(30), "2,147,483"),
    "models called twice within reason": (lambda: doubled(9), ""),
    "both directions of both directions": (lambda: both_ways(40, False), "a Bidirectional around Bidirectional"),
    "both directions of both, written twice": (lambda: both_ways(7, True), "a Bidirectional around Bidirectional"),
    "very many layers": (lambda: sequential(*[leaf("Dropout", name=f"d{k}") for k in range(100_000)]), "more than"),
    "many layers": (lambda: sequential(*[leaf("Dropout", name=f"d{k}") for k in range(11_000)]), "at most"),
    "some layers": (lambda: started([None, 4], *[leaf("Dropout", name=f"d{k}") for k in range(3_000)]), ""),
    "two of a name": (lambda: started([None, 4, 2], leaf("LSTM", units=3), leaf("LSTM", units=3)), "another layer"),
    "two of a name in a graph": (
        lambda: functional([X, X], [["x", 0, 0]], [["x", 0, 0]]),
        "two layers called 'x'",
    ),
    "layers are a number": (lambda: sequential() | {"config": {"layers": 3}}, "not a list"),
    "no layers": (lambda: sequential(), "no layers"),
    "a layer is a number": (lambda: sequential(5), "layer 0 is 5"),  # type: ignore[arg-type]
    "no configuration": (lambda: started([None, 4, 2], {"class_name": "LSTM"}), "no configuration for it"),
    "shape of words": (lambda: started(["a", "b"], leaf("LSTM", units=3)), "can't be read"),
    "shape of a billion": (lambda: started([None, 10**9, 2], leaf("LSTM", units=3)), ""),
    "units in words": (one("ELU", units="many"), 'units is "many", not a whole number above 0'),
    "repeat a billion times": (one("RepeatVector", n=10**9), ""),
    "repeat not at all": (one("RepeatVector", n=-3), "n is -3"),
    "pad a billion": (one("ZeroPadding1D", padding=10**9), "would make"),
    "pad without end": (one("ZeroPadding1D", padding=10**30), "padding is 1000000"),
    "upsample a billion times": (one("UpSampling1D", size=10**9), "size is 1000000000"),
    "upsample a million times": (one("UpSampling1D", size=1 << 20), "size is 1048576"),
    "pool of a million": (one("MaxPooling1D", pool_size=10**6, strides=1, padding="same"), "pool_size is 1000000"),
    "reshape to a billion": (one("Reshape", target_shape=[10**9]), "doesn't fit"),
    "permute what isn't there": (one("Permute", dims=[5, 6]), "doesn't fit"),
    "activation of an object": (one("Activation", activation={"class_name": ["x"]}), "not one of Keras's own"),
    "softmax over words": (one("Softmax", axis="all", trainable=True), 'axis is "all"'),
    "not a number": (one("LeakyReLU", negative_slope=float("nan")), "negative_slope is NaN"),
    "wrapper around nothing": (one("TimeDistributed"), "not a layer's configuration"),
    "both directions of nothing": (one("Bidirectional", layer=[1]), "not a layer's configuration"),
    "cell of nothing": (one("RNN", cell=None), "no cell"),
    "cells of numbers": (one("RNN", cell=[1, 2]), ""),
    "an operation on a billion": (operation("Tile", repeats=[1, 10**9]), "would make"),
    "an operation on a million": (operation("Tile", [None, 6, 4], repeats=[1, 2, 10**6]), "would make"),
    "a slice of many times the same": (operation("GetItem", [None, 500, 8], key=[[0] * 100_000]), "--max-memory"),
    "upsample what is long": (lambda: started([None, 1000, 10], leaf("UpSampling1D", size=50_000)), "--max-memory"),
    "repeat what is wide": (lambda: started([None, 1 << 22], leaf("RepeatVector", n=1000)), "--max-memory"),
    "long and deep": (
        lambda: started([None, 1 << 17, 8], *[leaf("Activation", activation="relu", name=f"a{k}") for k in range(200)]),
        "",
    ),
    "attention to what is long": (attention(15_000), "--max-memory"),
    "windows without end": (one("AdaptiveAveragePooling1D", output_size=10**7), "would make"),
    "gelu of many": (
        lambda: started([None, 1 << 22], leaf("RepeatVector", n=3), leaf("Activation", activation="gelu")),
        "output 0 (1, 3, 4194304)",
    ),
    "wide and deep": (
        lambda: started([None, 1 << 20], *[leaf("Activation", activation="relu", name=f"a{k}") for k in range(200)]),
        "--max-memory",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_absurd_configuration_is_said_in_words(
    name: str, tmp_path: Path
) -> None:
    make, words = CASES[name]
    path = tmp_path / "model.h5"
    write_h5(
        path, weights(lstm=c.LSTM), config=json.dumps(make()), version="3.5.0"
    )
    with forking():
        listed = headless.run(["layers", str(path)])
        traced = headless.run(["trace", str(path), "--input", "random"])
    for ended in (listed, traced):
        assert ended.broken(path.stat().st_size) is None, ended.broken(
            path.stat().st_size
        )
    said = listed.out + listed.err + traced.out + traced.err
    assert words in " ".join(said.split()), said


def test_places_without_end_are_refused_before_they_are_gone_through(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.h5"
    local = leaf(
        "LocallyConnected1D",
        name="a",
        filters=2,
        kernel_size=[3],
        padding="valid",
    )
    arrays = {
        "a": {"kernel": np.ones((4, 3, 2), "f4"), "bias": np.ones((4, 2), "f4")}
    }
    write_h5(
        path,
        arrays,
        config=json.dumps(started([None, 1 << 22, 1], local)),
        version="2.15.0",
    )
    with forking():
        ended = headless.run(["trace", str(path), "--input", "random"])
    assert ended.broken(path.stat().st_size) is None, ended.broken(
        path.stat().st_size
    )
    assert (
        "its kernel is (4, 3, 2), for this input it would be (4194302, 3, 2)"
        in ended.err
    )


def test_the_shape_of_a_long_attention_is_listed_all_the_same(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.h5"
    write_h5(
        path, weights(), config=json.dumps(attention(15_000)()), version="3.5.0"
    )
    with forking():
        ended = headless.run(["layers", str(path)])
    assert "a      Attention   (None, 15000, 1)" in ended.out


def test_a_sequence_of_a_billion_timesteps_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    write_h5(
        path,
        weights(lstm=c.LSTM),
        config=json.dumps(started([None, None, 2], leaf("LSTM", units=3))),
    )
    with forking():
        ended = headless.run(
            ["trace", str(path), "--input", "random:1000000000"]
        )
    assert ended.status == 2
    assert "would make" in ended.err
    assert ended.broken(path.stat().st_size) is None


@pytest.mark.parametrize("seed", range(5))
def test_no_random_configuration_breaks_the_program(seed: int) -> None:
    ends = spoil.in_process(spoil.spoiled(index, seed) for index in range(50))
    assert set(ends) == {"refused", "listed", "ran"}


def test_no_random_configuration_breaks_the_commands(tmp_path: Path) -> None:
    ends = spoil.commanded(
        (spoil.spoiled(index, 5) for index in range(20)), tmp_path
    )
    assert {word[-1] for word in ends} == {"0", "2"}


def test_the_fuzzers_begin_with_every_class_of_layer() -> None:
    named = set(
        re.findall(
            r'"class_name": "(\w+)"',
            json.dumps([model.config for model in c.sound()]),
        )
    )
    assert registry.class_for("LSTM's next of kin") is None
    made = {name: registry.class_for(name) for name in class_names()}
    known = {
        name
        for name, cls in made.items()
        if cls is None or not issubclass(cls, Augmentation)
    }
    assert known <= named


@pytest.mark.parametrize("model", c.sound()[::4], ids=lambda model: model.name)
def test_a_sound_model_runs_as_it_is(model: Sound) -> None:
    """What the fuzzers begin with is sound, but for a class of nobody's and
    inputs of two lengths.
    """
    ended = faces.ended(
        json.dumps(model.config), model.arrays, model.version or "3.5.0"
    )
    assert (ended == "ran") is (model.name not in NOT_RUN)
