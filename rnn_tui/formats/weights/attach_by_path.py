"""Arrays laid out by object path (`layers/lstm_1/cell/vars/0`): segments are
snake-case class names, numbered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from rnn_tui.formats.architecture.class_words import snake
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec, cells_of
from rnn_tui.formats.weights.slots import slots

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
Found = dict[int, tuple[list[StoredArray], str | None]]


class ListInside(Protocol):
    """Lists the layers inside one of somebody's own class: its own arrays, and
    those of each layer inside.
    """

    def __call__(
        self,
        spec: LayerSpec,
        place: str,
        groups: Sequence[StoredGroup],
        file: FileDescription,
        era: Era,
    ) -> tuple[list[StoredArray], Found]:
        """Return the layer's own arrays, and those of the layers inside."""


class Tree:
    """The groups of a file by path, and how the layers inside somebody's own
    are listed.
    """

    def __init__(self, file: FileDescription, list_inside: ListInside) -> None:
        self.file = file
        self.list_inside = list_inside
        self.groups: dict[str, StoredGroup] = {}
        self._below: dict[str, list[StoredGroup]] = {}
        self._segments: dict[str, dict[str, None]] = {}
        for group in file.groups:
            self.groups[tidy(group.name)] = group

        for name, group in self.groups.items():
            path = name
            while path:
                below = self._below.setdefault(path, [])
                below.append(group)
                path, _, last = path.rpartition("/")
                segments = self._segments.setdefault(path, {})
                segments[last] = None

    def below(self, path: str) -> list[StoredGroup]:
        """Return the groups at `path` and below, in the file's order."""
        return self._below.get(path, [])

    def segments(self, path: str) -> list[str]:
        """Return the names directly below `path`, in the file's order."""
        return list(self._segments.get(path, ()))

    def arrays(self, path: str) -> list[StoredArray]:
        """Return every array at `path` and below."""
        return [array for group in self.below(path) for array in group.arrays]


def tidy(path: str) -> str:
    r"""Return a path with `/` where Windows wrote `\`, without the `vars` at
    its end.
    """
    unix = path.replace("\\", "/")
    parts = [part for part in unix.split("/") if part]
    if parts and parts[-1] == "vars":
        parts.pop()

    return "/".join(parts)


def by_path(
    graph: GraphSpec,
    file: FileDescription,
    era: Era,
    list_inside: ListInside,
) -> Found:
    """Return the arrays of every layer of the model."""
    tree = Tree(file, list_inside)
    found: Found = {}
    _container(graph, "", tree, era, found)

    return found


def _container(
    graph: GraphSpec,
    root: str,
    tree: Tree,
    era: Era,
    found: Found,
) -> None:
    names = tree.segments(root)
    home = next((name for name in CONTAINERS if name in names), None)
    if home is None:
        base = root
    else:
        base = f"{root}/{home}".strip("/")

    places = _places(graph, base, tree, era)
    for spec in graph.layers:
        if not spec.operator:
            _layer(spec, places.get(id(spec)), tree, era, found)


def _places(
    graph: GraphSpec,
    base: str,
    tree: Tree,
    era: Era,
) -> dict[int, str]:
    """Return the path of each layer: by the name its group keeps, else by its
    number among those of its class.
    """
    present = tree.segments(base)
    named: dict[str | None, str] = {}
    for name in present:
        place = f"{base}/{name}"
        group = tree.groups.get(place)
        if group is not None:
            named[group.layer_name] = place

    by_class: dict[str, list[LayerSpec]] = {}
    for spec in graph.layers:
        if not spec.operator:
            of_class = by_class.setdefault(snake(spec.written), [])
            of_class.append(spec)

    places: dict[int, str] = {}
    present_numbers = _numbers(present)
    for segment, specs in by_class.items():
        present_of = present_numbers.get(segment, set())
        numbers = _numbers_of_class(specs, base, segment, present_of, tree, era)
        for spec, number in zip(specs, numbers, strict=True):
            if spec.name in named:
                places[id(spec)] = named[spec.name]
            elif number is not None:
                places[id(spec)] = _join(base, segment, number)

    return places


def _numbers_of_class(
    specs: list[LayerSpec],
    base: str,
    segment: str,
    present: set[int],
    tree: Tree,
    era: Era,
) -> list[int | None]:
    """Return the number of each layer of a class among the groups that are
    present.

    They are counted from 0; where the file counts otherwise, those with arrays
    are taken in turn.
    """
    holding = [place for place, spec in enumerate(specs) if _holds(spec, era)]
    if present.issuperset(holding):
        return list(range(len(specs)))

    full = [
        number
        for number in sorted(present)
        if tree.arrays(_join(base, segment, number))
    ]
    given = dict(zip(holding, full, strict=False))

    return [given.get(place) for place in range(len(specs))]


def _join(base: str, segment: str, number: int) -> str:
    if number:
        return f"{base}/{segment}_{number}"

    return f"{base}/{segment}"


def _number(name: str, segment: str) -> int | None:
    if name == segment:
        return 0

    tail = name[len(segment) + 1 :]
    if name.startswith(f"{segment}_") and tail.isdecimal():
        return int(tail)

    return None


