"""The contents of a `.keras` archive: configuration, version, and weights in
either format.
"""

from __future__ import annotations

from typing import BinaryIO

from rnn_tui.formats.reader import keras_zip
from rnn_tui.formats.reader.contents import Contents, nested, read_paths, within
from rnn_tui.formats.reader.hdf5 import open_root
from rnn_tui.formats.reader.layouts import by_names
from rnn_tui.formats.reader.npz_weights import read_npz
from rnn_tui.formats.wire.keras_members import (
    CONFIG,
    HDF5_WEIGHTS,
    NUMPY_WEIGHTS,
    Members,
)
from rnn_tui.formats.wire.limits import Limits


def read_archive(
    archive: Members,
    size: int,
    limits: Limits,
    do: str,
) -> Contents:
    """Return the contents of a `.keras` archive, packed or unpacked, read in
    place.
    """
    config = archive.text(CONFIG)
    if archive.has(HDF5_WEIGHTS):
        if do == "read":
            archive.check(HDF5_WEIGHTS)

        length = archive.bytes_of(HDF5_WEIGHTS)
        contents = _weights_member(archive.file(HDF5_WEIGHTS), length, limits)
        size = max(size, length)
    elif archive.has(NUMPY_WEIGHTS):
        contents = Contents(
            "keras-zip",
            "paths",
            read_npz(archive, NUMPY_WEIGHTS),
        )
    else:
        contents = Contents("keras-zip", "paths", [])
        contents.warnings.append(
            "the archive holds no weights (model.weights.h5 is missing)"
        )

    contents.container = archive.container
    contents.config = config
    version = keras_zip.metadata(archive).get("keras_version")
    if version is None:
        contents.keras_version = None
    else:
        contents.keras_version = str(version)

    contents.facts.update(archive.facts)
    if any(name.endswith("/vocabulary.txt") for name in archive.names()):
        # few archives have one
        from rnn_tui.formats.reader.vocabulary_members import listed

        contents.vocabularies = listed(archive, limits, look=do == "describe")

    return within(contents, size, limits)


def vocabularies(archive: Members, limits: Limits) -> Contents:
    """Return an archive of which nothing but its vocabularies is read."""
    from rnn_tui.formats.reader.vocabulary_members import stored

    contents = Contents(archive.container, "paths", [])
    contents.read_vocabulary = lambda name: stored(archive, name, limits)

    return contents


def _weights_member(member: BinaryIO, length: int, limits: Limits) -> Contents:
    """Return the weights of an archive; the old layout occurs there too, in
    files put together by hand.
    """
    root = open_root(member, length, limits)
    for home in (root, *nested(root, ("model_weights",))):
        if home.texts("layer_names") is not None:
            return Contents("keras-zip", "layer_names", by_names(home, limits))

    return read_paths(root, limits)
