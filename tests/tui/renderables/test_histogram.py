"""Histograms as glyphs."""

import numpy as np

from rnn_tui.tui.renderables.histogram import bars, counts, histogram


def test_the_fullest_bin_is_full_and_an_empty_one_blank():
    assert bars([0, 1, 4, 8]) == " ▁▄█"


def test_what_is_not_zero_always_shows():
    assert bars([1, 10_000]) == "▁█"


def test_ascii_has_its_own_glyphs():
    assert bars([0, 4, 8], ascii_only=True) == " =@"


def test_values_beyond_the_ends_count_at_the_ends_and_nan_does_not_count():
    assert counts(np.array([-5, 0.1, 0.9, 7, np.nan]), 0, 1, 2) == [2, 2]


def test_no_values_and_no_range_are_blank_or_one_bin():
    assert histogram(np.zeros(0), 0, 1) == " " * 8
    assert histogram(np.ones(3), 1, 1) == "█" + " " * 7
