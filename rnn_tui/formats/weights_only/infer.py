"""Weights without a configuration: layers told by names and shapes, chained on
assumptions that are all stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.registry import schema
from rnn_tui.errors import ConfigError, FileError
from rnn_tui.formats.architecture.assumed_classes import SUFFIX, chosen, take
from rnn_tui.formats.architecture.parse import input_layer
from rnn_tui.formats.data.description import FileDescription
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec, Own
from rnn_tui.formats.weights.attach import (
    Attached,
    Attachment,
    is_by_variable_names,
)
from rnn_tui.formats.weights.attach_by_path import tidy
from rnn_tui.formats.weights.classify import Piece
from rnn_tui.formats.weights_only.assumed_settings import by_layer, settle
from rnn_tui.formats.weights_only.order_layers import in_order
from rnn_tui.formats.weights_only.places import Place, places
from rnn_tui.formats.weights_only.recognise import told
from rnn_tui.formats.weights_only.widths import (
    hides,
    in_chains,
    merge_mode,
    returns_sequences,
    timesteps_told,
)
from rnn_tui.text import clean

MOST_NAMED = 12
MOST_LINES = 200
TF_KERAS = "2.15.0-tf"
"""The tf.keras whose rules hold for weights that name no version: all that
wrote this layout have the same.
"""
TF_1_KERAS = "2.1.6-tf"
"""The Keras in TensorFlow 1, whose defaults were those of Keras 2.1."""
LISTED = ("savedmodel", "tf-checkpoint")
"""Containers of programs that may have cells of their own: their arrays are
listed whether one is recurrent or not.
"""
HINT = (
    "give the configuration (--config) or change an assumption (--assume "
    "activation=relu)"
)

OF_MODULES = (
    "the file holds the parameters of PyTorch's modules, not the program that "
    "calls them: each LSTM, GRU and RNN is computed as PyTorch does it, the "
    "order of the modules and what happens between them are assumed"
)
HINT_OF_MODULES = (
    "change an assumption with --assume (return_sequences=false, "
    "rnn.activation=relu)"
)


def deduce(
    file: FileDescription,
    era: Era,
    assume: Mapping[str, str],
) -> tuple[GraphSpec, Attachment, list[str]]:
    """Return a model of the layers found, their arrays, the assumptions.

    Raises FileError when none is recurrent, ConfigError for a class (`--as`) of
    a layer whose class isn't its author's own.
    """
    found, several, unclear = _found(file, era)
    recurrent = any(piece.holds_a_cell for piece in found)
    if not recurrent and (not found or file.container not in LISTED):
        raise _no_recurrent_layer(file)

    if file.layout == "paths" or is_by_variable_names(file):
        found, several = _reordered(file, found, several)

    inputs = [piece for piece in found if piece.class_name == "InputLayer"]
    layers = [piece for piece in found if piece.class_name != "InputLayer"]
    as_classes = chosen(assume)
    settings = {
        key: value for key, value in assume.items() if not key.endswith(SUFFIX)
    }
    assume = by_layer(settings, layers)

    attached: Attachment = {}
    specs = {id(piece): _spec(piece, attached) for piece in layers}

    chains = in_chains(layers)
    own = [piece for piece in inputs if "/" not in piece.name]
    apart = len(own) > max(1, len(chains))
    if apart:
        chains = [[piece] for piece in layers]

    for chain in chains:
        _settle_chain(chain, specs, era, assume)

    lines = [
        *_about_file(file),
        *_about_wiring(chains, own, apart, several),
        _about_all(file, era),
    ]
    if unclear:
        lines.append(_about_unclear(unclear))

    lines += _about_layers([specs[id(piece)] for piece in layers])

    graph = linked(chains, specs)
    if as_classes or any(piece.own for piece in layers):
        for piece in layers:
            _note_own(piece, specs[id(piece)])

        take(graph, as_classes, era)

    return graph, attached, lines


def _no_recurrent_layer(file: FileDescription) -> FileError:
    """Return the error that says that no layer can be told, and why."""
    reason = ""
    if file.layout == "modules":
        from rnn_tui.formats.weights_only.hidden_weights import why_nothing

        reason = why_nothing(file)

    return FileError(
        f"{file.path}: the weights hold no recurrent layer that their "
        f"shapes could tell{reason}"
    )


def _reordered(
    file: FileDescription,
    found: list[Piece],
    several: bool,
) -> tuple[list[Piece], bool]:
    """Return the layers in the likeliest order, and whether another fits as
    well; those that are listed by their variables' names keep theirs where no
    order makes as few chains.
    """
    ordered, others_fit = in_order(found)
    by_names = is_by_variable_names(file)
    if by_names and len(in_chains(ordered)) > len(in_chains(found)):
        return found, several

    return ordered, others_fit


def _found(
    file: FileDescription,
    era: Era,
) -> tuple[list[Piece], bool, list[Place]]:
    """Return the layers that a file's arrays tell, whether their order could be
    another, and the places whose layers can't be told.
    """
    if file.layout == "modules":
        from rnn_tui.formats.weights_only.pytorch_modules import module_layers

        pieces, several = module_layers(file)
        _tell_apart(pieces)
        return pieces, several, []

    named = places(file)
    unclear = [place for place in named if _is_unclear(place)]

    return _pieces(named, unclear, era), False, unclear


def _pieces(
    named: Sequence[Place],
    unclear: Sequence[Place],
    era: Era,
) -> list[Piece]:
    """Return the layers at all places but the unclear ones, each with a name of
    its own.
    """
    left_out = {id(place) for place in unclear}
    found: list[Piece] = []
    for place in named:
        if id(place) not in left_out:
            found += told(place, era)

    _tell_apart(found)

    return found


def _settle_chain(
    chain: Sequence[Piece],
    specs: Mapping[int, LayerSpec],
    era: Era,
    assume: Mapping[str, str],
) -> None:
    """Write the settings of each layer of a chain, as the layers around it make
    them likely.
    """
    masked = False
    for number, piece in enumerate(chain):
        chosen: dict[str, Any] = {}
        if piece.recurrent and not era.modules:
            chosen = _chosen(piece, chain[number + 1 :], masked)

        settle(piece, specs[id(piece)], era, chosen, assume)
        masked = masked or _begins_a_mask(piece)


def _note_own(piece: Piece, spec: LayerSpec) -> None:
    """Note that the class of a recurrent module is its author's own: it isn't
    computed until the user says as what.
    """
    if piece.own is None or piece.why_not is not None:
        return

    reason = (
        f"its class {piece.own} is its author's own, and its code isn't in the "
        "file"
    )
    for side in spec.wraps or [spec]:
        side.written = piece.own
        side.own = [Own(piece.own, reason, framework="PyTorch")]
        side.why_not = reason


def _begins_a_mask(piece: Piece) -> bool:
    """Return whether a mask may begin at a layer."""
    declared = schema(piece.class_name)
    return declared is not None and declared.mask.begins


def era_of(file: FileDescription, era: Era, assume: Mapping[str, str]) -> Era:
    """Return the Keras that wrote the weights: as the file says, as the user
    says, or as their paths make likely.
    """
    wanted = assume.get("keras")
    if wanted not in (None, "2", "3"):
        raise ConfigError(
            f"keras is 2 (tf.keras from 2.12 on) or 3, not {clean(wanted, 20)}"
        )
    if file.keras_version is None and file.container == "tf-checkpoint":
        of_3 = wanted == "3" or (wanted is None and _by_keras_3(file))
        return Era.of("3" if of_3 else TF_KERAS)
    if file.keras_version is None and file.container == "savedmodel":
        if wanted is not None:
            return Era.of(TF_KERAS if wanted == "2" else "3")
        if file.facts.get("tensorflow", "").startswith("1."):
            return Era.of(TF_1_KERAS)
        if "objects" in file.facts:
            return Era.of(TF_KERAS)
    if file.keras_version is not None or file.layout != "paths":
        return era
    if wanted is not None:
        return Era.of(TF_KERAS if wanted == "2" else "3")
    if _by_tf_keras(file):
        return Era.of(TF_KERAS)

    return era


def _by_keras_3(file: FileDescription) -> bool:
    """Whether a checkpoint's objects are those of a model of Keras 3, which
    lists its layers as operations or by number.
    """
    own = ("_operations", "_functional")
    parts = {part for group in file.groups for part in group.name.split("/")}

    return any(mark in parts for mark in own)


def _by_tf_keras(file: FileDescription) -> bool:
    """Whether paths are as tf.keras alone wrote them: Keras 3 names its layers,
    or keeps a seed with each Dropout.
    """
    if any(group.layer_name for group in file.groups):
        return False

    names = [tidy(group.name) for group in file.groups]
    if any("seed_generator" in name for name in names):
        return False

    own = (
        "_layer_checkpoint_dependencies/",
        "/bidirectional/layer/",
        "/dropout",
    )

    return any(mark in f"/{name}/" for name in names for mark in own)


def _is_unclear(place: Place) -> bool:
    """Whether a place has no arrays and a name of its author's, which says
    nothing; some say it in passing.
    """
    if place.is_class or place.all_arrays() or place.parts:
        return False

    for word, class_name in (("input", "input_layer"), ("drop", "dropout")):
        if word in place.word.lower():
            place.word = class_name
            place.is_class = True
            return False

    return True


def _tell_apart(found: Sequence[Piece]) -> None:
    """Give layers that are called alike names of their own."""
    seen: set[str] = set()
    for number, piece in enumerate(found):
        if piece.name in seen:
            piece.name = f"{piece.name}#{number}"

        seen.add(piece.name)


def _spec(piece: Piece, attached: Attachment) -> LayerSpec:
    """Return the layer's entry in the model; its arrays go to `attached`."""
    spec = LayerSpec(
        piece.name,
        piece.class_name,
        dict(piece.config),
        piece.written or piece.class_name,
    )
    spec.why_not = piece.why_not
    if piece.called is not None and piece.called != piece.name:
        spec.notes.append(
            f"its name in the model is {clean(piece.called, 60)!r}"
        )

    sides: tuple[str, ...]
    if piece.class_name == "Bidirectional":
        sides = ("forward", "backward")
    else:
        sides = ("",)

    for side, inner in zip(sides, piece.inner, strict=False):
        inner.name = side or inner.name or "layer"
        spec.wraps.append(_spec(inner, attached))

    if not spec.wraps and piece.arrays:
        attached[id(spec)] = Attached(piece.arrays)

    return spec


