"""GroupQueryAttention: several queries' heads share one head of keys and
values.

Ainslie et al. 2023.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import sigmoid
from rnn_tui.engine.core.arrays import Array, Shape, Tensor
from rnn_tui.engine.layers.attention_masks import (
    given_tensors,
    masked_arguments,
    shown_keys,
)
from rnn_tui.engine.layers.base import Plain, sides_multiplied
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.layers.heads import (
    Heads,
    check_sequences,
    kernel_shape,
    projection,
    sums,
    values_of_heads,
)
from rnn_tui.engine.layers.keys import COUNT
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import KEEPS, Config, Schema
from rnn_tui.errors import MisfitError


def _has_gate(config: Config) -> bool:
    return bool(config.get("use_gate"))


GROUPED = Schema(
    "Several attentions side by side, of which groups share their keys and "
    "values.",
    arrays=(
        *projection("query", "? num_query_heads head_dim"),
        *projection("key", "? num_key_value_heads head_dim"),
        *projection("gate", "? num_query_heads head_dim", kept=_has_gate),
        *projection("value", "? num_key_value_heads head_dim"),
        *projection("output", "num_query_heads head_dim width", bias="width"),
    ),
    quantized=(),
    keys=dict.fromkeys(
        (
            "head_dim",
            "num_query_heads",
            "num_key_value_heads",
            "sliding_window",
        ),
        COUNT,
    ),
    needs=("head_dim", "num_query_heads"),
    mask=KEEPS,
    with_softmax=True,
    reads_time=True,
    back="attention_back:group_query",
)


@computes(GroupedQueryAttention=GROUPED, GroupQueryAttention=GROUPED)
class GroupQueryAttention(WithArguments, Plain):
    """As MultiHeadAttention, with fewer heads of keys and values; a gate and a
    window of keys may come on top.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the inputs are sequences of the kernels' widths, and that
        each head of keys and values serves as many of the queries' heads.
        """
        check_sequences(inputs, self.weights)
        heads = kernel_shape(self.weights, "key")[1]
        if self.queries() % heads:
            raise MisfitError(
                f"its {self.queries()} heads of queries don't share {heads} "
                "heads of keys evenly"
            )

    def call_with(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the attended values, multiplied by the query's gate where
        there is one, and the weights where `return_attention_scores` asks for
        them.
        """
        given = given_tensors(args, kwargs)
        self.check([tensor.value.shape for tensor in given])
        query, value, key = masked_arguments(given, kwargs)
        shown = self.shown(query, value, key, kwargs)

        heads = Heads(self, run)
        queries = heads.projected("query", query.value)
        keys = heads.projected("key", key.value)
        scores = heads.scores(queries, self.repeated(keys), self.width())

        weights = heads.weights(scores, shown, kwargs)
        values = heads.projected("value", value.value)
        y = sums(weights, self.repeated(values))
        if self.has("gate_kernel"):
            gate = heads.projected("gate", query.value)
            y = y * sigmoid(gate)

        return heads.outputs(y, weights, query, kwargs)

    def repeated(self, heads: Array) -> Array:
        """Return the heads of keys or values as many times as queries' heads
        share them.
        """
        times = self.queries() // heads.shape[2]
        repeated: Array = np.repeat(heads, times, axis=2)

        return repeated

    def shown(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor,
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Return which keys a query may look at, `(batch, queries, keys)`."""
        shown = shown_keys(query, value, key, kwargs)
        window = self.config.get("sliding_window")
        if window is None:
            return shown

        queries = np.arange(query.value.shape[1])
        keys = np.arange(value.value.shape[1])
        apart = queries[:, None] - keys
        near = (np.abs(apart) < int(window))[None]
        if shown is None:
            return near

        return shown & near

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the queries' shape."""
        return [inputs[0]]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, a score for each head, query and key, and their
        projections.
        """
        widths = 2 * self.width()
        of_heads = values_of_heads(inputs, self.queries(), widths)

        return super().values_made(inputs) + of_heads

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return sides_multiplied(self.weights)

    def width(self) -> int:
        """Return how many values a head has."""
        return int(self.config["head_dim"])

    def queries(self) -> int:
        """Return how many heads of queries there are."""
        return int(self.config["num_query_heads"])
