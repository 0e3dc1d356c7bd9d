"""Layers of a custom class: shown with their gates and never run, or checked
against the class the user names.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from rnn_tui.engine.cells.kinds import (
    added_class,
    in_words,
    is_recurrent,
    kind_for,
    with_article,
)
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.recurrent.factory import Recurrent, recurrent_layer
from rnn_tui.errors import RnnTuiError
from rnn_tui.formats.architecture.key_checks import problem_in
from rnn_tui.formats.data.description import StoredArray
from rnn_tui.formats.data.spec import Config, Era, LayerSpec, Own
from rnn_tui.formats.weights.classify import pieces
from rnn_tui.text import clean


class OwnLayer(NamedTuple):
    """A layer whose class, or whose cells' class, is a custom one.

    `path` is its name for `--as`; `fits` are the classes of Keras's that its
    arrays make, `taken` the one it is computed as, None while it isn't
    computed.
    """

    path: str
    written: str
    fits: tuple[str, ...]
    taken: str | None = None
    framework: str = "Keras"
    """The framework whose classes these are."""

    @property
    def warning(self) -> str:
        """The assumption, shown beside every number that follows from it."""
        taken = in_words(str(self.taken), self.framework)
        return (
            f"layer {self.path!r} is computed as {taken}, as was "
            f"asked (--as): its class {self.written} is a custom one, and "
            f"a difference of its code from {self.framework}'s is not in the "
            "numbers"
        )


def own_layers(
    path: str,
    spec: LayerSpec,
    made: Recurrent | None,
) -> list[OwnLayer]:
    """Return the choices of `--as` for a layer: one class for the layer, or
    one for each cell where they differ.

    `made` is the layer as it would be run, None where its gates can't be told.
    """
    fitting = _fitting(spec, made)
    pairs = list(zip(spec.own, fitting, strict=True))
    classes = {own.taken or fit for own, fit in pairs}
    if len(classes) <= 1:
        first, fit = pairs[0]
        written = ", ".join(dict.fromkeys(own.written for own in spec.own))
        return [_own_layer(path, written, first, fit)]

    found = []
    for own, fit in pairs:
        place = path
        if own.place:
            place = f"{path}/{own.place}"

        found.append(_own_layer(place, own.written, own, fit))

    return found


def _own_layer(path: str, written: str, own: Own, fit: str | None) -> OwnLayer:
    found = own.taken or fit
    return OwnLayer(
        path,
        clean(written, 120),
        () if found is None else (found,),
        own.taken,
        own.framework,
    )


def _fitting(spec: LayerSpec, made: Recurrent | None) -> list[str | None]:
    """Return for each custom class of a layer which of Keras's classes its
    arrays and settings make.
    """
    if made is None or made.why_not is not None:
        return [None] * len(spec.own)
    if spec.class_name != "RNN":
        return [spec.class_name] * len(spec.own)

    cells = [f"{source.class_name}Cell" for source in made.sources]

    return [
        cells[int(own.place.rpartition("/")[2]) if own.place else 0]
        for own in spec.own
    ]


def shown_as(
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    era: Era,
) -> tuple[str, Config]:
    """Return the class of Keras's as which a layer is shown, and the settings
    that its arrays tell: by its arrays, or by its keys where arrays don't tell.

    Arrays alone tell several gates; those of one gate are the arrays of many a
    layer that is not recurrent.
    """
    if (
        spec.class_name == "RNN"
        or not arrays
        or any(array.problem is not None for array in arrays)
    ):
        return spec.class_name, {}

    found = next(pieces(arrays, per_gate=era.generation == 1))
    if not found.recurrent or (
        len(kind_for(found.class_name).gates) == 1
        and "return_sequences" not in spec.config
    ):
        return spec.class_name, {}

    # a class that the table has by its own name, with a key that its row hasn't
    named = added_class(spec.written)
    if named is not None and _as_many_gates(named, found.class_name):
        return named, {}

    return found.class_name, found.config


def _as_many_gates(one: str, other: str) -> bool:
    return len(kind_for(one).gates) == len(kind_for(other).gates)


def built_to_show(
    spec: LayerSpec,
    weights: Sequence[Weight],
    generation: int,
) -> Recurrent | None:
    """Return a custom layer as the recurrent one it looks like, None where its
    gates can't be told.
    """
    if (
        not is_recurrent(spec.class_name)
        or problem_in(spec.class_name, spec.config) is not None
    ):
        return None

    config = {**spec.config, "written": spec.written}
    made = recurrent_layer(
        spec.name,
        spec.class_name,
        config,
        weights,
        generation,
        tuple(spec.notes),
    )
    if any(slot.divided for slot in made.cells()):
        return made

    return None


def with_hint(why_not: str, found: Sequence[OwnLayer]) -> str:
    """Return why a layer isn't computed, and the option that would compute
    it, where there is one.
    """
    named = [own for own in found if own.taken is None and own.fits]
    if not named:
        return why_not

    options = " ".join(
        f"--as {shlex.quote(f'{own.path}={own.fits[0]}')}" for own in named
    )
    classes = dict.fromkeys(
        in_words(own.fits[0], own.framework) for own in named
    )

    return f"{why_not}; {options} computes it as {', '.join(classes)}"


def refuse_misfit(
    path: str,
    spec: LayerSpec,
    weights: Sequence[Weight],
    generation: int,
) -> None:
    """Raise RnnTuiError when a layer's arrays don't make the class that the
    user names for it.
    """
    made = recurrent_layer(
        spec.name,
        spec.class_name,
        spec.config,
        weights,
        generation,
    )
    slots = made.cells()
    whole = bool(slots) and all(slot.divided for slot in slots)
    if whole and sum(len(source.weights) for source in made.sources) == len(
        weights
    ):
        return

    taken = spec.own[0].taken or ""
    shapes = ", ".join(str(weight.shape) for weight in weights) or "none"
    raise RnnTuiError(
        f"--as {path}={taken}: the arrays of this layer, {shapes}, don't make "
        f"{with_article(taken)}"
    )
