"""What each kind of layer does, in one sentence for somebody who meets it for the first
time; a feed-forward class declares its own.
"""

from __future__ import annotations

from rnn_tui.engine.layers.registry import schema

SENTENCES = {
    "LSTM": (
        "Reads the sequence step by step; gates decide what its cell state forgets, "
        "takes in and shows."
    ),
    "GRU": (
        "Reads the sequence step by step; two gates decide how much of the past stays "
        "in its state."
    ),
    "SimpleRNN": (
        "Reads the sequence step by step; the new state is one activation of input "
        "and old state."
    ),
    "CuDNNLSTM": (
        "An LSTM in the layout of NVIDIA's library, converted to the usual one."
    ),
    "CuDNNGRU": "A GRU in the layout of NVIDIA's library, converted to the usual one.",
    "RNN": (
        "Moves the cells it holds along the sequence, the output of one feeding the "
        "next."
    ),
    "Bidirectional": (
        "Reads the sequence twice, from both ends, and joins what the two layers say."
    ),
    "ConvLSTM1D": (
        "An LSTM whose products with input and state are convolutions over a line."
    ),
    "ConvLSTM2D": (
        "An LSTM whose products with input and state are convolutions over an image."
    ),
    "ConvLSTM3D": (
        "An LSTM whose products with input and state are convolutions over a volume."
    ),
    "Lambda": "Holds code of its author's, which is shown and never run.",
    "Sequential": "A model used as a layer: its layers one after another.",
    "Functional": "A model used as a layer: its layers as a graph.",
    "Model": "A model used as a layer: its layers as a graph.",
}


GATES = {
    "lstm": {
        "i": "input: what is let in",
        "f": "forget: what is kept",
        "c": "candidate",
        "o": "output: what is shown",
    },
    "gru": {
        "z": ("update: how much past stays"),
        "r": ("reset: what the candidate sees"),
        "h": "candidate",
    },
    "simple_rnn": {"h": "the state itself"},
}
"""What each gate is for, by the cell's kind."""


def kind_of(class_name: str) -> str:
    """Return which cell a recurrent layer's class has, as GATES calls it."""
    if "LSTM" in class_name:
        return "lstm"
    if "GRU" in class_name:
        return "gru"

    return "simple_rnn"


def sentence(class_name: str) -> str:
    """Return what a layer of this class does, empty for one we can say nothing
    about.
    """
    declared = schema(class_name)
    if declared is not None:
        return declared.sentence

    return SENTENCES.get(class_name, "")
