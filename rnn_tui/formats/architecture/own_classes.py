"""Whose class a layer is, and which of Keras's recurrent classes one of
somebody's own has the keys of.

A class of somebody's own may compute anything, whatever keys it has: it is
shown as the class it looks like and never computed as one unless the user says
so (`assumed_classes.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from rnn_tui.engine.cells.kinds import (
    RNN,
    added_class,
    find_kind,
    is_recurrent,
    kind_for,
)
from rnn_tui.engine.layers.registry import schema
from rnn_tui.formats.architecture.keras3_names import CLASSES
from rnn_tui.formats.architecture.keras_classes import (
    added_layer,
    ever_keras,
    is_keras,
)
from rnn_tui.formats.data.class_origin import said_to_be_keras
from rnn_tui.formats.data.spec import Config, Era
from rnn_tui.text import clean

OF_ANY_LAYER = """
    name trainable dtype dynamic autocast sparse ragged batch_input_shape
    batch_shape input_shape input_dtype input_dim input_length batch_size
    cache_enabled custom_name weights quantization_config"""

OF_RECURRENT_ONES = """
    units use_bias implementation consume_less dropout recurrent_dropout
    dropout_W dropout_U seed truncate_gradient
    kernel_initializer recurrent_initializer bias_initializer init
    inner_init forget_bias_init unit_forget_bias kernel_regularizer
    recurrent_regularizer bias_regularizer activity_regularizer
    W_regularizer U_regularizer b_regularizer kernel_constraint
    recurrent_constraint bias_constraint return_sequences return_state
    go_backwards stateful unroll time_major zero_output_for_mask use_cudnn"""

OF_SOME_RECURRENT_ONES = """
    output_dim activation recurrent_activation inner_activation reset_after
    cell cells num_constants filters kernel_size strides padding data_format
    dilation_rate nb_filter nb_row nb_col border_mode dim_ordering subsample"""
"""Keys that change what a cell computes or has: those of a class that was added
to the table are in its row.
"""

RECURRENT_KEYS = frozenset(
    f"{OF_ANY_LAYER} {OF_RECURRENT_ONES} {OF_SOME_RECURRENT_ONES}".split()
)
"""The keys that some Keras from 0.3 to 3.15 wrote of a recurrent layer or a
cell, and no others.
"""

MOST_NAMED = 4


def why_own(
    raw: Config,
    class_name: str,
    config: Mapping[str, Any],
    era: Era,
) -> str | None:
    """Return why a layer's class, or a cell's, is somebody's own; None when it
    is Keras's.

    `raw` is the layer's object in the file, which says where the class comes
    from, if the file is of that age; elsewhere the name decides, and for
    recurrent classes the keys: somebody's own `LSTM` has the name of Keras's.
    """
    if said_to_be_keras(raw):
        return None

    added = (
        added_class(class_name) is not None
        or added_layer(class_name) is not None
    )
    if not added and not is_keras(class_name, era):
        if ever_keras(class_name):
            return (
                f"{era.keras} has no class {class_name}: it is its author's own"
            )

        return f"the class {class_name} is not one of Keras's own"

    keys = list(_unknown_keys(class_name, config))
    if keys:
        shown = ", ".join(clean(key, 40) for key in keys[:MOST_NAMED])
        if len(keys) > MOST_NAMED:
            more = f" and {len(keys) - MOST_NAMED} more"
        else:
            more = ""

        if added:
            writer = "our table doesn't have"
        else:
            writer = "no Keras writes"

        return (
            f"its configuration has {shown}{more}, which {writer} for "
            f"{class_name}: it is its author's own"
        )

    return None


def _unknown_keys(class_name: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys that the recurrent class of this name never had, and those
    that an added layer doesn't declare; nothing for Keras's other classes.
    """
    layer = added_layer(class_name)
    if layer is not None:
        declared = schema(layer)
        keys = declared.keys if declared is not None else {}
        yield from _beyond({*OF_ANY_LAYER.split(), *keys}, config)
        return

    name = added_class(class_name) or CLASSES.get(class_name, class_name)
    if not is_recurrent(name) and find_kind(name) is None:
        return

    known = set(RECURRENT_KEYS)
    if added_class(class_name) is not None:
        known.difference_update(OF_SOME_RECURRENT_ONES.split())

    if name != RNN:
        known.update(key.name for key in kind_for(name).keys)

    yield from _beyond(known, config)


def _beyond(
    known: Collection[str],
    config: Mapping[str, Any],
) -> Iterator[str]:
    """Yield the keys that aren't among the known ones and have a value."""
    for key, value in config.items():
        if key not in known and value is not None:
            yield key


def beyond_keras(config: Mapping[str, Any]) -> list[str]:
    """Return the keys of an author's own recurrent class that no class of Keras
    has.
    """
    return [
        key
        for key, value in config.items()
        if key not in RECURRENT_KEYS and value is not None
    ]


def alike(config: Mapping[str, Any]) -> str | None:
    """Return the recurrent class of Keras whose keys a configuration in Keras
    3's words has, None for no such class.

    `unit_forget_bias` is an LSTM's, `reset_after` a GRU's, `filters` a
    ConvLSTM's; Keras 2.0 wrote GRUs without it.
    """
    if "cell" in config and "return_sequences" in config:
        return "RNN"

    gated = "recurrent_activation" in config
    if "filters" in config and "kernel_size" in config and gated:
        size = config["kernel_size"]
        if isinstance(size, list) and 1 <= len(size) <= 3:
            return f"ConvLSTM{len(size)}D"

        return None

    if "units" not in config:
        return None

    # Keras 1's word for it
    initialised = "recurrent_initializer" in config or "inner_init" in config
    if gated and ("unit_forget_bias" in config or "forget_bias_init" in config):
        return "LSTM"
    if "reset_after" in config or (gated and initialised):
        return "GRU"
    if initialised:
        return "SimpleRNN"

    return None


def cell_alike(config: Mapping[str, Any]) -> str | None:
    """Return the cell of Keras whose keys a configuration has, None for no such
    cell.
    """
    found = alike(
        {
            key: value
            for key, value in config.items()
            if key not in ("cell", "filters")
        }
    )
    if found is None:
        return None

    return f"{found}Cell"
