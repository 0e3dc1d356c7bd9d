"""A PyTorch file: a zip with a pickle and the bytes of each storage (1.6 and
later, TorchScript too), or the pickles and storages one behind the other that
were written before.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import partial
from typing import Any, BinaryIO

from rnn_tui.formats.reader.contents import Contents, within
from rnn_tui.formats.reader.inert_pickle import Inert, Name
from rnn_tui.formats.reader.keras_zip import PICKLE, Archive
from rnn_tui.formats.reader.layouts import Found
from rnn_tui.formats.reader.modules import by_modules, note_shared
from rnn_tui.formats.reader.torch_classes import Code
from rnn_tui.formats.reader.torch_objects import Objects, Stored, model_names
from rnn_tui.formats.reader.torch_storage import (
    STORAGES,
    Storage,
    Tensor,
)
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import AGAIN, ProblemError
from rnn_tui.formats.wire.protocol import item_bytes

MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_COUNT = 8
"""Bytes of the number of values before those of a storage in an old file."""
_MOST_NAMED = 8


def read_torch(
    archive: Archive | None,
    source: BinaryIO,
    size: int,
    limits: Limits,
) -> Contents:
    """Return the contents of a file of PyTorch's: in an archive, or in pickles
    one behind the other.
    """
    try:
        if archive is None:
            return read_old_torch(source, size, limits)

        return read_torch_zip(archive, size, limits)
    except ProblemError as problem:
        raise ProblemError(f"is a PyTorch file that {problem}") from None


def read_torch_zip(
    archive: Archive,
    size: int,
    limits: Limits,
) -> Contents:
    """Return the contents of a zip that PyTorch wrote."""
    home = pickle_in(archive).removesuffix(PICKLE)
    _refuse_big_endian(archive, home)
    stored = _Once(partial(_in_zip, _Members(archive), home))
    machine = Inert(
        archive.limited(home + PICKLE, limits.pickle_bytes),
        limits.pickle_steps,
    )
    code = _ScriptCode(archive, home, limits)
    contents = _described(machine.run(), stored, limits, code.text)
    if archive.has(f"{home}constants.pkl"):
        contents.facts["format"] = "TorchScript"
    if archive.unsummed:
        contents.facts["checksum"] = "none in the file"

    return within(contents, size, limits)


class _ScriptCode:
    """The code of a TorchScript file by the modules of its classes, each read
    once and all together bounded.
    """

    def __init__(self, archive: Archive, home: str, limits: Limits) -> None:
        self._archive = archive
        self._home = home
        self._left = limits.pickle_bytes
        self._known: dict[str, str] = {}

    def text(self, module: str) -> str:
        """Return the code of a module, empty where there is none."""
        if module not in self._known:
            self._known[module] = self._read(module)

        return self._known[module]

    def _read(self, module: str) -> str:
        place = module.replace(".", "/")
        name = f"{self._home}code/{place}.py"
        if not self._archive.has(name):
            return ""

        data = self._archive.limited(name, self._left)
        self._left -= len(data)

        return data.decode("utf-8", "replace")


def pickle_in(archive: Archive) -> str:
    """Return the name of the pickle in a zip that PyTorch wrote: that of the
    outermost folder.
    """
    found = [
        name
        for name in archive.names()
        if name.rpartition("/")[2] == PICKLE and name.count("/") <= 1
    ]
    if len(found) != 1:
        raise ProblemError(
            f"has {len(found)} members {PICKLE} in the place of one"
        )

    return found[0]


def _refuse_big_endian(archive: Archive, home: str) -> None:
    name = f"{home}byteorder"
    if archive.has(name) and archive.limited(name, 64).strip() == b"big":
        raise ProblemError("is that of a big-endian machine, which isn't read")


class _Once:
    """The storages of a file, each made once."""

    def __init__(self, make: Stored) -> None:
        self._make = make
        self.known: dict[str, Storage] = {}

    def __call__(self, identity: Any) -> Storage:
        """Return the storage that a persistent identity names."""
        kind, key, count = _said(identity)
        found = self.known.get(key)
        if found is None:
            found = self._make((kind, key, count))
            self.known[key] = found

        if (found.dtype, found.count) != (kind, count):
            raise ProblemError("has a storage that is said to be two")

        return found


def _said(identity: Any) -> tuple[str, str, int]:
    """Return the type, the key and the number of values of a storage."""
    if not isinstance(identity, tuple) or len(identity) < 5:
        raise ProblemError("has no storage")

    word, kind, key, _, count, *view = identity
    if word != "storage" or not isinstance(key, str):
        raise ProblemError("has no storage")
    if any(one is not None for one in view):
        raise ProblemError("has a storage that is a part of another one")

    dtype = None
    if isinstance(kind, Name):
        dtype = STORAGES.get(kind.name)

    if dtype is None:
        named = getattr(kind, "name", "?")
        raise ProblemError(
            f"holds values of a type that isn't read ({named:.40})"
        )
    if type(count) is not int or not 0 <= count < 1 << 48:
        raise ProblemError("has a storage of no known length")

    return dtype, key, count


class _Members:
    """The members of an archive; the last that was opened is kept, for the
    parameters of a layer may be parts of one storage.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._name: str | None = None
        self._opened: tuple[BinaryIO, int]

    def opened(self, name: str) -> tuple[BinaryIO, int]:
        """Return the file that a member is in, and where it begins there."""
        if name != self._name:
            self._opened = self.archive.opened(name)
            self._name = name

        return self._opened


