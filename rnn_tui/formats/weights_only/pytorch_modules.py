"""The layers that the parameters of PyTorch's modules make.

A recurrent module names its parameters by layer and direction
(`weight_ih_l1_reverse`), and their shapes say the rest: its gates always are
sigmoid and tanh, it returns its output at every timestep, and two directions
are put side by side. So an LSTM and a GRU need no assumption; of an RNN only
the activation isn't stored. Other modules are told by the shapes of
their parameters, or by their class where a whole module was saved.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rnn_tui.engine.cells.kinds import RESET_AFTER, CellKind
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.weights.classify import Piece, kind_with
from rnn_tui.formats.weights_only.hidden_weights import HiddenWeights
from rnn_tui.formats.weights_only.module_settings import (
    convolution,
    epsilon,
    own_class,
    rnn_activation,
    table_problem,
    why_other,
)
from rnn_tui.formats.weights_only.order_layers import in_order
from rnn_tui.text import clean

PARAMETER = re.compile(
    r"(weight|bias)_(ih|hh|hr)(?:_l(\d{1,4})(_reverse)?)?",
)
_WHOLE = (
    ("weight_ih", "weight_hh"),
    ("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
)
"""The parameters of one layer in one direction, without and with biases."""
_COUNTER = "num_batches_tracked"
_NORMALISED = {"epsilon": 1e-5}
"""The number PyTorch adds to a variance by default; Keras's is another."""
_ALWAYS = {"go_backwards": False, "merge_mode": "concat"}
_SIGMOID = {"activation": "tanh", "recurrent_activation": "sigmoid"}
_ACTIVATIONS = ("tanh", "relu")
_CLASSES = {
    "LSTM": "LSTM",
    "LSTMCell": "LSTM",
    "GRU": "GRU",
    "GRUCell": "GRU",
    "RNN": "SimpleRNN",
    "RNNCell": "SimpleRNN",
}
"""PyTorch's recurrent modules as Keras's layers."""

Parts = dict[str, StoredArray]
"""The parameters of one layer in one direction: `weight_ih`, `bias_hh`."""


def module_layers(file: FileDescription) -> tuple[list[Piece], bool]:
    """Return the layers of all modules in their order, and whether another
    order fits their widths as well.

    PyTorch writes modules as the program made them; safetensors sorts them by
    their names, so there an order is searched.
    """
    modules = _modules(file)
    if file.container != "safetensors":
        return [piece for module in modules for piece in module], False

    # the layers of one module stay together
    heads = [
        replace(module[0], returns=module[-1].returns) for module in modules
    ]
    wholes = {
        id(head): module for head, module in zip(heads, modules, strict=True)
    }
    ordered, several = in_order(heads)

    return [piece for head in ordered for piece in wholes[id(head)]], several


def _modules(file: FileDescription) -> list[list[Piece]]:
    """Return the layers of each module, in the order of the file."""
    found: list[list[Piece]] = []
    hidden = HiddenWeights(file.groups)
    for group in file.groups:
        arrays = [array for array in group.arrays if array.name != _COUNTER]
        if any(PARAMETER.fullmatch(array.name) for array in arrays):
            found.append(_recurrent(group, arrays))
        elif arrays:
            found.append([_other(group, arrays)])
        else:
            continue

        reason = hidden.reason(group)
        for piece in found[-1]:
            if reason is not None and piece.class_name == "?":
                piece.why_not = reason

    _settle_tables(found)

    return found


# Recurrent modules ------------------------------------------------------------


