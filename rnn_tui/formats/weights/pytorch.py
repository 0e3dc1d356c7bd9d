"""The parameters of PyTorch's modules → weights as Keras 3 lays them out.

PyTorch keeps a matrix by its outputs, so each is transposed. The rows of an
LSTM are the gates i f g o, which is Keras's order; those of a GRU are r z n,
Keras's z r h. Both add one bias to the input's product and one to the
state's: an LSTM's and an RNN's are added up, a GRU's stay two, for its reset
gate is applied after the product (torch/nn/modules/rnn.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.cells.kinds import KINDS, RESET_AFTER, CellKind
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.formats.data.description import StoredArray
from rnn_tui.formats.data.spec import Era, LayerSpec
from rnn_tui.formats.weights.array_store import Store, plain, shared_parts
from rnn_tui.formats.weights.slots import slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"

_ORDER = {"gru": (1, 0, 2)}
"""The places of Keras's gates among PyTorch's, where they differ."""


def module_weights(
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    store: Store,
    era: Era,
) -> tuple[Weight, ...]:
    """Return the weights of one layer; adds its conversions to its notes."""
    kind = KINDS.get(spec.class_name)
    if kind is not None:
        return _cell(kind, spec, arrays, store)

    kept = slots(spec, era) or []
    weights = []
    for number, array in enumerate(arrays):
        name = array.name
        trainable = True
        if number < len(kept):
            name = kept[number].name
            trainable = kept[number].trainable

        weights.append(plain(name, array, arrays, store, trainable))

    if weights and spec.class_name in ("Dense", "Conv1D"):
        weights[0] = _turned(weights[0])
        spec.notes.append("PyTorch keeps its weight by outputs: transposed")

    return tuple(weights)


def _turned(weight: Weight) -> Weight:
    """Return a weight with its axes in the other order."""
    return Weight(
        weight.name,
        weight.shape[::-1],
        weight.dtype,
        lambda: np.transpose(weight.value),
        trainable=weight.trainable,
        parts=weight.parts,
    )


def _cell(
    kind: CellKind,
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    store: Store,
) -> tuple[Weight, ...]:
    """Return kernel, recurrent kernel and bias of a recurrent layer."""
    gates = len(kind.gates)
    order = _ORDER.get(kind.name, tuple(range(gates)))
    two_rows = kind.has_key(RESET_AFTER)
    reads, recurrent, *biases = arrays

    def of_gates(values: Values) -> Values:
        blocks = np.split(values, gates, axis=-1)
        return np.concatenate([blocks[place] for place in order], axis=-1)

    def matrix(array: StoredArray) -> Callable[[], Values]:
        return lambda: of_gates(np.transpose(store.take(array, arrays)))

    def both_biases() -> Values:
        sides = [of_gates(store.take(one, arrays)) for one in biases]
        if two_rows:
            return np.stack(sides)

        # infinities of both signs add up to NaN, as they do in PyTorch
        with np.errstate(invalid="ignore"):
            total: Values = _wide(sides[0]) + _wide(sides[1])
            return total

    weights = [
        Weight(
            "kernel",
            reads.shape[::-1],
            reads.dtype,
            matrix(reads),
            parts=shared_parts([reads]),
        ),
        Weight(
            "recurrent_kernel",
            recurrent.shape[::-1],
            recurrent.dtype,
            matrix(recurrent),
            parts=shared_parts([recurrent]),
        ),
    ]
    if biases:
        (rows,) = biases[0].shape
        shape = (2, rows) if two_rows else (rows,)
        weights.append(
            Weight(
                "bias",
                shape,
                biases[0].dtype,
                both_biases,
                parameters=2 * rows,
                parts=shared_parts(biases),
            )
        )

    spec.notes.append(_note(kind, two_rows, bool(biases)))

    return tuple(weights)


def _wide(values: Values) -> Values:
    """Return values as float64, in which the sum of two isn't rounded: a run
    in float64 adds both biases exactly, as PyTorch does.
    """
    return values.astype("<f8")


def _note(kind: CellKind, two_rows: bool, biased: bool) -> str:
    """Return the conversions in words."""
    said = "PyTorch keeps its weights by rows: transposed"
    if kind.name in _ORDER:
        said = f"{said}, its gates r z n brought to z r h"
    if biased and not two_rows:
        said = f"{said}, its two biases added"

    return said
