"""MultiHeadAttention: several attentions side by side, each on its own projection.

Vaswani et al. 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import softmax
from rnn_tui.engine.core.arrays import Array, Shape, Tensor
from rnn_tui.engine.core.fits import (
    check_axes,
    check_count,
    check_side,
    check_stretches,
)
from rnn_tui.engine.layers.attention import WithArguments, check_mask, tensors_in
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.keys import SIZE
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import KEEPS, Config, Schema, Stored, always, has_bias
from rnn_tui.errors import MisfitError


def with_mask_of(tensor: Tensor, given: Any) -> Tensor:
    """Return a tensor with the mask that the call names for it; without one, as it
    is.
    """
    if not isinstance(given, Tensor):
        return tensor
    if given.value.ndim != 2 or given.value.shape[1:] != tensor.value.shape[1:2]:
        raise MisfitError(
            f"a mask of {given.value.shape} is none for {tensor.value.shape}"
        )

    return Tensor(tensor.value, given.value.astype(np.bool_))


def projection(
    name: str,
    sides: str,
    bias: str | None = None,
    kept: Callable[[Config], bool] = always,
) -> tuple[Stored, Stored]:
    """Return kernel and bias of a projection; the bias has the kernel's sides after
    the first, unless it says others.
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
        """Check that queries, values and keys are sequences of the kernels' widths; a
        mask may follow them.
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
        self, args: Sequence[Any], kwargs: Mapping[str, Any], run: Run
    ) -> list[Tensor]:
        """Return the attended values, and the weights where `return_attention_scores`
        asks for them.
        """
        given = tensors_in(args)
        named = [
            kwargs[name]
            for name in ("query", "value", "key")
            if isinstance(kwargs.get(name), Tensor)
        ]
        together = [*given, *named]
        self.check([tensor.value.shape for tensor in together])

        query, value = together[:2]
        # A query_mask by keyword gives way to the query's own (keras 3.15,
        # multi_head_attention.py, call).
        value = with_mask_of(value, kwargs.get("value_mask"))
        if len(together) > 2:
            key = together[2]
        else:
            key = value

        key = with_mask_of(key, kwargs.get("key_mask"))
        for tensor in (query, value, key):
            check_mask(tensor, 2)

        q = self.project("query", query.value, run)
        k = self.project("key", key.value, run)
        v = self.project("value", value.value, run)
        q = q * run.dtype.type(1.0 / np.sqrt(float(self.head_width)))
        scores = np.einsum("bqhd,bkhd->bhqk", q, k, optimize=True)
        shown = self.shown(query, value, key, kwargs)
        if shown is not None:
            scores = np.where(
                shown[:, None],
                scores,
                scores + run.dtype.type(-1e9 if self.generation < 3 else -3e38),
            )

        weights = softmax(scores)
        if shown is not None and self._softmaxed(kwargs):
            weights = np.where(shown[:, None], weights, run.dtype.type(0))

        y = self.attended(
            np.einsum("bhqk,bkhd->bqhd", weights, v, optimize=True), query, run
        )
        out = np.einsum(
            "bqhd,hdo->bqo", y, self.value("output_kernel", run), optimize=True
        )
        if self.has("output_bias"):
            out = out + self.value("output_bias", run)

        outputs = [Tensor(out, query.mask)]
        if kwargs.get("return_attention_scores"):
            return [*outputs, Tensor(weights)]

        return outputs

    @property
    def head_width(self) -> int:
        """How many values a head has."""
        return int(self.config["key_dim"])

    def attended(self, y: Array, query: Tensor, run: Run) -> Array:
        """Return what goes to the last projection."""
        return y

    def _softmaxed(self, kwargs: Mapping[str, Any]) -> bool:
        """Whether the weights come from a Softmax layer that leaves those nothing who
        may look at nothing.

        Keras 3 takes it where scores are asked for or dropped, else its backend's own
        attention.
        """
        asked = kwargs.get("return_attention_scores") or self.config.get("dropout")
        return bool(asked and self.config.get("masked_to_zero"))

    def project(self, name: str, x: Array, run: Run) -> Array:
        """Return the heads of a projection, `(batch, timesteps, heads, width)`."""
        y: Array = np.einsum(
            "btf,fhd->bthd", x, self.value(f"{name}_kernel", run), optimize=True
        )
        if self.has(f"{name}_bias"):
            return y + self.value(f"{name}_bias", run)

        return y

    def shown(
        self, query: Tensor, value: Tensor, key: Tensor, kwargs: Mapping[str, Any]
    ) -> Any:
        """Return which keys a query may look at, `(batch, queries, keys)`."""
        parts = []
        if query.mask is not None:
            parts.append(query.mask[:, :, None])

        if value.mask is not None:
            parts.append(value.mask[:, None, :])

        if key is not value and key.mask is not None:
            parts.append(key.mask[:, None, :])

        if kwargs.get("use_causal_mask"):
            parts.append(
                np.tri(query.value.shape[1], value.value.shape[1], dtype=np.bool_)[None]
            )

        given = kwargs.get("attention_mask")
        if isinstance(given, Tensor):
            wanted = (query.value.shape[0], query.value.shape[1], value.value.shape[1])
            if given.value.ndim > len(wanted):
                raise MisfitError(
                    f"an attention_mask of the shape {given.value.shape} is not "
                    "reproduced"
                )

            check_stretches(given.value.shape, wanted, "an attention_mask")
            parts.append(np.broadcast_to(given.value.astype(np.bool_), wanted))
        elif given is not None:
            raise MisfitError("its attention_mask is no tensor")

        shown = None
        for part in parts:
            if shown is None:
                shown = part
            else:
                shown = shown & part

        return shown

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the queries' shape, or with `output_shape` as its width."""
        width = self.config.get("output_shape")
        if width is None:
            return [inputs[0]]

        return [
            (
                *inputs[0][:-1],
                *(width if isinstance(width, (list, tuple)) else (width,)),
            )
        ]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs, a score for each head, query and key, and what each of
        them is turned into.
        """
        batch, queries = (side or 0 for side in inputs[0][:2])
        keys = inputs[1][1] or 0
        heads = int(self.config["num_heads"])
        width = int(self.config["key_dim"])
        widths = width + int(self.config.get("value_dim") or width)

        return super().values_made(inputs) + batch * heads * (
            queries * keys + (queries + keys) * widths
        )

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return " + ".join(
            " × ".join(str(side) for side in weight.shape) for weight in self.weights
        )
