"""Imports every module of layers once, so that each announces its classes."""

from rnn_tui.engine.layers import (  # noqa: F401 - announce their classes
    activation,
    attention,
    augmentation,
    convolution,
    dense,
    einsum,
    identity,
    legacy,
    local,
    merge,
    multihead,
    normalisation,
    operators,
    pooling,
    shape,
    transposed,
    wrappers,
)
