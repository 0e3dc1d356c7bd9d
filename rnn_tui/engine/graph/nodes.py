"""The graph's two words: a tensor that a call returns (`Ref`), and a call of a
layer (`Node`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from rnn_tui.engine.trace.paths import called


class Ref(NamedTuple):
    """One tensor of the graph: output number `tensor` of call number `call` of
    a layer.
    """

    layer: str
    call: int = 0
    tensor: int = 0

    def not_returned(self) -> str:
        """Return in words that the layer doesn't return this tensor."""
        return (
            f"output {self.tensor} of {self.layer!r}, which returns none of "
            "that number (they count from 0)"
        )


FIRST = ("query", "value", "key")
"""Keywords by which attention is given the arguments that otherwise come by
position, in that order.
"""
MASKS = ("mask", "attention_mask")
"""Keywords that hold masks, which are no inputs."""


@dataclass(frozen=True, eq=False)
class Node:
    """One call of one layer; `args` and `kwargs` are as in Keras, with a Ref
    where a tensor was.
    """

    layer: str
    call: int
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name in a trace: the layer's, with `@1` from the second call
        on.
        """
        return called(self.layer, self.call)

    def refs(self) -> tuple[Ref, ...]:
        """Return every tensor it reads, in order."""
        return self._refs

    @cached_property
    def input_refs(self) -> tuple[Ref, ...]:
        """The tensors it reads as inputs, in the order its layer is given them:
        masks are left out.
        """
        apart = (*FIRST, *MASKS)
        first = [self.kwargs.get(key) for key in FIRST]
        others = [
            value for key, value in self.kwargs.items() if key not in apart
        ]
        read = [*self.args, *first, *others]

        return tuple(refs_in(read))

    @cached_property
    def _refs(self) -> tuple[Ref, ...]:
        return (*refs_in(self.args), *refs_in(self.kwargs))


def refs_in(value: Any) -> Iterator[Ref]:
    """Yield the Refs of nested arguments, in order."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from refs_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from refs_in(item)
