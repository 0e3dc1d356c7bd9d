"""How each function of TensorFlow that tf.keras records is called in the walk
over its repertoire.

`x` is a sequence of fractions (batch, 6, 4), and `n` a row of whole numbers
(batch, 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
import tf_keras

Call = Callable[[Any, Any], Any]


def _words(text: str) -> list[str]:
    return text.split()


OF_X = _words("""
math.abs math.acosh math.asinh math.atan math.ceil math.cos math.cosh math.erf math.erfc math.exp math.expm1
math.floor math.is_finite math.is_inf math.is_nan math.log_sigmoid math.negative math.reciprocal math.sigmoid
math.sign math.sin math.sinh math.square math.tan math.tanh math.softplus math.softsign nn.relu nn.relu6 nn.elu
nn.selu nn.silu nn.swish nn.tanh nn.sigmoid nn.softplus nn.softsign math.round math.rint math.bessel_i0
math.reciprocal_no_nan math.real math.conj math.reduce_sum math.reduce_prod math.reduce_max math.reduce_min
math.reduce_std math.reduce_variance math.reduce_mean math.reduce_logsumexp math.reduce_euclidean_norm
math.count_nonzero math.zero_fraction math.argmax math.argmin math.cumsum math.cumprod norm linalg.norm transpose
linalg.matrix_transpose squeeze shape rank size sort argsort zeros_like ones_like identity stop_gradient
convert_to_tensor linalg.diag_part linalg.trace nn.leaky_relu nn.gelu nn.softmax nn.log_softmax math.softmax
math.log_softmax math.l2_normalize nn.l2_normalize
""")
"""Called with the sequence alone."""
POSITIVE = _words("math.log math.log1p math.sqrt math.rsqrt")
INSIDE_ONE = _words("math.acos math.asin math.atanh")
OF_TWO = _words("""
math.add math.subtract math.multiply math.divide math.truediv math.floordiv math.floormod math.mod math.maximum
math.minimum math.equal math.not_equal math.greater math.greater_equal math.less math.less_equal
math.squared_difference truncatemod
""")
OF_TWO_REAL = _words(
    "realdiv math.atan2 math.divide_no_nan math.multiply_no_nan math.xlogy"
)
OF_WHOLE = _words("""
math.abs math.negative math.square math.sign math.reduce_sum math.reduce_prod math.reduce_max math.reduce_min
math.reduce_mean math.argmax math.argmin math.cumsum math.cumprod sort argsort math.count_nonzero nn.relu nn.relu6
""")


def named(name: str) -> Any:
    """Return TensorFlow's function of this name."""
    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _of_one(name: str) -> Call:
    return lambda x, n: named(name)(x)


def _of_whole(name: str) -> Call:
    return lambda x, n: named(name)(n - 3)


def _of_two(name: str) -> list[Call]:
    return [
        lambda x, n: named(name)(x, tf.reverse(x, [1])),
        lambda x, n: named(name)(x, 0.7),
        lambda x, n: named(name)(n - 3, tf.abs(n) + 1),
    ]


def calls_by_name() -> Mapping[str, list[Call]]:
    """Return for each function the ways it is called in the walk."""
    found: dict[str, list[Call]] = {name: [_of_one(name)] for name in OF_X}
    found |= {
        name: [lambda x, n, name=name: named(name)(tf.abs(x) + 0.1)]
        for name in POSITIVE
    }  # type: ignore[misc]
    found |= {
        name: [lambda x, n, name=name: named(name)(tf.tanh(x) * 0.9)]
        for name in INSIDE_ONE
    }  # type: ignore[misc]
    found["math.acosh"] = [lambda x, n: tf.math.acosh(tf.abs(x) + 1.1)]
    for name in OF_TWO:
        found[name] = _of_two(name)
    for name in OF_TWO_REAL:
        found[name] = _of_two(name)[:1]
    for name in OF_WHOLE:
        found.setdefault(name, []).append(_of_whole(name))
    for name, more in FURTHER.items():
        found.setdefault(name, []).extend(more)
    return found


