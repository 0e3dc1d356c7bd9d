"""How many values an operation makes of its arguments: known before, so that few can't ask for a billion."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from rnn_tui.engine import lazy_numpy as np

Args: TypeAlias = Sequence[Any]
Params: TypeAlias = Mapping[str, Any]
Size: TypeAlias = Callable[[Args, Params], int]


def read(args: Args) -> int:
    """Return the values of the operands, those in lists too: what an operation makes that doesn't multiply them."""
    return sum(read(arg) if isinstance(arg, (list, tuple)) else int(np.size(arg)) for arg in args)


def broadcast(args: Args) -> int:
    """Return the values of operands that are stretched to one shape."""
    return math.prod(np.broadcast_shapes(*(np.shape(arg) for arg in args)))


def _repeated(args: Args, params: Params) -> int:
    repeats = np.asarray(params["repeats"])
    return int(args[0].size) * max(1, int(repeats.max()))


def _tiled(args: Args, params: Params) -> int:
    return int(args[0].size) * math.prod(int(count) for count in np.atleast_1d(params["repeats"]))


def _stretched(args: Args, params: Params) -> int:
    return abs(math.prod(1 if side is None else int(side) for side in params["shape"]))


def _multiplied(args: Args, params: Params) -> int:
    x, y = (np.shape(arg) for arg in args)
    return math.prod(np.broadcast_shapes(x[:-2], y[:-2])) * math.prod(x[-2:-1] + y[-1:])


def _dotted(args: Args, params: Params) -> int:
    x, y = (np.shape(arg) for arg in args)
    return math.prod(x[:-1]) * math.prod(y[:-2] + y[-1:]) if x and len(y) > 1 else math.prod(x)


def _summed(args: Args, params: Params) -> int:
    """Return the sides of Einstein's result: each letter is an axis, `...` the axes that are left."""
    terms, _, out = str(params["subscripts"]).replace(" ", "").partition("->")
    sides: dict[str, int] = {}
    rest: list[tuple[int, ...]] = []
    for term, arg in zip(terms.split(","), args, strict=True):
        before, dots, behind = term.partition("...")
        shape = np.shape(arg)
        inner = shape[len(before) : len(shape) - len(behind)] if dots else ()
        rest.append(inner)
        sides.update(zip(before + behind, shape[: len(before)] + shape[len(before) + len(inner) :], strict=True))
    around = math.prod(np.broadcast_shapes(*rest)) if "..." in out else 1
    return around * math.prod(sides.get(letter, 1) for letter in out.replace("...", ""))


def _padded(args: Args, params: Params) -> int:
    width = margins(params["pad_width"], args[0].ndim)
    return math.prod(side + sum(margin) for side, margin in zip(args[0].shape, width, strict=True))


def _one_hot(args: Args, params: Params) -> int:
    return int(args[0].size) * int(params["num_classes"])


def _taken(args: Args, params: Params) -> int:
    """Return the values of as many slices as there are indices."""
    axis, count = params.get("axis"), int(np.size(args[1]))
    return count if axis is None else count * int(args[0].size) // max(1, args[0].shape[int(axis)])


def _part(args: Args, params: Params) -> int:
    """Return the values of a slice; a list of indices may name each of an axis many times."""
    key = args[1] if len(args) > 1 else params["key"]
    if not isinstance(key, list):
        return int(args[0].size) * max(1, int(np.size(key)))

    lists = [int(np.size(part)) for part in key if isinstance(part, (list, np.ndarray))]
    return int(args[0].size) * max([1, *lists])


SIZES: Mapping[str, Size] = {
    "Repeat": _repeated,
    "Tile": _tiled,
    "BroadcastTo": _stretched,
    "Matmul": _multiplied,
    "Dot": _dotted,
    "Einsum": _summed,
    "Pad": _padded,
    "OneHot": _one_hot,
    "Take": _taken,
    "GetItem": _part,
}


def margins(width: Any, rank: int) -> list[tuple[int, int]]:
    """Return (before, after) of each axis: one number or one pair stands for all."""
    if isinstance(width, int) or (len(width) == 2 and all(isinstance(side, int) for side in width)):
        sides = [width] * rank
    else:
        sides = list(width) * rank if len(width) == 1 else list(width)
    return [(int(w), int(w)) if isinstance(w, int) else (int(w[0]), int(w[1])) for w in sides]
