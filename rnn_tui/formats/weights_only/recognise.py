"""Which layer a place of a weights-only file is: its name decides, then its
arrays' names, and shapes come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rnn_tui.engine.cells.kinds import KINDS, RNN, CellKind, cudnn_kinds
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import ALIKE, EVERY, SIZE, Schema, Stored
from rnn_tui.formats.data.description import StoredArray
from rnn_tui.formats.data.spec import Era
from rnn_tui.formats.weights.classify import (
    Piece,
    cell,
    embedding,
    normalisation,
    pieces,
)
from rnn_tui.formats.weights_only.places import WRAPPED, Place
from rnn_tui.formats.weights_only.tensorflow_cells import tensorflow_cell
from rnn_tui.text import clean

GIVE = "give the configuration (--config)"

_SAYS_NOTHING = re.compile(r"(w|param_?|weight_?|array_?|variable_?)?\d*")
_LETTERS = "".join(
    letter for kind in KINDS.values() for letter in kind.keras_1_order
)
_KERAS_1 = re.compile(
    rf"(?:.*_)?(W|U|b|gamma|beta|running_mean|running_std)(?:_[{_LETTERS}])?"
)
_SINCE_KERAS_1 = {"W": "kernel", "U": "recurrent_kernel", "b": "bias"}
_SINCE_KERAS_1 |= {
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
}


def told(place: Place, era: Era) -> Iterator[Piece]:
    """Yield the layer at a place; of a group whose arrays have no names, every
    layer that their shapes make.
    """
    found = list(_pieces(place, era))
    for number, piece in enumerate(found):
        if len(found) == 1:
            piece.name = place.name
        else:
            piece.name = f"{place.name}.{number}"

        piece.called = place.called
        piece.address = place.address
        yield piece


def _pieces(place: Place, era: Era) -> list[Piece]:
    own_cell = tensorflow_cell(place)
    if own_cell is not None:
        return [own_cell]

    if (
        "forward" in place.parts
        or "backward" in place.parts
        or place.class_name == "Bidirectional"
    ):
        return [_bidirectional(place, era)]
    if WRAPPED in place.parts:
        return [_wrapper(place, era)]
    if place.parts:
        return [_stacked(place, era)]
    if not place.arrays:
        return [_without_arrays(place, era)]
    if place.class_name != "Normalization" and any(
        "int" in array.dtype for array in place.arrays
    ):
        return [
            _unknown(
                place,
                "its arrays are whole numbers, and how they are meant isn't "
                f"in the weights: {GIVE}",
            )
        ]
    if place.is_class:
        return [_of_class(place, era)]

    return _by_arrays(place, era)


def role(array: StoredArray, era: Era) -> str:
    """Return the role that an array's name says (kernel, gamma), "" for a name
    that says nothing.
    """
    _, _, own = array.name.rpartition("/")
    last, _, _ = own.partition(":")
    if _SAYS_NOTHING.fullmatch(last.lower()):
        return ""

    old = _KERAS_1.fullmatch(last)
    if era.generation == 1 and old is not None:
        name = old[1]
        return _SINCE_KERAS_1.get(name, name)

    return re.sub(r"_\d+$", "", last)


def roles_of(arrays: Sequence[StoredArray], era: Era) -> list[str]:
    """Return the roles of arrays by their names."""
    return [role(array, era) for array in arrays]


def _shapes(arrays: Sequence[StoredArray]) -> str:
    shown = ", ".join(str(array.shape) for array in arrays[:6])
    return shown + (", …" if len(arrays) > 6 else "")


def _unknown(place: Place, why_not: str) -> Piece:
    """Return a layer that can only be listed."""
    written = place.class_name or (
        clean(place.word, 60) if place.is_class else "?"
    )
    return Piece(
        place.class_name or "?",
        {},
        place.all_arrays(),
        written=written,
        why_not=why_not,
    )


def _of_nothing(place: Place) -> Piece:
    return _unknown(
        place,
        f"the shapes {_shapes(place.all_arrays())} belong to no layer that is "
        "known",
    )


# Recurrent layers -------------------------------------------------------------


def _whole_cell(
    arrays: Sequence[StoredArray],
    era: Era,
    named: CellKind | None = None,
) -> Piece | None:
    """Return the recurrent layer that all of these arrays make, and no
    others.
    """
    found = cell(arrays, era.generation == 1, named)
    if found is not None and len(found.arrays) == len(arrays):
        return found

    return None


def _bidirectional(place: Place, era: Era) -> Piece:
    """Return a Bidirectional; where only its name tells it, its arrays are half
    the one direction's.
    """
    if place.parts:
        halves = [part.all_arrays() for part in place.parts.values()]
    else:
        backward = [array for array in place.arrays if "backward" in array.name]
        forward = [
            array for array in place.arrays if "backward" not in array.name
        ]
        middle = len(place.arrays) // 2
        if backward:
            halves = [forward, backward]
        else:
            halves = [place.arrays[:middle], place.arrays[middle:]]

    sides = [_whole_cell(half, era) for half in halves]
    if len(sides) != 2 or None in sides:
        shown = _shapes(place.all_arrays())
        return _unknown(
            place,
            f"its arrays {shown} make no two recurrent layers that are known: "
            f"{GIVE}",
        )

    return both_ways([side for side in sides if side is not None])


def both_ways(sides: list[Piece]) -> Piece:
    """Return the Bidirectional of two recurrent layers."""
    forward, backward = sides
    if forward.convolves:
        returns = None
    else:
        returns = (forward.returns or 0) + (backward.returns or 0)

    return Piece(
        "Bidirectional",
        {},
        [],
        forward.reads,
        returns,
        "Bidirectional",
        sides,
    )


def _stacked(place: Place, era: Era) -> Piece:
    """Return an RNN over several cells."""
    cells = [_whole_cell(part.arrays, era) for part in place.parts.values()]
    known = [one for one in cells if one is not None and not one.convolves]
    if len(known) != len(cells):
        return _unknown(
            place,
            f"its cells' arrays {_shapes(place.all_arrays())} make no cells "
            f"that are known: {GIVE}",
        )

    if not _feeds_on(known):
        known = next(
            (turned for turned in (known[::-1],) if _feeds_on(turned)),
            known,
        )

    named = [
        {"class_name": f"{one.class_name}Cell", "config": one.config}
        for one in known
    ]
    config = {
        "cell": {"class_name": "StackedRNNCells", "config": {"cells": named}}
    }
    arrays = [array for one in known for array in one.arrays]

    return Piece(
        "RNN",
        config,
        arrays,
        known[0].reads,
        known[-1].returns,
        "RNN",
    )


def _feeds_on(cells: Sequence[Piece]) -> bool:
    """Whether each cell reads as wide as the one before returns."""
    return all(
        later.reads == earlier.returns for earlier, later in pairwise(cells)
    )


# Other layers -----------------------------------------------------------------


def _wrapper(place: Place, era: Era) -> Piece:
    """Return a TimeDistributed around a layer whose arithmetic its weights
    tell; others are listed.
    """
    inside = place.parts[WRAPPED]
    if place.class_name != "TimeDistributed":
        return _unknown(
            place,
            "what it does to the layer it wraps isn't in a file of weights: "
            f"{GIVE}",
        )

    if inside.all_arrays() or inside.class_name:
        found = list(told(inside, era))
    else:
        found = []

    inner = None
    if len(found) == 1:
        inner = found[0]

    if inner is None or not _reads_width(inner.class_name):
        known = inner is not None and inner.written not in ("", "?")
        if inner is not None and known:
            around = f"around {inner.written}"
        else:
            around = "around a layer"

        piece = _unknown(
            place,
            f"a TimeDistributed {around} isn't computed from weights alone: "
            f"{GIVE}",
        )
        if inner is not None and inner.arrays:
            piece.inner = [inner]
            piece.arrays = []

        return piece

    inner.name = inside.word or inner.written.lower()

    return Piece(
        "TimeDistributed",
        {},
        [],
        inner.reads,
        inner.returns,
        "TimeDistributed",
        [inner],
    )


def _reads_width(class_name: str) -> bool:
    """Return whether the arrays of a class tell how wide the last axis it reads
    is.
    """
    declared = schema(class_name)
    return declared is not None and declared.reads_width


def _without_arrays(place: Place, era: Era) -> Piece:
    """Return a layer that the file only names."""
    class_name = place.class_name
    if class_name is None:
        return _unknown(
            place,
            f"no class of Keras's own is called {clean(place.word, 60)!r}: "
            f"{GIVE}",
        )

    kind = _kind_written(class_name)
    if class_name == RNN or (kind is not None and not kind.rank):
        return _unknown(place, "the file has no arrays for it")
    if class_name == "TimeDistributed":
        return _wrapper(
            Place(
                place.name,
                place.word,
                parts={WRAPPED: Place("", "")},
                is_class=True,
            ),
            era,
        )

    return Piece(class_name, {}, [], written=class_name)


def _of_class(place: Place, era: Era) -> Piece:
    """Return the layer of a place whose word names a class."""
    class_name = place.class_name
    arrays = place.arrays
    if class_name is None:
        piece = _whole_cell(arrays, era) or _unknown(place, "")
        piece.written = clean(place.word, 60)
        piece.why_not = (
            f"its class, {clean(place.word, 60)!r} in the file's paths, is "
            "not one of Keras's own"
        )
        return piece

    if class_name == RNN:
        found = _whole_cell(arrays, era)
        if found is None:
            return _of_nothing(place)

        found.guessed = True
        return found

    kind = _kind_written(class_name)
    if kind is not None:
        found = _whole_cell(arrays, era, kind)
        if found is None or found.class_name != kind.class_name:
            return _of_nothing(place)

        return found

    return _feed_forward(place, class_name, era)


def _kind_written(class_name: str) -> CellKind | None:
    """Return the kind of a layer's class, or of its form in the layout of
    cuDNN; None for a layer that isn't recurrent.
    """
    for kind in cudnn_kinds():
        if kind.cudnn == class_name:
            return kind

    return KINDS.get(class_name)


def _feed_forward(place: Place, class_name: str, era: Era) -> Piece:
    """Return a layer of one of Keras's classes with the configuration that its
    arrays tell.
    """
    if class_name == "TimeDistributed":
        # the arrays of a file by names are those of the layer inside
        parts = {WRAPPED: Place("", "", place.arrays)}
        return _wrapper(
            Place(place.name, place.word, parts=parts, is_class=True),
            era,
        )

    found = _told_by_arrays(class_name, place.arrays, era)
    if found is None:
        return _unknown(
            place,
            f"what it does with its arrays isn't in a file of weights: {GIVE}",
        )

    found.class_name = found.written = class_name

    return found


def _told_by_arrays(
    class_name: str,
    arrays: Sequence[StoredArray],
    era: Era,
) -> Piece | None:
    """Return a layer whose class declares the sides of its arrays and the
    settings that they don't tell; None for any other.
    """
    declared = schema(class_name)
    if declared is None or declared.defaults is None or not declared.arrays:
        return None
    if class_name == "PReLU":
        return _slopes(arrays)

    rank = len(arrays[0].shape)
    if class_name == "Conv1D" and rank == 4 and era.generation == 1:
        return _conv1d_of_keras_1(arrays)

    pattern = declared.arrays[0].sides
    if pattern in VECTORS:
        if rank != 1:
            return None

        return _scaled(class_name, declared, arrays, roles_of(arrays, era))

    if pattern is None or rank != len(pattern.split()):
        return None

    return _by_sides(class_name, declared, arrays)


VECTORS = (ALIKE, "channels")
"""The sides of arrays with one value for each feature."""


def _by_sides(
    class_name: str,
    declared: Schema,
    arrays: Sequence[StoredArray],
) -> Piece:
    """Return a layer whose settings are sides of its arrays."""
    plain = [array for array in declared.arrays if array.kept(WITHOUT_BIAS)]
    sides = _sides_of_all(plain, arrays)

    config: dict[str, Any] = {}
    for name, side in sides.items():
        if name == SIZE:
            config[name] = [side]
        elif name not in NO_KEYS and not name.isdigit():
            config[name] = side

    if len(plain) < len(declared.arrays):
        config["use_bias"] = len(arrays) > len(plain)

    channels = sides.get("channels")
    reads = sides.get("features", channels)
    returns = (channels or 0) * sides.get("depth_multiplier", 0)
    for name in WIDTHS:
        if name in sides:
            returns = sides[name]
            break

    return Piece(class_name, config, list(arrays), reads, returns, class_name)


def _sides_of_all(
    wanted: Sequence[Stored],
    arrays: Sequence[StoredArray],
) -> dict[str, int]:
    """Return the sides of arrays by the names that are declared for them; those
    of an array that is missing are 0.
    """
    sides: dict[str, int] = {}
    for number, array in enumerate(wanted):
        names = (array.sides or "").split()
        shape: tuple[int, ...] = ()
        if number < len(arrays):
            shape = arrays[number].shape

        # from the last side on: an array of another rank still tells its
        # filters
        for name, side in zip(reversed(names), reversed(shape), strict=False):
            sides.setdefault(name, side)

        for name in names:
            sides.setdefault(name, 0)

    return sides


WITHOUT_BIAS: Mapping[str, Any] = {"use_bias": False}
WIDTHS = ("units", "filters", "output_dim")
"""The names of a side that is as long as the layer's output is wide."""
WITHOUT_SCALE: Mapping[str, Any] = {"scale": False, "center": False}
NO_KEYS = ("features", "channels", EVERY)
"""The names of sides that no key of the configuration states."""


