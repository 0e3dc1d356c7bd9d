"""A seeded fuzzer of memory: chains of layers that multiply what they read, on
large inputs, each run within its limit.

    python tests/fuzz/large.py --count 1000 --seed 1

The layers are built by hand, so that no configuration is refused before it
runs. A run that takes more than it may, or that ends in anything but its
outputs or one line, breaks the promise.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

import numpy as np
from forked import forget_peak, hides_nothing, own_peak
from test_model import weights

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.memory.budget import MEMORY
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import RnnTuiError

SLACK = 48 << 20
"""Bytes beside the arrays: what the interpreter keeps, blocks of files that
have just been written.
"""
TIMES = (1, 2, 3, 5, 10, 50, 1000, 5000, 10**5, 10**6)
SPREAD = (1, 1, 2, 1000, 10**6)
ACTIVATIONS = ("sigmoid", "gelu", "tanh", "softplus", "selu", "mish", "softmax", "log_softmax", "sparsemax", "glu",
               "squareplus", "hard_shrink", "celu", "relu6")  # fmt: skip
KERNELS = 10**6
"""Values of a kernel: those are the file's, not the run's."""
Shape = Sequence[int]


class Called(NamedTuple):
    """A layer and how often it reads the tensor before it: once, or a list of
    so many.
    """

    layer: Layer
    times: int = 0
    """0 for the tensor itself, above 0 for a list, below 0 for as many
    arguments.
    """


def plain(
    class_name: str,
    arrays: dict[str, tuple[int, ...]] | None = None,
    **config: Any,
) -> Called:
    """Return a layer of this class, its arrays random."""
    made = class_for(class_name)
    assert made is not None
    return Called(
        made(
            "", class_name.removeprefix("ops."), config, weights(**arrays or {})
        )
    )


def convolution(rng: random.Random, shape: Shape) -> Called | None:
    """Return one of the convolutions over time, its taps near or far."""
    channels, filters, size = (
        shape[-1],
        rng.choice((1, 2, 8, 64, 500)),
        rng.choice((1, 2, 3, 9)),
    )
    if len(shape) != 3 or channels * filters * size > KERNELS:
        return None
    kind = rng.choice(
        ("Conv1D", "DepthwiseConv1D", "SeparableConv1D", "Conv1DTranspose")
    )
    arrays: dict[str, dict[str, tuple[int, ...]]] = {
        "Conv1D": {"kernel": (size, channels, filters), "bias": (filters,)},
        "DepthwiseConv1D": {
            "depthwise_kernel": (size, channels, filters),
            "bias": (channels * filters,),
        },
        "SeparableConv1D": {
            "depthwise_kernel": (size, channels, filters),
            "pointwise_kernel": (1, channels * filters, 2),
        },
        "Conv1DTranspose": {
            "kernel": (size, filters, channels),
            "bias": (filters,),
        },
    }
    config = {
        "filters": 2 if kind == "SeparableConv1D" else filters,
        "depth_multiplier": filters,
    }
    steps = {
        "kernel_size": [size],
        "strides": [1],
        "dilation_rate": [rng.choice(SPREAD)],
    }
    padding = rng.choice(("same", "valid"))
    return plain(
        kind,
        arrays[kind],
        **config,
        **steps,
        padding=padding,
        activation=rng.choice(ACTIVATIONS[:5]),
    )


def recurrent(rng: random.Random, shape: Shape) -> Called | None:
    """Return an LSTM, or one in both directions."""
    features, units = shape[-1], rng.choice((1, 4, 32))
    if len(shape) != 3 or features * units > KERNELS or shape[1] > 50_000:
        return None

    def side(backwards: bool) -> Any:
        arrays = weights(
            kernel=(features, 4 * units),
            recurrent_kernel=(units, 4 * units),
            bias=(4 * units,),
        )
        config = {
            "units": units,
            "return_sequences": True,
            "go_backwards": backwards,
        }
        return recurrent_layer("side", "LSTM", config, arrays)

    merge = {"merge_mode": rng.choice(("concat", "sum"))}
    return Called(
        side(False)
        if rng.random() < 0.5
        else bidirectional_layer("", merge, side(False), side(True))
    )


def moving(rng: random.Random, shape: Shape) -> Called | None:
    """Return a layer that makes more, fewer or other places of those it
    reads.
    """
    many, rank = rng.choice(TIMES), len(shape)
    by_rank: dict[int, list[Callable[[], Called]]] = {
        2: [lambda: plain("RepeatVector", n=many)],
        3: [
            lambda: plain("UpSampling1D", size=many),
            lambda: plain("ZeroPadding1D", padding=many),
            lambda: plain("Permute", dims=[2, 1]),
            lambda: plain(
                "MaxPooling1D",
                pool_size=min(many, 50),
                strides=rng.choice((1, 7)),
                padding="same",
            ),
            lambda: plain("Masking", mask_value=0.0),
            lambda: plain("Attention")._replace(times=2),
            lambda: plain("AdditiveAttention")._replace(times=2),
            lambda: plain("Dot", axes=rng.choice(([1, 1], [2, 2])))._replace(
                times=2
            ),
            lambda: plain(
                "ops.Einsum", subscripts="...bc,...dc->...bd"
            )._replace(times=-2),
        ],
        4: [
            lambda: plain(
                "UpSampling2D",
                size=[many, 2],
                interpolation=rng.choice(("nearest", "bilinear")),
            ),
            lambda: plain("ZeroPadding2D", padding=[many, many]),
        ],
    }
    return rng.choice(by_rank[rank])() if rank in by_rank else None


def elementwise(rng: random.Random, shape: Shape) -> Called:
    """Return a layer or an operation for arrays of any rank."""
    many, rank = rng.choice(TIMES), len(shape)
    side = next(
        side
        for side in (1000, 10, 7, 4, 2, 1)
        if int(np.prod(shape)) % side == 0
    )
    makers: tuple[Callable[[], Called], ...] = (
        lambda: plain("Activation", activation=rng.choice(ACTIVATIONS)),
        lambda: plain("Softmax", axis=rng.choice((-1, 1))),
        lambda: plain(
            "LayerNormalization",
            axis=-1,
            epsilon=1e-3,
            center=False,
            scale=False,
        ),
        lambda: plain("UnitNormalization", axis=rng.choice((-1, 1))),
        lambda: plain("Flatten"),
        lambda: plain(
            "Reshape",
            target_shape=rng.choice(([-1, side], [side, -1], [1, -1, side])),
        ),
        lambda: plain("Concatenate", axis=-1)._replace(times=min(many, 5000)),
        lambda: plain(rng.choice(("Add", "Multiply", "Average")))._replace(
            times=rng.choice((2, 50))
        ),
        lambda: plain("ops.Tile", repeats=[1] * (rank - 1) + [many]),
        lambda: plain("ops.Repeat", repeats=many, axis=rng.randrange(1, rank)),
        lambda: plain("ops.Pad", pad_width=[[0, 0]] + [[many, 1]] * (rank - 1)),
        lambda: plain("ops.OneHot", num_classes=many, axis=-1),
        lambda: plain("ops.GetItem", key=[[0] * min(many, 10**5)]),
        lambda: plain("ops.Cumsum", axis=1),
    )
    return rng.choice(makers)()


def chain(seed: int | str) -> tuple[Model, tuple[int, ...]]:
    """Return a model of some layers, and the shape of its input: both follow
    from the seed.
    """
    rng = random.Random(seed)
    values, sides = int(10 ** rng.uniform(1, 6.6)), [1]
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        sides.append(max(1, int(values ** rng.random())))
        values = max(1, values // sides[-1])
    shape = (*sides, values)
    layers, nodes, now = (
        {"x": plain("InputLayer", batch_shape=[None, *shape[1:]]).layer},
        [],
        shape,
    )
    for k in range(rng.choice((1, 1, 2, 3, 5))):
        made = rng.choice(
            (convolution, recurrent, moving, moving, elementwise, elementwise)
        )(rng, now)
        if made is None:
            continue
        made.layer.name = f"l{k}"
        before = Ref(list(layers)[-1])
        several = [before] * abs(made.times)
        nodes.append(
            Node(
                made.layer.name,
                0,
                tuple(several) if made.times < 0 else (several or before,),
            )
        )
        layers[made.layer.name] = made.layer
        last = Ref(made.layer.name)
        known = (
            Graph(layers, nodes, [Ref("x")], [last])
            .shapes({Ref("x"): shape})
            .get(last)
        )
        if known is None or None in known:
            break
        now = tuple(side or 0 for side in known)
    return Model(
        "m",
        "Functional",
        Graph(layers, nodes, [Ref("x")], [Ref(list(layers)[-1])]),
    ), shape


def ended(seed: int | str) -> tuple[str, int]:
    """Return how a chain ended, and the bytes it took beyond those that were
    held before; too many raise.
    """
    forget_peak()
    before = own_peak()
    try:
        model, shape = chain(seed)
        for layer in model.layers:
            if layer.fault is not None:
                raise layer.fault
        model.run(
            np.random.default_rng(0).standard_normal(shape, dtype=np.float32),
            max_memory=MEMORY,
        )
        line = ""
    except RnnTuiError as error:
        line = str(error)
        hides_nothing(error)
    took = own_peak() - before
    assert line.isprintable(), line
    assert took <= MEMORY + SLACK, f"{took >> 20} MB"
    return "refused" if line else "ran", took


def run(seeds: Iterable[int | str]) -> tuple[Counter[str], int]:
    """Run chains; return how many ended how, and the most bytes one took.

    A broken promise raises.
    """
    ends: Counter[str] = Counter()
    most = 0
    for seed in seeds:
        try:
            word, took = ended(seed)
        except BaseException as error:
            error.add_note(f"chain {seed}")
            raise
        ends[word] += 1
        most = max(most, took)
    return ends, most


def main() -> None:
    """Run the chains the arguments name and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument(
        "--start", type=int, default=0, help="the number of the first one"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    most = 0
    for start in range(options.start, options.start + options.count, 100):
        stop = min(start + 100, options.start + options.count)
        ends, took = run(
            f"{options.seed}:{index}" for index in range(start, stop)
        )
        total, most = total + ends, max(most, took)
        print(f"{stop:8,}: {dict(total)}; at most {most >> 20} MB", flush=True)


if __name__ == "__main__":
    main()