def _chosen(
    piece: Piece,
    later: Sequence[Piece],
    masked: bool,
) -> dict[str, Any]:
    """Return the settings of a recurrent layer that the layers around it speak
    for.
    """
    found = {
        "return_sequences": returns_sequences(piece, later),
        "merge_mode": merge_mode(piece, later),
    }
    if masked:
        found["zero_output_for_mask"] = False

    return found


def linked(
    chains: Sequence[Sequence[Piece]],
    specs: Mapping[int, LayerSpec],
) -> GraphSpec:
    """Return the graph of the chains, each with its input."""
    nodes: list[Node] = []
    inputs: list[LayerSpec] = []
    outputs: list[Ref] = []
    taken = {piece.name for chain in chains for piece in chain}

    for chain in chains:
        name = f"{chain[0].name}_input"
        while name in taken:
            name += "_"

        taken.add(name)
        inputs.append(input_layer(name, _input_shape(chain)))

        before = Ref(name)
        for piece in chain:
            nodes.append(Node(piece.name, 0, (before,)))
            before = Ref(piece.name)

        outputs.append(before)

    layers = [specs[id(piece)] for chain in chains for piece in chain]
    refs = [Ref(layer.name) for layer in inputs]
    hidden = frozenset(ref.layer for ref in refs)

    return GraphSpec(
        "weights",
        "weights only",
        [*inputs, *layers],
        nodes,
        refs,
        outputs,
        hidden,
    )


