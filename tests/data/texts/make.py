"""Writes small models that begin with text, and beside each what its own Keras
makes of some texts.

    python tests/data/texts/make.py keras
    python tests/data/texts/make.py tf_keras

A `.json` holds the texts, the ids Keras's TextVectorization gave and the
model's outputs. Nothing is edited by hand.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
CORPUS = [
    "the movie was great",
    "The movie was bad, and LONG",
    "I loved it; and the film!",
    "naïve Übung 👩‍👩‍👧 zwei",
    "a b c a b",
]
TEXTS = [
    "the movie was great",
    "The MOVIE: was   bad!",
    "\tthe\nmovie\x0bwas\x0c\x1cgreat\r",
    "zzz yyy",
    "and",
    "it's the-film #1 [UNK] (great)",
    "ÜBUNG übung Übung NAÏVE naïve",
    "👩‍👩‍👧 the\u00a0movie \u2028 zwei",
    "the movie was bad and long and i loved it and the film was great " * 3,
    "a b c a b a",
]
EMPTY = ["", " ", "...!?", "\n\t"]
"""Texts of which nothing is left: all padding where the length is given,
refused here where it isn't.
"""


def rest(keras: Any, size: int) -> list[Any]:
    return [
        keras.layers.Embedding(size, 5, mask_zero=True),
        keras.layers.Bidirectional(keras.layers.LSTM(4)),
        keras.layers.Dense(2),
    ]


def vectorization(keras: Any, **options: Any) -> Any:
    layer = keras.layers.TextVectorization(**options)
    if "vocabulary" not in options:
        layer.adapt(tf.constant(CORPUS))
    return layer


def sequential(
    keras: Any, shape: tuple[int, ...] = (1,), **options: Any
) -> tuple[Any, Any]:
    layer = vectorization(keras, **options)
    size = len(layer.get_vocabulary())
    return layer, keras.Sequential(
        [keras.Input(shape, dtype="string"), layer, *rest(keras, size)]
    )


def nested(keras: Any) -> tuple[Any, Any]:
    layer = vectorization(keras, max_tokens=20)
    inside = keras.Sequential(
        [keras.Input((1,), dtype="string"), layer], name="encoder"
    )
    x = given = keras.Input((1,), dtype="string", name="review")
    for part in (inside, *rest(keras, 20)):
        x = part(x)
    return layer, keras.Model(given, x)


MODELS = {
    "plain": lambda keras: sequential(keras, ()),
    "ngrams": lambda keras: sequential(
        keras, ngrams=2, output_sequence_length=7, max_tokens=30
    ),
    "character": lambda keras: sequential(
        keras, split="character", standardize="lower"
    ),
    "strip": lambda keras: sequential(
        keras,
        standardize="strip_punctuation",
        ngrams=(1, 3),
        output_sequence_length=5,
    ),
    "written": lambda keras: sequential(
        keras, vocabulary=["the", "movie", "Übung", "[UNK]"], standardize=None
    ),
    "nested": nested,
}


def main(flavour: str) -> None:
    """Write the models of one Keras."""
    keras = importlib.import_module(flavour)
    for name, make in MODELS.items():
        keras.utils.set_random_seed(7)
        layer, model = make(keras)
        for number, weight in enumerate(
            w for w in model.weights if hasattr(w, "assign")
        ):  # tf_keras lists a vocabulary
            rng = np.random.default_rng(number)
            weight.assign(rng.normal(0, 0.5, weight.shape).astype("float32"))
        path = HERE / f"{flavour}__{name}.keras"
        model.save(path)
        texts = TEXTS + (
            EMPTY if layer.get_config()["output_sequence_length"] else []
        )
        known = {
            "written_by": f"{flavour} {keras.__version__} on TensorFlow {tf.__version__}",
            "texts": texts,
            "ids": [
                np.asarray(layer(tf.constant([text])))[0].tolist()
                for text in texts
            ],
            "outputs": [
                np.asarray(model(tf.constant([[text]])))[0].tolist()
                for text in texts
            ],
        }
        path.with_suffix(".json").write_text(
            json.dumps(known, indent=0) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main(sys.argv[1])
