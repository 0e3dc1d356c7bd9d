"""Tables in a terminal: fitted, with no number broken; plain in a pipe."""

from __future__ import annotations

import io

import pytest

from rnn_tui.analysis.table import Table
from rnn_tui.cli.tables import show

TABLE = Table(
    "weights",
    ("Name", "Mean", "Norm"),
    [["kernel of a layer", "-0.0177", "1.5"], ["[bold]b[/]", "12345.678", "2"]],
    numbers=frozenset({"Mean", "Norm"}),
    optional=("Norm",),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    show([TABLE, "and [a line]"], stream)
    return (
        stream.getvalue()
        .replace("\x1b[1m", "")
        .replace("\x1b[2m", "")
        .replace("\x1b[0m", "")
    )


def test_a_pipe_gets_aligned_columns_and_nothing_else():
    stream = io.StringIO()
    show([TABLE], stream)
    assert stream.getvalue().splitlines() == [
        "Name                    Mean  Norm",
        "kernel of a layer    -0.0177   1.5",
        "[bold]b[/]         12345.678     2",
    ]


def test_a_terminal_with_room_gets_every_column_and_no_markup(
    monkeypatch: pytest.MonkeyPatch,
):
    text = shown(60, monkeypatch)
    assert "[bold]b[/]" in text
    assert "Norm" in text
    assert "and [a line]" in text


def test_a_narrow_terminal_loses_optional_columns_before_a_number_is_broken(
    monkeypatch: pytest.MonkeyPatch,
):
    text = shown(32, monkeypatch)
    assert "left out for want of room: Norm" in text
    assert "12345.678" in text
    assert max(map(len, text.splitlines())) <= 32
