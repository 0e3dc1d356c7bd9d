"""Attention and AdditiveAttention: each query's weighted mean of the values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import softmax
from rnn_tui.engine.core.arrays import Array, Mask, Shape, Tensor
from rnn_tui.engine.core.fits import (
    check_axes,
    check_count,
    check_side,
    multiplied,
    stretched,
)
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.call_arguments import WithArguments, tensors_in
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import KEEPS, Config, Schema, Stored
from rnn_tui.errors import MisfitError


def check_mask(tensor: Tensor, axes: int) -> None:
    """Check that a tensor's mask, if it has one, is of its first `axes`
    axes.
    """
    if (
        tensor.mask is not None
        and tensor.mask.shape != tensor.value.shape[:axes]
    ):
        raise MisfitError(
            f"a mask of {tensor.mask.shape} doesn't fit {tensor.value.shape}"
        )


def has_scale(config: Config) -> bool:
    """Return whether an Attention's scores are scaled."""
    return bool(config.get("use_scale", False))


def has_scale_unasked(config: Config) -> bool:
    """Return whether an AdditiveAttention's scores are scaled."""
    return bool(config.get("use_scale", True))


def adds_scores(config: Config) -> bool:
    """Return whether the scores are sums of queries and keys."""
    return config.get("score_mode") == "concat"


@computes(
    Attention=Schema(
        "Weighs the values by how well their keys answer each query.",
        arrays=(
            Stored("scale", "", kept=has_scale),
            Stored("concat_score_weight", "", kept=adds_scores),
        ),
        mask=KEEPS,
        listed=True,
        reads_time=True,
        back="attention_back:attention",
    ),
    AdditiveAttention=Schema(
        "Weighs the values by a learned sum of query and key.",
        arrays=(
            Stored("scale", "features", kept=has_scale_unasked),
            Stored("concat_score_weight", kept=adds_scores),
        ),
        mask=KEEPS,
        listed=True,
        reads_time=True,
        back="attention_back:attention",
    ),
)
class Attention(WithArguments, Plain):
    """softmax(score(query, key))·value; masks as
    keras.src.layers.attention.attention has them.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that queries, values and keys are sequences whose widths and
        lengths go together.
        """
        check_count(inputs, 2, 3)
        for shape in inputs:
            check_axes(shape, 3, 3)

        query, value = inputs[:2]
        key = value
        if len(inputs) > 2:
            key = inputs[2]

        check_side(value[1], key[1], "values, one for each key,")

        *batch, queries, width = query
        *key_batch, keys, key_width = key
        if not self.adds():
            scores = multiplied(query, (*key_batch, key_width, keys))
        else:
            (met,) = stretched((width,), (key_width,))
            if self.has("scale") and self.weights[0].shape:
                check_side(met, self.weights[0].shape[0], "features")

            both = stretched(tuple(batch), tuple(key_batch))
            scores = (*both, queries, keys)

        multiplied(scores, value)

    def adds(self) -> bool:
        """Whether queries and keys are added, not multiplied."""
        return (
            self.class_name == "AdditiveAttention"
            or self.config.get("score_mode") == "concat"
        )

    def call_with(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the attended values, and the weights where
        `return_attention_scores` asks for them.
        """
        given = tensors_in(args) or tensors_in(kwargs.get("inputs"))
        self.check([tensor.value.shape for tensor in given])
        query, value, *more = given
        key = value
        if more:
            key = more[0]

        check_mask(query, 2)
        check_mask(value, 2)
        causal = kwargs.get("use_causal_mask") or self.config.get("causal")
        shown = self.shown(query, value, bool(causal))
        scores = self.scores(query.value, key.value, run)
        if shown is not None:
            lowered = scores - run.dtype.type(1e9)
            scores = np.where(shown, scores, lowered)

        weights = softmax(scores)
        y = weights @ value.value
        if query.mask is not None:
            y = y * query.mask[..., None]

        mask = query.mask
        if self.config.get("mask_ends"):
            mask = None

        out = [Tensor(y, mask)]
        if kwargs.get("return_attention_scores"):
            out.append(Tensor(weights))

        return out

    def scores(self, query: Array, key: Array, run: Run) -> Array:
        """Return how well each key answers each query."""
        scale = None
        if self.has("scale"):
            scale = self.value("scale", run)

        # (batch, queries, keys, features)
        if self.class_name == "AdditiveAttention":
            added = query[:, :, None] + key[:, None]
            y = np.tanh(added)
            if scale is not None:
                y = scale * y

            sums: Array = np.sum(y, axis=-1)
            return sums

        if self.config.get("score_mode") == "concat":
            y = query[:, :, None] + key[:, None]
            if scale is not None:
                y = scale * y

            total: Array = np.sum(np.tanh(y), axis=-1)
            return self.value("concat_score_weight", run) * total

        turned = np.swapaxes(key, -2, -1)
        dots = query @ turned
        if scale is None:
            return dots

        return dots * scale

    def shown(self, query: Tensor, value: Tensor, causal: bool) -> Mask | None:
        """Return which values a query may look at,
        `(batch, 1 or queries, values)`.
        """
        if value.mask is None:
            shown = None
        else:
            shown = value.mask[:, None]

        if causal:
            triangle = np.tri(
                query.value.shape[1],
                value.value.shape[1],
                dtype=np.bool_,
            )[None]
            if shown is None:
                shown = triangle
            else:
                shown = shown & triangle

        return shown

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the queries' shape with the values' width."""
        *queries, _ = inputs[0]
        width = inputs[1][-1]

        return [(*queries, width)]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the outputs and a score for each query and value; those that
        add them have a vector for each.
        """
        *sides, width = (side or 0 for side in inputs[0])
        scores = (
            math.prod(sides)
            * (inputs[1][-2] or 0)
            * (width if self.adds() else 1)
        )

        return scores + super().values_made(inputs)

    def formula(self) -> str:
        """Return the size of its scale."""
        return " + ".join(str(weight.size) for weight in self.weights)
