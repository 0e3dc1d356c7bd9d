"""Arrays as the file keeps them → weights as Keras 3 lays them out; each
conversion is named in the layer's notes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.cells.kinds import (
    KINDS,
    RESET_AFTER,
    RNN,
    CellKind,
    added_class,
    cudnn_kinds,
)
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.layers.registry import schema
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.keras_classes import added_layer
from rnn_tui.formats.data.description import FileDescription, StoredArray
from rnn_tui.formats.data.spec import Era, LayerSpec, cells_of
from rnn_tui.formats.weights.array_store import Store, plain
from rnn_tui.formats.weights.slots import Slot, slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def backend_of(file: FileDescription) -> str | None:
    """Return the backend that wrote the file; Keras 1 doesn't say, but
    TensorFlow's variables end in `:0`.
    """
    if file.backend is not None or (file.keras_version or "3").partition(".")[
        0
    ] not in ("0", "1"):
        return file.backend

    names = [array.name for group in file.groups for array in group.arrays]
    if not names or any(name.endswith(":0") for name in names):
        return "tensorflow"

    return "theano"


def weights_of(
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    store: Store,
    era: Era,
) -> tuple[Weight, ...]:
    """Return the weights of one layer; adds its conversions to its notes."""
    if era.modules:
        from rnn_tui.formats.weights.pytorch import module_weights

        # one of a class of somebody's own has the arrays of a known layer
        if spec.why_not is not None and not spec.own:
            return as_stored(arrays, store)

        _note_halves(spec, arrays)

        return module_weights(spec, arrays, store, era)

    kind = KINDS.get(spec.class_name)
    if kind is not None and kind.keras_1_order:
        apart = len(arrays) == 3 * len(kind.gates)
        if apart and era.generation == 1:
            return _per_gate(kind, spec, arrays, store)

    if kind is not None and kind.cudnn and len(arrays) == 3:
        in_cudnn_layout = _as_cudnn(kind, spec, arrays, era)
        if in_cudnn_layout:
            return _cudnn(kind, spec, arrays, store)

    weights = _by_slots(spec, arrays, store, era)

    note, fix = _keras_1_kernel(spec, arrays, era)
    if fix is not None:
        weights[0] = _changed(weights[0], *fix)
        spec.notes.append(note)

    if era.backend == "theano" and _is_convolution(spec) and weights:
        weights[0] = _changed(weights[0], weights[0].shape, _turned)
        spec.notes.append(
            "Theano's convolution reads the kernel from its end: turned round"
        )

    _note_halves(spec, arrays)

    return tuple(weights)


def _note_halves(spec: LayerSpec, arrays: Sequence[StoredArray]) -> None:
    halves = {array.dtype for array in arrays} & {"float16", "bfloat16"}
    if halves:
        spec.notes.append(
            f"weights stored as {halves.pop()} are widened to float32"
        )


def _by_slots(
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    store: Store,
    era: Era,
) -> list[Weight]:
    """Return the arrays as they are, under the names of the layer's slots;
    further ones keep the last part of their own.
    """
    kept = slots(spec, era) or []
    arrays = _as_named(spec, arrays, [slot.name for slot in kept])
    weights = []
    for number, array in enumerate(arrays):
        if number < len(kept):
            slot = kept[number]
        else:
            slot = Slot(_last_part(array.name), _trained(spec))

        weights.append(plain(slot.name, array, arrays, store, slot.trainable))

    return weights


def _as_named(
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    expected: Sequence[str],
) -> Sequence[StoredArray]:
    """Return the arrays in the order in which they are expected, where their
    names tell that the file has another one.

    Keras's own classes have one order and Keras doesn't look at the names; a
    class that isn't Keras's has the order in which its author made them.
    """
    names = [_last_part(array.name) for array in arrays]
    is_known = not spec.own and not _is_added(spec)
    if is_known or names == expected or set(names) != set(expected):
        return arrays
    if len(names) != len(expected) or len(set(names)) != len(names):
        return arrays

    spec.notes.append(
        f"the file has its arrays in the order {', '.join(names)}: taken by "
        "their names"
    )

    return [arrays[names.index(name)] for name in expected]


def _is_added(spec: LayerSpec) -> bool:
    """Whether the engine computes a layer, or a cell of it, that isn't one of
    Keras's.
    """
    if added_layer(spec.class_name) is not None:
        return True

    cells = [spec.class_name]
    if spec.class_name == RNN:
        inner = cells_of(spec.config.get("cell"))
        cells = [str(cell.get("class_name")) for cell in inner]

    return any(added_class(name) is not None for name in cells)


def _last_part(name: str) -> str:
    """Return the last part of an array's name: `dense/kernel:0` → `kernel`."""
    return name.rpartition("/")[2].split(":")[0]


