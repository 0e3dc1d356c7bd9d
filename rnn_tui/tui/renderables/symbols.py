"""How quantities and arrays are written on the screen, and what each means in a few
words.
"""

from __future__ import annotations

SYMBOLS = {"c_tilde": "c̃", "h_tilde": "h̃"}


PLAIN_SYMBOLS = {"c_tilde": "c~", "h_tilde": "h~"}


MEANINGS = {
    "h": "hidden state",
    "c": "cell state",
    "i": "input gate",
    "f": "forget gate",
    "o": "output gate",
    "z": "update gate: 1 keeps the past",
    "r": "reset gate",
    "c_tilde": "candidate",
    "h_tilde": "candidate",
}


GATES = ("i", "f", "o", "z", "r")


def symbol(name: str, *, plain: bool = False) -> str:
    """Return how a quantity is written: `c̃` for c_tilde, `pre i` for pre_i; `plain`
    avoids combining marks.
    """
    if name.startswith("pre_"):
        return f"pre {symbol(name[4:], plain=plain)}"

    return (PLAIN_SYMBOLS if plain else SYMBOLS).get(name, name)


PARTS = {
    "kernel": ("x·W", "input → gates"),
    "recurrent_kernel": ("h·U", "state → gates"),
    "bias": ("+ b", "a constant for each gate"),
    "input_bias": ("x·W + b", "added on the input's side"),
    "recurrent_bias": ("h·U + b", "added on the state's side"),
}
"""What each part of a cell's weights is for: how it enters the equations, and in
words.
"""
