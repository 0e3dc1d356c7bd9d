"""Keras 3's operations (keras.ops) as functions of arrays: name → function(arguments, parameters)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine import activation_functions as f
from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.layers.array_functions import FUNCTIONS
from rnn_tui.engine.layers.operation_sizes import SIZES, broadcast, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"
Operation = Callable[[Sequence[Any], Mapping[str, Any]], Any]

NUMPYS: Mapping[str, str] = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Divide": "true_divide",
    "TrueDivide": "true_divide",
    "FloorDivide": "floor_divide",
    "Mod": "mod",
    "Power": "power",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Equal": "equal",
    "NotEqual": "not_equal",
    "Greater": "greater",
    "GreaterEqual": "greater_equal",
    "Less": "less",
    "LessEqual": "less_equal",
    "LogicalAnd": "logical_and",
    "LogicalOr": "logical_or",
    "LogicalNot": "logical_not",
    "Absolute": "abs",
    "Negative": "negative",
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Square": "square",
    "Sign": "sign",
    "Sin": "sin",
    "Cos": "cos",
    "Floor": "floor",
    "Ceil": "ceil",
    "Isnan": "isnan",
    "Where": "where",
    "Reciprocal": "reciprocal",
}
"""Functions of their arguments alone that NumPy has, by its names: NumPy is loaded when one is called."""

OURS: Mapping[str, Callable[..., Any]] = {
    "Tanh": f.tanh,
    "Sigmoid": f.sigmoid,
    "Relu": f.relu,
    "Selu": f.selu,
    "Silu": f.silu,
    "Softplus": f.softplus,
    "Softsign": f.softsign,
    "StopGradient": lambda x: x,
    "Identity": lambda x: x,
    "ConvertToTensor": lambda x: x,
}
"""Functions of their arguments alone that are ours."""

REDUCTIONS: Mapping[str, str] = {
    "Mean": "mean",
    "Sum": "sum",
    "Max": "max",
    "Amax": "max",
    "Min": "min",
    "Amin": "min",
    "Prod": "prod",
    "Any": "any",
    "All": "all",
    "Var": "var",
    "Std": "std",
}
"""Functions over `axis`, which may be kept at length 1, by NumPy's names."""


def axis_of(params: Mapping[str, Any], default: Any = None) -> Any:
    """Return the `axis` parameter as NumPy takes it."""
    axis = params.get("axis", default)
    return tuple(axis) if isinstance(axis, list) else axis


