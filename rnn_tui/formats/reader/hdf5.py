"""The one way into an HDF5 file, and the only module but `hdf5_array` that
touches h5py: nothing leads outside of it.

HDF5 follows external links, external storage and virtual datasets to any path
on the machine, so no name is ever handed to it as a path: `Group` walks part by
part, over hard links and over soft ones whose own parts it walks the same way,
and each dataset is looked at before its shape or its values are asked for.
"""

from __future__ import annotations

import io
from itertools import count
from typing import Any, BinaryIO

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5r, h5s, h5t

from rnn_tui.formats.reader.hdf5_dataset import Array as Array
from rnn_tui.formats.reader.hdf5_dataset import Place
from rnn_tui.formats.reader.sandbox import renew_allowance
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import (
    DAMAGE,
    IN_ONE_FILE,
    SAVE_AGAIN,
    ProblemError,
    damage,
)

LIBRARY = h5py.version.hdf5_version

MOST_HOPS = 8
"""Soft links that may lead to one another."""

_opened = count()
"""Numbers for the names under which files are opened: no file may have such a
name, and no two may have the same.
"""


class Group:
    """A group of the file, reached over links within it only."""

    def __init__(
        self,
        group: h5g.GroupID,
        size: int,
        limits: Limits,
        depth: int = 0,
        root: Group | None = None,
    ) -> None:
        self._group = group
        self._size = size
        self._limits = limits
        self._root = root or self
        self._followed = 0
        self._reached: tuple[list[str], Group] | None = None
        """The group that the last path led through, and its way."""
        self.depth = depth

    def names(self) -> list[str]:
        """Return the names of the group's entries."""
        names: list[bytes] = []

        def note(name: bytes) -> bool | None:
            names.append(name)
            if len(names) > self._limits.names:
                return True

            return None

        with damage("a group"):
            self._group.links.iterate(note)

        if len(names) > self._limits.names:
            raise ProblemError(
                f"a group lists more than {self._limits.names} names"
            )

        return [name.decode("utf-8", "surrogateescape") for name in names]

    def address(self) -> int:
        """Return the group's address in the file, the same for all its
        names.
        """
        with damage("a group"):
            return int(h5o.get_info(self._group).addr)

    def has(self, name: str) -> bool:
        """Say whether the group has an entry of that name (one part, no
        path).
        """
        with damage("a group"):
            return bool(self._group.links.exists(_encoded(name)))

    def entry(self, path: str) -> Group | Array:
        """Return the group or array at a path below this group; ProblemError
        when it is missing, damaged or refused.
        """
        parts = [part for part in path.split("/") if part]
        if not parts:
            raise ProblemError(f"has an empty name; {SAVE_AGAIN}")

        last = parts.pop()
        # a layer's weights mostly share their way
        if self._reached is None or self._reached[0] != parts:
            self._reached = parts, self._walked(parts)

        return self._reached[1]._step(last)

    def _walked(self, parts: list[str]) -> Group:
        here = self
        for part in parts:
            step = here._step(part)
            if not isinstance(step, Group):
                raise ProblemError(f"is missing from the file; {SAVE_AGAIN}")

            here = step

        return here

    def group(self, path: str) -> Group:
        """Return the group at a path below this one."""
        found = self.entry(path)
        if not isinstance(found, Group):
            raise ProblemError(
                f"is an array where a group is expected; {SAVE_AGAIN}"
            )

        return found

    def array(self, path: str) -> Array:
        """Return the array at a path below this group."""
        found = self.entry(path)
        if not isinstance(found, Array):
            raise ProblemError(
                f"is a group where an array is expected; {SAVE_AGAIN}"
            )

        return found

    def _step(self, name: str, hops: int = 0) -> Group | Array:
        raw = _encoded(name)
        if name in (".", "..") or len(raw) > self._limits.name_bytes:
            raise ProblemError(f"has a name that is refused; {SAVE_AGAIN}")
        if self.depth >= self._limits.depth:
            raise ProblemError(f"is deeper than {self._limits.depth} groups")

        kind = self._link_kind(raw)
        if kind == h5l.TYPE_SOFT:
            return self._follow(raw, hops)

        if kind != h5l.TYPE_HARD:
            if kind == h5l.TYPE_EXTERNAL:
                what = "a link to another file"
            else:
                what = "a link of an unknown kind"

            raise ProblemError(
                f"is {what}: refused, nothing else is read; {IN_ONE_FILE}"
            )

        with damage("an entry"):
            found = h5o.open(self._group, raw)

        if isinstance(found, h5g.GroupID):
            return Group(
                found,
                self._size,
                self._limits,
                self.depth + 1,
                self._root,
            )

        if isinstance(found, h5d.DatasetID):
            with damage():
                place = Place(
                    h5r.create(self._group, raw, h5r.OBJECT),
                    self._root._group,
                )
                return Array(
                    place,
                    found,
                    self._size,
                    self._limits,
                    _declared(found, self._limits),
                )

        raise ProblemError(f"is neither a group nor an array; {SAVE_AGAIN}")

    def _link_kind(self, raw: bytes) -> int:
        """Return which kind of link an entry of this group is; ProblemError
        when there is no such entry.
        """
        renew_allowance()
        with damage("a group"):
            try:
                return int(self._group.links.get_info(raw).type)
            except DAMAGE:
                # Asked for only here: each question costs HDF5 a search through
                # the group.
                if self._group.links.exists(raw):
                    raise

        raise ProblemError(f"is missing from the file; {SAVE_AGAIN}")

    def _follow(self, raw: bytes, hops: int) -> Group | Array:
        """Return the target of a soft link of this group, walked part by part
        like any path.
        """
        self._root._followed += 1
        if hops >= MOST_HOPS or self._root._followed > self._limits.groups:
            raise ProblemError(
                "is a soft link that leads through too many others; "
                f"{IN_ONE_FILE}"
            )

        with damage("a soft link"):
            target = self._group.links.get_val(raw).decode(
                "utf-8",
                "surrogateescape",
            )

        found: Group | Array
        if target.startswith("/"):
            found = self._root
        else:
            found = self

        for part in [
            part for part in target.split("/") if part not in ("", ".")
        ]:
            if not isinstance(found, Group):
                raise ProblemError(
                    f"is a soft link that leads nowhere; {SAVE_AGAIN}"
                )

            found = found._step(part, hops + 1)

        if isinstance(found, Array):
            return found

        return found._at(self.depth + 1)

    def _at(self, depth: int) -> Group:
        return Group(self._group, self._size, self._limits, depth, self._root)

    def texts(self, name: str) -> list[str] | None:
        """Return an attribute as texts, the chunks `name0`, `name1`, … joined;
        None when there is none.
        """
        found = _attribute(self._group, name, self._limits)
        if found is not None:
            return found

        texts: list[str] = []
        chunk = 0
        while (
            part := _attribute(self._group, f"{name}{chunk}", self._limits)
        ) is not None:
            texts += part
            chunk += 1
            if len(texts) > self._limits.names:
                raise ProblemError(
                    f"the attribute {name} lists more than "
                    f"{self._limits.names} names"
                )

        if chunk:
            return texts

        return None

    def has_attribute(self, name: str) -> bool:
        """Say whether the group has an attribute of that name, whatever it
        holds.
        """
        with damage(f"the attribute {name}"):
            return bool(h5a.exists(self._group, name.encode()))

    def text(self, name: str) -> str | None:
        """Return an attribute that is one text; None when there is none."""
        found = _attribute(self._group, name, self._limits)
        if found:
            return found[0]

        return None


