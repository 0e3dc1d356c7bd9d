"""How each operation of Keras 3 is called in the walk over its list: by name,
functions of a sequence and of ids.

`x` is a sequence of fractions (batch, 6, 4), `n` a row of whole numbers (batch,
6), `o` is keras.ops. A call returns what the operation returns, anything else
it needs being operations of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Call = Callable[[Any, Any, Any], Any]


def _words(text: str) -> list[str]:
    return text.split()


OF_X = _words("""
abs absolute negative square sign signbit reciprocal round floor ceil trunc exp exp2 expm1 sin cos tan arctan sinh cosh
tanh arcsinh sinc deg2rad rad2deg erf erfc isnan isinf isfinite isneginf isposinf isreal real conj conjugate copy cbrt
stop_gradient nan_to_num sum prod mean var std max min amax amin ptp any all median argmax argmin logsumexp nansum i0
nanprod nanmean nanvar nanstd nanmax nanmin nanmedian cumsum cumprod nancumsum nancumprod diff trapezoid ravel transpose
squeeze flip fliplr flipud rot90 diagonal trace tril triu size sort argsort zeros_like ones_like relu relu6
sigmoid hard_sigmoid sparse_sigmoid log_sigmoid softplus sparse_plus squareplus softsign silu hard_silu leaky_relu elu
selu celu gelu glu hard_tanh tanh_shrink soft_shrink hard_shrink softmax log_softmax sparsemax normalize average
count_nonzero fabs logical_not layer_normalization rms_normalization convert_to_tensor
""")
"""Called with the sequence alone."""
POSITIVE = _words("log log10 log1p log2 sqrt rsqrt")
INSIDE_ONE = _words("arcsin arccos arctanh")
OF_TWO = _words("""
add subtract multiply divide true_divide divide_no_nan floor_divide mod fmod maximum minimum fmax fmin arctan2
logaddexp logaddexp2 nextafter equal not_equal greater greater_equal less less_equal logical_and logical_or
logical_xor isclose power
""")
"""Called with two sequences, with a sequence and a number, and with whole
numbers.
"""
OF_WHOLE = _words("""
abs negative square sign sum prod mean max min any all argmax argmin cumsum cumprod sort argsort exp sqrt relu
var std median count_nonzero round floor ceil logical_not bitwise_not bitwise_invert diff flip average
""")
"""Called with whole numbers."""


def _one(name: str) -> Call:
    return lambda o, x, n: getattr(o, name)(x)


def _positive(name: str) -> Call:
    return lambda o, x, n: getattr(o, name)(o.abs(x) + 0.1)


def _inside(name: str) -> Call:
    return lambda o, x, n: getattr(o, name)(o.tanh(x) * 0.9)


def _whole(name: str) -> Call:
    return lambda o, x, n: getattr(o, name)(n)


def _two(name: str) -> list[Call]:
    def of_whole(o: Any, x: Any, n: Any) -> Any:
        return getattr(o, name)(n - 3, o.abs(n) + 1)

    return [
        lambda o, x, n: getattr(o, name)(x, o.flip(x, axis=1)),
        lambda o, x, n: getattr(o, name)(x, 0.7),
        lambda o, x, n: getattr(o, name)(x, o.cast(n, "int32")[:, :, None]),
        of_whole,
    ]


def calls_by_name() -> Mapping[str, list[Call]]:
    """Return for each function of keras.ops the ways it is called in the
    walk.
    """
    found: dict[str, list[Call]] = {name: [_one(name)] for name in OF_X}
    found |= {name: [_positive(name)] for name in POSITIVE}
    found |= {name: [_inside(name)] for name in INSIDE_ONE}
    for name in OF_TWO:
        found[name] = _two(name)
    for name in OF_WHOLE:
        found.setdefault(name, []).append(_whole(name))
    for name, more in FURTHER.items():
        found.setdefault(name, []).extend(more)
    return found


def _k(o: Any, x: Any) -> Any:
    """Return small whole numbers from a sequence: 0, 1, 2, 1, 0 …"""
    return o.cast(o.mod(o.abs(x) * 7, 3), "int32")


FURTHER: Mapping[str, list[Call]] = {
    "arccosh": [lambda o, x, n: o.arccosh(o.abs(x) + 1.1)],
    "cast": [
        lambda o, x, n: o.cast(x, "int32"),
        lambda o, x, n: o.cast(x, "bool"),
        lambda o, x, n: o.cast(n, "float32"),
        lambda o, x, n: o.cast(n, "int8"),
        lambda o, x, n: o.cast(n, "int64"),
        lambda o, x, n: o.cast(x > 0, "int32"),
    ],
    "array": [lambda o, x, n: o.array(x, dtype="int32")],
    "clip": [lambda o, x, n: o.clip(x, -0.5, 0.5), lambda o, x, n: o.clip(n, 1, 3)],
    "hypot": [lambda o, x, n: o.hypot(x, o.flip(x, axis=1)), lambda o, x, n: o.hypot(n, n)],
    "heaviside": [lambda o, x, n: o.heaviside(o.round(x), x)],
    "gcd": [lambda o, x, n: o.gcd(n, 6)],
    "lcm": [lambda o, x, n: o.lcm(n + 1, 6)],
    "add": [
        lambda o, x, n: n + n * 1000000 * 3000,
        lambda o, x, n: o.cast(n, "int8") + 100,
        lambda o, x, n: o.cast(n, "int64") + n,
        lambda o, x, n: n + 0.5,
        lambda o, x, n: o.add(x > 0, 1),
    ],
    "subtract": [lambda o, x, n: 1.0 - x, lambda o, x, n: 3 - n],
    "divide": [lambda o, x, n: n / 2, lambda o, x, n: 1.0 / (x * x + 1.0)],
    "floor_divide": [lambda o, x, n: (n - 3) // 2, lambda o, x, n: x // 0.4],
    "mod": [lambda o, x, n: (n - 3) % 2, lambda o, x, n: x % 0.4],
    "power": [lambda o, x, n: n**2, lambda o, x, n: o.power(o.abs(x), 1.5), lambda o, x, n: 2.0**x],
    "isin": [lambda o, x, n: o.isin(n, o.flip(n, 1)[:, :2]), lambda o, x, n: o.isin(n, [1, 2], invert=True)],
    "allclose": [lambda o, x, n: o.allclose(x, x + 1e-9)],
    "bitwise_and": [lambda o, x, n: o.bitwise_and(n, n + 1), lambda o, x, n: (x > 0) & (x < 1)],
    "bitwise_or": [lambda o, x, n: o.bitwise_or(n, n + 1)],
    "bitwise_xor": [lambda o, x, n: o.bitwise_xor(n, n + 1)],
    "bitwise_left_shift": [lambda o, x, n: o.bitwise_left_shift(n, 2)],
    "left_shift": [lambda o, x, n: o.left_shift(n, 1)],
    "bitwise_right_shift": [lambda o, x, n: o.bitwise_right_shift(n, 1)],
    "right_shift": [lambda o, x, n: o.right_shift(n, 1)],
    "sum": [lambda o, x, n: o.sum(x, axis=(1, 2)), lambda o, x, n: o.sum(x > 0, axis=1, keepdims=True)],
    "mean": [lambda o, x, n: o.mean(x, axis=-1), lambda o, x, n: o.mean(x > 0, axis=1)],
    "prod": [lambda o, x, n: o.prod(n, axis=1, dtype="float32")],
    "max": [lambda o, x, n: o.max(x, axis=1, keepdims=True, initial=0.5), lambda o, x, n: o.max(x > 0, axis=1)],
    "min": [lambda o, x, n: o.min(x, axis=(0, 1), initial=-0.5)],
    "argmax": [lambda o, x, n: o.argmax(x, axis=1, keepdims=True), lambda o, x, n: o.argmax(-o.relu(x), axis=-1)],
    "argmin": [lambda o, x, n: o.argmin(x, axis=-1)],
    "average": [
        lambda o, x, n: o.average(x, axis=1),
        lambda o, x, n: o.average(x, axis=1, weights=o.abs(x)),
        lambda o, x, n: o.average(x, axis=1, weights=o.abs(x[0, :, 0])),
    ],
    "median": [lambda o, x, n: o.median(x, axis=1, keepdims=True)],
    "quantile": [
        lambda o, x, n: o.quantile(x, 0.3, axis=1),
        lambda o, x, n: o.quantile(x, [0.1, 0.9], axis=(1, 2)),
        lambda o, x, n: o.quantile(x, 0.3, axis=1, keepdims=True),
    ],
    "percentile": [lambda o, x, n: o.percentile(x, 30, axis=[1], method="nearest")],
    "norm": [
        lambda o, x, n: o.norm(x, axis=1),
        lambda o, x, n: o.norm(x, ord=1, axis=-1, keepdims=True),
        lambda o, x, n: o.norm(x, ord="fro", axis=(1, 2)),
    ],
    "moments": [lambda o, x, n: o.moments(x, axes=[1])[1], lambda o, x, n: o.moments(x, axes=[0, 1], keepdims=True)[0]],
    "count_nonzero": [lambda o, x, n: o.count_nonzero(x > 0, axis=1)],
    "cumsum": [lambda o, x, n: o.cumsum(x, axis=1), lambda o, x, n: o.cumsum(x > 0, axis=1, dtype="int32")],
    "cumprod": [lambda o, x, n: o.cumprod(x, axis=-1)],
    "diff": [lambda o, x, n: o.diff(x, n=2, axis=1)],
    "trapezoid": [lambda o, x, n: o.trapezoid(x, dx=0.5, axis=1)],
    "logsumexp": [lambda o, x, n: o.logsumexp(x, axis=1, keepdims=True)],
    "reshape": [lambda o, x, n: o.reshape(x, (-1, 3, 8))],
    "transpose": [lambda o, x, n: o.transpose(x, axes=(0, 2, 1))],
    "swapaxes": [lambda o, x, n: o.swapaxes(x, 1, 2)],
    "moveaxis": [lambda o, x, n: o.moveaxis(x, -1, 1), lambda o, x, n: o.moveaxis(x, [0, 1], [1, 2])],
    "expand_dims": [lambda o, x, n: o.expand_dims(x, axis=2), lambda o, x, n: o.expand_dims(x, axis=(0, -1))],
    "squeeze": [lambda o, x, n: o.squeeze(x[:, :1], axis=1)],
    "broadcast_to": [lambda o, x, n: o.broadcast_to(x[:1, :, :1], (3, 6, 4))],
    "flip": [lambda o, x, n: o.flip(x, axis=1)],
    "roll": [lambda o, x, n: o.roll(x, 2, axis=1), lambda o, x, n: o.roll(x, (1, -1), axis=(1, 2))],
    "repeat": [lambda o, x, n: o.repeat(x, 2, axis=1), lambda o, x, n: o.repeat(x, [1, 2, 0, 1], axis=2)],
    "tile": [lambda o, x, n: o.tile(x, [1, 2, 1]), lambda o, x, n: o.tile(x, 2)],
    "pad": [
        lambda o, x, n: o.pad(x, [[0, 0], [1, 2], [0, 0]]),
        lambda o, x, n: o.pad(x, [[0, 0], [1, 2], [0, 1]], mode="reflect"),
        lambda o, x, n: o.pad(x, [[0, 0], [1, 2], [0, 1]], mode="symmetric"),
        lambda o, x, n: o.pad(x, [[0, 0], [1, 0], [0, 0]], constant_values=2.5),
    ],
    "concatenate": [lambda o, x, n: o.concatenate([x, o.cast(n, "int32")[:, :, None]], axis=-1)],
    "append": [lambda o, x, n: o.append(x, x, axis=1), lambda o, x, n: o.append(x, x)],
    "stack": [lambda o, x, n: o.stack([x, x + 1.0], axis=-1), lambda o, x, n: o.stack([x])],
    "hstack": [lambda o, x, n: o.hstack([x, x])],
    "vstack": [lambda o, x, n: o.vstack([x, x])],
    "dstack": [lambda o, x, n: o.dstack([x, x])],
    "unstack": [lambda o, x, n: o.unstack(x, axis=1)[2]],
    "split": [lambda o, x, n: o.split(x, 2, axis=1)[1], lambda o, x, n: o.split(x, [1, 4], axis=1)[1]],
    "array_split": [lambda o, x, n: o.array_split(x, 4, axis=1)[0]],
    "hsplit": [lambda o, x, n: o.hsplit(x, 2)[1]],
    "vsplit": [lambda o, x, n: o.vsplit(o.tile(x, [2, 1, 1]), [1])[1]],
    "dsplit": [lambda o, x, n: o.dsplit(x, 2)[1]],
    "diag": [lambda o, x, n: o.diag(x[0]), lambda o, x, n: o.diag(x[0, 0], k=1)],
    "diagflat": [lambda o, x, n: o.diagflat(x[0, 0])],
    "diagonal": [lambda o, x, n: o.diagonal(x, offset=1, axis1=1, axis2=2)],
    "trace": [lambda o, x, n: o.trace(x, axis1=1, axis2=2)],
    "tril": [lambda o, x, n: o.tril(x, k=-1)],
    "triu": [lambda o, x, n: o.triu(x, k=1)],
    "meshgrid": [
        lambda o, x, n: o.meshgrid(x[0, 0], x[0, 1])[1],
        lambda o, x, n: o.meshgrid(n[0], n[1], indexing="ij")[0],
    ],
    "rearrange": [
        lambda o, x, n: o.rearrange(x, "b t f -> b f t"),
        lambda o, x, n: o.rearrange(x, "b (t k) f -> b t (k f)", k=2),
    ],
    "extract_sequences": [lambda o, x, n: o.extract_sequences(o.transpose(x, (0, 2, 1)), 3, 2)],
    "get_item": [
        lambda o, x, n: x[:, -1],
        lambda o, x, n: x[..., None, 0],
        lambda o, x, n: x[:, ::-2, 1:],
        lambda o, x, n: x[None, :, 1:4],
        lambda o, x, n: x[:, :, None],
        lambda o, x, n: x[0],
    ],
    "slice": [lambda o, x, n: o.slice(x, (0, 1, 1), (2, 3, 2))],
    "slice_update": [lambda o, x, n: o.slice_update(x, (0, 2, 1), x[:, :2, :2])],
    "scatter": [lambda o, x, n: o.scatter(_k(o, x[0, :, :1]), x[0], (5, 4))],
    "scatter_update": [lambda o, x, n: o.scatter_update(x, [[0, 1], [1, 3]], x[:, 0])],
    "take": [
        lambda o, x, n: o.take(x, _k(o, x[0, :, 0]), axis=1),
        lambda o, x, n: o.take(x, [0, -1, 2], axis=1),
        lambda o, x, n: o.take(x, 3, axis=1),
        lambda o, x, n: o.take(x, [[1, 2], [3, 4]]),
    ],
    "take_along_axis": [
        lambda o, x, n: o.take_along_axis(x, o.argsort(x, axis=1), axis=1),
        lambda o, x, n: o.take_along_axis(x, _k(o, x[:, :1, :1]) - 1, axis=1),
    ],
    "where": [
        lambda o, x, n: o.where(x > 0, x, 0.0),
        lambda o, x, n: o.where(n > 2, n, 0),
        lambda o, x, n: o.where(x > 0, 1, 0),
        lambda o, x, n: o.where(n[:, :, None] > 2, x, -x),
        lambda o, x, n: o.where(n > 2, 1.5, n),
    ],
    "select": [lambda o, x, n: o.select([x > 1, x > 0], [x, x * 2.0], 0.5)],
    "sort": [lambda o, x, n: o.sort(x, axis=1), lambda o, x, n: o.sort(x, axis=None)],
    "argsort": [lambda o, x, n: o.argsort(n, axis=1)],
    "top_k": [lambda o, x, n: o.top_k(x, 2)[0], lambda o, x, n: o.top_k(x, 3)[1], lambda o, x, n: o.top_k(n, 3)[1]],
    "in_top_k": [lambda o, x, n: o.in_top_k(_k(o, x[:, 0, 0]), x[:, 1], 2)],
    "searchsorted": [
        lambda o, x, n: o.searchsorted(o.sort(x[0, :, 0]), x[1, 1]),
        lambda o, x, n: o.searchsorted(o.sort(n[0]), n[1], side="right"),
    ],
    "digitize": [lambda o, x, n: o.digitize(x, o.convert_to_numpy([-1.0, 0.0, 0.5]))],
    "one_hot": [
        lambda o, x, n: o.one_hot(n, 5),
        lambda o, x, n: o.one_hot(n, 9, axis=1, dtype="int32"),
        lambda o, x, n: o.one_hot(n - 2, 5),
    ],
    "multi_hot": [lambda o, x, n: o.multi_hot(n, 9)],
    "segment_sum": [lambda o, x, n: o.segment_sum(x[0], _k(o, x[0, :, 0]), num_segments=4)],
    "segment_max": [lambda o, x, n: o.segment_max(x[0], _k(o, x[0, :, 0]), num_segments=4)],
    "segment_min": [lambda o, x, n: o.segment_min(x[0], _k(o, x[0, :, 0]), num_segments=4)],
    "segment_prod": [lambda o, x, n: o.segment_prod(x[0], _k(o, x[0, :, 0]), num_segments=4)],
    "unravel_index": [lambda o, x, n: o.unravel_index(n[0], (3, 4))[1]],
    "zeros_like": [lambda o, x, n: o.zeros_like(x, dtype="int32")],
    "ones_like": [lambda o, x, n: o.ones_like(x > 0)],
    "full_like": [lambda o, x, n: o.full_like(x, 2.5), lambda o, x, n: o.full_like(n, 2)],
    "full": [lambda o, x, n: o.full((2, 3), o.max(x))],
    "linspace": [
        lambda o, x, n: o.linspace(o.min(x), o.max(x), 5),
        lambda o, x, n: o.linspace(x, x + 1, 3, endpoint=False, axis=1),
    ],
    "logspace": [lambda o, x, n: o.logspace(o.min(x), o.max(x), 5)],
    "geomspace": [lambda o, x, n: o.geomspace(o.max(o.abs(x)), 9.0, 4)],
    "vander": [lambda o, x, n: o.vander(x[0, :, 0], N=3)],
    "matmul": [lambda o, x, n: x @ o.transpose(x, (0, 2, 1)), lambda o, x, n: o.matmul(n, o.transpose(n))],
    "dot": [lambda o, x, n: o.dot(x, o.transpose(x[0])), lambda o, x, n: o.dot(x, x[0, 0])],
    "inner": [lambda o, x, n: o.inner(x[0], x[1])],
    "outer": [lambda o, x, n: o.outer(x[0, 0], n[0])],
    "vdot": [lambda o, x, n: o.vdot(x, x + 1.0)],
    "kron": [lambda o, x, n: o.kron(x[0], x[1])],
    "cross": [lambda o, x, n: o.cross(x[..., :3], x[..., 1:]), lambda o, x, n: o.cross(x[..., :2], x[..., 2:])],
    "tensordot": [
        lambda o, x, n: o.tensordot(x, x, axes=[[2], [2]]),
        lambda o, x, n: o.tensordot(x, o.transpose(x[0]), axes=1),
    ],
    "einsum": [
        lambda o, x, n: o.einsum("bti,bsi->bts", x, x),
        lambda o, x, n: o.einsum("bti,bsi", x, x),
        lambda o, x, n: o.einsum("...ti,...i->...t", x, x[:, 0]),
    ],
    "squareplus": [lambda o, x, n: o.squareplus(x, b=2)],
    "leaky_relu": [lambda o, x, n: o.leaky_relu(x, 0.1)],
    "elu": [lambda o, x, n: o.elu(x, alpha=0.3)],
    "celu": [lambda o, x, n: o.celu(x, alpha=0.3)],
    "gelu": [lambda o, x, n: o.gelu(x, approximate=False)],
    "glu": [lambda o, x, n: o.glu(x, axis=1)],
    "threshold": [lambda o, x, n: o.threshold(x, 0.2, -1.0)],
    "softmax": [lambda o, x, n: o.softmax(x, axis=1), lambda o, x, n: o.softmax(x, axis=None)],
    "log_softmax": [lambda o, x, n: o.log_softmax(x, axis=1)],
    "normalize": [lambda o, x, n: o.normalize(x, axis=1, order=1)],
    "layer_normalization": [
        lambda o, x, n: o.layer_normalization(x, x[0, 0], x[0, 1]),
        lambda o, x, n: o.layer_normalization(x, axis=[1, 2], epsilon=0.1),
    ],
    "rms_normalization": [lambda o, x, n: o.rms_normalization(x, x[0, 0], epsilon=0.1)],
    "batch_normalization": [
        lambda o, x, n: o.batch_normalization(x, x[0, 0], o.abs(x[0, 1]), -1, x[1, 0], x[1, 1]),
    ],
    "nan_to_num": [lambda o, x, n: o.nan_to_num(x / o.relu(x), nan=1.0, posinf=2.0)],
}  # fmt: skip
