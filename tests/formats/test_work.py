"""The work of describing a model is bounded by what its file holds, whatever is
in what; it is counted, never timed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.engine.memory import work_budget as work
from rnn_tui.errors import FileError
from rnn_tui.formats.build import build
from rnn_tui.formats.wire.limits import Limits

Config = dict[str, Any]
MANY = 10_000


def layer(class_name: str, name: str, **config: Any) -> Config:
    return {"class_name": class_name, "config": {"name": name, **config}}


def sequential(name: str, *layers: Config) -> Config:
    return layer("Sequential", name, layers=list(layers))


def started(name: str, width: int, *layers: Config) -> Config:
    return sequential(
        name, layer("InputLayer", "x", batch_shape=[None, width]), *layers
    )


def doubled(depth: int, name: str = "s") -> Config:
    """A Sequential of two of one of two …"""
    if depth == 0:
        return layer("ReLU", name)
    return sequential(
        name, doubled(depth - 1, f"{name}a"), doubled(depth - 1, f"{name}b")
    )


def functional(name: str, layers: list[Config], output: str) -> Config:
    return layer(
        "Functional",
        name,
        layers=layers,
        input_layers=[["x", 0, 0]],
        output_layers=[[output, 0, 0]],
    )


def called(entry: Config, *calls: list[str]) -> Config:
    """A layer of a functional model that reads what these layers return, call
    by call.
    """
    inbound = [[[name, 0, 0, {}] for name in names] for names in calls]
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": inbound}


def other_at_each_level(depth: int, layers: int) -> Config:
    """Each model says another shape than the one around it: the innermost has
    as many as there are levels.
    """
    model = started(
        "innermost", 99, *(layer("ReLU", f"r{k}") for k in range(layers))
    )
    for level in range(depth):
        model = started(f"level{level}", level + 1, model)
    return model


@contextmanager
def counted() -> Iterator[list[int]]:
    """Note how many steps each model that is built takes."""
    taken: list[int] = []
    bounded = work.bounded

    @contextmanager
    def noted(steps: int) -> Iterator[work.Allowance]:
        with bounded(steps) as allowance:
            yield allowance
            taken.append(allowance.steps - allowance.left)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "bounded", noted)
        yield taken


def steps_of(path: Path, config: Config) -> int:
    write_h5(path, {}, config=config, version="3.5.0")
    with counted() as taken:
        open_model(path)
    (steps,) = taken
    return steps


def test_models_in_models_take_work_as_they_grow(tmp_path: Path) -> None:
    """Twice as many layers, one level deeper: twice the work, not four
    times.
    """
    smaller, larger = (
        steps_of(tmp_path / "m.h5", doubled(depth)) for depth in (7, 9)
    )
    assert larger < 4.5 * smaller


def test_a_wrapper_in_a_wrapper_takes_work_as_it_grows(tmp_path: Path) -> None:
    def wrapped(depth: int) -> Config:
        inner = layer("Dense", "d", units=2)
        for level in range(depth):
            inner = layer("TimeDistributed", f"t{level}", layer=inner)
        return sequential(
            "s", layer("InputLayer", "x", batch_shape=[None] * 3), *[inner] * 50
        )

    smaller, larger = (
        steps_of(tmp_path / "m.h5", wrapped(depth)) for depth in (6, 24)
    )
    assert larger < 6 * smaller


def test_many_inputs_are_looked_at_once_each(tmp_path: Path) -> None:
    def inputs(count: int) -> Config:
        names = [f"i{k}" for k in range(count)]
        entries = [
            called(layer("InputLayer", name, batch_shape=[None, 3]))
            for name in names
        ]
        config = functional(
            "f",
            [*entries, called(layer("Concatenate", "joined"), names)],
            "joined",
        )
        config["config"]["input_layers"] = [[name, 0, 0] for name in names]
        return config

    smaller, larger = (
        steps_of(tmp_path / "m.h5", inputs(count)) for count in (200, 2_000)
    )
    assert larger < 11 * smaller


ENDLESS = {
    "doubled at each level": lambda: doubled(15),
    "another shape at each level": lambda: other_at_each_level(24, 9_000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_multiplies_is_refused_in_one_line(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.h5"
    write_h5(path, {}, config=ENDLESS[name](), version="3.5.0")
    with pytest.raises(
        FileError,
        match=r"m\.h5: describing this file takes longer than [\d,]+ steps",
    ) as refused:
        open_model(path)
    assert "\n" not in str(refused.value)


def test_trying_shapes_counts_by_the_values_that_are_computed(
    tmp_path: Path,
) -> None:
    def tried(width: int) -> Config:
        x = called(layer("InputLayer", "x", batch_shape=[2, width, 1000]))
        entry = {
            "module": "keras.src.ops.numpy",
            **layer("Exp", "exp"),
            "name": "exp",
        }
        entry["inbound_nodes"] = [
            {
                "args": [
                    {
                        "class_name": "__keras_tensor__",
                        "config": {"keras_history": ["x", 0, 0]},
                    }
                ],
                "kwargs": {},
            }
        ]
        return functional("f", [x, entry], "exp")

    small, large = (
        steps_of(tmp_path / "m.h5", tried(width)) for width in (1, 1900)
    )
    assert large > small + 1000


def dense(count: int) -> Config:
    layers = [
        layer("Dense", f"dense_{k}", units=1, activation="linear")
        for k in range(count)
    ]
    return sequential(
        "s", layer("InputLayer", "x", batch_shape=[None, 1]), *layers
    )


def many_as_h5(path: Path, count: int) -> None:
    """Write a model of so many layers as Keras does: the names of its layers in
    chunks.
    """
    names = [f"dense_{k}".encode() for k in range(count)]
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(dense(count))
        file.attrs["keras_version"] = "3.5.0"
        home = file.create_group("model_weights")
        for chunk in range(0, count, 4_000):
            home.attrs[f"layer_names{chunk // 4_000}"] = names[
                chunk : chunk + 4_000
            ]
        for name in names:
            group = home.create_group(name)
            group.attrs["weight_names"] = [b"kernel", b"bias"]
            group["kernel"] = np.full((1, 1), 0.5, "f4")
            group["bias"] = np.zeros(1, "f4")


def many_as_keras(path: Path, count: int) -> None:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for k in range(count):
            group = file.create_group(
                f"layers/dense_{k}/vars" if k else "layers/dense/vars"
            )
            group["0"] = np.full((1, 1), 0.5, "f4")
            group["1"] = np.zeros(1, "f4")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "metadata.json", json.dumps({"keras_version": "3.5.0"})
        )
        archive.writestr("config.json", json.dumps(dense(count)))
        archive.writestr("model.weights.h5", weights.getvalue())


@pytest.mark.parametrize(
    ("name", "write"), [("m.h5", many_as_h5), ("m.keras", many_as_keras)]
)
def test_a_model_of_ten_thousand_layers_opens(
    name: str, write: Any, tmp_path: Path
) -> None:
    write(tmp_path / name, MANY - 1)
    opened = open_model(tmp_path / name)
    assert opened.model.parameters == 2 * (MANY - 1)
    assert opened.model.run(np.ones((1, 1), "f4")).output.shape == (1, 1)


def test_the_reader_gets_more_time_for_a_larger_file_and_little_between_two_steps() -> (
    None
):
    limits = Limits()
    small, large = 1 << 20, 40 << 20
    assert limits.cpu_limit(small, 0) == limits.cpu_between_steps(small, 0) == 2
    assert limits.cpu_limit(large, 0) == 12
    assert limits.cpu_between_steps(large, 0) == 2
