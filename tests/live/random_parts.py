"""Random layers: recurrent ones, and all that stands before, between and after
them in real files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from random_own import OwnLayers

ACTIVATIONS = "tanh sigmoid relu linear hard_sigmoid softsign elu selu softplus swish gelu softmax relu6 mish leaky_relu"
ONLY_3 = "silu hard_swish hard_tanh celu squareplus tanh_shrink soft_shrink hard_shrink sparse_plus log_sigmoid"
NOT_IN_2 = ("relu6", "leaky_relu", "celu")


class Draw:
    """A seeded hand that draws layers of one Keras, the module `K`; with `own`
    recurrent ones of somebody's own.
    """

    def __init__(self, K: Any, seed: int, own: bool = False) -> None:
        self.K = K
        self.L = OwnLayers(K) if own else K.layers
        self.three = K.__name__ == "keras"
        self.rng = np.random.default_rng(seed)
        self.names: dict[str, int] = {}

    def chance(self, share: float) -> bool:
        """Return True in this share of cases."""
        return bool(self.rng.random() < share)

    def one(self, *choices: Any) -> Any:
        """Return one of the choices."""
        return choices[int(self.rng.integers(len(choices)))]

    def small(self, low: int = 1, high: int = 4) -> int:
        """Return a small number, `high` included."""
        return int(self.rng.integers(low, high + 1))

    def name(self, base: str) -> str:
        """Return a name no other layer of the model has."""
        self.names[base] = self.names.get(base, 0) + 1
        return f"{base}_{self.names[base]}" if self.names[base] > 1 else base

    def activation(self) -> str | None:
        """Return the name of an activation this Keras knows."""
        names = [
            name
            for name in ACTIVATIONS.split()
            if self.three or name not in NOT_IN_2
        ]
        return str(self.one(*names, *(ONLY_3.split() if self.three else [])))

    def gate(self) -> str:
        """Return a gate's activation: mostly what files have, now and then one
        without bounds.
        """
        usual = (
            "sigmoid",
            "sigmoid",
            "hard_sigmoid",
            "hard_sigmoid",
            "tanh",
            "softsign",
        )
        return str(self.one(*usual, "relu", "selu", self.activation()))

    def cell_options(self, kind: str) -> dict[str, Any]:
        """Return random options of a cell."""
        options: dict[str, Any] = {
            "activation": self.one("tanh", "tanh", "relu", self.activation())
        }
        # TensorFlow has no orthogonal one in bfloat16
        options["recurrent_initializer"] = "glorot_uniform"
        if kind != "SimpleRNN":
            options["recurrent_activation"] = self.gate()
        if kind == "GRU":
            options["reset_after"] = self.chance(0.5)
        if kind == "LSTM":
            options["unit_forget_bias"] = self.chance(0.5)
        options["use_bias"] = self.chance(0.8)
        if self.chance(0.2):
            options |= {"dropout": 0.2, "recurrent_dropout": 0.1}
        return options

    def cell(self) -> Any:
        """Return a cell."""
        kind = self.one("LSTM", "GRU", "SimpleRNN")
        return getattr(self.L, f"{kind}Cell")(
            self.small(), **self.cell_options(kind)
        )

    def recurrent(self, **fixed: Any) -> Any:
        """Return a recurrent layer of any kind but Bidirectional and
        ConvLSTM.
        """
        kind = self.one("LSTM", "LSTM", "GRU", "GRU", "SimpleRNN", "RNN")
        options = {
            "go_backwards": self.chance(0.2),
            "name": self.name(kind.lower()),
            **fixed,
        }
        if kind == "RNN":
            return self.L.RNN(
                [self.cell() for _ in range(self.small(1, 3))]
                if self.chance(0.7)
                else self.cell(),
                **options,
            )
        if self.chance(0.2):
            options["zero_output_for_mask"] = True
        return getattr(self.L, kind)(
            self.small(), **self.cell_options(kind), **options
        )

    def bidirectional(self, sequences: bool, **fixed: Any) -> Any:
        """Return a Bidirectional, now and then with a backward layer of its
        own.
        """
        kind = self.one("LSTM", "GRU", "SimpleRNN")
        merge = self.one("concat", "concat", "sum", "mul", "ave")
        units, options = self.small(), {"return_sequences": sequences, **fixed}
        forward = getattr(self.L, kind)(
            units, **self.cell_options(kind), **options
        )
        backward = None
        if self.chance(0.3):
            other = kind if fixed else self.one("LSTM", "GRU", "SimpleRNN")
            cell = self.cell_options(other)
            backward = getattr(self.L, other)(
                units, **cell, **options, go_backwards=True
            )
        named = {"name": self.name("bidirectional"), "merge_mode": merge}
        return self.L.Bidirectional(forward, backward_layer=backward, **named)

    def over_time(self) -> Any:
        """Return a layer from sequences to sequences that isn't recurrent."""
        return self.one(*self.plain_layers(), *self.time_layers())()

    def plain_layers(self) -> list[Callable[[], Any]]:
        """Return makers of layers that treat each timestep on its own."""
        L = self.L
        makers = [
            lambda: L.Dense(
                self.small(),
                activation=self.activation(),
                use_bias=self.chance(0.8),
            ),
            lambda: L.Dropout(0.3),
            lambda: L.SpatialDropout1D(0.3),
            lambda: L.GaussianNoise(0.1),
            lambda: L.GaussianDropout(0.1),
            lambda: L.BatchNormalization(
                scale=self.chance(0.7), center=self.chance(0.7)
            ),
            lambda: L.LayerNormalization(scale=self.chance(0.7)),
            lambda: L.UnitNormalization(),
            lambda: L.Activation(self.activation()),
            lambda: L.ReLU(
                max_value=self.one(None, 1.0), negative_slope=self.one(0.0, 0.2)
            ),
            lambda: L.LeakyReLU(),
            lambda: L.ELU(),
            lambda: L.PReLU(shared_axes=[1]),
            lambda: L.Softmax(),
            lambda: L.ActivityRegularization(0.1),
            lambda: L.TimeDistributed(
                L.Dense(self.small(), activation=self.activation())
            ),
            lambda: L.TimeDistributed(L.BatchNormalization()),
            lambda: L.Masking(0.0),
            lambda: L.Rescaling(0.5, offset=0.1),
            lambda: L.GroupNormalization(groups=self.one(1, -1), axis=-1),
            lambda: L.EinsumDense(
                self.one("abc,cd->abd", "...c,cd->...d", "...x,xy->...y"),
                output_shape=(None, self.small()),
                bias_axes=self.one(None, self.one("d", "bd")[-1:]),
            ),
        ]
        return (
            makers if self.three else [*makers, lambda: L.ThresholdedReLU(0.2)]
        )

    def time_layers(self) -> list[Callable[[], Any]]:
        """Return makers of layers that mix or reorder timesteps."""
        L, filters = (
            self.L,
            {"activation": self.activation(), "use_bias": self.chance(0.7)},
        )
        padding = self.one("same", "valid", "causal")
        return [
            lambda: L.Conv1D(
                self.small(),
                self.small(),
                padding=padding,
                dilation_rate=self.small(1, 2),
                **filters,
            ),
            lambda: L.Conv1D(
                self.small(),
                2,
                strides=2,
                padding=self.one("same", "valid", "causal"),
                **filters,
            ),
            lambda: L.SeparableConv1D(
                self.small(),
                2,
                padding="same",
                depth_multiplier=self.small(1, 2),
            ),
            lambda: L.DepthwiseConv1D(
                2,
                padding=self.one("same", "valid"),
                depth_multiplier=2,
                **filters,
            ),
            lambda: L.Conv1DTranspose(
                self.small(),
                2,
                strides=self.small(1, 2),
                padding=self.one("same", "valid"),
            ),
            lambda: L.MaxPooling1D(2, padding=self.one("same", "valid")),
            lambda: L.AveragePooling1D(
                2, strides=self.one(1, 2), padding=self.one("same", "valid")
            ),
            lambda: L.ZeroPadding1D(self.one(1, (0, 2))),
            lambda: L.Cropping1D((1, 0)),
            lambda: L.UpSampling1D(2),
        ]

    def fixed_length(self, timesteps: int, features: int) -> Any:
        """Return a layer that needs to know how long the sequence is."""
        L = self.L
        return self.one(
            lambda: L.Permute((2, 1)),
            lambda: L.Reshape((features, timesteps)),
            lambda: L.Reshape((-1, 1)),
            lambda: L.PReLU(),
            lambda: L.LayerNormalization(axis=[1, 2]),
            lambda: L.BatchNormalization(axis=1),
        )()
