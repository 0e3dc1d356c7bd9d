"""The reading process's answer, checked in every part, as a FileDescription.

Nothing the child says is believed: it may have been taken over by the file.
Strings are cleaned here, shapes, types and places are checked against their
bounds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from rnn_tui.errors import FileError
from rnn_tui.formats.data.class_origin import told_apart
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
    StoredVocabulary,
)
from rnn_tui.formats.wire import protocol as exchange
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.text import clean, clean_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ask: TypeAlias = "Callable[[dict[str, Any], int], tuple[Any, BinaryIO]]"
"""Puts a request to a fresh child and returns its answer, which may take so
many bytes, and the file of the arrays.
"""

_CONTAINERS = (
    "keras-h5",
    "keras-zip",
    "keras-folder",
    "weights-h5",
    "savedmodel",
    "tf-checkpoint",
    "tfjs",
    "pytorch",
    "safetensors",
)
_MOST_SETTINGS = 16
_LAYOUTS = ("layer_names", "paths", "tracked", "nb_layers", "modules")


class InvalidAnswerError(Exception):
    """The child's answer isn't one a sound child gives."""


def describe(
    path: str,
    size: int,
    answer: Any,
    shared: BinaryIO,
    limits: Limits,
    ask: Ask,
) -> FileDescription:
    """Return the description in a child's answer; `ask` is how arrays that
    didn't come with it are read.

    `size` is that of all files that were read.

    Raises FileError when the answer, or the configuration in it, isn't sound.
    """
    try:
        groups = _groups(answer["groups"], limits)
        arrays = {
            array.key: array
            for group in groups
            for array in group.arrays
            if array.problem is None
        }
        values = _values(answer["values"], arrays, shared)
        container, layout = answer["container"], answer["layout"]
        if container not in _CONTAINERS or layout not in _LAYOUTS:
            raise InvalidAnswerError

        lines = answer["warnings"][:1000]
        warnings = tuple(clean(line, 400) for line in lines)
        facts = {
            clean(name): clean(text, 400)
            for name, text in answer["facts"].items()
        }
        vocabularies = _vocabularies(
            path,
            answer.get("vocabularies", []),
            limits,
            ask,
        )
        version, backend = (
            _optional(answer[name]) for name in ("keras_version", "backend")
        )
    except (
        InvalidAnswerError,
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        OverflowError,
    ):
        raise FileError(
            f"{clean(path)}: the reader gave no valid answer: the file is "
            "damaged or hostile"
        ) from None

    return FileDescription(
        path=clean(path, 4096),
        container=container,
        layout=layout,
        keras_version=version,
        backend=backend,
        bytes=size,
        config=parsed_config(path, answer["config"], limits),
        config_bytes=len(answer["config"] or ""),
        groups=groups,
        read=_reader(path, arrays, values, ask, sure=size <= limits.hashed),
        warnings=warnings,
        facts=facts,
        vocabularies=vocabularies,
    )


def _groups(found: Any, limits: Limits) -> tuple[StoredGroup, ...]:
    groups = []
    known: list[StoredArray] = []
    for group in found:
        arrays = []
        for array in group["arrays"]:
            made = _array(str(len(known)), array, limits)
            first = array.get("same")
            if first is not None and made.problem is None:
                made = _shared(made, first, known)

            known.append(made)
            arrays.append(made)

        groups.append(
            StoredGroup(
                name=clean_name(group["name"]),
                arrays=tuple(arrays),
                layer_name=None
                if group["layer_name"] is None
                else clean_name(group["layer_name"]),
                problem=_optional(group["problem"]),
                address=_address(group["address"]),
                settings=_settings(group["settings"]),
            )
        )

    return tuple(groups)


def _settings(found: Any) -> dict[str, Any]:
    """Return the settings of a module: words, numbers, lists of numbers."""
    if len(found) > _MOST_SETTINGS:
        raise InvalidAnswerError

    return {clean(key, 40): _setting(value) for key, value in found.items()}


def _setting(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value, 40)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if (
        isinstance(value, list)
        and len(value) <= _MOST_SETTINGS
        and all(type(one) is int for one in value)
    ):
        return value

    raise InvalidAnswerError


def _address(found: Any) -> int:
    if type(found) is not int or not 0 <= found < 1 << 64:
        raise InvalidAnswerError

    return found


def _array(key: str, found: Mapping[str, Any], limits: Limits) -> StoredArray:
    name = clean_name(found["name"])
    shape = tuple(found["shape"])
    if len(shape) > limits.rank or not all(map(_is_side, shape)):
        raise InvalidAnswerError

    problem = found["problem"]
    if problem is not None:
        return StoredArray(key, name, shape, "", clean(problem, 400))

    dtype = found["dtype"]
    if dtype not in exchange.STORED_AS:
        raise InvalidAnswerError

    return StoredArray(key, name, shape, dtype)


def _shared(
    array: StoredArray,
    first: Any,
    known: list[StoredArray],
) -> StoredArray:
    """Return an array that has several names; `first` is the place of the first
    of them.
    """
    if type(first) is not int or not 0 <= first <= len(known):
        raise InvalidAnswerError
    if first == len(known):
        return array._replace(same=array.key)

    earlier = known[first]
    if earlier.problem is not None:
        return array
    if (earlier.shape, earlier.dtype) != (array.shape, array.dtype):
        raise InvalidAnswerError

    return array._replace(same=earlier.key)


def _is_side(value: Any) -> bool:
    """Return whether a value is the length of an axis; truth values aren't."""
    return type(value) is int and 0 <= value < 1 << 48


