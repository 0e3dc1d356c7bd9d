"""The plain description of a file as the reading process answers it, without
objects of h5py or zipfile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

Container = Literal[
    "keras-h5",
    "keras-zip",
    "keras-folder",
    "weights-h5",
    "savedmodel",
    "tf-checkpoint",
    "tfjs",
    "pytorch",
    "safetensors",
]

Layout = Literal["layer_names", "paths", "tracked", "nb_layers", "modules"]
"""How weights are laid out: by the attributes layer_names/weight_names, by
object paths (layers/lstm/cell/vars/0), as a program owned them
(layer_with_weights-0/cell/kernel), as Keras 0.x did (layer_0/param_0), or by
PyTorch's modules (encoder.rnn/weight_ih_l0).
"""


class StoredArray(NamedTuple):
    """One dataset of the file.

    `key` finds its values; `name` is cleaned and fit to show.

    `dtype` is the type of the values once read ("float32", "float16",
    "bfloat16", "int64"); `shape` is checked against the bytes behind it.
    `problem` says why the values can't be read, None when they can; the shape
    is `()` then where it isn't known. `same` is the key of the first of the
    arrays that are one and the same in the file, where several names share it.
    """

    key: str
    name: str
    shape: tuple[int, ...]
    dtype: str
    problem: str | None = None
    same: str | None = None


class StoredGroup(NamedTuple):
    """The arrays of one layer, in the file's order.

    `name` is the layer's name (layout "layer_names"), the group's path below
    the root, its `/vars` left out (layout "paths": "layers/lstm/cell"), or
    "layer_3" (layout "nb_layers"). `layer_name` is the attribute `name` that
    Keras ≥ 3.6 writes on a `vars` group, the class of a module where PyTorch
    wrote it (one of PyTorch's by its name alone, "LSTM", any other with its
    place, "mine.LSTM"), else None. `settings` are those that such a module
    keeps beside its parameters. `problem` is the fault
    of the group itself (listed but missing), None when there is none. `address`
    is where the file keeps the last of the group's heads (of its own and its
    arrays'), 0 where it is unknown; an object written later is further on.
    """

    name: str
    arrays: tuple[StoredArray, ...] = ()
    layer_name: str | None = None
    problem: str | None = None
    address: int = 0
    settings: Mapping[str, Any] = {}


class StoredVocabulary(NamedTuple):
    """A vocabulary in the archive.

    `sum` is its checksum and `problem` says why it can't be read, None when it
    can.

    `read` brings its bytes, in a reading process of its own; FileError when
    they aren't the values that the file declares.
    """

    size: int
    sum: int
    problem: str | None
    read: Callable[[], bytes]


class FileDescription(NamedTuple):
    """The contents of a file.

    `config` is the model's JSON as parsed (`{"class_name", "config"}`), None in
    weights-only files. `keras_version` is as written, "1" where a file of that
    age has none; `read(keys)` brings arrays by their keys.
    """

    path: str
    container: Container
    layout: Layout
    keras_version: str | None
    backend: str | None
    bytes: int
    config: Mapping[str, Any] | None
    groups: tuple[StoredGroup, ...]
    read: Callable[[list[str]], dict[str, NDArray[Any]]]
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, str] = {}
    """Further facts to show (sha256, HDF5 version, the archive's members)."""
    config_bytes: int = 0
    """How long the configuration is, as text."""
    vocabularies: Mapping[str, StoredVocabulary] = {}
    """The vocabularies in an archive, by the member's name, which finds one and
    is never shown.
    """

    @property
    def written_by(self) -> str:
        """The program that wrote the file, in words."""
        if self.layout == "modules":
            return "PyTorch"
        if self.keras_version:
            return f"Keras {self.keras_version}"

        return "Keras of unknown version"


class StoredWords:
    """The list of tokens in a configuration, not cleaned: it is shown as its
    length.
    """

    __slots__ = ("words",)

    def __init__(self, words: list[Any]) -> None:
        self.words = words

    def __repr__(self) -> str:
        return f"{len(self.words):,} tokens"