FURTHER: Mapping[str, list[Call]] = {
    "__operators__.add": [
        lambda x, n: x + 1.0,
        lambda x, n: n + 2147483647,
        lambda x, n: x + tf.constant([1.0, 2.0, 3.0, 4.0]),
    ],
    "__operators__.getitem": [
        lambda x, n: x[:, -1],
        lambda x, n: x[..., tf.newaxis, 0],
        lambda x, n: x[:, ::-2, 1:],
        lambda x, n: x[:, tf.shape(x)[1] - 1],
        lambda x, n: x[:, 1 : tf.shape(x)[1] - 1],
        lambda x, n: x[0],
        lambda x, n: x[-1:],
        lambda x, n: tf.shape(x)[1],
    ],
    "math.subtract": [lambda x, n: 1.0 - x],
    "math.truediv": [lambda x, n: 1.0 / (x * x + 1.0)],
    "math.floordiv": [lambda x, n: (n - 3) // 2],
    "floor_div": [lambda x, n: x // 0.4],
    "math.floormod": [lambda x, n: (n - 3) % 2],
    "math.pow": [lambda x, n: 2.0**x, lambda x, n: n**2, lambda x, n: tf.pow(tf.abs(x), 1.5)],
    "math.logical_and": [lambda x, n: (x > 0) & (x < 1)],
    "math.logical_or": [lambda x, n: (x > 0) | (x < -1)],
    "math.logical_xor": [lambda x, n: tf.math.logical_xor(x > 0, x > 1)],
    "math.logical_not": [lambda x, n: ~(x > 0)],
    "math.reduce_any": [lambda x, n: tf.reduce_any(x > 1, axis=1)],
    "math.reduce_all": [lambda x, n: tf.reduce_all(x > -1, axis=[1, 2], keepdims=True)],
    "math.reduce_sum": [
        lambda x, n: tf.reduce_sum(x, -1, keepdims=True),
        lambda x, n: tf.compat.v1.reduce_sum(x, reduction_indices=1, keep_dims=True),
    ],
    "math.reduce_mean": [lambda x, n: tf.reduce_mean(x, axis=[1]), lambda x, n: tf.reduce_mean(n, axis=1)],
    "math.count_nonzero": [lambda x, n: tf.math.count_nonzero(n, axis=1, dtype=tf.int32)],
    "math.argmax": [lambda x, n: tf.argmax(x, axis=-1), lambda x, n: tf.argmax(x, axis=1, output_type=tf.int32)],
    "math.cumsum": [
        lambda x, n: tf.cumsum(x, axis=1, exclusive=True),
        lambda x, n: tf.cumsum(x, axis=1, reverse=True),
        lambda x, n: tf.cumsum(n, axis=1, exclusive=True, reverse=True),
    ],
    "math.cumprod": [lambda x, n: tf.math.cumprod(x, axis=-1, exclusive=True)],
    "math.add_n": [lambda x, n: tf.add_n([x, x, x])],
    "math.accumulate_n": [lambda x, n: tf.math.accumulate_n([x, x])],
    "math.scalar_mul": [lambda x, n: tf.math.scalar_mul(2.5, x)],
    "bitwise.bitwise_and": [lambda x, n: tf.bitwise.bitwise_and(n, 3)],
    "bitwise.bitwise_or": [lambda x, n: tf.bitwise.bitwise_or(n, 3)],
    "bitwise.bitwise_xor": [lambda x, n: tf.bitwise.bitwise_xor(n, 3)],
    "bitwise.left_shift": [lambda x, n: tf.bitwise.left_shift(n, 1)],
    "bitwise.right_shift": [lambda x, n: tf.bitwise.right_shift(n, 1)],
    "bitwise.invert": [lambda x, n: tf.bitwise.invert(n)],
    "clip_by_value": [
        lambda x, n: tf.clip_by_value(x, -0.5, 0.5),
        lambda x, n: tf.clip_by_value(x, x[:, :1] - 1.0, x[:, :1]),
        lambda x, n: tf.clip_by_value(n, 1, 3),
    ],
    "norm": [lambda x, n: tf.norm(x, axis=1), lambda x, n: tf.norm(x, ord=1, axis=-1, keepdims=True)],
    "nn.moments": [lambda x, n: tf.nn.moments(x, axes=[1])[1]],
    "reshape": [
        lambda x, n: tf.reshape(x, (-1, 3, 8)),
        lambda x, n: tf.reshape(x, [tf.shape(x)[0], -1, 2]),
        lambda x, n: tf.reshape(x, tf.stack([tf.shape(x)[0], -1])),
        lambda x, n: tf.reshape(x, tf.concat([tf.shape(x)[:1], [24]], axis=0)),
    ],
    "transpose": [lambda x, n: tf.transpose(x, [0, 2, 1])],
    "expand_dims": [lambda x, n: tf.expand_dims(x, 2), lambda x, n: tf.expand_dims(x, axis=-1)],
    "squeeze": [lambda x, n: tf.squeeze(x[:, :1], axis=1), lambda x, n: tf.squeeze(x[:, :1], [1])],
    "broadcast_to": [lambda x, n: tf.broadcast_to(x[:, :, :1], [tf.shape(x)[0], 6, 5])],
    "ensure_shape": [lambda x, n: tf.ensure_shape(x, (None, 6, 4))],
    "reverse": [lambda x, n: tf.reverse(x, axis=[1])],
    "reverse_sequence": [lambda x, n: tf.reverse_sequence(x, n[:, 0] + 0 * n[:, 1], seq_axis=1, batch_axis=0)],
    "roll": [lambda x, n: tf.roll(x, 1, axis=1), lambda x, n: tf.roll(x, [1, -1], [1, 2])],
    "repeat": [lambda x, n: tf.repeat(x, 2, axis=1), lambda x, n: tf.repeat(x, [1, 2, 0, 1], axis=2)],
    "tile": [lambda x, n: tf.tile(x, [1, 2, 1]), lambda x, n: tf.tile(x[:, :1], [1, tf.shape(x)[1], 1])],
    "pad": [
        lambda x, n: tf.pad(x, [[0, 0], [1, 2], [0, 0]]),
        lambda x, n: tf.pad(x, [[0, 0], [1, 2], [0, 1]], mode="REFLECT"),
        lambda x, n: tf.pad(x, [[0, 0], [1, 2], [0, 1]], mode="SYMMETRIC"),
        lambda x, n: tf.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=2.0),
        lambda x, n: tf.pad(n, [[0, 0], [1, 0]]),
    ],
    "concat": [lambda x, n: tf.concat([x, tf.tanh(x)], axis=-1), lambda x, n: tf.concat([x], axis=1)],
    "stack": [lambda x, n: tf.stack([x, x + 1.0], axis=-1), lambda x, n: tf.stack([x]), lambda x, n: tf.stack([x, x])],
    "unstack": [lambda x, n: tf.unstack(x, axis=1)[2], lambda x, n: tf.unstack(tf.shape(x))[0]],
    "split": [lambda x, n: tf.split(x, 2, axis=1)[1], lambda x, n: tf.split(x, [1, -1, 2], axis=2)[1]],
    "linalg.diag": [lambda x, n: tf.linalg.diag(x[:, 0])],
    "__operators__.sub": [lambda x, n: x - x[:, :1]],
    "keras.activations.mish": [lambda x, n: tf_keras.activations.mish(x)],
    "keras.backend.batch_flatten": [lambda x, n: tf_keras.backend.batch_flatten(x)],
    "keras.backend.cast_to_floatx": [lambda x, n: tf_keras.backend.cast_to_floatx(n)],
    "linalg.band_part": [lambda x, n: tf.linalg.band_part(x, -1, 0), lambda x, n: tf.linalg.band_part(x, 1, 2)],
    "shape": [lambda x, n: tf.shape(x), lambda x, n: tf.shape(x, out_type=tf.int64)],
    "slice": [lambda x, n: tf.slice(x, [0, 1, 1], [-1, 3, 2])],
    "gather": [
        lambda x, n: tf.gather(x, [1, 0, 2], axis=1),
        lambda x, n: tf.gather(x, 3, axis=1),
        lambda x, n: tf.gather(x, n % 6, axis=1, batch_dims=1),
        lambda x, n: tf.gather(x, tf.argmax(x, axis=1), axis=1, batch_dims=1),
        lambda x, n: tf.gather(x, [[0, 1], [1, 0]]),
    ],
    "gather_nd": [
        lambda x, n: tf.gather_nd(x, [[0, 1], [1, 3]]),
        lambda x, n: tf.gather_nd(x, n[:, :3, None] % 6, batch_dims=1),
    ],
    "where": [
        lambda x, n: tf.where(x > 0, x, 0.0),
        lambda x, n: tf.where(n > 2, n, 0),
        lambda x, n: tf.where(n[:, :, None] > 2, x, -x),
        lambda x, n: tf.where(tf.cast(n, tf.bool), 1.0, 2.0),
    ],
    "sort": [lambda x, n: tf.sort(x, axis=1, direction="DESCENDING")],
    "argsort": [lambda x, n: tf.argsort(n, axis=1), lambda x, n: tf.argsort(n, axis=1, direction="DESCENDING")],
    "math.top_k": [lambda x, n: tf.math.top_k(x, k=2)[0], lambda x, n: tf.math.top_k(n, k=3)[1]],
    "math.in_top_k": [lambda x, n: tf.math.in_top_k(n[:, 0] % 4, x[:, 0], 2)],
    "searchsorted": [
        lambda x, n: tf.searchsorted(tf.sort(x[:, :, 0]), x[:, :, 1]),
        lambda x, n: tf.searchsorted(tf.sort(n), n, side="right"),
    ],
    "one_hot": [
        lambda x, n: tf.one_hot(n, 5),
        lambda x, n: tf.one_hot(n, 9, on_value=2.0, off_value=-1.0, axis=1),
        lambda x, n: tf.one_hot(n, 9, dtype=tf.int32),
    ],
    "sequence_mask": [
        lambda x, n: tf.sequence_mask(n[:, 0], maxlen=6),
        lambda x, n: tf.sequence_mask(n[:, 0] + 1, dtype=tf.float32),
    ],
    "math.unsorted_segment_sum": [lambda x, n: tf.math.unsorted_segment_sum(x[0], n[0], 8)],
    "math.unsorted_segment_max": [lambda x, n: tf.math.unsorted_segment_max(x[0], n[0], 8)],
    "math.unsorted_segment_min": [lambda x, n: tf.math.unsorted_segment_min(x[0], n[0], 8)],
    "math.unsorted_segment_prod": [lambda x, n: tf.math.unsorted_segment_prod(x[0], n[0], 8)],
    "scatter_nd": [lambda x, n: tf.scatter_nd(n[0][:, None], x[0], [8, 4])],
    "tensor_scatter_nd_update": [lambda x, n: tf.tensor_scatter_nd_update(x, [[0, 1], [1, 3]], x[:, 0])],
    "tensor_scatter_nd_add": [lambda x, n: tf.tensor_scatter_nd_add(x, [[0, 1], [0, 1]], x[:, 0])],
    "zeros": [
        lambda x, n: tf.zeros([tf.shape(x)[0], 3, 4]),
        lambda x, n: tf.zeros((tf.shape(x)[0], 3), dtype=tf.int32),
        lambda x, n: tf.zeros(tf.shape(x)),
    ],
    "ones": [lambda x, n: tf.ones([tf.shape(x)[0], 3, 4]), lambda x, n: tf.ones([tf.shape(x)[1]])],
    "fill": [lambda x, n: tf.fill([tf.shape(x)[0], 3], 1.5), lambda x, n: tf.fill(tf.shape(x), 2)],
    "eye": [lambda x, n: tf.eye(tf.shape(x)[1]), lambda x, n: tf.eye(3, batch_shape=[tf.shape(x)[0]])],
    "zeros_like": [lambda x, n: tf.zeros_like(x, dtype=tf.int32)],
    "ones_like": [lambda x, n: tf.ones_like(n)],
    "range": [
        lambda x, n: tf.range(tf.shape(x)[1]),
        lambda x, n: tf.range(0, tf.shape(x)[1], 2, dtype=tf.float32),
        lambda x, n: tf.range(1, tf.shape(x)[1]),
    ],
    "linspace": [lambda x, n: tf.linspace(tf.reduce_min(x), tf.reduce_max(x), 5)],
    "cast": [
        lambda x, n: tf.cast(x, tf.int32),
        lambda x, n: tf.cast(x > 0, tf.float32),
        lambda x, n: tf.cast(n, tf.int8) + 100,
        lambda x, n: tf.cast(n, tf.int64),
    ],
    "linalg.matmul": [
        lambda x, n: tf.matmul(x, x, transpose_b=True),
        lambda x, n: tf.matmul(x, x, transpose_a=True),
        lambda x, n: x @ tf.transpose(x, [0, 2, 1]),
        lambda x, n: tf.matmul(x, x, adjoint_b=True),
    ],
    "linalg.matvec": [lambda x, n: tf.linalg.matvec(x, x[:, 0])],
    "linalg.cross": [lambda x, n: tf.linalg.cross(x[:, :, :3], x[:, :, 1:])],
    "tensordot": [
        lambda x, n: tf.tensordot(x, tf.ones((4, 3)), axes=1),
        lambda x, n: tf.tensordot(x, tf.ones((4, 3)), axes=[[2], [0]]),
    ],
    "nn.leaky_relu": [lambda x, n: tf.nn.leaky_relu(x, alpha=0.1)],
    "nn.gelu": [lambda x, n: tf.nn.gelu(x, approximate=True)],
    "nn.softmax": [lambda x, n: tf.nn.softmax(x, axis=1)],
    "nn.log_softmax": [lambda x, n: tf.nn.log_softmax(x, axis=1)],
    "nn.bias_add": [lambda x, n: tf.nn.bias_add(x, [1.0, 2.0, 3.0, 4.0])],
    "nn.batch_normalization": [
        lambda x, n: tf.nn.batch_normalization(x, x[:, :1], tf.abs(x[:, 1:2]), None, None, 1e-3),
    ],
    "nn.l2_normalize": [lambda x, n: tf.nn.l2_normalize(x, axis=1)],
}  # fmt: skip
