"""Numbers keep their point and their width."""

import math

import pytest

from rnn_tui.tui.renderables.numbers import aligned, short


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-0.4123456, 3, "  −0.412   "),
        (-0.4123456, 6, "  −0.412346"),
        (12.5, 3, "  12.500   "),
        (-0.0, 3, "   0.000   "),
        (-0.0001, 3, "   0.000   "),
        (1234567.0, 3, " 1.234567e6"),
        (1e-9, 6, "1.000000e−9"),
        (math.nan, 3, " nan       "),
        (-math.inf, 3, "  −∞       "),
    ],
)
def test_the_field_is_always_eleven_cells(value, digits, text):
    assert aligned(value, digits) == text
    assert len(text) == 11


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.4123, "−0.412"),
        (12.34, "12.3"),
        (1e-7, "1.00e−7"),
        (123.4, "123"),
        (math.inf, "∞"),
    ],
)
def test_short_numbers_have_three_significant_digits(value, text):
    assert short(value) == text
