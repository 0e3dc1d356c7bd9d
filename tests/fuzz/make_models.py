"""Writes `models.json`: configurations that Keras itself wrote, with the shapes
of their arrays, for the fuzzers.

    python tests/fuzz/make_models.py

takes random models (those of tests/live) of Keras 3 and tf_keras, the smallest
in which each class of layer and each operation stands, in the words of `.h5`
files and of `.keras` archives. Initialisers and the like, which nothing here
reads, are left out. Needs TensorFlow; the file is part of the project.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

for _name in ("live", "formats"):
    sys.path.insert(0, str(Path(__file__).parents[1] / _name))

import h5py  # noqa: E402
import keras  # noqa: E402
import tf_keras  # noqa: E402
from comparing import KerasRefusesError, keras_run  # noqa: E402

UNREAD = ("_initializer", "_regularizer", "_constraint")
"""Ends of keys that say how a layer is trained."""


def written(K: Any, seed: int, folder: Path) -> dict[str, Any]:
    """Return the configuration of the model of this seed, and the shapes of its
    arrays by layer.
    """
    made, _ = keras_run(K, seed)
    path = folder / "model.h5"
    made.model.save(path)
    with h5py.File(path) as root:
        home, version = root["model_weights"], root.attrs["keras_version"]
        text = (
            str(root.attrs["model_config"])
            if seed % 2 or K is tf_keras
            else made.model.to_json()
        )
        shapes = {
            layer: {
                str(name): list(home[layer][name].shape)
                for name in home[layer].attrs["weight_names"]
            }
            for layer in map(str, home.attrs["layer_names"])
        }
    return {
        "name": f"{K.__name__} {seed}",
        "version": version,
        "config": trimmed(json.loads(text)),
        "shapes": shapes,
    }


def trimmed(value: Any) -> Any:
    """Return a configuration without what says how it is trained."""
    if isinstance(value, dict):
        return {
            key: trimmed(part)
            for key, part in value.items()
            if not key.endswith(UNREAD)
        }
    return (
        [trimmed(part) for part in value] if isinstance(value, list) else value
    )


def parts(model: dict[str, Any]) -> set[str]:
    """Return the classes and TensorFlow functions of a configuration, each with
    the generation that wrote it.
    """
    text = json.dumps(model["config"])
    return {
        f"{model['version'][0]} {word}"
        for word in re.findall(r'"(?:class_name|function)": "([^"]+)"', text)
    }


def smallest(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the smallest models in which every class stands, the rarest class
    chosen first.
    """
    models = sorted(models, key=lambda model: len(json.dumps(model)))
    counted = Counter(part for model in models for part in parts(model))
    chosen: list[dict[str, Any]] = []
    seen: set[str] = set()
    for part, _ in sorted(counted.items(), key=lambda item: (item[1], item[0])):
        if part not in seen:
            chosen.append(
                next(model for model in models if part in parts(model))
            )
            seen |= parts(chosen[-1])
    return chosen


def main() -> None:
    """Choose the models and write them."""
    made = []
    with tempfile.TemporaryDirectory() as name:
        for seed in range(260):
            for K in (keras, tf_keras):
                with contextlib.suppress(KerasRefusesError):
                    made.append(written(K, seed, Path(name)))
    lines = ",\n".join(
        json.dumps(model, separators=(",", ":")) for model in smallest(made)
    )
    Path(__file__).with_name("models.json").write_text(
        f"[\n{lines}\n]\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
