"""The checks of an HDF5 array before its values are read, by numbers alone."""

from __future__ import annotations

from collections.abc import Callable

from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import SAVE_AGAIN, ProblemError

DEFLATE, SHUFFLE, FLETCHER32, SZIP, NBIT, SCALEOFFSET, LZF = (
    1,
    2,
    3,
    4,
    5,
    6,
    32000,
)
_BUILT_IN = (DEFLATE, SHUFFLE, FLETCHER32, SZIP, NBIT, SCALEOFFSET, LZF)
"""HDF5's own filters and the one that h5py carries; any other would be a plugin
loaded from somewhere.
"""

_INTEGER, _FLOAT, _OPAQUE, _ENUM = 0, 1, 5, 8
_NOT_NUMBERS = {
    2: "times",
    3: "text",
    4: "bit fields",
    _OPAQUE: "bytes of no known type",
    6: "compound values (complex numbers or records)",
    7: "references",
    _ENUM: "named values",
    9: "text or lists of varying length",
    10: "arrays within arrays",
    11: "complex numbers",
}
"""HDF5's classes of types by their numbers (H5T_class_t)."""


def check_filters(numbers: list[int], available: Callable[[int], bool]) -> None:
    """Refuse filters that aren't built in, and one filter used twice."""
    if len(set(numbers)) != len(numbers):
        raise ProblemError(
            "passes one filter twice: refused as a decompression bomb; "
            f"{SAVE_AGAIN}"
        )

    for number in numbers:
        if number not in _BUILT_IN:
            raise ProblemError(
                f"needs the HDF5 filter plugin {number}: refused; repack it "
                "(h5repack -f GZIP=4)"
            )
        if not available(number):
            raise ProblemError(
                f"needs the HDF5 filter {number}, which this h5py was built "
                "without"
            )


def check_bytes(
    declared: int,
    stored: int,
    chunk: int | None,
    file_bytes: int,
    limits: Limits,
) -> None:
    """Hold the bytes an array (and one chunk of it, None when it isn't chunked)
    declares against those it has.
    """
    if chunk is None and stored > file_bytes:
        raise ProblemError(
            f"declares {declared:,} bytes, more than the file holds"
        )

    for what, number in (("", declared), ("chunks of ", chunk or 0)):
        if number > limits.floor and number > limits.expansion * stored:
            raise ProblemError(
                f"declares {what}{number:,} bytes and has {stored:,} stored: "
                "refused, no sound file does"
            )


def check_written(pieces: int, there: int) -> None:
    """Refuse an array that was never written to its end: HDF5 would put zeros
    where its values should be.
    """
    if not there:
        raise ProblemError(
            "was never written: the file has its shape and none of its values; "
            f"{SAVE_AGAIN}"
        )
    if there < pieces:
        raise ProblemError(
            f"was written in part only: {pieces - there:,} of its {pieces:,} "
            f"pieces are missing; {SAVE_AGAIN}"
        )


def meaning(
    family: int,
    width: int,
    exponent_bits: int,
    signed: bool,
    declared: str | None,
) -> str:
    """Return the name of a type in `protocol.STORED_AS`; raise ProblemError for
    a type that isn't a number.

    Keras stores bfloat16 as two opaque bytes, with an attribute that says so
    (`declared`) or without.
    """
    if family == _FLOAT:
        if width == 2 and exponent_bits == 5:
            return "float16"
        if width <= 4:
            return "float32"

        return "float64"

    if family == _INTEGER and width <= 8:
        bits = next(bits for bits in (8, 16, 32, 64) if 8 * width <= bits)
        return f"{'int' if signed else 'uint'}{bits}"

    if family == _OPAQUE and width == 2 and declared in (None, "bfloat16"):
        return "bfloat16"
    if family == _ENUM and width == 1:
        return "bool"

    raise ProblemError(
        f"holds {_NOT_NUMBERS.get(family, 'values of an unknown type')}, not "
        f"numbers; {SAVE_AGAIN}"
    )