def _conv1d_of_keras_1(arrays: Sequence[StoredArray]) -> Piece:
    """Return a Conv1D of Keras 1: its kernel is (length, 1, channels, filters),
    or Theano's turned round.
    """
    shape = arrays[0].shape
    if shape[1] == 1:
        length = shape[0]
        channels = shape[2]
        filters = shape[3]
    else:
        length = shape[2]
        channels = shape[1]
        filters = shape[0]

    config = {
        "filters": filters,
        "kernel_size": [length],
        "use_bias": len(arrays) > 1,
    }

    return Piece("Conv1D", config, list(arrays), channels, filters, "Conv1D")


def _scaled(
    class_name: str,
    declared: Schema,
    arrays: Sequence[StoredArray],
    roles: Sequence[str],
) -> Piece:
    """Return a normalisation; with one array of scale and center, its name says
    which, and without a name it stays open.
    """
    found = normalisation(class_name, arrays)
    fixed = [array for array in declared.arrays if array.kept(WITHOUT_SCALE)]
    own = len(arrays) - len(fixed)
    if len(fixed) == len(declared.arrays) or own not in (0, 1, 2):
        return found

    found.config |= {"scale": own == 2, "center": own > 0}
    if own == 1 and any(roles):
        found.config |= {"scale": "gamma" in roles, "center": "beta" in roles}

    if own == 1 and not any(roles):
        found.open = ("center",)
    else:
        found.open = ()

    return found


