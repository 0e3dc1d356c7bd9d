"""The contents of a TensorFlow.js layers model: Keras's own configuration in
`model.json`, and its weights in the files that it lists.

The files of a group are one row of bytes; the weights follow in it one after
the other, and one may go on in the next file. Values that were quantized are
brought back to float32 as TensorFlow.js does it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from rnn_tui.formats.reader.contents import Contents
from rnn_tui.formats.reader.layouts import Found, Layer, Values
from rnn_tui.formats.reader.named_variables import grouped
from rnn_tui.formats.reader.open_files import OpenFiles
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import AGAIN, ProblemError
from rnn_tui.formats.wire.protocol import STORED_AS, array_bytes

MANIFEST = b'"weightsManifest"'
_DTYPES = ("float32", "int32", "bool", "uint8", "uint16", "float16")
_WRAPPED = ("layer", "backward_layer")
"""The keys under which wrappers have their layers."""
_QUANTIZED = ("uint8", "uint16", "float16")


@dataclass
class Weight(Values):
    """A weight: its stretch of a group's files."""

    group: Stretch
    offset: int
    stored: str
    """The type of the bytes in the file."""
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    scale: float | None = None
    least: float = 0.0

    def read_into(self, buffer: memoryview) -> None:
        """Fill `buffer` with the values, quantized ones brought back."""
        if self.stored == self.dtype:
            self.group.read_into(self.offset, buffer)
            return

        import numpy as np  # most models aren't quantized

        data = bytearray(array_bytes(self.shape, self.stored))
        self.group.read_into(self.offset, memoryview(data))
        whole = np.frombuffer(data, STORED_AS[self.stored])
        values = whole.astype("<f8")
        if self.scale is not None:
            values = values * self.scale + self.least

        single = values.astype("<f4")
        buffer[:] = single.tobytes()


class Stretch:
    """The files of one group, as one row of bytes."""

    def __init__(self, files: OpenFiles, names: Sequence[str]) -> None:
        self._files = files
        self._names = names
        self._starts: list[int] = []
        self.size = 0
        for name in names:
            self._starts.append(self.size)
            self.size += files.bytes_of(name)

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill a buffer from a place of the row on."""
        done = 0
        while done < len(buffer):
            at = offset + done
            number = bisect_right(self._starts, at) - 1
            name = self._names[number]
            inside = at - self._starts[number]
            there = self._files.bytes_of(name) - inside
            end = min(len(buffer), done + there)
            self._files.read_into(name, inside, buffer[done:end])
            done = end

    def refuse_pointers(self) -> None:
        """Refuse files that Git LFS left in the place of the real ones."""
        for name in self._names:
            head = self._files.part(
                name, 0, min(64, self._files.bytes_of(name))
            )
            self._files.refuse_pointer(name, bytes(head))


def lists_weights(source: BinaryIO, size: int, limits: Limits) -> bool:
    """Say whether a JSON file lists weights as TensorFlow.js does."""
    if size > limits.config_bytes:
        return False

    return MANIFEST in Window(source, 0, size).read(size)


def read_layers_model(files: OpenFiles, limits: Limits) -> Contents:
    """Return the contents of a layers model."""
    model = _json(files, limits)
    topology = model.get("modelTopology")
    if model.get("format") == "graph-model" or _is_graph(topology):
        raise ProblemError(
            "is a TensorFlow.js graph model, whose topology is TensorFlow's "
            "operations and not Keras's layers; open the Keras model it was "
            "made from, or convert that to a layers model"
        )

    arrays = _weights(model.get("weightsManifest"), files, limits)
    config, version, backend = _configuration(topology)
    contents = Contents("tfjs", "layer_names", [])
    contents.on_demand = True
    contents.facts = {"files": ", ".join(files.names())}
    for key, word in (("generatedBy", "by"), ("convertedBy", "converted by")):
        said = _line(model.get(key))
        if said is not None:
            contents.facts[word] = said

    contents.backend = _line(backend)
    contents.keras_version = _line(version)
    if config is None:
        contents.layers = grouped(arrays)
        return contents

    contents.config = json.dumps(config)
    try:
        contents.layers = _by_layers(arrays, config)
    except RecursionError:
        raise ProblemError(
            "has a configuration that is nested too deep"
        ) from None

    return contents


def _json(files: OpenFiles, limits: Limits) -> dict[str, Any]:
    name = files.names()[0]
    data = bytes(files.whole(name, limits.config_bytes))
    if data.count(b",") + data.count(b"[") > limits.config_values:
        raise ProblemError(
            f"is a model.json of more than {limits.config_values:,} values"
        )

    try:
        model = json.loads(data.decode("utf-8-sig", "surrogateescape"))
    except RecursionError:
        raise ProblemError(
            "has a configuration that is nested too deep"
        ) from None
    except ValueError:
        raise ProblemError(
            f"is damaged: it isn't valid JSON; {AGAIN}"
        ) from None

    if not isinstance(model, dict):
        raise ProblemError("is JSON, but no TensorFlow.js model")

    return model


def _is_graph(topology: Any) -> bool:
    """Say whether a topology is a graph of TensorFlow's operations."""
    return isinstance(topology, dict) and isinstance(topology.get("node"), list)


