"""MultiHeadAttention: several attentions side by side, each on its own
projection.

Vaswani et al. 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape, Tensor
from rnn_tui.engine.core.fits import (
    check_axes,
    check_count,
    check_side,
)
from rnn_tui.engine.layers.attention import WithArguments
from rnn_tui.engine.layers.attention_masks import (
    given_tensors,
    key_weights,
    masked_arguments,
    shown_keys,
)
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.keys import SIZE
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    KEEPS,
    Config,
    Schema,
    Stored,
    always,
    has_bias,
)


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
    )
)
class MultiHeadAttention(WithArguments, Plain):
    """Weights are query/key/value `(features, heads, width)` and output
    `(heads, width, features)`, with biases.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that queries, values and keys are sequences of the kernels'
        widths; a mask may follow them.
        """
        check_count(inputs, 2)
        for shape in inputs[:2]:
            check_axes(shape, 3, 3)

        query, value = inputs[:2]
        key: tuple[int | None, ...]
        if len(inputs) > 2 and len(inputs[2]) == 3:
            key = inputs[2]
        else:
            key = value

        for name, shape in (("query", query), ("key", key), ("value", value)):
            kernel = next(
                weight.shape
                for weight in self.weights
                if weight.name == f"{name}_kernel"
            )
            check_side(shape[-1], kernel[0], "features")

        check_side(value[1], key[1], "values, one for each key,")
        for shape in (value, key):
            check_side(shape[0], query[0], "sequences")

    def call_with(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the attended values, and the weights where
        `return_attention_scores` asks for them.
        """
        query, value, key = self._read(args, kwargs)
        shown = self.shown(query, value, key, kwargs)

        q = self.project(
            "query",
            query.value,
            run,
        )  # (batch, queries, heads, width)
        k = self.project("key", key.value, run)  # (batch, keys, heads, width)
        v = self.project(
            "value",
            value.value,
            run,
        )  # (batch, keys, heads, value width)
        q = q * run.dtype.type(1.0 / np.sqrt(float(self.head_width)))

        scores = np.einsum("bqhd,bkhd->bhqk", q, k, optimize=True)
        weights = self._shares(scores, shown, kwargs, run)
        heads = np.einsum("bhqk,bkhd->bqhd", weights, v, optimize=True)

        y = self.attended(heads, query, run)
        out_kernel = self.value(
            "output_kernel",
            run,
        )  # (heads, value width, features)
        out = np.einsum("bqhd,hdo->bqo", y, out_kernel, optimize=True)
        if self.has("output_bias"):
            out = out + self.value("output_bias", run)

        outputs = [Tensor(out, query.mask)]
        if kwargs.get("return_attention_scores"):
            return [*outputs, Tensor(weights)]

        return outputs

    def _read(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return query, value and key of a call, with the masks that it
        names.
        """
        given = given_tensors(args, kwargs)
        self.check([tensor.value.shape for tensor in given])

        return masked_arguments(given, kwargs)

    def _shares(
        self,
        scores: Array,
        shown: Any,
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> Array:
        """Return the weight of each key for each query,
        `(batch, heads, queries, keys)`; hidden keys have none.
        """
        lowered = run.dtype.type(-3e38)
        if self.generation < 3:
            lowered = run.dtype.type(-1e9)

        return key_weights(scores, shown, lowered, self._softmaxed(kwargs))

    @property
    def head_width(self) -> int:
        """How many values a head has."""
        return int(self.config["key_dim"])

    def attended(self, y: Array, query: Tensor, run: Run) -> Array:
        """Return the input of the last projection."""
        return y

    def _softmaxed(self, kwargs: Mapping[str, Any]) -> bool:
        """Whether the weights come from a Softmax layer that leaves those
        nothing who may look at nothing.

        Keras 3 takes it where scores are asked for or dropped, else its
        backend's own attention.
        """
        asked = kwargs.get("return_attention_scores") or self.config.get(
            "dropout"
        )
        return bool(asked and self.config.get("masked_to_zero"))

    def project(self, name: str, x: Array, run: Run) -> Array:
        """Return the heads of a projection,
        `(batch, timesteps, heads, width)`.
        """
        y: Array = np.einsum(
            "btf,fhd->bthd",
            x,
            self.value(f"{name}_kernel", run),
            optimize=True,
        )
        if self.has(f"{name}_bias"):
            return y + self.value(f"{name}_bias", run)

        return y

    def shown(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor,
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Return which keys a query may look at, `(batch, queries, keys)`."""
        return shown_keys(query, value, key, kwargs)

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
        batch, queries = (side or 0 for side in inputs[0][:2])
        keys = inputs[1][1] or 0
        heads = int(self.config["num_heads"])
        width = int(self.config["key_dim"])
        widths = width + int(self.config.get("value_dim") or width)

        of_a_head = queries * keys + (queries + keys) * widths

        return super().values_made(inputs) + batch * heads * of_a_head

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return " + ".join(
            " × ".join(str(side) for side in weight.shape)
            for weight in self.weights
        )
