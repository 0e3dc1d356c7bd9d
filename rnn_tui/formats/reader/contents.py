"""The contents of a file: configuration, layers in order, and values on
request.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from rnn_tui.formats.reader.layouts import (
    Found,
    Layer,
    Paths,
    by_names,
    by_numbers,
)
from rnn_tui.formats.reader.sandbox import renew_allowance
from rnn_tui.formats.wire import protocol as exchange
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

if TYPE_CHECKING:
    from rnn_tui.formats.reader.hdf5 import Group

_NESTED = ("model/kerasmodel", "kerasmodel", "model")
"""Where wrappers of other people put a full model."""


@dataclass
class Contents:
    """A described file; `fill` copies values, the rest is plain data."""

    container: str
    layout: str
    layers: list[Layer]
    config: str | None = None
    keras_version: str | None = None
    backend: str | None = None
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    vocabularies: list[dict[str, Any]] = field(default_factory=list)
    read_vocabulary: Callable[[str], bytes] | None = None
    """Brings a vocabulary by the name it is listed under, where it is no
    member of an archive.
    """
    on_demand: bool = False
    """Whether no values come with the description: they are compared with their
    checksums when they are read.
    """

    def message(self) -> dict[str, Any]:
        """Return the description as the parent expects it."""
        return {
            "container": self.container,
            "layout": self.layout,
            "keras_version": self.keras_version,
            "backend": self.backend,
            "config": self.config,
            "groups": [_group(layer) for layer in self.layers],
            "warnings": self.warnings,
            "facts": self.facts,
            "vocabularies": self.vocabularies,
        }

    def fill(
        self,
        room: mmap.mmap,
        keys: list[str] | None,
        limits: Limits,
    ) -> dict[str, int]:
        """Copy the arrays `keys` to `room` and return their offsets; None means
        all, when they are few bytes.

        An array is known by its place in the description, counted from 0. One
        that can't be read gets a problem.
        """
        arrays = [found for layer in self.layers for found in layer.arrays]
        if keys is None:
            if (
                self.on_demand
                or sum(
                    exchange.aligned(found.values.bytes)
                    for found in arrays
                    if found.values
                )
                > limits.at_once
            ):
                return {}

            keys = [str(index) for index in range(len(arrays))]

        places: dict[str, int] = {}
        offset = exchange.ARRAYS
        for key in keys:
            found = arrays[int(key)]
            if found.values is None:
                continue

            end = offset + found.values.bytes
            renew_allowance()
            try:
                found.values.read_into(memoryview(room)[offset:end])
            except ProblemError as problem:
                found.shape = found.values.shape
                found.values, found.problem = None, str(problem)
                continue

            places[key] = offset
            offset = exchange.aligned(end)

        return places

    def problems(self, keys: list[str]) -> dict[str, str]:
        """Return the problems of those arrays that can't be read."""
        arrays = [found for layer in self.layers for found in layer.arrays]
        return {
            key: arrays[int(key)].problem or ""
            for key in keys
            if arrays[int(key)].values is None
        }


def read_hdf5(source: BinaryIO, size: int, limits: Limits) -> Contents:
    """Return the contents of an HDF5 file, whatever its name."""
    from rnn_tui.formats.reader.hdf5 import open_root

    root = open_root(source, size, limits)
    for home in (root, *nested(root, _NESTED)):
        config = home.text("model_config")
        if config is not None and len(config) > limits.config_bytes:
            raise ProblemError(
                "has a configuration that is longer than "
                f"{limits.config_bytes:,} bytes"
            )
        if config is not None:
            return within(_full_model(root, home, config, limits), size, limits)

    if root.texts("layer_names") is not None:
        contents = Contents("weights-h5", "layer_names", by_names(root, limits))
        _stamp(contents, (root,))
    elif root.has_attribute("nb_layers"):
        contents = Contents(
            "weights-h5",
            "nb_layers",
            by_numbers(root, limits),
            keras_version="0",
        )
    else:
        contents = read_paths(root, limits)
        if not _holds_something(contents):
            raise ProblemError(
                f"is an HDF5 file but no Keras model: it holds {_listing(root)}"
            )

    return within(contents, size, limits)