def _input_shape(chain: Sequence[Piece]) -> list[int | None] | None:
    """Return the shape a chain reads, None where its layers don't tell."""
    for piece in chain:
        if piece.class_name == "Embedding":
            return [None, timesteps_told(chain)]

        if piece.reads is not None:
            shape: list[int | None] = [*[None] * piece.axes, piece.reads]
            shape[1] = timesteps_told(chain)
            return shape

        if hides(piece):
            return None

    return None


def _about_file(file: FileDescription) -> list[str]:
    """Return the settings missing in the file, and the way to give them."""
    if file.layout == "modules":
        return [OF_MODULES, HINT_OF_MODULES]

    return [
        (
            "the file holds weights only: the layers are told by names and "
            "shapes, their order and settings are assumed"
        ),
        HINT,
    ]


def _about_wiring(
    chains: Sequence[Sequence[Piece]],
    inputs: Sequence[Piece],
    apart: bool,
    several: bool,
) -> list[str]:
    """Return how the layers are taken to be connected."""
    if apart:
        names = ", ".join(
            clean(piece.called or piece.name, 40)
            for piece in inputs[:MOST_NAMED]
        )
        return [
            f"the file names {len(inputs)} inputs ({names}), and how they and "
            "the layers are connected isn't in it: each layer runs on its "
            "own, the model doesn't"
        ]

    named = [chain[:MOST_NAMED] for chain in chains[:MOST_NAMED]]
    rows = [
        " → ".join(clean(piece.name, 40) for piece in chain) for chain in named
    ]
    line = (
        "assumed: each layer reads the one before it and nothing else, "
        f"{'; '.join(rows)}"
    )
    layers = sum(map(len, chains))
    more = layers - sum(map(len, named))
    if more:
        line += f" and {more} more"

    lines = [line]
    if several:
        lines.append(
            "the file doesn't list its layers in the order of their calls, and "
            "more than one order fits their widths: that order is assumed"
        )

    if len(chains) > 1:
        lines.append(
            f"the widths make {len(chains)} chains: that each has an input of "
            "its own is assumed"
        )

    return lines


