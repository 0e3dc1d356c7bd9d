"""How Keras lays weights out in HDF5: by lists of names, by object paths, or by
numbers as Keras 0.x did.

Each function returns the groups in order, as plain data, and beside each array
the handle its values come through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.natural_order import natural
from rnn_tui.formats.wire.problems import ProblemError, said_of

_NOT_LAYERS = frozenset(
    {"optimizer", "metrics", "optimizer_weights", "training_config"}
)
_FIRST = {"forward_layer": "", "backward_layer": "\x01"}
"""Keras counts the forward direction first; the file sorts its groups by
name.
"""


class Values:
    """An array of the file that can be read: see `hdf5.Array`."""

    dtype: str
    shape: tuple[int, ...]
    bytes: int

    def read_into(self, buffer: memoryview) -> None:
        """Fill a buffer with the values."""
        raise NotImplementedError

    def address(self) -> int:
        """Return where the file keeps the array's head, 0 where nothing
        says.
        """
        return 0


class Tree(Protocol):
    """A group of the file: see `hdf5.Group`."""

    def names(self) -> list[str]:
        """Return the names in the group."""

    def address(self) -> int:
        """Return a number that is the same for all names of one group."""

    def group(self, path: str) -> Tree:
        """Return the group at a path below."""

    def array(self, path: str) -> Values:
        """Return the array at a path below."""

    def entry(self, path: str) -> Tree | Values:
        """Return the group or array at a path below."""

    def texts(self, name: str) -> list[str] | None:
        """Return an attribute of texts."""

    def text(self, name: str) -> str | None:
        """Return an attribute that is one text."""


@dataclass
class Found:
    """An array as found: its handle, or else its problem."""

    name: str
    values: Values | None
    problem: str | None = None
    shape: tuple[int, ...] | None = None
    """The shape of an array that can't be read, where it is known all the
    same.
    """
    same: int | None = None
    """The place in the description of the first of several names of this
    array.
    """


@dataclass
class Layer:
    """The arrays of one layer, or of one object within a layer."""

    name: str
    arrays: list[Found] = field(default_factory=list)
    layer_name: str | None = None
    problem: str | None = None
    address: int = 0
    """Where the file keeps the last of the group's heads: of Keras's layers
    further on than the one before, but for a head that fills a gap.
    """
    settings: dict[str, Any] = field(default_factory=dict)
    """The settings that a module of PyTorch's keeps beside its parameters."""


def by_names(root: Tree, limits: Limits) -> list[Layer]:
    """Return the layers that the attribute `layer_names` lists, in its order;
    Keras 1 to 3, `.h5`.
    """
    layers = []
    total = 0
    for name in root.texts("layer_names") or []:
        layer = Layer(name)
        layers.append(layer)
        try:
            group = root.group(name)
            weights = group.texts("weight_names")
        except ProblemError as problem:
            layer.problem = said_of(
                f"the group of layer {name!r}",
                str(problem),
            )
            continue

        for weight in weights or []:
            layer.arrays.append(_found(group, weight))

        total += len(layer.arrays)
        if total > limits.arrays:
            raise ProblemError(f"lists more than {limits.arrays:,} arrays")

    return layers


def by_numbers(root: Tree, limits: Limits) -> list[Layer]:
    """Return the layers `layer_0`, `layer_1`, … that Keras 0.x wrote, each with
    `param_0`, `param_1`, …
    """
    layers = []
    total = 0
    for name in sorted(
        (name for name in root.names() if name.startswith("layer_")),
        key=natural,
    ):
        layer = Layer(name)
        layers.append(layer)
        try:
            group = root.group(name)
            names = group.names()
        except ProblemError as problem:
            layer.problem = said_of(f"the group {name!r}", str(problem))
            continue

        layer.arrays = [
            _found(group, name) for name in sorted(names, key=natural)
        ]
        total += len(layer.arrays)
        if total > limits.arrays:
            raise ProblemError(f"lists more than {limits.arrays:,} arrays")

    return layers


def _found(group: Tree, name: str) -> Found:
    try:
        return Found(name, group.array(name))
    except ProblemError as problem:
        return Found(name, None, str(problem), problem.shape)


class Paths:
    """The walk over a tree of objects (`layers/lstm/cell/vars/0`), as Keras ≥
    2.12 writes it.
    """

    def __init__(self, limits: Limits) -> None:
        self.layers: list[Layer] = []
        self.warnings: list[str] = []
        self._limits = limits
        self._seen: set[int] = set()
        self._addresses: dict[str, int] = {}
        """Of the groups that were entered, by path."""
        self._groups = 0
        self._arrays = 0

    def walk(self, root: Tree) -> list[Layer]:
        """Return the groups below `root` that are a layer's, with arrays or
        without, in natural order.
        """
        for name in self._ordered(root):
            if name not in _NOT_LAYERS:
                self._visit(root, name, name.replace("\\", "/"))

        return self.layers

    def _ordered(self, group: Tree) -> list[str]:
        return sorted(
            group.names(),
            key=lambda name: natural(_FIRST.get(name, name.replace("\\", "/"))),
        )

    def _visit(self, parent: Tree, name: str, path: str) -> None:
        self._groups += 1
        if self._groups > self._limits.groups + self._limits.arrays:
            raise ProblemError(
                f"holds more than {self._limits.groups:,} groups"
            )

        try:
            entry = parent.entry(name)
        except ProblemError as problem:
            self._note(
                path,
                Found(
                    path.rpartition("/")[2],
                    None,
                    str(problem),
                    problem.shape,
                ),
            )
            return

        if isinstance(entry, Values):
            self._note(path, Found(path.rpartition("/")[2], entry))
            return

        try:
            self._enter(entry, path)
        except ProblemError as problem:
            self.layers.append(
                Layer(
                    _object(path),
                    problem=said_of(f"the group {path!r}", str(problem)),
                )
            )

    def _enter(self, group: Tree, path: str) -> None:
        address = group.address()
        if address in self._seen:
            raise ProblemError("is one that was read already (a loop of links)")

        self._seen.add(address)
        if path.rpartition("/")[2] == "vars":
            self.layers.append(
                Layer(
                    _object(path),
                    layer_name=group.text("name") or None,
                    address=address,
                )
            )
            self._widen(self._addresses.get(path.rpartition("/")[0], 0))

        self._addresses[path] = address
        for name in self._ordered(group):
            self._visit(group, name, f"{path}/{name}".replace("\\", "/"))

    def _note(self, path: str, found: Found) -> None:
        self._arrays += 1
        if self._arrays > self._limits.arrays:
            raise ProblemError(
                f"holds more than {self._limits.arrays:,} arrays"
            )

        folder, _, _ = path.rpartition("/")
        owner = _object(folder)
        if not self.layers or self.layers[-1].name != owner:
            self.layers.append(Layer(owner))

        layer = self.layers[-1]
        layer.arrays.append(found)
        if found.values is not None:
            address = found.values.address()
            self._widen(address)

    def _widen(self, address: int) -> None:
        """Let the last layer reach to an address, where its group has one."""
        layer = self.layers[-1]
        if layer.address:
            layer.address = max(layer.address, address)


def _object(path: str) -> str:
    if path != "vars":
        return path.removesuffix("/vars")

    return ""
