"""A layer of a custom class that is computed as no class: listed, with its
gates where its arrays tell them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import is_recurrent
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.wrappers import Unsupported
from rnn_tui.formats.architecture.custom_classes import settled_as
from rnn_tui.formats.data.description import StoredArray
from rnn_tui.formats.data.spec import Config, LayerSpec
from rnn_tui.formats.weights.convert import weights_of
from rnn_tui.formats.weights_only.own_layers import (
    built_to_show,
    own_layers,
    shown_as,
    with_hint,
)

if TYPE_CHECKING:
    from rnn_tui.formats.build.builder import Builder


def to_show(
    builder: Builder,
    spec: LayerSpec,
    path: str,
    unreadable: str | None,
) -> Layer:
    """Return a layer of a custom class: with its gates where its arrays tell
    them, and with the option that would run it.
    """
    found = builder.attached.get(id(spec))
    arrays: tuple[()] | list[StoredArray] = ()
    if found is not None:
        arrays = found.arrays

    like = spec.class_name
    settings: Config = {}
    if not builder.era.modules:
        like, settings = shown_as(spec, arrays, builder.era)

    if like != spec.class_name:
        spec.config = {**settings, **spec.config}
        settled_as(spec, like, builder.era)

    weights = builder.arrays(spec)
    if unreadable is None and is_recurrent(spec.class_name):
        weights = weights_of(spec, arrays, builder.store, builder.era)

    generation = builder.generation(spec)
    made = None
    if unreadable is None:
        made = built_to_show(spec, weights, generation)

    own = own_layers(path, spec, made)
    builder.notes.own += own

    why_not = unreadable
    if why_not is None and found is not None:
        why_not = found.problem

    if not why_not:
        why_not = with_hint(spec.why_not or "", own)

    if made is not None:
        made.why_not = why_not
        return made

    return Unsupported(
        spec.name,
        spec.written,
        builder.config(spec),
        weights,
        tuple(spec.notes),
        why_not,
        generation,
    )
