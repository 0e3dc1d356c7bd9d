"""How counts and shapes are written on the screen."""

from __future__ import annotations


def thousands(count: int) -> str:
    """Return a count with its thousands separated: `299,681`."""
    return f"{count:,}"


def shape_text(shape: object) -> str:
    """Return a shape as people write it, open axes as `·`: `(·, 3, 25)`;
    several shapes side by side.
    """
    if shape is None:
        return "unknown"
    if not isinstance(shape, tuple):
        return str(shape)
    if shape and all(isinstance(side, tuple) for side in shape):
        return "  ".join(shape_text(side) for side in shape)

    return (
        "("
        + ", ".join("·" if side is None else str(side) for side in shape)
        + ")"
    )
