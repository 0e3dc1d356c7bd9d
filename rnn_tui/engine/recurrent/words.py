"""A recurrent layer in words: its configuration as short sentences, its
parameters as a sum worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MERGES: Mapping[str | None, str] = {
    "concat": "puts the outputs of both directions side by side",
    "sum": "adds the outputs of both directions",
    "mul": "multiplies the outputs of both directions",
    "ave": "averages the outputs of both directions",
    None: "returns the outputs of both directions apart",
}


def layer_words(config: Mapping[str, Any], states: Sequence[str]) -> list[str]:
    """Return the layer's inputs and outputs in words."""
    words = [
        "returns the whole sequence"
        if config.get("return_sequences")
        else "returns the last output only"
    ]
    if config.get("return_state"):
        words.append(f"also returns its last state: {', '.join(states)}")

    if config.get("go_backwards"):
        words.append(
            "reads the sequence from its end and returns what it makes in "
            "that order"
        )

    if config.get("stateful"):
        words.append(
            "keeps its state from one batch to the next in Keras; here it "
            "starts at zeros"
        )

    if config.get("time_major"):
        words.append(
            "has the timesteps as its first axis, the batch as its second"
        )

    if config.get("zero_output_for_mask"):
        words.append("returns zeros at timesteps that are masked")

    if config.get("use_bias") is False:
        words.append("has no bias")

    if config.get("dropout") or config.get("recurrent_dropout"):
        words.append("its dropout works in training only")

    return words


def bidirectional_words(
    merge_mode: str | None,
    forward: Sequence[str],
    backward: Sequence[str],
) -> list[str]:
    """Return how two directions are merged, the settings of both, and those of
    one alone.
    """
    turned = (
        "reads the sequence from its end and returns what it makes in that "
        "order"
    )
    one, other = (
        [line for line in lines if line != turned]
        for lines in (forward, backward)
    )
    both = [line for line in one if line in other]
    words = [
        "reads the sequence in both directions",
        MERGES.get(merge_mode, f"merges by {merge_mode}"),
        *both,
    ]
    words += [f"forward: {line}" for line in one if line not in both]

    return words + [f"backward: {line}" for line in other if line not in both]
