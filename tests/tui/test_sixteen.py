"""The themes in sixteen colours: every tone can be told from its ground, and
the named colours stay the terminal's.
"""

from __future__ import annotations

from typing import Any

import pytest
from exploring import Sample, Settle, explore
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import ramp
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.terminal.ansi16 import CURSOR, PARTS, SixteenFilter, numbers
from rnn_tui.tui.theme.themes import OURS

TONES = ("foreground", "muted", "faint", "accent", "warning", "error")


def drawn(theme: str, front: str, ground: str) -> Style:
    style = Style(
        color=RichColor.parse(front), bgcolor=RichColor.parse(ground), bold=True
    )
    (segment,) = SixteenFilter(lambda: theme).apply(
        [Segment("x", style)], Color(0, 0, 0)
    )
    assert segment.style is not None
    return segment.style


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: str(theme.name))
def test_every_tone_has_a_colour_that_is_not_its_grounds(theme: Any) -> None:
    parts = PARTS[theme.name]
    tones = {
        tone: getattr(theme, tone, None) or theme.variables[tone]
        for tone in TONES
    }
    for ground in (theme.background, theme.surface, theme.variables[CURSOR]):
        for tone in tones.values():
            style = drawn(theme.name, tone, ground)
            assert style.bold
            assert style.color is not None
            assert style.bgcolor is not None
            assert style.color.number != style.bgcolor.number is not None
            assert style.bgcolor.number < 8, (
                "many consoles have no bright grounds"
            )
    assert parts["accent"] not in (parts["foreground"], parts["muted"])
    assert parts[CURSOR] != parts["background"]
    assert len(numbers(theme.name)) >= len(TONES)


def test_colours_of_no_part_and_of_other_themes_stay_what_they_are() -> None:
    for theme, front in (
        ("dark", "#123456"),
        ("dark", "yellow"),
        ("nord", "#8a8a8a"),
    ):
        style = Style(color=RichColor.parse(front))
        (segment,) = SixteenFilter(lambda name=theme: name).apply(
            [Segment("x", style)], Color(0, 0, 0)
        )
        assert segment.style == style


@pytest.mark.parametrize("system", ["standard", "truecolor"])
def test_a_named_colour_stays_the_terminals_own_where_it_has_sixteen(
    system: str, sample: Sample, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", system)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        line = [Segment("x", Style(color="yellow", bgcolor="#121212"))]
        for one in pilot.app.get_line_filters():
            line = one.apply(line, Color(0, 0, 0))
        assert line[0].style is not None
        assert (line[0].style.color == RichColor.parse("yellow")) == (
            system == "standard"
        )

    explore(scenario, sample("lstm-1.h5"), settle, theme="dark")


@pytest.mark.parametrize(("dark", "absent"), [(True, "red"), (False, "yellow")])
def test_above_zero_is_a_colour_that_can_be_read_on_the_ground(
    dark: bool, absent: str
) -> None:
    for signed in (True, False):
        colours = {
            style.color.name
            for style in ramp(Look("16", dark=dark), signed).styles
            if style.color
        }
        assert not any(absent in name for name in colours)
        assert len(colours) >= 3
