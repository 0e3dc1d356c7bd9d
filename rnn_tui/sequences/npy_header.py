"""The header of a .npy file, read by a grammar of its own: NumPy would evaluate
it as Python's source.

Format: numpy/lib/format.py. The magic, the version, the length of the header,
and the header: a dictionary of the type (`descr`), the order of the axes
(`fortran_order`) and the `shape`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from rnn_tui.errors import SequenceError
from rnn_tui.sequences.limits import EMPTY_ITEMS, HEADER_BYTES, RANK
from rnn_tui.text import clean

MAGIC = b"\x93NUMPY"
CHARACTER_BYTES = 4
"""Bytes of a character in an array of texts."""

_KEYS = {"descr", "fortran_order", "shape"}
_TYPES = {
    "b1",
    "i1",
    "i2",
    "i4",
    "i8",
    "u1",
    "u2",
    "u4",
    "u8",
    "f2",
    "f4",
    "f8",
}
_PAIR = re.compile(
    r"""\s*(?P<q>['"])(?P<key>\w+)(?P=q)\s*:\s*
        (?: (?P<p>['"])(?P<text>[^'"\\]*)(?P=p)
          | (?P<flag>True|False)
          | \((?P<sides>[\dL,\s]*)\) )
        \s*(?:,|(?=\}))""",
    re.VERBOSE | re.ASCII,
)
_TEXT = re.compile(r"U\d{1,9}", re.ASCII)
_SIDES = re.compile(r"(?:\s*\d{1,19}L?\s*,)*(?:\s*\d{1,19}L?\s*)?", re.ASCII)
_RECORDS = re.compile(r"""['"]descr['"]\s*:\s*[\[(]""")

_UNFIT = {
    "O": "Python objects",
    "c": "complex numbers",
    "S": "text",
    "U": "text",
    "M": "dates",
    "m": "time spans",
}


class Header(NamedTuple):
    """A .npy file's header: `dtype` as NumPy writes it (`<f4`), `length` the
    bytes before the values.
    """

    dtype: str
    fortran_order: bool
    shape: tuple[int, ...]
    length: int

    @property
    def items(self) -> int:
        """How many values there are."""
        return math.prod(self.shape)

    @property
    def is_text(self) -> bool:
        """Whether the values are texts, each of as many characters as the
        longest.
        """
        return self.dtype[1] == "U"

    @property
    def item_bytes(self) -> int:
        """The bytes of one value."""
        size = int(self.dtype[2:])
        if self.is_text:
            return size * CHARACTER_BYTES

        return size

    @property
    def bytes(self) -> int:
        """The bytes of all values."""
        return self.items * self.item_bytes


def read_header(read: Callable[[int], bytes], *, texts: bool = False) -> Header:
    """Return the header at the beginning of the bytes that `read` returns, so
    many a call; `texts` may be values, too.

    Raises SequenceError.
    """
    start = read(8)
    if not start.startswith(MAGIC):
        raise SequenceError(
            "it doesn't begin as NumPy's arrays do; numpy.save writes one"
        )
    if len(start) < 8 or start[6] not in (1, 2, 3):
        raise SequenceError(
            "NumPy doesn't write such a header: it names no known version"
        )

    if start[6] == 1:
        size_bytes = 2
    else:
        size_bytes = 4

    size = read(size_bytes)
    length = int.from_bytes(size, "little")
    if length > HEADER_BYTES:
        raise SequenceError(f"its header is {length:,} bytes long: refused")

    text = read(length)
    if len(size) < size_bytes or len(text) < length:
        raise SequenceError("its header is cut short; copy or save it again")

    return _parsed(text.decode("latin-1"), 8 + size_bytes + length, texts)


def _parsed(text: str, length: int, texts: bool) -> Header:
    """Return the header in a dictionary's source."""
    found = _pairs(text)
    if found is None or set(found) != _KEYS:
        if _RECORDS.search(text):
            raise SequenceError(
                "it holds records, not numbers; save each field as an array"
            )

        raise SequenceError(
            "its header is none that NumPy writes; numpy.save writes one"
        )

    flag = found["fortran_order"]
    shape = _shape(found["shape"])
    if flag not in ("True", "False") or shape is None:
        raise SequenceError(
            "its header is none that NumPy writes; numpy.save writes one"
        )

    return Header(_dtype(found["descr"], texts), flag == "True", shape, length)


def _pairs(text: str) -> dict[str, str] | None:
    """Return the dictionary's keys and values as they are written; None when it
    is no such dictionary.
    """
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None

    found: dict[str, str] = {}
    place = 1
    while match := _PAIR.match(text, place):
        key = match["key"]
        if key in found:
            return None

        sides = match["sides"]
        written = match["text"] or match["flag"] or ""
        if sides is None:
            found[key] = written
        else:
            found[key] = f"({sides})"

        place = match.end()

    rest = text[place:].strip()
    if rest == "}":
        return found

    return None


def _shape(written: str) -> tuple[int, ...] | None:
    """Return a tuple of whole numbers; None when it is none."""
    inner = written[1:-1].strip()
    is_tuple = written.startswith("(") and ("," in inner or not inner)
    if not is_tuple or inner == "," or not _SIDES.fullmatch(inner):
        return None

    shape = tuple(
        int(side.strip().rstrip("L"))
        for side in inner.split(",")
        if side.strip()
    )
    if len(shape) > RANK:
        raise SequenceError(
            f"its array has {len(shape)} axes; at most {RANK} are read"
        )
    if 0 in shape and math.prod(side for side in shape if side) > EMPTY_ITEMS:
        raise SequenceError(
            f"its array is empty: it has shape {clean(shape, 60)}"
        )

    return shape


def _dtype(written: str, texts: bool) -> str:
    """Return a type of plain numbers, or of texts where those are read, with
    its byte order first.
    """
    if written[:1].isalpha():
        order, code = ("=", written)
    else:
        order = written[:1]
        code = written[1:]

    if order in ("<", ">", "=", "|") and code in _TYPES:
        return order + code
    if texts and order in ("<", ">", "=") and _TEXT.fullmatch(code):
        return order + code

    what = _UNFIT.get(code[:1])
    if what is None:
        named = f"values of type {clean(written, 40)!r}"
    else:
        named = what

    raise SequenceError(
        f"it holds {named}, not numbers: floats up to 64 bits, whole numbers "
        "or booleans"
    )
