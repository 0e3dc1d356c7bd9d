"""MultiHeadAttention: several attentions side by side, each on its own
projection.

Vaswani et al. 2017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.core.arrays import Shape, Tensor
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
    projection,
    sums,
    values_of_heads,
)
from rnn_tui.engine.layers.keys import SIZE
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import KEEPS, Schema


@computes(
    MultiHeadAttention=Schema(
        "Several attentions side by side, each in its own projection.",
        arrays=(
            *projection("query", "? num_heads key_dim"),
            *projection("key", "? num_heads key_dim"),
            *projection("value", "? num_heads value_dim"),
            *projection("output", "num_heads value_dim width", bias="width"),
        ),
        quantized=(),
        keys={"output_shape": SIZE},
        needs=("num_heads", "key_dim"),
        mask=KEEPS,
        with_softmax=True,
        reads_time=True,
        back="attention_back:multi_head",
    )
)
class MultiHeadAttention(WithArguments, Plain):
    """Every head has its own projections of queries, keys and values."""

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that queries, values and keys are sequences of the kernels'
        widths; a mask may follow them.
        """
        check_sequences(inputs, self.weights)

    def call_with(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the attended values, and the weights where
        `return_attention_scores` asks for them.
        """
        given = given_tensors(args, kwargs)
        self.check([tensor.value.shape for tensor in given])
        query, value, key = masked_arguments(given, kwargs)
        shown = shown_keys(query, value, key, kwargs)

        heads = Heads(self, run)
        width = int(self.config["key_dim"])
        queries = heads.projected("query", query.value)
        keys = heads.projected("key", key.value)
        scores = heads.scores(queries, keys, width)

        weights = heads.weights(scores, shown, kwargs)
        values = heads.projected("value", value.value)
        y = sums(weights, values)

        return heads.outputs(y, weights, query, kwargs)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the queries' shape, or with `output_shape` as its width."""
        width = self.config.get("output_shape")
        if width is None:
            return [inputs[0]]

        if not isinstance(width, (list, tuple)):
            width = (width,)

        return [(*inputs[0][:-1], *width)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, a score for each head, query and key, and their
        projections.
        """
        heads = int(self.config["num_heads"])
        key_width = int(self.config["key_dim"])
        value_width = int(self.config.get("value_dim") or key_width)
        of_heads = values_of_heads(inputs, heads, key_width + value_width)

        return super().values_made(inputs) + of_heads

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return sides_multiplied(self.weights)
