"""Random models with operations between layers: keras.ops in Keras 3,
TensorFlow's own functions in tf_keras.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from random_parts import Draw
from random_steps import BATCH, head, recur

Made = Callable[[Any], Any]


def operators(draw: Draw) -> tuple[Any, list[np.ndarray]]:
    """A recurrent layer, some operations, another, some more."""
    timesteps, features = 6, draw.small(2, 4)
    entry = draw.K.Input((timesteps, features), name="x")
    x = recur(draw, _some(draw, entry, _same_rank(draw)), True)
    x = _some(draw, x, _same_rank(draw))
    x = recur(draw, x, draw.chance(0.6))
    if len(x.shape) == 3 and draw.chance(0.7):
        x = _of(draw, x, draw.one(*_to_vectors(draw)))
    values = draw.rng.normal(size=(BATCH, timesteps, features)).astype(
        "float32"
    )
    return draw.K.Model(entry, head(draw, x)), [values]


def _some(draw: Draw, x: Any, makers: list[Made]) -> Any:
    for _ in range(draw.small(0, 2)):
        x = _of(draw, x, draw.one(*makers))
    return x


def _of(draw: Draw, x: Any, make: Made) -> Any:
    """Return the operation's result; an operation this Keras lacks, or refuses
    here, is left out.
    """
    try:
        y = make(x)
    except (AttributeError, TypeError, ValueError):
        return x
    return y if len(y.shape) in (2, 3) and 0 not in y.shape else x


def every_operation(draw: Draw) -> list[Made]:
    """Return every operation of this Keras, as functions of one sequence."""
    return [*_same_rank(draw), *_to_vectors(draw)]


def _same_rank(draw: Draw) -> list[Made]:
    return [
        *_arithmetic(draw),
        *(_of_keras_3(draw) if draw.three else _of_tensorflow(draw)),
    ]


def _arithmetic(draw: Draw) -> list[Made]:
    k = float(draw.one(0.5, 2.0, -1.0))
    return [
        lambda x: x * k + 1.0,
        lambda x: k - x,
        lambda x: 1.0 / (x * x + 1.0),
        lambda x: x**2,
        lambda x: -x,
        lambda x: abs(x),
        lambda x: x / 2.0,
        lambda x: x[:, 1:, :],
        lambda x: x[:, ::-1, :],
        lambda x: x[:, :, :1],
        lambda x: x[:, -3:],
        lambda x: x - x[:, :1, :],
    ]


def _of_keras_3(draw: Draw) -> list[Made]:
    o = getattr(draw.K, "ops", None)
    axis, keep = draw.one(1, -1), True
    return [
        lambda x: x - o.mean(x, axis=axis, keepdims=keep),
        lambda x: o.sum(x, axis=axis, keepdims=keep) + x,
        lambda x: x / (1.0 + o.max(o.abs(x), axis=axis, keepdims=keep)),
        lambda x: x - o.min(x, axis=axis, keepdims=keep),
        lambda x: (
            o.var(x, axis=1, keepdims=keep) + o.std(x, axis=-1, keepdims=keep)
        ),
        lambda x: o.stack([x, x + 1.0], axis=-1)[:, :, :, 0],
        lambda x: o.split(x, 2, axis=1)[1],
        lambda x: o.where(x > 0.1, x, 0.5 * x),
        lambda x: o.where(
            o.logical_and(x > -1.0, o.logical_not(x > 0.5)), x, -x
        ),
        lambda x: o.squeeze(o.expand_dims(x, axis=2), axis=2),
        lambda x: o.transpose(x, axes=(0, 2, 1)),
        lambda x: o.reshape(x, (-1, 3, x.shape[1] * x.shape[2] // 3)),
        lambda x: o.cast(x > 0, "float32") * x,
        lambda x: o.cast(o.not_equal(x, 0.0), "float32") + x,
        lambda x: o.softmax(x, axis=axis),
        lambda x: o.log_softmax(x, axis=axis),
        lambda x: o.concatenate([x, o.tanh(x)], axis=draw.one(1, 2)),
        lambda x: o.exp(-o.square(x)),
        lambda x: o.log(o.abs(x) + 1.0),
        lambda x: o.sqrt(o.relu(x) + 0.1),
        lambda x: o.clip(x, -0.5, 0.5),
        lambda x: o.maximum(x, 0.1) + o.minimum(x, 0.2),
        lambda x: o.cumsum(x, axis=1),
        lambda x: o.flip(x, axis=1),
        lambda x: o.repeat(x, 2, axis=1),
        lambda x: o.tile(x, [1, 2, 1]),
        lambda x: o.roll(x, 1, axis=1),
        lambda x: o.pad(x, [[0, 0], [1, 0], [0, 0]]),
        lambda x: o.matmul(x, o.transpose(x, axes=(0, 2, 1))),
        lambda x: o.einsum("bti,bsi->bts", x, x),
        lambda x: o.swapaxes(x, 1, 2),
        lambda x: o.moveaxis(x, 1, 2),
        lambda x: o.gelu(x) + o.silu(x) + o.leaky_relu(x),
        lambda x: o.sigmoid(x) * o.softplus(x),
        lambda x: o.sign(x) * o.floor(x * 2.0) + o.round(x * 3.0),
        lambda x: o.sin(x) + o.cos(x),
        lambda x: o.normalize(x, axis=-1),
        lambda x: o.zeros_like(x) + o.ones_like(x) * x,
        lambda x: o.one_hot(o.argmax(x, axis=-1), 3),
        lambda x: o.take(x, np.array([1, 0, 2]), axis=1),
        lambda x: o.power(o.abs(x) + 0.1, 1.5),
        lambda x: o.logsumexp(x, axis=-1, keepdims=True),
        lambda x: o.prod(x[:, :, :2], axis=-1, keepdims=True),
        lambda x: o.floor_divide(x * 3.0, 2.0) + o.mod(x, 2.0),
        lambda x: o.elu(x, alpha=0.3) + o.round(x, decimals=1),
        lambda x: (
            x
            + o.max(x, axis=1, keepdims=True, initial=0.5)
            - o.min(x, axis=-1, keepdims=True, initial=-0.5)
        ),
        lambda x: x + o.cast(o.argmax(x, axis=1, keepdims=True), "float32"),
        lambda x: x + o.cast(o.argmin(x, axis=-1, keepdims=True), "float32"),
        lambda x: (
            x
            * o.cast(
                o.cumsum(o.cast(x > 0, "int32"), axis=1, dtype="float32"),
                "float32",
            )
        ),
        lambda x: o.take_along_axis(x, o.argsort(x, axis=1), axis=1),
        lambda x: (
            x
            + o.cast(
                o.cast(x * 3.0, "int32") // 2 + o.cast(x * 5.0, "int32") % 3,
                "float32",
            )
        ),
        lambda x: (
            o.log1p(o.abs(x)) + o.nan_to_num(o.relu6(x)) * o.hard_sigmoid(x)
        ),
        lambda x: o.layer_normalization(x, axis=-1) + o.rms_normalization(x),
        lambda x: o.diff(x, axis=1),
        lambda x: o.sort(x, axis=axis) + o.tril(x) - o.full_like(x, 0.5),
        lambda x: (
            o.median(x, axis=axis, keepdims=keep)
            + o.quantile(x, 0.25, axis=axis, keepdims=keep) * x
        ),
        lambda x: o.pad(
            x, [[0, 0], [2, 0], [0, 0]], mode=draw.one("reflect", "symmetric")
        ),
        lambda x: o.top_k(x, 2)[0],
        lambda x: x * o.cast(o.logical_xor(o.isfinite(x), x > 0.3), "float32"),
        lambda x: x[:, ::2, None, :][:, :, 0],
        lambda x: o.where(x > 0, 1, 0) + o.cumprod(o.tanh(x), axis=axis),
        lambda x: (
            o.add(x, 1.0)
            - o.subtract(x, 0.5) * o.multiply(x, 2.0)
            + o.divide(x, 3.0)
        ),
    ]


def _of_tensorflow(draw: Draw) -> list[Made]:
    import tensorflow as tf

    axis = draw.one(1, -1)
    return [
        lambda x: x - tf.reduce_mean(x, axis=axis, keepdims=True),
        lambda x: tf.reduce_sum(x, axis, keepdims=True) + x,
        lambda x: (
            x / (1.0 + tf.reduce_max(tf.abs(x), axis=axis, keepdims=True))
        ),
        lambda x: tf.math.reduce_std(x, axis=axis, keepdims=True) + x,
        lambda x: tf.math.reduce_variance(x, axis=axis, keepdims=True) + x,
        lambda x: tf.stack([x, x + 1.0], axis=-1)[:, :, :, 0],
        lambda x: tf.split(x, 2, axis=1)[1],
        lambda x: tf.unstack(x, axis=1)[0][:, None],
        lambda x: tf.where(x > 0.1, x, 0.5 * x),
        lambda x: tf.squeeze(tf.expand_dims(x, 2), axis=2),
        lambda x: tf.transpose(x, [0, 2, 1]),
        lambda x: tf.transpose(x, perm=(0, 2, 1)),
        lambda x: tf.reshape(x, (-1, 3, x.shape[1] * x.shape[2] // 3)),
        lambda x: tf.cast(x > 0, x.dtype) * x,
        lambda x: tf.cast(tf.not_equal(x, 0.0), x.dtype) + x,
        lambda x: tf.nn.softmax(x, axis=axis),
        lambda x: tf.nn.log_softmax(x),
        lambda x: tf.concat([x, tf.tanh(x)], axis=draw.one(1, 2)),
        lambda x: tf.exp(-tf.square(x)),
        lambda x: tf.math.log(tf.abs(x) + 1.0),
        lambda x: tf.sqrt(tf.nn.relu(x) + 0.1),
        lambda x: tf.clip_by_value(x, -0.5, 0.5),
        lambda x: tf.maximum(x, 0.1) + tf.minimum(x, 0.2),
        lambda x: tf.cumsum(x, axis=1),
        lambda x: tf.reverse(x, axis=[1]),
        lambda x: tf.repeat(x, 2, axis=1),
        lambda x: tf.tile(x, [1, 2, 1]),
        lambda x: tf.roll(x, 1, axis=1),
        lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0]]),
        lambda x: tf.matmul(x, x, transpose_b=True),
        lambda x: tf.nn.l2_normalize(x, axis=-1),
        lambda x: tf.nn.leaky_relu(x) + tf.nn.silu(x) + tf.nn.gelu(x),
        lambda x: tf.math.softplus(x) * tf.sigmoid(x),
        lambda x: tf.one_hot(tf.argmax(x, axis=-1), 3, dtype=x.dtype),
        lambda x: tf.gather(x, [1, 0, 2], axis=1),
        lambda x: tf.sin(x) + tf.cos(x),
        lambda x: tf.zeros_like(x) + tf.ones_like(x) * x,
        lambda x: tf.pow(tf.abs(x) + 0.1, 1.5),
        lambda x: tf.reduce_logsumexp(x, axis=-1, keepdims=True),
        lambda x: (
            tf.add(x, 1.0)
            - tf.subtract(x, 0.5) * tf.multiply(x, 2.0)
            + tf.divide(x, 3.0)
        ),
        lambda x: tf.floor(x * 2.0) + tf.round(x * 3.0),
        lambda x: (
            tf.zeros([tf.shape(x)[0], x.shape[1], 2])
            + tf.reduce_sum(x, -1, keepdims=True)
        ),
        lambda x: tf.tile(x[:, :1], [1, tf.shape(x)[1], 1]) + x,
        lambda x: (
            x
            * tf.cast(tf.range(tf.shape(x)[1]), x.dtype)[
                tf.newaxis, :, tf.newaxis
            ]
        ),
        lambda x: tf.gather(x, tf.argmax(x, axis=1), axis=1, batch_dims=1),
        lambda x: tf.cumsum(
            x, axis=axis, exclusive=draw.chance(0.5), reverse=draw.chance(0.5)
        ),
        lambda x: tf.where(tf.math.is_nan(x), 0.0, tf.math.floordiv(x, 0.3)),
        lambda x: (
            tf.sort(x, axis=1, direction="DESCENDING")
            + tf.math.top_k(x, 2)[0][:, :, :1]
        ),
        lambda x: tf.cast(
            tf.cast(x * 5.0, tf.int32) // 2 - tf.cast(x * 3.0, tf.int32) % 2,
            x.dtype,
        ),
        lambda x: tf.pad(
            x, [[0, 0], [1, 0], [0, 0]], mode=draw.one("REFLECT", "SYMMETRIC")
        ),
        lambda x: tf.tensordot(x, tf.ones((x.shape[2], 3), x.dtype), axes=1),
        lambda x: (
            x
            * tf.cast(
                tf.sequence_mask(
                    tf.argmax(x[:, :, 0], axis=1), maxlen=x.shape[1]
                ),
                x.dtype,
            )[:, :, None]
        ),
        lambda x: draw.K.backend.mean(x, axis=1, keepdims=True) + x,
        lambda x: draw.K.activations.relu(x, alpha=0.1),
    ]


def _to_vectors(draw: Draw) -> list[Made]:
    if draw.three:
        o = draw.K.ops
        return [
            lambda x: o.mean(x, axis=1),
            lambda x: o.max(x, axis=1),
            lambda x: x[:, -1],
            lambda x: x[:, 0, :] + x[:, -1, :],
            lambda x: o.norm(x, axis=1),
            lambda x: o.unstack(x, axis=1)[-1],
            lambda x: o.cast(o.argmax(x, axis=-1), "float32"),
            lambda x: o.cast(o.any(x > 0, axis=1), "float32"),
        ]
    import tensorflow as tf

    return [
        lambda x: tf.reduce_mean(x, axis=1),
        lambda x: tf.reduce_max(x, 1),
        lambda x: x[:, -1],
        lambda x: x[:, 0, :] + x[:, -1, :],
        lambda x: tf.norm(x, axis=1),
        lambda x: tf.cast(tf.argmax(x, axis=-1), x.dtype),
        lambda x: tf.cast(tf.reduce_any(x > 0, axis=1), x.dtype),
    ]
