"""Variables that nothing but their names tells apart: those of a SavedModel
that holds no Keras model, and of a checkpoint of TensorFlow 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.formats.reader.contents import Contents
from rnn_tui.formats.reader.layouts import Found, Layer
from rnn_tui.formats.wire.problems import ProblemError

if TYPE_CHECKING:
    from rnn_tui.formats.reader.saved_model import SavedModel
    from rnn_tui.formats.reader.tensor_bundle import Bundle

_CELLS = ("_cell", "forward_", "backward_")
_ORDER = (
    "kernel",
    "recurrent_kernel",
    "bias",
    "gamma",
    "beta",
    "moving_mean",
    "moving_variance",
)
"""The names of a layer's arrays in Keras's order; the index has them by the
alphabet.
"""
_HALVES = ("gates", "candidate")
"""The two folders that TensorFlow 1's GRUCell has its arrays in."""
_OPTIMIZERS = (
    "Adam",
    "Adam_1",
    "AdamW",
    "Adamax",
    "Adamax_1",
    "Adagrad",
    "Adadelta",
    "Adadelta_1",
    "Ftrl",
    "Ftrl_1",
    "Momentum",
    "RMSProp",
    "RMSProp_1",
    "ExponentialMovingAverage",
)
"""The suffixes that TensorFlow 1 gives a variable's name for its optimizers'
own.
"""
_COUNTERS = ("global_step", "beta1_power", "beta2_power", "save_counter")


def foreign(model: SavedModel, bundle: Bundle) -> Contents:
    """Return the variables of a SavedModel by the layers their names tell."""
    arrays: dict[str, Found] = {}
    for path, place in model.variables():
        found = model.found(place)
        if "/" not in found.name:
            # a name without its layer's: the path of its object has that
            found.name = path

        arrays.setdefault(found.name, found)

    if arrays:
        layers = grouped(arrays)
        for number, layer in enumerate(layers):
            layer.address = number + 1
    else:
        arrays = {name: _stored(bundle, name) for name in bundle.names()}
        layers = grouped(arrays)

    return Contents("savedmodel", "layer_names", layers)


def by_names(bundle: Bundle) -> Contents:
    """Return the variables of a checkpoint of TensorFlow 1, an optimizer's own
    left out.
    """
    arrays = {
        name: _stored(bundle, name)
        for name in bundle.names()
        if not bundle.is_text(name)
    }
    contents = Contents("tf-checkpoint", "layer_names", grouped(arrays))
    contents.warnings.append(
        "the checkpoint names its variables as the program did (TensorFlow "
        "1): what their names and shapes don't tell isn't in it"
    )

    return contents


def grouped(arrays: dict[str, Found]) -> list[Layer]:
    """Return arrays by the layers that their names tell, each layer's in
    Keras's order.
    """
    layers: dict[str, Layer] = {}
    for name, found in arrays.items():
        path, _, _ = name.partition(":")
        parts = path.split("/")
        last = parts[-1]
        is_counter = parts[0] in _COUNTERS or last in _COUNTERS
        if is_counter or last in _OPTIMIZERS or "seed_generator" in name:
            continue

        folders = _without_halves(parts[:-1])
        owner = "/".join(folders)
        if f"{owner}/recurrent_kernel" in arrays:
            owner = "/".join(_without_cell(folders))

        owner = owner or "variables"
        layer = layers.setdefault(owner, Layer(owner))
        layer.arrays.append(found)

    for layer in layers.values():
        _sort(layer)

    return list(layers.values())


def _sort(layer: Layer) -> None:
    """Bring a layer's arrays into Keras's order: cell by cell as they are
    listed, the forward direction before the other.
    """
    folders = [_folder_and_name(found)[0] for found in layer.arrays]
    places = {
        folder: place for place, folder in enumerate(dict.fromkeys(folders))
    }

    def usual_place(found: Found) -> tuple[bool, int, int]:
        folder, name = _folder_and_name(found)
        place = len(_ORDER)
        if name in _ORDER:
            place = _ORDER.index(name)

        return "backward_" in folder, places[folder], place

    layer.arrays.sort(key=usual_place)


def _folder_and_name(found: Found) -> tuple[str, str]:
    path, _, _ = found.name.partition(":")
    folder, _, name = path.rpartition("/")

    return folder, name


def _without_halves(folders: list[str]) -> list[str]:
    """Return the folders of a variable, of TensorFlow 1's GRUCell without the
    one of its two halves.
    """
    is_half = len(folders) > 1 and folders[-1] in _HALVES
    if is_half and folders[-2] == "gru_cell":
        return folders[:-1]

    return folders


def _without_cell(folders: list[str]) -> list[str]:
    """Return the folders of a Keras layer's variable but those of its cell and
    its direction, which are inside the layer.
    """
    kept = list(folders)
    while len(kept) > 1:
        last = kept[-1]
        if not any(mark in last for mark in _CELLS):
            break

        kept.pop()

    return kept


def _stored(bundle: Bundle, name: str) -> Found:
    try:
        return Found(name, bundle.tensor(name))
    except ProblemError as problem:
        return Found(name, None, str(problem), problem.shape)
