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
    done = {(name, 0) for name in known}
    missing: dict[int, set[tuple[str, int]]] = {}
    readers: dict[tuple[str, int], list[int]] = {}
    for place, node in enumerate(nodes):
        read = {(ref.layer, ref.call) for ref in node.refs()}
        missing[place] = read - done
        for call in missing[place]:
            readers.setdefault(call, []).append(place)

    ready = [place for place, calls in missing.items() if not calls]
    ordered: list[Node] = []
    while ready:
        node = nodes[heappop(ready)]
        call = (node.layer, node.call)
        ordered.append(node)
        for place in readers.pop(call, ()):
            still_missing = missing[place]
            still_missing.discard(call)
            if not still_missing:
                heappush(ready, place)

    if len(ordered) < len(nodes):
        left = {nodes[place].key for place, calls in missing.items() if calls}
        names = ", ".join(sorted(left)[:5])
        raise ConfigError(
            f"the layers {names} read from layers that the model doesn't "
            "have, or from themselves"
        )

    return ordered
