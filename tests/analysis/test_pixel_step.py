"""The arithmetic of one pixel of a ConvLSTM: its products are those of a direct
convolution, and add up to what the engine has computed.
"""

from decimal import Decimal
from itertools import product
from math import ceil

import numpy as np
import pytest

from rnn_tui.analysis.pixels import middle, position
from rnn_tui.analysis.shown_sum import shown_sum
from rnn_tui.analysis.step import unit_step
from rnn_tui.analysis.terms import step_terms, terms_table
from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.core.edits import Edit
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import RnnTuiError

FILTERS, CHANNELS, TIMESTEPS = 3, 2, 4
SIDES = {1: (9,), 2: (7, 6), 3: (4, 5, 4)}
GATES = ("i", "f", "c_tilde", "o")


def traced(
    rank=2,
    size=3,
    padding="same",
    strides=1,
    dilation=1,
    channels_first=False,
    edits=(),
    seed=0,
):
    """Run a ConvLSTM of random weights; return its cell's trace."""
    rng = np.random.default_rng([rank, size, strides, dilation, seed])
    kernel = (size,) * rank
    shapes = {
        "kernel": (*kernel, CHANNELS, 4 * FILTERS),
        "recurrent_kernel": (*kernel, FILTERS, 4 * FILTERS),
        "bias": (4 * FILTERS,),
    }
    weights = []
    for name, shape in shapes.items():
        values = rng.normal(0, 0.4, shape).astype("f4")
        weights.append(
            Weight(name, shape, "float32", lambda values=values: values)
        )

    config = {
        "filters": FILTERS,
        "kernel_size": list(kernel),
        "padding": padding,
        "strides": [strides] * rank,
        "dilation_rate": [dilation] * rank,
        "data_format": "channels_first" if channels_first else "channels_last",
    }
    layer = recurrent_layer("conv", f"ConvLSTM{rank}D", config, weights)
    assert layer.why_not is None

    x = rng.normal(size=(2, TIMESTEPS, *SIDES[rank], CHANNELS)).astype("f4")
    left = {}
    run = Run(
        np.dtype("f4"),
        left.__setitem__,
        lambda: None,
        lambda done, all_: None,
    )
    run.path = "conv"
    run.edits = {"conv": edits} if edits else {}
    fed = np.moveaxis(x, -1, 2) if channels_first else x
    layer.call([Tensor(fed)], run)

    return left["conv"].cells[0]


