"""The meaning of a layer's class: Keras's own, its author's own that is shown
as the class it looks like, or a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.cells.kinds import is_recurrent
from rnn_tui.engine.layers.names import REFUSED, known
from rnn_tui.engine.layers.registry import schema
from rnn_tui.formats.architecture.inbound_nodes import FUNCTIONS
from rnn_tui.formats.architecture.keras3_names import OURS, canonical
from rnn_tui.formats.architecture.keras_classes import added_layer
from rnn_tui.formats.architecture.own_classes import alike, cell_alike, why_own
from rnn_tui.formats.data.spec import Era, LayerSpec, Own, class_of

WRAPPERS = ("Bidirectional", "TimeDistributed", "SpectralNormalization")


def recognised(spec: LayerSpec, era: Era, own: str | None) -> LayerSpec:
    """Return the layer with its class settled; `own` says why the class is
    somebody's own, None for Keras's.
    """
    if spec.class_name in REFUSED:
        spec.why_not = REFUSED[spec.class_name]
        return spec

    if own is not None:
        return _somebodys(spec, era, own)

    if spec.class_name in FUNCTIONS:
        # few models have one
        from rnn_tui.engine.operations.tensorflow_table import (
            tensorflow_why_not,
        )

        spec.why_not = tensorflow_why_not(spec.config.get("function"))
        return spec

    added = added_layer(spec.class_name)
    if added is not None:
        spec.class_name = added

    recurrent = is_recurrent(spec.class_name)
    if recurrent or spec.class_name in WRAPPERS or known(spec.class_name):
        _settle(spec, era)
        return spec

    spec.why_not = f"{spec.class_name} is not reproduced"

    return spec


def _somebodys(spec: LayerSpec, era: Era, reason: str) -> LayerSpec:
    """Return a layer of somebody's own class, to be shown as the class whose
    keys it has.
    """
    spec.own = [Own(spec.written, reason)]
    spec.why_not = reason
    if spec.wraps:
        shown_as = None
    else:
        shown_as = alike(spec.config)

    if shown_as is not None:
        settled_as(spec, shown_as, era)

    return spec


def settled_as(spec: LayerSpec, class_name: str, era: Era) -> None:
    """Make a layer of somebody's own class one of Keras's, with the rules of
    that class.
    """
    ours = {key: spec.config[key] for key in OURS if key in spec.config}
    spec.class_name, config, notes = canonical(class_name, spec.config, era)
    spec.config = {**config, **ours}

    for note in notes:
        if note not in spec.notes:
            spec.notes.append(note)

    _settle(spec, era)


def _settle(spec: LayerSpec, era: Era) -> None:
    """Write the rules of the era into a layer's configuration, and why it isn't
    reproduced.
    """
    if spec.class_name == "RNN":
        spec.config["reverse_state_order"] = era.reverses_states
        spec.config["cell"] = _cells(spec, spec.config.get("cell"), era)
        if era.reverses_states and isinstance(spec.config.get("cell"), Mapping):
            spec.notes.append(
                "Keras before 2.2.3: the states of stacked cells run from the "
                "last cell to the first"
            )

    declared = schema(spec.class_name)
    if declared is None:
        return

    if era.loses_merged_masks and declared.listed and declared.mask.keeps:
        spec.config["mask_ends"] = True
        spec.notes.append("Keras before 3.4: masks end here")

    if era.zeroes_masked_shares and declared.with_softmax:
        spec.config["masked_to_zero"] = True

    if era.shares_ignore_masks and spec.class_name == "Softmax":
        spec.config["ignores_mask"] = True

    if declared.why_not is not None:
        spec.why_not = declared.why_not(spec.config) or spec.why_not


def _cells(spec: LayerSpec, cell: object, era: Era) -> object:
    """Return the cells of an RNN layer with their configurations in Keras 3's
    words; note those of somebody's own.
    """
    if isinstance(cell, list):
        return [
            _cell(spec, one, era, f"cells/{k}") for k, one in enumerate(cell)
        ]

    if (
        isinstance(cell, Mapping)
        and cell.get("class_name") == "StackedRNNCells"
    ):
        inside = cell.get("config")
        if (
            isinstance(inside, Mapping)
            and why_own(cell, "StackedRNNCells", {}, era) is None
        ):
            return {
                **cell,
                "config": {
                    **inside,
                    "cells": _cells(spec, inside.get("cells"), era),
                },
            }

    return _cell(spec, cell, era, "")


def _cell(spec: LayerSpec, cell: object, era: Era, place: str) -> object:
    """Return one cell; one of somebody's own is noted in the layer and shown as
    the cell whose keys it has.
    """
    from rnn_tui.formats.architecture.cell_wrappers import unwrapped

    if not isinstance(cell, Mapping) or not isinstance(
        cell.get("config"),
        Mapping,
    ):
        return cell

    inner, ours = unwrapped(cell, era)
    if not isinstance(inner.get("config"), Mapping):
        return inner

    written = class_of(inner)
    class_name, config, _ = canonical(written, inner["config"], era)
    reason = why_own(inner, written, inner["config"], era)
    if reason is not None:
        spec.own.append(Own(written, reason, place))
        spec.why_not = spec.why_not or f"its cell can't be run: {reason}"
        class_name, config, _ = canonical(
            cell_alike(config) or written,
            config,
            era,
        )

    return {
        "class_name": class_name,
        "config": {**config, **ours},
        "written": written,
    }
