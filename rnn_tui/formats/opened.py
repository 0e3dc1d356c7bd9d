"""An opened file and the model that was built from it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.describe.entries import CellEntry, LayerInfo
from rnn_tui.engine.memory.budget import MEMORY
from rnn_tui.engine.model import Model
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.assumed_classes import NOT_RUN, as_assumptions
from rnn_tui.formats.build.build import build
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.data.description import FileDescription
from rnn_tui.formats.data.spec import Config
from rnn_tui.formats.weights.missing import Readable
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.weights_only.own_layers import OwnLayer


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A file and its model. `warnings` are one clean line each."""

    file: FileDescription
    model: Model
    warnings: tuple[str, ...] = ()
    config: Config | None = None
    """The configuration that came from elsewhere, None when it is the file's
    own or there is none.
    """
    assumed: Mapping[str, str] = field(default_factory=dict)
    """The user's assumptions: see `assuming`."""
    assumptions: tuple[str, ...] = ()
    """Those of the warnings on which every number rests: they go with each
    trace.
    """
    own: tuple[OwnLayer, ...] = ()
    """The layers of custom classes, and the class as which each is computed."""
    deduced: bool = False
    """Whether the layers were told by their arrays, as no structure is in the
    file.
    """
    max_memory: int | None = None
    """Bytes a run may hold where the reading had a limit of its own; None
    leaves it to the run.
    """
    readable: Readable | None = None
    """How many of the model's parameters could be read, and of how many."""

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layer table."""
        return self.model.layers

    @property
    def cells(self) -> tuple[CellEntry, ...]:
        """Every recurrent cell."""
        return self.model.cells

    @property
    def lacks(self) -> bool:
        """Whether a part of the model couldn't be read: the warnings say
        which.
        """
        return self.readable is not None and not self.readable.whole

    @cached_property
    def hard_sigmoid(self) -> int | None:
        """Which generation's hard_sigmoid is in force (2 or 3), None when no
        layer uses one.
        """
        notes = [
            note
            for layer in self.layers
            for note in layer.notes
            if note.startswith("hard_sigmoid as Keras")
        ]
        if notes:
            if "Keras 3" in notes[0]:
                return 3

            return 2

        return None

    def assuming(self, **assume: str) -> OpenedModel:
        """Return the same file as another model.

        Where the file holds weights only: the settings of every recurrent layer
        (`activation`) or of one layer (`dense.activation`), all in
        `assumable.py`. In any file: `hard_sigmoid` ("2" or "3"), and
        `LAYER.class` ("LSTM") where a layer's class is somebody's own.
        """
        return _built(
            self.file,
            self.config,
            {**self.assumed, **assume},
            self.max_memory,
        )

    def changed(self, model: Model, words: Sequence[str]) -> OpenedModel:
        """Return the same file with another `model` of it, with changes that
        `words` says: they go with each trace.
        """
        assumptions = (*self.assumptions, *words)
        return replace(self, model=model, assumptions=assumptions)

    def noting(
        self,
        report: Callable[[Sequence[Exception]], str],
    ) -> OpenedModel:
        """Let `report` write down internal errors of the layer table; list
        their layers with its words.
        """
        faults = [
            layer.fault for layer in self.layers if layer.fault is not None
        ]
        if faults:
            words = report(faults)
            self.model.layers = tuple(
                layer if layer.fault is None else layer._replace(why_not=words)
                for layer in self.layers
            )

        return self

    def run(
        self,
        x: Any,
        *,
        unasked: bool = False,
        warn: Callable[[str], object] | None = None,
        **options: Any,
    ) -> ModelTrace:
        """Run the model on `x`: see Model.run.

        An `x` that the file asked for, not the user, gets the least memory.

        `warn` is called with each of the trace's `warnings`; without it they
        are Python's warnings.
        """
        memory = self.max_memory or (MEMORY if unasked else None)
        trace = self.model.run(x, **{"max_memory": memory, **options})
        for line in trace.warnings:
            if warn is None:
                warnings.warn(line, stacklevel=2)
            else:
                warn(line)

        if not self.assumptions:
            return trace

        return replace(trace, warnings=(*self.assumptions, *trace.warnings))

    def __repr__(self) -> str:
        lines = [
            (
                f"<{self.model.class_name} {self.model.name!r}, "
                f"{self.model.parameters:,} parameters"
            )
        ]
        lines += [
            (
                f"  {'  ' * i.depth}{i.path}  {i.class_name}  "
                f"{i.output_shape}  {i.parameters:,}"
            )
            for i in self.layers
        ]
        return "\n".join(lines) + ">"


def open_model(
    path: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    assume: Mapping[str, str] | None = None,
    as_: Mapping[str, str] | None = None,
    pending: PendingRead | None = None,
) -> OpenedModel:
    """Open a Keras model file and build its model; weights are read when first
    needed.

    `config` is a .json or .yaml or another model file, for a file that holds
    weights only; one beside the file with its name is found without. `assume`
    sets the settings that are in no file: see OpenedModel.assuming. `as_`
    computes layers of custom classes as Keras's, by their paths: {"lstm_1":
    "LSTM"}; without, none is run. `pending` is the file's reading when it has
    been started already.

    Raises FileError (not a model, damaged, hostile) and ConfigError (its parts
    don't fit together).
    """
    assume = {**(assume or {}), **as_assumptions(as_ or {})}
    file = (pending or start_reading(path)).result()
    limits = None
    memory = None
    if pending is not None:
        limits = pending.limits
        if limits.memory != Limits().memory:
            memory = limits.memory

    if config is None:
        if file.container == "keras-folder" and os.path.isfile(path):
            return _beside(file, assume, memory)
        if file.config is not None or file.layout == "modules":
            return _built(file, None, assume, memory)

    from rnn_tui.formats.client.external_config import beside, load_config

    place: str | None
    if config is not None:
        place = os.fspath(config)
    else:
        place = beside(_weights_path(file, os.fspath(path)))

    loaded = None
    if place is not None:
        loaded = load_config(os.path.expanduser(place), limits)

    opened = _built(file, loaded, assume, memory)
    if config is None and place is not None:
        line = (
            f"the configuration is that of {clean(os.path.basename(place))} "
            "beside the file"
        )
        return replace(opened, warnings=(*opened.warnings, line))

    return opened


def _weights_path(file: FileDescription, path: str) -> str:
    """Return the path after which a configuration beside the weights is named:
    of a checkpoint its index, whatever the user named.
    """
    if file.container != "tf-checkpoint":
        return path

    if os.path.isdir(path):
        folder = path
    else:
        folder = os.path.dirname(path)

    index = file.facts["files"].partition(", ")[0]

    return os.path.join(folder, index)


def _built(
    file: FileDescription,
    config: Config | None,
    assume: Mapping[str, str],
    memory: int | None,
) -> OpenedModel:
    found = build(file, config, assume)
    kept = {key: value for key, value in assume.items() if value != NOT_RUN}
    return OpenedModel(
        file,
        found.model,
        (*file.warnings, *found.warnings),
        config,
        kept,
        found.assumptions,
        found.own,
        found.deduced,
        memory,
        found.readable,
    )


def _beside(
    file: FileDescription,
    assume: Mapping[str, str],
    memory: int | None,
) -> OpenedModel:
    """Return the model of weights that were opened with the config.json beside
    them, where the two fit together.
    """
    try:
        misfits = build(file, None, assume).misfits
    except ConfigError as error:
        misfits = (str(error),)

    if not misfits:
        line = (
            "the configuration is that of config.json beside the file, as an "
            "unpacked .keras archive has it"
        )
        return _built(
            file._replace(warnings=(*file.warnings, line)),
            None,
            assume,
            memory,
        )

    line = (
        "the config.json beside the file isn't of this model and is left "
        f"aside: {misfits[0]}"
    )
    alone = file._replace(
        container="weights-h5",
        config=None,
        warnings=(*file.warnings, line),
    )

    return _built(alone, None, assume, memory)
