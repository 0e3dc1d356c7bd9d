"""Which feature mattered: against the model run again with that feature
changed by hand.
"""

from __future__ import annotations

import numpy as np
import pytest
from test_influence import models

from rnn_tui.analysis import reruns
from rnn_tui.analysis.influence import influence, influences
from rnn_tui.analysis.target import default_target

NUMBERS = [
    "two layers, one head",
    "an output at every timestep",
    "a mask with gaps",
    "both directions",
]


def by_name(name):
    return next((model, x) for found, model, x in models() if found == name)


def again(model, x, features):
    """The target of the run of `x` in a run of `features`."""
    own = model.run(x, dtype="float64")
    target = default_target(model, own)
    return target.value(own), target.value(model.run(features, dtype="float64"))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("baseline", ["zeros", "mean"])
def test_each_feature_is_swapped_at_every_timestep(name, baseline):
    model, x = by_name(name)
    found = influence(
        model,
        x,
        None,
        "swap",
        baseline,
        dtype="float64",
        whole_features=True,
    )

    # what a mask skips is padding: it stays, and is no part of the mean
    is_read = np.any(x != 0, axis=1) | (name != "a mask with gaps")
    new = np.zeros(3)
    if baseline == "mean":
        new = x[is_read].mean(axis=0)

    for feature in range(3):
        swapped = x.copy()
        swapped[is_read, feature] = new[feature]
        own, other = again(model, x, swapped)

        assert found.by_feature[feature] == pytest.approx(own - other, abs=1e-9)


def test_the_batches_change_nothing(monkeypatch):
    model, x = by_name("two layers, one head")
    options = {"dtype": "float64", "whole_features": True}
    whole = influence(model, x, **options)
    monkeypatch.setattr(reruns, "MOST", 1)
    apart = influence(model, x, **options)

    assert apart.by_feature == pytest.approx(whole.by_feature, abs=1e-15)


def test_integrated_gradients_and_the_gradient_are_put_together_by_feature():
    model, x = by_name("two layers, one head")
    ig = influence(model, x, method="ig", dtype="float64")
    gradient = influence(model, x, method="gradient", dtype="float64")

    assert ig.by_feature.sum() == pytest.approx(ig.sum)
    assert ig.by_feature == pytest.approx(ig.values.sum(axis=0))
    assert gradient.by_feature == pytest.approx(
        np.linalg.norm(gradient.values, axis=0)
    )


def test_tokens_have_no_features():
    model, ids = by_name("ids with padding")
    model_of_rows, _ = by_name("two layers, one head")
    one_hot = np.eye(3)[[0, 2, 1, 1]]
    for own, fed in ((model, ids), (model_of_rows, one_hot)):
        for method in ("swap", "gradient", "ig"):
            (found,) = influences(
                own, fed, None, method, whole_features=True
            ).values()
            assert found.by_feature is None


def test_without_being_asked_swapping_runs_no_features():
    model, x = by_name("two layers, one head")

    assert influence(model, x).by_feature is None
