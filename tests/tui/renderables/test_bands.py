"""Bands: more values than dots, drawn from the smallest to the largest."""

import numpy as np

from rnn_tui.tui.renderables.braille_plot import band, plot


def dots(row):
    """How many dots a line of braille has."""
    return sum(
        bin(ord(cell) - 0x2800).count("1") for cell in row if cell != " "
    )


def test_a_single_peak_among_many_values_is_drawn():
    line = np.zeros(1000)
    line[503] = 1.0
    drawn = plot([line], 20, 4, 0.0, 1.0)
    assert drawn.rows[0].strip()
    assert drawn.rows[0].index(drawn.rows[0].strip()) == 10


def test_what_oscillates_is_a_band_and_no_comb():
    line = np.tile([0.0, 1.0], 500)
    drawn = plot([line], 20, 4, 0.0, 1.0)
    assert drawn.rows == ("⣿" * 20,) * 4


def test_a_band_goes_from_the_smallest_to_the_largest_value():
    low, high = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    assert band(low, low * 0 + 1, 0.0, 1.0) == "⣿⣿"[:1] + band(
        low[2:], high[2:], 0.0, 1.0
    )
    assert band(low[:2], high[:2], 0.0, 1.0) == "⣀"
    assert band(low[2:], high[2:], 0.0, 1.0) == "⠉"


def test_between_two_columns_there_is_no_gap():
    low = np.array([0.0, 1.0])
    assert dots(band(low, low, 0.0, 1.0)) >= 5


def test_where_there_is_no_value_there_is_no_dot():
    nan = np.array([np.nan, np.nan])
    assert band(nan, nan, 0.0, 1.0) == " "
