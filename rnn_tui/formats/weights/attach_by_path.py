"""Arrays laid out by object path (`layers/lstm_1/cell/vars/0`): segments are snake-case
class names, numbered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from rnn_tui.formats.architecture.class_words import snake
from rnn_tui.formats.data.description import FileDescription, StoredArray, StoredGroup
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec, cells_of
from rnn_tui.formats.weights.slots import slots

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
Found = dict[int, tuple[list[StoredArray], str | None]]


class ListInside(Protocol):
    """Lists the layers inside one of somebody's own class: its own arrays, and those of
    each layer inside.
    """

    def __call__(
        self,
        spec: LayerSpec,
        place: str,
        groups: Sequence[StoredGroup],
        file: FileDescription,
        era: Era,
    ) -> tuple[list[StoredArray], Found]:
        """Return the arrays that stay the layer's own, and what was found of the layers
        inside.
        """


class Tree:
    """The groups of a file by path, and how the layers inside somebody's own are
    listed.
    """

    def __init__(self, file: FileDescription, list_inside: ListInside) -> None:
        self.file = file
        self.list_inside = list_inside
        self.groups: Mapping[str, StoredGroup] = {
            tidy(group.name): group for group in file.groups
        }
        self._below: dict[str, list[StoredGroup]] = {}
        self._segments: dict[str, dict[str, None]] = {}
        for name, group in self.groups.items():
            path = name
            while path:
                self._below.setdefault(path, []).append(group)
                path, _, last = path.rpartition("/")
                self._segments.setdefault(path, {})[last] = None

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
    r"""Return a path with `/` where Windows wrote `\`, without the `vars` at its
    end.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part]
    return "/".join(parts[:-1] if parts and parts[-1] == "vars" else parts)


def by_path(
    graph: GraphSpec, file: FileDescription, era: Era, list_inside: ListInside
) -> Found:
    """Return the arrays of every layer of the model."""
    tree = Tree(file, list_inside)
    found: Found = {}
    _container(graph, "", tree, era, found)

    return found


def _container(graph: GraphSpec, root: str, tree: Tree, era: Era, found: Found) -> None:
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


def _places(graph: GraphSpec, base: str, tree: Tree, era: Era) -> dict[int, str]:
    """Return the path of each layer: by the name its group keeps, else by its number
    among those of its class.
    """
    present = tree.segments(base)
    named = {
        group.layer_name: name
        for name in present
        if (group := tree.groups.get(f"{base}/{name}")) is not None
    }
    by_class: dict[str, list[LayerSpec]] = {}
    for spec in graph.layers:
        if not spec.operator:
            by_class.setdefault(snake(spec.written), []).append(spec)

    places: dict[int, str] = {}
    numbers = _numbers(present)
    for segment, specs in by_class.items():
        numbered = numbers.get(segment, set())
        full = [n for n in sorted(numbered) if tree.arrays(_join(base, segment, n))]
        holding = [k for k, spec in enumerate(specs) if _holds(spec, era)]
        exact = numbered.issuperset(holding)
        given = dict(zip(holding, full, strict=False))
        for k, spec in enumerate(specs):
            if spec.name in named:
                places[id(spec)] = f"{base}/{named[spec.name]}"
            elif exact:
                places[id(spec)] = _join(base, segment, k)
            elif k in given:
                places[id(spec)] = _join(base, segment, given[k])

    return places


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
    """Return the numbers that occur of each segment: of `lstm`, `lstm_1` and `gru_3`
    those of `lstm` and of `gru`.
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
    spec: LayerSpec, place: str | None, tree: Tree, era: Era, found: Found
) -> None:
    if spec.graph is not None:
        _container(spec.graph, place or "?", tree, era, found)
    elif spec.wraps and spec.class_name in ("Bidirectional", "TimeDistributed"):
        # one of two where both would be the same
        for inner, part in zip(spec.wraps, _parts(spec), strict=False):
            _layer(
                inner, None if place is None else f"{place}/{part}", tree, era, found
            )
    elif spec.wraps and place is not None:
        # somebody's own wrapper keeps what it wraps as Keras's wrappers do
        for inner in spec.wraps:
            _layer(inner, f"{place}/layer", tree, era, found)

        found[id(spec)] = (
            [
                a
                for group in tree.below(place)
                if not _under(group, place)
                for a in group.arrays
            ],
            None,
        )
    elif spec.own and place is not None and _several(tree.below(place)):
        arrays, inside = tree.list_inside(
            spec, place, tree.below(place), tree.file, era
        )
        found[id(spec)] = (arrays, None)
        found.update(inside)
    elif slots(spec, era) != []:
        if place is None:
            groups = []
        else:
            groups = _cells(spec, place, tree) or list(_in_order(tree.below(place)))

        problem = next((group.problem for group in groups if group.problem), None)
        if not groups and slots(spec, era) is not None:
            problem = "the file has no group for it"

        found[id(spec)] = (
            [array for group in groups for array in group.arrays],
            problem,
        )


def _several(groups: list[StoredGroup]) -> bool:
    """Whether the groups of one layer are those of several: none but the cells of an
    RNN has two with arrays.
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
    """Return the groups of stacked cells in their own order: each is numbered among
    those of its class.
    """
    base = f"{place}/cell/cells"
    present = tree.segments(base)
    left: dict[str, list[int]] = {}
    groups = []
    for cell in cells_of(spec.config.get("cell")) if present else []:
        config = cell.get("config")
        outer = None
        if isinstance(config, Mapping):
            outer = config.get("wrapped_as")

        segment = snake(str(outer or cell.get("written") or cell.get("class_name")))
        numbers = left.setdefault(
            segment,
            sorted(n for name in present if (n := _number(name, segment)) is not None),
        )
        if numbers:
            groups += tree.below(_join(base, segment, numbers.pop(0)))

    return groups


HEADS = ("query", "key", "gate", "value", "output")


def _in_order(groups: list[StoredGroup]) -> Iterator[StoredGroup]:
    """Yield a layer's groups in Keras's order: numbered cells by number, attention's
    projections as they are made.

    An activation that is a layer with an array of its own is the last.
    """

    def place(group: StoredGroup) -> tuple[int, int]:
        last = tidy(group.name).split("/")[-1]
        if last == "activation":
            return len(HEADS), 0

        head = next((k for k, name in enumerate(HEADS) if f"{name}_dense" in last), 0)
        tail = last.rsplit("_", 1)[-1]

        return head, int(tail) if tail.isdecimal() else 0

    yield from sorted(groups, key=place)