def _recurrent(
    group: StoredGroup,
    arrays: Sequence[StoredArray],
) -> list[Piece]:
    """Return the layers of a recurrent module, each with its directions."""
    layers: dict[int, dict[str, Parts]] = {}
    others = []
    for array in arrays:
        told = PARAMETER.fullmatch(array.name)
        if told is None:
            others.append(array)
            continue

        kind, source, layer, reverse = told.groups()
        side = "forward"
        if reverse:
            side = "backward"

        sides = layers.setdefault(int(layer or 0), {})
        parts = sides.setdefault(side, {})
        parts[f"{kind}_{source}"] = array

    found = []
    last = max(layers)
    for number, sides in sorted(layers.items()):
        piece = _layer(sides, group.settings)
        piece.own = own_class(group)
        piece.why_not = piece.why_not or _not_as_its_class(group, piece)
        if number < last:
            # a layer of the module hands on its output at every timestep
            piece.settled = {**piece.settled, "return_sequences": True}

        name = group.name or _root_name(piece)
        piece.name = _numbered(name, number, len(layers))
        found.append(piece)

    if others:
        own = _unknown(others, "isn't a parameter of a recurrent module")
        own.name = f"{group.name or 'module'}.more"
        found.append(own)

    return found


def _not_as_its_class(group: StoredGroup, piece: Piece) -> str | None:
    """Return why the layer that parameters make isn't that of their module,
    None where it is, or where the class isn't known or its author's own.
    """
    other = why_other(group)
    if other is not None or group.layer_name is None or piece.own is not None:
        return other

    cell = piece.inner[0] if piece.inner else piece
    if _CLASSES.get(group.layer_name) != cell.class_name:
        return f"{clean(group.layer_name, 60)} isn't computed"

    return None


def _numbered(name: str, number: int, count: int) -> str:
    """Return the name of one of a module's layers; the only one has the
    module's.
    """
    if count > 1:
        return f"{name}_l{number}"

    return name


def layer_names(group: StoredGroup, known: Container[str]) -> list[str]:
    """Return the names of the layers that a module was made into, in their
    order; none where it isn't among those that are known.
    """
    numbers = {
        int(told[3] or 0)
        for array in group.arrays
        if (told := PARAMETER.fullmatch(array.name)) is not None
    }
    for name in (group.name, *_ROOT_NAMES):
        found = [
            _numbered(name, number, len(numbers)) for number in sorted(numbers)
        ]
        if not numbers:
            found = [name]

        if name and all(one in known for one in found):
            return found
        if group.name:
            break

    return []


_ROOT_NAMES = ("lstm", "gru", "rnn")
"""The names of a recurrent module that was saved by itself."""


def _root_name(piece: Piece) -> str:
    """Return a name for a recurrent module that was saved by itself: its class
    in PyTorch's words.
    """
    cell = piece.inner[0] if piece.inner else piece
    if cell.class_name == "SimpleRNN":
        return "rnn"
    if cell.class_name == "?":
        return "module"

    return cell.class_name.lower()


def _layer(
    sides: Mapping[str, Parts],
    kept: Mapping[str, Any],
) -> Piece:
    """Return a layer of a recurrent module, with both its directions; `kept`
    are the settings of the module.
    """
    if "forward" not in sides:
        alone = list(sides["backward"].values())
        return _unknown(alone, "is a backward direction without a forward one")

    directions = [
        _direction(sides[side], kept)
        for side in ("forward", "backward")
        if side in sides
    ]
    if len(directions) == 1:
        return directions[0]

    forward, backward = directions
    wrong = forward.why_not or backward.why_not
    alike = (forward.class_name, forward.returns) == (
        backward.class_name,
        backward.returns,
    )
    if wrong is not None or not alike:
        both = Piece(
            forward.class_name,
            forward.config,
            [*forward.arrays, *backward.arrays],
            written=forward.written,
        )
        both.why_not = wrong or "its two directions aren't of one kind"
        return both

    returns = 2 * (forward.returns or 0)

    return Piece(
        "Bidirectional",
        {},
        [],
        forward.reads,
        returns,
        "Bidirectional",
        [forward, backward],
        settled={**forward.settled, **_ALWAYS},
        likely=forward.likely,
    )


