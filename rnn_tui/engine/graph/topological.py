"""The order of a graph's calls: each after what it reads; what is read that
nobody makes, in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from rnn_tui.errors import ConfigError

if TYPE_CHECKING:
    from rnn_tui.engine.graph.nodes import Node


def in_order(nodes: Sequence[Node], known: set[str]) -> list[Node]:
    """Return the calls so that each comes after what it reads; keeps the file's
    order where it can.
    """
    done: set[tuple[str, int]] = {(name, 0) for name in known}
    missing: dict[int, set[tuple[str, int]]] = {}
    readers: dict[tuple[str, int], list[int]] = {}
    for place, node in enumerate(nodes):
        missing[place] = {(ref.layer, ref.call) for ref in node.refs()} - done
        for call in missing[place]:
            readers.setdefault(call, []).append(place)

    ready = [place for place in missing if not missing[place]]
    ordered: list[Node] = []
    while ready:
        node = nodes[heappop(ready)]
        ordered.append(node)
        for place in readers.pop((node.layer, node.call), ()):
            missing[place].discard((node.layer, node.call))
            if not missing[place]:
                heappush(ready, place)

    if len(ordered) < len(nodes):
        names = ", ".join(
            sorted({nodes[place].key for place in missing if missing[place]})[
                :5
            ]
        )
        raise ConfigError(
            f"the layers {names} read from layers that the model doesn't "
            "have, or from themselves"
        )

    return ordered