def open_root(source: BinaryIO, size: int, limits: Limits) -> Group:
    """Return the root of an HDF5 file that is read through an open file object
    only.

    A small one that is in memory is handed to HDF5 as it is, which costs it
    three copies and saves thousands of reads.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    try:
        if isinstance(source, io.BytesIO) and size <= limits.in_memory:
            access.set_fapl_core(backing_store=False)
            access.set_file_image(source.getbuffer())
        else:
            whole = (
                source
                if isinstance(source, Window)
                else Window(source, 0, size)
            )
            access.set_fileobj_driver(h5py.h5fd.fileobj_driver, whole)

        file = h5f.open(
            b"/dev/null/%d" % next(_opened),
            h5f.ACC_RDONLY,
            fapl=access,
        )
        return Group(h5g.open(file, b"/"), size, limits)
    except MemoryError:
        raise ProblemError(
            "opening it needs more memory than allowed (--max-memory raises it)"
        ) from None
    except DAMAGE as error:
        if "truncated file" in str(error):
            raise ProblemError(
                "is cut short: the HDF5 file is longer than what is here; "
                "copy or download it again"
            ) from None

        raise ProblemError(
            "is a damaged HDF5 file: its structure can't be read"
        ) from None


def _encoded(name: str) -> bytes:
    raw = name.encode("utf-8", "surrogateescape")
    if b"\0" in raw:
        raise ProblemError(f"has a name that is refused; {SAVE_AGAIN}")

    return raw


def _declared(dataset: h5d.DatasetID, limits: Limits) -> str | None:
    found = _attribute(dataset, "dtype", limits)
    if found:
        return found[0]

    return None


def _attribute(owner: Any, name: str, limits: Limits) -> list[str] | None:
    """Return an attribute as a list of texts (a scalar is a list of one), None
    when there is none.
    """
    what = f"the attribute {name}"
    with damage(what):
        raw = name.encode()
        if not h5a.exists(owner, raw):
            return None

        attribute = h5a.open(owner, raw)
        kind = attribute.get_type()
        space = attribute.get_space()
        if space.get_simple_extent_type() == h5s.NULL:
            return []

        count = int(space.get_simple_extent_npoints())
        if count == 0:
            return []
        if kind.get_class() != h5t.STRING:
            raise ProblemError(f"{what} isn't text")
        if count > limits.names:
            raise ProblemError(
                f"{what} lists {count:,} names; at most {limits.names:,} are "
                "read"
            )

        varying = kind.is_variable_str()
        if not varying and count * int(kind.get_size()) > limits.config_bytes:
            raise ProblemError(
                f"{what} is longer than {limits.config_bytes:,} bytes"
            )

        values = np.empty(space.shape, kind.dtype)
        attribute.read(values)

    return [_decoded(value) for value in values.reshape(-1).tolist()]


def _decoded(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")

    return str(value)