def read_paths(root: Group, limits: Limits) -> Contents:
    """Return the weights in a tree of objects, the layout of `.weights.h5` and
    of the `.keras` archive.
    """
    return Contents("weights-h5", "paths", Paths(limits).walk(root))


def _holds_something(contents: Contents) -> bool:
    """Whether any group has arrays, a name from Keras, or a problem that may
    hide arrays.
    """
    return any(
        layer.arrays or layer.layer_name or layer.problem
        for layer in contents.layers
    )


def nested(root: Group, paths: tuple[str, ...]) -> Iterator[Group]:
    """Yield the groups at those of the paths that exist."""
    for path in paths:
        group = None
        with suppress(ProblemError):
            group = root.group(path)

        if group is not None:
            yield group


def _full_model(
    root: Group,
    home: Group,
    config: str,
    limits: Limits,
) -> Contents:
    if home.has("model_weights"):
        weights = home.group("model_weights")
    else:
        weights = home

    if weights.texts("layer_names") is not None:
        contents = Contents(
            "keras-h5",
            "layer_names",
            by_names(weights, limits),
        )
    else:
        contents = read_paths(weights, limits)
        if not _holds_something(contents):
            contents.warnings.append("the file holds no weights")

    contents.container = "keras-h5"
    contents.config = config
    _stamp(contents, (weights, home, root))

    return contents


def _stamp(contents: Contents, groups: tuple[Group, ...]) -> None:
    """Set the version and the backend the file names; without one, the version
    its configuration's words belong to.
    """
    contents.keras_version = _said(contents, groups, "keras_version") or _age(
        contents.config or ""
    )
    contents.backend = _said(contents, groups, "backend")


def _age(config: str) -> str:
    """Return the Keras a configuration's words belong to, where the file
    doesn't name it; the first didn't always.
    """
    if '"inner_init"' in config or '"init"' in config:
        return "1"
    if (
        '"DTypePolicy"' in config
        or '"keras_history"' in config
        or '"batch_shape"' in config
    ):
        return "3"
    if '"kernel_initializer"' in config or '"units"' in config:
        return "2"

    return "1"


def _said(
    contents: Contents,
    groups: tuple[Group, ...],
    name: str,
) -> str | None:
    """Return an attribute of the first group that has it; one that isn't
    readable text is a warning.
    """
    odd: str | None = None
    for group in groups:
        try:
            text = group.text(name)
        except ProblemError as problem:
            odd = str(problem)
            continue

        if text and text.isprintable():
            return text

        if text is not None:
            odd = f"the attribute {name} isn't text"

    if odd is not None:
        contents.warnings.append(f"{odd}: taken as unknown")

    return None


def within(contents: Contents, size: int, limits: Limits) -> Contents:
    """Refuse the arrays that together declare more than a file of this size
    may.
    """
    declared = 0
    for layer in contents.layers:
        for found in layer.arrays:
            if found.values is None:
                continue

            declared += found.values.bytes
            if declared > limits.declared(size):
                found.shape = found.values.shape
                found.values = None
                found.problem = (
                    "is more data than a file of this size may hold "
                    "(--max-memory)"
                )

    return contents


def _listing(root: Group) -> str:
    names = root.names()
    shown = ", ".join(names[:5])
    if len(names) > 5:
        shown += ", …"
    return shown or "nothing"


def _group(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "layer_name": layer.layer_name,
        "address": layer.address,
        "settings": layer.settings,
        "problem": layer.problem,
        "arrays": [_array(found) for found in layer.arrays],
    }


def _array(found: Found) -> dict[str, Any]:
    if found.values is None:
        return {
            "name": found.name,
            "shape": list(found.shape or ()),
            "dtype": "",
            "problem": found.problem,
        }

    return {
        "name": found.name,
        "shape": list(found.values.shape),
        "dtype": found.values.dtype,
        "problem": None,
        "same": found.same,
    }