def _slopes(arrays: Sequence[StoredArray]) -> Piece:
    """Return a PReLU; along an axis of one value its slopes are shared."""
    shape = arrays[0].shape
    shared = [axis for axis, side in enumerate(shape, 1) if side == 1]
    width = None
    if shape and shape[-1] != 1:
        width = shape[-1]

    return Piece(
        "PReLU",
        {"shared_axes": shared or None},
        list(arrays),
        width,
        width,
        "PReLU",
    )


BY_ROLES = {
    frozenset(("kernel",)): ("Dense", "Conv1D"),
    frozenset(("kernel", "bias")): ("Dense", "Conv1D"),
    frozenset(("embeddings",)): ("Embedding",),
    **dict.fromkeys(
        map(frozenset, (("gamma", "beta"), ("gamma",), ("beta",))),
        ("LayerNormalization",),
    ),
    frozenset(("alpha",)): ("PReLU",),
    frozenset(("depthwise_kernel", "bias")): ("DepthwiseConv1D",),
    frozenset(("depthwise_kernel",)): ("DepthwiseConv1D",),
    frozenset(("depthwise_kernel", "pointwise_kernel")): ("SeparableConv1D",),
    frozenset(("depthwise_kernel", "pointwise_kernel", "bias")): (
        "SeparableConv1D",
    ),
}
"""Which classes the names of a layer's arrays speak of, that of a kernel of two
axes first.
"""


