"""The arithmetic of a step: it adds up to the trace, and what is shown adds up
as a pocket calculator would.
"""

import math
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_runs import sample_run

from rnn_tui.analysis.changes import MEAN, Clamp, Off
from rnn_tui.analysis.shown_sum import shown_sum
from rnn_tui.analysis.step import unit_step
from rnn_tui.analysis.step_parts import GateSum, Term, UnitStep
from rnn_tui.analysis.what_if import Baseline, what_if
from rnn_tui.engine.core.edits import Edit

sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))

from made_traces import random_cell, smooth, trace_cell

KINDS = [
    ("simple_rnn", {}),
    ("lstm", {}),
    ("lstm", {"bias": False, "σ": "hard_sigmoid"}),
    ("lstm", {"φ": "relu"}),
    ("gru", {"reset_after": True}),
    ("gru", {"reset_after": False}),
    ("gru", {"bias": False}),
]


def traced(kind, options, seed=0, units=4, timesteps=6, **how):
    return trace_cell(
        random_cell(kind, units, 3, seed, **options),
        smooth(timesteps, 3, seed),
        **how,
    )


@pytest.mark.parametrize(("kind", "options"), KINDS)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 99),
    unit=st.integers(0, 3),
    t=st.integers(0, 5),
    reverse=st.booleans(),
)
def test_terms_and_biases_add_up_to_the_traced_pre_activation(
    kind, options, seed, unit, t, reverse
):
    step = unit_step(traced(kind, options, seed, reverse=reverse), unit, t)
    for gate in step.gates:
        total = sum(term.value for term in (*gate.terms, *gate.biases))
        assert total == pytest.approx(gate.total, rel=1e-5, abs=2e-6)
        assert float(
            gate.function(np.array([gate.total], np.float32))[0]
        ) == pytest.approx(gate.value, abs=1e-6)


@pytest.mark.parametrize(("kind", "options"), KINDS)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 99), room=st.integers(1, 12), digits=st.integers(2, 6)
)
def test_the_shown_lines_add_up_digit_by_digit(
    kind, options, seed, room, digits
):
    for gate in unit_step(traced(kind, options, seed), 1, 3).gates:
        shown = shown_sum(gate, room, digits)
        lines = [Decimal(f"{term.value:.{digits}f}") for term in shown.lines]
        assert (
            sum(lines)
            == Decimal(f"{shown.total:.{digits}f}")
            == Decimal(f"{gate.total:.{digits}f}")
        )
        assert len(shown.lines) <= max(room, len(gate.biases) + 2)


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_products_are_those_of_their_factors(kind, options):
    for gate in unit_step(traced(kind, options), 2, 3).gates:
        for term in (*gate.terms, *gate.biases):
            assert term.value == pytest.approx(np.prod(term.factors), rel=1e-12)


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_the_largest_terms_come_first(kind, options):
    for gate in unit_step(traced(kind, options), 2, 3).gates:
        sizes = [abs(term.value) for term in gate.terms]
        assert sizes == sorted(sizes, reverse=True)


def solved(equation):
    """The right side of an equation, worked out: products first, then sums."""
    tokens = [
        symbol.value if symbol.value is not None else symbol.text
        for symbol in equation[2:]
    ]
    products = [[]]
    for token in tokens:
        if token == "+":
            products.append([])
        elif token != "·":
            products[-1].append(token)
    return sum(float(np.prod(factors)) for factors in products)


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_the_equations_make_the_state(kind, options):
    for equation in unit_step(traced(kind, options), 2, 3).equations:
        assert solved(equation) == pytest.approx(
            equation[0].value, rel=1e-5, abs=1e-6
        )


def test_the_notebook_step_by_hand():
    """One unit, x = (1, 10): the numbers a well-known notebook works out by
    hand.
    """
    from rnn_tui.engine.cells.cells import LSTMCell
    from rnn_tui.engine.core.activations import activation

    kernel = [
        [-0.7879, -0.7968972, 0.9924617, -0.6057646],
        [-0.14056396, -0.34560132, 0.9574034, 0.7960496],
    ]
    cell = LSTMCell(
        np.array(kernel, np.float32),
        np.array(
            [[-0.0660542, -0.32508007, -0.8477706, 0.41381747]], np.float32
        ),
        np.array([0, 1, 0, 0], np.float32),
        activation("tanh", 3),
        activation("sigmoid", 3),
    )
    step = unit_step(trace_cell(cell, [[[1, 10]]]), 0, 0)
    assert [round(gate.total, 5) for gate in step.gates] == [
        -2.19354,
        -3.25291,
        10.5665,
        7.35473,
    ]
    forget = shown_sum(step.gates[1], 8, 6)
    assert [(term.label, term.value) for term in forget.lines] == [
        ("x[1] × W", -3.456013),
        ("x[0] × W", -0.796897),
        ("h[0] × U", 0.0),
        ("b", 1.0),
        ("rounding", -0.000001),
    ]


