"""The Merge layer of Keras 1 and of Keras 2.0 to 2.2: its modes are computed, a
function of somebody's own is named.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

RNG = np.random.default_rng(4)
A, B = RNG.normal(size=(2, 2, 4, 3)).astype("f4")
VERSIONS = ["1.2.2", "2.0.9", "2.2.2"]


def merge(mode: Any, **config: Any) -> dict[str, Any]:
    """A Merge as Keras wrote its configuration."""
    usual = {
        "name": "merge",
        "mode": mode,
        "mode_type": "raw",
        "concat_axis": -1,
        "dot_axes": -1,
    }
    usual |= {"output_shape": None, "output_shape_type": "raw", "arguments": {}}
    return {
        "class_name": "Merge",
        "name": "merge",
        "config": {**usual, **config},
    }


def written(
    path: Path,
    layer: dict[str, Any],
    version: str,
    shape: tuple[int, ...] = (4, 3),
) -> Any:
    """A model of two inputs that the layer merges, opened."""
    layer["inbound_nodes"] = [[["a", 0, 0], ["b", 0, 0]]]
    inputs = [
        {
            "class_name": "InputLayer",
            "name": name,
            "config": {"batch_input_shape": [None, *shape]},
            "inbound_nodes": [],
        }
        for name in "ab"
    ]
    graph = {
        "name": "m",
        "layers": [*inputs, layer],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
    }
    graph["output_layers"] = [["merge", 0, 0]]
    write_h5(
        path,
        {},
        config={"class_name": "Model", "config": graph},
        version=version,
    )
    return open_model(path)


def cosine(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The old mode's arithmetic over the last axis, written out."""
    xy, xx, yy = (
        np.einsum("btf,bsf->bts", *pair) for pair in ((x, y), (x, x), (y, y))
    )
    with np.errstate(invalid="ignore"):
        below = np.sqrt(np.maximum(xx * yy, 0))
    return (xy / np.maximum(below, 1e-7))[:, None]


MODES: dict[str, tuple[dict[str, Any], Callable[[], np.ndarray]]] = {
    "sum": ({}, lambda: A + B),
    "mul": ({}, lambda: A * B),
    "ave": ({}, lambda: (A + B) / 2),
    "max": ({}, lambda: np.maximum(A, B)),
    "concat": ({}, lambda: np.concatenate([A, B], axis=-1)),
    "concat in time": (
        {"concat_axis": 1},
        lambda: np.concatenate([A, B], axis=1),
    ),
    "dot": ({"dot_axes": [2, 2]}, lambda: np.einsum("btf,bsf->bts", A, B)),
    "dot in time": (
        {"dot_axes": [1, 1]},
        lambda: np.einsum("btf,btg->bfg", A, B),
    ),
    "cos": ({"dot_axes": [2, 2]}, lambda: cosine(A, B)),
    "cos by a number": ({"dot_axes": -1}, lambda: cosine(A, B)),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MODES)
def test_a_mode_is_computed(tmp_path: Path, name: str, version: str) -> None:
    config, wanted = MODES[name]
    opened = written(
        tmp_path / "m.h5", merge(name.split()[0], **config), version
    )

    found = opened.run({"a": A, "b": B}).output
    assert found.shape == wanted().shape
    np.testing.assert_allclose(found, wanted(), rtol=2e-5, atol=1e-6)
    assert opened.layers[-1].class_name == "Merge"
    assert any("calls it Merge" in note for note in opened.layers[-1].notes)


def test_the_cosine_of_two_vectors_has_one_axis_more_than_keras_states(
    tmp_path: Path,
) -> None:
    opened = written(
        tmp_path / "m.h5", merge("cos", dot_axes=[1, 1]), "2.1.6", shape=(4,)
    )
    a, b = A[:, :, 0], B[:, :, 0]

    wanted = (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))
    np.testing.assert_allclose(
        opened.run({"a": a, "b": b}).output, wanted[:, None, None], rtol=1e-5
    )
    assert opened.layers[-1].output_shape == (None, 1)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("mode", "kind", "why"),
    [
        (
            ["4wEAAAAB", None, None],
            "lambda",
            "a lambda: code in a file is never run",
        ),
        ("my_merge", "function", 'the function "my_merge"'),
        ("outer", "raw", 'its mode is "outer", not one of sum, mul'),
        ({"sum": 1}, "raw", "not one of sum, mul"),
        (None, "raw", "its mode is null"),
    ],
)
def test_another_mode_is_refused_by_its_name(
    tmp_path: Path, mode: Any, kind: str, why: str, version: str
) -> None:
    opened = written(tmp_path / "m.h5", merge(mode, mode_type=kind), version)
    assert why in (opened.layers[-1].why_not or "")

    with pytest.raises(
        UnsupportedLayerError, match="'merge' can't be reproduced"
    ):
        opened.run({"a": A, "b": B})


def test_the_layer_of_another_generation_is_somebodys_own(
    tmp_path: Path,
) -> None:
    opened = written(tmp_path / "m.h5", merge("sum"), "3.5.0")
    assert not opened.layers[-1].reproducible


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sequential_that_begins_with_a_merge_is_computed(
    tmp_path: Path, version: str
) -> None:
    units = "output_dim" if version.startswith("1") else "units"
    branches = []
    for name in "ab":
        layer = {
            "name": f"dense_{name}",
            units: 2,
            "activation": "linear",
            "batch_input_shape": [None, 3],
        }
        branches.append(
            {
                "class_name": "Sequential",
                "config": [{"class_name": "Dense", "config": layer}],
            }
        )
    first = merge("concat", layers=branches)
    last = {
        "class_name": "Dense",
        "config": {"name": "last", units: 1, "activation": "linear"},
    }
    kernels = {
        name: RNG.normal(size=shape).astype("f4")
        for name, shape in SHAPES.items()
    }
    arrays = {
        name: {f"{name}_W": kernel, f"{name}_b": np.ones(kernel.shape[1], "f4")}
        for name, kernel in kernels.items()
    }
    write_h5(
        tmp_path / "m.h5",
        arrays,
        config={"class_name": "Sequential", "config": [first, last]},
        version=version,
    )

    opened = open_model(tmp_path / "m.h5")
    a, b = A[:, 0], B[:, 0]
    found = opened.run(
        {
            info.name: x
            for info, x in zip(opened.model.inputs, (a, b), strict=True)
        }
    ).output
    joined = np.concatenate(
        [a @ kernels["dense_a"] + 1, b @ kernels["dense_b"] + 1], axis=1
    )
    np.testing.assert_allclose(
        found, joined @ kernels["last"] + 1, rtol=1e-5, atol=1e-6
    )


SHAPES = {"dense_a": (3, 2), "dense_b": (3, 2), "last": (4, 1)}
