"""In which ways Keras can be asked for a model's numbers: by its file, by its
configuration and weights, by a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.wrappers import NestedModel
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.errors import VerifyError
from rnn_tui.formats.client.shards import SHARD
from rnn_tui.formats.data.description import StoredWords
from rnn_tui.formats.data.spec import Era
from rnn_tui.formats.weights.convert import backend_of
from rnn_tui.text import clean
from rnn_tui.verify.plan import Plan, plan_of
from rnn_tui.verify.safety import objection
from rnn_tui.verify.settled import settled

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel

INSTALL = "pip install 'rnn-tui[tensorflow]'"
INDEX = ".weights.json"
"""How the name of an index of sharded weights ends."""
Flavour = Literal["keras", "tf_keras"]


@dataclass(frozen=True, eq=False)
class Way:
    """One way to ask: `question` is what the child reads.

    `rebuilt` says why the model is rebuilt, None where Keras opens what the user
    opened. `notes` are worth knowing.
    """

    question: Mapping[str, Any]
    links: Mapping[str, Path] = field(default_factory=dict)
    """The names that the files get where Keras looks for them; the first is the
    model's.
    """
    rebuilt: str | None = None
    notes: tuple[str, ...] = ()
    plan: Plan = field(default_factory=Plan)


def era_of(opened: OpenedModel) -> Era:
    """Return the era of a model: its file's, or that of a configuration from elsewhere
    where the file says nothing.
    """
    stated = None
    if opened.config is not None:
        stated = opened.config.get("keras_version")

    version = opened.file.keras_version or (str(stated) if stated else None)

    return Era.of(version, backend_of(opened.file))


def choose(opened: OpenedModel) -> Flavour:
    """Return which Keras computes as the one that wrote the file; raise VerifyError
    when it isn't installed.
    """
    flavour: Flavour
    if era_of(opened).generation >= 3:
        flavour = "keras"
    else:
        flavour = "tf_keras"

    missing = [name for name in ("tensorflow", flavour) if find_spec(name) is None]
    if missing:
        raise VerifyError(
            f"{' and '.join(missing)} not installed; to compare with Keras: {INSTALL}"
        )

    return flavour


def by_plan(opened: OpenedModel, trace: ModelTrace, reason: str) -> Way:
    """Return the way that rebuilds the model as far as `trace` goes.

    Raises VerifyError where that can't be done.
    """
    plan = plan_of(opened.model.graph, trace.layers)
    if not plan.names:
        raise VerifyError("the model has no layer that Keras could be asked about")

    if plan.left_out:
        notes = [_without(plan.left_out)]
    else:
        notes = []

    outputs = [place for place, _ in plan.graph["outputs"]]
    question = {"way": "plan", "plan": plan.graph, "outputs": outputs}

    return Way(question, {}, reason, tuple(notes), plan)


def _without(layers: list[str]) -> str:
    return (
        f"fed the token ids: {', '.join(clean(layer, 60) for layer in layers)} is "
        "left out of what is rebuilt"
    )


def why_rebuilt(opened: OpenedModel, trace: ModelTrace) -> str | None:
    """Return why Keras isn't given the file or its configuration, None when it is."""
    config = _config(opened)
    era = era_of(opened)
    if config is None:
        return (
            "the file holds weights only: it is what was assumed of them that is "
            "compared"
        )

    if era.generation == 1:
        version = opened.file.keras_version or "1"
        return (
            f"Keras {clean(version, 20)} wrote this file, and no released Keras opens "
            "it any more"
        )

    if opened.file.container == "savedmodel":
        return (
            "a SavedModel holds functions beside its layers, and TensorFlow would run "
            "them"
        )
    if opened.file.container == "tf-checkpoint":
        return "the weights are in a TensorFlow checkpoint"

    if "hard_sigmoid" in opened.assumed:
        return "its hard_sigmoid is assumed to be that of another Keras"
    if any(
        layer.config.get("reverse_state_order")
        for layer in _layers(opened.model.graph)
        if _is_stacked(layer)
    ):
        return (
            "Keras before 2.2.3 lists the states of stacked cells from the last cell "
            "to the first"
        )

    masked = any(layer.mask is not None for layer in trace.layers.values())
    if masked and any(
        layer.config.get("mask_ends") for layer in _layers(opened.model.graph)
    ):
        return "Keras 3.0 to 3.3 lost masks where tensors meet; this Keras doesn't"

    what = objection(config, era.generation)
    if what is not None:
        return f"Keras isn't given what this file names: {what}"

    return None


def _layers(graph: Graph) -> Iterator[Layer]:
    """Yield every layer of a model, those of its nested models included."""
    for layer in graph.layers.values():
        yield layer
        if isinstance(layer, NestedModel) and layer.graph is not None:
            yield from _layers(layer.graph)


def _is_stacked(layer: Layer) -> bool:
    return isinstance(layer, Recurrent) and layer.stacked


def _config(opened: OpenedModel) -> Mapping[str, Any] | None:
    if opened.config is not None:
        return opened.config

    return opened.file.config


def by_itself(opened: OpenedModel, path: Path) -> Way:
    """Return the way in which Keras reads the weights itself: the whole file, or the
    weights for a configuration.
    """
    config = _config(opened)
    era = era_of(opened)
    file = opened.file
    whole, added = settled(config, era)
    kept = not era.zeroes_masked_directions
    if opened.config is None and whole == config:
        if file.container == "keras-zip":
            name = "model.keras"
        else:
            name = "model.h5"

        return Way({"way": "file", "masked_outputs_kept": kept}, {name: path})

    if _holds_words(whole):
        raise VerifyError(
            "a vocabulary within the configuration goes to Keras with its own file only"
        )

    note = f"told Keras what the file leaves out: {', '.join(added)}"
    structure = {key: value for key, value in whole.items() if key != "compile_config"}
    question = {"way": "weights", "config": structure, "masked_outputs_kept": kept}

    return Way(question, _links(opened, path), None, (note,) if added else ())


def _links(opened: OpenedModel, path: Path) -> dict[str, Path]:
    """Return the names under which Keras finds the file, its own first, and its shards
    as they are laid out.
    """
    if opened.file.container == "keras-zip":
        return {"model.keras": path}

    if path.name.endswith(INDEX):
        stem = path.name.removesuffix(INDEX)
        beside = sorted(path.parent.iterdir())
        shards = [
            one
            for one in beside
            if one.name.startswith(f"{stem}_") and SHARD.fullmatch(one.name)
        ]
        return {path.name: path, **{shard.name: shard for shard in shards}}

    return {"model.weights.h5" if opened.file.layout == "paths" else "model.h5": path}


def _holds_words(config: Any) -> bool:
    """Whether a configuration holds a vocabulary of its own, which only its file can
    bring to Keras.
    """
    if isinstance(config, StoredWords):
        return True
    if isinstance(config, Mapping):
        return any(_holds_words(value) for value in config.values())

    return isinstance(config, list) and any(_holds_words(value) for value in config)