def _direction(parts: Parts, kept: Mapping[str, Any]) -> Piece:
    """Return one layer in one direction."""
    arrays = list(parts.values())
    kind, units = _kind(parts)
    if kind is None:
        return _unknown(arrays, "makes no LSTM, GRU or RNN")

    projected = parts.get("weight_hr")
    config: dict[str, Any] = {"units": units, "use_bias": len(parts) > 3}
    settled = dict(_ALWAYS)
    settled.pop("merge_mode")
    likely: dict[str, Any] = {"return_sequences": True}
    activation = rnn_activation(kept)
    if kind.gated:
        settled |= _SIGMOID
    elif activation in _ACTIVATIONS:
        settled["activation"] = activation
    else:
        likely["activation"] = "tanh"

    if kind.has_key(RESET_AFTER):
        config[RESET_AFTER] = True
        settled[RESET_AFTER] = True

    ordered = [
        parts[name] for names in _WHOLE[1:] for name in names if name in parts
    ]
    if projected is not None:
        ordered.append(projected)

    piece = Piece(
        kind.class_name,
        config,
        ordered,
        parts["weight_ih"].shape[1],
        units,
        kind.class_name,
        settled=settled,
        likely=likely,
    )
    if projected is not None:
        piece.returns = None
        piece.why_not = (
            f"it projects its {units} units to {_first(projected)} "
            "(proj_size, weight_hr), which no layer of Keras's does"
        )
    elif not kind.gated and activation not in (None, *_ACTIVATIONS):
        piece.why_not = f"its activation {clean(activation, 40)} isn't computed"

    return piece


def _kind(parts: Parts) -> tuple[CellKind | None, int]:
    """Return the kind of a layer and its units, as the shapes of its parameters
    say; None where they don't fit one another.
    """
    names = set(parts) - {"weight_hr"}
    if names not in [set(whole) for whole in _WHOLE]:
        return None, 0

    reads = parts["weight_ih"].shape
    recurrent = parts["weight_hh"].shape
    if len(reads) != 2 or len(recurrent) != 2:
        return None, 0

    units = recurrent[1]
    projection = parts.get("weight_hr")
    if projection is not None:
        projected = projection.shape
        if len(projected) != 2 or projected[0] != units:
            return None, 0

        units = projected[1]

    rows = reads[0]
    gates = 0
    if units:
        gates = rows // units

    biases = [parts[name].shape for name in names if name.startswith("bias")]
    rows_fit = gates * units == rows == recurrent[0]
    biases_fit = all(shape == (rows,) for shape in biases)
    is_lstm = gates == 4
    if not rows_fit or not biases_fit:
        return None, 0
    if projection is not None and not is_lstm:
        return None, 0

    return kind_with(gates), units


def _first(array: StoredArray) -> int:
    return array.shape[0]


# Other modules ----------------------------------------------------------------


def _other(group: StoredGroup, arrays: Sequence[StoredArray]) -> Piece:
    """Return the layer of a module that isn't recurrent, by its class where the
    file has it, else by its parameters.
    """
    by_name = {array.name: array for array in arrays}
    own = own_class(group)
    class_name = group.layer_name
    weight = by_name.get("weight")
    piece = None
    if weight is not None and set(by_name) <= {
        "weight",
        "bias",
        "running_mean",
        "running_var",
    }:
        piece = _with_weight(class_name, weight, by_name, group.settings)

    if piece is None:
        reason = "its parameters are those of no module that is computed"
        if own is not None:
            reason = (
                f"its class {own} is its author's own: what it computes isn't "
                "in the file"
            )
        elif class_name is not None:
            reason = f"{clean(class_name, 60)} isn't computed"

        piece = _unknown(arrays, reason, whole=True)
        piece.written = clean(class_name or "?", 60)

    piece.why_not = piece.why_not or why_other(group)
    piece.name = group.name or piece.class_name.lower()
    piece.guessed = class_name is None and piece.why_not is None

    return piece


def _with_weight(
    class_name: str | None,
    weight: StoredArray,
    by_name: Mapping[str, StoredArray],
    kept: Mapping[str, Any],
) -> Piece | None:
    """Return the layer of a weight and the arrays beside it, None for one
    that isn't known; `kept` are the settings of the module.
    """
    bias = by_name.get("bias")
    statistics = [by_name.get(name) for name in ("running_mean", "running_var")]
    shape = weight.shape
    rank = len(shape)
    arrays = [weight]
    bias_sides = shape[:1]
    if bias is not None:
        arrays = [weight, bias]
        bias_sides = bias.shape

    if rank == 1 and bias is not None and bias_sides == shape:
        return _normalisation(class_name, arrays, statistics, kept)
    if any(statistics) or len(bias_sides) > 1:
        return None

    if rank == 2 and class_name in (None, "Linear", "Embedding"):
        return _matrix(class_name, weight, bias, kept)

    fits = bias_sides == shape[:1]
    if rank == 3 and class_name in (None, "Conv1d") and fits:
        return _convolution(arrays, kept)

    return None


