"""What the colour and glyph scales promise: order, sign, zero, and something
for every terminal.
"""

import numpy as np
import pytest

from rnn_tui.tui.renderables.colormaps import (
    BERLIN,
    CIVIDIS,
    STEPS,
    VIK,
    colours_of,
    nearest_256,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import (
    GATE_SCALE,
    MISSING,
    STATE_SCALE,
    bounded_scale,
    nice_limit,
    ramp,
    signed_scale,
    usual_scale,
)

LOOKS = [
    Look(),
    Look(dark=False),
    Look("256"),
    Look("16"),
    Look("none"),
    Look("none", ascii=True),
    Look(ascii=True),
]


def test_zero_is_the_middle_level_and_ends_are_clipped():
    assert STATE_SCALE.levels(np.array([-9, -1, 0, 1, 9])).tolist() == [
        0,
        0,
        8,
        16,
        16,
    ]


def test_gates_run_from_empty_to_full():
    assert GATE_SCALE.levels(np.array([0, 0.5, 1])).tolist() == [0, 8, 16]


def test_nan_is_a_level_of_its_own_and_infinity_is_an_end():
    assert STATE_SCALE.levels(np.array([np.nan, np.inf, -np.inf])).tolist() == [
        MISSING,
        16,
        0,
    ]


def test_a_signed_scale_is_symmetric_and_ends_on_a_short_number():
    scale = signed_scale(np.array([-3.14159, 2.0, np.nan, np.inf]))
    assert (scale.low, scale.high) == (-3.2, 3.2)


def test_a_few_large_values_do_not_darken_the_rest():
    values = np.concatenate([np.linspace(-1, 1, 1000), [30.0]])
    scale = usual_scale(values)
    assert (scale.high, scale.beyond) == (1.0, True)
    assert usual_scale(np.linspace(-1, 1, 50)).beyond is False


@pytest.mark.parametrize(
    "values", [[0.4, 0.17, 0.04, -0.1, 0.13], [30.0, *np.linspace(-1, 1, 98)]]
)
def test_of_fewer_than_a_hundred_values_none_is_left_out(values):
    scale = usual_scale(np.array(values))
    assert (scale.high, scale.beyond) == (max(values), False)


def test_states_that_stay_near_zero_have_a_scale_of_their_own():
    quiet, loud = (
        bounded_scale(np.array([[0.01, -0.12]])),
        bounded_scale(np.array([[0.01, -0.6]])),
    )
    assert (quiet.low, quiet.high) == (-0.12, 0.12)
    assert loud == STATE_SCALE
    assert (
        bounded_scale(np.zeros(3))
        == bounded_scale(np.array([np.nan]))
        == STATE_SCALE
    )


@pytest.mark.parametrize(
    ("largest", "limit"),
    [(0, 1), (1, 1), (0.0123, 0.013), (99.1, 100), (1234, 1300)],
)
def test_limits_have_two_digits(largest, limit):
    assert nice_limit(largest) == limit


@pytest.mark.parametrize("table", [BERLIN, VIK, CIVIDIS])
def test_maps_have_seventeen_steps(table):
    assert len(colours_of(table)) == STEPS


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("signed", [True, False])
def test_every_level_has_a_glyph_and_styles_that_are_set(look, signed):
    drawn = ramp(look, signed)
    assert (
        len(drawn.glyphs)
        == len(drawn.styles)
        == len(drawn.dim_styles)
        == MISSING + 1
    )
    assert all(
        style is not None for style in (*drawn.styles, *drawn.dim_styles)
    )


def test_the_sign_can_be_read_without_colour():
    glyphs = ramp(Look("none"), True)
    assert "".join(glyphs.glyphs[: glyphs.count]) == "⣿⠶⠶⠖⠆⠆⠂⠂·░░▒▒▓▓██"


def test_ascii_has_nine_steps_on_each_side():
    glyphs = ramp(Look("none", ascii=True), True)
    assert "".join(glyphs.glyphs[: glyphs.count]) == "ihgfedcba.123456789"


def test_no_colour_means_none():
    drawn = ramp(Look("none"), True)
    assert all(
        style.color is None and style.bgcolor is None
        for style in (*drawn.styles, *drawn.dim_styles)
    )


def test_nearest_colours_of_the_palette_are_in_the_palette():
    assert nearest_256((255, 255, 255)) == (255, 255, 255)
    assert nearest_256((94, 0, 1)) == (95, 0, 0)


def test_the_dark_map_recedes_into_a_dark_ground_and_the_light_one_into_a_light():
    dark, light = ramp(Look(), True).rgb, ramp(Look(dark=False), True).rgb
    assert sum(dark[8]) < 60 < 600 < sum(light[8])