def _about_all(file: FileDescription, era: Era) -> str:
    """Return the assumptions about the model as a whole."""
    if file.layout == "modules":
        return "assumed: float32, states start at zero"

    named = any(group.layer_name for group in file.groups)
    # in a checkpoint a name is that of a variable, whatever program gave it
    known = file.keras_version is not None or (
        named and file.container != "tf-checkpoint"
    )
    if known:
        written = ""
    else:
        written = (
            f", written by Keras {era.generation} (keras {era.generation})"
        )

    return (
        "assumed: float32, time after the batch (time_major false), states "
        f"start at zero{written}"
    )


def _about_layers(specs: Sequence[LayerSpec]) -> list[str]:
    """Return a line for each layer of which something is assumed."""
    lines = [
        f"layer {spec.name!r}: {note}"
        for spec in specs
        for note in spec.notes
        if note.startswith("assumed: ")
    ]
    more = len(lines) - MOST_LINES
    if more <= 0:
        return lines

    return [
        *lines[:MOST_LINES],
        f"and as much is assumed of {more:,} more layers: see their notes",
    ]


def _about_unclear(unclear: Sequence[Place]) -> str:
    """Return the names of layers without arrays that say nothing."""
    names = ", ".join(clean(place.name, 40) for place in unclear[:MOST_NAMED])
    if len(unclear) > MOST_NAMED:
        more = f" and {len(unclear) - MOST_NAMED} more"
    else:
        more = ""

    return (
        f"assumed: {names}{more}, which the file names without arrays, are "
        "inputs or change nothing (dropout)"
    )
