"""The inputs of a run, and whether those given fit: features, token ids,
lengths, the batch axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import WHOLE_NUMBERS, Shape
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.input_info import InputInfo
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.graph.token_inputs import (
    becomes_one_hot,
    ids_known,
    text_reader,
    vocabulary,
)
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.memory.large_arrays import converted
from rnn_tui.errors import SequenceError
from rnn_tui.text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray


TRUE_OR_FALSE = "bool"
WHOLE = (TRUE_OR_FALSE, *WHOLE_NUMBERS)
"""The dtypes of an input that holds no fractions."""


def input_shape(layer: Layer) -> Shape:
    """Return an InputLayer's shape with its batch axis; timesteps and features
    are open where the file says nothing.
    """
    if layer.config["batch_shape"] is None:
        return (None, None, None)

    return tuple(
        None if side is None else int(side)
        for side in layer.config["batch_shape"]
    )


def input_infos(graph: Graph) -> tuple[InputInfo, ...]:
    """Return the description of each of the graph's inputs."""
    return tuple(input_info(graph, ref) for ref in graph.inputs)


def input_info(graph: Graph, ref: Ref) -> InputInfo:
    """Return the shape and kind that one of the graph's inputs must be fed: for
    text, the ids that the layer which reads it makes.
    """
    batch, *shape = input_shape(graph.layers[ref.layer])
    tokens = vocabulary(graph, ref)
    text = text_reader(graph, ref)
    if text is None:
        whole = _declared_whole(graph, ref, tokens)
        return InputInfo(
            ref.layer,
            tuple(shape),
            tokens,
            batch,
            any_id=becomes_one_hot(graph, ref),
            whole=whole,
        )

    return InputInfo(
        ref.layer,
        (text.length,),
        ids_known(tokens, text),
        batch,
        text=text,
    )


def _declared_whole(graph: Graph, ref: Ref, tokens: int | None) -> str | None:
    """Return the dtype of whole numbers an input is declared with, where the
    layer that reads it tells it from fractions.

    Operations divide and index whole numbers otherwise; Keras's layers turn
    them into fractions themselves. Any number but 0 is true.
    """
    declared = graph.layers[ref.layer].config.get("dtype")
    if declared not in WHOLE:
        return None
    if declared == TRUE_OR_FALSE:
        return TRUE_OR_FALSE

    readers = [
        graph.layers[node.layer] for node in graph.nodes if ref in node.refs()
    ]
    operations = all(
        isinstance(layer, WithArguments) and layer.only_tried
        for layer in readers
    )
    if tokens is not None or (readers and operations):
        return str(declared)

    return None


def fitted(
    x: NDArray[Any] | Mapping[str, NDArray[Any]],
    infos: Sequence[InputInfo],
    dtype: np.dtype[Any],
) -> tuple[dict[str, NDArray[Any]], bool]:
    """Return an array with a batch axis for each input, and whether `x` came
    with that axis.

    Raises SequenceError with the shape given and the shape expected.
    """
    given = _by_name(x, infos)
    fed: dict[str, NDArray[Any]] = {}
    batched = False
    for info in infos:
        array = np.asarray(_ids(given[info.name], info))
        value, had_batch = _with_batch(array, info)
        _check(value, info)
        kind = _kind(value, info, dtype)
        fed[info.name] = converted(value, kind)
        batched = batched or had_batch

    sizes = {name: len(value) for name, value in fed.items()}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise SequenceError(
            f"the inputs have different numbers of sequences: {shown}"
        )

    return fed, batched


def _kind(
    value: NDArray[Any],
    info: InputInfo,
    dtype: np.dtype[Any],
) -> np.dtype[Any]:
    """Return the dtype in which an input's values are handed to the model."""
    if info.whole is not None:
        return np.dtype(info.whole)

    # fractions are cut off by the layer, as it does in Keras
    cut = info.any_id and value.dtype.kind == "f"
    if info.tokens is None or cut:
        return dtype

    return np.dtype(np.int64)


def other_sides(
    fed: Mapping[str, NDArray[Any]],
    infos: Sequence[InputInfo],
) -> list[tuple[InputInfo, Shape]]:
    """Return the inputs that are fed other lengths than the model declares,
    each with the sides it is fed.
    """
    found: list[tuple[InputInfo, Shape]] = []
    for info in infos:
        sides = fed[info.name].shape[1:]
        if any(
            side not in (None, got)
            for side, got in zip(info.shape, sides, strict=False)
        ):
            found.append((info, sides))

    return found


def lengths_in_words(shape: Shape) -> str:
    """Return the lengths of a sequence without its features: `300 timesteps`,
    of pictures `300 timesteps of 8 × 8`.
    """
    timesteps, *rest = shape
    sides = rest[:-1]  # the last axis holds features
    if timesteps is None:
        words = "any number of timesteps"
    else:
        words = counted(timesteps, "timestep")

    if sides:
        lengths = ["any" if side is None else str(side) for side in sides]
        words += f" of {' × '.join(lengths)}"

    return words


