"""The container of a file, by its first bytes and never by its name."""

from __future__ import annotations

from typing import BinaryIO, Literal

from rnn_tui.formats.wire.problems import ProblemError

HDF5 = b"\x89HDF\r\n\x1a\n"
TORCH = bytes.fromhex("8a0a6cfc9c46f9206aa85019")
"""The number with which an old file of PyTorch's begins, as its first pickle
has it.
"""
_HEAD = 4096


Kind = Literal["hdf5", "zip", "shards", "torch", "safetensors"]


def sniff(source: BinaryIO, size: int) -> Kind:
    """Return the container; raise ProblemError, which names the kind of file
    and a way out, for anything else.
    """
    if size == 0:
        raise ProblemError("is empty (0 bytes); copy or download it again")

    source.seek(0)
    head = source.read(_HEAD)
    if head.startswith(HDF5) or _has_userblock(source, size):
        return "hdf5"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if (
        head.lstrip()[:1] == b"{"
        and b'"weight_map"' in head
        and b".weights.h5" in head
    ):
        return "shards"
    if head[:1] == b"\x80" and TORCH in head[:64]:
        return "torch"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < size:
        return "safetensors"

    source.seek(max(0, size - 64))
    raise ProblemError(_foreign(head, source.read(64), size))


def _has_userblock(source: BinaryIO, size: int) -> bool:
    """Say whether HDF5 begins behind a user block: at 512, 1024, 2048, …
    bytes.
    """
    offset = 512
    while offset < size:
        source.seek(offset)
        if source.read(len(HDF5)) == HDF5:
            return True

        offset *= 2

    return False


_SAVE = "save the model as .keras or .h5 (model.save)"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (
        b"version https://git-lfs",
        (
            "is a Git LFS pointer, not the model itself; run `git lfs pull` to "
            "fetch it"
        ),
    ),
    (b"\x1f\x8b", "is gzip-compressed; unpack it first (gunzip)"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first"),
    (b"Rar!", "is a RAR archive; unpack it first"),
    (b"BZh", "is bzip2-compressed; unpack it first (bunzip2)"),
    (b"\xfd7zXZ\0", "is xz-compressed; unpack it first (unxz)"),
    (
        b"\x93NUMPY",
        "is a NumPy array, not a Keras model; use it as a sequence (--input)",
    ),
    (b"CDF", "is a NetCDF file, not a Keras model"),
    (
        b"GGUF",
        "is a GGUF language model: transformers have no recurrent layers to "
        "show",
    ),
    (
        b"\x12\x01\0\0\0\0\0\0",
        f"is a file of MXNet's parameters, which isn't read; {_SAVE}",
    ),
    (b"ZF", f"is a joblib dump (a packed pickle), which is never run; {_SAVE}"),
    (b"%PDF", "is a PDF document, not a model"),
    (b"\x89PNG", "is a picture, not a model"),
    (b"\xff\xd8\xff", "is a picture, not a model"),
    (
        b"model_checkpoint_path:",
        (
            "is the text that names a TensorFlow checkpoint; open the .index "
            "beside it"
        ),
    ),
)
_PICKLES: tuple[tuple[bytes, str], ...] = (
    (
        b"torch",
        "is a pickle of PyTorch objects that torch.save didn't write, which is "
        "never run: it can run any code; write it with "
        "torch.save(model.state_dict(), PATH)",
    ),
    (
        b"joblib",
        "is a joblib dump (a pickle), which is never run: it can run any code; "
        f"{_SAVE}",
    ),
    (
        b"",
        "is a Python pickle, which is never opened: it can run any code; save "
        "the model as .keras or .h5",
    ),
)
"""The kind of a pickle by a word near its beginning."""
_OPERATIONS = (b"Placeholder", b"Const", b"VarHandleOp")
"""Operations of which one is near the beginning of every graph of
TensorFlow's.
"""
_TORCH_TAR = (b"sys_info\0", b"pickle\0", b"tensors\0", b"storages\0")
"""The members of the tar archives that PyTorch first wrote."""
_CHECKPOINT_END = bytes.fromhex("57fb808b247547db")
"""The last bytes of a TensorFlow table, the `.index` of a checkpoint."""


def _foreign(head: bytes, tail: bytes, size: int) -> str:
    """Return in words the kind of a file that isn't a Keras model, and a way
    out.
    """
    for start, words in _STARTS:
        if head.startswith(start):
            return words

    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = text[:1024].lower()
    if (
        lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
        or b"<html" in lower
    ):
        return (
            "is an HTML page saved by mistake; download the file itself (the "
            "“raw” link)"
        )
    if lower.startswith(b"<") and b"<net " in lower:
        return "is an OpenVINO model; open the model it was converted from"
    if lower.startswith(b"<"):
        return "is XML, not a model"
    if b"\0" not in head and text.startswith((b"{", b"[")):
        if b'"modelTopology"' in head or b'"weightsManifest"' in head:
            return (
                "is a TensorFlow.js model whose weight files aren't beside it "
                "(group1-shard1of1.bin, …): copy all files of its folder"
            )

        return (
            "is JSON without weights; open the weights and give it with "
            "--config"
        )

    if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return next(words for mark, words in _PICKLES if mark in head)

    if head[257:262] == b"ustar":
        if head.startswith(_TORCH_TAR):
            return (
                "is a file of PyTorch's first versions (a tar archive), which "
                "isn't read; load it in PyTorch (torch.load) and save its "
                "state_dict()"
            )

        return "is a tar archive; unpack it first (tar -xf)"
    if head[4:8] == b"TFL3":
        return (
            "is a TensorFlow Lite model, whose layers are taken apart; open "
            "the Keras model (.keras, .h5 or SavedModel) it was made from"
        )
    if head[4:6] == b"ET" and head[6:8].isdigit():
        return "is an ExecuTorch program (.pte); open the model's state_dict()"
    if tail.endswith(_CHECKPOINT_END):
        return (
            "is a TensorFlow checkpoint of the first version (before 0.12), "
            f"or an index under another name than NAME.index; {_SAVE}"
        )
    if (
        b"saved_model_main_op" in head
        or b"saved_model" in lower
        or head.startswith(b"\x08\x01\x12")
    ):
        return (
            "is part of a TensorFlow SavedModel under another name; open its "
            "folder, where it is saved_model.pb"
        )
    if head[:1] == b"\x08" and head[1:2] < b"\x20":
        return (
            "is an ONNX model, a graph of operations; open the Keras model it "
            "was made from, or PyTorch's state_dict() (.pt)"
        )
    if head[:1] == b"\x0a" and any(mark in head for mark in _OPERATIONS):
        return (
            "is a frozen TensorFlow graph, operations without layers; open "
            "the SavedModel, the checkpoint or the Keras model it was made from"
        )
    if not head.strip(b"\0"):
        return "holds only zero bytes; copy or download it again"

    return (
        "is neither HDF5 nor a .keras archive, nor another kind of model that "
        f"is read; {_SAVE}"
    )
