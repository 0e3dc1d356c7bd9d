"""Bars in eighths."""

import math

from rnn_tui.tui.renderables.bars import bar, signed_bar


def test_a_bar_is_filled_to_an_eighth_of_a_cell():
    assert [bar(share, 4) for share in (0, 1 / 32, 0.5, 1)] == [
        "    ",
        "▏   ",
        "██  ",
        "████",
    ]


def test_values_beyond_the_ends_and_nan_stay_in_the_field():
    assert [bar(share, 2) for share in (-3, 7, math.nan)] == ["  ", "██", "  "]


def test_signed_bars_grow_from_the_middle():
    assert signed_bar(0.5, 8) == ("    ", "██  ")
    assert signed_bar(-0.375, 8) == ("  ▐█", "    ")


def test_ascii_bars():
    assert bar(0.5, 4, ascii_only=True) == "##.."
    assert signed_bar(-0.5, 8, ascii_only=True) == ("..##", "....")
