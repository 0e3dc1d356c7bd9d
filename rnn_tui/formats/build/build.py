"""A file's description as a model: built layer by layer from the configuration,
the arrays and the rules of the era.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.engine.memory.work_budget import bounded, steps_for
from rnn_tui.engine.model import Model
from rnn_tui.errors import (
    ConfigError,
    FileError,
    TooMuchWorkError,
)
from rnn_tui.formats.architecture.assumed_classes import chosen, take
from rnn_tui.formats.architecture.parse import (
    is_own_without_structure,
    parse_model,
)
from rnn_tui.formats.build.builder import Builder
from rnn_tui.formats.build.notes import Notes
from rnn_tui.formats.build.sequence_lengths import other_lengths
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.data.spec import (
    Config,
    Era,
    GraphSpec,
    LayerSpec,
    class_of,
    named,
    own_name,
)
from rnn_tui.formats.weights.array_store import Store
from rnn_tui.formats.weights.attach import Attachment, attach
from rnn_tui.formats.weights.convert import backend_of
from rnn_tui.formats.weights.missing import Readable, lacking
from rnn_tui.formats.weights.unused import unclaimed
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.weights.attach_by_path import Found
    from rnn_tui.formats.weights_only.own_layers import OwnLayer


class Built(NamedTuple):
    """A model built from a file.

    `assumptions` are those of the warnings without which nothing would be
    computed; `own` are the layers of custom classes; `deduced` says that the
    layers were told by their arrays, as the file has no structure; `misfits`
    say where the file's arrays and the configuration don't agree; `readable` is
    how many parameters could be read.
    """

    model: Model
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    own: tuple[OwnLayer, ...]
    deduced: bool
    misfits: tuple[str, ...]
    readable: Readable


def build(
    file: FileDescription,
    config: Config | None = None,
    assume: Mapping[str, str] | None = None,
) -> Built:
    """Return the model of a file; `config` is the configuration where the file
    holds weights only.

    `assume` sets the settings that the file lacks, `hard_sigmoid` (2 or 3)
    against the file's own, and by `LAYER.class` the class as which a custom one
    is computed. Raises ConfigError when its parts don't make a model, FileError
    when its weights tell none.
    """
    try:
        with bounded(steps_for(file.config_bytes)):
            return _built(file, config, assume)
    except TooMuchWorkError as error:
        raise TooMuchWorkError(f"{file.path}: {error}") from None


def _built(
    file: FileDescription,
    config: Config | None,
    assume: Mapping[str, str] | None,
) -> Built:
    assume = assume or {}
    era = _era(file, config)
    if era.modules and config is not None:
        raise ConfigError(
            f"{file.path}: --config: a file of PyTorch's holds no layers of "
            "Keras's; it is opened without a configuration"
        )

    structure = _structure(file, config)
    assumptions: list[str] = []
    warnings: list[str] = []
    if structure is None:
        from rnn_tui.formats.weights_only.infer import era_of

        era = era_of(file, era, assume)
        spec, attached, assumptions = _deduced(file, era, assume)
    else:
        spec = parse_model(structure, era)
        take(spec, chosen(assume), era)
        attached = attach(spec, file, era, _list_inside)
        warnings = unclaimed(file, spec, attached)

    notes = Notes(warnings)
    builder = Builder(
        era,
        Store(file),
        attached,
        spec,
        file,
        notes,
        _hard_sigmoid(assume),
    )
    graph = builder.graph(spec)
    lengths = other_lengths(era, spec)
    model = Model(spec.name, spec.class_name, graph, other_lengths=lengths)

    own = tuple(dict.fromkeys(notes.own))
    assumptions += notes.assumptions
    assumptions += [layer.warning for layer in own if layer.taken is not None]
    lacks = lacking(file, spec, attached, era, graph, model.parameters)

    return Built(
        model,
        (*assumptions, *notes.warnings, *lacks.warnings),
        tuple(assumptions),
        own,
        structure is None,
        tuple(notes.misfits),
        lacks.readable,
    )


def _structure(file: FileDescription, config: Config | None) -> Config | None:
    """Return the configuration given, or the file's own; None where neither
    describes layers.
    """
    if config is not None:
        return config

    structure = file.config
    # the configuration of a custom class of model describes no layers
    if structure is not None and is_own_without_structure(structure):
        return None

    return structure


def _era(file: FileDescription, config: Config | None) -> Era:
    """Return the era of a file; a configuration from elsewhere may state it
    where the file doesn't.
    """
    version = file.keras_version
    if not version and config is not None:
        stated = config.get("keras_version")
        version = None
        if stated:
            version = str(stated)

    era = Era.of(version or None, backend_of(file))
    if file.layout == "modules":
        return era._replace(modules=True)

    return era


def _list_inside(
    spec: LayerSpec,
    place: str,
    groups: Sequence[StoredGroup],
    file: FileDescription,
    era: Era,
) -> tuple[list[StoredArray], Found]:
    # few models have a custom model inside
    from rnn_tui.formats.weights_only.own_models import list_inside

    return list_inside(spec, place, groups, file, era)


def _deduced(
    file: FileDescription,
    era: Era,
    assume: Mapping[str, str],
) -> tuple[GraphSpec, Attachment, list[str]]:
    """Return a model of the layers that the arrays tell, for weights alone and
    for a custom class of model.
    """
    from rnn_tui.formats.weights_only.infer import deduce

    if chosen(assume) and not era.modules:
        raise ConfigError(
            "--as names a layer of a custom class; the layers of this file are "
            "told by their arrays"
        )
    if file.config is None:
        return deduce(file, era, assume)

    from rnn_tui.formats.weights_only.tracked_layers import (
        as_listed,
        tracked_layers,
    )

    if tracked_layers(file.config):
        return as_listed(file, file.config, era)

    class_name = own_name(class_of(file.config))
    missing = (
        f"the model is of its author's own class {clean(class_name, 80)}: its "
        "structure is not in the file"
    )
    try:
        spec, attached, lines = deduce(file, era, assume)
    except FileError as error:
        reason = str(error).rpartition(": ")[2]
        raise ConfigError(f"{missing}, and {reason}") from error

    inside = file.config.get("config")
    name = None
    if isinstance(inside, Mapping):
        name = inside.get("name")

    spec.name = named(name, class_name.lower())
    spec.class_name = class_name
    first = (
        f"{missing}; the layers are told by the shapes of their arrays, their "
        "order and settings are assumed"
    )
    others = [line for line in lines if "weights only" not in line]

    return spec, attached, [first, *others]


def _hard_sigmoid(assume: Mapping[str, str]) -> int | None:
    wanted = str(assume.get("hard_sigmoid", "")) or None
    if wanted not in (None, "2", "3"):
        raise ConfigError(
            "hard_sigmoid is 2 (as Keras 2 defines it) or 3, not "
            f"{clean(wanted, 20)}"
        )
    if wanted:
        return int(wanted)

    return None
