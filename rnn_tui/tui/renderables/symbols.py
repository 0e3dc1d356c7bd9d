"""How a cell's arrays are written on the screen, and what each is for."""

from __future__ import annotations

PARTS = {
    "kernel": ("x·W", "input → gates"),
    "recurrent_kernel": ("h·U", "state → gates"),
    "bias": ("+ b", "a constant for each gate"),
    "input_bias": ("x·W + b", "added on the input's side"),
    "recurrent_bias": ("h·U + b", "added on the state's side"),
}
"""What each part of a cell's weights is for: how it enters the equations, and
in words.
"""