def _trained(spec: LayerSpec) -> bool:
    """Whether training changes an array that isn't declared; pruning's arrays
    beside a layer's weights it doesn't.
    """
    return (
        spec.config.get("trainable", True) is not False
        and spec.class_name != "PruneLowMagnitude"
    )


def as_stored(
    arrays: Sequence[StoredArray],
    store: Store,
) -> tuple[Weight, ...]:
    """Return arrays as they are, under the last part of their names, for a
    layer that can't be read.
    """
    return tuple(
        plain(
            _last_part(array.name),
            array,
            arrays,
            store,
            trainable=True,
        )
        for array in arrays
    )


def _changed(
    weight: Weight,
    shape: tuple[int, ...],
    change: Callable[[Values], Values],
) -> Weight:
    """Return the weight in another layout."""
    return Weight(
        weight.name,
        shape,
        weight.dtype,
        lambda: change(weight.value),
        trainable=weight.trainable,
    )


def _per_gate(
    kind: CellKind,
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    store: Store,
) -> tuple[Weight, ...]:
    """Return kernel, recurrent kernel and bias of a Keras 1 layer that keeps W,
    U and b of each gate apart (keras 1.2.2, recurrent.py).
    """
    order = kind.keras_1_order
    places = [order.index(letter) for letter in kind.letters]
    spec.notes.append(
        f"Keras 1 keeps {len(arrays)} arrays, gate by gate in the order "
        f"{' '.join(order)}: joined"
    )
    weights = []
    for part, name in enumerate(kind.arrays):
        chosen = [arrays[3 * place + part] for place in places]
        shapes = sorted(
            {array.shape for array in chosen if array.problem is None}
        )
        if len(shapes) > 1 or () in shapes:
            raise ConfigError(
                f"the {name} of its gates is stored in the shapes {shapes}, "
                "not in one"
            )

        def load(chosen: list[StoredArray] = chosen) -> Values:
            parts = [store.take(array, arrays) for array in chosen]
            return np.concatenate(parts, axis=-1)

        first = chosen[0].shape
        shape: tuple[int, ...] = ()
        if first:
            wide = sum(array.shape[-1] for array in chosen)
            shape = (*first[:-1], wide)

        trainable = spec.config.get("trainable", True) is not False
        weights.append(
            Weight(name, shape, chosen[0].dtype, load, trainable=trainable)
        )

    return tuple(weights)


def _as_cudnn(
    kind: CellKind,
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    era: Era,
) -> bool:
    """Whether a layer's weights are laid out as cuDNN reads them: Keras 2 tells
    it by the bias, whatever the class.

    A bias for each side, one behind the other, is cuDNN's (tf_keras,
    hdf5_format.py, `_convert_rnn_weights`); so a GRU may hold the weights of a
    CuDNNGRU that was trained before, and the other way round. Keras 3 converts
    none.
    """
    bias = arrays[2].shape
    if arrays[1].shape:
        units = arrays[1].shape[0]
    else:
        units = 0

    wide = len(kind.gates) * units
    named = spec.written in {kind.cudnn for kind in cudnn_kinds()}
    if bias == (2 * wide,) and units > 0:
        fits = not kind.has_key(RESET_AFTER) or bool(
            spec.config.get(RESET_AFTER)
        )
        return named or (era.generation == 2 and fits)

    plain = bias == kind.bias_shapes(units)[-1]
    if named and plain and era.generation == 2:
        spec.notes.append(
            f"its weights are a {spec.class_name}'s under the name "
            f"{spec.written}: taken as they are"
        )
        return False

    return named


def _cudnn_units(
    kind: CellKind,
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
) -> int:
    """Return the units of a cuDNN layer; ConfigError where its arrays don't fit
    together.
    """
    kernel, recurrent, bias = arrays
    if recurrent.shape:
        units = recurrent.shape[0]
    else:
        units = 0

    wide = len(kind.gates) * units
    matrices = (
        len(kernel.shape) == 2
        and kernel.shape[1] == wide
        and recurrent.shape == (units, wide)
    )
    if not units or not matrices or bias.shape != (2 * wide,):
        found = ", ".join(str(array.shape) for array in arrays)
        raise ConfigError(f"its arrays {found} don't make a {spec.written}")

    return units