def _configuration(topology: Any) -> tuple[Any, Any, Any]:
    """Return the model's configuration, the Keras that wrote it and its
    backend.
    """
    if not isinstance(topology, dict):
        return None, None, None

    inside = topology.get("model_config", topology)
    version = topology.get("keras_version")
    backend = topology.get("backend")
    if isinstance(inside, dict) and "class_name" in inside:
        kept = {key: inside.get(key) for key in ("class_name", "config")}
        return kept, version, backend

    return None, version, backend


def _line(value: Any) -> str | None:
    if isinstance(value, str) and value.isprintable():
        return value

    return None


# Weights ----------------------------------------------------------------------


def _weights(
    manifest: Any,
    files: OpenFiles,
    limits: Limits,
) -> dict[str, Found]:
    """Return the weights of all groups by their names."""
    if not isinstance(manifest, list):
        raise ProblemError("has a list of weights that is no list")

    found: dict[str, Found] = {}
    used: set[str] = set()
    for group in manifest:
        if not isinstance(group, dict):
            raise ProblemError("has a list of weights that is damaged")

        names = _paths(group.get("paths"), files, used)
        stretch = Stretch(files, names)
        for name, weight in _in_group(group.get("weights"), stretch, limits):
            if name in found:
                raise ProblemError(f"lists the weight {name!r} twice: refused")

            found[name] = weight
            if len(found) > limits.arrays:
                raise ProblemError(f"lists more than {limits.arrays:,} arrays")

    return found


def _paths(listed: Any, files: OpenFiles, used: set[str]) -> list[str]:
    """Return the names of a group's files, each a plain name, there and in no
    other group.
    """
    if not isinstance(listed, list):
        raise ProblemError("has a group of weights without files")

    names = []
    for path in listed:
        name = path
        if isinstance(path, str):
            # a program in the browser writes `./NAME.weights.bin`
            name = path.removeprefix("./")

        if not isinstance(name, str) or not _is_plain(name):
            raise ProblemError(
                f"names a file of weights that isn't beside it ({name!r:.60}): "
                "refused"
            )
        if not files.has(name) or name == files.names()[0]:
            raise ProblemError(
                f"is a TensorFlow.js model without its {name!r:.60}, which "
                "holds weights: copy all files of the folder"
            )
        if name in used:
            raise ProblemError(
                f"names the file of weights {name!r:.60} twice: refused"
            )

        used.add(name)
        names.append(name)

    return names


def _is_plain(name: str) -> bool:
    return bool(name) and not any(mark in name for mark in "/\\:\0")


def _in_group(
    listed: Any,
    stretch: Stretch,
    limits: Limits,
) -> Iterator[tuple[str, Found]]:
    """Yield a group's weights, one behind the other; together they are as long
    as its files.
    """
    if not isinstance(listed, list):
        raise ProblemError("has a group of files without weights")

    offset = 0
    for one in listed:
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise ProblemError("has a list of weights that is damaged")

        name = one["name"]
        stored, dtype = _types(one)
        shape = _shape(name, one.get("shape"), limits)
        size = array_bytes(shape, stored)
        scale, least = _scale(name, one.get("quantization"))
        length = array_bytes(shape, dtype)
        weight = Weight(
            stretch,
            offset,
            stored,
            dtype,
            shape,
            length,
            scale,
            least,
        )
        offset += size
        yield name, Found(name, weight)

    if offset != stretch.size:
        stretch.refuse_pointers()
        raise ProblemError(
            f"declares {offset:,} bytes of weights, and their files hold "
            f"{stretch.size:,}: copy all files of the folder again"
        )


