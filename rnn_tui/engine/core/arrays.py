"""The engine's array types: plain arrays, tensors that carry a mask, and
weights that are read when needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.floating]"
Mask: TypeAlias = "NDArray[np.bool_]"
Shape: TypeAlias = tuple[int | None, ...]
"""A shape with its batch axis; None is an axis the model leaves open."""
WHOLE_NUMBERS = (
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
"""The dtypes of whole numbers."""


class Tensor(NamedTuple):
    """The unit that flows along the graph: a value `(batch, …)` and, where one
    is set, the mask `(batch, timesteps)`.
    """

    value: NDArray[Any]
    mask: Mask | None = None


class Weight:
    """One array of a layer: name, shape and stored dtype are known, the values
    are read when first asked for.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        load: Callable[[], NDArray[Any]],
        *,
        trainable: bool = True,
        parameters: int | None = None,
        parts: tuple[tuple[object, int], ...] | None = None,
    ) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.trainable = trainable
        self._load = load
        self._parameters = parameters
        self._parts = parts
        self._value: Array | None = None

    @classmethod
    def of(cls, name: str, value: NDArray[Any]) -> Weight:
        """Return a weight that holds `value` already."""
        return cls(name, value.shape, str(value.dtype), lambda: value)

    @property
    def size(self) -> int:
        """The number of values in it."""
        size = 1
        for side in self.shape:
            size *= side

        return size

    @property
    def parameters(self) -> int:
        """The number of parameters Keras counts for it: more than its size
        where a conversion added halves up.
        """
        if self._parameters is None:
            return self.size

        return self._parameters

    @property
    def parts(self) -> tuple[tuple[object, int], ...]:
        """The stored arrays that it is made of, each with its parameters: one
        that several layers share is counted once in a total.
        """
        if self._parts is None:
            return ((id(self), self.parameters),)

        return self._parts

    @property
    def loaded(self) -> bool:
        """Whether the values were read."""
        return self._value is not None

    @property
    def value(self) -> Array:
        """The values as float32 (float64 stays), read on the first call and
        kept, read-only.
        """
        if self._value is None:
            value = self._load()
            if value.dtype != np.float64:
                value = np.asarray(value, dtype=np.float32)

            value = np.ascontiguousarray(value).view()
            value.flags.writeable = False
            self._value = value

        return self._value

    def __repr__(self) -> str:
        return (
            f"Weight({self.name!r}, shape={self.shape}, dtype={self.dtype!r})"
        )
