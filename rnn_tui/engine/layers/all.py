"""Imports every module of layers once, so that each announces its classes."""

from rnn_tui.engine.layers import (  # noqa: F401 - announce their classes
    activation,
    adaptive,
    attention,
    augmentation,
    categories,
    convolution,
    dense,
    einsum,
    groupquery,
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
