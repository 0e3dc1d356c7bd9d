"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

from typing import BinaryIO, Literal

from rnn_tui.formats.problems import ProblemError

HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD = 4096


def sniff(source: BinaryIO, size: int) -> Literal["hdf5", "zip"]:
    """Return the container; ProblemError, in one line that says what the file is and what to do, when it is neither."""
    if size == 0:
        raise ProblemError("is empty (0 bytes); copy or download it again")
    source.seek(0)
    head = source.read(_HEAD)
    if head.startswith(HDF5) or _has_userblock(source, size):
        return "hdf5"
    if head.startswith(b"PK"):
        return "zip"
    raise ProblemError(_foreign(head, size))


def _has_userblock(source: BinaryIO, size: int) -> bool:
    """Say whether HDF5 begins behind a user block: at 512, 1024, 2048, … bytes."""
    offset = 512
    while offset < size:
        source.seek(offset)
        if source.read(len(HDF5)) == HDF5:
            return True
        offset *= 2
    return False


def _foreign(head: bytes, size: int) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = text[:512].lower()
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the model itself; run `git lfs pull` to fetch it"
    if lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in lower:
        return "is an HTML page saved by mistake; download the file itself (the “raw” link)"
    if b"\0" not in head and text.startswith((b"{", b"[")):
        return "is JSON without weights; open the weights and give it with --config"
    if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return "is a Python pickle, which is never opened: it can run any code; save the model as .keras or .h5"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < size:
        return "is a safetensors file, not a Keras model; save the model as .keras or .h5"
    if head.startswith(b"\x1f\x8b"):
        return "is gzip-compressed; unpack it first (gunzip)"
    if head[257:262] == b"ustar":
        return "is a tar archive; unpack it first (tar -xf)"
    if head[4:8] == b"TFL3":
        return "is a TensorFlow Lite model; open the Keras model it was made from"
    if head.startswith(b"\x08") and (b"onnx" in lower or b"pytorch" in lower or b"ir_version" in lower):
        return "is an ONNX model; open the Keras model it was made from"
    if b"saved_model" in lower or head.startswith(b"\x08\x01\x12"):
        return "is part of a TensorFlow SavedModel; save the model as .keras or .h5"
    if not head.strip(b"\0"):
        return "holds only zero bytes; copy or download it again"
    return "is neither HDF5 nor a .keras archive; save the model as .keras or .h5 (model.save)"
