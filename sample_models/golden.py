"""What Keras says about a run: every layer's output, and every gate and state
by stepping the Keras cell by hand.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

Values = dict[str, np.ndarray]


def golden(model: keras.Model, x: np.ndarray) -> Values:
    """Return every quantity of `model` on one sequence `x` (no batch axis), by
    the keys of `rnn-tui trace -o`.
    """
    x = x[None]
    reads = {
        layer.name: _listed(layer.input)[0]
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }
    returns = {name: _listed(model.get_layer(name).output) for name in reads}
    probe = keras.Model(model.inputs[0], [model.outputs, reads, returns])
    outputs, inputs, values = probe(x, training=False)

    found: Values = {f"input/{model.inputs[0].name}": x}
    found |= {
        f"output/{k}": np.asarray(value) for k, value in enumerate(outputs)
    }
    mask = None
    for name, read in inputs.items():
        layer = model.get_layer(name)
        for k, value in enumerate(values[name]):
            found[f"{name}/output_{k}" if k else f"{name}/output"] = np.asarray(
                value
            )
        found |= {
            f"{name}/{key}": value
            for key, value in _recurrent(layer, np.asarray(read), mask).items()
        }
        mask = _mask_after(layer, read, mask)
    return found


def _mask_after(
    layer: keras.Layer, read: Any, mask: np.ndarray | None
) -> np.ndarray | None:
    passed = layer.compute_mask(ops.convert_to_tensor(read), mask)
    passed = passed[0] if isinstance(passed, list | tuple) else passed
    return None if passed is None else np.asarray(passed)


def _recurrent(
    layer: keras.Layer, x: np.ndarray, mask: np.ndarray | None
) -> Values:
    if isinstance(layer, keras.layers.Bidirectional):
        forward, backward = (
            _recurrent(side, x, mask)
            for side in (layer.forward_layer, layer.backward_layer)
        )
        found = {f"forward/{key}": value for key, value in forward.items()}
        return found | {
            f"backward/{key}": value for key, value in backward.items()
        }
    if not isinstance(layer, keras.layers.RNN):
        return {}
    return unroll(layer.cell, x, mask, reverse=layer.go_backwards)


def unroll(
    cell: keras.Layer,
    x: np.ndarray,
    mask: np.ndarray | None = None,
    reverse: bool = False,
) -> Values:
    """Step `cell` over `x` `(batch, timesteps, features)`; row t is the INPUT's
    timestep t, whatever the direction.
    """
    batch, timesteps = x.shape[:2]
    states = [
        ops.zeros((batch, cell.units))
        for _ in range(2 if isinstance(cell, keras.layers.LSTMCell) else 1)
    ]
    rows: list[Values] = [{}] * timesteps
    for t in reversed(range(timesteps)) if reverse else range(timesteps):
        row = gates(cell, ops.convert_to_tensor(x[:, t]), states)
        stepped = cell(ops.convert_to_tensor(x[:, t]), states)[1]
        read = np.ones(batch, bool) if mask is None else mask[:, t]
        states = [
            ops.where(read[:, None], new, old)
            for new, old in zip(stepped, states, strict=True)
        ]
        rows[t] = row | {
            name: np.asarray(state)
            for name, state in zip("hc", states, strict=False)
        }
    found = {
        name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]
    }
    return found if mask is None else found | {"mask": mask.astype(np.float32)}


def gates(cell: keras.Layer, x: Any, states: list[Any]) -> Values:
    """Return the pre-activations and activations of one timestep, worked out
    with Keras's own operations.
    """
    h = states[0]
    if isinstance(cell, keras.layers.GRUCell):
        found = _gru_gates(cell, x, h)
    else:
        pre = ops.matmul(x, cell.kernel) + ops.matmul(h, cell.recurrent_kernel)
        pre = pre if cell.bias is None else pre + cell.bias
        found = (
            _lstm_gates(cell, pre)
            if isinstance(cell, keras.layers.LSTMCell)
            else {"pre_h": pre}
        )
    return {name: np.asarray(value) for name, value in found.items()}


def _lstm_gates(cell: keras.layers.LSTMCell, pre: Any) -> dict[str, Any]:
    i, f, c, o = ops.split(pre, 4, axis=-1)
    σ, φ = cell.recurrent_activation, cell.activation
    return {
        "pre_i": i,
        "pre_f": f,
        "pre_c_tilde": c,
        "pre_o": o,
        "i": σ(i),
        "f": σ(f),
        "c_tilde": φ(c),
        "o": σ(o),
    }


def _gru_gates(cell: keras.layers.GRUCell, x: Any, h: Any) -> dict[str, Any]:
    σ, φ = cell.recurrent_activation, cell.activation
    bias = ops.convert_to_tensor(cell.bias)
    x_z, x_r, x_h = ops.split(
        ops.matmul(x, cell.kernel) + (bias[0] if cell.reset_after else bias),
        3,
        axis=-1,
    )
    U_z, U_r, U_h = ops.split(
        ops.convert_to_tensor(cell.recurrent_kernel), 3, axis=-1
    )
    b_z, b_r, b_h = (
        ops.split(bias[1], 3) if cell.reset_after else (0.0, 0.0, 0.0)
    )
    pre_z = x_z + ops.matmul(h, U_z) + b_z
    pre_r = x_r + ops.matmul(h, U_r) + b_r
    r = σ(pre_r)
    candidate = (
        r * (ops.matmul(h, U_h) + b_h)
        if cell.reset_after
        else ops.matmul(r * h, U_h)
    )
    pre_h = x_h + candidate
    return {
        "pre_z": pre_z,
        "pre_r": pre_r,
        "pre_h_tilde": pre_h,
        "z": σ(pre_z),
        "r": r,
        "h_tilde": φ(pre_h),
    }


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
