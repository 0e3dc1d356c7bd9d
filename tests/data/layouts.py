r"""Fixtures in layouts that no installable Keras writes here: arrays of today's
Keras, laid out as the sources have it.

Keras 0.x weights (`nb_layers`, keras 0.3.3 models.py), archives from Windows
(`layers\lstm\cell\vars/0`), and what today's Keras 3 alone writes: sharded
weights, ConvLSTM of one and three dimensions, a mask made explicit. Needs
TensorFlow: `python layouts.py`.
"""

from __future__ import annotations

import os
import zipfile
from io import BytesIO

os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="3",
    CUDA_VISIBLE_DEVICES="-1",
    KERAS_BACKEND="tensorflow",
)

import h5py
import keras
from saving import HERE, expect, fill, ids, masked, numbers, save

L = keras.layers


def path(name: str) -> str:
    """Return the path of a fixture."""
    return os.path.join(HERE, f"layout__{name}")


def oldest() -> None:
    """Keras 0.x: a group for each layer, an array for each parameter, the
    architecture apart.
    """
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            L.SimpleRNN(4, return_sequences=True),
            L.LSTM(3),
            L.Dense(2),
        ]
    )
    fill(model)
    with h5py.File(path("nb_layers.h5"), "w") as file:
        file.attrs["nb_layers"] = len(model.layers)
        for k, layer in enumerate(model.layers):
            weights = layer.get_weights()
            if isinstance(layer, L.LSTM):
                gates = [
                    [part[..., 3 * g : 3 * g + 3] for part in weights]
                    for g in (0, 2, 1, 3)
                ]
                weights = [part for gate in gates for part in gate]
            group = file.create_group(f"layer_{k}")
            group.attrs["nb_params"] = len(weights)
            for p, weight in enumerate(weights):
                group[f"param_{p}"] = weight
    with open(path("nb_layers.json"), "w", encoding="utf-8") as file:
        file.write(model.to_json())
    expect(model, "layout__nb_layers.h5", [numbers(2, 5, 3)], keras)


def windows() -> None:
    """An archive whose groups keep the backslashes of the machine that wrote
    it.
    """
    cells = [L.LSTMCell(2), L.LSTMCell(3), L.GRUCell(2)]
    layers = [
        L.GRU(3, return_sequences=True),
        L.Bidirectional(L.LSTM(2, return_sequences=True)),
        L.RNN(cells),
    ]
    model = keras.Sequential([keras.Input((5, 3)), *layers])
    fill(model)
    name = path("windows.keras")
    model.save(name)
    with zipfile.ZipFile(name) as archive:
        members = {
            info.filename: archive.read(info) for info in archive.infolist()
        }
    turned = BytesIO()
    with (
        h5py.File(BytesIO(members["model.weights.h5"])) as old,
        h5py.File(turned, "w") as new,
    ):

        def turn(place: str, found: h5py.Dataset | h5py.Group) -> None:
            if isinstance(found, h5py.Dataset):
                group, _, array = place.rpartition("/")
                new.create_dataset(
                    f"{group.replace('/', chr(92))}/{array}", data=found[()]
                )

        old.visititems(turn)
    members["model.weights.h5"] = turned.getvalue()
    with zipfile.ZipFile(name, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    expect(model, "layout__windows.keras", [numbers(2, 5, 3)], keras)


def explicit_mask() -> None:
    """Keras 3 turns a mask in a graph into operator layers, and can't open the
    `.h5` itself.
    """
    x = keras.Input((7,), dtype="float32")
    y = L.Bidirectional(L.LSTM(3, return_sequences=True))(
        L.Embedding(9, 4, mask_zero=True)(x)
    )
    model = keras.Model(
        x, L.GRU(2, reset_after=False, recurrent_activation="hard_sigmoid")(y)
    )
    fill(model)
    save(model, "layout__explicit_mask", [ids(2, 7, 9)], keras)


def convlstm() -> None:
    """ConvLSTM of one and of three dimensions."""
    x, y = keras.Input((3, 6, 2)), keras.Input((2, 3, 4, 3, 1))
    one = L.ConvLSTM1D(2, 2, return_sequences=True, go_backwards=True)(x)
    three = L.ConvLSTM3D(1, 2, padding="same", return_state=True)(y)
    model = keras.Model([x, y], [one, *three])
    fill(model)
    save(
        model,
        "layout__convlstm",
        [numbers(2, 3, 6, 2), numbers(2, 2, 3, 4, 3, 1)],
        keras,
        extension=".keras",
    )


def shards() -> None:
    """Weights in several files with an index."""
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            L.Masking(0.0),
            L.LSTM(6, return_sequences=True),
            L.GRU(6),
        ]
    )
    fill(model)
    model.save_weights(path("shards.weights.json"), max_shard_size=1e-6)
    with open(path("shards.json"), "w", encoding="utf-8") as file:
        file.write(model.to_json())
    expect(model, "layout__shards.weights.json", [masked(2, 5, 3)], keras)


if __name__ == "__main__":
    for make in (oldest, windows, explicit_mask, convlstm, shards):
        make()