def convolved(picture, kernel, strides, dilation, padding):
    """Return the convolution of a picture `(…, channels)` in float64, pixel by
    pixel; zeros around it as TensorFlow's SAME puts them.
    """
    picture = np.asarray(picture, np.float64)
    kernel = np.asarray(kernel, np.float64)
    rank = picture.ndim - 1
    out, before = [], []
    for n, k in zip(picture.shape, kernel.shape[:rank], strict=False):
        reach = (k - 1) * dilation + 1
        if padding == "same":
            m = ceil(n / strides)
            before.append(max((m - 1) * strides + reach - n, 0) // 2)
        else:
            m = ceil((n - reach + 1) / strides)
            before.append(0)

        out.append(m)

    result = np.zeros((*out, kernel.shape[-1]))
    for pixel in np.ndindex(*out):
        for tap in np.ndindex(*kernel.shape[:rank]):
            read = tuple(
                p * strides - b + k * dilation
                for p, b, k in zip(pixel, before, tap, strict=True)
            )
            inside = zip(read, picture.shape, strict=False)
            if all(0 <= at < n for at, n in inside):
                result[pixel] += picture[read] @ kernel[tap]

    return result


CASES = [
    {},
    {"channels_first": True},
    {"padding": "valid"},
    {"strides": 2},
    {"dilation": 2},
    {"strides": 2, "dilation": 2},
    {"padding": "valid", "strides": 2},
    {"size": 2, "strides": 2, "dilation": 3},
    {"rank": 1},
    {"rank": 1, "strides": 2, "dilation": 2},
    {"rank": 3, "size": 2},
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_products_are_those_of_a_direct_convolution(case):
    cell = traced(**case)
    t, sequence = 2, 1
    rank = case.get("rank", 2)
    strides = case.get("strides", 1)
    dilation = case.get("dilation", 1)
    of_x = convolved(
        cell.x[sequence, t],
        cell.cell.kernel,
        strides,
        dilation,
        case.get("padding", "same"),
    )
    of_h = convolved(
        cell.read("h")[sequence, t - 1],
        cell.cell.recurrent_kernel,
        1,
        1,
        "same",
    )
    sides = of_x.shape[:-1]
    pixels = product(*[sorted({0, n // 2, n - 1}) for n in sides])
    for where, unit in zip(pixels, [0, 1, 2] * 9, strict=False):
        number = int(np.ravel_multi_index(where, sides))
        step = unit_step(cell, unit, t, sequence, number)
        assert step.pixel.pixel == where
        assert step.pixel.taps == case.get("size", 3) ** rank
        for index, gate in enumerate(step.gates):
            column = index * FILTERS + unit
            sums = {"x": 0.0, "h": 0.0}
            for term in gate.terms:
                parts = sum(part.value for part in term.parts)
                assert parts == pytest.approx(term.value, abs=1e-12)
                sums[term.label[0]] += term.value

            assert sums["x"] == pytest.approx(of_x[where][column], abs=1e-12)
            assert sums["h"] == pytest.approx(of_h[where][column], abs=1e-12)

            summed = sum(sums.values()) + gate.biases[0].value
            name = f"pre_{gate.name}"
            engine = cell.read(name)[sequence, t][where][unit]
            assert gate.total == float(engine)
            assert summed == pytest.approx(float(engine), rel=1e-5, abs=2e-6)
            value = cell.read(gate.name)[sequence, t][where][unit]
            assert gate.value == float(value)


def test_the_states_follow_from_the_gates_by_the_cells_equations():
    cell = traced(strides=2)
    step = unit_step(cell, 1, 3, 0, 5)
    where = step.pixel.pixel
    c, h = step.equations
    values = {symbol.text: symbol.value for symbol in (*c, *h)}
    assert values["c₋₁"] == float(cell.read("c")[0, 2][where][1])
    assert values["c"] == float(cell.read("c")[0, 3][where][1])
    assert values["h"] == float(cell.read("h")[0, 3][where][1])
    made = values["f"] * values["c₋₁"] + values["i"] * values["c̃"]
    assert made == pytest.approx(values["c"], abs=1e-6)
    assert values["o"] * values["tanh(c)"] == pytest.approx(
        values["h"], abs=1e-6
    )


def test_every_product_names_the_pixel_the_channel_and_the_tap_it_is_of():
    cell = traced(strides=2, dilation=2)
    step = unit_step(cell, 2, 2, 0, 7)
    for gate in step.gates:
        column = GATES.index(gate.name) * FILTERS + 2
        for term in gate.terms:
            for part in term.parts:
                left, right = part.label.split(" × ")
                read = tuple(map(int, left[2:-1].split(",")))
                tap = tuple(map(int, right[2:-1].split(",")))
                if left[0] == "x":
                    value = cell.x[0, 2][read]
                    kernel = cell.cell.kernel
                else:
                    value = cell.read("h")[0, 1][read]
                    kernel = cell.cell.recurrent_kernel

                weight = kernel[(*tap, read[-1], column)]
                assert part.factors == (float(value), float(weight))
                assert part.value == float(value) * float(weight)
                assert term.label.startswith(f"{left[0]}[:,:,{read[-1]}] ∗")


def test_taps_in_the_padding_are_counted_and_have_no_products():
    cell = traced()
    corner = unit_step(cell, 0, 1, 0, 0).pixel
    assert (corner.taps, corner.outside) == (9, 5)
    assert (corner.taps_of_h, corner.outside_of_h) == (9, 5)
    inside = unit_step(cell, 0, 1).pixel
    assert inside.pixel == position(middle((7, 6)), (7, 6)) == (3, 3)
    assert (inside.outside, inside.outside_of_h) == (0, 0)
    # both taps of a row are beside a picture that is narrower than their way
    beside = traced(size=2, dilation=11, rank=1)
    step = unit_step(beside, 0, 1, 0, 4)
    assert step.pixel.outside == 2
    first = next(term for term in step.gates[0].terms if term.label[0] == "x")
    assert (first.value, first.parts) == (0.0, ())


@pytest.mark.parametrize("room", [1, 3, 6, 9, 14, 30, 90])
@pytest.mark.parametrize("digits", [2, 6])
def test_the_shown_lines_add_up_digit_by_digit_and_so_do_their_parts(
    room, digits
):
    for gate in unit_step(traced(), 1, 2).gates:
        shown = shown_sum(gate, room, digits)
        lines = [Decimal(f"{line.value:.{digits}f}") for line in shown.lines]
        assert sum(lines) == Decimal(f"{gate.total:.{digits}f}")
        assert shown.height <= max(room, len(gate.biases) + 2)
        by_label = {term.label: term for term in gate.terms}
        for line in shown.lines:
            if not line.parts:
                continue

            parts = [Decimal(f"{p.value:.{digits}f}") for p in line.parts]
            assert sum(parts) == Decimal(f"{line.value:.{digits}f}")
            own = by_label[line.label].parts
            assert line.parts[0].label == own[0].label
            rest = [p for p in line.parts if p.label.endswith(" more")]
            hidden = sum(int(p.label.split()[0]) for p in rest)
            named = [p for p in line.parts if p.factors]
            assert len(named) + hidden == len(own)

    roomy = shown_sum(unit_step(traced(), 1, 2).gates[0], 90, 6)
    assert all(line.parts for line in roomy.lines if line.label[0] in "xh")


def test_a_filter_that_was_set_says_so():
    mask = np.arange(FILTERS) == 1
    edit = Edit("i", mask, np.full(FILTERS, 0.25))
    cell = traced(edits=(edit,))
    step = unit_step(cell, 1, 2, 1, 9)
    assert step.is_set == {"i"}
    assert step.gates[0].value == 0.25
    assert not unit_step(cell, 0, 2, 1, 9).is_set


def test_the_table_has_a_row_for_every_product_and_every_sum_of_a_channel():
    cell = traced()
    rows = step_terms(cell, [1], 2, pixel=(0, 0))
    assert {row.pixel for row in rows} == {(0, 0)}
    of_gate = [row for row in rows if row.gate == "i"]
    products = [row for row in of_gate if len(row.factors) == 2]
    sums = [row for row in of_gate if "∗" in row.term]
    assert len(products) == 4 * (CHANNELS + FILTERS)
    assert len(sums) == CHANNELS + FILTERS
    bias = next(row for row in of_gate if row.term == "b")
    total = next(row for row in of_gate if row.term == "pre_i")
    for rows_of in (products, sums):
        summed = sum(row.value for row in rows_of) + bias.value
        assert summed == pytest.approx(total.value, rel=1e-5, abs=2e-6)

    table = terms_table(rows)
    assert table.columns[-1] == "pixel"
    assert table.rows[0][-1] == "0,0"
    middle_one = step_terms(cell, [1], 2)
    assert {row.pixel for row in middle_one} == {(3, 3)}


@pytest.mark.parametrize("pixel", [(7, 0), (0, 6), (3,), (1, 1, 1)])
def test_a_pixel_that_is_none_is_refused(pixel):
    written = ",".join(map(str, pixel))
    with pytest.raises(RnnTuiError, match=f"0,0 to 6,5; {written} is none"):
        step_terms(traced(), [0], 0, pixel=pixel)