def _by_arrays(place: Place, era: Era) -> list[Piece]:
    """Return the layer of a place whose word is its author's: told by its
    arrays' names, without those by shapes.
    """
    roles = roles_of(place.arrays, era)
    if any(roles):
        found = _by_roles(place, roles, era)
        found.guessed = found.why_not is None
        return [found]

    found_all = list(_paired(pieces(place.arrays, era.generation == 1), place))
    if place.by_path and len(found_all) != 1:
        return [_of_nothing(place)]
    if (
        place.by_path
        and len(place.arrays) == 1
        and found_all[0].class_name in ("Dense", "Embedding")
    ):
        return [_one_matrix(place)]

    for piece in found_all:
        piece.guessed = bool(piece.class_name)
        if not piece.class_name:
            piece.why_not = (
                f"the shapes {_shapes(piece.arrays)} belong to no layer that "
                "is known"
            )
            piece.class_name = piece.written = "?"

    return found_all


def _by_roles(place: Place, roles: Sequence[str], era: Era) -> Piece:
    if "recurrent_kernel" in roles:
        return _whole_cell(place.arrays, era) or _of_nothing(place)
    if (
        {"moving_mean", "moving_variance"}
        <= set(roles)
        <= {"gamma", "beta", "moving_mean", "moving_variance"}
    ):
        return _feed_forward(place, "BatchNormalization", era)

    classes = BY_ROLES.get(frozenset(roles), ())
    rank = len(place.arrays[0].shape)
    if classes and rank in (2, 3) and len(roles) == len(set(roles)):
        return _feed_forward(
            place,
            classes[rank - 2] if len(classes) > 1 else classes[0],
            era,
        )
    if classes and rank == 1:
        return _feed_forward(place, classes[0], era)

    names = ", ".join(clean(name, 30) for name in dict.fromkeys(roles) if name)

    return _unknown(
        place,
        f"its arrays ({names}) are those of no layer of Keras's that is known "
        f"by its weights: {GIVE}",
    )


def _one_matrix(place: Place) -> Piece:
    """Return the layer of one matrix under a name its author chose: an
    Embedding where the name says so.
    """
    if "embed" in place.word.lower():
        found = embedding(place.arrays)
        found.guessed = True
        return found

    return _unknown(
        place,
        f"one array of shape {place.arrays[0].shape} may be of any layer: "
        f"{GIVE}",
    )


def _paired(found: Iterator[Piece], place: Place) -> Iterator[Piece]:
    """Yield layers told by shapes; two alike cells in a row that can't feed
    each other are a Bidirectional's sides.
    """
    rest = list(found)
    while rest:
        first, *others = rest
        second = None
        if others:
            second = others[0]

        if second is not None and _are_sides(first, second):
            yield both_ways([first, second])
            rest = others[1:]
        else:
            yield first
            rest = others


def _are_sides(first: Piece, second: Piece) -> bool:
    if (
        not first.recurrent
        or first.class_name != second.class_name
        or first.reads == first.returns
    ):
        return False

    return [array.shape for array in first.arrays] == [
        array.shape for array in second.arrays
    ]