def _optional(text: Any) -> str | None:
    if text is None:
        return None

    return clean(text, 400)


def parsed_config(
    path: str,
    text: Any,
    limits: Limits,
) -> Mapping[str, Any] | None:
    """Return the parsed configuration, every string in it clean."""
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > limits.config_bytes:
        raise FileError(
            f"{clean(path)}: the configuration is longer than "
            f"{limits.config_bytes:,} bytes"
        )
    if (
        text.count(",") + text.count("[") + text.count("{")
        > limits.config_values
    ):
        raise FileError(
            f"{clean(path)}: the configuration holds more than "
            f"{limits.config_values:,} values"
        )
    if text.count('"class_name"') > limits.config_objects:
        raise FileError(
            f"{clean(path)}: the configuration describes more than "
            f"{limits.config_objects:,} objects"
        )

    try:
        config = json.loads(text)
    except RecursionError:
        raise FileError(
            f"{clean(path)}: the configuration is nested too deep to be a "
            "model's"
        ) from None
    except json.JSONDecodeError as error:
        raise FileError(
            f"{clean(path)}: the configuration isn't valid JSON: {clean(error)}"
        ) from None
    except ValueError:  # Python reads no whole number of more digits
        raise FileError(
            f"{clean(path)}: the configuration holds a number of thousands of "
            "digits: refused"
        ) from None

    if not isinstance(config, dict):
        raise FileError(f"{clean(path)}: the configuration is no JSON object")

    try:
        cleaned: dict[str, Any] = _cleaned(config, limits.config_depth)
    except RecursionError:
        raise FileError(
            f"{clean(path)}: the configuration is nested deeper than "
            f"{limits.config_depth}"
        ) from None

    return cleaned


def _cleaned(value: Any, depth: int) -> Any:
    if depth == 0:
        raise RecursionError
    if isinstance(value, str):
        return clean_name(value)
    if isinstance(value, dict):
        return told_apart(
            {
                clean_name(key): _words(part)
                if key == "vocabulary" and isinstance(part, list)
                else _cleaned(part, depth - 1)
                for key, part in value.items()
            }
        )
    if isinstance(value, list):
        return [_cleaned(part, depth - 1) for part in value]

    return value


def _words(value: list[Any]) -> Any:
    """Return a layer's list of tokens as it is: tokens are matched, so they are
    cleaned where they are shown.
    """
    from rnn_tui.formats.data.description import (
        StoredWords,
    )  # few models have one

    return StoredWords(value)


