"""Which of the file's arrays belong to which layer: by order, number and place,
never by the arrays' names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnn_tui.formats.data.description import FileDescription, StoredArray
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights.slots import Slot, slots

if TYPE_CHECKING:
    from rnn_tui.formats.weights.attach_by_path import ListInside


@dataclass(eq=False)
class Attached:
    """The arrays of one layer in the order of its slots, or the reason why
    there are none.
    """

    arrays: list[StoredArray]
    problem: str | None = None


Attachment = dict[int, Attached]
"""By the identity of a LayerSpec."""


def leaves(spec: LayerSpec) -> Iterator[LayerSpec]:
    """Yield the layers within that hold arrays of their own, in the model's
    order.
    """
    if spec.graph is not None:
        for inner in spec.graph.layers:
            yield from leaves(inner)
    elif spec.wraps and spec.class_name in ("Bidirectional", "TimeDistributed"):
        for inner in spec.wraps:
            yield from leaves(inner)
    else:
        yield spec


def attach(
    graph: GraphSpec,
    file: FileDescription,
    era: Era,
    list_inside: ListInside,
) -> Attachment:
    """Return the arrays of every layer of the model; `list_inside` lists the
    arrays in a layer of its author's own class.
    """
    if file.layout == "paths":
        from rnn_tui.formats.weights.attach_by_path import by_path

        found_by_path = by_path(graph, file, era, list_inside)
        return {
            key: Attached(arrays, problem)
            for key, (arrays, problem) in found_by_path.items()
        }

    if file.layout == "tracked":
        from rnn_tui.formats.weights.attach_tracked import by_tracked_path

        tracked = by_tracked_path(graph, file, era, list_inside)
        return {
            key: Attached(arrays, problem)
            for key, (arrays, problem) in tracked.items()
        }

    if is_by_variable_names(file):
        from rnn_tui.formats.weights.attach_by_name import by_name

        return by_name(graph, file, era)

    found: Attachment = {}
    groups = {group.name: group for group in file.groups}
    if file.layout == "nb_layers":
        numbered = [group for group in file.groups if group.arrays]
        holding = [
            spec
            for spec in graph.layers
            if any(slots(leaf, era) != [] for leaf in leaves(spec))
        ]
        groups = {
            spec.name: group
            for spec, group in zip(holding, numbered, strict=False)
        }

    for spec in _holders(graph, groups):
        group = groups.get(spec.name)
        problem: str | None
        if group is None:
            problem = "the file has no group of this name"
        else:
            problem = group.problem

        if group is None or problem is not None:
            _missing(spec, era, found, problem or "")
        else:
            share_out(spec, list(group.arrays), era, found)

        for leaf in leaves(spec):
            if leaf.class_name == "SpectralNormalization":
                _divide(leaf, era, found)

    return found


def is_by_variable_names(file: FileDescription) -> bool:
    """Whether a file tells its layers by nothing but the names of their
    variables.
    """
    containers = ("tf-checkpoint", "savedmodel", "tfjs")
    has_layers = file.config is not None

    return (
        file.layout == "layer_names"
        and file.container in containers
        and not has_layers
    )


def _divide(spec: LayerSpec, era: Era, found: Attachment) -> None:
    """Leave a SpectralNormalization its vector, the second of its arrays, and
    give the others to the layer it wraps.
    """
    own = found.get(id(spec))
    if own is None or own.problem is not None or slots(spec, era) is None:
        return

    kernel, vector, *rest = own.arrays
    inner = spec.wraps[0]
    found[id(spec)] = Attached([vector])
    found[id(inner)] = Attached([kernel, *rest])


def _holders(
    graph: GraphSpec,
    groups: Mapping[str, object],
) -> Iterator[LayerSpec]:
    """Yield the layers that have a group each; Keras 1 writes a nested model's
    layers beside the outer ones.
    """
    for spec in graph.layers:
        if spec.graph is not None and spec.name not in groups:
            yield from _holders(spec.graph, groups)
        else:
            yield spec


def _missing(
    spec: LayerSpec,
    era: Era,
    found: Attachment,
    problem: str,
) -> None:
    for leaf in leaves(spec):
        if slots(leaf, era) != []:
            found[id(leaf)] = Attached([], problem)


def wrapped(
    spec: LayerSpec,
    arrays: list[StoredArray],
    era: Era,
    found: Attachment,
) -> int:
    """Give the layers in somebody's own wrapper the arrays that are theirs by
    their shapes; return how many.
    """
    if not spec.wraps:
        return 0

    # few models have such a wrapper
    from rnn_tui.formats.weights.classify import makes

    inner = [leaf for one in spec.wraps for leaf in leaves(one)]
    taken = 0
    given: Attachment = {}
    for leaf in inner:
        wanted = slots(leaf, era) or []
        part = arrays[taken : taken + len(wanted)]
        if not part or not makes(
            [array.shape for array in part],
            leaf.class_name,
        ):
            return 0

        given[id(leaf)] = Attached(part)
        taken += len(part)

    found.update(given)

    return taken


def _in_order(spec: LayerSpec, spare: int) -> bool:
    """Whether a layer's slots aren't in the order of a file that keeps the
    trainable arrays first.
    """
    return spec.class_name == "SpectralNormalization" or (
        spec.config.get("quantized") is not None and not spare
    )


def share_out(
    spec: LayerSpec,
    arrays: list[StoredArray],
    era: Era,
    found: Attachment,
) -> None:
    """Give one group's arrays to the layers within: trainable ones of all
    first, then the others of all.
    """
    wanted = [(leaf, slots(leaf, era)) for leaf in leaves(spec)]
    unknown = [leaf for leaf, kept in wanted if kept is None]
    counts = [len(kept or []) for _, kept in wanted]
    known = sum(counts)
    spare = len(arrays) - known

    # the arrays that are left belong to the only layer that may have any
    if len(unknown) == 1 and spare >= 0:
        filler = [Slot(f"array_{number}") for number in range(spare)]
        filled = []
        for leaf, kept in wanted:
            if kept is None:
                kept = filler

            filled.append((leaf, kept))

        _share(filled, arrays, found)
        return

    only = None
    if len(wanted) == 1 and not unknown:
        only = wanted[0][0]

    if only is not None and not _in_order(only, spare):
        inner = wrapped(only, arrays, era, found)
        found[id(only)] = Attached(arrays[inner:])
    elif spare or unknown:
        note = (
            f"its group holds {len(arrays)} arrays where the configuration "
            f"asks for {known}"
        )
        _missing(spec, era, found, note)
    else:
        known_slots = [(leaf, kept or []) for leaf, kept in wanted]
        _share(known_slots, arrays, found)


def _share(
    wanted: list[tuple[LayerSpec, list[Slot]]],
    arrays: list[StoredArray],
    found: Attachment,
) -> None:
    """Give each layer as many arrays as it has slots, in the order of the
    file.
    """
    source = iter(arrays)
    given: dict[int, dict[int, StoredArray]] = {
        id(leaf): {} for leaf, _ in wanted
    }
    for trainable in (True, False):
        for leaf, kept in wanted:
            for number, slot in enumerate(kept):
                if slot.trainable is trainable:
                    given[id(leaf)][number] = next(source)

    for leaf, kept in wanted:
        if kept:
            own = given[id(leaf)]
            found[id(leaf)] = Attached(
                [own[number] for number in range(len(kept))]
            )
