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
from rnn_tui.engine.layers.keys import COUNT
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.multihead import MultiHeadAttention, projection
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
)


@computes(GroupedQueryAttention=GROUPED, GroupQueryAttention=GROUPED)
class GroupQueryAttention(MultiHeadAttention):
    """As MultiHeadAttention, with fewer heads of keys and values; a gate and a
    window of keys may come on top.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that each head of keys and values serves as many of the
        queries' heads.
        """
        super().check(inputs)
        heads = next(
            weight.shape[1]
            for weight in self.weights
            if weight.name == "key_kernel"
        )
        if self._queries() % heads:
            raise MisfitError(
                f"its {self._queries()} heads of queries don't share {heads} "
                "heads of keys evenly"
            )

    @property
    def head_width(self) -> int:
        """How many values a head has."""
        return int(self.config["head_dim"])

    def project(self, name: str, x: Array, run: Run) -> Array:
        """Return a projection with as many heads as the queries have."""
        heads = super().project(name, x, run)
        if name in ("query", "gate"):
            return heads

        return np.repeat(heads, self._queries() // heads.shape[2], axis=2)

    def attended(self, y: Array, query: Tensor, run: Run) -> Array:
        """Return the values of the heads, multiplied by the query's gate where
        there is one.
        """
        if self.has("gate_kernel"):
            return y * sigmoid(self.project("gate", query.value, run))

        return y

    def shown(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor,
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Return which keys a query may look at, `(batch, queries, keys)`."""
        shown = super().shown(query, value, key, kwargs)
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
        batch, queries = (side or 0 for side in inputs[0][:2])
        keys = inputs[1][1] or 0
        heads = self._queries()
        outputs = batch * queries * (inputs[0][-1] or 0)

        of_a_head = queries * keys + 2 * (queries + keys) * self.head_width

        return outputs + batch * heads * of_a_head

    def _queries(self) -> int:
        return int(self.config["num_query_heads"])
