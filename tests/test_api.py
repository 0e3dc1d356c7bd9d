"""The Python interface: what a run takes, and the analyses of its traces."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import LayerTrace, ModelTrace, OpenedModel, open_model
from rnn_tui.errors import RnnTuiError, SequenceError
from rnn_tui.samples import find_sample


def sample(name: str) -> Path:
    found = find_sample(name)
    assert found is not None
    return found.path


def test_a_run_takes_what_the_prompt_takes() -> None:
    model = open_model(sample("lstm-notebook"))

    typed = model.run("1 10")
    fed = model.run([[1.0, 10.0]])

    np.testing.assert_array_equal(typed["lstm"].c, fed["lstm"].c)
    signal = model.run("sine:7")
    assert signal["lstm"].h.shape == (7, 1)


def test_a_run_takes_a_text_through_a_vocabulary() -> None:
    model = open_model(sample("brackets"))
    vocab = find_sample("brackets")
    assert vocab is not None

    trace = model.run("text: (x)", vocab=vocab.vocab)

    assert trace["lstm"].h.shape == (3, 16)
    onehot = trace.inputs["characters"][0]
    assert onehot.sum(axis=1).tolist() == [1, 1, 1]


def test_a_run_takes_a_text_for_an_input_by_its_name() -> None:
    model = open_model(sample("lstm-25"))
    (name,) = (info.name for info in model.model.inputs)

    named = model.run({name: "ramp:3"})
    alone = model.run("ramp:3")

    np.testing.assert_array_equal(named.output, alone.output)


def test_a_text_that_is_no_sequence_is_refused_in_the_prompts_words() -> None:
    with pytest.raises(SequenceError):
        open_model(sample("lstm-25")).run("one two three")


def test_the_results_are_still_of_the_engines_classes() -> None:
    model = open_model(sample("bilstm-4"))
    trace = model.run("random:5")

    assert isinstance(model, OpenedModel)
    assert isinstance(trace, ModelTrace)
    assert isinstance(trace["bidirectional"], LayerTrace)
    backward = trace["bidirectional"].backward
    assert type(backward) is type(trace["bidirectional"])
    assert repr(trace).startswith("<ModelTrace of 1 layers")
    assert repr(model).startswith("<Functional 'model', 224 parameters")


def test_a_warning_of_a_run_is_told_at_the_callers_line() -> None:
    model = open_model(sample("bilstm-4"))

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.run("random:9")

    assert [Path(one.filename) for one in told] == [Path(__file__)]


def test_the_same_file_as_another_model_is_bound_too() -> None:
    model = open_model(sample("lstm-25"))

    other = model.assuming(hard_sigmoid="2")

    assert type(other) is type(model)
    assert other.run("ramp:3").output.shape == model.run("ramp:3").output.shape


def test_the_analyses_are_methods_of_a_traces_layers() -> None:
    model = open_model(sample("counter"))
    trace = model.run([[1.0, 0.0, 0.0]] * 4 + [[0.0, 1.0, 0.0]] * 4)
    depth = [1, 2, 3, 4, 3, 2, 1, 0]

    saturation = trace["lstm"].saturation()
    units = trace["lstm"].units(
        columns={"depth": np.array(depth)}, token=lambda k: "()x"[k]
    )
    written = trace["lstm"].written(3)

    assert set(saturation.gates) == {"i", "f", "o"}
    assert units.states["c"].correlation["depth"][3] < -0.9
    assert units.states["c"].change["("][3] < 0
    assert written.sum == pytest.approx(float(trace["lstm"].c[-1, 3]), abs=1e-6)


def test_a_layer_of_several_cells_says_how_to_ask_for_one() -> None:
    trace = open_model(sample("bilstm-4")).run("random:5")

    with pytest.raises(RnnTuiError, match=r"ask \.forward, \.backward"):
        trace["bidirectional"].saturation()
    one = trace["bidirectional"].backward.saturation()
    assert one.key == "bidirectional/backward"
    assert trace["bidirectional"].cell(0).saturation().timesteps == 5


def test_a_layer_that_is_not_recurrent_says_so() -> None:
    trace = open_model(sample("counter")).run("zeros:3")

    with pytest.raises(RnnTuiError, match="'open' is not recurrent"):
        trace["open"].saturation()


def test_a_model_with_a_unit_off_and_a_gate_clamped() -> None:
    model = open_model(sample("lstm-25"))
    trace = model.run("0.1 0.2 0.3")

    edited = model.edited(off="lstm:2", clamp=["lstm:f:3=1", "lstm:i:4=0.5"])
    changed = edited.run("0.1 0.2 0.3")

    assert np.all(changed["lstm"].h[:, 2] == 0)
    assert np.all(changed["lstm"].f[:, 3] == 1)
    assert np.all(changed["lstm"].i[:, 4] == 0.5)
    assert np.any(trace["lstm"].h[:, 2] != 0)
    assert changed.warnings[0] == "what if: unit 2 of lstm is off: h is zero"
    assert len(changed.warnings) == 3


def test_a_unit_at_its_mean_asks_for_the_run() -> None:
    model = open_model(sample("lstm-25"))
    trace = model.run("0.1 0.2 0.3")

    mean = model.edited(off="lstm:2=mean", over=trace).run("0.1 0.2 0.3")

    wanted = trace["lstm"].h[:, 2].astype("f8").mean()
    np.testing.assert_allclose(mean["lstm"].h[:, 2], wanted, rtol=1e-6)
    with pytest.raises(RnnTuiError, match="over=model"):
        model.edited(off="lstm:2=mean")


def test_the_memory_of_a_layer_has_three_numbers() -> None:
    trace = open_model(sample("brackets")).run(
        "onehot: 2 0 2 0 0 1 2 1", dtype="float64"
    )

    found = trace["lstm"].memory("open[0]@5")

    assert found.gate is not None
    assert found.state is not None
    assert found.felt is not None
    assert found.felt.target == "open[0]@5"
    assert len(found.felt.values) == 6
    assert trace["lstm"].memory().felt is not None


def test_the_findings_of_lint_are_a_method_of_the_model() -> None:
    assert open_model(sample("counter")).lint().found == ()
    untrained = open_model(sample("lstm-25")).lint("ramp:3")
    assert untrained.found[0].check == "trained"
    assert "growth" in untrained.checks


def test_the_effects_and_the_prediction_are_methods_of_a_trace() -> None:
    model = open_model(sample("counter"))
    trace = model.run("onehot: 2 0 2 0 0 1 2 1", dtype="float64")

    effects = trace["lstm"].effects("open[0]@4")
    by_mean = trace["lstm"].effects(kind="mean")

    assert effects.target == "open[0]@4"
    assert set(effects.order()[:2]) == {0, 3}
    assert by_mean.kind == "mean"
    prediction = trace.prediction()
    np.testing.assert_allclose(prediction.outputs["open"][0], trace.output)


def test_the_gradient_and_the_influence_are_methods_of_the_model() -> None:
    model = open_model(sample("simplernn-1"))

    gradient = model.gradient(
        "impulse:12", "simple_rnn.h[0]@11", dtype="float64"
    )
    swapped = model.influence("impulse:12", baseline="mean")

    assert gradient.values[:3, 0] == pytest.approx(
        [-0.01050377, 0.07348702, -0.15659475], abs=1e-8
    )
    assert swapped.method == "swap"
    assert swapped.by_timestep.shape == (12,)
    brackets = find_sample("brackets")
    assert brackets is not None
    by_token = open_model(brackets.path).influence(
        brackets.input,
        method="ig",
        baseline="token:x",
        vocab=brackets.vocab,
        dtype="float64",
    )
    assert by_token.sum == pytest.approx(0.04004715, abs=1e-8)
