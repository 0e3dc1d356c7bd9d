"""A recurrent layer: its cells over time, with masks, directions, states in and
out, as Keras runs it.

The factories are the way in; configurations are canonical, in Keras 3's words:

    recurrent_layer(name, class_name, config, weights, generation=3, notes=())
        ->
        Recurrent
        class_name: one of the table of kinds (cells/kinds.py), or "RNN"
        weights:    kernel, recurrent_kernel, bias of each cell in turn, as
                    Keras 2 and 3 lay them out
    bidirectional_layer(name, config, forward, backward, generation=3, notes=())
        ->
        Bidirectional (bidirectional.py)

A cell's configuration may have `residual`, how often what it reads is added to
what it returns, and `cell_problem`. Keys of `config` (all optional but `cell`):
units, activation, recurrent_activation, use_bias, reset_after,
return_sequences, return_state, go_backwards, stateful, unroll, time_major,
zero_output_for_mask; for "RNN" `cell`: one `{class_name, config}`,
StackedRNNCells, or a list of them. Two more say what the era did:

    reverse_state_order   stacked cells: the flat list of states runs from the
                          last cell to the first (before 2.2.3)
    force_zero_output     Bidirectional: zero_output_for_mask is what
                          return_sequences is (tf.keras 2 and Keras 3); False
                          for multi-backend Keras; default True

A layer that can't be run has `why_not`. Inputs of `call`: the sequence, then
the initial states, if any, in Keras's flat order. `run.initial_state` (by
`KEY/h`) goes before both those and zeros. Each call records one LayerTrace
under `run.path`, its cells keyed `run.path` + suffix: "", "/cells/0",
"/forward", "/backward/cells/1".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rnn_tui.engine.cells.kinds import RNN, find_kind, kind_for
from rnn_tui.engine.cells.stored_cell import CellSource
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.recurrent.layer import Recurrent as Recurrent


def recurrent_layer(
    name: str,
    class_name: str,
    config: Mapping[str, Any],
    weights: Sequence[Weight],
    generation: int = 3,
    notes: Sequence[str] = (),
) -> Recurrent:
    """Return the layer a canonical configuration and its weights make; see this
    module's docstring.
    """
    if class_name != RNN and kind_for(class_name).rank:
        from rnn_tui.engine.recurrent.conv_lstm import ConvLSTM
        from rnn_tui.engine.recurrent.conv_source import ConvSource

        conv = ConvSource(class_name, config, tuple(weights), generation)
        return ConvLSTM(
            name,
            class_name,
            config,
            tuple(weights),
            tuple(notes),
            conv.problem,
            generation,
            (conv,),
        )

    if class_name == RNN:
        cells, stacked = _cells_of(config.get("cell"))
    else:
        cells = [(class_name, config)]
        stacked = False

    sources = []
    rest = list(weights)
    problem = None if cells else "it has no cell"
    for cell_class, cell_config in cells:
        kind = find_kind(cell_class)
        if kind is None or kind.rank:
            problem = f"the cell {cell_class!r} is not one of Keras's own"
            break

        if cell_config.get("use_bias", True):
            count = 3
        else:
            count = 2

        residual = int(cell_config.get("residual", 0))
        source = CellSource(
            kind.class_name,
            cell_config,
            tuple(rest[:count]),
            generation,
            residual=residual,
        )
        rest = rest[count:]
        sources.append(source)
        problem = problem or cell_config.get("cell_problem") or source.problem

    if problem is None and rest:
        problem = (
            f"the file has {len(rest)} arrays more than its configuration "
            "asks for"
        )

    problem = problem or _broken_chain(sources)

    return Recurrent(
        name,
        class_name,
        config,
        tuple(weights),
        tuple(notes),
        problem,
        generation,
        tuple(sources),
        stacked,
    )


def _broken_chain(sources: Sequence[CellSource]) -> str | None:
    """Return why a stacked cell can't read the one before it, None where all
    can.
    """
    for k, (before, after) in enumerate(pairwise(sources), start=1):
        if before.units != after.features:
            return (
                f"cell {k} reads {after.features} features, the one before it "
                f"has {before.units} units"
            )

    return None


def _cells_of(cell: Any) -> tuple[list[tuple[str, Mapping[str, Any]]], bool]:
    """Return the class and configuration of each cell, and whether they are
    stacked.
    """
    if (
        isinstance(cell, Mapping)
        and cell.get("class_name") == "StackedRNNCells"
    ):
        cell = mapping(cell.get("config")).get("cells")
        if not isinstance(cell, list):
            cell = []

    if isinstance(cell, list):
        return [_class_and_config(one) for one in cell], True

    return [_class_and_config(cell)], False


def _class_and_config(cell: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the class and the configuration of one cell; the class is `?`
    where the configuration is no object.
    """
    if not isinstance(cell, Mapping):
        return "?", {}

    return str(cell.get("class_name")), mapping(cell.get("config"))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a part of a configuration that holds keys, an empty one where it
    is something else.
    """
    if isinstance(value, Mapping):
        return value

    return {}
