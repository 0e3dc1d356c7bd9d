"""Operations of keras.ops and TensorFlow for which NumPy has no single function of the same meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.layers.operation_sizes import margins

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"
Args: TypeAlias = Sequence[Any]
Params: TypeAlias = Mapping[str, Any]


def roll(args: Args, params: Params) -> Values:
    """Return an array with its values moved along axes, round the end."""
    return np.roll(args[0], params["shift"], params.get("axis"))


def pad(args: Args, params: Params) -> Values:
    """Return an array with margins: a constant, or its own values mirrored."""
    width = margins(params["pad_width"], args[0].ndim)
    mode = str(params.get("mode") or "constant").lower()
    value = params.get("constant_values") or 0
    if mode == "constant":
        return np.pad(args[0], width, constant_values=value)
    return np.pad(args[0], width, "reflect" if mode == "reflect" else "symmetric")


def one_hot(args: Args, params: Params) -> Values:
    """Return a 1 at each number's place among `num_classes`, zeros elsewhere."""
    size = int(params["num_classes"])
    hot = (args[0][..., None] == np.arange(size)).astype(np.float32)
    axis = int(params.get("axis", -1))
    return hot if axis == -1 else np.moveaxis(hot, -1, axis)


def normalize(args: Args, params: Params) -> Values:
    """Return vectors along `axis` at length 1, as keras.ops.normalize does."""
    x, axis, order = args[0], params.get("axis", -1), params.get("order", 2)
    epsilon = params.get("epsilon") or 1e-7
    if order == 2:
        with np.errstate(divide="ignore"):
            scale = 1 / np.sqrt(np.sum(np.square(x), axis=axis, keepdims=True))
        scaled: Values = x * np.minimum(scale, x.dtype.type(1 / epsilon))
        return scaled
    length: Values = x / np.maximum(np.linalg.norm(x, order, axis, keepdims=True), x.dtype.type(epsilon))
    return length


def l2_normalize(args: Args, params: Params) -> Values:
    """Return vectors along `axis` at length 1, as TensorFlow does."""
    axis = params.get("axis")
    square = np.sum(np.square(args[0]), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    unit: Values = args[0] / np.sqrt(np.maximum(square, args[0].dtype.type(params.get("epsilon", 1e-12))))
    return unit


def logsumexp(args: Args, params: Params) -> Values:
    """Return ln Σ eˣ over `axis`, the largest taken out first."""
    axis = params.get("axis")
    over = tuple(axis) if isinstance(axis, list) else axis
    top = np.max(args[0], axis=over, keepdims=True)
    total: Values = np.log(np.sum(np.exp(args[0] - top), axis=over, keepdims=True)) + top
    return total if params.get("keepdims") else np.squeeze(total, axis=over)


def cumsum(args: Args, params: Params) -> Values:
    """Return running sums; TensorFlow's may run from the end, or leave out the value at hand."""
    axis = params.get("axis", 0) if "exclusive" in params or "reverse" in params else params.get("axis")
    x = np.flip(args[0], axis) if params.get("reverse") else args[0]
    sums: Values = np.cumsum(x, axis=axis)
    sums = sums - x if params.get("exclusive") else sums
    return np.flip(sums, axis) if params.get("reverse") else sums


def split_sizes(args: Args, params: Params) -> list[Values]:
    """Return the parts of an array: so many equal ones, or of the sizes given (TensorFlow's split)."""
    parts, axis = params["num_or_size_splits"], int(params.get("axis", 0))
    return np.split(args[0], int(parts) if isinstance(parts, int) else np.cumsum(parts)[:-1], axis=axis)


FUNCTIONS = {
    "Roll": roll,
    "Pad": pad,
    "OneHot": one_hot,
    "Normalize": normalize,
    "L2Normalize": l2_normalize,
    "Logsumexp": logsumexp,
    "Cumsum": cumsum,
    "SplitSizes": split_sizes,
}
