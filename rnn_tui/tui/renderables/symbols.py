"""The notation of a cell's arrays on the screen, and the purpose of each."""

from __future__ import annotations

PARTS = {
    "kernel": ("x·W", "input → gates"),
    "recurrent_kernel": ("h·U", "state → gates"),
    "bias": ("+ b", "a constant for each gate"),
    "input_bias": ("x·W + b", "added on the input's side"),
    "recurrent_bias": ("h·U + b", "added on the state's side"),
}
"""The purpose of each part of a cell's weights: as it enters the equations, and
in words.
"""
