"""A container's lines are those that Textual renders, one of them made."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.geometry import Region

from rnn_tui.tui.widgets.pane import Columns, Pane


class _Panes(App[None]):
    CSS = "#inner { background: darkblue; padding: 1 2; }"

    def compose(self) -> ComposeResult:
        with Columns(id="outer"), Pane(id="inner"):
            yield Container()


@pytest.mark.parametrize("name", ["outer", "inner"])
def test_every_line_is_as_textual_renders_it(name: str) -> None:
    async def main() -> None:
        app = _Panes()
        async with app.run_test(size=(30, 9)):
            pane = app.screen.query_exactly_one(f"#{name}", Pane)
            for crop in (Region(0, 0, 30, 9), Region(3, 2, 11, 4)):
                theirs = Container.render_lines(pane, crop)
                ours = pane.render_lines(crop)
                # a line may be one blank piece or three of them
                assert [line.simplify() for line in ours] == [
                    line.simplify() for line in theirs
                ]
                assert len(theirs) == crop.height

    asyncio.run(main())