def _ids(value: Any, info: InputInfo) -> Any:
    """Return the ids of a text or of several, anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "UO":
        return value

    several = (
        isinstance(value, (list, tuple))
        or getattr(value, "dtype", np.dtype("f4")).kind in "UO"
    )
    if isinstance(value, str) or (
        several and len(value) and all(isinstance(one, str) for one in value)
    ):
        if info.text is None:
            raise SequenceError(f"{info.name!r} reads numbers, not text")

        from rnn_tui.engine.core.text_reader import ids_of

        return ids_of(value, info.text)

    return value


def _by_name(x: Any, infos: Sequence[InputInfo]) -> Mapping[str, Any]:
    names = [info.name for info in infos]
    if not isinstance(x, Mapping):
        if len(infos) != 1:
            raise SequenceError(
                f"the model has {len(infos)} inputs; give one sequence for "
                f"each: {', '.join(names)}"
            )

        return {names[0]: x}

    if missing := [name for name in names if name not in x]:
        raise SequenceError(
            f"no sequence for the input {missing[0]!r}; the model's inputs are "
            f"{', '.join(names)}"
        )
    if unknown := [str(name) for name in x if name not in names]:
        raise SequenceError(
            f"the model has no input {unknown[0]!r}; its inputs are "
            f"{', '.join(names)}"
        )

    return x


def _with_batch(
    value: NDArray[Any],
    info: InputInfo,
) -> tuple[NDArray[Any], bool]:
    rank = len(info.shape)
    if value.dtype.kind not in "fiub":
        raise SequenceError(f"a sequence holds numbers, not {value.dtype}")
    if value.ndim == rank + 1:
        return value, True
    if value.ndim == rank:
        return value[None], False

    one_feature = rank >= 2 and info.shape[-1] == 1
    if value.ndim == rank - 1 and one_feature:
        return value[None, ..., None], False

    raise SequenceError(
        f"{info.name!r} reads {shown(info.shape)}, got an array of shape "
        f"{value.shape}"
    )


def _check(value: NDArray[Any], info: InputInfo) -> None:
    if 0 in value.shape:
        raise SequenceError("the sequence is empty")

    if info.shape:
        *lengths, features = info.shape
    else:
        *lengths, features = (None,)

    if info.tokens is not None:
        lengths = list(info.shape)
        features = None
        _check_tokens(value, info)
    elif features is not None and value.shape[-1] != features:
        raise SequenceError(
            f"{info.name!r} reads {features} features at each timestep, got "
            f"{value.shape[-1]}"
        )

    for axis, side in enumerate(lengths, 1):
        if (
            info.text is not None
            and side is not None
            and value.shape[axis] != side
        ):
            if axis == 1:
                what = "timesteps"
            else:
                what = f"values along axis {axis}"

            raise SequenceError(
                f"{info.name!r} reads exactly {side} {what}, got "
                f"{value.shape[axis]}"
            )


def _check_tokens(value: NDArray[Any], info: InputInfo) -> None:
    if info.any_id:
        return
    if value.dtype.kind == "f" and not np.all(value == np.round(value)):
        raise SequenceError(
            f"{info.name!r} reads token ids, which are whole numbers"
        )

    low = int(value.min())
    high = int(value.max())
    if low < 0 or high >= (info.tokens or 0):
        wrong = low if low < 0 else high
        raise SequenceError(
            f"{info.name!r} reads token ids from 0 to "
            f"{(info.tokens or 0) - 1}, got {wrong}"
        )


def shown(shape: Shape) -> str:
    """Return a shape as a user reads it: `(timesteps, 3)`."""
    sides = []
    for axis, side in enumerate(shape):
        if side is not None:
            sides.append(str(side))
        elif axis == 0:
            sides.append("timesteps")
        else:
            sides.append("any")

    if len(sides) == 1:
        return f"({sides[0]},)"

    return f"({', '.join(sides)})"


def lengths_warning(
    others: Sequence[tuple[InputInfo, Shape]],
    starts_within: bool,
    other_lengths: str,
) -> str:
    """Return the warning about inputs that are fed other lengths than the model
    declares; `other_lengths` says how its Keras treats them.
    """
    declared = ", ".join(
        (
            f"{info.name!r} has {lengths_in_words(info.shape)} in the model "
            f"and is fed {lengths_in_words(sides)}"
        )
        for info, sides in others
    )
    if starts_within:
        return (
            f"{declared}: a layer that is called by itself runs it in any Keras"
        )
    if other_lengths:
        return f"{declared}: {other_lengths}"

    return declared
