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
    lab_of,
    lightness,
    nearest_256,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import (
    GATE_SCALE,
    LEVELS,
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


GROUNDS = [
    Look(),
    Look("256"),
    Look(background=(0, 0, 0), foreground=(255, 255, 255)),
    Look(background=(46, 52, 64)),
    Look(dark=False, background=(255, 255, 255), foreground=(38, 38, 38)),
]


def away(look, colours):
    """How far the lightness of each colour is from the ground's."""
    ground = lightness(look.background)
    return [abs(lightness(colour) - ground) for colour in colours]


@pytest.mark.parametrize("look", GROUNDS)
def test_zero_is_the_ground_plus_a_hair(look):
    signed, shares = (ramp(look, signed).rgb for signed in (True, False))
    assert max(away(look, [signed[8], shares[0]])) < 6


@pytest.mark.parametrize(
    "look", [look for look in GROUNDS if look.colours == "truecolor"]
)
def test_a_tenth_of_the_range_is_seen_and_no_more_than_that(look):
    tenth = np.array([-0.1, 0.1])
    signed = [ramp(look, True).rgb[k] for k in STATE_SCALE.levels(tenth)]
    shares = [ramp(look, False).rgb[k] for k in GATE_SCALE.levels(tenth[1:])]
    for far in away(look, [*signed, *shares]):
        assert 15 <= far <= 20


@pytest.mark.parametrize("look", GROUNDS)
def test_lightness_leaves_the_ground_from_level_to_level_on_both_sides(look):
    signed, shares = (
        away(look, ramp(look, signed).rgb[:17]) for signed in (True, False)
    )
    # of 256 colours two levels may be one
    least = 3 if look.colours == "truecolor" else -2
    for side in (signed[8::-1], signed[8:], shares):
        assert min(np.diff(side)) > least
    assert min(signed[0], signed[16], shares[16]) > 40


@pytest.mark.parametrize("look", GROUNDS)
def test_both_signs_are_as_far_from_the_ground(look):
    far = away(look, ramp(look, True).rgb[:17])
    apart = np.abs(np.array(far[:8]) - far[:8:-1])
    assert max(apart) < (2 if look.colours == "truecolor" else 12)


@pytest.mark.parametrize("look", GROUNDS)
@pytest.mark.parametrize("signed", [True, False])
def test_what_time_has_not_reached_keeps_two_thirds_of_its_contrast(
    look, signed
):
    drawn = ramp(look, signed)
    full, dim = away(look, drawn.rgb[:17]), away(look, drawn.dim_rgb[:17])
    for whole, part in zip(full, dim, strict=True):
        if whole > 20:
            assert 0.5 < part / whole < 0.85


MACHADO = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Machado, Oliveira, Fernandes 2009: severity 1.0, on linear light."""


def seen_by(eye, colours):
    """Colours in CIE Lab as an eye sees them."""
    value = np.array(colours) / 255
    linear = np.where(
        value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92
    )
    linear = np.clip(linear @ np.array(MACHADO[eye]).T, 0, 1)
    again = np.where(
        linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear
    )
    return lab_of(255 * again)


@pytest.mark.parametrize("eye", MACHADO)
@pytest.mark.parametrize(
    "look", [look for look in GROUNDS if look.colours == "truecolor"]
)
def test_the_sign_is_seen_by_every_kind_of_eye(look, eye):
    lab = seen_by(eye, ramp(look, True).rgb[:17])
    apart = np.sqrt(((lab[:8] - lab[:8:-1]) ** 2).sum(axis=1))
    assert apart.min() > 12
    assert apart[:6].min() > 20  # from a tenth of the range on


def test_small_values_have_levels_of_their_own_and_order_stays():
    values = np.linspace(0, 1, 200)
    levels = STATE_SCALE.levels(values)
    assert levels[values > 0.02][0] > 8
    assert (np.diff(levels.astype(int)) >= 0).all()
    assert (STATE_SCALE.levels(-values) == 16 - levels).all()


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("dark", "background"), [(True, (18, 18, 18)), (False, (250, 250, 250))]
)
def test_in_256_colours_a_larger_value_never_looks_smaller(
    signed, dark, background
):
    def far(colours):
        look = Look(colours, dark=dark, background=background)
        own = ramp(look, signed)
        return [
            [abs(lightness(colour) - lightness(background)) for colour in part]
            for part in (own.rgb[:LEVELS], own.dim_rgb[:LEVELS])
        ]

    middle = LEVELS // 2 if signed else 0
    for exact, shown in zip(far("truecolor"), far("256"), strict=True):
        branches = [shown[middle:]]
        if signed:
            branches.append(shown[: middle + 1][::-1])

        for branch in branches:
            assert branch == sorted(branch)
            assert len(set(branch)) == len(branch)

        assert np.abs(np.subtract(exact, shown)).max() < 12
