"""Layers whose meaning depends on how they were called, and the tensors among
the arguments of a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.layers.layer import Layer, Run


class WithArguments(Layer):
    """A layer whose meaning depends on how it was called: positions, keywords
    and constants.
    """

    only_tried: ClassVar[bool] = False
    """Whether nothing but a call tells the shapes that come out."""

    def call_with(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the outputs for the call's own arguments, with tensors in the
        same places as in Keras.
        """
        raise NotImplementedError

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the outputs for a call with nothing but tensors."""
        return self.call_with(
            [list(inputs)] if len(inputs) > 1 else list(inputs),
            {},
            run,
        )


def tensors_in(value: Any) -> list[Tensor]:
    """Return the tensors of nested arguments, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        return [
            tensor for item in value.values() for tensor in tensors_in(item)
        ]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(item)]

    return []
