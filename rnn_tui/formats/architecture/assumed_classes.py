"""Classes of somebody's own that are computed as Keras's because the user says
so: `--as LAYER=LSTM`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rnn_tui.engine.cells.kinds import (
    KINDS,
    RESET_AFTER,
    RNN,
    cell_classes,
    in_words,
    kind_for,
)
from rnn_tui.engine.trace.paths import CELLS
from rnn_tui.errors import RnnTuiError
from rnn_tui.formats.architecture.custom_classes import settled_as
from rnn_tui.formats.architecture.keras3_names import absent_value, without_ours
from rnn_tui.formats.architecture.own_classes import beyond_keras
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec, Own, cells_of
from rnn_tui.text import clean

SUFFIX = ".class"
"""How a choice is called among all that is assumed: `lstm_1.class`."""

NOT_RUN = "not run"
"""The choice that takes another back."""

MOST_NAMED = 5


def as_assumptions(as_classes: Mapping[str, str]) -> dict[str, str]:
    """Return classes by layer as they are called among all that is assumed."""
    return {
        f"{layer}{SUFFIX}": class_name
        for layer, class_name in as_classes.items()
    }


def chosen(assume: Mapping[str, str]) -> dict[str, str]:
    """Return the classes by layer among all assumptions."""
    return {
        key.removesuffix(SUFFIX): class_name
        for key, class_name in assume.items()
        if key.endswith(SUFFIX) and class_name != NOT_RUN
    }


def take(graph: GraphSpec, as_classes: Mapping[str, str], era: Era) -> None:
    """Make layers of somebody's own class Keras's, each as the user says.

    A wrapper's name means the layer that it wraps, the name of one direction
    for both where they are of one class. Raises RnnTuiError for a name, or a
    class, that can't be meant.
    """
    if not as_classes:
        return

    layers = dict(_by_path(graph.layers, ""))
    for path, class_name in as_classes.items():
        shown = f"--as {clean(path, 120)}={clean(class_name, 40)}"
        computed = (*KINDS, *cell_classes())
        if class_name not in computed:
            raise RnnTuiError(
                f"{shown}: a layer can be computed as {', '.join(computed)}"
            )

        targets = list(_meant(path, layers))
        if not targets:
            raise RnnTuiError(f"{shown}: {_nothing_there(path, layers, era)}")

        for spec, own in targets:
            _take(spec, own, class_name, era, shown)


def _by_path(
    layers: Sequence[LayerSpec],
    prefix: str,
) -> Iterator[tuple[str, LayerSpec]]:
    """Yield every layer with its path, those inside wrappers and models below
    theirs.
    """
    for spec in layers:
        path = f"{prefix}{spec.name}"
        yield path, spec
        if spec.graph is not None:
            inner = spec.graph.layers
        else:
            inner = spec.wraps

        yield from _by_path(inner, f"{path}/")


def _meant(
    path: str,
    layers: Mapping[str, LayerSpec],
) -> Iterator[tuple[LayerSpec, Own]]:
    """Yield the classes of somebody's own that a path means, each with its
    layer.
    """
    cell = ""
    if path not in layers and CELLS in path:
        path, _, number = path.rpartition(CELLS)
        cell = f"cells/{number}"

    spec = layers.get(path)
    if spec is None:
        return

    found = spec.wraps or [spec]
    folder, _, _ = path.rpartition("/")
    outer = layers.get(folder)
    if outer is not None and outer.class_name == "Bidirectional":
        found = [side for side in outer.wraps if side.written == spec.written]

    for one in found:
        if one.wraps:
            continue

        for own in one.own:
            if cell in ("", own.place):
                yield one, own


def _nothing_there(
    path: str,
    layers: Mapping[str, LayerSpec],
    era: Era,
) -> str:
    """Return in words why a path means no class of somebody's own."""
    own = [name for name, spec in layers.items() if spec.own and not spec.wraps]
    names = ", ".join(repr(clean(name, 60)) for name in own[:MOST_NAMED])
    if len(own) > MOST_NAMED:
        more = f" and {len(own) - MOST_NAMED} more"
    else:
        more = ""

    if own:
        there_are = f"the custom classes are those of {names}{more}"
    elif era.modules:
        there_are = "no recurrent layer here is of a custom class"
    else:
        there_are = "every class here is Keras's own"

    if path in layers and era.modules:
        return f"this layer is no recurrent one of a custom class; {there_are}"

    if path in layers and not layers[path].own:
        return (
            f"this layer is Keras's own {clean(layers[path].written, 60)}; "
            f"{there_are}"
        )

    return f"there is no such layer; {there_are}"


