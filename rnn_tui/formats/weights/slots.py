"""The arrays that a layer of a file keeps, in Keras's order: as its class
declares them, or as a cell or a quantization has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rnn_tui.engine.cells.kinds import (
    CELL_ARRAYS,
    KINDS,
    RNN,
    CellKind,
    find_kind,
    is_recurrent,
)
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import UNDECLARED
from rnn_tui.engine.recurrent.factory import mapping
from rnn_tui.formats.architecture.inbound_nodes import FUNCTIONS
from rnn_tui.formats.architecture.quantization import arrays_of
from rnn_tui.formats.data.spec import Era, LayerSpec, cells_of


class Slot(NamedTuple):
    """One array a layer expects."""

    name: str
    trainable: bool = True


def slots(spec: LayerSpec, era: Era) -> list[Slot] | None:
    """Return the arrays a layer keeps, without those of the layers it wraps;
    None where they aren't known, as for its author's own class.
    """
    if spec.wraps and spec.class_name == "SpectralNormalization":
        return _with_vector(slots(spec.wraps[0], era))
    if spec.graph is not None or spec.wraps or spec.operator:
        return []

    if not is_recurrent(spec.class_name) and _is_unknown(spec):
        return None

    frozen = spec.config.get("trainable") is False
    found = list(_slots(spec.class_name, spec.config, era))
    if frozen:
        return [Slot(slot.name, False) for slot in found]

    return found


def holds_arrays(spec: LayerSpec, era: Era) -> bool:
    """Return whether a layer, or one inside it, keeps arrays."""
    if spec.graph is not None:
        return any(holds_arrays(inner, era) for inner in spec.graph.layers)
    if spec.wraps:
        return any(holds_arrays(inner, era) for inner in spec.wraps)

    return slots(spec, era) != []


def _is_unknown(spec: LayerSpec) -> bool:
    """Return whether a layer that isn't computed may keep undeclared arrays."""
    if spec.why_not is None:
        return False

    declared = schema(spec.class_name)
    if declared is None or spec.own:
        return True

    # a TextVectorization keeps weights of its tokens in the modes that aren't
    # computed
    return not declared.arrays and spec.class_name not in FUNCTIONS


def _with_vector(inner: list[Slot] | None) -> list[Slot] | None:
    """Return the arrays of a SpectralNormalization: it holds the kernel of the
    layer it wraps, then its own vector.
    """
    if inner:
        kernel, *others = inner
        vector = Slot("vector_u", False)
        return [kernel, vector, *others]

    return None


def _slots(
    class_name: str,
    config: Mapping[str, Any],
    era: Era,
) -> Iterator[Slot]:
    quantized = arrays_of(class_name, config)
    if quantized is not None:
        yield from (Slot(name, trainable) for name, trainable in quantized)
    elif class_name in KINDS:
        yield from _cell(KINDS[class_name], config, era)
    elif class_name == RNN:
        for cell in cells_of(config.get("cell")):
            kind = find_kind(str(cell.get("class_name")))
            yield from _cell(kind, mapping(cell.get("config")), era)
    else:
        declared = schema(class_name) or UNDECLARED
        for array in declared.arrays:
            if array.kept(config):
                yield Slot(array.name, array.trainable)


def _cell(
    kind: CellKind | None,
    config: Mapping[str, Any],
    era: Era,
) -> Iterator[Slot]:
    """Yield the arrays of one cell; of an unknown one those of Keras's own
    cells, by which it is shown.
    """
    arrays = CELL_ARRAYS
    apart = ""
    if kind is not None:
        arrays = kind.arrays
        apart = kind.keras_1_order

    if era.generation == 1 and apart and config.get("consume_less") != "gpu":
        yield from (
            Slot(f"{part}_{gate}") for gate in apart for part in ("W", "U", "b")
        )
        return

    yield from (
        Slot(name)
        for name in arrays
        if "bias" not in name or config.get("use_bias", True)
    )
