"""The gradients of random models of a live Keras 3 and tf_keras: rnn_tui's are
those of a GradientTape, in float64.

RNN_TUI_LIVE sets how many of each flavour (4 by default), RNN_TUI_LIVE_FROM the
first seed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

COUNT = int(os.environ.get("RNN_TUI_LIVE", "4"))
FIRST = int(os.environ.get("RNN_TUI_LIVE_FROM", "0"))

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


def reset(layer: Any) -> None:
    """Let every stateful layer within start from zeros."""
    import tensorflow as tf

    inner = [
        *getattr(layer, "layers", ()),
        *(
            getattr(layer, name)
            for name in ("layer", "forward_layer", "backward_layer")
            if hasattr(layer, name)
        ),
    ]
    for one in inner:
        reset(one)
    if getattr(layer, "stateful", False) and not inner:
        # reset_states of tf_keras needs a batch size, which one inside a
        # TimeDistributed doesn't know
        for state in tf.nest.flatten(layer.states):
            if state is not None:
                state.assign(tf.zeros_like(state))


def of_tape(K: Any, made: Any, seed: int) -> tuple[list[Any], list[np.ndarray]]:
    """Return the gradient by each input of a random sum of all outputs, None
    for an input of ids, and the factors of the sum.
    """
    import tensorflow as tf
    from random_models import under

    rng = np.random.default_rng(seed)
    under(K, "float64")
    try:
        fed = [
            tf.constant(x if x.dtype.kind != "f" else x.astype("f8"))
            for x in made.inputs
        ]
        reset(made.model)  # stateful layers carry on from the last call
        with tf.GradientTape() as tape:
            for x in fed:
                if x.dtype.is_floating:
                    tape.watch(x)
            outputs = made.model(
                fed if len(fed) > 1 else fed[0], training=False
            )
            outputs = tf.nest.flatten(outputs)
            bars = [rng.normal(size=y.shape) for y in outputs]
            total = tf.add_n(
                [
                    tf.reduce_sum(tf.cast(y, tf.float64) * bar)
                    for y, bar in zip(outputs, bars, strict=True)
                ]
            )
        return tape.gradient(total, fed), bars
    finally:
        under(K, "")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_the_gradient_of_a_random_model_is_that_of_a_tape(
    flavour: str, seed: int, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    pytest.importorskip("tensorflow")
    from comparing import KerasRefusesError, keras_run, saved

    from rnn_tui import open_model
    from rnn_tui.engine.gradients.graph_back import Seeds, graph_back
    from rnn_tui.engine.trace.paths import called
    from rnn_tui.errors import NotThroughError

    try:
        made, _ = keras_run(K, seed, exact=True)
    except KerasRefusesError as problem:
        pytest.skip(f"Keras itself can't run this one: {problem}")
    theirs, bars = of_tape(K, made, seed)

    path, options = saved(K, made.model, "h5", tmp_path)
    model = open_model(path, **options).model
    fed = dict(
        zip([info.name for info in model.inputs], made.inputs, strict=True)
    )
    trace = model.run(fed, dtype="float64")
    seeds: dict[Any, Any] = {}
    for ref, bar in zip(model.graph.outputs, bars, strict=True):
        if ref in model.graph.inputs:
            pytest.skip("the model returns an input")
        place = (called(ref.layer, ref.call), ref.tensor)
        seeds[place] = seeds.get(place, 0) + bar[None]

    try:
        found = graph_back(model.graph, trace, Seeds(1, seeds))
    except NotThroughError as error:
        pytest.skip(str(error))

    for info, wanted in zip(model.inputs, theirs, strict=True):
        if info.tokens is not None or wanted is None:
            continue
        wanted = np.asarray(wanted)
        ours = found.inputs.get(info.name, np.zeros((1, *wanted.shape)))[0]
        scale = max(1.0, float(np.nanmax(np.abs(wanted), initial=0)))
        np.testing.assert_allclose(
            ours, wanted, rtol=1e-6, atol=1e-7 * scale, err_msg=info.name
        )
