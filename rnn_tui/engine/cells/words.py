"""A cell in words: its parameters as a sum worked out, its activations, the
order of a GRU's reset gate.
"""

from __future__ import annotations

from rnn_tui.engine.core.activations import Activation


def kernel_formula(
    gates: int,
    features: int | str,
    units: int,
    biases: int,
) -> str:
    """Return how a cell's parameters are counted: `4 × ((1 + 25) × 25 + 25)`;
    `biases` is how many a unit and gate.
    """
    inner = f"({features} + {units}) × {units}"
    if biases:
        if biases == 1:
            inner = f"({inner} + {units})"
        else:
            inner = f"({inner} + {biases} × {units})"

    if gates > 1:
        return f"{gates} × {inner}"
    if biases:
        return inner.removeprefix("(").removesuffix(")")

    return inner


def activation_words(φ: Activation | None, σ: Activation | None) -> list[str]:
    """Return the activations that differ from the textbook's, in sentences."""
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


def cell_words(
    reset_after: bool | None,
    residual: bool,
    φ: Activation | None,
    σ: Activation | None,
) -> list[str]:
    """Return how a cell differs from the textbook's, in sentences;
    `reset_after` is None where it has no reset gate.
    """
    words = []
    if reset_after is not None:
        words += gru_words(reset_after)

    if residual:
        words.append(
            "what it reads is added to what it returns, not to its states"
        )

    return words + activation_words(φ, σ)
