"""A pickle read as data: an interpreter of the few instructions that build
texts, numbers, lists, dictionaries and arrays, without anything it could call.

A pickle is a program. Here a name that it would import stays a Name, and a call
that it would make is noted as a Call; any instruction beside those in the table
is refused, and so is a program that goes on for too long.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnn_tui.formats.wire.problems import ProblemError

CUT_SHORT = "has a pickle that is cut short or damaged"


class Name(NamedTuple):
    """A name the pickle would import; here it stays a name."""

    module: str
    name: str


class Persistent(NamedTuple):
    """Something outside the pickle that it refers to."""

    identity: Any


@dataclass(eq=False)
class Call:
    """A call that the pickle would make, and its work on the result: set its
    state, put items into it.
    """

    function: Any
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)


class _Mark:
    """The place on the stack down to which the next instruction takes."""


_MARK = _Mark()
_CONSTANTS: dict[int, Any] = {
    0x4E: None,
    0x88: True,
    0x89: False,
    0x29: (),
}
"""NONE, NEWTRUE, NEWFALSE, EMPTY_TUPLE."""
_NUMBERS = {
    0x4A: struct.Struct("<i"),
    0x4B: struct.Struct("<B"),
    0x4D: struct.Struct("<H"),
    0x47: struct.Struct(">d"),
}
"""BININT, BININT1, BININT2, BINFLOAT."""
_TEXTS = {0x8C: 1, 0x58: 4, 0x8D: 8}
"""The bytes of the length of SHORT_BINUNICODE, BINUNICODE, BINUNICODE8."""
_BYTES = {0x43: 1, 0x42: 4, 0x8E: 8, 0x96: 8}
"""SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8."""
_OLD_TEXTS = {0x55: 1, 0x54: 4}
"""SHORT_BINSTRING, BINSTRING: the texts of Python 2."""
_LONGS = {0x8A: 1, 0x8B: 4}
"""LONG1, LONG4."""
_TUPLES = {0x85: 1, 0x86: 2, 0x87: 3}
_STOP, _MARKED = 0x2E, 0x28
_LONGEST_NUMBER = 64
"""Bytes of a whole number; no shape, size or count has more."""
_KEYS = (str, int, float, bool, type(None), bytes)
"""Keys that are kept; a tuple may take for ever to hash."""


class Inert:
    """The pickle machine without its power; `most` instructions, and `data` is
    read from `place` on.
    """

    def __init__(self, data: bytes | memoryview, most: int) -> None:
        self._data = memoryview(data)
        self._most = most
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self.place = 0
        """The place behind the last instruction."""
        self.references: list[Persistent] = []
        """The objects outside of the programs that they refer to, in their
        order.
        """

    def run(self) -> Any:
        """Return the result of the program at the present place.

        Raises ProblemError where it is damaged, too long, or does more than
        hold data.
        """
        self._stack.clear()
        self._memo.clear()
        try:
            while True:
                code = self._code()
                if code == _STOP:
                    return self._stack.pop()

                self._step(code)
        except (IndexError, ValueError, TypeError, KeyError, struct.error):
            raise ProblemError(CUT_SHORT) from None

    def _code(self) -> int:
        self._most -= 1
        if self._most < 0:
            raise ProblemError("has a pickle of more instructions than allowed")

        code = self._data[self.place]
        self.place += 1

        return code

    def _take(self, length: int) -> memoryview:
        """Return the next bytes; IndexError where there are fewer."""
        end = self.place + length
        if end > len(self._data):
            raise IndexError

        part = self._data[self.place : end]
        self.place = end

        return part

    def _length(self, width: int) -> int:
        return int.from_bytes(self._take(width), "little")

    def _bytes(self, width: int) -> bytes:
        """Return the bytes that follow their length, of `width` bytes."""
        return bytes(self._take(self._length(width)))

    def _line(self) -> str:
        """Return the text up to the end of the line."""
        rest = bytes(self._data[self.place : self.place + 4096])
        end = rest.index(b"\n")
        self.place += end + 1

        return rest[:end].decode("utf-8", "surrogateescape")

    def _step(self, code: int) -> None:
        if code in _CONSTANTS:
            self._stack.append(_CONSTANTS[code])
        elif code in _NUMBERS:
            kind = _NUMBERS[code]
            (number,) = kind.unpack(self._take(kind.size))
            self._stack.append(number)
        elif code in _TEXTS:
            text = self._bytes(_TEXTS[code])
            self._stack.append(text.decode("utf-8", "surrogatepass"))
        elif code in _BYTES:
            self._stack.append(self._bytes(_BYTES[code]))
        elif code in _OLD_TEXTS:
            text = self._bytes(_OLD_TEXTS[code])
            self._stack.append(text.decode("latin-1"))
        elif code in _LONGS:
            length = self._length(_LONGS[code])
            self._stack.append(self._long(length))
        elif code in _TUPLES:
            self._tuple(_TUPLES[code])
        else:
            self._build(code)

    def _long(self, length: int) -> int:
        part = self._take(length)
        if length > _LONGEST_NUMBER:
            raise ProblemError(
                "has a pickle with a number without end: refused"
            )

        return int.from_bytes(part, "little", signed=True)

    def _tuple(self, count: int) -> None:
        parts = self._stack[-count:]
        if len(parts) < count or any(part is _MARK for part in parts):
            raise IndexError

        self._stack[-count:] = [tuple(parts)]

    def _build(self, code: int) -> None:
        instruction = _INSTRUCTIONS.get(code)
        if instruction is None:
            raise ProblemError(
                f"has a pickle that does more than hold data (0x{code:02x}): "
                "refused"
            )

        instruction(self)

    def _above_mark(self) -> list[Any]:
        """Return and remove the items above the last mark, and the mark."""
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise IndexError

        values = self._stack[place + 1 :]
        del self._stack[place:]

        return values

    def _top(self) -> Any:
        if self._stack[-1] is _MARK:
            raise IndexError

        return self._stack[-1]

    def _pop(self) -> Any:
        top = self._top()
        self._stack.pop()

        return top

    # Instructions -------------------------------------------------------------

    def _mark(self) -> None:
        self._stack.append(_MARK)

    def _pop_mark(self) -> None:
        self._above_mark()

    def _drop(self) -> None:
        self._stack.pop()

    def _twice(self) -> None:
        self._stack.append(self._top())

    def _list(self) -> None:
        self._stack.append([])

    def _dictionary(self) -> None:
        self._stack.append({})

    def _tuple_above_mark(self) -> None:
        values = self._above_mark()
        self._stack.append(tuple(values))

    def _append(self) -> None:
        value = self._pop()
        self._extend([value])

    def _appends(self) -> None:
        values = self._above_mark()
        self._extend(values)

    def _extend(self, values: list[Any]) -> None:
        """Put values into the list on top; those of an object of some class
        are nothing that is read here.
        """
        top = self._top()
        if isinstance(top, list):
            top.extend(values)
        elif not isinstance(top, Call):
            raise TypeError

    def _set_item(self) -> None:
        value = self._pop()
        key = self._pop()
        self._update([key, value])

    def _set_items(self) -> None:
        values = self._above_mark()
        self._update(values)

    def _update(self, values: list[Any]) -> None:
        top = self._top()
        if isinstance(top, Call):
            items: dict[Any, Any] = top.items
        elif isinstance(top, dict):
            items = top
        else:
            raise TypeError

        for key, value in zip(values[::2], values[1::2], strict=True):
            if isinstance(key, _KEYS):
                items[key] = value

    def _get(self, width: int) -> None:
        self._stack.append(self._memo[self._length(width)])

    def _put(self, width: int) -> None:
        self._memo[self._length(width)] = self._top()

    def _memoize(self) -> None:
        self._memo[len(self._memo)] = self._top()

    def _global(self) -> None:
        module = self._line()
        self._stack.append(Name(module, self._line()))

    def _stack_global(self) -> None:
        name = self._pop()
        module = self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise TypeError

        self._stack.append(Name(module, name))

    def _call(self) -> None:
        arguments = self._pop()
        function = self._pop()
        self._stack.append(Call(function, arguments))

    def _call_with_names(self) -> None:
        self._pop()
        self._call()

    def _persistent(self) -> None:
        reference = Persistent(self._pop())
        self.references.append(reference)
        self._stack.append(reference)

    def _state(self) -> None:
        state = self._pop()
        top = self._top()
        if not isinstance(top, Call):
            raise TypeError

        top.state = state

    def _protocol(self) -> None:
        self._take(1)

    def _frame(self) -> None:
        self._take(8)


_INSTRUCTIONS: dict[int, Callable[[Inert], None]] = {
    _MARKED: Inert._mark,
    0x31: Inert._pop_mark,
    0x30: Inert._drop,
    0x32: Inert._twice,
    0x5D: Inert._list,
    0x8F: Inert._list,  # an empty set
    0x7D: Inert._dictionary,
    0x74: Inert._tuple_above_mark,
    0x91: Inert._tuple_above_mark,  # a frozen set
    0x61: Inert._append,
    0x65: Inert._appends,
    0x90: Inert._appends,  # into a set
    0x73: Inert._set_item,
    0x75: Inert._set_items,
    0x68: lambda machine: machine._get(1),
    0x6A: lambda machine: machine._get(4),
    0x71: lambda machine: machine._put(1),
    0x72: lambda machine: machine._put(4),
    0x94: Inert._memoize,
    0x63: Inert._global,
    0x93: Inert._stack_global,
    0x52: Inert._call,
    0x81: Inert._call,  # NEWOBJ
    0x92: Inert._call_with_names,  # NEWOBJ_EX
    0x51: Inert._persistent,
    0x62: Inert._state,
    0x80: Inert._protocol,
    0x95: Inert._frame,
}
"""The white list: every other instruction is refused."""