def _numbers(names: list[str]) -> dict[str, set[int]]:
    """Return the numbers that occur of each segment: of `lstm`, `lstm_1` and
    `gru_3` those of `lstm` and of `gru`.
    """
    found: dict[str, set[int]] = {}
    for name in names:
        found.setdefault(name, set()).add(0)
        segment = name.rpartition("_")[0]
        number = _number(name, segment)
        if number is not None:
            found.setdefault(segment, set()).add(number)

    return found


def _holds(spec: LayerSpec, era: Era) -> bool:
    if spec.graph is not None:
        return any(_holds(inner, era) for inner in spec.graph.layers)
    if spec.wraps:
        return any(_holds(inner, era) for inner in spec.wraps)

    return slots(spec, era) != []


def _layer(
    spec: LayerSpec,
    place: str | None,
    tree: Tree,
    era: Era,
    found: Found,
) -> None:
    """Find the arrays of a layer at a path, and of the layers inside it."""
    wraps_as_keras = spec.class_name in ("Bidirectional", "TimeDistributed")
    if spec.graph is not None:
        _container(spec.graph, place or "?", tree, era, found)
    elif spec.wraps and wraps_as_keras:
        # one of two where both would be the same
        for inner, part in zip(spec.wraps, _parts(spec), strict=False):
            inner_place = None
            if place is not None:
                inner_place = f"{place}/{part}"

            _layer(inner, inner_place, tree, era, found)
    elif spec.wraps and place is not None:
        _own_wrapper(spec, place, tree, era, found)
    elif spec.own and place is not None and _several(tree.below(place)):
        below = tree.below(place)
        arrays, inside = tree.list_inside(spec, place, below, tree.file, era)
        found[id(spec)] = (arrays, None)
        found.update(inside)
    elif slots(spec, era) != []:
        _leaf(spec, place, tree, era, found)


def _own_wrapper(
    spec: LayerSpec,
    place: str,
    tree: Tree,
    era: Era,
    found: Found,
) -> None:
    """Find the arrays of an author's own wrapper, which keeps its layer as
    Keras's wrappers do.
    """
    for inner in spec.wraps:
        _layer(inner, f"{place}/layer", tree, era, found)

    arrays: list[StoredArray] = []
    for group in tree.below(place):
        if not _under(group, place):
            arrays += group.arrays

    found[id(spec)] = (arrays, None)


def _leaf(
    spec: LayerSpec,
    place: str | None,
    tree: Tree,
    era: Era,
    found: Found,
) -> None:
    """Find the arrays of a layer without others inside."""
    groups: list[StoredGroup] = []
    if place is not None:
        groups = _cells(spec, place, tree) or list(_in_order(tree.below(place)))

    problem = next((group.problem for group in groups if group.problem), None)
    if not groups and slots(spec, era) is not None:
        problem = "the file has no group for it"

    found[id(spec)] = (
        [array for group in groups for array in group.arrays],
        problem,
    )


def _several(groups: list[StoredGroup]) -> bool:
    """Whether the groups of one layer are those of several: none but the cells
    of an RNN has two with arrays.
    """
    holding = [tidy(group.name) for group in groups if group.arrays]
    return len(holding) > 1 and not all("/cell" in name for name in holding)


def _under(group: StoredGroup, place: str) -> bool:
    return f"{tidy(group.name)}/".startswith(f"{place}/layer/")


def _parts(spec: LayerSpec) -> tuple[str, ...]:
    if spec.class_name == "Bidirectional":
        return ("forward_layer", "backward_layer")

    return ("layer",)


def _cells(spec: LayerSpec, place: str, tree: Tree) -> list[StoredGroup]:
    """Return the groups of stacked cells in their own order: each is numbered
    among those of its class.
    """
    base = f"{place}/cell/cells"
    present = tree.segments(base)
    left: dict[str, list[int]] = {}
    groups = []
    if not present:
        return []

    for cell in cells_of(spec.config.get("cell")):
        config = cell.get("config")
        outer = None
        if isinstance(config, Mapping):
            outer = config.get("wrapped_as")

        segment = snake(
            str(outer or cell.get("written") or cell.get("class_name"))
        )
        if segment not in left:
            found = (_number(name, segment) for name in present)
            left[segment] = sorted(
                number for number in found if number is not None
            )

        numbers = left[segment]
        if numbers:
            groups += tree.below(_join(base, segment, numbers.pop(0)))

    return groups


HEADS = ("query", "key", "gate", "value", "output")


def _in_order(groups: list[StoredGroup]) -> Iterator[StoredGroup]:
    """Yield a layer's groups in Keras's order: numbered cells by number,
    attention's projections as they are made.

    An activation that is a layer with an array of its own is the last.
    """

    def place(group: StoredGroup) -> tuple[int, int]:
        last = tidy(group.name).split("/")[-1]
        if last == "activation":
            return len(HEADS), 0

        head = next(
            (k for k, name in enumerate(HEADS) if f"{name}_dense" in last),
            0,
        )
        tail = last.rsplit("_", 1)[-1]
        number = 0
        if tail.isdecimal():
            number = int(tail)

        return head, number

    yield from sorted(groups, key=place)
