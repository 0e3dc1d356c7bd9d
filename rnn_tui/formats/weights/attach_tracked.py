"""Arrays laid out as a program owned them (`layer_with_weights-1/cell/kernel`),
a checkpoint's: the numbered layers are those of the configuration that have
weights.

A layer's own name is in the file too, but names are counted anew by each
program, so one means the layer only where the numbers don't.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rnn_tui.formats.data.description import FileDescription, StoredArray
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights.attach_by_path import (
    Found,
    ListInside,
    Tree,
    wrapped_places,
)
from rnn_tui.formats.weights.slots import Slot, holds_arrays, slots

NUMBERED = "layer_with_weights-"


def by_tracked_path(
    graph: GraphSpec,
    file: FileDescription,
    era: Era,
    list_inside: ListInside,
) -> Found:
    """Return the arrays of every layer of the model."""
    tree = Tree(file, list_inside)
    found: Found = {}
    home = _home(tree, _holding(graph, era))
    _model(graph, home, tree, era, found)

    return found


def _home(tree: Tree, holding: Sequence[LayerSpec]) -> str:
    """Return the path of the model: the root, the one object of the root's that
    has as many numbered layers, or where most of its layers' names are.
    """
    wanted = len(holding)
    if _numbered(tree, ""):
        return ""

    homes = [name for name in tree.segments("") if _numbered(tree, name)]
    fitting = [name for name in homes if len(_numbered(tree, name)) == wanted]
    if fitting:
        return fitting[0]
    if homes:
        return homes[0]

    return _home_of_names(tree, "", holding)


def _home_of_names(
    tree: Tree,
    root: str,
    holding: Sequence[LayerSpec],
) -> str:
    """Return the path below `root` under which most of the layers are whose
    names the file has: Keras 3's models keep theirs in a list of their own.
    """
    wanted = {spec.name for spec in holding}
    inside = ""
    if root:
        inside = f"{root}/"

    counts: Counter[str] = Counter()
    for path, group in tree.groups.items():
        if path.startswith(inside) and group.layer_name in wanted:
            counts[path.rpartition("/")[0]] += 1

    if not counts:
        return root

    return max(counts, key=lambda path: counts[path])


def _numbered(tree: Tree, path: str) -> list[str]:
    """Return the numbered layers below a path, by their numbers."""
    names = [
        name
        for name in tree.segments(path)
        if name.startswith(NUMBERED) and name.removeprefix(NUMBERED).isdecimal()
    ]

    return sorted(names, key=lambda name: int(name.removeprefix(NUMBERED)))


def _holding(graph: GraphSpec, era: Era) -> list[LayerSpec]:
    """Return the layers that have weights, in the configuration's order."""
    return [spec for spec in graph.layers if holds_arrays(spec, era)]


def _model(
    graph: GraphSpec,
    root: str,
    tree: Tree,
    era: Era,
    found: Found,
) -> None:
    holding = _holding(graph, era)
    numbered = [_below(root, name) for name in _numbered(tree, root)]
    places: dict[int, str] = {}
    if len(numbered) == len(holding):
        for spec, place in zip(holding, numbered, strict=True):
            places[id(spec)] = place
    else:
        named = _named(_home_of_names(tree, root, holding), tree)
        for spec in holding:
            if spec.name in named:
                places[id(spec)] = named[spec.name]

    for spec in holding:
        _layer(spec, places.get(id(spec)), tree, era, found)


def _named(root: str, tree: Tree) -> dict[str, str]:
    """Return the places below a path by the names their layers had, and by
    their own.
    """
    named: dict[str, str] = {}
    for segment in tree.segments(root):
        place = _below(root, segment)
        group = tree.groups.get(place)
        if group is not None and group.layer_name:
            named.setdefault(group.layer_name, place)

        named.setdefault(segment, place)

    return named


def _below(root: str, name: str) -> str:
    if root:
        return f"{root}/{name}"

    return name


def _layer(
    spec: LayerSpec,
    place: str | None,
    tree: Tree,
    era: Era,
    found: Found,
) -> None:
    if spec.graph is not None:
        _model(spec.graph, place or "?", tree, era, found)
        return

    if spec.wraps and spec.class_name in ("Bidirectional", "TimeDistributed"):
        for inner, inside in wrapped_places(spec, place):
            _layer(inner, inside, tree, era, found)

        return

    wanted = slots(spec, era)
    if wanted == []:
        return

    arrays: list[StoredArray] = []
    if place is not None:
        arrays = tree.arrays(place)

    problem = None
    if not arrays and wanted is not None:
        problem = "the file has no group for it"

    found[id(spec)] = (_in_slots(arrays, wanted or []), problem)


def _in_slots(
    arrays: Sequence[StoredArray],
    wanted: Sequence[Slot],
) -> list[StoredArray]:
    """Return a layer's arrays in Keras's order where their names are those it
    gives them, else as they are.
    """
    left = list(arrays)
    ordered = []
    for slot in wanted:
        named = next((array for array in left if array.name == slot.name), None)
        if named is None:
            return list(arrays)

        left.remove(named)
        ordered.append(named)

    return [*ordered, *left]
