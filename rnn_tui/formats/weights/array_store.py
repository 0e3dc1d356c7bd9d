"""The file's values, fetched when first needed: all at once while they are few,
else layer by layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core.arrays import Weight
from rnn_tui.errors import FileError
from rnn_tui.formats.data.description import FileDescription, StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 64_000_000
"""Bytes of float32 up to which one request brings every array of the model."""


class Store:
    """Brings arrays by their keys and keeps each until it has been taken."""

    def __init__(self, file: FileDescription) -> None:
        self._file = file
        self._lock = Lock()
        self._waiting: dict[str, NDArray[Any]] = {}
        readable = [
            array
            for group in file.groups
            for array in group.arrays
            if array.problem is None
        ]
        size = sum(4 * _count(array.shape) for array in readable)
        if size <= AT_ONCE:
            self._everything = [array.key for array in readable]
        else:
            self._everything = []

    def take(
        self,
        array: StoredArray,
        companions: Sequence[StoredArray] = (),
    ) -> NDArray[Any]:
        """Return the values of `array`; `companions` are fetched on the same
        way.

        Raises FileError.
        """
        if array.problem is not None:
            raise FileError(
                f"the array {array.name!r} can't be read: {array.problem}"
            )

        with self._lock:
            if array.key not in self._waiting:
                wanted = self._everything or [
                    array.key,
                    *(other.key for other in companions if not other.problem),
                ]
                self._everything = []
                self._waiting.update(
                    self._file.read(list(dict.fromkeys([array.key, *wanted])))
                )

            return self._waiting.pop(array.key)


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for side in shape:
        total *= side

    return total


def plain(
    name: str,
    array: StoredArray,
    group: Sequence[StoredArray],
    store: Store,
    trainable: bool,
) -> Weight:
    """Return a weight that is read, with the others of its group, at its first
    use.
    """
    # one that can't be read has no gates to be told apart, and isn't counted
    if array.problem is not None:
        return Weight(
            name,
            (),
            array.dtype,
            lambda: store.take(array),
            trainable=trainable,
            parameters=0,
        )

    return Weight(
        name,
        array.shape,
        array.dtype,
        lambda: store.take(array, group),
        trainable=trainable,
        parts=shared_parts([array]),
    )


def shared_parts(
    arrays: Sequence[StoredArray],
) -> tuple[tuple[object, int], ...] | None:
    """Return the parts of a weight made of arrays, each known by the first of
    its names; None where none has several.
    """
    if all(array.same is None for array in arrays):
        return None

    return tuple(
        (("array", array.same or array.key), _count(array.shape))
        for array in arrays
    )
