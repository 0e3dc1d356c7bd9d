"""The parts of an attention with several heads: its projections, the weights of
its keys, and the sums of its values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape, Tensor, Weight
from rnn_tui.engine.core.fits import check_axes, check_count, check_side
from rnn_tui.engine.layers.attention_masks import key_weights
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.schema import Config, Stored, always, has_bias


def projection(
    name: str,
    sides: str,
    bias: str | None = None,
    kept: Callable[[Config], bool] = always,
) -> tuple[Stored, Stored]:
    """Return kernel and bias of a projection; the bias has the kernel's sides
    after the first, unless it says others.
    """

    def biased(config: Config) -> bool:
        return kept(config) and has_bias(config)

    if bias is None:
        bias = sides.partition(" ")[2]

    return (
        Stored(f"{name}_kernel", sides, kept),
        Stored(f"{name}_bias", bias, biased),
    )


def kernel_shape(weights: Sequence[Weight], name: str) -> tuple[int, ...]:
    """Return the shape of a projection's kernel."""
    return next(
        weight.shape for weight in weights if weight.name == f"{name}_kernel"
    )


def check_sequences(
    inputs: Sequence[Shape],
    weights: Sequence[Weight],
) -> None:
    """Check that queries, values and keys are sequences of the kernels' widths;
    a mask may follow them.
    """
    check_count(inputs, 2)
    for shape in inputs[:2]:
        check_axes(shape, 3, 3)

    query, value = inputs[:2]
    key = value
    if len(inputs) > 2 and len(inputs[2]) == 3:
        key = inputs[2]

    named = {"query": query, "key": key, "value": value}
    for name, shape in named.items():
        features = kernel_shape(weights, name)[0]
        check_side(shape[-1], features, "features")

    check_side(value[1], key[1], "values, one for each key,")
    sequences = query[0]
    check_side(value[0], sequences, "sequences")
    check_side(key[0], sequences, "sequences")


def sums(weights: Array, values: Array) -> Array:
    """Return each head's weighted sums of the values,
    `(batch, queries, heads, width)`.
    """
    found: Array = np.einsum(
        "bhqk,bkhd->bqhd",
        weights,
        values,
        optimize=True,
    )

    return found


def values_of_heads(inputs: Sequence[Shape], heads: int, widths: int) -> int:
    """Return how many values the heads make: a score for each head, query and
    key, and their projections, keys and values of `widths` together.
    """
    batch, queries = (side or 0 for side in inputs[0][:2])
    keys = inputs[1][1] or 0
    scores = queries * keys
    projected = (queries + keys) * widths
    of_a_head = scores + projected

    return batch * heads * of_a_head


class Heads:
    """The heads of a layer in one run. Its weights are query/key/value
    `(features, heads, width)` and output `(heads, width, features)`, with
    biases.
    """

    def __init__(self, layer: Plain, run: Run) -> None:
        self.layer = layer
        self.run = run

    def projected(self, name: str, x: Array) -> Array:
        """Return the heads of a projection,
        `(batch, timesteps, heads, width)`.
        """
        kernel = self.layer.value(f"{name}_kernel", self.run)
        y: Array = np.einsum("btf,fhd->bthd", x, kernel, optimize=True)
        if self.layer.has(f"{name}_bias"):
            return y + self.layer.value(f"{name}_bias", self.run)

        return y

    def scores(self, queries: Array, keys: Array, width: int) -> Array:
        """Return the score of each key for each query, of heads that have
        `width` values, `(batch, heads, queries, keys)`.
        """
        root = np.sqrt(float(width))
        scale = self.run.dtype.type(1.0 / root)
        queries = queries * scale
        found: Array = np.einsum(
            "bqhd,bkhd->bhqk",
            queries,
            keys,
            optimize=True,
        )

        return found

    def weights(
        self,
        scores: Array,
        shown: Any,
        kwargs: Mapping[str, Any],
    ) -> Array:
        """Return the weight of each key for each query,
        `(batch, heads, queries, keys)`; hidden keys have none.
        """
        lowered = self.run.dtype.type(-3e38)
        if self.layer.generation < 3:
            lowered = self.run.dtype.type(-1e9)

        return key_weights(scores, shown, lowered, self._softmaxed(kwargs))

    def outputs(
        self,
        y: Array,
        weights: Array,
        query: Tensor,
        kwargs: Mapping[str, Any],
    ) -> list[Tensor]:
        """Return the last projection of the heads' sums `y`, and the weights
        where `return_attention_scores` asks for them.
        """
        # (heads, value width, features)
        kernel = self.layer.value("output_kernel", self.run)
        out = np.einsum("bqhd,hdo->bqo", y, kernel, optimize=True)
        if self.layer.has("output_bias"):
            out = out + self.layer.value("output_bias", self.run)

        outputs = [Tensor(out, query.mask)]
        if kwargs.get("return_attention_scores"):
            return [*outputs, Tensor(weights)]

        return outputs

    def _softmaxed(self, kwargs: Mapping[str, Any]) -> bool:
        """Whether the weights come from a Softmax layer that leaves those
        nothing who may look at nothing.

        Keras 3 takes it where scores are asked for or dropped, else its
        backend's own attention.
        """
        config = self.layer.config
        asked = kwargs.get("return_attention_scores") or config.get("dropout")

        return bool(asked and config.get("masked_to_zero"))
