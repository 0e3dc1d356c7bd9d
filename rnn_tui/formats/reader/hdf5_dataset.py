"""A dataset of an HDF5 file, held against every limit before its shape or its
values are asked for.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from h5py import h5d, h5g, h5o, h5r, h5s, h5t, h5z

from rnn_tui.formats.reader.dataset_checks import (
    check_bytes,
    check_filters,
    check_written,
    meaning,
)
from rnn_tui.formats.reader.layouts import Values
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import (
    IN_ONE_FILE,
    SAVE_AGAIN,
    ProblemError,
    damage,
)
from rnn_tui.formats.wire.protocol import STORED_AS, array_bytes


class Place(NamedTuple):
    """Where a dataset is in the file: its address, and the file's root."""

    address: h5r.Reference
    root: h5g.GroupID


class Array(Values):
    """A dataset that passed every check; `read_into` fills a buffer with its
    values.

    It isn't kept open: HDF5 holds some 20 KB for each open dataset, half a
    gigabyte in a model of 10,000 layers.
    """

    def __init__(
        self,
        place: Place,
        dataset: h5d.DatasetID,
        size: int,
        limits: Limits,
        declared: str | None,
    ) -> None:
        chunk = _chunk(dataset)
        self._place = place
        stored_type = dataset.get_type()
        self.dtype = _meaning(stored_type, declared)
        space = dataset.get_space()
        if space.get_simple_extent_type() == h5s.NULL:
            raise ProblemError(
                f"holds no values (an empty dataspace); {SAVE_AGAIN}"
            )

        self.shape = tuple(map(int, space.shape))
        if len(self.shape) > limits.rank:
            raise ProblemError(
                f"has {len(self.shape)} axes; at most {limits.rank} make "
                f"sense: {SAVE_AGAIN}"
            )

        self.bytes = array_bytes(self.shape, self.dtype)
        if chunk is None:
            unpacked = None
        else:
            unpacked = math.prod(chunk) * int(stored_type.get_size())

        stored = int(dataset.get_storage_size())
        try:
            check_bytes(self.bytes, stored, unpacked, size, limits)
            if self.bytes:
                sides = zip(self.shape, chunk or self.shape, strict=True)
                pieces = math.prod(-(-side // part) for side, part in sides)
                check_written(
                    pieces,
                    dataset.get_num_chunks()
                    if chunk and stored
                    else min(stored, 1),
                )
        except ProblemError as problem:
            problem.shape = self.shape
            raise

    def read_into(self, buffer: Any) -> None:
        """Fill `buffer` (writable bytes) with the values, little-endian, as
        `exchange.STORED_AS` has them.
        """
        values = np.frombuffer(buffer, STORED_AS[self.dtype])
        if not values.size:
            return

        raw = self.dtype in ("bfloat16", "bool")
        with damage():
            dataset = h5r.dereference(*self._place)
            if raw:
                memory = dataset.get_type()
            else:
                memory = _in_memory(self.dtype)

            dataset.read(h5s.ALL, h5s.ALL, values.reshape(self.shape), memory)

    def address(self) -> int:
        """Return where the file keeps the array's head."""
        with damage("this array"):
            return int(h5o.get_info(h5r.dereference(*self._place)).addr)


@cache
def _in_memory(dtype: str) -> h5t.TypeID:
    """Return the type that HDF5 converts values to."""
    return h5t.py_create(np.dtype(STORED_AS[dtype]))


def _chunk(dataset: h5d.DatasetID) -> tuple[int, ...] | None:
    """Return the shape of a chunk; refuse data in other files or behind
    plugins, before any call that might open them.
    """
    plan = dataset.get_create_plist()
    layout = int(plan.get_layout())
    if layout == h5d.VIRTUAL:
        raise ProblemError(
            "is a virtual dataset with values in other files: refused, nothing "
            f"else is read; {IN_ONE_FILE}"
        )
    if plan.get_external_count():
        raise ProblemError(
            "is stored in another file: refused, nothing else is read; "
            f"{IN_ONE_FILE}"
        )

    chunked = layout == h5d.CHUNKED
    if chunked:
        filters = [
            int(plan.get_filter(index)[0])
            for index in range(plan.get_nfilters())
        ]
    else:
        filters = []

    check_filters(filters, h5z.filter_avail)

    return plan.get_chunk() if chunked else None


def _meaning(kind: h5t.TypeID, declared: str | None) -> str:
    family = int(kind.get_class())
    if family == h5t.FLOAT:
        exponent = int(kind.get_fields()[2])
    else:
        exponent = 0

    if family == h5t.INTEGER:
        signed = bool(kind.get_sign())
    else:
        signed = True

    return meaning(family, int(kind.get_size()), exponent, signed, declared)