def _vocabularies(
    path: str,
    found: Any,
    limits: Limits,
    ask: Ask,
) -> dict[str, StoredVocabulary]:
    known = {}
    for one in found[:1000]:
        name = one["name"]
        size = one["bytes"]
        sum_ = one["sum"]
        if (
            type(name) is not str
            or type(size) is not int
            or type(sum_) is not int
            or size < 0
        ):
            raise InvalidAnswerError

        problem = _optional(one["problem"])
        if problem is None and size > limits.vocabulary_bytes:
            raise InvalidAnswerError

        known[name] = StoredVocabulary(
            size,
            sum_,
            problem,
            partial(_vocabulary, path, name, size, ask),
        )

    return known


def _vocabulary(path: str, name: str, size: int, ask: Ask) -> bytes:
    """Read a vocabulary in a fresh child, from the same file as before or not
    at all.
    """
    answer, shared = ask(
        {"do": "vocabulary", "name": name, "sure": False},
        exchange.ARRAYS + max(size, 1),
    )
    if answer.get("bytes") != size:
        raise FileError(
            f"{clean(path)}: the reader gave no valid answer: the file is "
            "damaged or hostile"
        )

    data = bytearray(size)
    exchange.read_into(shared, exchange.ARRAYS, memoryview(data))

    return bytes(data)


def _values(
    places: Any,
    arrays: Mapping[str, StoredArray],
    shared: BinaryIO,
) -> dict[str, bytearray]:
    """Return the bytes of the arrays that came with an answer, each where and
    as long as it must be.
    """
    values: dict[str, bytearray] = {}
    end = os.fstat(shared.fileno()).st_size
    for key, offset in places.items():
        array = arrays[key]
        length = exchange.array_bytes(array.shape, array.dtype)
        if (
            type(offset) is not int
            or offset < exchange.ARRAYS
            or offset + length > end
        ):
            raise InvalidAnswerError

        values[key] = bytearray(length)
        exchange.read_into(shared, offset, memoryview(values[key]))

    return values


def _reader(
    path: str,
    arrays: Mapping[str, StoredArray],
    values: dict[str, bytearray],
    ask: Ask,
    *,
    sure: bool,
) -> Callable[[list[str]], dict[str, NDArray[Any]]]:
    def read(keys: list[str]) -> dict[str, NDArray[Any]]:
        nonlocal sure
        missing = [key for key in dict.fromkeys(keys) if key not in values]
        if missing:
            fetched = _fetch(path, arrays, missing, ask, sure)
        else:
            fetched = {}

        if missing:
            sure = True

        return {
            key: _decoded(
                values[key] if key in values else fetched[key],
                arrays[key],
            )
            for key in keys
        }

    return read


def _fetch(
    path: str,
    arrays: Mapping[str, StoredArray],
    keys: list[str],
    ask: Ask,
    sure: bool,
) -> dict[str, bytearray]:
    """Read arrays in a fresh child, from the same file as before or not at
    all.
    """
    for key in keys:
        if key not in arrays:
            raise FileError(f"{clean(path)}: this array can't be read")

    room = exchange.ARRAYS + exchange.room_for(
        [(arrays[key].shape, arrays[key].dtype) for key in keys]
    )
    answer, shared = ask({"do": "read", "keys": keys, "sure": sure}, room)
    try:
        for key, problem in answer["problems"].items():
            raise FileError(
                f"{clean(path)}: {arrays[key].name!r}: {clean(problem)}"
            )

        found = _values(answer["values"], arrays, shared)
    except (
        InvalidAnswerError,
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
    ):
        raise FileError(
            f"{clean(path)}: the reader gave no valid answer: the file is "
            "damaged or hostile"
        ) from None

    if len(found) != len(set(keys)):
        raise FileError(
            f"{clean(path)}: the reader gave no valid answer: the file is "
            "damaged or hostile"
        )

    return found


def _decoded(data: bytearray, array: StoredArray) -> NDArray[Any]:
    import numpy as np

    values: NDArray[Any] = np.frombuffer(
        data,
        exchange.STORED_AS[array.dtype],
    ).reshape(array.shape)
    if array.dtype == "bfloat16":
        return (values.astype("<u4") << 16).view("<f4")
    if array.dtype == "bool":
        return values.astype(bool)

    values.flags.writeable = False

    return values