def reduction(name: str, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return the arrays' values along `axis` brought together; the largest and smallest may begin with a value."""
    initial = params.get("initial")
    begun = {} if initial is None or REDUCTIONS[name] not in ("max", "min") else {"initial": initial}
    function = getattr(np, REDUCTIONS[name])
    return function(args[0], axis=axis_of(params), keepdims=bool(params.get("keepdims")), **begun)


def norm(args: Sequence[Any], params: Mapping[str, Any]) -> Values:
    """Return the length of the vectors along `axis`."""
    order = params.get("ord")
    length: Values = np.linalg.norm(
        args[0], None if order in (None, "euclidean") else order, axis_of(params), bool(params.get("keepdims"))
    )
    return length


def split(args: Sequence[Any], params: Mapping[str, Any]) -> list[Values]:
    """Return the parts of an array, cut at indices or in equal pieces."""
    return np.split(args[0], params["indices_or_sections"], axis=params.get("axis", 0))


def shape_of(params: Mapping[str, Any], key: str) -> tuple[int, ...]:
    """Return a shape parameter; an open axis is what is left over."""
    return tuple(-1 if side is None else int(side) for side in params[key])


def repeat(args: Sequence[Any], params: Mapping[str, Any]) -> Values:
    """Return every value several times, one behind the other."""
    return np.repeat(args[0], np.asarray(params["repeats"]), axis=params.get("axis"))


def tile(args: Sequence[Any], params: Mapping[str, Any]) -> Values:
    """Return the whole array several times along each axis."""
    return np.tile(args[0], [int(count) for count in np.atleast_1d(params["repeats"])])


def broadcast_to(args: Sequence[Any], params: Mapping[str, Any]) -> Values:
    """Return an array stretched to a shape."""
    return np.broadcast_to(args[0], shape_of(params, "shape"))


def matmul(args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return the product of two stacks of matrices."""
    x, y = (np.asarray(value) for value in args)
    return np.matmul(x, y)


def dot(args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return the product of every row of one array with every column of the other."""
    x, y = (np.asarray(value) for value in args)
    return np.dot(x, y)


def einsum(args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return a sum of products by Einstein's convention; each letter is an axis."""
    return np.einsum(str(params["subscripts"]), *args, optimize=True)


def elementwise(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Return a function of arrays that are stretched to one shape; NumPy would write into an operand too many."""
    wanted = 3 if function is np.where else getattr(function, "nin", 1)
    if len(args) != wanted:
        raise ValueError(f"it reads {wanted} operands, not {len(args)}")
    return function(*args)


def get_item(args: Sequence[Any], params: Mapping[str, Any]) -> Values:
    """Return part of an array: numbers, slices, `...` and new axes as Keras serialises them."""
    key = args[1] if len(args) > 1 else params["key"]
    chosen = tuple(_index(part) for part in key) if isinstance(key, list) else _index(key)
    part: Values = args[0][chosen]
    return part


def _index(part: Any) -> Any:
    if isinstance(part, Mapping):
        if part.get("class_name") == "__ellipsis__":
            return Ellipsis
        given = part.get("config", part)
        return slice(*(None if given.get(k) is None else int(given[k]) for k in ("start", "stop", "step")))
    return Ellipsis if isinstance(part, str) and part == "..." else part


OTHERS: Mapping[str, Operation] = {
    **FUNCTIONS,
    "Rsqrt": lambda a, p: 1 / np.sqrt(a[0]),
    "ExpandDims": lambda a, p: np.expand_dims(a[0], p["axis"]),
    "Squeeze": lambda a, p: np.squeeze(a[0], axis_of(p)),
    "Reshape": lambda a, p: np.reshape(a[0], shape_of(p, "newshape")),
    "Transpose": lambda a, p: np.transpose(a[0], p.get("axes")),
    "Swapaxes": lambda a, p: np.swapaxes(a[0], p["axis1"], p["axis2"]),
    "Moveaxis": lambda a, p: np.moveaxis(a[0], p["source"], p["destination"]),
    "Concatenate": lambda a, p: np.concatenate(a[0], axis=p.get("axis", -1)),
    "Stack": lambda a, p: np.stack(a[0], axis=p.get("axis", 0)),
    "Unstack": lambda a, p: [np.take(a[0], k, p.get("axis", 0)) for k in range(a[0].shape[p.get("axis", 0)])],
    "Split": split,
    "Repeat": repeat,
    "Tile": tile,
    "Flip": lambda a, p: np.flip(a[0], axis_of(p)),
    "BroadcastTo": broadcast_to,
    "Matmul": matmul,
    "Dot": dot,
    "Einsum": einsum,
    "Softmax": lambda a, p: f.softmax(a[0], axis=p.get("axis", -1)),
    "LogSoftmax": lambda a, p: f.log_softmax(a[0], axis=p.get("axis", -1)),
    "LeakyRelu": lambda a, p: f.leaky_relu(a[0], p.get("negative_slope", 0.2)),
    "Gelu": lambda a, p: f.gelu(a[0], bool(p.get("approximate", True))),
    "Clip": lambda a, p: np.clip(a[0], p["x_min"], p["x_max"]),
    "Argmax": lambda a, p: np.argmax(a[0], axis=p.get("axis"), keepdims=bool(p.get("keepdims"))),
    "Argmin": lambda a, p: np.argmin(a[0], axis=p.get("axis"), keepdims=bool(p.get("keepdims"))),
    "Round": lambda a, p: np.round(a[0], int(p.get("decimals") or 0)),
    "Elu": lambda a, p: f.elu(a[0], alpha=float(p.get("alpha", 1.0))),
    "Norm": norm,
    "GetItem": get_item,
    "ZerosLike": lambda a, p: np.zeros_like(a[0], dtype=np.bool_ if p.get("dtype") == "bool" else None),
    "OnesLike": lambda a, p: np.ones_like(a[0], dtype=np.bool_ if p.get("dtype") == "bool" else None),
    "Take": lambda a, p: np.take(a[0], np.asarray(a[1]).astype(np.int64), axis=p.get("axis")),
}


def values_of(name: str, args: Sequence[Any], params: Mapping[str, Any]) -> int:
    """Return how many values an operation is about to make of its arguments."""
    if name in SIZES:
        return SIZES[name](args, params)
    return broadcast(args) if name in NUMPYS or name in OURS else read(args)


def operation(name: str) -> Operation | None:
    """Return the function of a keras.ops class, None when it is not reproduced."""
    if name in NUMPYS:
        return lambda args, params: elementwise(getattr(np, NUMPYS[name]), args)
    if name in OURS:
        return lambda args, params: elementwise(OURS[name], args)
    if name in REDUCTIONS:
        return lambda args, params: reduction(name, args, params)
    return OTHERS.get(name)
