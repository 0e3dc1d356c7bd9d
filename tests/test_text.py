"""The gate for foreign strings: nothing a terminal obeys passes, and what is
clean stays as it is.
"""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_tui.text import LONGEST, clean, clean_name

ANYTHING = st.text(st.characters(), max_size=400)


@given(ANYTHING)
def test_nothing_unseen_or_obeyed_passes(text: str) -> None:
    for shown in (clean(text), clean_name(text)):
        assert len(shown) <= LONGEST
        for char in shown:
            assert unicodedata.category(char)[0] != "C"
            assert unicodedata.category(char) not in ("Zl", "Zp")


@given(ANYTHING)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_name(clean_name(text)) == clean_name(text)


@pytest.mark.parametrize(
    "name",
    [
        "lstm_1",
        "forward_lstm/kernel:0",
        "层",
        "Größe",
        "слой",
        "[@click=x]y[/]",
        "a b",
        "a\\b",
    ],
)
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    assert clean(name) == name
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J", r"a\x1b[2J"),
        ("a\x9bb\x07", r"a\x9bb\x07"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\nb\tc\x7f", r"a\x0ab\x09c\x7f"),
        ("a\u3164b", r"a\u3164b"),
        ("\U000e0041", r"\U000e0041"),
        ("\udc80", r"\udc80"),
        ("e\u0301\u0301\u0301", "e\u0301\u0301\\u0301"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_long_names_that_differ_at_the_end_still_differ() -> None:
    first, second = clean_name("x" * 300 + "a"), clean_name("x" * 300 + "b")
    assert first != second
    assert len(first) <= LONGEST
