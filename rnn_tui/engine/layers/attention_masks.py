"""The arguments of an attention with several heads, and its masks: which keys a
query may look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import softmax
from rnn_tui.engine.core.arrays import Array, Tensor
from rnn_tui.engine.core.fits import check_stretches
from rnn_tui.engine.layers.attention import check_mask
from rnn_tui.engine.layers.call_arguments import tensors_in
from rnn_tui.errors import MisfitError


def with_mask_of(tensor: Tensor, given: Any) -> Tensor:
    """Return a tensor with the mask that the call names for it; without one, as
    it is.
    """
    if not isinstance(given, Tensor):
        return tensor
    if (
        given.value.ndim != 2
        or given.value.shape[1:] != tensor.value.shape[1:2]
    ):
        raise MisfitError(
            f"a mask of {given.value.shape} doesn't fit {tensor.value.shape}"
        )

    return Tensor(tensor.value, given.value.astype(np.bool_))


def given_tensors(
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> list[Tensor]:
    """Return query, value and, where it is given, key of a call."""
    given = tensors_in(args)
    for name in ("query", "value", "key"):
        if isinstance(kwargs.get(name), Tensor):
            given.append(kwargs[name])

    return given


def masked_arguments(
    given: Sequence[Tensor],
    kwargs: Mapping[str, Any],
) -> tuple[Tensor, Tensor, Tensor]:
    """Return query, value and key with the masks that the call names."""
    query, value = given[:2]
    # A query_mask by keyword gives way to the query's own (keras 3.15,
    # multi_head_attention.py, call).
    value = with_mask_of(value, kwargs.get("value_mask"))
    key = value
    if len(given) > 2:
        key = given[2]

    key = with_mask_of(key, kwargs.get("key_mask"))
    for tensor in (query, value, key):
        check_mask(tensor, 2)

    return query, value, key


def key_weights(
    scores: Array,
    shown: Any,
    lowered: np.floating[Any],
    to_zero: bool,
) -> Array:
    """Return the weight of each key for each query,
    `(batch, heads, queries, keys)`.

    The scores of keys that a query may not look at are `lowered`; with
    `to_zero` their weights are 0 even where it may look at nothing.
    """
    if shown is None:
        return softmax(scores)

    for_heads = shown[:, None]
    weights = softmax(np.where(for_heads, scores, scores + lowered))
    if to_zero:
        return np.where(for_heads, weights, type(lowered)(0))

    return weights


def _whole_mask(given: Any, wanted: tuple[int, ...]) -> Any:
    """Return a call's attention_mask in the shape `(batch, queries, keys)`."""
    if not isinstance(given, Tensor):
        raise MisfitError("its attention_mask is no tensor")

    shape = given.value.shape
    if len(shape) > len(wanted):
        raise MisfitError(
            f"an attention_mask of the shape {shape} is not reproduced"
        )

    check_stretches(shape, wanted, "an attention_mask")

    return np.broadcast_to(given.value.astype(np.bool_), wanted)


def shown_keys(
    query: Tensor,
    value: Tensor,
    key: Tensor,
    kwargs: Mapping[str, Any],
) -> Any:
    """Return which keys a query may look at, `(batch, queries, keys)`."""
    batch, queries = query.value.shape[:2]
    keys = value.value.shape[1]
    parts = []
    if query.mask is not None:
        parts.append(query.mask[:, :, None])

    if value.mask is not None:
        parts.append(value.mask[:, None, :])

    if key is not value and key.mask is not None:
        parts.append(key.mask[:, None, :])

    if kwargs.get("use_causal_mask"):
        earlier = np.tri(queries, keys, dtype=np.bool_)
        parts.append(earlier[None])

    given = kwargs.get("attention_mask")
    if given is not None:
        wanted = (batch, queries, keys)
        whole = _whole_mask(given, wanted)
        parts.append(whole)

    if not parts:
        return None

    return reduce(np.logical_and, parts)