def _take(
    spec: LayerSpec,
    own: Own,
    class_name: str,
    era: Era,
    shown: str,
) -> None:
    """Make one class Keras's: the layer's own, or that of the cells it
    holds.
    """
    if spec.class_name == RNN and class_name not in cell_classes():
        raise RnnTuiError(
            f"{shown}: this layer runs cells of a custom class; one can be "
            f"{', '.join(cell_classes())}"
        )
    if spec.class_name != RNN and class_name in cell_classes():
        raise RnnTuiError(
            f"{shown}: this is a layer, not a cell; it can be "
            f"{class_name.removesuffix('Cell')}"
        )

    own.taken = class_name
    if spec.class_name != RNN:
        _take_layer(spec, own, class_name, era)
    elif own.place is not None:
        _take_cell(spec, own, own.place, class_name)
    else:
        _take_runner(spec, own, class_name, shown)

    left = next((other for other in spec.own if other.taken is None), None)
    if left is None:
        spec.why_not = None
    else:
        spec.why_not = f"its cell can't be run: {left.reason}"


def _take_layer(spec: LayerSpec, own: Own, class_name: str, era: Era) -> None:
    """Make a layer Keras's `class_name`, and note the keys that are left out
    and the defaults that are assumed.
    """
    others = beyond_keras(without_ours(spec.config))
    defaults = _defaults(class_name, era)
    assumed = {
        key: value for key, value in defaults.items() if key not in spec.config
    }

    settled_as(spec, class_name, era)

    taken = in_words(class_name, own.framework)
    spec.notes.append(f"computed as {taken}, as was asked (--as): {own.reason}")
    if others:
        named = ", ".join(clean(key, 40) for key in others[:MOST_NAMED])
        spec.notes.append(f"what its own code does with {named} is left out")

    if assumed:
        spec.config = {**assumed, **spec.config}
        said = ", ".join(f"{key} {spec.config[key]}" for key in assumed)
        spec.notes.append(
            f"its configuration doesn't say, so it is assumed: {said}"
        )


def _defaults(class_name: str, era: Era) -> dict[str, Any]:
    """Return Keras's defaults of a recurrent layer."""
    found: dict[str, Any] = {"activation": "tanh", "return_sequences": False}
    kind = kind_for(class_name)
    for key in kind.keys:
        if key.name != RESET_AFTER:
            found[key.name] = absent_value(key, era)

    if kind.rank:
        found |= {
            "padding": "valid",
            "strides": 1,
            "data_format": "channels_last",
        }

    return found


def _take_runner(
    spec: LayerSpec,
    own: Own,
    class_name: str,
    shown: str,
) -> None:
    """Make a layer that runs cells Keras's RNN; its cells that are Keras's are
    of the class that is named already.
    """
    found = [
        str(cell.get("class_name"))
        for cell in cells_of(spec.config.get("cell"))
    ]
    if class_name not in found and all(
        other.place is None for other in spec.own
    ):
        raise RnnTuiError(
            f"{shown}: the cells of this layer are "
            f"{clean(', '.join(found), 80) or 'not known'}"
        )

    spec.notes.append(
        f"computed as Keras's RNN, as was asked (--as): {own.reason}"
    )


def _take_cell(spec: LayerSpec, own: Own, place: str, class_name: str) -> None:
    """Make a cell Keras's `class_name`."""
    spec.config["cell"] = _replaced(spec.config["cell"], place, class_name)
    if place:
        where = f"its cell {place.rpartition('/')[2]}"
    else:
        where = "its cell"

    spec.notes.append(
        f"{where} is computed as {in_words(class_name)}, as was asked (--as): "
        f"{own.reason}"
    )


def _replaced(cell: Any, place: str, class_name: str) -> Any:
    """Return the cells of an RNN with one of another class."""
    if isinstance(cell, list):
        number = int(place.rpartition("/")[2])
        return [
            _replaced(one, "", class_name) if k == number else one
            for k, one in enumerate(cell)
        ]

    if place:
        return {
            **cell,
            "config": {
                **cell["config"],
                "cells": _replaced(cell["config"]["cells"], place, class_name),
            },
        }

    return {**cell, "class_name": class_name}
