"""A recurrent layer in words: its configuration as short sentences, its parameters as a sum worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.activations import Activation

MERGES: Mapping[str | None, str] = {
    "concat": "puts the outputs of both directions side by side",
    "sum": "adds the outputs of both directions",
    "mul": "multiplies the outputs of both directions",
    "ave": "averages the outputs of both directions",
    None: "returns the outputs of both directions apart",
}


def kernel_formula(gates: int, features: int | str, units: int, biases: int) -> str:
    """Return how a cell's parameters are counted: `4 × ((1 + 25) × 25 + 25)`; `biases` is how many a unit and gate."""
    inner = f"({features} + {units}) × {units}"
    if biases:
        inner = f"({inner} + {units})" if biases == 1 else f"({inner} + {biases} × {units})"
    return f"{gates} × {inner}" if gates > 1 else inner.removeprefix("(").removesuffix(")") if biases else inner


def activation_words(φ: Activation | None, σ: Activation | None) -> list[str]:
    """Return what squashes what; nothing where it is as in the textbook."""
    words = []
    if φ is not None and φ.name != "tanh":
        words.append(f"the activation is {φ.note or φ.name}")
    if σ is not None and σ.name != "sigmoid":
        words.append(f"the gates' activation is {σ.note or σ.name}")
    return words


def gru_words(reset_after: bool) -> list[str]:
    """Return where a GRU's reset gate works."""
    where = "after" if reset_after else "before"
    return [f"the reset gate works {where} the matrix product"]


def layer_words(config: Mapping[str, Any], states: Sequence[str]) -> list[str]:
    """Return what the layer reads and returns."""
    words = ["returns the whole sequence" if config.get("return_sequences") else "returns the last output only"]
    if config.get("return_state"):
        words.append(f"also returns its last state: {', '.join(states)}")
    if config.get("go_backwards"):
        words.append("reads the sequence from its end and returns what it makes in that order")
    if config.get("stateful"):
        words.append("keeps its state from one batch to the next in Keras; here it starts at zeros")
    if config.get("time_major"):
        words.append("has the timesteps as its first axis, the batch as its second")
    if config.get("zero_output_for_mask"):
        words.append("returns zeros at timesteps that are masked")
    if config.get("use_bias") is False:
        words.append("has no bias")
    if config.get("dropout") or config.get("recurrent_dropout"):
        words.append("its dropout works in training only")
    return words


def bidirectional_words(merge_mode: str | None, forward: Sequence[str], backward: Sequence[str]) -> list[str]:
    """Return how two directions are merged, what both do, and what only one does."""
    turned = "reads the sequence from its end and returns what it makes in that order"
    one, other = ([line for line in lines if line != turned] for lines in (forward, backward))
    both = [line for line in one if line in other]
    words = ["reads the sequence in both directions", MERGES.get(merge_mode, f"merges by {merge_mode}"), *both]
    words += [f"forward: {line}" for line in one if line not in both]
    return words + [f"backward: {line}" for line in other if line not in both]
