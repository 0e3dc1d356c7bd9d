"""Attention layers backwards: from the attended values to queries, values and
keys.

A function returns tensors of the call's arguments, each with a cotangent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import sigmoid, softmax
from rnn_tui.engine.core.arrays import Array, Tensor
from rnn_tui.engine.layers.attention import Attention
from rnn_tui.engine.layers.attention_masks import (
    given_tensors,
    masked_arguments,
    shown_keys,
)
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.call_arguments import tensors_in
from rnn_tui.engine.layers.groupquery import GroupQueryAttention
from rnn_tui.engine.layers.heads import Heads, sums
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.multihead import MultiHeadAttention

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pairs = list[tuple[Tensor, "NDArray[Any]"]]


def attention(
    layer: Attention,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> Pairs:
    """Return the cotangents of query, value and key of an Attention."""
    given = tensors_in(args) or tensors_in(kwargs.get("inputs"))
    query, value, *_ = given
    key = _key_of(given)
    causal = kwargs.get("use_causal_mask") or layer.config.get("causal")
    shown = layer.shown(query, value, bool(causal))

    q = query.value
    v = value.value
    k = key.value
    scores = layer.scores(q, k, run)
    if shown is not None:
        lowered = scores - run.dtype.type(1e9)
        scores = np.where(shown, scores, lowered)

    weights = softmax(scores)
    y_bar = _first_bar(outputs, bars)
    if query.mask is not None:
        y_bar = y_bar * query.mask[..., None]

    value_bar = np.swapaxes(weights, -2, -1) @ y_bar
    weights_bar = y_bar @ np.swapaxes(v, -2, -1)
    scores_bar = _softmax_back(weights, weights_bar, bars[1:])
    query_bar, key_bar = _scores_back(layer, q, k, scores_bar, run)

    return [(query, query_bar), (value, value_bar), (key, key_bar)]


def _first_bar(
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
) -> NDArray[Any]:
    """Return the cotangent of the attended values, 0 without one."""
    if bars[0] is None:
        return np.zeros_like(outputs[0])

    return bars[0]


def _softmax_back(
    weights: Array,
    bar: Array,
    returned: Sequence[NDArray[Any] | None],
) -> Array:
    """Return the cotangent of the scores for that of the weights, which the
    layer may return as well.
    """
    for own in returned:
        if own is not None:
            bar = bar + own

    mean = (bar * weights).sum(axis=-1, keepdims=True)
    scores_bar: Array = weights * (bar - mean)

    return scores_bar


def _scores_back(
    layer: Attention,
    query: Array,
    key: Array,
    bar: Array,
    run: Run,
) -> tuple[Array, Array]:
    """Return the cotangents of queries and keys."""
    scale: Any = 1
    if layer.has("scale"):
        scale = layer.value("scale", run)

    if not layer.adds():
        scaled = bar * scale
        turned = np.swapaxes(scaled, -2, -1)
        return scaled @ key, turned @ query

    sums = query[:, :, None] + key[:, None]  # (batch, queries, keys, width)
    if layer.class_name == "AdditiveAttention":
        tanh = np.tanh(sums)
        slope = scale * (1 - tanh**2)
    else:
        tanh = np.tanh(scale * sums)
        weight = layer.value("concat_score_weight", run)
        slope = weight * scale * (1 - tanh**2)

    sums_bar = bar[..., None] * slope

    return sums_bar.sum(axis=2), sums_bar.sum(axis=1)


def multi_head(
    layer: MultiHeadAttention,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> Pairs:
    """Return the cotangents of query, value and key of a
    MultiHeadAttention.
    """
    given = given_tensors(args, kwargs)
    query, value, key = masked_arguments(given, kwargs)
    shown = shown_keys(query, value, key, kwargs)
    width = int(layer.config["key_dim"])

    heads = Heads(layer, run)
    queries = heads.projected("query", query.value)
    keys = heads.projected("key", key.value)
    values = heads.projected("value", value.value)
    scores = heads.scores(queries, keys, width)
    weights = heads.weights(scores, shown, kwargs)

    y_bar = _first_bar(outputs, bars)
    out = layer.value("output_kernel", run)
    bar = _product("bqo,hdo->bqhd", y_bar, out)
    values_bar = _product("bhqk,bqhd->bkhd", weights, bar)
    weights_bar = _product("bqhd,bkhd->bhqk", bar, values)
    scores_bar = _softmax_back(weights, weights_bar, bars[1:])
    scaled = _scaled_scores_back(layer, scores_bar, shown, width, run)
    queries_bar = _product("bhqk,bkhd->bqhd", scaled, keys)
    keys_bar = _product("bhqk,bqhd->bkhd", scaled, queries)

    query_bar = _projected_back(layer, "query", queries_bar, run)
    value_bar = _projected_back(layer, "value", values_bar, run)
    key_bar = _projected_back(layer, "key", keys_bar, run)

    return [
        (given[0], query_bar),
        (given[1], value_bar),
        (_key_of(given), key_bar),
    ]


def group_query(
    layer: GroupQueryAttention,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> Pairs:
    """Return the cotangents of query, value and key of a GroupQueryAttention:
    a head of keys or values has those of all heads of queries that share it.
    """
    given = given_tensors(args, kwargs)
    query, value, key = masked_arguments(given, kwargs)
    shown = layer.shown(query, value, key, kwargs)
    width = layer.width()

    heads = Heads(layer, run)
    queries = heads.projected("query", query.value)
    own_keys = heads.projected("key", key.value)
    keys = layer.repeated(own_keys)
    own_values = heads.projected("value", value.value)
    values = layer.repeated(own_values)
    scores = heads.scores(queries, keys, width)
    weights = heads.weights(scores, shown, kwargs)

    y_bar = _first_bar(outputs, bars)
    out = layer.value("output_kernel", run)
    bar = _product("bqo,hdo->bqhd", y_bar, out)
    pairs: Pairs = []
    if layer.has("gate_kernel"):
        pre_gate = heads.projected("gate", query.value)
        gate = sigmoid(pre_gate)
        attended = sums(weights, values)
        gate_bar = bar * attended * gate * (1 - gate)
        of_gate = _projected_back(layer, "gate", gate_bar, run)
        pairs.append((given[0], of_gate))
        bar = bar * gate

    values_bar = _product("bhqk,bqhd->bkhd", weights, bar)
    weights_bar = _product("bqhd,bkhd->bhqk", bar, values)
    scores_bar = _softmax_back(weights, weights_bar, bars[1:])
    scaled = _scaled_scores_back(layer, scores_bar, shown, width, run)
    queries_bar = _product("bhqk,bkhd->bqhd", scaled, keys)
    keys_bar = _product("bhqk,bqhd->bkhd", scaled, queries)

    shared = own_keys.shape[2]
    keys_bar = _shared_back(keys_bar, shared)
    values_bar = _shared_back(values_bar, shared)
    query_bar = _projected_back(layer, "query", queries_bar, run)
    value_bar = _projected_back(layer, "value", values_bar, run)
    key_bar = _projected_back(layer, "key", keys_bar, run)

    return [
        *pairs,
        (given[0], query_bar),
        (given[1], value_bar),
        (_key_of(given), key_bar),
    ]


def _key_of(given: Sequence[Tensor]) -> Tensor:
    """Return the key of a call: the value where none is given."""
    _, value, *more = given
    if more:
        return more[0]

    return value


def _scaled_scores_back(
    layer: Plain,
    bar: Array,
    shown: Any,
    width: int,
    run: Run,
) -> Array:
    """Return the cotangent of the products of queries and keys."""
    if shown is not None and layer.generation >= 3:
        # a score lowered by 3e38 is that number, whatever it was
        bar = np.where(shown[:, None], bar, 0)

    scale = 1.0 / np.sqrt(float(width))
    scaled: Array = bar * run.dtype.type(scale)

    return scaled


def _shared_back(bar: Array, heads: int) -> Array:
    """Return the sum over the heads of queries that share one of `heads`."""
    batch, timesteps, _, width = bar.shape
    groups = bar.reshape(batch, timesteps, heads, -1, width)
    summed: Array = groups.sum(axis=3)

    return summed


def _projected_back(
    layer: Plain,
    name: str,
    bar: Array,
    run: Run,
) -> Array:
    """Return the cotangent of the input of a projection."""
    kernel = layer.value(f"{name}_kernel", run)

    return _product("bthd,fhd->btf", bar, kernel)


def _product(equation: str, a: Array, b: Array) -> Array:
    product: Array = np.einsum(equation, a, b, optimize=True)

    return product
