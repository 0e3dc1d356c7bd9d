"""How numbers are written on the screen: a real minus, aligned on the point, never a jumping width."""

from __future__ import annotations

import math


def number(value: float, digits: int = 3) -> str:
    """Return `value` with `digits` after the point, in scientific form when that would hide it: `−0.412`, `1.2e−07`."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    text = f"{value:.{digits}f}" if size == 0 or 10.0**-digits <= size < 10.0**5 else f"{value:.{max(digits - 1, 0)}e}"
    return text.replace("-", "−")


def thousands(count: int) -> str:
    """Return a count with its thousands separated: `299,681`."""
    return f"{count:,}"


def shape_text(shape: object) -> str:
    """Return a shape as people write it, open axes as `·`: `(·, 3, 25)`; several shapes side by side."""
    if shape is None:
        return "unknown"
    if not isinstance(shape, tuple):
        return str(shape)
    if shape and all(isinstance(side, tuple) for side in shape):
        return "  ".join(shape_text(side) for side in shape)
    return "(" + ", ".join("·" if side is None else str(side) for side in shape) + ")"
