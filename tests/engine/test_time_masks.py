"""What TimeDistributed does with masks, in each Keras's way, without a
Keras.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.layers.identity import Identity, Masking
from rnn_tui.engine.layers.pooling import GlobalPooling
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.layers.wrappers import TimeDistributed
from rnn_tui.errors import MisfitError
from rnn_tui.formats.data.spec import Era

X = np.arange(1, 13, dtype="f4").reshape(1, 2, 3, 2)
WITHIN = np.array([[[True, False, True], [False, False, False]]])


def called(inner: Any, how: str, mask: np.ndarray | None) -> Tensor:
    """What a TimeDistributed around `inner` returns."""
    layer = TimeDistributed(
        "each", "TimeDistributed", {"time_masks": how}, inner=inner
    )
    return layer.call([Tensor(X, mask)], replace(quiet_run(), path="each"))[0]


def pool() -> Any:
    """A mean over the timesteps that were read."""
    return GlobalPooling("pool", "GlobalAveragePooling1D", generation=2)


def test_the_inner_layer_reads_its_part_and_any_timestep_read_counts_outside() -> (
    None
):
    value, mask = called(pool(), "joined", WITHIN)
    np.testing.assert_allclose(value[0, 0], X[0, 0, [0, 2]].mean(axis=0))
    assert mask is not None
    assert mask.tolist() == [[True, False]]


def test_keras_3_hands_the_mask_on_as_it_is() -> None:
    value, mask = called(pool(), "kept", WITHIN)
    np.testing.assert_allclose(value[0, 0], X[0, 0, [0, 2]].mean(axis=0))
    assert mask is WITHIN


def test_before_keras_2_2_the_inner_layer_reads_everything() -> None:
    value, mask = called(pool(), "outer", WITHIN)
    np.testing.assert_allclose(value, X.mean(axis=2))
    assert mask is WITHIN


def test_a_mask_made_within_passes_with_its_axes() -> None:
    x, mask = called(
        Masking("masking", "Masking", {"mask_value": 0.0}, generation=2),
        "joined",
        None,
    )
    assert mask is not None
    assert mask.shape == (1, 2, 3)
    assert (
        called(
            Masking("masking", "Masking", {"mask_value": 0.0}), "kept", None
        ).mask
        is None
    )
    assert (
        called(
            Identity("dropout", "Dropout", generation=2), "joined", WITHIN
        ).mask.tolist()
        == WITHIN.tolist()
    )
    np.testing.assert_array_equal(x, X)


def test_a_mask_that_says_nothing_of_the_timesteps_within_is_a_misfit() -> None:
    with pytest.raises(MisfitError, match="says nothing of the timesteps"):
        called(pool(), "joined", np.array([[True, False]]))
    with pytest.raises(MisfitError, match="doesn't fit"):
        called(pool(), "joined", np.array([[True, False, True]]))


@pytest.mark.parametrize(
    ("version", "how"),
    [
        ("1.2.2", "outer"),
        ("2.1.6", "outer"),
        ("2.2.0", "joined"),
        ("2.2.4-tf", "joined"),
        ("3.15.0", "kept"),
    ],
)
def test_each_generation_has_its_way(version: str, how: str) -> None:
    assert Era.of(version).time_masks == how
