"""Imports every module of layers once, so that each announces its classes."""

from rnn_tui.engine.layers import (  # noqa: F401 - announce their classes
    activation,
    attention,
    convolution,
    dense,
    einsum,
    identity,
    legacy,
    merge,
    multihead,
    normalisation,
    operators,
    pooling,
    shape,
    transposed,
    wrappers,
)
