"""The computation of each kind of layer, in one sentence for a reader who meets
it for the first time; a feed-forward class declares its own.
"""

from __future__ import annotations

from rnn_tui.engine.cells.kinds import (
    KINDS,
    added_class,
    cudnn_kinds,
    with_article,
)
from rnn_tui.engine.layers.registry import schema

SENTENCES = {
    "RNN": (
        "Moves the cells it holds along the sequence, the output of one "
        "feeding the next."
    ),
    "Bidirectional": (
        "Reads the sequence twice, from both ends, and joins what the two "
        "layers say."
    ),
    "Lambda": "Holds code of its author's, which is shown and never run.",
    "Sequential": "A model used as a layer: its layers one after another.",
    "Functional": "A model used as a layer: its layers as a graph.",
    "Model": "A model used as a layer: its layers as a graph.",
}


def sentence(class_name: str) -> str:
    """Return the sentence about a layer of this class, empty for a class
    without a sentence.
    """
    recurrent = added_class(class_name) or class_name
    if recurrent in KINDS:
        return KINDS[recurrent].sentence

    for kind in cudnn_kinds():
        if kind.cudnn == class_name:
            layer = with_article(kind.class_name)
            return (
                f"{layer[:1].upper()}{layer[1:]} in the layout of NVIDIA's "
                "library, converted to the usual one."
            )

    declared = schema(class_name)
    if declared is not None:
        return declared.sentence

    return SENTENCES.get(class_name, "")
