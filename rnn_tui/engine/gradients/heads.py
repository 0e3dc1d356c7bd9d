"""The logits of a layer: its values before the activation, which a softmax or a
sigmoid turns into shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.calls import (
    Call,
    dtype_of,
    inner_scope,
    tensors_read,
)
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.layers.wrappers import TimeDistributed

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace

SOFTMAX = "softmax"
SIGMOID = "sigmoid"


@dataclass(frozen=True, eq=False)
class Head:
    """A layer that ends in an activation; its logits are the values that the
    activation reads.
    """

    call: Call
    activation: Activation

    @property
    def shares(self) -> bool:
        """Whether the activation is a softmax."""
        return self._name == SOFTMAX

    @property
    def is_sigmoid(self) -> bool:
        """Whether the activation is a sigmoid: each value is a probability by
        itself.
        """
        return self._name == SIGMOID

    @property
    def _name(self) -> str:
        return self.activation.name.partition(" ")[0]

    @property
    def reads_logits(self) -> bool:
        """Whether the layer is nothing but the activation: its input has the
        logits.
        """
        return not applied(self.call.layer).weights

    def logits(self, trace: ModelTrace) -> Array:
        """Return the logits of a run, in the shape of the layer's output."""
        read = tensors_read(self.call, trace)
        if self.reads_logits:
            return read[0].value

        linear = without_activation(self.call.layer)
        outputs = linear.call(read, quiet_run(dtype_of(trace)))

        return outputs[0].value


def head_of(call: Call, calls: Mapping[str, Call]) -> Head | None:
    """Return the head that a layer is, or that a nested model ends in; None for
    a layer without an activation of its own.
    """
    layer = call.layer
    if layer.nested is not None:
        scope = inner_scope(call)
        last = calls.get(scope.path(scope.graph.outputs[0]))
        if last is None:
            return None

        return head_of(last, calls)

    inner = applied(layer)
    if not isinstance(inner, Plain) or inner.why_not is not None:
        return None
    if inner.class_name == "Softmax":
        return Head(call, Activation(SOFTMAX, lambda x: x))
    if "activation" not in inner.config:
        return None

    return Head(call, inner.activation())


def applied(layer: Layer) -> Layer:
    """Return the layer that computes the values: the inner one of a
    TimeDistributed.
    """
    while isinstance(layer, TimeDistributed) and layer.inner is not None:
        layer = layer.inner

    return layer


def without_activation(layer: Layer) -> Layer:
    """Return `layer` without its activation."""
    if isinstance(layer, TimeDistributed) and layer.inner is not None:
        return replace(layer, inner=without_activation(layer.inner))

    weights = tuple(
        weight for weight in layer.weights if weight.name != "alpha"
    )
    config = {**layer.config, "activation": "linear"}

    return replace(layer, config=config, weights=weights)
