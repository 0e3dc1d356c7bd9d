"""The names in a file of weights: each layer's place with its arrays, or with
none; its class isn't known here yet.

Keras ≥ 2.12 lays weights out by path, every segment below `layers` a class's
name. Before, groups have the layers' names, and the arrays' names in them say
whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rnn_tui.formats.architecture.class_words import class_named, stem
from rnn_tui.formats.architecture.parse import MODELS
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.weights.attach_by_path import CONTAINERS, tidy

SKIPPED = (
    "optimizer",
    "metrics",
    "loss_tracker",
    "_metrics",
    "compile_metrics",
    "seed_generator",
    "seed_generators",
)
SIDES = {"forward_layer": "forward", "backward_layer": "backward"}
NUMBERED = "layer_with_weights-"
"""How a checkpoint calls the layers of a model that have weights, by their
number.
"""
CELL, CELLS, WRAPPED = "cell", "cells", "layer"


@dataclass(eq=False)
class Place:
    """One layer of the file.

    `word` may say its class, and `is_class` whether it is a class's name for
    sure (a path's segment), whoever wrote the class. `parts` are the
    layers inside: a Bidirectional's sides, a wrapper's layer, stacked cells.
    `called` is the layer's own name where the file has it beside the path;
    `address` is the group's, see StoredGroup.
    """

    name: str
    word: str
    arrays: list[StoredArray] = field(default_factory=list)
    parts: dict[str, Place] = field(default_factory=dict)
    is_class: bool = False
    called: str | None = None
    address: int = 0
    by_path: bool = False
    """Whether the arrays are numbered instead of named."""

    @property
    def class_name(self) -> str | None:
        """The class of Keras's that its word means, None for another word."""
        return class_named(self.word)

    def all_arrays(self) -> list[StoredArray]:
        """Return its arrays and those of the layers inside."""
        inner = [
            array for part in self.parts.values() for array in part.all_arrays()
        ]
        return [*self.arrays, *inner]


def places(file: FileDescription) -> list[Place]:
    """Return every layer the file names, in its order."""
    if file.layout == "paths":
        return list(_in_paths(file.groups))
    if file.layout == "tracked":
        return _by_own_names(list(_in_paths(file.groups)))

    return [place for group in file.groups for place in _in_group(group)]


def _readable(group: StoredGroup) -> list[StoredArray]:
    return [array for array in group.arrays if array.problem is None]


# By path ----------------------------------------------------------------------


@dataclass(eq=False)
class _Tree:
    """A group and those below it."""

    group: StoredGroup | None = None
    below: dict[str, _Tree] = field(default_factory=dict)

    def arrays(self) -> list[StoredArray]:
        """Return every array at this group and below."""
        if self.group is None:
            own = []
        else:
            own = _readable(self.group)

        return own + [
            array for tree in self.below.values() for array in tree.arrays()
        ]

    def children(self) -> dict[str, _Tree]:
        """Return the groups directly below that may be layers."""
        return {
            name: tree
            for name, tree in self.below.items()
            if name not in SKIPPED
        }

    @property
    def called(self) -> str | None:
        """The name Keras gave the layer."""
        if self.group is None:
            return None

        return self.group.layer_name

    @property
    def address(self) -> int:
        """Where the file keeps the last of it."""
        own = 0 if self.group is None else self.group.address
        return max([own, *(tree.address for tree in self.below.values())])


def _in_paths(groups: tuple[StoredGroup, ...]) -> Iterator[Place]:
    root = _Tree()
    for group in groups:
        tree = root
        for part in tidy(group.name).split("/"):
            if part:
                tree = tree.below.setdefault(part, _Tree())

        tree.group = group

    if root.group is not None and (own := _readable(root.group)):
        yield Place("layer", "", own, by_path=True)

    yield from _container(root, "")


def _container(tree: _Tree, prefix: str) -> Iterator[Place]:
    """Yield the layers of a model: those listed as its layers, then those that
    are its attributes.
    """
    for name, below in tree.children().items():
        if name in CONTAINERS:
            for segment, layer in below.children().items():
                yield from _layer(
                    layer,
                    segment,
                    f"{prefix}{segment}",
                    is_class=True,
                )
        else:
            yield from _layer(below, name, f"{prefix}{name}", is_class=False)


def _layer(
    tree: _Tree,
    segment: str,
    name: str,
    is_class: bool,
) -> Iterator[Place]:
    """Yield the layer at a path, or those of the model or of the list that is
    there.
    """
    below = tree.children()
    if any(container in below for container in CONTAINERS):
        yield from _container(tree, f"{name}/")
        return

    word = segment
    if (
        not is_class
        and tree.called is not None
        and class_named(tree.called) is not None
    ):
        word = tree.called
        is_class = True

    place = Place(
        name,
        word,
        is_class=is_class,
        called=tree.called,
        address=tree.address,
        by_path=True,
    )
    if any(side in below for side in SIDES):
        place.parts = {
            SIDES[side]: _inside(below[side]) for side in SIDES if side in below
        }
    elif CELL in below:
        _cells(place, below[CELL])
    elif WRAPPED in below:
        place.parts = {WRAPPED: _inside(below[WRAPPED])}
    elif is_class or (tree.group is not None and tree.group.arrays):
        place.arrays = tree.arrays()
    else:
        for part, inner in below.items():
            yield from _layer(inner, part, f"{name}/{part}", is_class=False)

        return

    if is_class or place.all_arrays():
        yield place


def _inside(tree: _Tree) -> Place:
    """Return the layer inside a wrapper, whose path says nothing about its
    class; its own name may.
    """
    word = tree.called or ""
    place = Place(
        "",
        word,
        called=tree.called,
        is_class=class_named(word) is not None,
        by_path=True,
    )
    below = tree.children()
    if any(name in below for name in (*SIDES, *CONTAINERS, WRAPPED)):
        place.word = place.word or "?"
        place.parts = {name: _inside(inner) for name, inner in below.items()}
    elif CELL in below:
        _cells(place, below[CELL])
    else:
        place.arrays = tree.arrays()

    return place


def _cells(place: Place, tree: _Tree) -> None:
    """Give a recurrent layer the arrays of its cell, or of each of its stacked
    cells.
    """
    if CELLS not in tree.below:
        place.arrays = tree.arrays()
        return

    stacked = tree.below[CELLS].children()
    if all(cell.address for cell in stacked.values()):
        stacked = dict(
            sorted(stacked.items(), key=lambda item: item[1].address)
        )

    place.parts = {
        name: Place(name, name, cell.arrays(), by_path=True)
        for name, cell in stacked.items()
    }


def _by_own_names(found: list[Place]) -> list[Place]:
    """Call layers that the file numbers by their own names, where each has
    one.
    """
    taken = {place.name for place in found}
    for place in found:
        folder, _, last = place.name.rpartition("/")
        if not last.startswith(NUMBERED) or place.called is None:
            continue

        if folder:
            name = f"{folder}/{place.called}"
        else:
            name = place.called

        if name not in taken:
            taken.add(name)
            place.name = name
            place.called = None

    return found


# By name ----------------------------------------------------------------------


def _in_group(group: StoredGroup) -> Iterator[Place]:
    """Yield the layer whose group it is, or those of the nested model whose
    group it is.
    """
    arrays = _readable(group)
    place = Place(
        group.name,
        group.name,
        arrays,
        is_class=class_named(group.name) is not None,
    )
    owners = _owners(group.name, arrays)
    if _is_model(place, owners):
        both = None
    else:
        both = _both(owners)

    if both is not None:
        place.arrays = []
        place.parts = both
        yield place
        return

    if place.class_name == "TimeDistributed" and arrays:
        place.arrays, place.parts = (
            [],
            {WRAPPED: Place("", _last_owner(owners), arrays)},
        )
        yield place
        return

    if place.class_name == "RNN" and len(owners) > 1:
        names = {
            f"{_leaf(owner)}_{k}": own
            for k, (owner, own) in enumerate(owners.items())
        }
        place.arrays = []
        place.parts = {
            name: Place(name, name, own) for name, own in names.items()
        }
        yield place
        return

    if len(owners) > 1 and _is_model(place, owners):
        for owner, own in _layers_of(owners).items():
            inner = StoredGroup(owner, tuple(own))
            for found in _in_group(inner):
                found.name = f"{group.name}/{found.name}"
                yield found

        return

    yield place


def _owners(
    name: str,
    arrays: list[StoredArray],
) -> dict[str, list[StoredArray]]:
    """Return a group's arrays by the path before their last part, the group's
    own name left out of it.
    """
    found: dict[str, list[StoredArray]] = {}
    for array in arrays:
        parts = array.name.split("/")[:-1]
        if name in parts:
            parts = parts[parts.index(name) + 1 :]

        found.setdefault("/".join(parts), []).append(array)

    return found


def _side(owner: str) -> str:
    """Return which direction of a Bidirectional an owner's path names, "" for
    none.
    """
    parts = owner.split("/")
    for side in ("forward", "backward"):
        if any(part.startswith(f"{side}_") for part in parts):
            return side

    return ""


def _both(owners: dict[str, list[StoredArray]]) -> dict[str, Place] | None:
    """Return the two directions, None where the names don't tell which array is
    whose.
    """
    found: dict[str, list[StoredArray]] = {}
    for owner, arrays in owners.items():
        found.setdefault(_side(owner), []).extend(arrays)

    if set(found) != {"forward", "backward"}:
        return None

    return {
        side: Place("", "", found[side]) for side in ("forward", "backward")
    }


def _is_model(place: Place, owners: dict[str, list[StoredArray]]) -> bool:
    """Whether a group is a nested model's: its arrays carry the names of the
    layers inside, and not the group's.

    A custom layer that holds layers gives them its name.
    """
    if place.class_name is not None:
        return place.class_name in MODELS

    tops = {owner.split("/")[0] for owner in owners}
    if len(tops) < 2 or "" in tops:
        return False

    if all(class_named(top) is not None for top in tops):
        return True

    for array in place.arrays:
        *folders, _ = array.name.split("/")
        if place.name in folders:
            return False

    return True


def _layers_of(
    owners: dict[str, list[StoredArray]],
) -> dict[str, list[StoredArray]]:
    """Return the arrays of a nested model by the layer inside."""
    found: dict[str, list[StoredArray]] = {}
    for owner, arrays in owners.items():
        found.setdefault(owner.split("/")[0], []).extend(arrays)

    return found


def _last_owner(owners: dict[str, list[StoredArray]]) -> str:
    return _leaf(next(iter(owners), ""))


def _leaf(owner: str) -> str:
    return stem(owner.rpartition("/")[2])
