"""Draw the README's pictures: each view of the explorer on a bundled model, as
Textual's SVG screenshots.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = (
    "truecolor"  # read when Textual is imported
)

from rnn_tui.formats.client.process import start_reading
from rnn_tui.samples import find_sample
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.session.state_file import Remembered
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.startup.view_table import VIEWS

HERE = Path(__file__).resolve().parent
SIZE = (120, 34)


async def main() -> None:
    """Open the bracket counter, go to each view, write what it shows."""
    sample = find_sample("brackets")
    if sample is None:
        raise SystemExit("the sample models are missing")
    path = str(sample.path)
    with tempfile.TemporaryDirectory() as folder:
        app = RnnTuiApp(
            path,
            start_reading(path),
            ExplorerOptions(),
            Remembered(Path(folder)),
        )
        async with app.run_test(size=SIZE) as pilot:
            for view in VIEWS:
                await app.workers.wait_for_complete()
                moves = 9 if view.name == "states" else 0
                await pilot.press(view.digit, *["right"] * moves)
                await app.workers.wait_for_complete()
                await pilot.pause()
                (HERE / "pictures").mkdir(exist_ok=True)
                (HERE / "pictures" / f"{view.name}.svg").write_text(
                    app.export_screenshot(title=""), encoding="utf-8"
                )


if __name__ == "__main__":
    asyncio.run(main())
