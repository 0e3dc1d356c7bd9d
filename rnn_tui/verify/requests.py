"""The requests that the Keras process understands: load the file, load the
weights into a configuration, or rebuild the model from a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.errors import VerifyError
from rnn_tui.formats.client.shards import SHARD
from rnn_tui.formats.data.description import StoredWords
from rnn_tui.formats.data.spec import Era
from rnn_tui.formats.weights.convert import backend_of
from rnn_tui.text import clean
from rnn_tui.verify.era_defaults import with_era_defaults
from rnn_tui.verify.plan import Plan, plan_of
from rnn_tui.verify.safety import objection

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel

INSTALL = "pip install 'rnn-tui[tensorflow]'"
INDEX = ".weights.json"
"""The end of the name of an index of sharded weights."""
Flavour = Literal["keras", "tf_keras"]


@dataclass(frozen=True, eq=False)
class Request:
    """One request to the Keras process; `question` is the part that the child
    reads.
    """

    question: Mapping[str, Any]
    links: Mapping[str, Path] = field(default_factory=dict)
    """The files by the names under which Keras looks for them; the model's is
    first.
    """
    rebuilt: str | None = None
    """The reason why the model is rebuilt; None where Keras opens the user's
    file.
    """
    notes: tuple[str, ...] = ()
    """Remarks for the user."""
    plan: Plan = field(default_factory=Plan)


def era_of(opened: OpenedModel) -> Era:
    """Return the era of a model: its file's, or that of a separate
    configuration where the file names no version.
    """
    version = opened.file.keras_version
    if not version and opened.config is not None:
        stated = opened.config.get("keras_version")
        version = None
        if stated:
            version = str(stated)

    return Era.of(version or None, backend_of(opened.file))


def choose(opened: OpenedModel) -> Flavour:
    """Return which Keras computes as the one that wrote the file; raise
    VerifyError when it isn't installed.
    """
    flavour: Flavour
    if era_of(opened).generation >= 3:
        flavour = "keras"
    else:
        flavour = "tf_keras"

    missing = [
        name for name in ("tensorflow", flavour) if find_spec(name) is None
    ]
    if missing:
        raise VerifyError(
            f"{' and '.join(missing)} not installed; to compare with Keras: "
            f"{INSTALL}"
        )

    return flavour


def rebuild_request(
    opened: OpenedModel,
    trace: ModelTrace,
    reason: str,
) -> Request:
    """Return the request to rebuild the model as far as `trace` goes.

    Raises VerifyError where that can't be done.
    """
    plan = plan_of(opened.model.graph, trace.layers)
    if not plan.names:
        raise VerifyError(
            "the model has no layer that Keras could be asked about"
        )

    notes: tuple[str, ...] = ()
    if plan.left_out:
        notes = (_left_out_note(plan.left_out),)

    outputs = [place for place, _ in plan.graph["outputs"]]
    question = {"way": "plan", "plan": plan.graph, "outputs": outputs}

    return Request(question, {}, reason, notes, plan)


def _left_out_note(layers: list[str]) -> str:
    names = ", ".join(clean(layer, 60) for layer in layers)
    return f"fed the token ids: {names} is left out of what is rebuilt"


def why_rebuilt(opened: OpenedModel, trace: ModelTrace) -> str | None:
    """Return why Keras isn't given the file or its configuration, None when it
    is.
    """
    config = _config(opened)
    era = era_of(opened)
    layers = list(_layers(opened.model.graph))

    if config is None:
        return (
            "the file holds weights only: it is what was assumed of them that "
            "is compared"
        )

    if era.generation == 1:
        version = clean(opened.file.keras_version or "1", 20)
        return (
            f"Keras {version} wrote this file, and no released Keras opens it "
            "any more"
        )

    if opened.file.container == "savedmodel":
        return (
            "a SavedModel holds functions beside its layers, and TensorFlow "
            "would run them"
        )
    if opened.file.container == "tf-checkpoint":
        return "the weights are in a TensorFlow checkpoint"
    if opened.file.container == "tfjs":
        return "the weights are in TensorFlow.js's files"

    if "hard_sigmoid" in opened.assumed:
        return "its hard_sigmoid is assumed to be that of another Keras"

    if any(_reverses_states(layer) for layer in layers):
        return (
            "Keras before 2.2.3 lists the states of stacked cells from the "
            "last cell to the first"
        )

    has_mask = any(layer.mask is not None for layer in trace.layers.values())
    if has_mask and any(layer.config.get("mask_ends") for layer in layers):
        return (
            "Keras 3.0 to 3.3 lost masks where tensors meet; this Keras doesn't"
        )

    unsafe = objection(config, era.generation)
    if unsafe is not None:
        return f"Keras isn't given what this file names: {unsafe}"

    return None


def _layers(graph: Graph) -> Iterator[Layer]:
    """Yield every layer of a model, those of its nested models included."""
    for layer in graph.layers.values():
        yield layer
        if layer.nested is not None:
            yield from _layers(layer.nested)


def _reverses_states(layer: Layer) -> bool:
    if not isinstance(layer, Recurrent) or not layer.stacked:
        return False

    return bool(layer.config.get("reverse_state_order"))


def _config(opened: OpenedModel) -> Mapping[str, Any] | None:
    if opened.config is not None:
        return opened.config

    return opened.file.config


def load_request(opened: OpenedModel, path: Path) -> Request:
    """Return the request to load the weights with Keras itself: with the whole
    file, or into a configuration.
    """
    era = era_of(opened)
    config = _config(opened)
    complete, added = with_era_defaults(config, era)
    keeps_masked = not era.zeroes_masked_directions

    if opened.config is None and complete == config:
        if opened.file.container == "keras-zip":
            name = "model.keras"
        else:
            name = "model.h5"

        question = {"way": "file", "masked_outputs_kept": keeps_masked}
        return Request(question, {name: path})

    if _has_stored_vocabulary(complete):
        raise VerifyError(
            "a vocabulary within the configuration goes to Keras with its own "
            "file only"
        )

    structure = {
        key: value for key, value in complete.items() if key != "compile_config"
    }
    question = {
        "way": "weights",
        "config": structure,
        "masked_outputs_kept": keeps_masked,
    }

    notes: tuple[str, ...] = ()
    if added:
        notes = (f"told Keras what the file leaves out: {', '.join(added)}",)

    return Request(question, _links(opened, path), None, notes)


def _links(opened: OpenedModel, path: Path) -> dict[str, Path]:
    """Return the names under which Keras finds the file, its own first, and its
    shards.
    """
    if opened.file.container == "keras-zip":
        return {"model.keras": path}

    if path.name.endswith(INDEX):
        shards = _shards_of(path)
        return {path.name: path, **{shard.name: shard for shard in shards}}

    if opened.file.layout == "paths":
        return {"model.weights.h5": path}

    return {"model.h5": path}


def _shards_of(index: Path) -> list[Path]:
    """Return the shards beside an index of sharded weights."""
    stem = index.name.removesuffix(INDEX)
    neighbours = sorted(index.parent.iterdir())

    return [
        file
        for file in neighbours
        if file.name.startswith(f"{stem}_") and SHARD.fullmatch(file.name)
    ]


def _has_stored_vocabulary(config: Any) -> bool:
    """Whether a configuration holds a vocabulary that Keras can read from its
    own file only.
    """
    if isinstance(config, StoredWords):
        return True

    if isinstance(config, Mapping):
        parts = list(config.values())
    elif isinstance(config, list):
        parts = config
    else:
        return False

    return any(_has_stored_vocabulary(part) for part in parts)