def _types(one: Mapping[str, Any]) -> tuple[str, str]:
    """Return the type of a weight's bytes and the type of its values."""
    name, dtype = one["name"], one.get("dtype")
    quantization = one.get("quantization")
    if quantization is None:
        if dtype not in _DTYPES or dtype == "float16":
            raise ProblemError(
                f"holds the weight {name!r:.60} of the type {dtype!r:.20}, "
                "which isn't numbers that are read"
            )

        return str(dtype), str(dtype)

    stored = None
    if isinstance(quantization, dict):
        stored = quantization.get("dtype")

    if stored not in _QUANTIZED or dtype not in ("float32", "int32"):
        raise ProblemError(
            f"holds the weight {name!r:.60}, which is quantized in a way that "
            "isn't known"
        )

    return str(stored), "float32"


def _scale(name: str, quantization: Any) -> tuple[float | None, float]:
    """Return the scale and the least value of a weight that was quantized as
    whole numbers; no scale for any other.
    """
    if quantization is None or quantization.get("dtype") == "float16":
        return None, 0.0

    scale, least = quantization.get("scale"), quantization.get("min")
    for value in (scale, least):
        if type(value) not in (int, float) or abs(value) > 1e38:
            raise ProblemError(
                f"holds the weight {name!r:.60}, whose scale is no number"
            )

    return float(scale), float(least)


def _shape(name: str, shape: Any, limits: Limits) -> tuple[int, ...]:
    sound = isinstance(shape, list) and len(shape) <= limits.rank
    if not sound or not all(
        type(side) is int and 0 <= side < 1 << 48 for side in shape
    ):
        raise ProblemError(f"holds the weight {name!r:.60} of no known shape")

    return tuple(shape)


# Which weight is in which layer -----------------------------------------------


def _by_layers(arrays: Mapping[str, Found], config: Any) -> list[Layer]:
    """Return weights by the layers of the configuration, in its order; one of
    no layer is in a group of its own name.
    """
    owners = _owners(config)
    layers: dict[str, Layer] = {}
    for owner in owners.values():
        layers.setdefault(owner, Layer(owner))

    for name, found in arrays.items():
        *folders, _ = name.split("/")
        known = [owners[folder] for folder in folders if folder in owners]
        owner = "/".join(folders) or name
        if known:
            owner = known[0]

        layer = layers.setdefault(owner, Layer(owner))
        layer.arrays.append(found)

    return list(layers.values())


def _owners(config: Any) -> dict[str, str]:
    """Return the layers of the model by their own names and by those of the
    layers inside them; an outer name counts before an inner one.
    """
    own: dict[str, str] = {}
    inner: dict[str, str] = {}
    for listed in _layers(config):
        name = _name(listed)
        if name is None:
            continue

        own[name] = name
        for inside in _inside(listed):
            inner.setdefault(inside, name)

    return {**inner, **own}


def _layers(config: Any) -> list[Any]:
    inside = None
    if isinstance(config, dict):
        inside = config.get("config")
    if isinstance(inside, dict):
        inside = inside.get("layers")
    if isinstance(inside, list):
        return inside

    return []


def _wrapped(listed: Any) -> list[Any]:
    """Return the layers that a wrapper wraps."""
    config = None
    if isinstance(listed, dict):
        config = listed.get("config")
    if not isinstance(config, dict):
        return []

    return [config[key] for key in _WRAPPED if key in config]


def _name(listed: Any) -> str | None:
    if not isinstance(listed, dict):
        return None

    config = listed.get("config")
    name = listed.get("name")
    if isinstance(config, dict):
        name = config.get("name", name)

    if isinstance(name, str):
        return name

    return None


def _inside(listed: Any) -> Iterator[str]:
    """Yield the names of the layers in a layer: a nested model's, and the one
    that a wrapper wraps.
    """
    for inner in (*_layers(listed), *_wrapped(listed)):
        name = _name(inner)
        if name is not None:
            yield name

        yield from _inside(inner)