def _convolution(
    arrays: list[StoredArray],
    kept: Mapping[str, Any],
) -> Piece:
    """Return a Conv1d; each of its groups reads its share of the channels."""
    filters, channels, length = arrays[0].shape
    config = {
        "filters": filters,
        "kernel_size": [length],
        "use_bias": len(arrays) > 1,
    }
    settled, problem = convolution(kept, length)
    reads = channels * settled.get("groups", 1)

    return Piece(
        "Conv1D",
        config,
        arrays,
        reads,
        filters,
        "Conv1D",
        why_not=problem,
        settled=settled,
    )


def _normalisation(
    class_name: str | None,
    arrays: list[StoredArray],
    statistics: Sequence[StoredArray | None],
    kept: Mapping[str, Any],
) -> Piece | None:
    """Return a BatchNorm1d where there are statistics, else a LayerNorm."""
    width = arrays[0].shape[0]
    averages = [array for array in statistics if array is not None]
    if len(averages) == 2 and class_name in (None, "BatchNorm1d"):
        written = "BatchNormalization"
    elif not averages and class_name in (None, "LayerNorm"):
        written = "LayerNormalization"
    else:
        return None

    config = {"scale": True, "center": True}
    settled, problem = epsilon(kept)

    return Piece(
        written,
        config,
        [*arrays, *averages],
        width,
        width,
        written,
        why_not=problem,
        settled=settled,
        likely=_NORMALISED,
    )


def _matrix(
    class_name: str | None,
    weight: StoredArray,
    bias: StoredArray | None,
    kept: Mapping[str, Any],
) -> Piece | None:
    """Return a Linear, or an Embedding where the class says so; without a bias
    and a class it may be either until the layers around it are known.
    """
    returns, reads = weight.shape
    if class_name == "Embedding":
        table = _table(weight)
        table.why_not = table_problem(kept)
        return table

    if bias is not None and bias.shape != (returns,):
        return None

    config = {"units": returns, "use_bias": bias is not None}
    arrays = [array for array in (weight, bias) if array is not None]
    piece = Piece("Dense", config, arrays, reads, returns, "Dense")
    piece.open = ("table",) if class_name is None and bias is None else ()

    return piece


def _table(weight: StoredArray) -> Piece:
    """Return an Embedding; PyTorch's has no mask."""
    ids, features = weight.shape
    config = {"input_dim": ids, "output_dim": features}

    return Piece(
        "Embedding",
        config,
        [weight],
        None,
        features,
        "Embedding",
        settled={"mask_zero": False},
    )


def _settle_tables(found: list[list[Piece]]) -> None:
    """Take a matrix without bias for an Embedding where its name says so, or
    where the recurrent layer after it reads its rows and not its columns.
    """
    for place, (piece, *_) in enumerate(found):
        if piece.open != ("table",):
            continue

        piece.open = ()
        later = next(
            (one.reads for one, *_ in found[place + 1 :] if one.recurrent),
            None,
        )
        fits = later == piece.reads and later != piece.returns
        if "emb" in piece.name.lower() or fits:
            table = _table(piece.arrays[0])
            table.name = piece.name
            table.guessed = piece.guessed
            found[place] = [table]


def _unknown(
    arrays: Sequence[StoredArray],
    reason: str,
    whole: bool = False,
) -> Piece:
    """Return a layer that can only be listed."""
    shapes = ", ".join(
        f"{clean(array.name, 40)} {array.shape}" for array in arrays[:6]
    )
    why_not = f"{shapes} {reason}"
    if whole:
        why_not = reason

    return Piece("?", {}, list(arrays), written="?", why_not=why_not)