def _in_zip(members: _Members, home: str, identity: Any) -> Storage:
    dtype, key, count = identity
    archive = members.archive
    name = f"{home}data/{key}"
    if not archive.has(name):
        raise ProblemError(f"is missing from the file ({name!r:.60}); {AGAIN}")

    archive.checked(name)
    length = count * item_bytes(dtype)
    if archive.bytes_of(name) != length:
        raise ProblemError(
            f"declares {length:,} bytes and has {archive.bytes_of(name):,}"
        )

    return Storage(key, dtype, count, partial(members.opened, name))


def read_old_torch(source: BinaryIO, size: int, limits: Limits) -> Contents:
    """Return the contents of a file that PyTorch before 1.6 wrote, or a later
    one that was asked to.
    """
    pickled = min(size, limits.pickle_bytes)
    head = Window(source, 0, pickled)
    machine = Inert(head.read(pickled), limits.pickle_steps)
    magic = machine.run()
    protocol = machine.run()
    if magic != MAGIC or protocol != _PROTOCOL:
        raise ProblemError("is of a version that isn't known")

    system = machine.run()
    whole = machine.run()
    keys = machine.run()
    if isinstance(system, dict) and system.get("little_endian") is False:
        raise ProblemError("is that of a big-endian machine, which isn't read")
    if (
        not isinstance(keys, list)
        or len(keys) > limits.arrays
        or not all(isinstance(key, str) for key in keys)
    ):
        raise ProblemError(f"is damaged: it has no list of storages; {AGAIN}")

    stored = _Once(_old_storage)
    for reference in machine.references:
        if not _is_source_text(reference.identity):
            stored(reference.identity)

    places = _OldStorages(source, machine.place, size, keys, stored)
    for key, storage in stored.known.items():
        storage.open = partial(places.opened, key, storage.count)

    contents = _described(whole, stored, limits, _no_code)

    return within(contents, size, limits)


def _is_source_text(identity: Any) -> bool:
    """Say whether a reference is to the source text of a module's class, which
    old files keep and nothing here reads.
    """
    return isinstance(identity, tuple) and identity[:1] == ("module",)


def _old_storage(identity: Any) -> Storage:
    """Return a storage whose place is told by those before it."""
    dtype, key, count = identity

    return Storage(key, dtype, count, _nowhere)


def _nowhere() -> tuple[BinaryIO, int]:
    raise ProblemError(f"is missing from the file; {AGAIN}")


class _OldStorages:
    """The storages of an old file, one behind the other in the order of the
    keys: where one begins follows from those before it.
    """

    def __init__(
        self,
        source: BinaryIO,
        start: int,
        size: int,
        keys: list[str],
        stored: _Once,
    ) -> None:
        self._source = source
        self._size = size
        self._places: dict[str, int] = {}
        for key in keys:
            storage = stored.known.get(key)
            if storage is None or key in self._places:
                raise ProblemError(
                    f"lists a storage that it says nothing of; {AGAIN}"
                )

            self._places[key] = start
            start += _COUNT + storage.bytes

        if start > size:
            raise ProblemError(
                f"is cut short: its storages take {start:,} bytes; {AGAIN}"
            )

    def opened(self, key: str, count: int) -> tuple[BinaryIO, int]:
        """Return the file and where a storage begins in it, after the number of
        its values was held against the pickle's.
        """
        place = self._places.get(key)
        if place is None:
            raise ProblemError(f"is missing from the file; {AGAIN}")

        head = Window(self._source, place, _COUNT).read(_COUNT)
        if int.from_bytes(head, "little") != count:
            raise ProblemError(f"isn't where it should be; {AGAIN}")

        return self._source, place + _COUNT


def _no_code(module: str) -> str:
    """Return the code of an old file, which has none."""
    return ""


def _described(
    whole: Any,
    stored: Stored,
    limits: Limits,
    code: Code,
) -> Contents:
    """Return the modules and their parameters in a pickle's objects."""
    objects = Objects(stored, limits, code)
    objects.walk(whole)
    if not objects.arrays:
        raise ProblemError(
            "holds no tensors by their names; save the model's state_dict()"
        )

    arrays = objects.arrays
    if not objects.classes:
        arrays = model_names(arrays, objects.homes)

    modules = by_modules(arrays, objects.classes, objects.settings)
    note_shared(modules, _identity)
    contents = Contents("pytorch", "modules", modules)
    if objects.left_out:
        contents.warnings.append(
            f"modules without weights are left out: {_named(objects.left_out)}"
        )
    if objects.strays:
        contents.warnings.append(
            f"tensors beside the model's are left out ({len(objects.strays)}): "
            f"{_named(objects.strays)}"
        )

    return contents


def _identity(found: Found) -> Hashable | None:
    """Return the identity of a tensor's values, None where it has none."""
    tensor = found.values
    if not isinstance(tensor, Tensor) or not tensor.bytes:
        return None

    return tensor.identity


def _named(names: Iterable[str]) -> str:
    """Return the first of some names in one line."""
    printable = [name for name in names if name.isprintable()]
    shown = ", ".join(f"{name:.40}" for name in printable[:_MOST_NAMED])
    if len(printable) > _MOST_NAMED:
        return f"{shown}, …"

    return shown