def test_a_masked_timestep_says_that_the_state_was_held():
    mask = np.array([[True, False, True, True, True, True]])
    trace = traced("lstm", {}, mask=mask)
    assert unit_step(trace, 0, 1).skipped
    assert not unit_step(trace, 0, 2).skipped


def test_rounding_has_a_line_of_its_own_when_everything_is_shown():
    gate = GateSum(
        "i",
        (Term("x[0] × W", (1, 1), 0.144), Term("x[1] × W", (1, 1), 0.144)),
        (),
        0.288,
        0.5,
        "σ",
        abs,
    )
    shown = shown_sum(gate, 9, 2)
    assert [(term.label, term.value) for term in shown.lines][-1] == (
        "rounding",
        0.01,
    )


def test_what_does_not_fit_is_summed_as_it_is():
    zeros = tuple(Term(f"h[{k}] × U", (0.0, 1.0), 0.0) for k in range(9))
    gate = GateSum(
        "i",
        (Term("x[0] × W", (1, 1), 0.5), *zeros),
        (),
        0.500001,
        0.6,
        "σ",
        abs,
    )
    shown = shown_sum(gate, 4, 6)
    assert [(term.label, term.value) for term in shown.lines] == [
        ("x[0] × W", 0.5),
        ("9 that are 0", 0.0),
        ("rounding", 0.000001),
    ]


def test_a_total_that_was_set_says_so_where_it_would_say_rounding() -> None:
    gate = GateSum(
        "i",
        (Term("x[0] × W", (1.0, 2.0), 2.0),),
        (),
        5.0,
        0.5,
        "sigmoid",
        lambda x: x,
        is_set=frozenset(("pre_i",)),
    )
    shown = shown_sum(gate, 4, 2)
    assert [line.label for line in shown.lines] == ["x[0] × W", "set"]
    assert shown.lines[-1].value == 3.0


def test_one_zero_has_a_line_of_its_own():
    zero = Term("h[0] × U", (0.0, 1.0), 0.0)
    terms = (Term("x[0] × W", (1, 1), 0.5), zero)
    gate = GateSum("i", terms, (), 0.5, 0.6, "σ", abs)
    assert shown_sum(gate, 9, 6).lines == terms


def test_small_summands_that_dont_fit_are_summed():
    terms = tuple(Term(f"h[{k}] × U", (1, 1), 0.5 - k / 100) for k in range(9))
    total = sum(term.value for term in terms)
    gate = GateSum("i", terms, (), total, 0.6, "σ", abs)
    lines = shown_sum(gate, 4, 6).lines
    assert [term.label for term in lines] == ["h[0] × U", "h[1] × U", "7 more"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Off("lstm", 2), "set to 0 (off)"),
        (Off("lstm", 2, MEAN), "set to its mean (off)"),
        (Clamp("lstm", "h", 2, 0.25), "clamped at 0.25"),
        (Clamp("lstm", "c", 2, 0.25), "clamped at 0.25"),
    ],
)
def test_an_equation_says_of_a_state_that_is_set_what_it_is_set_to(
    change: Off | Clamp, words: str
) -> None:
    step = step_with(change)
    quantity = "c" if "c" in step.is_set else "h"
    of_states = {equation[0].text: equation for equation in step.equations}

    state, sign, *computed = of_states.pop(quantity)
    assert sign.text == f"{words}, not"
    assert sign.value is None
    # what the cell would have computed is another number
    product = math.prod(one.value for one in computed[:3] if one.value)
    assert state.value != pytest.approx(product, abs=1e-6)
    for equation in of_states.values():
        assert equation[1].text == "="


def test_a_gate_that_is_clamped_says_so() -> None:
    step = step_with(Clamp("lstm", "f", 2, 0.5))
    by_name = {gate.name: gate for gate in step.gates}

    assert by_name["f"].set_to == "clamped at 0.5"
    assert by_name["i"].set_to == ""


def test_nothing_is_set_at_a_timestep_that_was_not_read() -> None:
    mask = np.array([[True, False, True, True, True, True]])
    unit_2 = np.arange(4) == 2
    edit = Edit("h", unit_2, np.zeros(4, "f4"), words="set to 0 (off)")
    trace = replace(traced("lstm", {}, mask=mask), edits=(edit,))

    assert unit_step(trace, 2, 2).is_set == {"h"}
    assert unit_step(trace, 2, 1).is_set == frozenset()
    (_, sign, *_), *_ = (
        equation
        for equation in unit_step(trace, 2, 1).equations
        if equation[0].text == "h"
    )
    assert sign.text == "="


def step_with(change: Off | Clamp) -> UnitStep:
    """Unit 2 of a sample at a timestep of a run with a change."""
    trace = sample_run("counter")
    model = trace.model.model
    changed = what_if(
        [change], Baseline(model, trace.inputs, model.inputs), lambda: trace
    )

    return unit_step(changed.model.run(trace.inputs).cells[0], 2, 6)
