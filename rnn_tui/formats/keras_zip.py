"""The `.keras` archive, read in place: members are looked up and bounded, nothing is ever unpacked to disk."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rnn_tui.formats.limits import Limits
from rnn_tui.formats.problems import Problem

WEIGHTS = "model.weights.h5"
_ERRORS = (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError, EOFError, zlib.error)


@dataclass
class Archive:
    """The parts of a `.keras` archive that describe the model."""

    config: str
    keras_version: str | None
    zip: zipfile.ZipFile
    weights_bytes: int
    limits: Limits
    facts: dict[str, str] = field(default_factory=dict)

    def weights(self) -> BinaryIO:
        """Return the HDF5 member as a file in memory, its checksum checked."""
        return io.BytesIO(_member(self.zip, WEIGHTS, self.limits))


def open_archive(source: BinaryIO, size: int, limits: Limits) -> Archive:
    """Return the parts of a `.keras` archive; Problem when it is none, damaged or refused."""
    try:
        archive = zipfile.ZipFile(source)
    except _ERRORS:
        raise Problem("is a zip archive that is cut short or damaged; copy or download it again") from None
    members = archive.infolist()
    if len(members) > limits.zip_members:
        raise Problem(f"is a zip archive of {len(members):,} members; at most {limits.zip_members:,} are read")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise Problem("is a zip archive with two members of one name: refused")
    if "config.json" not in names:
        raise Problem(_foreign(names))
    if WEIGHTS not in names:
        raise Problem("is a .keras archive without model.weights.h5: its weights are missing")
    config = _member(archive, "config.json", limits).decode("utf-8", "surrogateescape")
    version = None
    if "metadata.json" in names:
        metadata = _json(_member(archive, "metadata.json", limits))
        version = str(metadata.get("keras_version")) if isinstance(metadata, dict) else None
    return Archive(config, version, archive, archive.getinfo(WEIGHTS).file_size, limits)


def _member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise Problem(f"is an encrypted archive: {name} needs a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Problem(f"is an archive whose {name} is packed in a way Keras never uses: refused")
    if info.file_size > limits.floor and info.file_size > limits.zip_expansion * info.compress_size:
        raise Problem(f"is an archive whose {name} unpacks to {info.file_size:,} bytes: refused")
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except _ERRORS as error:
        if "CRC" in str(error):
            raise Problem(f"is damaged: the checksum of {name} in the archive is wrong") from None
        raise Problem(f"is damaged: {name} in the archive can't be unpacked") from None
    if len(data) != info.file_size:
        raise Problem(f"is damaged: {name} in the archive is shorter than it says")
    return data


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _foreign(names: list[str]) -> str:
    if any(name.endswith("data.pkl") for name in names):
        return "is a PyTorch model (a zip with a pickle), which is never opened; save the Keras model as .keras or .h5"
    if any(name.endswith("saved_model.pb") for name in names):
        return "is a zipped TensorFlow SavedModel; save the model as .keras or .h5"
    if any(name.endswith(".npy") for name in names):
        return "is a NumPy .npz archive, not a Keras model"
    return "is a zip archive but no .keras model: it has no config.json"
