"""An archive, of Keras's or of PyTorch's, read in place: members are looked up
and bounded, nothing is ever unpacked to disk.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.keras_members import CONFIG, METADATA, Members
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

_ERRORS = (
    zipfile.BadZipFile,
    OSError,
    RuntimeError,
    ValueError,
    NotImplementedError,
    EOFError,
    zlib.error,
    KeyError,
)
PICKLE = "data.pkl"
"""The member that makes an archive PyTorch's."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_PIECE = 1 << 20


@dataclass
class Archive:
    """An open archive whose members passed the checks; `sure` means that their
    checksums were seen before.
    """

    zip: zipfile.ZipFile
    source: BinaryIO
    limits: Limits
    sure: bool
    facts: dict[str, str] = field(default_factory=dict)
    unsummed: bool = False
    """Whether it was written without checksums, as PyTorch can be asked to."""

    @property
    def container(self) -> str:
        """The container as the description names it."""
        return "keras-zip"

    def names(self) -> list[str]:
        """Return the names of all members."""
        return list(self.zip.NameToInfo)

    def sum_of(self, name: str) -> int:
        """Return a member's checksum as the archive has it."""
        return self.zip.NameToInfo[name].CRC

    def has(self, name: str) -> bool:
        """Say whether there is a member of that name."""
        return name in self.zip.NameToInfo

    def bytes_of(self, name: str) -> int:
        """Return a member's unpacked size."""
        return self.zip.NameToInfo[name].file_size

    def data(self, name: str) -> bytes:
        """Return a member as it is, unpacked and checked."""
        return self._read(self.checked(name))

    def text(self, name: str) -> str:
        """Return a member as text."""
        if self.bytes_of(name) > self.limits.config_bytes:
            raise ProblemError(
                f"is an archive whose {name} is longer than "
                f"{self.limits.config_bytes:,} bytes"
            )

        return self.data(name).decode("utf-8-sig", "surrogateescape")

    def file(self, name: str) -> BinaryIO:
        """Return a member as a seekable file: in memory when it is packed or
        small, else in place.
        """
        info = self.checked(name)
        if (
            info.compress_type != zipfile.ZIP_STORED
            or info.file_size <= self.limits.in_memory
        ):
            return io.BytesIO(self._read(info))

        window = Window(self.source, self._start(info), info.file_size)
        if not self.sure and info.file_size <= self.limits.hashed:
            _check(window, info)
        elif not self.sure:
            self.facts["checksum"] = "checked when weights are first read"

        return window  # type: ignore[return-value]

    def limited(self, name: str, most: int) -> bytes:
        """Return a member as it is, one of at most so many bytes."""
        if self.bytes_of(name) > most:
            raise ProblemError(
                f"is an archive whose {name!r:.60} is longer than {most:,} "
                "bytes"
            )

        return self.data(name)

    def opened(self, name: str) -> tuple[BinaryIO, int]:
        """Return the file that a member is in, and where it begins there, after
        its checksum was compared: in memory when it is packed or small.
        """
        info = self.checked(name)
        if (
            info.compress_type != zipfile.ZIP_STORED
            or info.file_size <= self.limits.in_memory
        ):
            return io.BytesIO(self._read(info)), 0

        self.check(name)

        return self.source, self._start(info)

    def check(self, name: str) -> None:
        """Compare a stored member with its checksum, however long it is; packed
        ones are checked as they unpack.
        """
        info = self.checked(name)
        is_stored = info.compress_type == zipfile.ZIP_STORED
        if is_stored and not self.sure and not self.unsummed:
            window = Window(self.source, self._start(info), info.file_size)
            _check(window, info)

    def checked(self, name: str) -> zipfile.ZipInfo:
        """Return the archive's entry of a member; ProblemError when it is
        packed in a way that is refused.
        """
        info = self.zip.NameToInfo[name]
        if info.flag_bits & 1:
            raise ProblemError(
                f"is an encrypted archive: {name} needs a password; save the "
                "model without one"
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ProblemError(
                f"is an archive whose {name} is packed in a way Keras never "
                "uses: refused"
            )
        if (
            info.file_size > self.limits.floor
            and info.file_size > self.limits.zip_expansion * info.compress_size
        ):
            raise ProblemError(
                f"is an archive whose {name} unpacks to {info.file_size:,} "
                "bytes: refused as a bomb"
            )
        if (
            info.compress_type == zipfile.ZIP_STORED
            and info.file_size != info.compress_size
        ):
            raise ProblemError(
                f"is damaged: the archive gives two sizes for {name}"
            )

        return info

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        name = info.filename
        if self.unsummed and info.compress_type == zipfile.ZIP_STORED:
            # zipfile reads no member whose checksum is wrong
            start = self._start(info)
            return Window(self.source, start, info.file_size).read()

        try:
            with self.zip.open(info) as member:
                data = member.read(info.file_size + 1)
        except _ERRORS as error:
            if "CRC" in str(error):
                raise ProblemError(_wrong_checksum(name)) from None

            raise ProblemError(
                f"is damaged: {name} in the archive can't be unpacked"
            ) from None

        if len(data) != info.file_size:
            raise ProblemError(
                f"is damaged: {name} in the archive isn't as long as it says"
            )

        return data

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Return where a stored member's bytes begin."""
        try:
            # zipfile compares both headers and refuses members that overlap.
            self.zip.open(info).close()
        except _ERRORS:
            raise ProblemError(
                f"is damaged: {info.filename} in the archive can't be found"
            ) from None

        self.source.seek(info.header_offset)
        _, name, extra = _LOCAL_HEADER.unpack(
            self.source.read(_LOCAL_HEADER.size)
        )

        return int(info.header_offset + _LOCAL_HEADER.size + name + extra)


def open_archive(source: BinaryIO, limits: Limits, sure: bool) -> Archive:
    """Return an archive of Keras's or of PyTorch's; ProblemError when it is
    none, damaged or refused.
    """
    try:
        archive = zipfile.ZipFile(source)
    except _ERRORS:
        raise ProblemError(
            "is a zip archive that is cut short or damaged; copy or download "
            "it again"
        ) from None

    members = archive.infolist()
    if len(members) > limits.zip_members:
        raise ProblemError(
            f"is a zip archive of {len(members):,} members; at most "
            f"{limits.zip_members:,} are read"
        )

    names = [member.filename for member in members]
    for name in names:
        if (
            name.startswith(("/", "\\"))
            or ".." in name.replace("\\", "/").split("/")
            or name[1:2] == ":"
        ):
            raise ProblemError(
                f"is a zip archive with a member outside of it ({name!r}): "
                "refused"
            )

    if len(set(names)) != len(names):
        raise ProblemError(
            "is a zip archive with two members of one name: refused"
        )
    if CONFIG not in names and not is_torch(names):
        raise ProblemError(_foreign(names))

    unsummed = is_torch(names) and not any(member.CRC for member in members)

    return Archive(archive, source, limits, sure, unsummed=unsummed)


def metadata(archive: Members) -> dict[str, Any]:
    """Return the content of `metadata.json`; nothing when it is missing or no
    JSON object.
    """
    if not archive.has(METADATA):
        return {}

    try:
        found = json.loads(archive.text(METADATA))
    except (ValueError, RecursionError):
        return {}

    if isinstance(found, dict):
        return found

    return {}


def _check(window: Window, info: zipfile.ZipInfo) -> None:
    checksum = 0
    while piece := window.read(_PIECE):
        checksum = zlib.crc32(piece, checksum)

    window.seek(0)
    if checksum != info.CRC:
        raise ProblemError(_wrong_checksum(info.filename))


def _wrong_checksum(name: str) -> str:
    return (
        f"is damaged: the checksum of {name} in the archive is wrong; copy or "
        "download it again"
    )


def is_torch(names: Collection[str]) -> bool:
    """Say whether an archive of these members is one of PyTorch's."""
    return CONFIG not in names and any(
        name.rpartition("/")[2] == PICKLE for name in names
    )


def _is_old_script(names: Collection[str]) -> bool:
    """Say whether an archive of these members is TorchScript's as PyTorch wrote
    it up to 1.3.
    """
    homes = [
        name.removesuffix("model.json")
        for name in names
        if name.endswith("/model.json")
    ]

    return any(
        name.startswith((f"{home}code/", f"{home}tensors/"))
        for home in homes
        for name in names
    )


def _foreign(names: list[str]) -> str:
    if "MAR-INF/MANIFEST.json" in names:
        return (
            "is a model archive of TorchServe (.mar); unpack it and open the "
            "weights in it (.pt or .pth)"
        )
    if _is_old_script(names):
        return (
            "is a TorchScript file of PyTorch 1.3 or before, which isn't read; "
            "load it in PyTorch (torch.jit.load) and save its state_dict()"
        )
    if any(name.rpartition("/")[2] == "archive_format" for name in names):
        return (
            "is a program that torch.export wrote (.pt2), not PyTorch's "
            "modules; save the model's state_dict()"
        )
    if any(name.endswith("saved_model.pb") for name in names):
        return (
            "is a zipped TensorFlow SavedModel; save the model as .keras or .h5"
        )
    if any(name.endswith(".npy") for name in names):
        return (
            "is a NumPy .npz archive, not a Keras model; use it as a sequence "
            "(--input)"
        )

    inner = next(
        (name for name in names if name.endswith((".keras", ".h5", ".hdf5"))),
        None,
    )
    if inner is not None:
        return f"is a zip archive around a model; unpack it and open {inner!r}"

    return "is a zip archive but no .keras model: it has no config.json"