def _cudnn_note(kind: CellKind, spec: LayerSpec, bias: StoredArray) -> str:
    """Return the note that the weights of a layer are converted, and why."""
    if spec.written == kind.cudnn:
        return (
            f"{spec.written}'s weights are stored as cuDNN reads them: "
            f"converted to {spec.class_name}'s"
        )

    return (
        f"the bias {bias.shape} says that its weights are stored as cuDNN "
        f"reads them: converted to {spec.class_name}'s, as Keras 2 does it"
    )


def _cudnn(
    kind: CellKind,
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    store: Store,
) -> tuple[Weight, ...]:
    """Return a cuDNN layer's weights as the plain layer has them (keras 2.2.4,
    engine/saving.py).
    """
    kernel, recurrent, bias = arrays
    units = _cudnn_units(kind, spec, arrays)
    gates = len(kind.gates)
    spec.notes.append(_cudnn_note(kind, spec, bias))

    # cuDNN has a bias for each side: the plain layer keeps both, or their sum
    bias_shape = kind.bias_shapes(units)[-1]
    one_row = len(bias_shape) == 1

    def kernel_of(values: Values) -> Values:
        blocks = np.split(values, gates, axis=1)
        return np.hstack(
            [block.ravel().reshape(units, -1).T for block in blocks]
        )

    def recurrent_of(values: Values) -> Values:
        blocks = np.split(values, gates, axis=1)

        return np.hstack([block.T for block in blocks])

    def bias_of(values: Values) -> Values:
        # infinities of both signs add up to NaN, as they do in Keras
        with np.errstate(invalid="ignore"):
            sides = values.reshape(2, -1)
            if one_row:
                both: Values = np.sum(sides, axis=0)
                return both

            return sides

    trainable = spec.config.get("trainable", True) is not False

    def made(
        name: str,
        array: StoredArray,
        shape: tuple[int, ...],
        change: Callable[[Values], Values],
    ) -> Weight:
        if spec.written in {kind.cudnn for kind in cudnn_kinds()}:
            count = prod(array.shape)
        else:
            count = prod(shape)

        load = lambda: change(store.take(array, arrays))  # noqa: E731 - one expression, used once
        return Weight(
            name,
            shape,
            array.dtype,
            load,
            trainable=trainable,
            parameters=count,
        )

    return (
        made("kernel", kernel, kernel.shape, kernel_of),
        made("recurrent_kernel", recurrent, recurrent.shape, recurrent_of),
        made("bias", bias, bias_shape, bias_of),
    )


Fix = tuple[tuple[int, ...], Callable[[Values], Values]]


def _turned(kernel: Values) -> Values:
    """Return a kernel with every axis but channels and filters reversed (keras
    2.0.8, conv_utils.convert_kernel).
    """
    return np.flip(kernel, tuple(range(kernel.ndim - 2)))


def _is_convolution(spec: LayerSpec) -> bool:
    """Return whether a layer has a kernel that Theano reads from its end."""
    declared = schema(spec.class_name)
    return declared is not None and declared.turned_by_theano


def _keras_1_kernel(
    spec: LayerSpec,
    arrays: Sequence[StoredArray],
    era: Era,
) -> tuple[str, Fix | None]:
    """Keras 1 keeps a Conv1D's kernel with one more axis, and Theano's order
    for channels first.
    """
    if era.generation != 1 or not _is_convolution(spec) or not arrays:
        return "", None

    shape = arrays[0].shape
    if len(shape) != 4:
        return "", None

    note = f"Keras 1 keeps the kernel as {shape}: brought to Keras 3's order"
    if spec.class_name == "Conv1D":
        stated = _first(spec.config.get("kernel_size"))
        if shape[:2] == (stated, 1):
            length, _, *sides = shape
            return note, ((length, *sides), _without_second)

        filters, channels, length, _ = shape
        return note, ((length, channels, filters), _turned_without_second)

    channels_first = spec.config.get("data_format") == "channels_first"
    if spec.class_name == "Conv2D" and channels_first:
        filters, channels, *size = shape
        return note, ((*size, channels, filters), _filters_last)

    return "", None


def _without_second(values: Values) -> Values:
    return values[:, 0]


def _filters_last(values: Values) -> Values:
    """Return `(filters, channels, …size)` as `(…size, channels, filters)`."""
    return values.transpose(2, 3, 1, 0)


def _turned_without_second(values: Values) -> Values:
    return _without_second(_filters_last(values))


def _first(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return value[0]

    return value
